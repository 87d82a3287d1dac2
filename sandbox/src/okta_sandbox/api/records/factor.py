"""How a factor is answered."""

from typing import Any

from okta_sandbox.org.records import Factor, User
from okta_sandbox.org.tables import table
from okta_sandbox.times import iso

Json = dict[str, Any]

_QUESTIONS: dict[str, str] = table("factors")["questions"]
_NOT_VERIFIED_ON_DEMAND = {"signed_nonce"}


def factor_json(factor: Factor, user: User, base: str) -> Json:
    """One factor of a user as Okta answers it."""
    owner = f"{base}/api/v1/users/{user.id}"
    itself = f"{owner}/factors/{factor.id}"
    links: Json = {
        "self": {"href": itself, "hints": {"allow": ["GET", "DELETE"]}},
        "user": {"href": owner, "hints": {"allow": ["GET"]}},
    }
    if factor.status == "PENDING_ACTIVATION":
        links["activate"] = {
            "href": f"{itself}/lifecycle/activate",
            "hints": {"allow": ["POST"]},
        }
    elif factor.type not in _NOT_VERIFIED_ON_DEMAND:
        links["verify"] = {"href": f"{itself}/verify", "hints": {"allow": ["POST"]}}
    return {
        "id": factor.id,
        "factorType": factor.type,
        "provider": factor.provider,
        "vendorName": factor.provider,
        "status": factor.status,
        "created": iso(factor.created_s),
        "lastUpdated": iso(factor.updated_s),
        "profile": _profile(factor),
        "_links": links,
    }


def _profile(factor: Factor) -> Json:
    if factor.type in {"sms", "call"}:
        return {"phoneNumber": factor.detail}
    if factor.type == "email":
        return {"email": factor.detail}
    if factor.type == "question":
        return {"question": factor.detail, "questionText": _QUESTIONS[factor.detail]}
    if factor.type in {"push", "signed_nonce"}:
        return {
            "credentialId": factor.detail,
            "deviceType": "SmartPhone_IPhone",
            "keys": [{"kty": "EC", "use": "sig", "kid": "default", "crv": "P-256"}],
            "name": "Phone",
            "platform": "IOS",
            "version": "18.4",
        }
    if factor.type == "webauthn":
        return {"credentialId": factor.id[::-1], "authenticatorName": "Security Key"}
    return {"credentialId": factor.detail}
