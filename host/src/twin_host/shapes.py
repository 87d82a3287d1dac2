"""The JSON that other programs rely on, in one place for the command line, pages and tools."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import orjson
from attrs import asdict

from twin_host.asking.catalogue import Catalogue
from twin_host.asking.things import Thing
from twin_host.contract import ConnectionReport, ConnectorInfo, SyncPlan, SyncReport
from twin_host.ingest import Ingested
from twin_host.json_text import safe
from twin_host.known import KnownEvent, KnownFact, KnownGap, iso, iso_ms
from twin_host.moment import Moment
from twin_host.registry import Broken
from twin_host.search import Hit
from twin_host.status import Installed, Status
from twin_host.subjects import First, Listing

Json = dict[str, Any]
"""What is long in it may be an iterator, and what is known only after that a function."""


def dumps(value: Any) -> str:
    """JSON text, indented, one document."""
    return "".join(pieces(value))


def whole(value: Any) -> Any:
    """The same as plain lists, texts and numbers."""
    return orjson.loads(dumps(value))


def pieces(value: Any, margin: str = "") -> Iterator[str]:
    """The text bit by bit: what an iterator gives becomes a list that is never held whole, and a
    function's answer is asked for when its place has come."""
    try:
        text = safe(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
    except orjson.JSONEncodeError:
        yield from _in_parts(value, margin)
    else:
        yield text.replace("\n", "\n" + margin)


def _in_parts(value: Any, margin: str) -> Iterator[str]:
    if callable(value):
        yield from pieces(value(), margin)
    elif isinstance(value, dict):
        members = (_member(name, it, margin + "  ") for name, it in cast("Json", value).items())
        yield from _items("{}", members, margin)
    else:
        found: Iterable[Any] = value
        yield from _items("[]", (pieces(it, margin + "  ") for it in found), margin)


def _member(name: str, value: Any, margin: str) -> Iterator[str]:
    yield f"{safe(orjson.dumps(name).decode())}: "
    yield from pieces(value, margin)


def _items(brackets: str, items: Iterable[Iterable[str]], margin: str) -> Iterator[str]:
    is_empty = True
    yield brackets[0]
    for item in items:
        yield ("\n" if is_empty else ",\n") + margin + "  "
        yield from item
        is_empty = False
    yield brackets[1] if is_empty else f"\n{margin}{brackets[1]}"


# --- the twin -------------------------------------------------------------------------------------


def fact(found: KnownFact) -> Json:
    """`twin facts`."""
    evidence: Json = asdict(found.evidence)
    if found.is_declared:
        evidence = {"numerator": None, "denominator": None, "complete": True}
    if found.actual is not None:
        evidence |= {"declared": found.value, "actual": found.actual}
    age = {} if found.days_old is None else {"days_old": found.days_old}
    return {
        "key": found.key,
        "value": found.value,
        "fact": f"{found.key}:{found.value}",
        "confidence": found.confidence,
        "source": found.source,
        "as_of": iso(found.as_of),
        **age,
        "evidence": evidence,
    }


def gap(found: KnownGap, subjects: Listing | First, *, limit: int | None = None) -> Json:
    """`twin gaps`, with at most `limit` of those in it."""
    return {
        "id": found.id,
        "severity": found.severity,
        "count": found.count,
        "nist": found.nist,
        "title": found.title,
        "remedy": found.remedy,
        **_listed(subjects, limit),
        "source": found.source,
        "as_of": iso(found.as_of),
        "opened_at": iso(found.opened_at),
        "changed_at": iso(found.changed_at),
        "closed_at": found.closed_at and iso(found.closed_at),
        "complete": found.complete,
    }


def event(found: KnownEvent) -> Json:
    """`twin events`, without the product's own entry."""
    shown = asdict(found) | {"time": iso_ms(found.time)}
    del shown["number"]
    return shown


def explanation(found: KnownFact, subjects: Listing | First, *, limit: int | None = None) -> Json:
    """`twin explain`, with at most `limit` of those behind the figure."""
    return fact(found) | _listed(subjects, limit) | {"more": lambda: subjects.more}


def _listed(subjects: Listing | First, limit: int | None = None) -> Json:
    """`subjects`, null where none could be listed, and why they could not be, all of them."""
    rows = subjects.up_to(limit) if isinstance(subjects, Listing) else iter(subjects.rows)
    return {
        "subjects": None if subjects.problem else rows,
        "not_listed": lambda: subjects.problem or None,
    }


# --- what can be asked ----------------------------------------------------------------------------


def schema(catalogue: Catalogue) -> list[Json]:
    """`twin query --schema`."""
    return [
        {
            "kind": kind.table,
            "title": kind.about.title,
            "meaning": kind.about.meaning,
            "sources": [member.source for member in kind.members],
            "columns": [
                {"name": column.name, "type": column.type, "meaning": column.meaning}
                for column in kind.about.columns
            ],
        }
        for kind in catalogue.kinds
    ]


def thing(found: Thing, now: Moment, *, limit: int | None = None) -> Json:
    """`twin show`, with at most `limit` rows of each section."""
    sections: Json = {
        part.part.name: now.asker.rows(part.question, limit=limit)
        for part in now.things.parts(found)
    }
    return {
        "kind": found.known.about.kind,
        "source": found.known.source,
        "id": found.id,
        "label": found.label,
        **found.row,
        "sections": sections
        | {
            "gaps": [gap_of_thing(gap) for gap in now.gaps_of(found)],
            "accounts": [account(other) for other in now.things.same_elsewhere(found)],
        },
    }


def gap_of_thing(found: KnownGap) -> Json:
    """A gap that a thing is in."""
    return {"id": found.id, "severity": found.severity, "title": found.title}


def account(found: Thing) -> Json:
    """The same person in another connector."""
    return {
        "source": found.known.source,
        "kind": found.known.about.kind,
        "id": found.id,
        "label": found.label,
        "status": found.row.get("status"),
    }


def hit(found: Hit) -> Json:
    """`twin search`."""
    return asdict(found)


# --- connectors -----------------------------------------------------------------------------------


def sync(report: SyncReport, ingested: Ingested | None) -> Json:
    """`twin sync`."""
    return asdict(report) | {"twin": asdict(ingested) if ingested else None}


def plan(found: SyncPlan) -> Json:
    """`twin sync --plan`."""
    return asdict(found)


def connection(report: ConnectionReport) -> Json:
    """`twin test`."""
    return asdict(report)


def info(described: ConnectorInfo) -> Json:
    """A connector's manifest."""
    return asdict(described)


def connector(found: Installed) -> Json:
    """One row of `twin connectors`."""
    described, last_sync = found.connector.info, found.last_sync
    return {
        "name": described.name,
        "title": described.title,
        "category": described.category,
        "summary": described.summary,
        "version": described.version,
        "provides": [provision.title for provision in described.provides],
        "distribution": found.connector.distribution,
        "configured": found.is_configured,
        "last_sync": last_sync
        and {"ended_at": iso(last_sync.ended_at), "status": last_sync.status},
        "notes": list(found.notes),
        "broken": None,
    }


def status(found: Status) -> Json:
    """`twin status`."""
    last = found.last_sync
    return {
        "name": found.connector.info.name,
        "configured": found.config is not None,
        "config": found.config,
        "secrets": found.secrets,
        "last_sync": last and asdict(last) | {"ended_at": iso(last.ended_at)},
        "facts": [fact(each) for each in found.facts],
        "stale_figures": [each.key for each in found.stale],
        "syncing": found.syncing
        and {"process": found.syncing.process, "since": iso(found.syncing.since)},
    }


def broken(found: Broken) -> Json:
    """A plugin that cannot be used, as a row of `twin connectors`."""
    return {"name": found.entry_point, "distribution": found.distribution, "broken": found.reason}


def ingested(found: Ingested) -> Json:
    """`twin enrich`."""
    return asdict(found)
