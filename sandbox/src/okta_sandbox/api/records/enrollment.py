"""How the authenticator enrolments of a user are answered."""

from typing import Any

from okta_sandbox.org.org import Org
from okta_sandbox.org.records import User
from okta_sandbox.org.tables import table
from okta_sandbox.times import iso

Json = dict[str, Any]

_KEYS: dict[str, str] = table("factors")["keys"]


def enrollments_json(org: Org, user: User, base: str) -> list[Json]:
    """One record an authenticator: the factors of one enrolment are siblings, the first stands."""
    rows: list[Json] = org.security.authenticators
    by_key = {row["key"]: row for row in rows}
    records: list[Json] = []
    if user.password_changed_s is not None:
        password = by_key["okta_password"]
        id_ = "lae" + user.id[3:]
        records.append(_json(org, user, password, id_, user.created_s, base))
    seen: set[str] = set()
    for factor in org.factors.enrolled(user.index):
        row = by_key.get(_KEYS.get(f"{factor.type}/{factor.provider}", ""))
        if row is None or factor.status != "ACTIVE" or factor.type in seen:
            continue
        seen |= {factor.type, *(_siblings(row["key"]) if row["key"] == "okta_verify" else ())}
        record = _json(org, user, row, factor.id, factor.created_s, base)
        if row["key"] == "phone_number":
            record["profile"] = {"phoneNumber": f"+1 XXX-XXX-{factor.detail[-4:]}"}
        records.append(record)
    return records


def _siblings(key: str) -> set[str]:
    return {factor.partition("/")[0] for factor, other in _KEYS.items() if other == key}


def _json(org: Org, user: User, row: Json, id_: str, created_s: int, base: str) -> Json:
    owner = f"{base}/api/v1/users/{user.id}"
    authenticator = f"{base}/api/v1/authenticators/{org.security.id('aut', row['key'])}"
    return {
        "type": row["type"],
        "id": id_,
        "key": row["key"],
        "status": "ACTIVE",
        "name": row["name"],
        "nickname": None,
        "created": iso(created_s),
        "lastUpdated": iso(created_s),
        "_links": {
            "self": {"href": f"{owner}/authenticator-enrollments/{id_}"},
            "user": {"href": owner},
            "authenticator": {"href": authenticator},
        },
    }
