"""What changes in a running org shows everywhere: records, lists, counts, truth and log."""

from typing import Any

import pytest

from okta_sandbox.times import iso
from okta_sandbox.truth import truth
from tests.sandbox.calling import NOW_S, a_caller
from tests.sandbox.changing import LATER_S, Changing


@pytest.fixture
def changing() -> Changing:
    return Changing()


def test_enrolling_adds_factors_and_does_not_touch_the_user(changing: Changing) -> None:
    before = changing.record()
    held = changing.caller.get(f"{changing.path}/factors").json()
    changing.act.enrol_factor(changing.user, "okta_verify_fastpass")
    factors = changing.caller.get(f"{changing.path}/factors").json()
    new = [f for f in factors if f not in held]
    assert {f["factorType"] for f in new} == {"push", "token:software:totp", "signed_nonce"}
    assert {f["created"] for f in new} == {iso(LATER_S)}
    assert changing.record() == before
    assert changing.logged() == [("user.mfa.factor.activate", changing.id)]


def test_resetting_takes_all_factors_or_those_of_a_type(changing: Changing) -> None:
    changing.act.enrol_factor(changing.user, "text_message")
    changing.act.remove_factors(changing.user, "sms")
    types = {f["factorType"] for f in changing.caller.get(f"{changing.path}/factors").json()}
    assert types
    assert "sms" not in types
    changing.act.reset_factors(changing.user)
    assert changing.caller.get(f"{changing.path}/factors").json() == []
    assert changing.id in truth(changing.org).without_mfa


@pytest.mark.parametrize(
    ("action", "status", "event"),
    [
        ("suspend_user", "SUSPENDED", "user.lifecycle.suspend"),
        ("lock_user", "LOCKED_OUT", "user.account.lock"),
        ("deactivate_user", "DEPROVISIONED", "user.lifecycle.deactivate"),
    ],
)
def test_a_status_changes_with_its_dates_and_is_found_by_them(
    changing: Changing, action: str, status: str, event: str
) -> None:
    getattr(changing.act, action)(changing.user)
    record = changing.record()
    assert (record["status"], record["statusChanged"]) == (status, iso(LATER_S))
    changed = changing.caller.all("/api/v1/users", search=f'lastUpdated gt "{iso(NOW_S)}"')
    assert [user["id"] for user in changed] == [changing.id]
    assert changing.logged()[0] == (event, changing.id)


def test_who_is_deactivated_leaves_every_list_and_count(changing: Changing) -> None:
    org = changing.org
    sizes = {group.id: org.groups.size(group) for group in org.groups.all}
    mine = [group for group in org.groups.all if org.groups.has(group, changing.user)]
    assert len(mine) >= 2
    changing.act.deactivate_user(changing.user)
    assert changing.caller.get(f"{changing.path}/groups").json() == []
    assert changing.caller.get(f"{changing.path}/factors").json() == []
    for group in org.groups.all:
        listed = changing.caller.all(f"/api/v1/groups/{group.id}/users")
        assert len(listed) == org.groups.size(group) == sizes[group.id] - (group in mine)
    for app in org.apps.all:
        users = changing.caller.all(f"/api/v1/apps/{app.id}/users", limit=500)
        assert changing.id not in {user["id"] for user in users}
    plain = changing.caller.all("/api/v1/users")
    assert changing.id not in {user["id"] for user in plain}


def test_who_is_deleted_is_not_found_and_not_listed(changing: Changing) -> None:
    changing.act.delete_user(changing.user)
    assert changing.caller.get(changing.path).status_code == 404
    assert changing.caller.get(f"{changing.path}/factors").status_code == 404
    everybody = changing.caller.all("/api/v1/users", filter='lastUpdated gt "1970-01-01T00:00:00Z"')
    assert changing.id not in {user["id"] for user in everybody}
    assert truth(changing.org).users == len(everybody) == 149
    assert changing.logged()[0] == ("user.lifecycle.delete.completed", changing.id)


def test_a_newcomer_is_found_by_id_login_search_group_and_application(changing: Changing) -> None:
    user = changing.act.add_user("Robin", "Newcomer")
    caller = changing.caller
    assert caller.get(f"/api/v1/users/{user.id}").json() == (
        caller.get(f"/api/v1/users/{user.login}").json()
    )
    new = caller.all("/api/v1/users", search=f'created gt "{iso(NOW_S)}"')
    assert [record["id"] for record in new] == [user.id]
    everyone = changing.org.groups.all[0]
    members = caller.all(f"/api/v1/groups/{everyone.id}/users", limit=30)
    assert user.id in {member["id"] for member in members}
    assert len(members) == changing.org.groups.size(everyone)
    for app in changing.org.apps.of_group(everyone):
        assigned = caller.all(f"/api/v1/apps/{app.id}/users", limit=30)
        assert user.id in {record["id"] for record in assigned}
    assert changing.logged()[:2] == [
        ("user.lifecycle.create", user.id),
        ("user.lifecycle.activate", user.id),
    ]


def test_a_role_that_is_granted_shows_everywhere_and_goes_again(changing: Changing) -> None:
    def assignees() -> set[str]:
        body = changing.caller.get("/api/v1/iam/assignees/users").json()
        return {user["id"] for user in body["value"]}

    assert changing.id not in assignees()
    changing.act.grant_role(changing.user, "SUPER_ADMIN")
    roles = changing.caller.get(f"{changing.path}/roles").json()
    assert [(role["type"], role["assignmentType"]) for role in roles] == [("SUPER_ADMIN", "USER")]
    assert changing.id in assignees() & truth(changing.org).privileged_direct
    changing.act.revoke_roles(changing.user)
    assert changing.caller.get(f"{changing.path}/roles").json() == []
    assert changing.id not in assignees()
    assert [event for event, _ in changing.logged()] == [
        "user.account.privilege.grant",
        "user.account.privilege.revoke",
    ]


def test_an_administrator_from_the_beginning_can_lose_every_role(changing: Changing) -> None:
    admin = changing.org.admins.holders()[-1]
    path = f"/api/v1/users/{changing.org.people.ids.encode(admin)}/roles"
    assert changing.caller.get(path).json()
    changing.act.revoke_roles(admin)
    assert changing.caller.get(path).json() == []
    assert admin not in changing.org.admins.holders()


def test_joining_an_admin_group_makes_an_administrator(changing: Changing) -> None:
    group = changing.org.admins.admin_groups()[0]
    changing.act.join_group(changing.user, group)
    roles = changing.caller.get(f"{changing.path}/roles").json()
    assert {role["assignmentType"] for role in roles} == {"GROUP"}
    assert changing.id in truth(changing.org).privileged
    listed = changing.caller.get(f"/api/v1/groups/{group.id}").json()
    assert listed["lastMembershipUpdated"] == iso(LATER_S)
    changing.act.leave_group(changing.user, group)
    assert changing.caller.get(f"{changing.path}/roles").json() == []


def test_members_can_leave_and_come_back(changing: Changing) -> None:
    org = changing.org
    group = next(g for g in org.groups.all[4:] if org.groups.has(g, changing.user))
    size = org.groups.size(group)
    changing.act.leave_group(changing.user, group)
    assert org.groups.size(group) == size - 1
    assert len(list(org.groups.members(group))) == size - 1
    changing.act.join_group(changing.user, group)
    assert org.groups.size(group) == size == len(list(org.groups.members(group)))


def test_an_application_is_assigned_and_taken_away(changing: Changing) -> None:
    org = changing.org
    app = next(app for app in org.apps.all if org.apps.scope(app, changing.user) is None)
    direct, group = org.apps.counts(app)
    changing.act.assign_app(changing.user, app)
    users = changing.caller.all(f"/api/v1/apps/{app.id}/users", limit=3)
    assert [u["scope"] for u in users if u["id"] == changing.id] == ["USER"]
    assert org.apps.counts(app) == (direct + 1, group)
    changing.act.unassign_app(changing.user, app)
    assert org.apps.counts(app) == (direct, group)


def test_a_direct_assignment_taken_away_may_leave_one_through_a_group(changing: Changing) -> None:
    org = changing.org
    app = next(app for app in org.apps.all if org.apps.scope(app, changing.user) == "GROUP")
    direct, group = org.apps.counts(app)
    changing.act.assign_app(changing.user, app)
    assert org.apps.counts(app) == (direct + 1, group - 1)
    changing.act.unassign_app(changing.user, app)
    assert org.apps.scope(app, changing.user) == "GROUP"


def test_signing_in_moves_the_last_login_only(changing: Changing) -> None:
    before = changing.record()
    changing.act.sign_in(changing.user)
    assert changing.record() == {**before, "lastLogin": iso(LATER_S)}


def test_a_profile_that_changes_moves_last_updated(changing: Changing) -> None:
    changing.act.update_profile(changing.user, title="Director")
    record = changing.record()
    assert (record["profile"]["title"], record["lastUpdated"]) == ("Director", iso(LATER_S))
    assert changing.logged() == [("user.account.update_profile", changing.id)]


def test_a_search_for_what_changed_since_finds_just_that_without_looking_at_everybody() -> None:
    caller = a_caller(users=300_000)
    act = caller.sandbox.org.act(at_s=NOW_S + 50)
    act.update_profile(70_000, title="Director")
    act.update_profile(4, title="Director")
    act.delete_user(4)
    newcomer = act.add_user("Robin", "Newcomer")
    query = f'lastUpdated gt "{iso(NOW_S + 10)}"'
    encode = caller.sandbox.org.people.ids.encode
    for parameter in ("search", "filter"):
        found = caller.all("/api/v1/users", **{parameter: query, "limit": 1})
        assert [user["id"] for user in found] == [encode(70_000), newcomer.id]


def test_a_change_may_be_logged_late_and_after_what_happened_later() -> None:
    caller = a_caller(users=60)
    org = caller.sandbox.org
    first, second = org.admins.owner(0), org.admins.owner(1)
    org.act(at_s=NOW_S + 10, log_delay_s=300).update_profile(first, title="Director")
    org.act(at_s=NOW_S + 60).update_profile(second, title="Director")
    kind = 'eventType eq "user.account.update_profile"'

    def read(url: str, **params: Any) -> tuple[list[str], str]:
        response = caller.get(url, **params)
        ids = [entry["target"][0]["id"] for entry in response.json()]
        return ids, response.links["next"]["url"]

    encode = org.people.ids.encode
    caller.clock.now_s = NOW_S + 100
    early, following = read("/api/v1/logs", since=iso(NOW_S), filter=kind)
    assert early == [encode(second)]
    caller.clock.now_s = NOW_S + 400
    late, _ = read(following)
    assert late == [encode(first)]
    both, _ = read("/api/v1/logs", since=iso(NOW_S), filter=kind)
    assert both == [encode(second), encode(first)]
    window = {"since": iso(NOW_S), "until": iso(NOW_S + 400), "filter": kind}
    published = [entry["published"] for entry in caller.get("/api/v1/logs", **window).json()]
    assert published == [iso(NOW_S + 10), iso(NOW_S + 60)]
    with pytest.raises(ValueError, match="never 1300 s late"):
        org.act(at_s=NOW_S, log_delay_s=1300)


@pytest.mark.parametrize("action", ["deactivate_user", "delete_user"])
def test_groups_know_that_a_member_has_gone(changing: Changing, action: str) -> None:
    def changed() -> set[str]:
        query = f'lastMembershipUpdated gt "{iso(LATER_S - 1)}"'
        return {group["id"] for group in changing.caller.all("/api/v1/groups", search=query)}

    mine = {group.id for group in changing.org.groups.of_user(changing.user)}
    assert mine
    assert changed() == set()
    getattr(changing.act, action)(changing.user)
    assert changed() == mine
