"""Security events: the log entries that rules/notable_events.toml calls notable."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from twin_host.contract import SecurityEvent
from twin_okta.api.json_text import loads
from twin_okta.rules.notable import Rule, edition, rules
from twin_okta.snapshot import Snapshot

ENTRIES = """
SELECT e.event_type, e.outcome, e.uuid, e.published, e.reason, e.actor_name, e.source_ip,
    e.country,
    (SELECT json_group_array(t.shown) FROM (
        SELECT coalesce(nullif(name, ''), nullif(label, ''), nullif(id, '')) AS shown FROM target
        WHERE event = e.number ORDER BY position) t WHERE t.shown IS NOT NULL),
    CASE WHEN e.event_type IN (SELECT value FROM json_each(:looked_into)) THEN e.raw END
FROM log_event e
WHERE e.number > :after AND +e.event_type IN (SELECT value FROM json_each(:watched))
ORDER BY e.number
"""
"""The plus keeps SQLite from going by type, which would read the whole log for the little of it
that is new."""


LAST_ENTRY = "SELECT number, uuid FROM log_event ORDER BY number DESC LIMIT 1"
THIS_ENTRY = """
SELECT number FROM log_event WHERE uuid = substr(?1, instr(?1, ' ') + 1)
    AND CAST(number AS TEXT) = substr(?1, 1, instr(?1, ' ') - 1)
"""


def end_of_log(snapshot: Snapshot) -> str:
    """A bookmark: the last entry, and by which rules it and all before it were judged."""
    return " ".join(str(it) for row in snapshot.rows(LAST_ENTRY) for it in (edition(), *row))


def place_of(snapshot: Snapshot, bookmark: str) -> int:
    """The number of the entry to which the events are told already; 0, so that all are told again,
    when the rules are others now, or the log is another one."""
    judged_by, _, entry = bookmark.partition(" ")
    return snapshot.number(THIS_ENTRY, (entry,)) if judged_by == edition() else 0


def security_events(snapshot: Snapshot, *, after: int = 0) -> Iterator[SecurityEvent]:
    """The notable entries of the snapshot's log that were stored after that number, in the order
    in which they were stored, one at a time; then it is closed."""
    by_type = rules()
    looked_into = [name for name, its in by_type.items() if any(rule.looks_into for rule in its)]
    asked = {
        "after": after,
        "watched": orjson.dumps(list(by_type)).decode(),
        "looked_into": orjson.dumps(looked_into).decode(),
    }
    with snapshot:
        for event_type, outcome, *told, raw in snapshot.stream(ENTRIES, asked):
            entry: dict[str, Any] = loads(raw) if raw else {}
            rule = next((it for it in by_type[event_type] if it.fits(outcome, entry)), None)
            if rule:
                yield _event(rule, event_type, outcome, *told)


def _event(rule: Rule, event_type: str, outcome: str | None, *told: Any) -> SecurityEvent:
    uuid, published, reason, actor, source_ip, country, targets = told
    return SecurityEvent(
        id=uuid,
        time=datetime.fromisoformat(published),
        event_type=event_type,
        severity=rule.severity,
        category=rule.category,
        title=rule.title,
        outcome=outcome or "",
        reason=reason or "",
        actor=actor or "",
        targets=tuple(orjson.loads(targets)),
        source_ip=source_ip or "",
        country=country or "",
        mitre=rule.mitre,
    )
