"""Every figure equals the org's own truth, computed without HTTP and without the plugin."""

import re

import pytest

from okta_sandbox.definitions import figures
from tests.support.true_figures import known
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence, SyncStatus
from twin_okta.snapshot import Snapshot


@pytest.fixture(
    scope="module",
    params=[
        (7, "identity-engine", False),
        (8, "classic", False),
        (9, "identity-engine", True),
        (10, "classic", True),
    ],
    ids=["seed 7", "seed 8, Classic", "seed 9, variety", "seed 10, Classic, variety"],
)
def org(request, tmp_path_factory):
    seed, edition, variety = request.param
    users = 2000 if seed == 7 else 300
    org = virtual_org(
        users=users,
        apps=40,
        seed=seed,
        edition=edition,
        variety=variety,
        state_dir=tmp_path_factory.mktemp("s"),
    )
    org.report = org.sync(hours_back=168)
    org.truth = known(org.sandbox.org, now_s=org.clock.epoch_s())
    return org


@pytest.fixture
def facts(org):
    return org.facts()


@pytest.fixture
def gaps(org):
    return org.gaps()


def ids(org, gap):
    """The ids of those in a gap, as its query lists them."""
    with Snapshot.to_read(org.state_dir) as snapshot:
        found = {subject["id"] for subject in snapshot.records(gap.query, {})}
    assert len(found) == gap.count
    return found


def test_everything_was_read(org):
    assert org.report.status == SyncStatus.COMPLETE
    unread = {name: d.reason for name, d in org.report.datasets.items() if d.reason}
    classic = org.sandbox.org.edition == "classic"
    assert unread.keys() == ({"authenticators", "devices"} if classic else set())


def test_users_by_status(org, facts):
    assert int(facts["users"].value) == org.truth.users
    found = {
        key.removeprefix("users_").upper(): int(fact.value)
        for key, fact in facts.items()
        if key.startswith("users_") and key != "users_without_mfa" and "elsewhere" not in key
    }
    assert found == org.truth.users_by_status


@pytest.mark.parametrize(
    ("key", "people"),
    [
        ("mfa_coverage", "covered"),
        ("mfa_coverage_strong", "strong"),
        ("mfa_coverage_phishing_resistant", "phishing_resistant"),
    ],
)
def test_coverage(org, facts, key, people):
    evidence = facts[key].evidence
    assert evidence.numerator == len(getattr(org.truth, people))
    assert evidence.denominator == len(org.truth.population)
    share = evidence.numerator / evidence.denominator
    assert facts[key].value == f"{round(share * 100)}%"


def test_the_people_behind_coverage_are_those_counted(org, facts):
    with Snapshot.to_read(org.state_dir) as snapshot:
        people = snapshot.records(facts["mfa_coverage"].evidence.query, {})
    assert {p["id"] for p in people} == org.truth.population
    assert {p["id"] for p in people if p["strength"] != "none"} == org.truth.covered


def test_factor_shares(org, facts):
    counted = {
        key: fact.evidence.numerator
        for key, fact in facts.items()
        if key.startswith("mfa_factor_") and fact.evidence.numerator
    }
    assert counted == {
        "mfa_factor_" + re.sub("[^a-z0-9]+", "_", kind): count
        for kind, count in org.truth.factor_users.items()
    }


@pytest.mark.parametrize(
    ("gap", "people"),
    [
        ("users-without-mfa", "without_mfa"),
        ("weak-factors-only", "weak_only"),
        ("stale-accounts", "stale"),
        ("stale-service-accounts", "stale_services"),
        ("admins-not-phishing-resistant", "privileged_not_resistant"),
        ("admins-without-strong-mfa", "privileged_without_strong"),
    ],
)
def test_gaps_name_exactly_the_right_people(org, gaps, gap, people):
    assert ids(org, gaps[gap]) == getattr(org.truth, people)
    assert gaps[gap].count == len(getattr(org.truth, people))


def test_the_kinds_of_applications_add_up(org, facts):
    kinds = {key: subjects(org, facts[key]) for key in facts if re.fullmatch("apps_.*", key)}
    kinds["sso_apps"] = subjects(org, facts["sso_apps"])

    assert {"apps": subjects(org, facts["apps"]), **kinds} == {
        "apps_directory": set(), "apps_other": set(), "apps_machine": set(), **org.truth.apps,
    }  # fmt: skip
    assert sum(map(len, kinds.values())) == int(facts["apps"].value)


def test_people_by_how_they_are_protected(org, facts):
    for key, people in {
        "users_signing_in_elsewhere": org.truth.elsewhere,
        "email_only_users": org.truth.email_only,
        "duo_only_users": org.truth.duo_only,
        "weak_only_users": org.truth.weak_only,
    }.items():
        assert subjects(org, facts[key]) == people, key


def test_administrators_by_tier(org, facts, gaps):
    assert {
        tier: subjects(org, facts[f"privileged_users_tier_{tier}"])
        for tier in range(3)
        if f"privileged_users_tier_{tier}" in facts
    } == {tier: people for tier, people in org.truth.tiers.items() if people}
    without = org.truth.privileged_without_strong
    strongest = min(tier for tier, people in org.truth.tiers.items() if people & without)
    severity = ("critical", "high", "medium")[strongest]
    assert gaps["admins-without-strong-mfa"].severity == severity


def test_administrators_who_sign_in_elsewhere_are_undecided(org, gaps):
    elsewhere = org.truth.privileged & org.truth.elsewhere
    for gap in (gaps["admins-without-strong-mfa"], gaps["admins-not-phishing-resistant"]):
        assert gap.complete == (not elsewhere)
        assert ("they sign in elsewhere" in gap.note) == bool(elsewhere)


def test_counts_of_people(org, facts):
    assert int(facts["privileged_users"].value) == len(org.truth.privileged)
    assert int(facts["users_without_mfa"].value) == len(org.truth.without_mfa)
    assert int(facts["stale_accounts"].value) == len(org.truth.stale)


def test_applications(org, facts):
    assert int(facts["sso_apps"].value) == len(org.truth.sso_apps)
    assert int(facts["sso_apps_federated"].value) == len(org.truth.sso_apps_federated)
    assert int(facts["sso_apps_password"].value) == len(org.truth.sso_apps_password)


def test_machines_and_accounts_of_machines(org, facts):
    assert int(facts["apps_machine"].value) == len(org.truth.machines)
    assert subjects(org, facts["privileged_service_apps"]) == org.truth.privileged_machines
    assert subjects(org, facts["service_accounts"]) == org.truth.service_accounts
    people = org.truth.population - org.truth.service_accounts
    evidence = facts["mfa_coverage_people"].evidence
    assert (evidence.numerator, evidence.denominator) == (
        len(org.truth.covered & people),
        len(people),
    )


def test_groups(org, facts):
    assert int(facts["groups"].value) == len(org.truth.group_sizes)
    assert subjects(org, facts["admin_groups"]) == org.truth.admin_groups


def test_what_guards_sign_in(org, facts, gaps):
    security = org.sandbox.org.security
    assert subjects(org, facts["session_rules_without_mfa"]) == org.truth.rules_without_mfa
    assert ids(org, gaps["sessions-without-mfa"]) == org.truth.rules_without_mfa
    assert facts["threat_insight"].value == security.threat_action
    assert gaps["threat-insight-not-blocking"].count == (security.threat_action != "block")
    assert facts["session_lifetime_longest"].value == "1440min"
    active = [zone for zone in security.zones if zone.get("status", "ACTIVE") == "ACTIVE"]
    assert int(facts["network_zones"].value) == len(active)
    if org.sandbox.org.edition == "classic":
        assert not {"sso_apps_password_alone", "authenticators_enabled"} & facts.keys()
        assert "apps-with-password-alone" not in gaps
    else:
        assert subjects(org, facts["sso_apps_password_alone"]) == org.truth.password_only_apps
        assert ids(org, gaps["apps-with-password-alone"]) == org.truth.password_only_apps
        assert org.truth.password_only_apps < org.truth.sso_apps
        on = [a for a in security.authenticators if a.get("status", "ACTIVE") == "ACTIVE"]
        assert int(facts["authenticators_enabled"].value) == len(on)


def test_devices_and_who_uses_them(org, facts, gaps):
    true = figures(org.sandbox.org, now_s=org.clock.epoch_s())
    keys = ("devices", "devices_managed", "devices_unmanaged", "devices_unencrypted")
    if org.sandbox.org.edition == "classic":
        assert not set(keys) & facts.keys()
        assert "admins-on-unmanaged-devices" not in gaps
        return
    assert {key: subjects(org, facts[key]) for key in keys} == {key: true[key] for key in keys}
    assert ids(org, gaps["admins-on-unmanaged-devices"]) == true["admins_on_unmanaged_devices"]
    assert all(true[key] for key in keys)
    assert true["admins_on_unmanaged_devices"]


def test_api_tokens_and_custom_roles(org, facts, gaps):
    tokens = org.sandbox.org.security.tokens
    assert int(facts["api_tokens"].value) == len(tokens)
    anywhere = {
        token.id
        for token in tokens
        if org.sandbox.org.security.token_connection(token.name)["connection"] == "ANYWHERE"
    }
    assert ids(org, gaps["api-tokens-from-anywhere"]) == anywhere
    with Snapshot.to_read(org.state_dir) as snapshot:
        held = snapshot.records(facts["custom_roles"].evidence.query, {})
    admins = org.sandbox.org.admins
    for role in held:
        assert set(role["permissions"].split(",")) == set(
            admins.custom_role(role["id"]).permissions
        )
        assert role["resources"]
    assert held


def test_use_of_applications_is_that_of_the_log(org, facts):
    entries = org.sandbox.org.log.entries(
        org.clock.epoch_s() - 168 * 3600,
        org.clock.epoch_s(),
        types=frozenset({"user.authentication.sso"}),
    )
    used = {t["id"] for e in entries for t in e["target"] if t["type"] == "AppInstance"}
    assert subjects(org, facts["sso_apps_used"]) == used & org.truth.sso_apps


def test_one_okta_verify_enrolment_is_one_authenticator(org, facts):
    with Snapshot.to_read(org.state_dir) as snapshot:
        people = snapshot.records(facts["mfa_coverage"].evidence.query, {})
    whole = {"push", "token:software:totp", "signed_nonce"}
    enrolled = [p for p in people if set((p["factors"] or "").split(",")) == whole]
    if org.sandbox.org.edition == "identity-engine":
        assert enrolled
    assert {person["authenticators"] for person in enrolled} <= {1}


def subjects(org, fact):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return {row["id"] for row in snapshot.records(fact.evidence.query, {})}


def test_assignments_are_exact(org, facts):
    with Snapshot.to_read(org.state_dir) as snapshot:
        apps = snapshot.records(facts["sso_apps"].evidence.query, {})
    assert {app["id"] for app in apps} == org.truth.sso_apps
    for app in apps:
        true = org.truth.assignments[app["id"]]
        assert app["assigned_users"] == true.total
        assert (app["assigned_directly"], app["assigned_through_groups"]) == (
            true.direct,
            true.group,
        )


def test_all_of_it_is_verified(facts):
    assert {fact.confidence for fact in facts.values()} == {Confidence.VERIFIED}


def test_no_call_was_made_twice_and_none_was_throttled(org):
    polls = [target for target in org.sandbox.journal.repeated() if "/logs?" not in target]
    assert polls == []  # the log is asked once more when all the rest has been read
    assert org.sandbox.journal.throttled == 0
    assert org.report.throttled == org.report.retries == 0
    assert org.report.requests == org.calls()


def test_factors_cost_one_call_for_each_user_who_can_sign_in(org):
    assert org.calls("/factors") == len(org.truth.can_sign_in)


def test_enriching_again_gives_the_same(org):
    first, second = org.enrich(), org.enrich()
    assert first.facts == second.facts
    assert first.gaps == second.gaps
    assert list(first.events) == list(second.events)
    assert first.profile == second.profile
