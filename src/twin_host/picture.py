"""The twin's content gathered for the compiled form."""

from datetime import datetime
from itertools import islice
from typing import Any

from twin_host.registry import Registry
from twin_host.sif import (
    ConnectorLine,
    ContradictionLine,
    EventLine,
    FactLine,
    GapLine,
    Picture,
)
from twin_host.store import Row, Store

MOST_EVENTS = 50
MOST_NAMES = 5


def picture_of(registry: Registry, store: Store) -> Picture:
    """What the compiled form is made of."""
    facts = store.facts()
    return Picture(
        organisation="",
        facts=[_fact(fact) for fact in facts],
        gaps=[_gap(gap) for gap in store.gaps()],
        events=[_event(event) for event in islice(store.events(), MOST_EVENTS)],
        contradictions=[
            ContradictionLine(f["key"], f["evidence"]["declared"], f["evidence"]["actual"])
            for f in facts
            if "declared" in f["evidence"]
        ],
        connectors=[_connector(c.info, store) for c in registry.connectors.values()],
        trends={f["key"]: _trend(store, f["key"]) for f in facts if f["value"].endswith("%")},
    )


def _fact(fact: Row) -> FactLine:
    evidence = fact["evidence"]
    return FactLine(
        source=fact["source"],
        key=fact["key"],
        value=fact["value"],
        confidence=fact["confidence"],
        as_of=datetime.fromisoformat(fact["as_of"]),
        numerator=evidence.get("numerator"),
        denominator=evidence.get("denominator"),
        note=evidence.get("note", ""),
    )


def _gap(gap: Row) -> GapLine:
    return GapLine(
        id=gap["id"],
        severity=gap["severity"],
        count=gap["count"],
        nist=gap["nist"],
        title=gap["title"],
        remedy=gap["remedy"],
        source=gap["source"],
        opened_at=datetime.fromisoformat(gap["opened_at"]),
        names=tuple(
            str(subject.get("login") or subject.get("label") or subject.get("id"))
            for subject in gap["subjects"][:MOST_NAMES]
        ),
    )


def _event(event: Row) -> EventLine:
    return EventLine(
        time=datetime.fromisoformat(event["time"]),
        severity=event["severity"],
        category=event["category"],
        title=event["title"],
        actor=event["actor"],
        source_ip=event["source_ip"],
        outcome=event["outcome"],
    )


def _connector(info: Any, store: Store) -> ConnectorLine:
    last = store.last_sync(info.name)
    return ConnectorLine(
        name=info.name,
        title=info.title,
        category=info.category,
        last_sync=datetime.fromisoformat(last["ended_at"]) if last else None,
        status=last["status"] if last else "never",
    )


def _trend(store: Store, key: str) -> list[float]:
    return [
        float(row["value"].rstrip("%")) for row in store.history(key) if row["value"][:-1].isdigit()
    ]
