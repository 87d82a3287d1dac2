"""What the assistant's tools answer: each of one moment, and bounded."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from attrs import evolve

from twin_host import shapes
from twin_host.asking.catalogue import Kind
from twin_host.asking.query import ask
from twin_host.moment import Moment
from twin_host.moments import since as since_when
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


def gap(twin: Twin, gap_id: str, limit: int) -> dict[str, Any]:
    """`twin_gap`."""
    with twin.moment() as now:
        found = [(each, now.subjects(each).first(limit)) for each in now.gaps(gap_id)]
        told = [shapes.gap(each, first) | {"more": first.more} for each, first in found]
        return _told(now, {"gaps": shapes.whole(told)})


def rows(twin: Twin, question: dict[str, Any], limit: int, *, only_count: bool) -> Any:
    """`twin_list`."""
    with twin.moment() as now:
        asked = now.question(**question)
        told = {"not_read": asked.kind.notes}
        if only_count:
            return {"count": now.asker.count(asked)} | told
        columns = asked.columns or ("source", *_told_first(asked.kind))
        found = list(now.asker.rows(evolve(asked, columns=columns), limit=limit + 1))
        more = len(found) > limit
        return {"rows": found[:limit], "more": more} | told


def _told_first(kind: Kind) -> list[str]:
    """What people see first, and before it what tells rows apart, so that one can be asked for."""
    named = (*kind.about.key, *kind.about.shown)
    return [name for name in dict.fromkeys(named) if name != "source"]


def thing(twin: Twin, what: str, limit: int) -> Any:
    """`twin_show`; where several fit those are named."""
    with twin.moment() as now:
        found = now.things.meant(what)
        if len(found) > 1:
            return {"several": [shapes.account(each) for each in found]}
        (one,) = found
        told = shapes.whole(shapes.thing(one, now, limit=limit + 1))
        full = {name: len(rows) > limit for name, rows in told["sections"].items()}
        cut = {name: rows[:limit] for name, rows in told["sections"].items()}
        more = [name for name, is_full in full.items() if is_full]
        return told | {"sections": cut, "more_in": more, "not_read": list(one.known.about.notes)}


def changes(twin: Twin, since: str | None, limit: int) -> Any:
    """`twin_changes`."""
    with twin.moment() as now:
        when = since_when(since, now.clock()) if since else None
        told = now.thing_changes()
        found = list(islice(told.found(since=when, limit=limit + 1), limit + 1))
        rows = [change.row for change in found[:limit]]
        return _told(now, {"changes": rows}) | {"more": len(found) > limit}


def query(twin: Twin, sql: str, limit: int) -> Any:
    """`twin_query`."""
    with twin.moment() as now:
        catalogue, folder = now.catalogue, now.folder
    answer = ask(sql, catalogue, folder, limit=limit)
    return {"rows": answer.rows, "more": answer.more}


def lists(twin: Twin) -> Any:
    """The resource `twin://lists`."""
    with twin.moment() as now:
        return shapes.schema(now.catalogue)


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
