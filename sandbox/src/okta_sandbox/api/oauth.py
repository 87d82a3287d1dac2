"""The org's token endpoint: client credentials with `private_key_jwt`, bound by DPoP or not."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs

import orjson
from joserfc import jwk, jws
from joserfc.errors import JoseError

from okta_sandbox.api.answers import Answer, OAuthError
from okta_sandbox.api.calls import Call
from okta_sandbox.api.credentials import TOKEN_LIFETIME_S, AccessToken, Client
from okta_sandbox.api.dpop import (
    ALGORITHMS,
    claims_of,
    current_nonce,
    is_known_nonce,
    nonce_claim,
    thumbprint_of,
)
from okta_sandbox.org.chance import Chance

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_AGE_S = 3600
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def issue_token(call: Call) -> Answer:
    """POST /oauth2/v1/token. Raises OAuthError in OAuth's own shape."""
    form = {
        name: values[-1] for name, values in parse_qs(call.request.body.decode("latin-1")).items()
    }
    if form.get("grant_type") != "client_credentials":
        raise OAuthError(
            400, "unsupported_grant_type", "The authorization grant type is not supported."
        )
    client = _authenticated(call, form)
    jkt = _bound_key(call, client)
    scopes = _granted(client, form.get("scope", ""))
    token = _token(call, client, scopes, jkt)
    call.credentials.access_tokens[token] = AccessToken(
        principal=call.credentials.principal_of(client, scopes),
        expires_s=call.now_s + TOKEN_LIFETIME_S,
        jkt=jkt,
    )
    body = {
        "token_type": "DPoP" if jkt else "Bearer",
        "expires_in": TOKEN_LIFETIME_S,
        "access_token": token,
        "scope": " ".join(sorted(scopes)),
    }
    return Answer.json(body, headers=_nonce_header(call) if jkt else ())


# --- the client -------------------------------------------------------------------------------


def _authenticated(call: Call, form: dict[str, str]) -> Client:
    """The service app that the assertion proves. All faults are 401 `invalid_client`."""
    assertion = form.get("client_assertion")
    if form.get("client_assertion_type") != _ASSERTION or not assertion:
        raise _not_the_client("Client authentication failed. A client_assertion is required.")
    try:
        unchecked = jws.extract_compact(assertion.encode())
    except (JoseError, ValueError):
        raise _not_the_client("The client_assertion token is malformed.") from None
    claims = claims_of(unchecked)
    client = call.credentials.clients.get(str(claims.get("iss")))
    if client is None:
        raise _not_the_client("Invalid value for 'client_id' parameter.")
    _check_signature(client, assertion, unchecked.headers())
    _check_claims(call, claims)
    return client


def _check_signature(client: Client, assertion: str, header: dict[str, Any]) -> None:
    key = next((key for key in client.jwks if key.get("kid") == header.get("kid")), None)
    if not client.jwks:
        raise _not_the_client("The client has no JWKS configured.")
    if key is None:
        raise _not_the_client("The 'kid' in the client_assertion header is invalid.")
    try:
        jws.deserialize_compact(assertion, jwk.import_key(dict(key)), list(ALGORITHMS))
    except (JoseError, ValueError):
        raise _not_the_client("The client_assertion signature is invalid.") from None


def _check_claims(call: Call, claims: dict[str, Any]) -> None:
    now_s = call.now_s
    if claims.get("sub") != claims.get("iss"):
        raise _not_the_client("The 'iss' and 'sub' claims of the client_assertion must be equal.")
    if claims.get("aud") != call.request.url:
        raise _not_the_client(
            "The audience claim for client_assertion must be the endpoint invoked for the request."
        )
    exp, iat, jti = claims.get("exp"), claims.get("iat"), claims.get("jti")
    if not isinstance(exp, (int, float)):
        raise _not_the_client("The client_assertion token must have an 'exp' claim.")
    if exp <= now_s:
        raise _not_the_client("The client_assertion token is expired.")
    if exp > now_s + _ASSERTION_AGE_S:
        raise _not_the_client(
            "The client_assertion token has an expiration that is too far into the future."
        )
    if isinstance(iat, (int, float)) and iat > now_s:
        raise _not_the_client("The client_assertion token has an 'iat' that is in the future.")
    if jti and not call.credentials.assertions.is_new(str(jti), expires_s=exp, now_s=now_s):
        raise _not_the_client("The client_assertion token has already been used.")


def _not_the_client(description: str) -> OAuthError:
    return OAuthError(401, "invalid_client", description)


# --- the token --------------------------------------------------------------------------------


def _bound_key(call: Call, client: Client) -> str | None:
    """The thumbprint of the key the token will be bound to, None for a Bearer token."""
    if not (client.dpop_bound or "dpop" in call.request.headers):
        return None
    jkt = thumbprint_of(call.request, call.credentials.proofs, now_s=call.now_s)
    nonce = nonce_claim(call.request)
    if not is_known_nonce(nonce, seed=call.org.seed, now_s=call.now_s):
        raise OAuthError(
            400,
            "use_dpop_nonce",
            "Authorization server requires nonce in DPoP proof.",
            headers=_nonce_header(call),
        )
    return jkt


def _nonce_header(call: Call) -> tuple[tuple[str, str], ...]:
    return (("dpop-nonce", current_nonce(call.org.seed, call.now_s)),)


def _granted(client: Client, wanted: str) -> frozenset[str]:
    """The scopes asked for, all of which the app must have been granted."""
    scopes = frozenset(wanted.split())
    if not scopes or not scopes <= client.granted:
        raise OAuthError(
            400,
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
        )
    return scopes


def _token(call: Call, client: Client, scopes: frozenset[str], jkt: str | None) -> str:
    """A text that looks like Okta's access token; the service knows it by heart."""
    chance = Chance(call.org.seed, "access token", client.id, len(call.credentials.access_tokens))
    now_s = int(call.now_s)
    claims: dict[str, Any] = {
        "ver": 1,
        "jti": f"AT.{chance.text(43, _LETTERS)}",
        "iss": call.base,
        "aud": call.base,
        "sub": client.id,
        "iat": now_s,
        "exp": now_s + TOKEN_LIFETIME_S,
        "cid": client.id,
        "scp": sorted(scopes),
    }
    if jkt:
        claims["cnf"] = {"jkt": jkt}
    header = {
        "kid": chance.text(43, _LETTERS),
        "typ": "application/okta-internal-at+jwt",
        "alg": "RS256",
    }
    parts = [
        urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in (header, claims)
    ]
    return ".".join([*parts, chance.text(342, _LETTERS)])
