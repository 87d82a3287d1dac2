"""What the assistant's tools answer: each of one moment, and bounded."""

from collections.abc import Mapping
from typing import Any

from twin_host import shapes
from twin_host.moment import Moment
from twin_host.sif import Tier
from twin_host.twin import Twin

NOTHING_READ = (
    "Nothing has been read yet, so this says nothing of what is so: call a connector's sync first."
)


def sif(twin: Twin, tier: Tier) -> str:
    """The compiled form."""
    with twin.moment() as now:
        return now.sif(tier)


def search(twin: Twin, words: str, limit: int) -> Any:
    """`twin_search`."""
    with twin.moment() as now:
        return [shapes.hit(hit) for hit in now.search(words, limit=limit)]


def explain(twin: Twin, key: str, limit: int) -> Any:
    """`twin_explain`."""
    with twin.moment() as now:
        found = [(each.fact, each.subjects.first(limit)) for each in now.explain(key)]
        return shapes.whole([shapes.explanation(fact, first) for fact, first in found])


def facts(twin: Twin) -> dict[str, Any]:
    """`twin_facts`."""
    with twin.moment() as now:
        facts = [_without_query(shapes.fact(fact)) for fact in now.facts()]
        return _told(now, {"facts": facts})


def status(twin: Twin, name: str) -> dict[str, Any]:
    """`<name>_status`."""
    status = shapes.status(twin.status(name))
    return status | {"facts": [_without_query(fact) for fact in status["facts"]]}


def _without_query(fact: dict[str, Any]) -> dict[str, Any]:
    """An assistant cannot run it; `twin_explain` tells who is behind a figure."""
    evidence = {name: it for name, it in fact["evidence"].items() if name != "query"}
    return fact | {"evidence": evidence}


def gaps(twin: Twin, *, closed_too: bool, subjects: int) -> dict[str, Any]:
    """`twin_gaps`."""
    with twin.moment() as now:
        found = [(g, now.subjects(g).first(subjects)) for g in now.gaps(closed_too=closed_too)]
        gaps = shapes.whole([shapes.gap(gap, first) for gap, first in found])
        return _told(now, {"gaps": gaps})


def events(twin: Twin, wanted: Mapping[str, str | None], limit: int) -> dict[str, Any]:
    """`twin_events`."""
    with twin.moment() as now:
        events = [shapes.event(event) for event in now.events(limit=limit, **wanted)]
        return _told(now, {"events": events})


def _told(now: Moment, found: dict[str, list[Any]]) -> dict[str, Any]:
    """What was found, beside what it may lack; before the first sync an empty list is none."""
    if now.was_ever_synced():
        return {**found, "not_read": now.unread()}
    known = {name: rows or None for name, rows in found.items()}
    return {**known, "not_read": now.unread(), "note": NOTHING_READ}
