"""The twin's content gathered for the compiled form."""

import re
from datetime import datetime
from itertools import islice
from typing import Any

from twin_host.contract import DatasetState
from twin_host.figures import Figure, figures
from twin_host.profile import NEW_PROFILE
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

_PERCENT = re.compile(r"\d+(\.\d+)?%")
MOST_EVENTS = 50
MOST_NAMES = 5


def picture_of(registry: Registry, store: Store, profile: str) -> Picture:
    """What the compiled form is made of."""
    facts = store.facts()
    return Picture(
        organisation=_organisation(profile),
        facts=[_fact(fact) for fact in facts],
        gaps=[_gap(gap) for gap in store.gaps()],
        events=[_event(event) for event in islice(store.events(), MOST_EVENTS)],
        contradictions=[
            ContradictionLine(figure.key, _readings(figure))
            for figure in figures(facts)
            if figure.is_contradicted
        ],
        connectors=[_connector(c.info, store) for c in registry.connectors.values()],
        trends={
            (f["source"], f["key"]): _trend(store, f["source"], f["key"])
            for f in facts
            if f["value"].endswith("%")
        },
        unread=unread(registry, store),
    )


def unread(registry: Registry, store: Store) -> dict[str, dict[str, str]]:
    """By connector, the state of every dataset that its last sync did not read in full."""
    return {
        name: {
            dataset: str(report["state"])
            for dataset, report in store.last_datasets(name).items()
            if report["state"] in (DatasetState.PARTIAL, DatasetState.DENIED)
        }
        for name in registry.connectors
    }


def _readings(figure: Figure) -> dict[str, str]:
    """What was declared beside what is so; else what each source says."""
    for fact in figure.facts:
        if "declared" in fact["evidence"]:
            return {name: fact["evidence"][name] for name in ("declared", "actual")}
    return figure.readings


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
        complete=bool(gap["complete"]),
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


def _trend(store: Store, source: str, key: str) -> list[float]:
    values = [row["value"] for row in store.history(key) if row["source"] == source]
    return [float(value[:-1]) for value in values if _PERCENT.fullmatch(value)]


def _organisation(profile: str) -> str:
    """The profile's title is the organisation's name, unless nobody has written one."""
    title = next((line[2:].strip() for line in profile.splitlines() if line[:2] == "# "), "")
    return "" if title == NEW_PROFILE[2:].strip() else title
