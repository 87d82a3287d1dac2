"""An org is computed: the same whenever and wherever it is looked at, and of any size."""

import time
from collections import Counter

import pytest

from okta_sandbox import Org
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import CAN_SIGN_IN
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.truth import STRONG
from tests.sandbox.calling import NOW_S


def an_org(**description: object) -> Org:
    return Org(**{"users": 400, "as_of_s": NOW_S, **description})  # type: ignore[arg-type]


def test_the_same_description_gives_the_same_people_in_any_order() -> None:
    forwards, backwards = an_org(), an_org()
    seen = {index: forwards.people.user(index) for index in range(400)}
    for index in reversed(range(400)):
        assert backwards.people.user(index) == seen[index]
        assert backwards.factors.of(index) == forwards.factors.of(index)


def test_another_seed_is_another_org() -> None:
    assert an_org(seed=1).people.user(0) != an_org(seed=2).people.user(0)


def test_a_user_does_not_depend_on_how_many_there_are_for_its_name() -> None:
    assert an_org(users=400).people.user(3).login == an_org(users=9_000).people.user(3).login


def test_half_a_million_users_take_no_time() -> None:
    start_s = time.process_time()
    org = an_org(users=500_000)
    user = org.people.user(412_345)
    assert org.people.find(user.id) == org.people.find(user.login) == 412_345
    assert org.people.indexes(499_999).__next__() == 499_999
    assert time.process_time() - start_s < 0.25


def test_every_status_occurs_and_most_people_are_active() -> None:
    org = an_org(users=120)
    statuses = Counter(org.people.status(index) for index in range(120))
    assert set(statuses) == {
        "ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY",
        "PROVISIONED", "STAGED", "SUSPENDED", "DEPROVISIONED",
    }  # fmt: skip
    assert statuses["ACTIVE"] > 70


@pytest.mark.parametrize("users", [1, 2, 5, 31, 32, 33, 64, 1000])
def test_an_org_of_any_size_is_whole(users: int) -> None:
    org = an_org(users=users, apps=30)
    assert sum(1 for _ in org.people.indexes()) == users
    for group in org.groups.all:
        members = [user for _, user in org.groups.members(group)]
        assert len(members) == len(set(members)) == org.groups.size(group)
    assert all(org.apps.counts(app) for app in org.apps.all)


def test_a_life_is_lived_in_order() -> None:
    org = an_org(users=1000)
    for index in org.people.indexes():
        user = org.people.user(index)
        times = [user.created_s, user.activated_s, user.last_login_s, NOW_S]
        known = [at_s for at_s in times if at_s is not None]
        assert known == sorted(known), user
        assert user.created_s <= user.last_updated_s <= NOW_S


def test_only_identity_engine_has_fastpass_and_people_without_an_account_have_no_factors() -> None:
    for edition, has_fastpass in (("identity-engine", True), ("classic", False)):
        org = an_org(users=1000, edition=edition)
        types = {f.type for index in range(1000) for f in org.factors.of(index)}
        assert ("signed_nonce" in types) is has_fastpass
        assert {"push", "sms", "question", "webauthn"} <= types
        idle = [i for i in range(1000) if org.people.status(i) in {"STAGED", "DEPROVISIONED"}]
        assert not any(org.factors.of(index) for index in idle)


def test_one_okta_verify_enrolment_shows_as_three_factors_of_one_moment() -> None:
    org = an_org(users=200)
    of_users = [org.factors.of(index) for index in range(200)]
    fastpass = [factors for factors in of_users if any(f.type == "signed_nonce" for f in factors)]
    for factors in fastpass:
        made_s = next(f.created_s for f in factors if f.type == "signed_nonce")
        siblings = {f.type for f in factors if f.created_s == made_s}
        assert {"push", "token:software:totp", "signed_nonce"} <= siblings


def test_a_few_administrators_have_no_strong_factor() -> None:
    for edition in ("identity-engine", "classic"):
        org = an_org(edition=edition)
        bare = [
            admin
            for admin in org.admins.holders()
            if not STRONG & {f.type for f in org.factors.of(admin) if f.status == "ACTIVE"}
        ]
        assert 2 <= len(bare) < len(org.admins.holders())


def test_roles_come_directly_and_through_groups() -> None:
    org = an_org()
    direct, everybody = set(org.admins.holders()), org.admins.privileged()
    assert direct < everybody
    by_group = next(iter(everybody - direct))
    assert all(grant.group for grant in org.admins.of_user(by_group))
    assert {grant.type for admin in direct for grant in org.admins.direct(admin)} >= {"CUSTOM"}


def test_a_deactivated_account_belongs_nowhere() -> None:
    org = an_org()
    gone = next(i for i in range(400) if org.people.status(i) == "DEPROVISIONED")
    assert org.groups.of_user(gone) == []
    assert all(org.apps.scope(app, gone) is None for app in org.apps.all)


def test_membership_asked_for_one_by_one_agrees_with_the_list() -> None:
    org = an_org()
    for group in org.groups.all:
        listed = {user for _, user in org.groups.members(group)}
        assert listed == {user for user in range(400) if org.groups.has(group, user)}
    for app in org.apps.all:
        listed = list(org.apps.assignments(app))
        assigned = {user: scope for _, user, scope in listed}
        assert len(assigned) == len(listed)
        for user in range(400):
            assert org.apps.scope(app, user) == assigned.get(user)


def test_every_sign_on_mode_occurs() -> None:
    modes = {app.mode for app in an_org(apps=40).apps.all}
    assert modes == {
        "SAML_2_0", "SAML_1_1", "WS_FEDERATION", "OPENID_CONNECT", "SECURE_PASSWORD_STORE",
        "AUTO_LOGIN", "BROWSER_PLUGIN", "BASIC_AUTH", "BOOKMARK", "MFA_AS_SERVICE",
    }  # fmt: skip


def test_an_org_without_oddities_holds_to_the_specification() -> None:
    org = an_org(users=3000, oddities=False)
    assert "MFA_AS_SERVICE" not in {app.mode for app in org.apps.all}
    assert "hologram" not in {f.type for i in range(3000) for f in org.factors.of(i)}


def test_somebody_is_stale_somebody_never_came_and_somebody_is_no_person() -> None:
    org = an_org(users=1000)
    people = [org.people.user(i) for i in range(1000) if org.people.status(i) in CAN_SIGN_IN]
    assert any(user.last_login_s is None for user in people)
    assert any(user.last_login_s and user.last_login_s < NOW_S - 95 * 86_400 for user in people)
    assert any(user.kind == "Service" for user in people)
    assert {"ACTIVE_DIRECTORY", "LDAP", "FEDERATION"} <= {user.provider_type for user in people}


@pytest.mark.parametrize("index", [0, 1, 61, 62, 3843, 3844, 10**6, 2**40])
def test_an_id_can_be_turned_back(index: int) -> None:
    ids = IdSpace(7, "00u")
    assert ids.decode(ids.encode(index)) == index
    assert len(ids.encode(index)) == 20


@pytest.mark.parametrize("text", ["", "00u", "me", "00g" + "a" * 17, "00u" + "!" * 17, "x" * 20])
def test_a_text_that_is_no_id_names_nobody(text: str) -> None:
    assert IdSpace(7, "00u").decode(text) is None


@pytest.mark.parametrize("size", [1, 2, 3, 10, 97, 1000])
def test_a_shuffle_puts_everything_somewhere_and_finds_it_again(size: int) -> None:
    shuffle = Shuffle.of(size, Chance(1, "test"))
    assert sorted(shuffle.at(position) for position in range(size)) == list(range(size))
    assert all(shuffle.position(shuffle.at(position)) == position for position in range(size))
