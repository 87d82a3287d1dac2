"""The JSON that other programs rely on, in one place for the command line, pages and tools."""

from typing import Any

import orjson
from attrs import asdict

from twin_host.contract import ConnectionReport, ConnectorInfo, SyncReport
from twin_host.registry import Broken, Connector
from twin_host.search import Hit
from twin_host.store import Ingested, Row

Json = dict[str, Any]


def dumps(value: Any) -> str:
    """JSON text, indented, one document."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def fact(row: Row) -> Json:
    """`twin facts`."""
    return {
        "key": row["key"],
        "value": row["value"],
        "fact": f"{row['key']}:{row['value']}",
        "confidence": row["confidence"],
        "source": row["source"],
        "as_of": row["as_of"],
        "evidence": row["evidence"],
    }


def gap(row: Row) -> Json:
    """`twin gaps`."""
    names = ("id", "severity", "count", "nist", "title", "remedy", "subjects", "source", "as_of")
    times = ("opened_at", "changed_at", "closed_at")
    return {name: row[name] for name in names + times} | {"complete": bool(row["complete"])}


def event(row: Row) -> Json:
    """`twin events`; `raw` is the product's own entry."""
    return {name: value for name, value in row.items() if name not in ("number", "raw")} | {
        "raw": orjson.loads(row["raw"])
    }


def sync(report: SyncReport, ingested: Ingested | None) -> Json:
    """`twin sync`."""
    return asdict(report) | {"twin": asdict(ingested) if ingested else None}


def connection(report: ConnectionReport) -> Json:
    """`twin test`."""
    return asdict(report)


def explanation(found: Row, subjects: list[Row], *, more: bool) -> Json:
    """`twin explain`."""
    return fact(found) | {"subjects": subjects, "more": more}


def hit(found: Hit) -> Json:
    """`twin search`."""
    return asdict(found)


def info(described: ConnectorInfo) -> Json:
    """A connector's manifest."""
    return asdict(described)


def connector(found: Connector, *, configured: bool, last_sync: Row | None) -> Json:
    """One row of `twin connectors`."""
    return {
        "name": found.info.name,
        "title": found.info.title,
        "category": found.info.category,
        "summary": found.info.summary,
        "version": found.info.version,
        "provides": [provision.title for provision in found.info.provides],
        "distribution": found.distribution,
        "configured": configured,
        "last_sync": last_sync and {name: last_sync[name] for name in ("ended_at", "status")},
        "broken": None,
    }


def broken(found: Broken) -> Json:
    """A plugin that cannot be used, as a row of `twin connectors`."""
    return {"name": found.entry_point, "distribution": found.distribution, "broken": found.reason}


def ingested(found: Ingested) -> Json:
    """`twin enrich`."""
    return asdict(found)
