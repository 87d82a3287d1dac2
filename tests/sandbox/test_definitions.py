"""Figures by the product's definitions are what anybody finds who reads the API and counts."""

from collections.abc import Callable
from typing import Any

import pytest

from okta_sandbox.definitions import figures
from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, Caller, a_caller
from tests.sandbox.changing import do_everything

SIGN_IN = {"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY"}
RESISTANT = {"webauthn", "u2f", "signed_nonce", "smart_card_idp"}
STRONG = RESISTANT | {"push", "token:software:totp", "token:hotp", "token:hardware", "token"}
OWN = {"saasure", "okta_enduser", "okta_browser_plugin", "okta_flow_sso"}
SSO = {
    "SAML_2_0", "SAML_1_1", "OPENID_CONNECT", "WS_FEDERATION",
    "AUTO_LOGIN", "BROWSER_PLUGIN", "SECURE_PASSWORD_STORE", "BASIC_AUTH",
}  # fmt: skip
ORGS: list[dict[str, Any]] = [
    {"seed": 7, "users": 300, "variety": True},
    {"seed": 8, "users": 60, "variety": True, "edition": "classic"},
    {"seed": 9, "users": 60, "variety": True},
    {"seed": 7, "users": 120},
    {"seed": 11, "users": 200, "groups": 22, "apps": 30, "changed": True},
]


def usable_types(caller: Caller) -> Callable[[dict[str, Any]], bool]:
    """Whether sign-in may use a factor, by the authenticators that are listed."""
    listed = caller.get("/api/v1/authenticators").json()
    off = {
        authenticator["key"]
        for authenticator in listed
        if authenticator["status"] != "ACTIVE"
        or authenticator.get("settings", {}).get("allowedFor", "any") not in {"any", "sso"}
    }
    keys = {"sms": "phone_number", "call": "phone_number", "email": "okta_email"}
    keys |= {"question": "security_question", "web": "duo"}
    return lambda factor: keys.get(factor["factorType"]) not in off


def people_figures(caller: Caller) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}

    def add(id_: str, **so: bool) -> None:
        for key, is_so in so.items():
            if is_so:
                found.setdefault(key, set()).add(id_)

    may_be_used = usable_types(caller)
    tokens = caller.get("/api/v1/api-tokens").json()
    long_ago = iso(NOW_S - 90 * 86_400)
    fresh_tokens = {t["userId"] for t in tokens if t["lastUpdated"] > long_ago}
    for user in caller.all("/api/v1/users"):
        if user["status"] not in SIGN_IN:
            continue
        id_ = user["id"]
        seen = max(filter(None, (user["lastLogin"], user["activated"])), default=user["created"])
        person = user["profile"]["userType"] != "Service"
        if seen <= long_ago:
            add(id_, stale_service_accounts=not person, stale_accounts_without_tokens=person)
            add(id_, stale_accounts=person and id_ not in fresh_tokens)
        if user["credentials"]["provider"]["type"] in {"FEDERATION", "SOCIAL"}:
            add(id_, users_signing_in_elsewhere=True)
            continue
        factors = caller.get(f"/api/v1/users/{id_}/factors").json()
        types = {f["factorType"] for f in factors if f["status"] == "ACTIVE" and may_be_used(f)}
        enrollments = caller.get(f"/api/v1/users/{id_}/authenticator-enrollments").json()
        cards = [e for e in enrollments if isinstance(e, dict) and e["key"] == "smart_card_idp"]
        counted = types - {"question", "email"} | {"smart_card_idp" for _ in cards}
        add(
            id_,
            mfa_coverage_population=True,
            mfa_coverage=bool(counted),
            users_without_mfa=not counted,
            email_only_users=not counted and "email" in types,
            mfa_coverage_strong=bool(counted & STRONG),
            mfa_coverage_phishing_resistant=bool(counted & RESISTANT),
            weak_factors_only=bool(counted) and counted <= {"sms", "call"},
            duo_only_users=counted == {"web"},
            smart_card_only_users=counted == {"smart_card_idp"},
        )
    return found


def app_figures(caller: Caller) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"apps": set()}
    for app in caller.all("/api/v1/apps", limit=200):
        if app["status"] != "ACTIVE":
            continue
        client = app["settings"].get("oauthClient", {})
        if app["name"] in OWN:
            kind = "apps_oktas_own"
        elif client.get("application_type") == "service":
            kind = "apps_machine"
        elif app["name"] == "active_directory" or app["name"].startswith("ldap_"):
            kind = "apps_directory"
        elif app["signOnMode"] == "BOOKMARK":
            kind = "apps_bookmark"
        else:
            kind = "sso_apps" if app["signOnMode"] in SSO else "apps_other"
        found["apps"].add(app["id"])
        found.setdefault(kind, set()).add(app["id"])
    return found


def role_figures(caller: Caller) -> dict[str, set[str]]:
    tiers = {"SUPER_ADMIN": 0, "ORG_ADMIN": 0, "READ_ONLY_ADMIN": 2, "REPORT_ADMIN": 2}
    strong = {
        "okta.identityProviders.manage": 0,
        "okta.users.manage": 1,
        "okta.users.credentials.resetPassword": 1,
    }
    custom: dict[str, int] = {}
    for role in caller.get("/api/v1/iam/roles").json()["roles"]:
        body = caller.get(f"/api/v1/iam/roles/{role['id']}/permissions").json()
        labels = [permission["label"] for permission in body["permissions"]]
        custom[role["label"]] = min(strong.get(label, 2) for label in labels)
    found: dict[str, set[str]] = {}
    for user in caller.all("/api/v1/users", search='created gt "1970-01-01T00:00:00.000Z"'):
        roles = caller.get(f"/api/v1/users/{user['id']}/roles").json()
        if roles:
            tier = min(
                custom[role["label"]] if role["type"] == "CUSTOM" else tiers.get(role["type"], 1)
                for role in roles
            )
            found.setdefault(f"admins_tier_{tier}", set()).add(user["id"])
    return found


@pytest.fixture(scope="module", params=ORGS, ids=str)
def caller(request: pytest.FixtureRequest) -> Caller:
    described = {"apps": 20, **request.param}
    changed = described.pop("changed", False)
    caller = a_caller(**described)
    if changed:
        do_everything(caller.sandbox.org, caller.sandbox.org.act(at_s=NOW_S))
    return caller


@pytest.mark.parametrize("counted", [people_figures, app_figures, role_figures])
def test_figures_are_what_anybody_counts(
    caller: Caller, counted: Callable[[Caller], dict[str, set[str]]]
) -> None:
    found = counted(caller)
    true = figures(caller.sandbox.org, now_s=NOW_S)
    assert {key: true[key] for key in found} == found


@pytest.mark.parametrize("edition", ["identity-engine", "classic"])
@pytest.mark.parametrize("users", [60, 2000])
def test_variety_has_something_of_everything_a_definition_speaks_of(
    edition: str, users: int
) -> None:
    org = a_caller(users=users, variety=True, edition=edition).sandbox.org
    true = figures(org, now_s=NOW_S)
    everybody = (
        "users_signing_in_elsewhere", "email_only_users", "duo_only_users", "users_without_mfa",
        "weak_factors_only", "stale_accounts", "stale_service_accounts", "admins_tier_0",
        "admins_tier_1", "admins_tier_2", "sso_apps", "apps_bookmark", "apps_machine",
        "apps_directory", "apps_other", "apps_oktas_own",
    )  # fmt: skip
    assert not [key for key in everybody if not true[key]]
    assert bool(true["smart_card_only_users"]) == (edition == "identity-engine")
    assert true["stale_accounts"] < true["stale_accounts_without_tokens"]
    encode = org.people.ids.encode
    admins = {encode(user) for user in org.admins.privileged()}
    assert len(admins & true["users_signing_in_elsewhere"]) >= 2


def test_the_kinds_of_applications_add_up_to_all(caller: Caller) -> None:
    true = figures(caller.sandbox.org)
    kinds = [key for key in true if key.startswith("apps_") or key == "sso_apps"]
    assert sum(len(true[key]) for key in kinds) == len(true["apps"])


def test_a_directory_has_no_sign_on_mode_and_everybody_in_it() -> None:
    caller = a_caller(variety=True, apps=14)
    apps = caller.all("/api/v1/apps", limit=200)
    directory = next(app for app in apps if app["name"] == "active_directory")
    assert directory["signOnMode"] is None
    everybody = caller.all("/api/v1/users")
    assert len(caller.all(f"/api/v1/apps/{directory['id']}/users", limit=500)) == len(everybody)


@pytest.mark.parametrize(
    ("key", "change", "figure", "left"),
    [
        ("okta_email", {"allowed_for": "recovery"}, "email_only_users", 0),
        ("okta_email", {"allowed_for": "sso"}, "email_only_users", 1),
        ("phone_number", {"status": "INACTIVE"}, "weak_factors_only", 0),
        ("phone_number", {"allowed_for": "none"}, "weak_factors_only", 0),
        ("duo", {"status": "INACTIVE"}, "duo_only_users", 0),
    ],
)
def test_what_sign_in_may_not_use_does_not_count(
    key: str, change: dict[str, str], figure: str, left: int
) -> None:
    caller = a_caller(variety=True, users=60)
    org = caller.sandbox.org
    before = figures(org, now_s=NOW_S)
    org.act(at_s=NOW_S).set_authenticator(key, **change)
    after = figures(org, now_s=NOW_S)
    assert before[figure]
    assert after[figure] == (before[figure] if left else frozenset())
    found = people_figures(caller)
    assert {key: after[key] for key in found} == found
    logged = caller.get("/api/v1/logs", since=iso(NOW_S), filter='eventType co "authenticator"')
    verb = "deactivate" if "status" in change else "update"
    assert [e["eventType"] for e in logged.json()] == [f"security.authenticator.lifecycle.{verb}"]


def test_a_plain_org_is_as_it_was_without_variety() -> None:
    plain, varied = (a_caller(users=200, variety=variety) for variety in (False, True))
    first, second = (
        {user["id"]: user for user in caller.all("/api/v1/users")} for caller in (plain, varied)
    )
    assert first.keys() == second.keys()
    assert 20 < sum(first[id_] != second[id_] for id_ in first) < 80
