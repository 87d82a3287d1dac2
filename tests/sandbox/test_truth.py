"""The truth, computed from the generator, is what anybody finds who reads the whole API."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from okta_sandbox.truth import Truth, truth
from tests.sandbox.calling import NOW_S, Caller, a_caller
from tests.sandbox.changing import do_everything

SIGN_IN = {"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY"}
RESISTANT = {"webauthn", "u2f", "signed_nonce"}
STRONG = RESISTANT | {
    "push", "token:software:totp", "token:hotp", "token:hardware", "token", "web",
}  # fmt: skip
WEAK = {"sms", "call", "email"}


class Reading:
    """An org as it can be read over the API, and figures by the definitions in words."""

    def __init__(self, caller: Caller) -> None:
        self.users = caller.all("/api/v1/users", search='created gt "1970-01-01T00:00:00.000Z"')
        self.able = [user for user in self.users if user["status"] in SIGN_IN]
        self.types: dict[str, set[str]] = {}
        for user in self.able:
            factors = caller.get(f"/api/v1/users/{user['id']}/factors").json()
            active = {f["factorType"] for f in factors if f["status"] == "ACTIVE"}
            self.types[user["id"]] = active
        self.privileged = {
            user["id"]
            for user in self.users
            if caller.get(f"/api/v1/users/{user['id']}/roles").json()
        }
        self.apps = caller.all("/api/v1/apps", limit=200)
        self.scopes = {
            app["id"]: Counter(
                user["scope"] for user in caller.all(f"/api/v1/apps/{app['id']}/users", limit=500)
            )
            for app in self.apps
        }

    def having(self, types: set[str]) -> set[str]:
        return {user for user, active in self.types.items() if active & types}

    @property
    def covered(self) -> set[str]:
        return {user for user, active in self.types.items() if active - {"question"}}

    @property
    def stale(self) -> set[str]:
        return {
            user["id"]
            for user in self.able
            if (user["lastLogin"] or user["created"]) <= _written(NOW_S - 90 * 86_400)
        }

    def sso(self, modes: set[str] | None = None) -> set[str]:
        own = {"saasure", "okta_enduser", "okta_browser_plugin", "okta_flow_sso"}
        return {
            app["id"]
            for app in self.apps
            if app["status"] == "ACTIVE"
            and app["name"] not in own
            and (modes is None or app["signOnMode"] in modes)
        }

    def machines(self) -> set[str]:
        clients = {app["id"]: app["settings"].get("oauthClient", {}) for app in self.apps}
        return {id_ for id_ in self.sso() if clients[id_].get("application_type") == "service"}


def _written(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


ORGS: list[dict[str, Any]] = [
    {"seed": 7, "edition": "identity-engine"},
    {"seed": 8, "edition": "classic"},
    {"seed": 9, "edition": "identity-engine"},
]


@pytest.fixture(scope="module", params=ORGS, ids=lambda org: f"{org['edition']}-{org['seed']}")
def read(request: pytest.FixtureRequest) -> tuple[Reading, Truth]:
    caller = a_caller(users=250, apps=25, groups=22, **request.param)
    act = caller.sandbox.org.act(at_s=NOW_S)
    do_everything(caller.sandbox.org, act)
    return Reading(caller), truth(caller.sandbox.org, now_s=NOW_S)


def test_users_and_statuses(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.users == len(reading.users)
    assert true.users_by_status == Counter(user["status"] for user in reading.users)
    assert true.can_sign_in == {user["id"] for user in reading.able}


def test_coverage_and_strength(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.covered == reading.covered
    assert true.without_mfa == true.can_sign_in - reading.covered
    assert true.strong == reading.having(STRONG)
    assert true.phishing_resistant == reading.having(RESISTANT)
    assert true.weak_only == {
        user for user in reading.covered if reading.types[user] - {"question"} <= WEAK
    }
    assert true.coverage == len(reading.covered) / len(reading.able)


def test_users_of_each_factor_type(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.factor_users == Counter(t for types in reading.types.values() for t in types)


def test_stale_accounts(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.stale == reading.stale
    assert 0 < len(true.stale) < 60


def test_privilege(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.privileged == reading.privileged
    able = {user["id"] for user in reading.able}
    weak = (reading.privileged & able) - reading.having(STRONG)
    assert true.privileged_without_strong == weak
    assert len(weak) >= 2
    assert true.privileged_direct < true.privileged


def test_applications_and_assignments(read: tuple[Reading, Truth]) -> None:
    reading, true = read
    assert true.sso_apps == reading.sso()
    machines = reading.machines()
    assert true.machines == machines
    assert true.sso_apps_federated == (
        reading.sso({"SAML_2_0", "SAML_1_1", "OPENID_CONNECT", "WS_FEDERATION"}) - machines
    )
    assert true.sso_apps_password == reading.sso(
        {"AUTO_LOGIN", "BROWSER_PLUGIN", "SECURE_PASSWORD_STORE", "BASIC_AUTH"}
    )
    assert {app: (a.direct, a.group) for app, a in true.assignments.items()} == {
        app: (scopes["USER"], scopes["GROUP"]) for app, scopes in reading.scopes.items()
    }
    assert any(a.direct for a in true.assignments.values())


def test_figures_are_interesting(read: tuple[Reading, Truth]) -> None:
    _, true = read
    assert 0.75 < true.coverage < 0.97
    assert true.phishing_resistant < true.strong < true.covered
    assert true.weak_only
    assert true.without_mfa
