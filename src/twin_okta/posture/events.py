"""Security events: the log entries that rules/notable_events.toml calls notable."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
from attrs import frozen

from twin_host.contract import SecurityEvent, Severity
from twin_okta.api.json_path import at
from twin_okta.api.models import LogActor, LogEvent
from twin_okta.api.structure import structure
from twin_okta.rules import load
from twin_okta.snapshot import Snapshot

SEVERITIES = list(Severity)
ENTRIES = "SELECT raw FROM log_event ORDER BY published, uuid"


@frozen
class Rule:
    """One line of the rules file; an entry fits when every condition holds."""

    title: str
    category: str
    severity: Severity
    mitre: tuple[str, ...]
    outcomes: frozenset[str]
    where: Mapping[str, Any]
    contains: Mapping[str, str]

    def fits(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry of one of this rule's event types is notable by it."""
        if self.outcomes and at(entry, "outcome.result") not in self.outcomes:
            return False
        if any(at(entry, path) != value for path, value in self.where.items()):
            return False
        return all(
            part.lower() in str(at(entry, path) or "").lower()
            for path, part in self.contains.items()
        )


def security_events(snapshot: Snapshot) -> Iterator[SecurityEvent]:
    """Every notable entry of the snapshot's log, oldest first, one at a time; then it is closed."""
    with snapshot:
        for (raw,) in snapshot.stream(ENTRIES):
            event = security_event(orjson.loads(raw))
            if event is not None:
                yield event


def security_event(entry: dict[str, Any]) -> SecurityEvent | None:
    """One log entry as a security event, or None when no rule calls it notable."""
    fitting = [rule for rule in rules()[str(entry.get("eventType"))] if rule.fits(entry)]
    readable, _ = structure([entry], LogEvent) if fitting else ([], [])
    if not readable:
        return None
    event = readable[0]
    rule = min(fitting, key=lambda rule: SEVERITIES.index(rule.severity))
    return SecurityEvent(
        id=event.uuid,
        time=event.published,
        event_type=event.event_type,
        severity=rule.severity,
        category=rule.category,
        title=rule.title,
        outcome=(event.outcome and event.outcome.result) or "",
        reason=(event.outcome and event.outcome.reason) or "",
        actor=_name(event.actor),
        targets=tuple(filter(None, map(_name, event.target or []))),
        source_ip=(event.client and event.client.ip_address) or "",
        country=_country(event),
        mitre=rule.mitre,
    )


@cache
def rules() -> Mapping[str, list[Rule]]:
    """The rules by event type."""
    by_type: defaultdict[str, list[Rule]] = defaultdict(list)
    for row in load("notable_events")["rule"]:
        rule = Rule(
            title=row["title"],
            category=row["category"],
            severity=Severity(row["severity"]),
            mitre=tuple(row.get("mitre", ())),
            outcomes=frozenset(row.get("outcomes", ())),
            where=row.get("where", {}),
            contains=row.get("contains", {}),
        )
        for event_type in row["event_types"]:
            by_type[event_type].append(rule)
    return by_type


def _name(actor: LogActor | None) -> str:
    return (actor and (actor.alternate_id or actor.display_name or actor.id)) or ""


def _country(event: LogEvent) -> str:
    place = event.client and event.client.geographical_context
    return (place and place.country) or ""
