"""What is read on its way into the snapshot.

The rows of a list belong to a generation: the next one is written beside the one that is shown and
replaces it when the list was read to its end. The rows that hang on a subject are staged in a table
of their own, in the order in which they come, and replace the shown ones when all of the subject's
were read: ids come in no order, and a page of them put where each belongs would write a page of the
file for every row.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Self

from attrs import frozen

from twin_okta.api.structure import Unreadable
from twin_okta.changes import Difference, Telling
from twin_okta.datasets import DATASETS
from twin_okta.schema import staged
from twin_okta.snapshot import Record, Snapshot

SHOWN = 1
"""The generation of the rows that hang on a subject."""
PASSING = -1
"""The generation of rows that take their place before anybody sees them."""

BEGIN = "UPDATE dataset SET reading = ?, started_at = ? WHERE name = ?"
SHOW = """
UPDATE dataset SET shown = reading, reading = 0, as_of = started_at,
    unreadable = (SELECT count(*) FROM unreadable WHERE dataset = name) WHERE name = ?
"""
STARTED_AT = "SELECT started_at FROM dataset WHERE name = ?"
OF_LIST = "SELECT shown, reading FROM dataset WHERE name = ?"
IN_ORDER = """
INSERT OR REPLACE INTO {table} SELECT * FROM {staged} WHERE {its} ORDER BY {key}, rowid
"""


@frozen
class Reading:
    """One generation of a dataset's lists."""

    snapshot: Snapshot
    dataset: str
    generation: int

    @classmethod
    def next(cls, snapshot: Snapshot, dataset: str, started_at: str) -> Self:
        """Start the next generation; what an earlier reading left unfinished goes."""
        ((shown, unfinished),) = snapshot.rows(OF_LIST, (dataset,))
        reading = cls(snapshot, dataset, max(shown, unfinished) + 1)
        with snapshot.together():
            reading._forget_all_but(shown)
            snapshot.write(BEGIN, [(reading.generation, started_at, dataset)])
        return reading

    @classmethod
    def unfinished(cls, snapshot: Snapshot, dataset: str) -> Self | None:
        """The generation that an earlier reading left unfinished."""
        ((_, reading),) = snapshot.rows(OF_LIST, (dataset,))
        return cls(snapshot, dataset, reading) if reading else None

    @classmethod
    def shown(cls, snapshot: Snapshot, dataset: str) -> Self:
        """The generation that is shown; 0 where there is none."""
        return cls(snapshot, dataset, snapshot.rows(OF_LIST, (dataset,))[0][0])

    def promote(self) -> Difference:
        """Show what was read to its end, and forget the generation before; how they differ. It is
        as old as the beginning of its reading."""
        before = Reading.shown(self.snapshot, self.dataset)
        with self.snapshot.together():
            differ = sum((self._against(before, table) for table in self._tables()), Difference())
            self._forget_all_but(self.generation)
            self.snapshot.write(SHOW, [(self.dataset,)])
        return differ

    def store(self, table: str, rows: Iterable[Record]) -> None:
        """Write rows of this generation; all of them have the same columns."""
        store(self.snapshot, table, self.generation, rows)

    def put(
        self, table: str, column: str, ids: Iterable[str], rows: Iterable[Record], telling: Telling
    ) -> Difference:
        """Have these rows instead of those whose column names one of the ids."""
        which = (
            f"generation = {self.generation} AND {column} IN (SELECT value FROM json_each(:ids))"
        )
        values = {"ids": json.dumps(list(ids))}
        return put(telling, table, which, values, rows, generation=self.generation)

    def leave_out(self, records: Iterable[Unreadable]) -> None:
        """Count records that could not be understood."""
        self.snapshot.write(
            "INSERT INTO unreadable VALUES (?, ?, ?, ?)",
            [(self.dataset, self.generation, record.id, record.reason) for record in records],
        )

    def count(self) -> int:
        """How many rows of the dataset's first table there are."""
        dataset = DATASETS[self.dataset]
        table = dataset.tables[0]
        generation = SHOWN if table in dataset.hang_on else self.generation
        sql = f"SELECT count(*) FROM {table} WHERE generation = ?"
        return self.snapshot.number(sql, (generation,))

    def _against(self, before: "Reading", table: str) -> Difference:
        if not before.generation:
            return Difference(appeared=self.count())
        ((started_at,),) = self.snapshot.rows(STARTED_AT, (self.dataset,))
        return Telling(self.snapshot, self.dataset, started_at).compare(
            table,
            now=f"generation = {self.generation}",
            before=f"generation = {before.generation}",
        )

    def _tables(self) -> tuple[str, ...]:
        return DATASETS[self.dataset].listed

    def _forget_all_but(self, generation: int) -> None:
        for table in self._tables():
            self.snapshot.write(f"DELETE FROM {table} WHERE generation <> ?", [(generation,)])
        self.snapshot.write(
            "DELETE FROM unreadable WHERE dataset = ? AND generation <> ?",
            [(self.dataset, generation)],
        )


def store(snapshot: Snapshot, table: str, generation: int, rows: Iterable[Record]) -> None:
    """Write rows of one generation; all of them have the same columns."""
    records = [{"generation": generation, **row} for row in rows]
    if records:
        snapshot.write(_insert(table, tuple(records[0])), records)


def stage(snapshot: Snapshot, table: str, rows: Iterable[Record]) -> None:
    """Keep rows of a subject whose list goes on; all of them have the same columns."""
    store(snapshot, staged(table), SHOWN, rows)


def replace(telling: Telling, table: str, key: Record, *, compare: bool) -> Difference:
    """Show the staged rows of a subject instead of those that are shown; how they differ, if that
    is to be worked out."""
    snapshot = telling.snapshot
    its = " AND ".join(f"{column} = :{column}" for column in key)
    columns = snapshot.rows(f"PRAGMA table_info({table})")
    in_order = ", ".join(name for _, name, *_, place in columns if place)
    take = IN_ORDER.format(table=table, staged=staged(table), its=its, key=in_order)
    shown, passing = (f"generation = {each} AND {its}" for each in (SHOWN, PASSING))
    with snapshot.together():
        differ = Difference()
        if compare:
            snapshot.write(f"UPDATE {staged(table)} SET generation = {PASSING} WHERE {its}", [key])
            snapshot.write(take, [key])
            differ = telling.compare(table, now=passing, before=shown, values=key)
            snapshot.write(f"DELETE FROM {table} WHERE {shown}", [key])
            snapshot.write(f"UPDATE {table} SET generation = {SHOWN} WHERE {passing}", [key])
        else:
            snapshot.write(f"DELETE FROM {table} WHERE {shown}", [key])
            snapshot.write(take, [key])
        forget_staged(snapshot, table, key)
    return differ


def put(
    telling: Telling,
    table: str,
    which: str,
    values: Record,
    rows: Iterable[Record],
    *,
    generation: int = SHOWN,
) -> Difference:
    """Have these rows instead of those that meet a condition; how they differ."""
    snapshot, now = telling.snapshot, f"generation = {PASSING}"
    with snapshot.together():
        store(snapshot, table, PASSING, rows)
        differ = telling.compare(table, now=now, before=which, values=values)
        snapshot.write(f"DELETE FROM {table} WHERE {which}", [values])
        snapshot.write(f"UPDATE {table} SET generation = {generation} WHERE {now}", [()])
    return differ


def forget(snapshot: Snapshot, table: str, key: Record) -> None:
    """Nothing is known of a subject any more."""
    its = "".join(f" AND {column} = :{column}" for column in key)
    snapshot.write(f"DELETE FROM {table} WHERE generation = {SHOWN}{its}", [key])
    forget_staged(snapshot, table, key)


def forget_staged(snapshot: Snapshot, table: str, key: Record) -> None:
    """What was read of a subject that was not read to its end goes."""
    its = " AND ".join(f"{column} = :{column}" for column in key)
    snapshot.write(f"DELETE FROM {staged(table)} WHERE {its}", [key])


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    places = ", ".join(f":{column}" for column in columns)
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({places})"
