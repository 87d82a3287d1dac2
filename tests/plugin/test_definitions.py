"""The definitions, each on the people and applications that it is about."""

import pytest

from okta_sandbox.api import tricks
from tests.plugin.test_oauth import service_org
from tests.support.small_snapshot import LONG_AGO, NOW, RECENTLY, SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence
from twin_okta.snapshot import Snapshot, iso_text
from twin_okta.sync.assurance import EVERYTHING, what_alone_satisfies

VERIFIED = Confidence.VERIFIED


@pytest.fixture
def org(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.authenticators(
        okta_verify=None, webauthn=None, duo=None,
        phone_number="any", okta_email="any", security_question="any",
    )  # fmt: skip
    return org


# --- who is in coverage -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "counts_in"),
    [
        ("webauthn/FIDO", {"mfa_coverage", "strong", "phishing_resistant"}),
        ("signed_nonce/OKTA", {"mfa_coverage", "strong", "phishing_resistant"}),
        ("push/OKTA", {"mfa_coverage", "strong"}),
        ("token/RSA", {"mfa_coverage", "strong"}),
        ("web/DUO", {"mfa_coverage", "duo_only_users"}),
        ("hologram/EXAMPLE", {"mfa_coverage"}),
        ("sms/OKTA", {"mfa_coverage", "weak_only_users"}),
        ("call/OKTA", {"mfa_coverage", "weak_only_users"}),
        ("email/OKTA", {"email_only_users", "users_without_mfa"}),
        ("question/OKTA", {"users_without_mfa"}),
        ("tac/OKTA", {"users_without_mfa"}),
    ],
)
def test_what_each_factor_is_worth(org, factor, counts_in):
    org.person("ada", factor)

    facts = org.facts()

    found = {
        key.removeprefix("mfa_coverage_")
        for key, fact in facts.items()
        if key in ("mfa_coverage", "mfa_coverage_strong", "mfa_coverage_phishing_resistant",
                   "duo_only_users", "weak_only_users", "email_only_users", "users_without_mfa")
        and fact.evidence.numerator
    }  # fmt: skip
    assert found == counts_in
    on_people = [fact for fact in facts.values() if "users" in fact.evidence.datasets]
    assert {fact.confidence for fact in on_people} == {VERIFIED}


@pytest.mark.parametrize("provider", ["FEDERATION", "SOCIAL"])
def test_who_signs_in_elsewhere_is_counted_apart(org, provider):
    org.person("ada", "push/OKTA")
    org.person("grace", provider=provider)
    org.person("from-ad", provider="ACTIVE_DIRECTORY")

    facts = org.facts()

    assert (facts["mfa_coverage"].value, facts["mfa_coverage"].confidence) == ("50%", VERIFIED)
    assert org.ids(facts["users_signing_in_elsewhere"]) == {"grace"}
    assert facts[f"users_signing_in_elsewhere_{provider.lower()}"].value == "1"
    assert org.ids(org.gaps()["users-without-mfa"]) == {"from-ad"}


def test_a_population_of_nobody_gives_no_coverage(org):
    org.person("grace", provider="FEDERATION")

    assert not {key for key in org.facts() if key.startswith("mfa_")}


def test_a_provider_that_was_not_sent_makes_bounds(org):
    for number in range(8):
        org.person(f"user{number}", "push/OKTA")
    org.person("bare")
    org.person("unknown", provider=None)

    facts, gaps = org.facts(), org.gaps()

    coverage = facts["mfa_coverage"]
    assert coverage.confidence == Confidence.OBSERVED
    assert "80 to 88.9 %" in coverage.evidence.note
    assert "their credential provider was not sent (1)" in coverage.evidence.note
    assert "users_signing_in_elsewhere" not in facts
    assert (gaps["users-without-mfa"].count, gaps["users-without-mfa"].complete) == (1, False)


def test_an_authenticator_for_recovery_alone_enrols_nobody(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.authenticators(phone_number="recovery", okta_verify=None)
    org.person("ada", "sms/OKTA")
    org.person("grace", "push/OKTA")

    assert (org.facts()["mfa_coverage"].value, org.ids(org.gaps()["users-without-mfa"])) == (
        "50%",
        {"ada"},
    )


def test_an_authenticator_that_is_switched_off_enrols_nobody(org):
    org.person("ada", "push/OKTA")
    org.execute("UPDATE authenticator SET status = 'INACTIVE' WHERE key = 'okta_verify'")

    assert org.facts()["mfa_coverage"].value == "0%"


def test_without_the_authenticators_only_phones_are_undecided(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.execute("UPDATE dataset SET shown = 0, as_of = NULL WHERE name = 'authenticators'")
    org.person("ada", "push/OKTA", "sms/OKTA")
    org.person("grace")
    assert org.facts()["mfa_coverage"].confidence == VERIFIED

    org.person("mary", "sms/OKTA")
    org.person("alan", "sms/OKTA")

    facts = org.facts()
    assert "25 to 75 %" in facts["mfa_coverage"].evidence.note
    assert facts["mfa_coverage"].value == "50%"
    assert facts["mfa_coverage"].evidence.margin == 25
    assert facts["mfa_coverage_strong"].confidence == VERIFIED


def test_a_classic_org_has_no_authenticators_to_ask(tmp_path):
    org = SmallSnapshot.made(tmp_path, edition="v1")
    org.person("ada", "sms/OKTA")

    assert org.facts()["mfa_coverage"].confidence == VERIFIED


def test_who_was_gone_when_their_factors_were_read_is_in_no_population(org):
    org.person("ada", "push/OKTA")
    org.person("gone")
    org.execute("UPDATE subject_read SET outcome = 'gone' WHERE subject = 'gone'")
    org.execute("UPDATE factor SET status = 'ACTIVE'")

    facts = org.facts()

    assert facts["mfa_coverage"].evidence.population == 1
    assert facts["users_without_mfa"].value == facts["stale_accounts"].value == "0"


# --- stale --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "is_stale"),
    [
        ({"last_login": LONG_AGO}, True),
        ({"last_login": RECENTLY}, False),
        ({"last_login": None}, True),
        ({"last_login": None, "activated": RECENTLY}, False),
        ({"last_login": LONG_AGO, "activated": RECENTLY}, False),
        ({"last_login": None, "activated": None, "created": RECENTLY}, False),
        ({"last_login": None, "activated": None, "created": LONG_AGO}, True),
    ],
)
def test_stale_is_by_the_newest_of_sign_in_and_activation(org, columns, is_stale):
    org.person("ada", **columns)

    assert org.ids(org.gaps()["stale-accounts"]) == ({"ada"} if is_stale else set())


def test_a_token_in_use_keeps_its_owner_from_being_stale(org):
    org.person("ada", last_login=LONG_AGO)
    org.person("grace", last_login=LONG_AGO)
    org.add("api_token", id="t1", user_id="ada", last_used=RECENTLY, connection="ZONE")
    org.add("api_token", id="t2", user_id="grace", last_used=LONG_AGO, connection="ZONE")

    assert org.ids(org.gaps()["stale-accounts"]) == {"grace"}


def test_unread_tokens_matter_for_administrators_alone(org):
    org.execute("UPDATE dataset SET shown = 0, as_of = NULL WHERE name = 'api_tokens'")
    org.person("ada", last_login=LONG_AGO)
    assert org.facts()["stale_accounts"].confidence == VERIFIED

    org.administrator("grace", last_login=LONG_AGO)

    stale = org.facts()["stale_accounts"]
    assert (stale.value, stale.confidence) == ("1", Confidence.UNCERTAIN)


def test_stale_service_accounts_are_a_figure_of_their_own(org):
    org.person("svc-backup", last_login=LONG_AGO)
    org.person("ada", last_login=LONG_AGO, user_type="Service")

    gaps = org.gaps()

    assert org.ids(gaps["stale-accounts"]) == set()
    assert org.ids(gaps["stale-service-accounts"]) == {"svc-backup", "ada"}


# --- privilege ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("ÉQUIPE Sécurité", "Équipe sécurité"),
        ("STRASSE", "Straße"),
        ("ΑΔΜΙΝΣ", "αδμινς"),
        ("E\N{COMBINING ACUTE ACCENT}quipe", "équipe"),
        (" Admins ", "admins"),
    ],
)
def test_group_names_are_compared_without_regard_to_case_in_any_script(tmp_path, said, named):
    org = SmallSnapshot.made(tmp_path, groups=(said,))
    org.person("ada")
    org.group("g1", named, "ada")

    assert org.ids(org.facts()["privileged_users"]) == {"ada"}
    assert org.facts()["privileged_users"].confidence == VERIFIED


def test_a_name_that_no_group_has_is_told(tmp_path):
    org = SmallSnapshot.made(tmp_path, groups=("Admins", "Amdins"))
    org.person("ada")
    org.group("g1", "Admins", "ada")

    privileged = org.facts()["privileged_users"]

    assert privileged.confidence != VERIFIED
    assert "no group has this name of the settings: amdins" in privileged.evidence.note


@pytest.mark.parametrize("kind", ["user", "group"])
def test_an_inactive_role_makes_nobody_privileged(org, kind):
    org.person("ada")
    org.group("g1", "Ops", "ada")
    org.add(
        "role", holder_kind=kind, holder_id="ada" if kind == "user" else "g1", id="r1",
        type="ORG_ADMIN", status="INACTIVE", assignment_type="USER",
    )  # fmt: skip

    assert org.facts()["privileged_users"].value == "0"


def _log(org, number, kind, user_id="ada", outcome="SUCCESS"):
    org.execute(
        "INSERT INTO log_event (number, uuid, published, event_type, outcome, raw)"
        " VALUES (?, ?, ?, ?, ?, '{}')",
        number, f"u{number}", f"2026-05-0{number}T00:00:00.000Z", f"user.account.privilege.{kind}",
        outcome,
    )  # fmt: skip
    org.execute("INSERT INTO target VALUES (?, 0, 'User', ?, NULL, NULL)", number, user_id)
    org.execute("INSERT INTO target VALUES (?, 1, 'ROLE', NULL, NULL, NULL)", number)


@pytest.mark.parametrize(
    ("events", "privileged"),
    [
        (["grant"], {"ada"}),
        (["grant", "revoke"], set()),
        (["grant", "revoke", "grant"], {"ada"}),
    ],
)
def test_while_roles_may_not_be_read_the_log_tells_who_was_granted_one(org, events, privileged):
    org.person("ada")
    org.person("grace")
    org.person("mary")
    org.group("g1", "Admins", "grace", has_admin_role=1)
    org.execute("UPDATE dataset SET shown = 0 WHERE name = 'roles'")
    for number, kind in enumerate(events, 1):
        _log(org, number, kind)
    _log(org, 9, "grant", user_id="mary", outcome="FAILURE")

    found = org.facts()["privileged_users"]

    assert org.ids(found) == privileged | {"grace"}
    assert found.confidence == Confidence.OBSERVED


def test_a_group_whose_admin_role_is_not_known_leaves_privilege_undecided(org):
    org.administrator("ada", "webauthn/FIDO")
    org.group("g1", "Ops", has_admin_role=None)

    facts = org.facts()

    assert facts["privileged_users"].confidence != VERIFIED
    assert "admin_groups" not in facts
    assert "admins-without-strong-mfa" not in org.gaps()


def test_a_role_holder_whom_the_list_of_users_lacks_is_not_forgotten(org):
    org.administrator("ada", "webauthn/FIDO")
    org.add(
        "role", holder_kind="user", holder_id="hidden", id="r9", type="SUPER_ADMIN",
        status="ACTIVE", assignment_type="USER",
    )  # fmt: skip

    privileged = org.facts()["privileged_users"]

    assert privileged.confidence != VERIFIED
    assert "the list of users lacks them (1)" in privileged.evidence.note


@pytest.mark.parametrize(
    ("role", "severities"),
    [
        ("SUPER_ADMIN", ("critical", "high")),
        ("HELP_DESK_ADMIN", ("high", "medium")),
        ("READ_ONLY_ADMIN", ("medium", "low")),
        ("SOME_NEW_ADMIN", ("critical", "high")),
    ],
)
def test_the_severity_of_administrators_gaps_follows_the_tier(org, role, severities):
    org.administrator("ada", "sms/OKTA", role=role)

    gaps = org.gaps()

    assert (
        gaps["admins-without-strong-mfa"].severity,
        gaps["admins-not-phishing-resistant"].severity,
    ) == severities


def test_a_custom_role_is_as_strong_as_its_strongest_permission(org):
    org.administrator("ada")
    org.execute("UPDATE role SET type = 'CUSTOM', custom_role_id = 'cr1'")
    assert "privileged_users_tier_0" not in org.facts()

    for permission, tier in (
        ("okta.users.read", 2),
        ("okta.users.manage", 1),
        ("okta.identityProviders.manage", 0),
    ):
        org.add("role_permission", role_id="cr1", permission=permission)
        assert f"privileged_users_tier_{tier}" in org.facts()


def test_administrators_who_sign_in_elsewhere_are_undecided_not_fine(org):
    org.administrator("ada", "webauthn/FIDO", provider="FEDERATION")
    org.administrator("grace", "sms/OKTA")

    gap = org.gaps()["admins-without-strong-mfa"]

    assert (org.ids(gap), gap.complete) == ({"grace"}, False)
    assert "they sign in elsewhere (1)" in gap.note


def test_push_is_strong_and_no_shield_against_phishing(org):
    org.administrator("ada", "push/OKTA")

    gaps = org.gaps()

    assert gaps["admins-without-strong-mfa"].count == 0
    assert gaps["admins-not-phishing-resistant"].count == 1


def test_the_readers_own_account_is_named_as_such(org):
    org.administrator("ada")
    org.administrator("grace")
    org.execute("UPDATE org SET reader_id = 'ada'")

    with Snapshot.to_read(org.folder) as snapshot:
        subjects = snapshot.records(org.gaps()["admins-without-strong-mfa"].query, {})

    assert {s["id"]: s["is_reader"] for s in subjects} == {"ada": 1, "grace": 0}


# --- applications -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "figure"),
    [
        ({"mode": "SAML_2_0"}, "sso_apps"),
        ({"mode": "AUTO_LOGIN"}, "sso_apps"),
        ({"mode": "BOOKMARK"}, "apps_bookmark"),
        ({"mode": "OPENID_CONNECT", "application_type": "service"}, "apps_machine"),
        ({"mode": "OPENID_CONNECT", "application_type": "web"}, "sso_apps"),
        ({"mode": None, "name": "active_directory"}, "apps_directory"),
        ({"mode": None, "name": "ldap_openldap"}, "apps_directory"),
        ({"mode": "SAML_2_0", "name": "saasure"}, "apps_oktas_own"),
        ({"mode": None, "name": "provisioning"}, "apps_other"),
        ({"mode": "TELEPATHY"}, "apps_other"),
    ],
)
def test_each_application_is_of_one_kind(org, columns, figure):
    org.app("a1", **columns)

    facts = org.facts()

    kinds = {"sso_apps", *(key for key in facts if key.startswith("apps_"))}
    assert {key for key in kinds if facts[key].value == "1"} == {figure}
    assert facts["apps"].value == "1"


def test_numbers_that_were_not_read_are_no_zeros(org):
    org.app("read")
    org.app("refused")
    for dataset, app in (("assignments", "refused"), ("app_use", "read"), ("app_use", "refused")):
        org.read(dataset, app, "denied")

    with_numbers = _rows(org, org.facts()["sso_apps"])

    names = ("assigned_users", "assigned_directly", "assigned_through_groups", "assigned_groups")
    assert [with_numbers["read"][name] for name in names] == [0, 0, 0, 0]
    assert [with_numbers["refused"][name] for name in names] == [None] * 4
    assert "sso_apps_used" not in org.facts()


def _rows(org, fact):
    with Snapshot.to_read(org.folder) as snapshot:
        return {row["id"]: row for row in snapshot.records(fact.evidence.query, {})}


# --- what opens an application ------------------------------------------------------------------

SESSION, ACCESS = "OKTA_SIGN_ON", "ACCESS_POLICY"


@pytest.mark.parametrize(
    ("session", "means", "password", "weak"),
    [
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP"}, '["password"]', 1, 0),
        ({"requires_factor": 1, "primary_factor": "PASSWORD_IDP"}, '["password"]', 0, 0),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP"}, "[]", 0, 0),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP"}, '["email"]', 0, 0),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP_ANY_FACTOR"}, '["email"]', 0, 1),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP_ANY_FACTOR"},
         '["security_question"]', 0, 1),
        ({"requires_factor": None, "primary_factor": "PASSWORD_IDP"}, '["password"]', None, 0),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP"}, None, None, 0),
        ({"requires_factor": 0, "primary_factor": "PASSWORD_IDP", "access": "DENY"},
         '["password"]', 0, 0),
    ],
)  # fmt: skip
def test_session_and_application_policy_are_judged_together(org, session, means, password, weak):
    org.app("a1")
    org.rule("everybody", SESSION, **session)
    org.rule("pol", ACCESS, means=means)

    facts = org.facts()

    for key, expected in (
        ("sso_apps_password_alone", password),
        ("sso_apps_weak_factor_alone", weak),
    ):
        if expected is None:
            assert key not in facts or facts[key].confidence != VERIFIED
        else:
            assert (facts[key].value, facts[key].confidence) == (str(expected), VERIFIED), key


def test_without_any_session_rule_nothing_can_be_said_of_what_opens_an_application(org):
    org.app("a1")
    org.rule("pol", ACCESS, means='["password"]')

    assert "sso_apps_password_alone" not in org.facts()


def test_the_admin_console_is_judged_where_it_is_shown_and_undecided_where_it_is_not(org):
    org.rule("everybody", SESSION, requires_factor=0, primary_factor="PASSWORD_IDP")
    org.rule("pol", ACCESS, means='["password"]')
    hidden = org.facts()["admin_console_opened_by"]
    assert (hidden.value, hidden.confidence) == ("undecided", Confidence.UNCERTAIN)
    assert "does not show it" in hidden.evidence.note
    assert "okta-with-one-weak-step" not in org.gaps()

    org.app("console", name="saasure")

    shown, gap = org.facts()["admin_console_opened_by"], org.gaps()["okta-with-one-weak-step"]
    assert (shown.value, shown.confidence) == ("password", VERIFIED)
    assert (org.ids(gap), gap.severity, gap.complete) == ({"console"}, "critical", False)
    assert "Okta Dashboard" in gap.note


@pytest.mark.parametrize(
    ("method", "means"),
    [
        ({"type": "ASSURANCE", "factorMode": "2FA"}, set()),
        ({"type": "ASSURANCE", "factorMode": "1FA"}, EVERYTHING),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"knowledge": {"types": ["password"], "required": True}}]}, {"password"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"knowledge": {"types": ["SECURITY_QUESTION"]}}]}, {"security_question"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"knowledge": {"excludedAuthenticationMethods": [{"key": "okta_password"}]}}]},
         {"security_question"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"possession": {"types": ["email"]}}]}, {"email"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"possession": {"methods": ["SMS", "VOICE"]}}]}, {"phone"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"possession": {"deviceBound": "REQUIRED"}}]}, {"possession"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"possession": {"required": False,
                            "excludedAuthenticationMethods": [{"key": "okta_email"}]}}]},
         EVERYTHING - {"email"}),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [
            {"knowledge": {}, "possession": {}}]}, set()),
        ({"type": "AUTH_METHOD_CHAIN", "chains": [
            {"authenticationMethods": [{"key": "okta_password", "method": "password"}]}]},
         {"password"}),
        ({"type": "AUTH_METHOD_CHAIN", "chains": [
            {"authenticationMethods": [{"key": "okta_password", "method": "password"}],
             "next": [{"authenticationMethods": [{"key": "okta_verify", "method": "push"}]}]}]},
         set()),
        ({"type": "SOMETHING_NEW"}, None),
        (None, None),
    ],
)  # fmt: skip
def test_what_a_rule_is_content_with(method, means):
    assert what_alone_satisfies(method) == means


def test_a_figure_is_as_old_as_its_oldest_reading(org):
    org.person("ada")
    org.execute("UPDATE subject_read SET read_at = ?", LONG_AGO)

    facts = org.facts()

    assert iso_text(facts["mfa_coverage"].as_of) == LONG_AGO
    assert facts["users"].as_of == NOW


def test_a_record_that_could_not_be_read_leaves_nothing_of_its_dataset_verified(org):
    org.person("ada", "push/OKTA")
    org.execute("UPDATE dataset SET unreadable = 1 WHERE name = 'users'")

    facts = org.facts()

    assert {facts[key].confidence for key in facts if "users" in facts[key].evidence.datasets
            and key != "tool"}.isdisjoint({VERIFIED})  # fmt: skip


def test_a_service_app_that_reads_is_known_to_be_the_reader():
    org = service_org(users=20, apps=6)

    org.sync(sync_logs=False)

    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT reader_id FROM setting") == [(org.config.client_id,)]


@pytest.mark.parametrize("action", ["two words", "é", "x" * 500, "(not shown)", "a\u202eb"])
def test_a_value_that_is_no_word_is_made_one(action):
    org = virtual_org(users=12)
    org.sandbox.faults.play(tricks.body({"action": action}), "/api/v1/threats/configuration")

    org.sync(sync_users=False, sync_logs=False)

    value = org.facts()["threat_insight"].value
    assert value.split() == [value]
    assert 0 < len(value) < 100
