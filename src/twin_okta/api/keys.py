"""Private keys that sign: the app's own for its assertions, and one made for DPoP proofs."""

import json
from typing import Any, cast
from uuid import uuid4

from attrs import frozen
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
}
"""What Okta accepts for each kind of key, the usual one first."""


class UnusableKey(ValueError):
    """The key cannot be used; the message says why, and never shows the key."""


@frozen(repr=False)
class SigningKey:
    """A private key with the algorithm that it signs by."""

    key: RSAKey | ECKey
    algorithm: str
    key_id: str | None

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new P-256 key: as strong as RSA 3072 and far quicker, at one proof a request."""
        return cls(ECKey.generate_key("P-256"), "ES256", None)

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """A private key from PEM or JWK text. A JWK's `alg` and `kid` are obeyed."""
        text = text.strip()
        fields = _jwk_fields(text)
        key = _import_key(fields or text)
        if not key.is_private:
            raise UnusableKey("This is a public key: give the private one that belongs to it.")
        usable = ALGORITHMS["RSA" if isinstance(key, RSAKey) else key.curve_name]
        algorithm = str(fields.get("alg") or usable[0])
        if algorithm not in usable:
            raise UnusableKey(f"Okta does not take {algorithm} from this key: use {usable[0]}.")
        return cls(key, algorithm, fields.get("kid"))

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A compact JWT."""
        header = {"alg": self.algorithm, **header}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def private_texts(self) -> list[str]:
        """What must be seen nowhere: the private key as PEM, and the private parts of its JWK."""
        pem = self.key.as_pem(private=True).decode()
        body = "".join(line for line in pem.splitlines() if "-----" not in line)
        private, public = self.key.as_dict(private=True), self.key.as_dict(private=False)
        parts = [str(value) for name, value in private.items() if name not in public]
        return [body, *parts]

    def public(self) -> dict[str, Any]:
        """The public half as a JWK."""
        return cast("dict[str, Any]", self.key.as_dict(private=False))


def _jwk_fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise UnusableKey("This is neither a PEM nor a JWK: copy the whole private key.") from None


def _import_key(source: str | dict[str, Any]) -> RSAKey | ECKey:
    kinds: tuple[type[RSAKey], type[ECKey]] = (RSAKey, ECKey)
    for kind in kinds:
        try:
            return kind.import_key(source)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise UnusableKey(
        "This is no RSA or EC private key: give it as PEM or JWK, without a password."
    )


def unique_id() -> str:
    """A `jti` that no other proof or assertion has."""
    return uuid4().hex
