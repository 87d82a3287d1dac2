"""What a rule of an authentication policy is content with, where one factor is enough.

Okta's API reference, "Policy", verificationMethod: ASSURANCE with a factor mode and any one of its
constraints, of which every part must be met; AUTH_METHOD_CHAIN with any one of its chains.
"""

from collections.abc import Iterable
from typing import Any, cast

from twin_okta.api.json_path import at, objects

EVERYTHING = frozenset({"password", "security_question", "email", "phone", "possession"})
"""Kinds of factors; `possession` is whatever is neither e-mail nor a phone."""
KNOWLEDGE = frozenset({"password", "security_question"})

KIND_OF_KEY = {
    "okta_password": "password",
    "security_question": "security_question",
    "okta_email": "email",
    "phone_number": "phone",
}
KIND_OF_TYPE = {
    "password": "password",
    "security_question": "security_question",
    "email": "email",
    "phone": "phone",
}
KIND_OF_METHOD = KIND_OF_TYPE | {"sms": "phone", "voice": "phone"}
MORE_THAN_A_MAILBOX_OR_PHONE = ("deviceBound", "hardwareProtection", "phishingResistant")
"""What demands a device of its own: no e-mail and no phone number is one."""


def what_alone_satisfies(method: Any) -> frozenset[str] | None:
    """The kinds of factors of which one alone satisfies a rule's verification method: none where
    it asks for two, and None where nobody can say."""
    try:
        return _alone(method)
    except Unclear:
        return None


class Unclear(ValueError):
    """A part of a method is no such thing as belongs there, and could stand for anything."""


def _alone(method: Any) -> frozenset[str] | None:
    kind = at(method, "type")
    if kind == "AUTH_METHOD_CHAIN":
        chains = _objects(at(method, "chains"))
        return _any_of(map(_of_chain, chains)) if chains else None
    mode = at(method, "factorMode")
    if mode == "2FA":
        return frozenset()
    if mode != "1FA":
        return None
    constraints = _objects(at(method, "constraints"))
    return _any_of(map(_of_constraint, constraints)) if constraints else EVERYTHING


def _any_of(alternatives: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(kind for each in alternatives for kind in each)


def _of_chain(chain: dict[str, Any]) -> frozenset[str]:
    if _objects(at(chain, "next")):
        return frozenset()
    return frozenset(_kinds(at(chain, "authenticationMethods")))


def _of_constraint(constraint: dict[str, Any]) -> frozenset[str]:
    """One factor satisfies a constraint that demands knowledge or possession, and not both."""
    knowledge, possession = _demanded(constraint, "knowledge"), _demanded(constraint, "possession")
    if knowledge is not None and possession is not None:
        return frozenset()
    if knowledge is not None:
        return _allowed(knowledge, KNOWLEDGE)
    if possession is not None:
        among = EVERYTHING - KNOWLEDGE
        if any(at(possession, name) == "REQUIRED" for name in MORE_THAN_A_MAILBOX_OR_PHONE):
            among -= {"email", "phone"}
        return _allowed(possession, among)
    parts = (_part(constraint, name) for name in ("knowledge", "possession"))
    return EVERYTHING.difference(*(_excluded(part) for part in parts if part is not None))


def _demanded(constraint: dict[str, Any], name: str) -> dict[str, Any] | None:
    part = _part(constraint, name)
    return None if at(part, "required") is False else part


def _part(constraint: dict[str, Any], name: str) -> dict[str, Any] | None:
    part = at(constraint, name)
    if part is not None and not isinstance(part, dict):
        raise Unclear
    return cast("dict[str, Any] | None", part)


def _allowed(part: Any, among: frozenset[str]) -> frozenset[str]:
    """The kinds that a part's lists permit: what no list names is permitted."""
    found = among - _excluded(part)
    if named := _kinds(at(part, "authenticationMethods")):
        found &= named
    for name, kinds in (("types", KIND_OF_TYPE), ("methods", KIND_OF_METHOD)):
        if listed := _list(at(part, name)):
            found &= {kinds.get(_text(each).lower(), "possession") for each in listed}
    return found


def _excluded(part: Any) -> frozenset[str]:
    """Kinds that are left out whole: of `possession` others remain."""
    return frozenset(_kinds(at(part, "excludedAuthenticationMethods"))) - {"possession"}


def _kinds(methods: Any) -> set[str]:
    """The kinds of the authenticators that a list names."""
    return {KIND_OF_KEY.get(_text(at(each, "key")), "possession") for each in _objects(methods)}


def _objects(value: Any) -> list[dict[str, Any]]:
    found = objects(value)
    if len(found) != len(_list(value)):
        raise Unclear
    return found


def _list(value: Any) -> list[Any]:
    """A list; none at all is an empty one, and what is none could be anything."""
    if value is not None and not isinstance(value, list):
        raise Unclear
    return cast("list[Any]", value or [])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unclear
    return value
