"""Global session policies, authentication policies, and their rules.

Enrolment says what people could use; these say what they must use.
"""

from collections.abc import Iterator
from typing import Any, cast

import orjson
from attrs import evolve

from twin_okta.api.json_path import at
from twin_okta.api.models import Policy, PolicyRule
from twin_okta.changes import Difference
from twin_okta.datasets import CLASSIC
from twin_okta.snapshot import Record
from twin_okta.sync.assurance import what_alone_satisfies
from twin_okta.sync.lists import Listing, read_whole
from twin_okta.sync.run import Run

NEUTRAL = ("ANYWHERE", "ANY")
"""Values of a rule's conditions that leave nobody out."""
UNTOLD = ("people", "include", "exclude", "constraints", "connection", "type")
"""Names of a rule's parts that say nothing of what is in them."""
Term = list[str | int]
"""What a value is about, the value, and 1 where it is excepted."""


async def read_policies(run: Run) -> Difference:
    """Read global session policies, and authentication policies where the org has them."""
    kinds = ("OKTA_SIGN_ON",) if run.edition == CLASSIC else ("OKTA_SIGN_ON", "ACCESS_POLICY")
    lists = (evolve(POLICIES, params={"type": kind}) for kind in kinds)
    return await read_whole(run, "policies", *lists)


def _policy_row(policy: Policy) -> Record:
    return {
        "id": policy.id,
        "type": policy.type,
        "name": policy.name,
        "status": policy.status,
        "priority": policy.priority,
    }


def _rule_row(rule: PolicyRule) -> Record:
    session, app = rule.actions.signon, rule.actions.app_sign_on
    alone = what_alone_satisfies(app.verification_method)
    reauthenticate_in = at(app.verification_method, "reauthenticateIn")
    return {
        "id": rule.id,
        "name": rule.name,
        "status": rule.status,
        "priority": rule.priority,
        "for_everybody": leaves_nobody_out(rule.conditions),
        "access": session.access or app.access,
        "requires_factor": session.require_factor,
        "primary_factor": session.primary_factor,
        "means": None if alone is None else orjson.dumps(sorted(alone)).decode(),
        "idle_minutes": session.session.max_session_idle_minutes,
        "lifetime_minutes": session.session.max_session_lifetime_minutes,
        "persistent": session.session.use_persistent_cookie,
        "reauthenticate_in": reauthenticate_in if isinstance(reauthenticate_in, str) else None,
        "conditions": orjson.dumps(list(_terms(rule.conditions))).decode(),
        "demands": orjson.dumps(list(_terms(app.verification_method))).decode(),
    }


def leaves_nobody_out(conditions: Any) -> bool:
    """Whether a rule's conditions hold for everybody, everywhere: no rule after it is reached."""
    if isinstance(conditions, dict):
        return all(leaves_nobody_out(value) for value in conditions.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(conditions, list):
        return all(leaves_nobody_out(value) for value in conditions)  # pyright: ignore[reportUnknownVariableType]
    return conditions is None or conditions in NEUTRAL


def _terms(value: Any, about: tuple[str, ...] = (), *, excepted: bool = False) -> Iterator[Term]:
    """Every value that a rule holds, each with what it is about."""
    if isinstance(value, dict):
        for name, part in cast("dict[str, Any]", value).items():
            told = about if name in UNTOLD else (*about, name)
            yield from _terms(part, told, excepted=excepted or name.startswith("exclude"))
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            yield from _terms(part, about, excepted=excepted)
    elif value is not None and value not in NEUTRAL:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        yield [" ".join(about), text, *([1] if excepted else [])]


POLICIES = Listing(path="/api/v1/policies", model=Policy, table="policy", row=_policy_row)
RULES = Listing(
    path="/api/v1/policies/{policy_id}/rules",
    parent="/api/v1/policies/{policy_id}",
    model=PolicyRule,
    table="policy_rule",
    row=_rule_row,
)
