"""Who and what is behind a figure, a gap or an event: asked of the connector's own snapshot when it
is shown, since a copy of everybody would not fit."""

import sqlite3
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Self

from attrs import define, field, frozen

from twin_host.database import as_text, open_to_read, told
from twin_host.errors import HostError

SNAPSHOT = "snapshot.db"
LOOK_EVERY = 10_000
"""How many steps of SQLite's machine pass between two looks at the clock."""

Row = dict[str, Any]


class NotListable(HostError):
    """The snapshot cannot say who is behind a figure; the figure itself stands."""


class Late(NotListable):
    """Nobody was found, or all of them, in the time that there was."""


@frozen
class First:
    """The first of those behind a figure; `problem` says why they could not be listed, and `late`
    that there was no time for it."""

    rows: Sequence[Row] = ()
    more: bool = False
    problem: str = ""
    late: bool = False


@define
class Listing:
    """Those behind a figure, one after the other. `problem` is set once they cannot be listed (any
    further), and `more` once some were left out."""

    _rows: Iterator[Row]
    problem: str = ""
    more: bool = False
    late: bool = False

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self._rows
        except NotListable as error:
            self.problem, self.late = str(error), isinstance(error, Late)

    def first(self, limit: int) -> First:
        """At most `limit` of them."""
        rows = list(islice(self, limit + 1))
        self.more = len(rows) > limit
        return First(rows[:limit], self.more, self.problem, self.late)

    def up_to(self, limit: int | None) -> Iterator[Row]:
        """The same without holding them; all of them for None."""
        for number, row in enumerate(self):
            if number == limit:
                self.more = True
                return
            yield row


@define
class Patience:
    """How long queries may take: until `ends_s` on the monotonic clock, or for ever."""

    ends_s: float | None = None

    def is_over(self) -> bool:
        """Whether they are to give up."""
        return self.ends_s is not None and time.monotonic() > self.ends_s


@frozen
class Snapshots:
    """The connectors' snapshots, each opened read-only at its first query and of one moment."""

    folder: Path
    _open: dict[str, sqlite3.Connection] = field(factory=dict[str, sqlite3.Connection])
    _patience: Patience = field(factory=Patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for connection in self._open.values():
            connection.close()

    def listing(self, source: str, query: str) -> Listing:
        """The subjects of a query over a connector's snapshot."""
        rows = self._rows(source, f"SELECT * FROM ({query})", {})
        try:
            first = list(islice(rows, 1))
        except NotListable as error:
            return Listing(iter(()), problem=str(error), late=isinstance(error, Late))
        return Listing(_both(first, rows))

    @contextmanager
    def until(self, ends_s: float) -> Generator[None]:
        """What is asked within gives up at that time of the monotonic clock."""
        self._patience.ends_s = ends_s
        try:
            yield
        finally:
            self._patience.ends_s = None

    def holds(self, source: str, query: str, subject: str) -> bool:
        """Whether a query over a connector's snapshot lists that id. Raises Late."""
        try:
            sql = f"SELECT 1 AS n FROM ({query}) WHERE id = :id"
            rows = self._rows(source, sql, {"id": subject})
            return next(rows, None) is not None
        except Late:
            raise
        except NotListable:
            return False

    def entry(self, source: str, query: str, event_id: str) -> str | None:
        """What `ConnectorInfo.event_entry` gives for an event; None where it is no longer kept."""
        try:
            found = next(self._rows(source, query, {"id": event_id}), None)
        except NotListable:
            return None
        value = next(iter(found.values()), None) if found else None
        return value if isinstance(value, str) else None

    def _rows(self, source: str, query: str, values: Mapping[str, str]) -> Iterator[Row]:
        try:
            for row in self._connection(source).execute(query, values):
                yield {name: as_text(row[name]) for name in row.keys()}  # noqa: SIM118
        except (sqlite3.Error, sqlite3.Warning) as error:
            if self._patience.is_over():
                raise Late("It takes longer than this.") from error
            raise NotListable(str(told(f"The snapshot of {source}", error))) from error

    def _connection(self, source: str) -> sqlite3.Connection:
        if source not in self._open:
            path = self.folder / source / SNAPSHOT
            if not path.exists():
                raise NotListable(f"There is no snapshot of {source} that could be asked.")
            try:
                connection = self._open[source] = open_to_read(path)
            except sqlite3.Error as error:
                raise NotListable(str(told(f"The snapshot of {source}", error))) from error
            connection.set_progress_handler(self._patience.is_over, LOOK_EVERY)
        return self._open[source]


def _both(first: list[Row], rest: Iterator[Row]) -> Iterator[Row]:
    yield from first
    yield from rest
