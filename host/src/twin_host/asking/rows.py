"""The rows of a list: all that fit, or a page that begins where another ended.

A page costs the same wherever it is, since it begins at a place in an index. What fits is found at
once where many do, or an index leads there; else the list is looked through a piece at a time, so
that an answer comes in time and says how far it got.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import frozen

from twin_host.asking.catalogue import Kind
from twin_host.asking.conditions import Condition
from twin_host.asking.tables import quoted
from twin_host.contract import ColumnType
from twin_host.database import as_text, told
from twin_host.errors import HostError, UsageError

PIECE = 5_000
"""So many rows are looked through before the clock is looked at."""
AT_ONCE_S = 0.04
"""How long SQLite may look for a whole page by itself, before pieces are looked through."""
LOOK_EVERY = 5_000
"""How many steps of SQLite's machine pass between two looks at the clock."""
PATIENCE_S = 0.1
"""How long a page may look for rows that fit, from its second piece on."""

Value = str | int | float | None
Row = dict[str, Any]
Place = tuple[Value, ...]
"""The values of the columns by which a list is sorted, in the row at which a page ended."""


@frozen(kw_only=True)
class Question:
    """What is asked of a list. `sort` is a column; None for the list's own order."""

    kind: Kind
    where: Sequence[Condition] = ()
    columns: Sequence[str] = ()
    sort: str | None = None
    descending: bool | None = None

    @property
    def by(self) -> tuple[str, ...]:
        """The columns by which it is sorted, each once; what tells rows apart is among them."""
        found = self.kind.about
        return tuple(dict.fromkeys((self.sort or found.order[0], *found.key)))

    @property
    def falls(self) -> bool:
        """Whether the largest comes first."""
        own = self.kind.about.descending and self.sort in (None, self.kind.about.order[0])
        return own if self.descending is None else self.descending

    @property
    def selected(self) -> tuple[str, ...]:
        """The columns that are asked for, all of them unless some are named."""
        return tuple(self.columns) or tuple(self.kind.names)

    def place(self, row: Row) -> Place:
        """Where a row stands in the order."""
        return tuple(int(v) if isinstance(v := row[name], bool) else v for name in self.by)

    def checked(self) -> "Question":
        """The same. Raises UsageError for a column that the list has not."""
        for name in (*self.columns, *([self.sort] if self.sort else ())):
            self.kind.column(name)
        return self


@frozen
class Page:
    """Some rows, and the place at which the next page begins, None at the end. `looked_at` is set
    where the page ended for lack of time, and says how many rows it looked through."""

    rows: Sequence[Row]
    next: Place | None = None
    looked_at: int | None = None


@frozen
class Asker:
    """Questions of an open connection."""

    connection: sqlite3.Connection
    patience_s: float = PATIENCE_S
    monotonic: Callable[[], float] = time.monotonic

    def rows(self, question: Question, *, limit: int | None = None) -> Iterator[Row]:
        """All rows that fit, in order."""
        sql, values = _select(question, question.selected, question.where)
        order = _order(question)
        yield from self._read(
            question, f"{sql} ORDER BY {order} LIMIT ?", (*values, -1 if limit is None else limit)
        )

    def count(self, question: Question, *, most: int | None = None) -> int:
        """How many rows fit; where `most` is given, one more than that stands for any more."""
        where, values = _where(question.where)
        limit = -1 if most is None else most + 1  # without any, SQLite reads what a row never needs
        sql = f"SELECT 1 FROM {quoted(question.kind.table)}{where} LIMIT {limit:d}"
        (row,) = self._execute(question.kind, f"SELECT count(*) AS n FROM ({sql})", values)
        return int(row["n"])

    def page(self, question: Question, *, size: int, after: Place | None = None) -> Page:
        """The first rows that fit after a place. Raises UsageError for a place of another list."""
        if after is not None and len(after) != len(question.by):
            raise UsageError("This page is of another list: begin at the first one.")
        if not question.where:
            rows = list(self._after(question, question.selected, after, limit=size + 1))
            return self._cut(question, rows, size)
        rows = self._at_once(question, after, limit=size + 1)
        if rows is not None:
            return self._cut(question, rows, size)
        return self._looked_through(question, size, after)

    def _at_once(self, question: Question, after: Place | None, *, limit: int) -> list[Row] | None:
        """The rows that fit; None where they are not found in time."""
        end_s = self.monotonic() + AT_ONCE_S
        self.connection.set_progress_handler(lambda: self.monotonic() > end_s, LOOK_EVERY)
        try:
            return list(self._after(question, question.selected, after, limit=limit))
        except HostError:
            if self.monotonic() > end_s:
                return None
            raise
        finally:
            self.connection.set_progress_handler(None, 0)

    def _looked_through(self, question: Question, size: int, after: Place | None) -> Page:
        """Piece by piece, each of which is looked through before it is decided to go on."""
        began_s, looked_at, found = self.monotonic(), 0, list[Row]()
        while True:
            piece = list(self._piece(question, after))
            looked_at += len(piece)
            fits = [row for row in piece if row.pop("fits")]
            found += fits
            if len(found) > size or len(piece) < PIECE:
                return self._cut(question, self._whole(question, found[: size + 1]), size)
            after = question.place(piece[-1])
            if self.monotonic() - began_s > self.patience_s:
                shown = self._cut(question, self._whole(question, found), size).rows
                return Page(shown, after, looked_at)

    def _piece(self, question: Question, after: Place | None) -> Iterator[Row]:
        """The sort columns of the next rows, each with whether it fits."""
        conditions, values = _all_hold(question.where)
        columns = ", ".join(map(quoted, question.by))
        chosen = f"{columns}, ({conditions}) IS TRUE AS fits"
        yield from self._segments(question, (chosen, "TRUE"), values, after, PIECE)

    def _whole(self, question: Question, rows: Sequence[Row]) -> list[Row]:
        """Those rows with all columns that are asked for."""
        found = list[Row]()
        key = question.kind.about.key
        for row in rows:
            condition = Condition(
                " AND ".join(f"{quoted(name)} IS ?" for name in key),
                tuple(row[name] for name in key),
            )
            columns = tuple(dict.fromkeys((*question.selected, *question.by)))
            sql, values = _select(question, columns, [condition])
            found += self._read(question, f"{sql} LIMIT 1", values)
        return found

    def _cut(self, question: Question, rows: list[Row], size: int) -> Page:
        shown = [{name: row[name] for name in question.selected} for row in rows[:size]]
        place = question.place(rows[size - 1]) if len(rows) > size else None
        return Page(shown, place)

    def _after(
        self, question: Question, columns: Sequence[str], after: Place | None, *, limit: int
    ) -> Iterator[Row]:
        chosen = ", ".join(map(quoted, dict.fromkeys((*columns, *question.by))))
        where, values = _all_hold(question.where)
        yield from self._segments(question, (chosen, where), values, after, limit)

    def _segments(
        self,
        question: Question,
        asked: tuple[str, str],
        values: tuple[Value, ...],
        after: Place | None,
        limit: int,
    ) -> Iterator[Row]:
        """The rows after a place, as `asked` for: what of which. Nothing compares with NULL, so
        that those which have none in the sort column are asked for by themselves: they come first,
        or last when it falls."""
        table, order, (chosen, which) = quoted(question.kind.table), _order(question), asked
        for where, placed in _behind(question, after):
            sql = f"SELECT {chosen} FROM {table} WHERE {which} AND {where} ORDER BY {order} LIMIT ?"
            for row in self._read(question, sql, (*values, *placed, limit)):
                limit -= 1
                yield row
            if not limit:
                return

    def _read(self, question: Question, sql: str, values: Sequence[Value]) -> Iterator[Row]:
        yes_or_no = {
            column.name
            for column in question.kind.about.columns
            if column.type is ColumnType.BOOLEAN
        }
        for row in self._execute(question.kind, sql, values):
            yield {name: _shown(row[name], yes_or_no=name in yes_or_no) for name in row.keys()}  # noqa: SIM118

    def _execute(self, kind: Kind, sql: str, values: Sequence[Value]) -> Iterator[sqlite3.Row]:
        try:
            yield from self.connection.execute(sql, values)
        except sqlite3.Error as error:
            raise _explained(kind, error) from error


def _select(
    question: Question, columns: Sequence[str], conditions: Sequence[Condition]
) -> tuple[str, tuple[Value, ...]]:
    where, values = _where(conditions)
    chosen = ", ".join(map(quoted, columns))
    return f"SELECT {chosen} FROM {quoted(question.kind.table)}{where}", values


def _where(conditions: Sequence[Condition]) -> tuple[str, tuple[Value, ...]]:
    sql, values = _all_hold(conditions)
    return f" WHERE {sql}" if conditions else "", values


def _all_hold(conditions: Sequence[Condition]) -> tuple[str, tuple[Value, ...]]:
    sql = " AND ".join(f"({condition.sql})" for condition in conditions)
    return sql or "TRUE", tuple(value for each in conditions for value in each.values)


def _order(question: Question) -> str:
    way = " DESC" if question.falls else ""
    return ", ".join(f"{quoted(name)}{way}" for name in question.by)


def _behind(question: Question, after: Place | None) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """The conditions of what comes after a place, in the order in which they are asked."""
    first, *rest = map(quoted, question.by)
    if after is None:
        yield "TRUE", ()
        return
    sign = "<" if question.falls else ">"
    value, *others = after
    same = ", ".join(rest)
    if value is None:
        further = f" AND ({same}) {sign} ({', '.join('?' * len(others))})" if rest else " AND FALSE"
        yield f"{first} IS NULL{further}", tuple(others)
        if not question.falls:
            yield f"{first} IS NOT NULL", ()
        return
    columns = ", ".join((first, *rest))
    yield f"({columns}) {sign} ({', '.join('?' * len(after))})", after
    if question.falls:
        yield f"{first} IS NULL", ()


def _shown(value: Any, *, yes_or_no: bool) -> Any:
    return bool(value) if yes_or_no and value in (0, 1) else as_text(value)


def _explained(kind: Kind, error: sqlite3.Error) -> HostError:
    sources = " and ".join(member.source for member in kind.members)
    return told(f"The snapshot of {sources}", error)
