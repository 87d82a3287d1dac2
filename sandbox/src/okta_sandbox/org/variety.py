"""People on whom a definition can go wrong, laid over an org from the beginning."""

from collections.abc import Iterator
from typing import Any

from okta_sandbox.org.chance import Chance
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.records import Factor
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_TABLE = table("variety")
_DAYS = {
    "created_days": "created_s",
    "activated_days": "activated_s",
    "last_login_days": "last_login_s",
}
_NOT_CLASSIC = frozenset({"okta_verify_fastpass", "smart_card", "temporary_code"})


def lay_variety(org: Directory, *, edition: str) -> None:
    """Let the rows of variety.toml befall people. The log says nothing of it."""
    people = _plain_people(org)
    number = max(round(_TABLE["share"] * org.people.active_size), 1)
    for row in _TABLE["people"]:
        if edition == "classic" and row.get("authenticators") in _NOT_CLASSIC:
            continue
        if "admin" in row:
            _befall(org, org.admins.owner(row["admin"]), row)
            continue
        for _, user in zip(range(number), people, strict=False):
            _befall(org, user, row)


def _plain_people(org: Directory) -> Iterator[int]:
    """ACTIVE people who administer nothing, each once, in an order of their own."""
    privileged = org.admins.privileged()
    for rank in range(org.people.active_size):
        user = org.people.at_rank(rank)
        if user not in privileged and org.people.user(user).kind != "Service":
            yield user


def _befall(org: Directory, user: int, row: dict[str, Any]) -> None:
    fields: dict[str, Any] = {}
    if "provider" in row:
        fields |= {"provider_type": row["provider"], "provider_name": row["provider"]}
        if row["provider"] != "OKTA":
            fields["password_changed_s"] = None
    if "role" in row:
        org.changes.granted[user] = (row["role"],)
    if "kind" in row:
        fields["kind"] = row["kind"]
    for name, field in _DAYS.items():
        if name in row:
            fields[field] = org.as_of_s - row[name] * DAY_S if row[name] >= 0 else None
    if fields:
        org.changes.update(user, **fields)
    if "authenticators" in row:
        org.changes.factors[user] = tuple(_factors(org, user, row["authenticators"]))


def _factors(org: Directory, user: int, authenticators: str) -> Iterator[Factor]:
    record = org.people.user(user)
    for name in authenticators.split("+"):
        if name != "none":
            chance = Chance(org.seed, "variety", user, name)
            yield from org.factors.enrolment(name, record, chance=chance)
