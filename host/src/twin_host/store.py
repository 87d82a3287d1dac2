"""The twin's database: facts with their history, gaps over time, events once each, syncs."""

import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import orjson
from attrs import asdict, frozen

from twin_host.contract import Confidence, Enrichment, Fact, Gap, SecurityEvent, SyncReport
from twin_host.errors import HostError
from twin_host.event_filter import EventFilter

MIGRATIONS = ("schema.sql",)
"""Each brings the database one version further; never changed, only added to."""

KEEP_FACT = """
INSERT INTO fact VALUES (:source, :key, :value, :confidence, :as_of, :evidence)
"""
KEEP_HISTORY = """
INSERT INTO fact_history VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    value = excluded.value, confidence = excluded.confidence
"""
KEEP_GAP = """
INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET
    severity = excluded.severity, title = excluded.title, nist = excluded.nist,
    remedy = excluded.remedy, as_of = excluded.as_of, complete = excluded.complete,
    opened_at = CASE WHEN gap.closed_at IS NULL THEN gap.opened_at ELSE excluded.opened_at END,
    changed_at = CASE WHEN gap.subjects = excluded.subjects AND gap.closed_at IS NULL
        THEN gap.changed_at ELSE excluded.changed_at END,
    count = excluded.count, subjects = excluded.subjects, closed_at = NULL
"""
CLOSE_GAP = """
UPDATE gap SET count = 0, subjects = '[]', as_of = ?, complete = ?, changed_at = ?, closed_at = ?
WHERE source = ? AND id = ? AND closed_at IS NULL
"""
KEEP_EVENT = """
INSERT INTO event (source, id, time, event_type, severity, category, title, outcome, reason, actor,
    targets, source_ip, country, mitre, raw)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
FACTS = "SELECT source, key, value, confidence, as_of, evidence FROM fact ORDER BY source, key"
GAPS = """
SELECT * FROM gap WHERE closed_at IS NULL OR ?
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2
    WHEN 'low' THEN 3 ELSE 4 END, count DESC, id
"""
CHOSEN_EVENTS = """
FROM event WHERE (:severity IS NULL OR severity = :severity)
    AND (:category IS NULL OR category = :category) AND (:outcome IS NULL OR outcome = :outcome)
    AND (:source IS NULL OR source = :source)
    AND (:since IS NULL OR time >= :since) AND (:until IS NULL OR time < :until)
    AND (:words IS NULL
        OR number IN (SELECT rowid FROM search_event WHERE search_event MATCH :words))
"""
EVENTS = f"""
SELECT * {CHOSEN_EVENTS} ORDER BY time DESC, number DESC LIMIT :limit OFFSET :offset
"""
EVENT_COUNTS = f"""
SELECT substr(time, 1, :width) AS start, severity, count(*) AS count {CHOSEN_EVENTS}
GROUP BY 1, 2 ORDER BY 1
"""

Row = dict[str, Any]
Values = Sequence[Any] | Mapping[str, Any]


@frozen
class Ingested:
    """What an enrichment changed."""

    facts: int
    open_gaps: int
    new_events: int


class Store:
    """An open twin database. Readers and one writer may have it open at once."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate(path)
        except sqlite3.DatabaseError as error:
            raise HostError(f"The twin {path} cannot be opened: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def ingest(self, source: str, enrichment: Enrichment, now: datetime) -> Ingested:
        """Take over everything a connector says, all of it or nothing."""
        with self._transaction():
            before = self._number("SELECT count(*) FROM event")
            self._replace_facts(source, enrichment.facts)
            for gap in enrichment.gaps:
                self._keep_gap(source, gap, iso(now))
            self._db.executemany(KEEP_EVENT, (_event_row(source, e) for e in enrichment.events))
            new_events = self._number("SELECT count(*) FROM event") - before
        open_gaps = self._number("SELECT count(*) FROM gap WHERE closed_at IS NULL")
        return Ingested(len(enrichment.facts), open_gaps, new_events)

    def declare(self, key: str, value: str, now: datetime) -> None:
        """Keep what a person says is so."""
        self._db.execute("INSERT OR REPLACE INTO declared VALUES (?, ?, ?)", (key, value, iso(now)))

    def take_back(self, key: str) -> None:
        """Forget what a person said of this."""
        self._db.execute("DELETE FROM declared WHERE key = ?", (key,))

    def keep_sync(self, source: str, report: SyncReport, now: datetime) -> None:
        """Remember how a sync ended."""
        text = orjson.dumps(asdict(report)).decode()
        self._db.execute(
            "INSERT INTO sync (source, ended_at, status, report) VALUES (?, ?, ?, ?)",
            (source, iso(now), report.status, text),
        )

    def facts(self) -> list[Row]:
        """Every fact; a declared one that a source contradicts is marked so."""
        found = [_decoded(row, "evidence") for row in self._rows(FACTS)]
        return found + [self._judge(row, found) for row in self._rows("SELECT * FROM declared")]

    def gaps(self, *, closed_too: bool = False) -> list[Row]:
        """Open gaps, worst first; with `closed_too` those that were."""
        return [_decoded(row, "subjects") for row in self._rows(GAPS, (closed_too,))]

    def events(
        self, wanted: EventFilter | None = None, *, limit: int = -1, offset: int = 0
    ) -> Iterator[Row]:
        """Events, newest first."""
        chosen = asdict(wanted or EventFilter()) | {"limit": limit, "offset": offset}
        for row in self._db.execute(EVENTS, chosen):
            yield _decoded(dict(row), "targets", "mitre")

    def event_counts(self, wanted: EventFilter, *, width: int) -> list[Row]:
        """How many events of each severity began with each `start`, the first `width` characters
        of their times: 10 for days, 13 for hours."""
        return self._rows(EVENT_COUNTS, asdict(wanted) | {"width": width})

    def event(self, source: str, event_id: str) -> Row | None:
        """One event."""
        sql = "SELECT * FROM event WHERE source = ? AND id = ?"
        found = self._rows(sql, (source, event_id))
        return _decoded(found[0], "targets", "mitre") if found else None

    def event_values(self, column: str) -> list[str]:
        """The different values of `severity`, `category`, `outcome` or `source`."""
        sql = f"SELECT DISTINCT {column} AS value FROM event WHERE {column} <> '' ORDER BY 1"
        return [row["value"] for row in self._rows(sql)]

    def gap(self, source: str, gap_id: str) -> Row | None:
        """One gap, open or closed."""
        found = self._rows("SELECT * FROM gap WHERE source = ? AND id = ?", (source, gap_id))
        return _decoded(found[0], "subjects") if found else None

    def syncs(self, source: str, *, limit: int) -> list[Row]:
        """The last syncs of a connector, newest first."""
        sql = "SELECT * FROM sync WHERE source = ? ORDER BY number DESC LIMIT ?"
        return [_decoded(row, "report") for row in self._rows(sql, (source, limit))]

    def history(self, key: str) -> list[Row]:
        """How a figure moved, oldest first."""
        return self._rows("SELECT * FROM fact_history WHERE key = ? ORDER BY as_of", (key,))

    def last_sync(self, source: str) -> Row | None:
        """The last sync of a connector, with its report."""
        return next(iter(self.syncs(source, limit=1)), None)

    def last_datasets(self, source: str) -> dict[str, Row]:
        """How each dataset of a connector's last sync ended."""
        last = self.last_sync(source)
        return last["report"]["datasets"] if last else {}

    def replace_knowledge(self, rows: Iterable[Sequence[str]]) -> None:
        """Index anew everything but the events: kind, source, reference, title, body."""
        with self._transaction():
            self._db.execute("DELETE FROM search_knowledge")
            self._db.executemany("INSERT INTO search_knowledge VALUES (?, ?, ?, ?, ?)", rows)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """The rows of a query."""
        return self._rows(sql, values)

    def _replace_facts(self, source: str, facts: Sequence[Fact]) -> None:
        self._db.execute("DELETE FROM fact WHERE source = ?", (source,))
        self._db.executemany(KEEP_FACT, (_encoded_fact(source, fact) for fact in facts))
        self._db.executemany(
            KEEP_HISTORY, ((source, f.key, iso(f.as_of), f.value, f.confidence) for f in facts)
        )

    def _keep_gap(self, source: str, gap: Gap, now: str) -> None:
        if not gap.count:
            closing = (iso(gap.as_of), gap.complete, now, now, source, gap.id)
            self._db.execute(CLOSE_GAP, closing)
            return
        subjects = orjson.dumps([dict(subject) for subject in gap.subjects]).decode()
        self._db.execute(
            KEEP_GAP,
            (
                source,
                gap.id,
                gap.severity,
                gap.title,
                gap.nist,
                gap.remedy,
                gap.count,
                subjects,
                iso(gap.as_of),
                gap.complete,
                now,
                now,
            ),
        )

    def _judge(self, declared: Row, facts: Sequence[Row]) -> Row:
        actual = [
            fact["value"]
            for fact in facts
            if fact["key"] == declared["key"] and fact["confidence"] == Confidence.VERIFIED
        ]
        contradicted = bool(actual) and declared["value"] not in actual
        confidence = Confidence.CONTRADICTED if contradicted else Confidence.DECLARED
        evidence = {"declared": declared["value"], "actual": actual[0]} if contradicted else {}
        return {
            "source": "declared",
            "key": declared["key"],
            "value": declared["value"],
            "confidence": str(confidence),
            "as_of": declared["declared_at"],
            "evidence": {"numerator": None, "denominator": None, "complete": True, **evidence},
        }

    def _migrate(self, path: Path) -> None:
        version = self._number("PRAGMA user_version")
        if version > len(MIGRATIONS):
            raise HostError(f"The twin {path} was written by a newer version: upgrade twin-host.")
        for number, name in enumerate(MIGRATIONS[version:], start=version + 1):
            script = files("twin_host").joinpath(name).read_text(encoding="utf-8")
            self._db.executescript(
                f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;"
            )

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _rows(self, sql: str, values: Values = ()) -> list[Row]:
        return [dict(row) for row in self._db.execute(sql, values)]

    def _number(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])


def iso(moment: datetime) -> str:
    """A moment as the twin writes it: ISO 8601, UTC, whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def fact_row(source: str, fact: Fact) -> Row:
    """A connector's fact as `Store.facts` gives it back."""
    return {
        "source": source,
        "key": fact.key,
        "value": fact.value,
        "confidence": str(fact.confidence),
        "as_of": iso(fact.as_of),
        "evidence": asdict(fact.evidence),
    }


def _encoded_fact(source: str, fact: Fact) -> Row:
    row = fact_row(source, fact)
    return row | {"evidence": orjson.dumps(row["evidence"]).decode()}


def _event_row(source: str, event: SecurityEvent) -> tuple[str, ...]:
    time = event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    targets, mitre = orjson.dumps(event.targets).decode(), orjson.dumps(event.mitre).decode()
    return (
        source, event.id, time, event.event_type, event.severity, event.category, event.title,
        event.outcome, event.reason, event.actor, targets, event.source_ip, event.country, mitre,
        event.raw,
    )  # fmt: skip


def _decoded(row: Row, *names: str) -> Row:
    return row | {name: orjson.loads(row[name]) for name in names}
