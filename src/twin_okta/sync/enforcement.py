"""What guards sign-in: policies and their rules, authenticators, network zones, ThreatInsight.

Enrolment says what people could use; these say what they must use.
"""

from collections.abc import Callable, Sequence
from typing import Any

from twin_host.contract import DatasetReport, DatasetState
from twin_okta.api.json_path import at, objects
from twin_okta.api.models import Authenticator, Policy, PolicyRule, ThreatInsight, Zone
from twin_okta.api.structure import structure
from twin_okta.datasets import CLASSIC
from twin_okta.sync.run import Run, each

AT_A_TIME = 8
PASSWORD = "okta_password"  # noqa: S105  an authenticator's key
NEUTRAL = ("ANYWHERE", "ANY")
"""Values of a rule's conditions that leave nobody out."""

INSERT_POLICY = "INSERT OR REPLACE INTO policy VALUES (?, ?, ?, ?, ?, ?)"
INSERT_RULE = "INSERT OR REPLACE INTO policy_rule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_AUTHENTICATOR = "INSERT OR REPLACE INTO authenticator VALUES (?, ?, ?, ?, ?, ?)"
INSERT_ZONE = "INSERT OR REPLACE INTO zone VALUES (?, ?, ?, ?, ?, ?)"
INSERT_THREAT = "INSERT OR REPLACE INTO threat_insight VALUES (?, ?)"


async def read_policies(run: Run) -> DatasetReport:
    """Global session policies, and authentication policies where the org has them."""
    reading = run.begin("policies")
    kinds = ["OKTA_SIGN_ON"] + ([] if run.edition == CLASSIC else ["ACCESS_POLICY"])
    found: list[str] = []
    for kind in kinds:
        async for page in run.client.pages("/api/v1/policies", {"type": kind}):
            policies, unreadable = structure(page.records, Policy)
            rows = ((p.id, p.type, p.name, p.status, p.priority) for p in policies)
            reading.store(INSERT_POLICY, rows, unreadable)
            found += [policy.id for policy in policies]

    async def read_rules(policy_id: str) -> None:
        async for page in run.client.pages(f"/api/v1/policies/{policy_id}/rules"):
            rules, unreadable = structure(page.records, PolicyRule)
            reading.store(
                INSERT_RULE, ((policy_id, *_rule_row(rule)) for rule in rules), unreadable
            )

    await each(found, read_rules, width=AT_A_TIME)
    return run.finish(reading)


async def read_authenticators(run: Run) -> DatasetReport:
    """The authenticators that the org has set up; a Classic org has no such list."""
    if run.edition == CLASSIC:
        return DatasetReport(
            state=DatasetState.SKIPPED, reason="A Classic Engine org has none to list."
        )
    return await _read_list(
        run, "authenticators", Authenticator, INSERT_AUTHENTICATOR,
        lambda a: (a.id, a.key, a.name, a.type, a.status),
    )  # fmt: skip


async def read_zones(run: Run) -> DatasetReport:
    """Network zones."""
    return await _read_list(
        run, "zones", Zone, INSERT_ZONE,
        lambda zone: (zone.id, zone.name, zone.type, zone.usage, zone.status),
    )  # fmt: skip


async def read_threat_insight(run: Run) -> DatasetReport:
    """What Okta does with requests from addresses that it calls malicious."""
    reading = run.begin("threat_insight")
    answer = await run.client.get("/api/v1/threats/configuration")
    found, unreadable = structure([answer.json], ThreatInsight)
    reading.store(INSERT_THREAT, ((each.action,) for each in found), unreadable)
    return run.finish(reading)


async def _read_list(
    run: Run,
    dataset: str,
    model: type[Any],
    insert: str,
    row: Callable[[Any], Sequence[Any]],
) -> DatasetReport:
    """Read a list whose path is called like its dataset."""
    reading = run.begin(dataset)
    async for page in run.client.pages(f"/api/v1/{dataset}"):
        records, unreadable = structure(page.records, model)
        reading.store(insert, map(row, records), unreadable)
    return run.finish(reading)


def _rule_row(rule: PolicyRule) -> tuple[Any, ...]:
    session, method = at(rule.actions, "signon"), at(rule.actions, "appSignOn.verificationMethod")
    access = at(rule.actions, "signon.access") or at(rule.actions, "appSignOn.access")
    return (
        rule.id,
        rule.name,
        rule.status,
        rule.priority,
        leaves_nobody_out(rule.conditions),
        access,
        None if session is None else bool(at(session, "requireFactor")),
        None if session is not None else access == "ALLOW" and password_is_enough(method),
        at(session, "session.maxSessionIdleMinutes"),
        at(session, "session.maxSessionLifetimeMinutes"),
        at(session, "session.usePersistentCookie"),
        at(method, "reauthenticateIn"),
    )


def leaves_nobody_out(conditions: Any) -> bool:
    """Whether a rule's conditions hold for everybody, everywhere: no rule after it is reached."""
    if isinstance(conditions, dict):
        return all(leaves_nobody_out(value) for value in conditions.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(conditions, list):
        return all(leaves_nobody_out(value) for value in conditions)  # pyright: ignore[reportUnknownVariableType]
    return conditions is None or conditions in NEUTRAL


def password_is_enough(method: Any) -> bool:
    """Whether a password alone satisfies a rule's verification method.

    Okta's API reference, "Policy", verificationMethod: ASSURANCE with a factor mode and any one of
    its constraints; AUTH_METHOD_CHAIN with any one of its chains. An unknown method is not enough.
    """
    if at(method, "type") == "AUTH_METHOD_CHAIN":
        return any(_is_a_password_and_no_more(chain) for chain in objects(at(method, "chains")))
    if at(method, "factorMode") != "1FA":
        return False
    constraints = objects(at(method, "constraints"))
    return not constraints or any(
        at(each, "possession") is None or at(each, "possession.required") is False
        for each in constraints
    )


def _is_a_password_and_no_more(chain: dict[str, Any]) -> bool:
    keys = {at(each, "key") for each in objects(at(chain, "authenticationMethods"))}
    return PASSWORD in keys and not objects(at(chain, "next"))
