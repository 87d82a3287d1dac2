"""The twin's database: facts with their history, gaps over time, events once each, syncs.

A store opened to read is of one moment, whatever others write meanwhile, and writes nothing.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import orjson
from attrs import asdict

from twin_host.asking.catalogue import KnownList
from twin_host.contract import DatasetReport, SyncReport
from twin_host.database import WAIT_S, attach_to_read, open_to_read, open_to_write, told
from twin_host.errors import HostError
from twin_host.event_filter import EventFilter
from twin_host.known import (
    EventCount,
    Freshness,
    KnownEvent,
    KnownFact,
    KnownGap,
    PastSync,
    Reading,
    event_count,
    is_quiet,
    is_same,
    iso,
    judged,
    known_event,
    known_fact,
    known_gap,
    known_list,
    past_sync,
    reading,
)

MIGRATIONS = ("schema.sql", *(f"schema_{number}.sql" for number in range(2, 7)))
"""Each brings the database one version further; never changed, only added to."""

FACTS = "SELECT * FROM fact ORDER BY source, key"
GAPS = "SELECT * FROM gap WHERE closed_at IS NULL OR ?"
CHOSEN_EVENTS = """
FROM event WHERE (:severity IS NULL OR severity = :severity)
    AND (:category IS NULL OR category = :category) AND (:outcome IS NULL OR outcome = :outcome)
    AND (:source IS NULL OR source = :source)
    AND (:since IS NULL OR time >= :since) AND (:until IS NULL OR time < :until)
    AND (:actor IS NULL OR instr(lower(actor), lower(:actor)))
    AND (:target IS NULL OR EXISTS (SELECT 1 FROM json_each(targets) t
        WHERE instr(lower(t.value), lower(:target))))
    AND (:address IS NULL OR substr(source_ip, 1, length(:address)) = :address)
    AND (:words IS NULL
        OR number IN (SELECT rowid FROM search_event WHERE search_event MATCH :words))
"""
EVENTS = f"""
SELECT * {CHOSEN_EVENTS} ORDER BY time DESC, number DESC LIMIT :limit OFFSET :offset
"""
EVENTS_BETWEEN = f"""
SELECT * {CHOSEN_EVENTS} AND number > :after AND number <= :last ORDER BY number
"""
EVENT_COUNTS = f"""
SELECT substr(time, 1, :width) AS start, severity, count(*) AS count {CHOSEN_EVENTS}
GROUP BY 1, 2 ORDER BY 1
"""

Row = dict[str, Any]
Values = Sequence[Any] | Mapping[str, Any]


class Store:
    """An open twin database. Readers and one writer may have it open at once."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, freshness: Freshness | None = None
    ) -> None:
        self._db = connection
        self._path = path
        self._freshness = freshness

    @classmethod
    def to_read(
        cls, path: Path, *, freshness: Freshness | None = None, wait_s: float = WAIT_S
    ) -> Self:
        """The twin as it is now, and stays while it is open. Nothing is written, unless the file
        is of an older version and is brought up to date first; where there is none, none is made.
        With a `freshness`, a figure that is older is not called verified.

        Raises HostError when it cannot be opened.
        """
        if not path.exists():
            nothing = sqlite3.connect(":memory:", isolation_level=None)
            nothing.row_factory = sqlite3.Row
            return cls._prepared(nothing, path)
        with _explained(path):
            found = cls(open_to_read(path, wait_s=wait_s), path, freshness)
            with _closed_on_error(found):
                if found.version() == len(MIGRATIONS):
                    return found
        found.close()
        cls.to_write(path, wait_s=wait_s).close()
        with _explained(path):
            return cls(open_to_read(path, wait_s=wait_s), path, freshness)

    @classmethod
    def to_write(cls, path: Path, *, wait_s: float = WAIT_S) -> Self:
        """The twin, made when there is none. Raises HostError when it cannot be opened."""
        with _explained(path):
            return cls._prepared(open_to_write(path, wait_s=wait_s), path)

    @classmethod
    def _prepared(cls, connection: sqlite3.Connection, path: Path) -> Self:
        found = cls(connection, path)
        with _closed_on_error(found):
            found._migrate()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            raise told(f"The twin {self._path}", error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- reading --------------------------------------------------------------------------------

    def facts(self) -> list[KnownFact]:
        """Every fact; a declared one that a source contradicts is marked so."""
        found = [known_fact(row) for row in self.rows(FACTS)]
        declared = [judged(row, found) for row in self.rows("SELECT * FROM declared")]
        if self._freshness:
            found = [self._freshness.shown(fact) for fact in found]
        return found + declared

    def history(self, key: str) -> list[Reading]:
        """How a figure moved, oldest first."""
        sql = "SELECT * FROM reading WHERE key = ? ORDER BY as_of, definition_version"
        return [reading(row) for row in self.rows(sql, (key,))]

    def gaps(self, *, closed_too: bool = False) -> list[KnownGap]:
        """Open gaps, worst first; with `closed_too` those that were."""
        found = [known_gap(row) for row in self.rows(GAPS, (closed_too,))]
        return sorted(found, key=lambda gap: (gap.severity.rank, -gap.count, gap.id, gap.source))

    def gap(self, source: str, gap_id: str) -> KnownGap | None:
        """One gap, open or closed."""
        found = self.rows("SELECT * FROM gap WHERE source = ? AND id = ?", (source, gap_id))
        return known_gap(found[0]) if found else None

    def events(
        self, wanted: EventFilter | None = None, *, limit: int = -1, offset: int = 0
    ) -> Iterator[KnownEvent]:
        """Events, newest first."""
        chosen = asdict(wanted or EventFilter()) | {"limit": limit, "offset": offset}
        for row in self._db.execute(EVENTS, chosen):
            yield known_event(row)

    def events_between(self, after: int, last: int, wanted: EventFilter) -> Iterator[KnownEvent]:
        """Those after one number up to another, in the order in which the twin learnt of them."""
        chosen = asdict(wanted) | {"after": after, "last": last}
        for row in self._db.execute(EVENTS_BETWEEN, chosen):
            yield known_event(row)

    def event_counts(self, wanted: EventFilter, *, width: int) -> list[EventCount]:
        """How many events of each severity began with each `start`, the first `width` characters
        of their times: 10 for days, 13 for hours."""
        found = self.rows(EVENT_COUNTS, asdict(wanted) | {"width": width})
        return [event_count(row) for row in found]

    def event(self, source: str, event_id: str) -> KnownEvent | None:
        """One event."""
        sql = "SELECT * FROM event WHERE source = ? AND id = ?"
        found = self.rows(sql, (source, event_id))
        return known_event(found[0]) if found else None

    def newest_event(self) -> int:
        """The number of the event that the twin learnt of last; 0 when there is none."""
        return self.number("SELECT coalesce(max(number), 0) FROM event")

    def event_numbered(self, number: int) -> str:
        """The id of an event; empty when it is not kept any more, or never was."""
        found = self.rows("SELECT id FROM event WHERE number = ?", (number,))
        return str(found[0]["id"]) if found else ""

    def events_after(self, source: str, number: int, *, limit: int) -> list[KnownEvent]:
        """The first events of a source that the twin learnt of after that one."""
        sql = "SELECT * FROM event WHERE number > ? AND source = ? ORDER BY number LIMIT ?"
        return [known_event(row) for row in self.rows(sql, (number, source, limit))]

    def count_after(self, source: str, number: int) -> int:
        """How many there are in all."""
        sql = "SELECT count(*) AS n FROM event WHERE number > ? AND source = ?"
        return int(self.rows(sql, (number, source))[0]["n"])

    def event_values(self, column: str) -> list[str]:
        """The different values of `severity`, `category`, `outcome` or `source`."""
        sql = f"SELECT DISTINCT {column} AS value FROM event WHERE {column} <> '' ORDER BY 1"
        return [row["value"] for row in self.rows(sql)]

    def lists(self) -> list[KnownList]:
        """What each connector can be asked."""
        found = self.rows("SELECT source, definition FROM list ORDER BY source, place")
        return [known_list(row) for row in found]

    def bookmark(self, source: str) -> str:
        """Up to where a source has told the events that are kept; empty when it was not said."""
        found = self.rows("SELECT bookmark FROM bookmark WHERE source = ?", (source,))
        return str(found[0]["bookmark"]) if found else ""

    def syncs(self, source: str, *, limit: int) -> list[PastSync]:
        """The last syncs of a connector, newest first."""
        sql = "SELECT * FROM sync WHERE source = ? ORDER BY number DESC LIMIT ?"
        return [past_sync(row) for row in self.rows(sql, (source, limit))]

    def last_sync(self, source: str) -> PastSync | None:
        """The last sync of a connector, with its report."""
        return next(iter(self.syncs(source, limit=1)), None)

    def last_datasets(self, source: str) -> Mapping[str, DatasetReport]:
        """How each dataset of a connector's last sync ended."""
        last = self.last_sync(source)
        return last.report.datasets if last else {}

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """The rows of a query."""
        return [dict(row) for row in self._db.execute(sql, values)]

    def stream(self, sql: str, values: Values = ()) -> Iterator[Row]:
        """The same one by one."""
        for row in self._db.execute(sql, values):
            yield dict(row)

    def number(self, sql: str) -> int:
        """The single number that a query gives."""
        return int(self._db.execute(sql).fetchone()[0])

    def version(self) -> int:
        """How many of the migrations the file has had. Raises HostError for more than there are."""
        found = self.number("PRAGMA user_version")
        if found > len(MIGRATIONS):
            raise HostError(
                f"The twin {self._path} was written by a newer version: upgrade twin-host."
            )
        return found

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Generator[None]:
        """What is written in the block is kept all of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def write(self, sql: str, rows: Iterable[Values]) -> int:
        """Run one statement for each row; how many rows were written or deleted."""
        return max(self._db.executemany(sql, rows).rowcount, 0)

    def execute(self, sql: str) -> None:
        """Run one statement."""
        self._db.execute(sql)

    def function(self, name: str, of: Callable[..., Any]) -> None:
        """Let SQL call a function of any number of values, which for the same gives the same."""
        self._db.create_function(name, -1, of, deterministic=True)

    @contextmanager
    def beside(self, name: str, path: Path) -> Generator[None]:
        """Another database to read from within the block, under a name."""
        try:
            attach_to_read(self._db, name, path)
        except sqlite3.Error as error:
            raise told(f"The snapshot of {name}", error) from error
        try:
            yield
        finally:
            self._db.execute(f'DETACH "{name}"')

    def declare(self, key: str, value: str, now: datetime) -> None:
        """Keep what a person says is so."""
        self.write("INSERT OR REPLACE INTO declared VALUES (?, ?, ?)", [(key, value, iso(now))])

    def take_back(self, key: str) -> None:
        """Forget what a person said of this."""
        self.write("DELETE FROM declared WHERE key = ?", [(key,)])

    def keep_sync(self, source: str, report: SyncReport, now: datetime) -> None:
        """Remember how a sync ended; in the place of the last one when both found nothing new, so
        that looking often leaves no long history of nothing."""
        last = self.last_sync(source)
        if last and is_quiet(last.report) and is_same(report, last.report):
            self.write("DELETE FROM sync WHERE number = ?", [(last.number,)])
        self.write(
            "INSERT INTO sync (source, ended_at, status, report) VALUES (?, ?, ?, ?)",
            [(source, iso(now), report.status, orjson.dumps(asdict(report)).decode())],
        )

    def replace_knowledge(self, rows: Iterable[Sequence[str]]) -> None:
        """Index anew everything but the events: kind, source, reference, title, body."""
        with self.together():
            self._db.execute("DELETE FROM search_knowledge")
            self.write("INSERT INTO search_knowledge VALUES (?, ?, ?, ?, ?)", rows)

    def _migrate(self) -> None:
        if self.version() == len(MIGRATIONS):
            return
        self._db.execute("BEGIN IMMEDIATE")  # and look again: another may have been faster
        for number, name in enumerate(MIGRATIONS[self.version() :], start=self.version() + 1):
            for statement in _statements(name):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {number}")
        self._db.execute("COMMIT")


@contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise told(f"The twin {path}", error) from error


@contextmanager
def _closed_on_error(store: Store) -> Generator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise


def _statements(name: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit between them."""
    script = files("twin_host").joinpath(name).read_text(encoding="utf-8")
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
