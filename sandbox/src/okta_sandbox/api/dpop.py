"""Proofs of possession, checked as strictly as RFC 9449 (section 4.3) and Okta say."""

from base64 import urlsafe_b64encode
from hashlib import blake2b, sha256
from typing import Any, cast

import orjson
from attrs import Factory, define
from joserfc import jwk, jws
from joserfc.errors import JoseError

from okta_sandbox.api.answers import OAuthError
from okta_sandbox.api.requests import Request
from okta_sandbox.times import DAY_S

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
Json = dict[str, Any]

_PROOF_AGE_S = 300
_NONCE_DAYS = 3
"""A nonce is renewed every day and works for three more."""
_PURGE_EVERY = 1000


@define
class Ledger:
    """Ids that were seen, so that none works twice. An id is forgotten when it has expired."""

    _seen: dict[str, float] = Factory(dict[str, float])

    def is_new(self, id_: str, *, expires_s: float, now_s: float) -> bool:
        """Note the id; whether it had not been seen."""
        if len(self._seen) % _PURGE_EVERY == _PURGE_EVERY - 1:
            self._seen = {seen: end_s for seen, end_s in self._seen.items() if end_s > now_s}
        fresh = self._seen.get(id_, now_s) <= now_s
        self._seen[id_] = expires_s
        return fresh


def current_nonce(seed: int, now_s: float) -> str:
    """The nonce that the token endpoint gives out today."""
    return _nonce(seed, int(now_s // DAY_S))


def _nonce(seed: int, day: int) -> str:
    return blake2b(f"nonce {seed} {day}".encode(), digest_size=16).hexdigest()


def is_known_nonce(nonce: object, *, seed: int, now_s: float) -> bool:
    """Whether the nonce is today's or one that still works."""
    today = int(now_s // DAY_S)
    return any(nonce == _nonce(seed, day) for day in range(today - _NONCE_DAYS, today + 1))


def thumbprint_of(request: Request, ledger: Ledger, *, now_s: float, access_token: str = "") -> str:
    """The thumbprint of the key that the request's proof shows. Raises OAuthError for a bad proof.

    With an access token the proof must be made for that token. The nonce is the caller's affair.
    """
    signed = _signed(request.headers.get("dpop"))
    claims = claims_of(signed)
    if claims.get("htm") != request.method:
        raise _invalid("The 'htm' claim in the DPoP proof JWT does not match the request method.")
    if claims.get("htu") != request.url:
        raise _invalid("The 'htu' claim in the DPoP proof JWT does not match the request URL.")
    _check_time(claims.get("iat"), now_s)
    if access_token and claims.get("ath") != hash_of(access_token):
        raise _invalid("The 'ath' claim in the DPoP proof JWT does not match the access token.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise _invalid("The 'jti' claim in the DPoP proof JWT is missing.")
    if not ledger.is_new(jti, expires_s=now_s + 2 * _PROOF_AGE_S, now_s=now_s):
        raise _invalid("The DPoP proof JWT has already been used.")
    return jwk.import_key(signed.headers()["jwk"]).thumbprint()


def nonce_claim(request: Request) -> object:
    """The nonce in the request's proof, which `thumbprint_of` has found valid."""
    return claims_of(_signed(request.headers.get("dpop"))).get("nonce")


def hash_of(access_token: str) -> str:
    """The `ath` claim of a token."""
    digest = sha256(access_token.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def claims_of(signed: jws.CompactSignature) -> dict[str, Any]:
    """The claims of a JWT whose signature was checked; none if the payload is no object."""
    try:
        claims = orjson.loads(signed.payload)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}


def _signed(proof: str | None) -> jws.CompactSignature:
    """The proof with its header and signature checked."""
    if not proof:
        raise _invalid("The DPoP proof JWT header is missing.")
    try:
        header = jws.extract_compact(proof.encode()).headers()
    except (JoseError, ValueError):
        raise _invalid("The DPoP proof JWT is malformed.") from None
    if header.get("typ") != "dpop+jwt":
        raise _invalid("The 'typ' in the DPoP proof JWT header must be 'dpop+jwt'.")
    if header.get("alg") not in ALGORITHMS:
        raise _invalid("The 'alg' in the DPoP proof JWT header is not supported.")
    key = _public_key(header.get("jwk"))
    try:
        return jws.deserialize_compact(proof, jwk.import_key(key), list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError):
        raise _invalid("The DPoP proof JWT signature is invalid.") from None


def _public_key(key: object) -> dict[str, Any]:
    if isinstance(key, dict) and "d" not in key and cast("Json", key).get("kty") != "oct":
        return cast("Json", key)
    raise _invalid("The 'jwk' in the DPoP proof JWT header must be a public key.")


def _check_time(iat: object, now_s: float) -> None:
    if not isinstance(iat, (int, float)) or isinstance(iat, bool):
        raise _invalid("The 'iat' claim in the DPoP proof JWT is missing.")
    if iat > now_s:
        raise _invalid("The DPoP proof JWT is issued in the future.")
    if iat < now_s - _PROOF_AGE_S:
        raise _invalid("The DPoP proof JWT is issued more than five minutes in the past.")


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_dpop_proof", description)
