"""OAuth service apps: assertions, scopes, and proofs of possession."""

import secrets
from typing import Any

import httpx
import pytest
from joserfc import jwk, jwt

from okta_sandbox.api.credentials import Client
from okta_sandbox.api.dpop import hash_of
from tests.sandbox.calling import NOW_S, Caller, a_caller

TOKEN_PATH = "/oauth2/v1/token"
GRANTED = ("okta.users.read", "okta.apps.read", "okta.roles.read")
_KEY = jwk.ECKey.generate_key("P-256", {"kid": "key-1"})
_OTHER_KEY = jwk.ECKey.generate_key("P-256", {"kid": "key-1"})
_PROOF_KEY = jwk.ECKey.generate_key("P-256")
_DAY_S = 86_400


class ServiceApp:
    """A service app of a new org, as it would call."""

    def __init__(self, *, dpop_bound: bool = False, role: str = "READ_ONLY_ADMIN") -> None:
        self.caller: Caller = a_caller()
        self.caller.headers = {}
        self.client: Client = self.caller.sandbox.credentials.add_client(
            _KEY.as_dict(private=False), scopes=GRANTED, role=role, dpop_bound=dpop_bound
        )

    def assertion(self, key: jwk.ECKey = _KEY, kid: str = "key-1", **claims: Any) -> str:
        now_s = int(self.caller.clock.now_s)
        usual = {
            "iss": self.client.id,
            "sub": self.client.id,
            "aud": self.caller.url(TOKEN_PATH),
            "iat": now_s,
            "exp": now_s + 300,
            "jti": secrets.token_hex(8),
        }
        wanted = {k: v for k, v in {**usual, **claims}.items() if v is not None}
        return jwt.encode({"alg": "ES256", "kid": kid}, wanted, key)

    def proof(
        self, path: str, *, method: str = "GET", header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        usual = {
            "htm": method,
            "htu": self.caller.url(path),
            "iat": int(self.caller.clock.now_s),
            "jti": secrets.token_hex(8),
        }
        head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": _PROOF_KEY.as_dict(private=False)}
        wanted = {k: v for k, v in {**usual, **claims}.items() if v is not None}
        return jwt.encode({**head, **(header or {})}, wanted, _PROOF_KEY)

    def ask(
        self, assertion: str = "", scope: str = "okta.users.read", **extra: str
    ) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
        }
        return self.caller.post(TOKEN_PATH, form, **extra)

    def nonce(self) -> str:
        proof = self.proof(TOKEN_PATH, method="POST")
        return self.ask(dpop=proof).headers["dpop-nonce"]

    def token(self, scope: str = "okta.users.read") -> str:
        if not self.client.dpop_bound:
            return self.ask(scope=scope).json()["access_token"]
        proof = self.proof(TOKEN_PATH, method="POST", nonce=self.nonce())
        return self.ask(scope=scope, dpop=proof).json()["access_token"]

    def get(self, path: str, authorization: str, **headers: str) -> httpx.Response:
        request = httpx.Request("GET", self.caller.url(path))
        request.headers.update({"authorization": authorization, **headers})
        return self.caller.send(request)


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


# --- assertions -------------------------------------------------------------------------------


def test_a_good_assertion_brings_a_bearer_token_for_an_hour() -> None:
    app = ServiceApp()
    response = app.ask()
    assert response.status_code == 200
    body = response.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert app.get("/api/v1/users?limit=1", f"Bearer {body['access_token']}").status_code == 200
    app.caller.clock.now_s += 3601
    late = app.get("/api/v1/users?limit=1", f"Bearer {body['access_token']}")
    assert (late.status_code, late.json()["errorCode"]) == (401, "E0000011")


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"aud": "https://sandbox.example.com/oauth2/default/v1/token"}, "audience"),
        ({"sub": "somebody"}, "equal"),
        ({"iss": "0oaSomebody", "sub": "0oaSomebody"}, "client_id"),
        ({"exp": None}, "'exp'"),
        ({"exp": NOW_S - 1}, "expired"),
        ({"exp": NOW_S + 3700}, "too far"),
        ({"iat": NOW_S + 60}, "future"),
    ],
)
def test_a_wrong_claim_is_invalid_client_and_the_description_says_which(
    claims: dict[str, Any], word: str
) -> None:
    app = ServiceApp()
    response = app.ask(app.assertion(**claims))
    assert error_of(response) == (401, "invalid_client")
    assert word in response.json()["error_description"]


def test_an_assertion_by_another_key_or_kid_is_invalid_client() -> None:
    app = ServiceApp()
    assert error_of(app.ask(app.assertion(_OTHER_KEY))) == (401, "invalid_client")
    assert error_of(app.ask(app.assertion(kid="key-2"))) == (401, "invalid_client")
    assert error_of(app.ask("no.jwt.atall")) == (401, "invalid_client")


def test_an_assertion_with_a_jti_works_once_and_without_one_again() -> None:
    app = ServiceApp()
    once, again = app.assertion(), app.assertion(jti=None)
    assert app.ask(once).status_code == 200
    used = app.ask(once)
    assert error_of(used) == (401, "invalid_client")
    assert "already been used" in used.json()["error_description"]
    assert [app.ask(again).status_code for _ in range(2)] == [200, 200]


def test_another_grant_type_is_not_supported() -> None:
    form = {"grant_type": "password"}
    assert error_of(ServiceApp().caller.post(TOKEN_PATH, form)) == (400, "unsupported_grant_type")


# --- scopes and roles -------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["okta.logs.read", "okta.users.read okta.logs.read", "what", ""])
def test_one_scope_that_is_not_granted_fails_the_whole_request(scope: str) -> None:
    assert error_of(ServiceApp().ask(scope=scope)) == (400, "invalid_scope")


def test_a_missing_scope_and_a_missing_role_are_told_apart() -> None:
    app = ServiceApp()
    bearer = f"Bearer {app.token('okta.users.read okta.roles.read')}"
    no_scope = app.get("/api/v1/apps", bearer)
    assert (no_scope.status_code, no_scope.json()["errorCode"]) == (403, "E0000006")
    assert 'error="insufficient_scope"' in no_scope.headers["www-authenticate"]
    assert 'scope="okta.apps.read"' in no_scope.headers["www-authenticate"]
    no_role = app.get("/api/v1/iam/roles", bearer)
    assert (no_role.status_code, no_role.json()["errorCode"]) == (403, "E0000006")
    assert "www-authenticate" not in no_role.headers


def test_a_service_app_without_an_admin_role_reads_nothing() -> None:
    app = ServiceApp(role="")
    assert app.get("/api/v1/users", f"Bearer {app.token()}").status_code == 403


def test_a_revoked_access_token_is_401() -> None:
    app = ServiceApp()
    token = app.token()
    app.caller.sandbox.credentials.revoke(token)
    assert app.get("/api/v1/users", f"Bearer {token}").status_code == 401


# --- proofs for the token ---------------------------------------------------------------------


def test_an_app_that_is_bound_must_send_a_proof() -> None:
    response = ServiceApp(dpop_bound=True).ask()
    assert error_of(response) == (400, "invalid_dpop_proof")
    assert response.json()["error_description"] == "The DPoP proof JWT header is missing."


def test_the_first_proof_is_answered_by_a_nonce_and_the_next_by_a_bound_token() -> None:
    app = ServiceApp(dpop_bound=True)
    first = app.ask(dpop=app.proof(TOKEN_PATH, method="POST"))
    assert error_of(first) == (400, "use_dpop_nonce")
    nonce = first.headers["dpop-nonce"]
    second = app.ask(dpop=app.proof(TOKEN_PATH, method="POST", nonce=nonce))
    assert (second.status_code, second.json()["token_type"]) == (200, "DPoP")
    assert second.headers["dpop-nonce"] == nonce


def test_a_nonce_is_renewed_daily_and_works_for_three_days_more() -> None:
    app = ServiceApp(dpop_bound=True)
    nonce = app.nonce()
    app.caller.clock.now_s += 3 * _DAY_S
    proof = app.proof(TOKEN_PATH, method="POST", nonce=nonce)
    response = app.ask(dpop=proof)
    assert response.status_code == 200
    assert response.headers["dpop-nonce"] != nonce
    app.caller.clock.now_s += _DAY_S
    late = app.ask(dpop=app.proof(TOKEN_PATH, method="POST", nonce=nonce))
    assert error_of(late) == (400, "use_dpop_nonce")


def test_an_assertion_spent_on_the_challenge_is_spent() -> None:
    app = ServiceApp(dpop_bound=True)
    assertion = app.assertion()
    first = app.ask(assertion, dpop=app.proof(TOKEN_PATH, method="POST"))
    proof = app.proof(TOKEN_PATH, method="POST", nonce=first.headers["dpop-nonce"])
    assert error_of(app.ask(assertion, dpop=proof)) == (401, "invalid_client")


# --- proofs for the API -----------------------------------------------------------------------

USERS = "/api/v1/users"


@pytest.fixture(scope="module")
def bound() -> tuple[ServiceApp, str]:
    app = ServiceApp(dpop_bound=True)
    return app, app.token()


def test_a_fresh_proof_for_the_token_is_accepted_whatever_the_query(
    bound: tuple[ServiceApp, str],
) -> None:
    app, token = bound
    proof = app.proof(USERS, ath=hash_of(token))
    assert app.get(f"{USERS}?limit=1", f"DPoP {token}", dpop=proof).status_code == 200


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"htm": "POST"}, {}),
        ({"htu": "https://sandbox.example.com/api/v1/users?limit=1"}, {}),
        ({"htu": "https://other.example.com/api/v1/users"}, {}),
        ({"iat": NOW_S + 1}, {}),
        ({"iat": NOW_S - 301}, {}),
        ({"iat": None}, {}),
        ({"jti": None}, {}),
        ({"ath": "x"}, {}),
        ({"ath": None}, {}),
        ({}, {"typ": "JWT"}),
        ({}, {"jwk": _PROOF_KEY.as_dict(private=True)}),
        ({}, {"jwk": _OTHER_KEY.as_dict(private=False)}),
    ],
)
def test_a_wrong_proof_is_refused(
    bound: tuple[ServiceApp, str], claims: dict[str, Any], header: dict[str, Any]
) -> None:
    app, token = bound
    proof = app.proof(USERS, header=header, **{"ath": hash_of(token), **claims})
    response = app.get(f"{USERS}?limit=1", f"DPoP {token}", dpop=proof)
    assert error_of(response) == (400, "invalid_dpop_proof")


def test_a_proof_works_once(bound: tuple[ServiceApp, str]) -> None:
    app, token = bound
    proof = app.proof(USERS, ath=hash_of(token))
    assert app.get(USERS, f"DPoP {token}", dpop=proof).status_code == 200
    again = app.get(USERS, f"DPoP {token}", dpop=proof)
    assert error_of(again) == (400, "invalid_dpop_proof")
    assert "already been used" in again.json()["error_description"]


def test_a_proof_by_another_key_than_the_tokens_is_refused(bound: tuple[ServiceApp, str]) -> None:
    app, token = bound
    claims = {
        "htm": "GET",
        "htu": app.caller.url(USERS),
        "iat": int(NOW_S),
        "jti": secrets.token_hex(8),
        "ath": hash_of(token),
    }
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": _OTHER_KEY.as_dict(private=False)}
    proof = jwt.encode(header, claims, _OTHER_KEY)
    assert error_of(app.get(USERS, f"DPoP {token}", dpop=proof)) == (400, "invalid_dpop_proof")


def test_a_bound_token_is_no_bearer_token(bound: tuple[ServiceApp, str]) -> None:
    app, token = bound
    plain = app.get(USERS, f"Bearer {token}")
    assert error_of(plain) == (400, "invalid_request")
    assert "requires a DPoP proof" in plain.json()["error_description"]
    proof = app.proof(USERS, ath=hash_of(token))
    scheme = app.get(USERS, f"Bearer {token}", dpop=proof)
    assert error_of(scheme) == (400, "invalid_request")
    assert "must use the DPoP authentication scheme" in scheme.json()["error_description"]


def test_a_bearer_token_is_no_bound_token() -> None:
    app = ServiceApp()
    token = app.token()
    proof = app.proof(USERS, ath=hash_of(token))
    assert error_of(app.get(USERS, f"DPoP {token}", dpop=proof)) == (401, "invalid_token")
