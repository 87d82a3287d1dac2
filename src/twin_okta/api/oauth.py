"""OAuth 2.0 for a service app: `private_key_jwt`, with DPoP (RFC 9449) where the app demands it.

Sources: Okta's guides "Implement OAuth for Okta with a service app" and "Configure OAuth 2.0
Demonstrating Proof-of-Possession", RFC 7523 (assertions) and RFC 9449 (proofs).
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from attrs import define, field, frozen

from twin_okta.api import retry
from twin_okta.api.clock import NOTABLE_SKEW_S, OktaClock
from twin_okta.api.errors import NOT_AVAILABLE, BadCredential, NotOkta
from twin_okta.api.json_path import at
from twin_okta.api.json_text import loads
from twin_okta.api.keys import SigningKey, unique_id
from twin_okta.api.spoken import KnownSecrets

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105  a path
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_S = 300
RENEW_BEFORE_END_S = 300
USUAL_LIFE_S = 3600
LONGEST_LIFE_S = 86_400  # Okta's most
MOST_REPEATS = 3
"""Token requests in a row that may end in a demand for another proof or clock."""
RENEW_AGAIN_AFTER_S = 60
"""A token refused so soon after another one was is not what is wrong."""

_A_TOKEN = re.compile(r"[!-~]+")


@frozen(repr=False)
class AccessToken:
    """What the org's authorization server gave; `type` is Bearer or DPoP."""

    value: str
    type: str
    renew_at_s: float

    @property
    def header(self) -> str:
        """The Authorization header that shows it."""
        return f"{self.type} {self.value}"


@define(repr=False)
class ServiceApp(httpx.Auth):
    """Authenticates every request with a cached access token, renewed before it ends and once
    when Okta no longer accepts it.

    It signs by Okta's `clock`, and `secrets` knows its key and tokens. `scopes` shrinks to what was
    granted; `missing_scopes` has the rest.
    """

    base_url: str
    client_id: str
    key: SigningKey
    scopes: list[str]
    clock: OktaClock
    secrets: KnownSecrets = field(factory=KnownSecrets)
    dpop: bool = False
    missing_scopes: list[str] = field(factory=list[str])
    nonce: str = ""
    _proof_key: SigningKey = field(factory=SigningKey.generate)
    _token: AccessToken | None = None
    _renewing: asyncio.Lock = field(factory=asyncio.Lock)
    _refused_at_s: float = 0.0

    def __attrs_post_init__(self) -> None:
        for text in self.key.private_texts():
            self.secrets.learn(text)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Get a token if there is none that serves, send the request, and if Okta refuses the
        token or wants another nonce in the proof, do both once more."""
        refused = ""
        for _ in range(2):
            async with self._renewing:
                if not self._serves(refused):
                    grant = Grant(self)
                    while grant.token is None:
                        response = yield grant.request()
                        await response.aread()
                        grant.learn(response)
                    self._token = grant.token
            self._authorize(request)
            response = yield request
            if not await self._may_try_again(response):
                return
            refused = request.headers["Authorization"]

    def proof(self, method: str, url: httpx.URL, access_token: str = "") -> str:
        """A DPoP proof for one request, never used twice (RFC 9449, section 4.2)."""
        address = url.copy_with(query=None, fragment=None)
        claims: dict[str, Any] = {
            "htm": method,
            "htu": str(address),
            "iat": int(self.clock.now_s()),
            "jti": unique_id(),
        }
        if access_token:
            digest = hashlib.sha256(access_token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.nonce:
            claims["nonce"] = self.nonce
        header = {"typ": "dpop+jwt", "jwk": self._proof_key.public()}
        return self._proof_key.sign(header, claims)

    def _serves(self, refused: str) -> bool:
        token = self._token
        if token is None or token.header == refused:
            return False
        return token.renew_at_s > self.clock.now_s()

    def _authorize(self, request: httpx.Request) -> None:
        token = self._token
        assert token is not None  # noqa: S101  the flow has just seen to it
        request.headers["Authorization"] = token.header
        if token.type == "DPoP":
            request.headers["DPoP"] = self.proof(request.method, request.url, token.value)

    async def _may_try_again(self, response: httpx.Response) -> bool:
        self.nonce = response.headers.get("dpop-nonce", self.nonce)
        if response.status_code not in (400, 401):
            return False
        await response.aread()
        body = _json(response)
        challenge = response.headers.get("www-authenticate", "")
        if "use_dpop_nonce" in challenge or at(body, "error") == "use_dpop_nonce":
            return True
        if response.status_code != 401 or at(body, "errorCode") in NOT_AVAILABLE:
            return False
        return self._may_renew()

    def _may_renew(self) -> bool:
        """A token that Okta drops is renewed; one endpoint that takes none does not renew them
        all the time."""
        token, now_s = self._token, self.clock.now_s()
        if token is None or now_s - self._refused_at_s < RENEW_AGAIN_AFTER_S:
            return False
        self._refused_at_s = now_s
        return True


class Grant:
    """One negotiation with the token endpoint, from the first request to the token.

    It asks for all scopes; when some are not granted it asks for each alone, and then for those
    that are. It turns DPoP on when the app demands it, and follows Okta's nonce and clock.
    """

    def __init__(self, app: ServiceApp) -> None:
        self.token: AccessToken | None = None
        self._app = app
        self._asked = list(app.scopes)
        self._to_probe: list[str] = []
        self._granted: list[str] = []
        self._repeats = 0
        self._skew_s = 0.0

    def request(self) -> httpx.Request:
        """The next token request, with an assertion and a proof of its own."""
        app = self._app
        self._skew_s = app.clock.skew_s
        url = httpx.URL(app.base_url).join(TOKEN_PATH)
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(self._asked),
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(str(url)),
        }
        headers = {"Accept": "application/json"}
        if app.dpop:
            headers["DPoP"] = app.proof("POST", url)
        return httpx.Request("POST", url, data=form, headers=headers)

    def learn(self, response: httpx.Response) -> None:
        """Take the token, or decide what to ask next; raises when nothing will help."""
        self._app.nonce = response.headers.get("dpop-nonce", self._app.nonce)
        if response.status_code == 200:
            self._accept(response)
            return
        body = _json(response)
        error = str(at(body, "error") or at(body, "errorCode") or "")
        wants_proof = error == "use_dpop_nonce" or (
            error == "invalid_dpop_proof" and not self._app.dpop
        )
        other_clock = error in ("invalid_client", "invalid_dpop_proof") and (
            abs(self._app.clock.skew_s - self._skew_s) > NOTABLE_SKEW_S
        )
        if error == "invalid_scope":
            self._narrow()
        elif (wants_proof or other_clock) and self._repeats < MOST_REPEATS:
            self._repeats += 1
            self._app.dpop |= wants_proof
        else:
            said = str(at(body, "error_description") or "")
            raise _failure(response.status_code, *map(self._app.secrets.fit, (error, said)))

    def _assertion(self, audience: str) -> str:
        app, now_s = self._app, int(self._app.clock.now_s())
        header = {"kid": app.key.key_id} if app.key.key_id else {}
        claims = {
            "iss": app.client_id,
            "sub": app.client_id,
            "aud": audience,
            "iat": now_s,
            "exp": now_s + ASSERTION_LIFE_S,
            "jti": unique_id(),
        }
        return app.key.sign(header, claims)

    def _accept(self, response: httpx.Response) -> None:
        body = _json(response)
        value, kind = at(body, "access_token"), at(body, "token_type")
        if not isinstance(value, str) or not _A_TOKEN.fullmatch(value):
            raise NotOkta("The token endpoint gave no access token: check the domain.")
        self._app.secrets.learn(value, sent=True)
        if self._to_probe:
            self._granted.append(self._to_probe.pop(0))
            self._ask_next()
            return
        life_s = at(body, "expires_in")
        if type(life_s) is not int or not 0 < life_s <= LONGEST_LIFE_S:
            life_s = USUAL_LIFE_S
        renew_at_s = self._app.clock.now_s() + life_s - min(RENEW_BEFORE_END_S, life_s / 2)
        self.token = AccessToken(value, "DPoP" if kind == "DPoP" else "Bearer", renew_at_s)

    def _narrow(self) -> None:
        """Okta refuses the whole request for one scope that is not granted."""
        if self._to_probe:
            self._app.missing_scopes.append(self._to_probe.pop(0))
        elif len(self._asked) > 1 and not self._granted:
            self._to_probe = list(self._asked)
        else:
            self._app.missing_scopes += self._asked
            raise BadCredential(_nothing_granted(self._app.missing_scopes))
        self._ask_next()

    def _ask_next(self) -> None:
        if self._to_probe:
            self._asked = self._to_probe[:1]
        elif self._granted:
            self._asked = self._app.scopes = list(self._granted)
        else:
            raise BadCredential(_nothing_granted(self._app.missing_scopes))


def _failure(status: int, error: str, said: str) -> Exception:
    if status == 429:
        return retry.from_throttling(TOKEN_PATH, too_many_at_once=False, paced=False)
    if status >= 500:
        return retry.from_server_error(status, TOKEN_PATH)
    if not error:
        return NotOkta(
            f"The host answered {TOKEN_PATH} with status {status} and no OAuth "
            "error: check the domain, it may not be an Okta org."
        )
    return BadCredential(
        f"Okta does not accept the app's credential ({error}): {said} {_hint(error)}"
    )


def _hint(error: str) -> str:
    hints = {
        "invalid_client": "Check the client id, and that this private key's public half is "
        "registered with the app under the same key id.",
        "invalid_dpop_proof": "Check this machine's clock.",
    }
    return hints.get(error, "Check the app's settings in the Admin Console.")


def _nothing_granted(missing: list[str]) -> str:
    return (
        f"The app is granted none of the scopes {', '.join(missing)}: "
        "grant them on its tab Okta API Scopes."
    )


def _json(response: httpx.Response) -> Any:
    try:
        return loads(response.content)
    except (ValueError, RecursionError):
        return None
