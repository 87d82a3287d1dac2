"""What appeared, went and became otherwise, put down where the rows that say so change.

`rules/changes.toml` says what is told of each table. Of a row that is missing people are told once
that is believed: the list is not doubted, and nothing of it was left out. Until then the change is
held, and if the row is found again nothing was ever the matter.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from attrs import frozen

from twin_okta.api.structure import NO_ID
from twin_okta.datasets import DATASETS
from twin_okta.differing import NOTHING, Found, Kind, differing, kinds
from twin_okta.snapshot import Record, Snapshot

MOST_CHANGES = 100_000
"""About 30 MB: when everybody in an org of 100,000 is moved, older changes are no news."""
PUT = """
INSERT INTO change (time, sync, dataset, kind, key, subject, id, label, change, "column", before,
    after, severity, is_held)
VALUES (?, coalesce((SELECT syncs FROM org), 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
HELD = """
SELECT number, before FROM change WHERE is_held AND kind = ? AND key = ? AND "column" IS ?
"""
FORGET = "DELETE FROM change WHERE number = ?"
WAS_LEFT_OUT = "SELECT 1 FROM unreadable WHERE dataset = ? AND id = ?"
NEW_COLUMN = 'SELECT 1 FROM new_column WHERE "table" = ? AND "column" = ?'
IS_TOLD = "SELECT told_since IS NOT NULL FROM dataset WHERE name = ?"
IS_NEWS = """
SELECT coalesce(:tried_in > d.told_from, 1) AND (:follows = '*' OR EXISTS (SELECT 1 FROM change c
    WHERE c.kind = :follows AND c.subject = :subject AND c.change = 'appeared'
        AND c.sync > coalesce(:tried_in - 1, d.told_since)))
FROM dataset d WHERE d.name = :dataset
"""
HAVE_GONE = """
{column} IN (SELECT c.subject FROM change c
    WHERE c.kind = '{follows}' AND c.change = 'went' AND NOT c.is_held)
"""
BELIEVE = f"""
UPDATE change SET is_held = 0, time = CASE WHEN sync = :sync THEN time ELSE :now END, sync = :sync
WHERE is_held AND dataset = :dataset AND change = 'went'
    AND (SELECT d.doubt FROM dataset d WHERE d.name = :dataset) = ''
    AND NOT EXISTS (SELECT 1 FROM unreadable u WHERE u.dataset = :dataset
        AND u.id IN (change.subject, '{NO_ID}'))
    AND NOT EXISTS (SELECT 1 FROM subject_read s WHERE s.dataset = :dataset
        AND s.subject = change.subject AND s.failure <> '')
"""
FROM_NOW_ON = """
UPDATE dataset SET told_since = o.syncs, told_from = coalesce(told_from, o.syncs) FROM org o
WHERE dataset.name IN (SELECT r.dataset FROM subject_read r WHERE r.subject = '*')
    AND dataset.name NOT IN (SELECT n.dataset FROM never_read n)
"""
FORGET_OLD = "DELETE FROM change WHERE time < ?"
FORGET_MORE = """
DELETE FROM change WHERE number <= (SELECT number FROM change ORDER BY number DESC LIMIT 1 OFFSET ?)
"""
UNTELL = "DELETE FROM change WHERE sync = (SELECT syncs FROM org) AND dataset = ?"


@frozen
class Difference:
    """How many rows there are now that were not, and were that are no more; a row that is otherwise
    than before is both."""

    appeared: int = 0
    went: int = 0

    def __bool__(self) -> bool:
        return bool(self.appeared or self.went)

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(self.appeared + other.appeared, self.went + other.went)


@frozen
class Telling:
    """What is told of a dataset, as a reading of that time finds it. Where a record is understood
    that never was before, nobody can say what has appeared: not `of_appeared`."""

    snapshot: Snapshot
    dataset: str
    at: str
    of_appeared: bool = True

    def is_told(self) -> bool:
        """Whether an earlier sync has left nothing of it unread."""
        return bool(self.snapshot.number(IS_TOLD, (self.dataset,)))

    def compare(
        self, table: str, *, now: str, before: str, values: Record | None = None
    ) -> Difference:
        """How the rows of a table under one condition differ from those under another, which is
        told."""
        kind = kinds().get(table)
        tells = kind is not None and self.is_told()
        sql = differing(self.snapshot, table, kind if tells else None, now, before)
        appeared = went = 0
        with self.snapshot.together():
            for row in self.snapshot.stream(sql, values or {}):
                found = Found(*row)
                appeared += found.change != "went"
                went += found.change != "appeared"
                if kind is not None and tells:
                    self._tell(kind, found)
        return Difference(appeared, went)

    def first_seen(self, table: str, key: Mapping[str, str], *, tried_in: int | None) -> None:
        """A subject was read for the first time: what hangs on it has appeared, if that is news.
        `tried_in` is the sync that first tried to, in vain."""
        kind = kinds().get(table)
        if kind is None or not self.is_told():
            return
        subject = {
            "dataset": self.dataset,
            "follows": kind.follows,
            "subject": key[DATASETS[self.dataset].hang_on[table]],
            "tried_in": tried_in,
        }
        if self.snapshot.number(IS_NEWS, subject):
            its = " AND ".join(f"{column} = :{column}" for column in key)
            self.compare(table, now=f"generation = 1 AND {its}", before=NOTHING, values=key)

    def last_seen(self, table: str, which: str, values: Record | None = None) -> None:
        """What is shown of some subjects is about to be forgotten: it has gone, if they have."""
        kind, column = kinds().get(table), DATASETS[self.dataset].hang_on[table]
        if kind is None or not self.is_told():
            return
        if kind.follows != "*":
            which += f" AND {HAVE_GONE.format(column=column, follows=kind.follows)}"
        self.compare(table, now=NOTHING, before=f"generation = 1 AND {which}", values=values)

    def _tell(self, kind: Kind, found: Found) -> None:
        if found.change == "changed":
            self._tell_of_columns(kind, found, found.before)
            return
        if found.change == "went":
            self._put(kind, found, None, found.before, None, found.severity, is_held=True)
            return
        for before in self._held(kind, found, None):
            self._tell_of_columns(kind, found, before)
            return
        left_out = self.snapshot.rows(WAS_LEFT_OUT, (self.dataset, found.subject))
        if self.of_appeared and not left_out:
            self._put(kind, found, None, None, found.after, found.severity)

    def _tell_of_columns(self, kind: Kind, found: Found, was: str | None) -> None:
        before, after = orjson.loads(was or "{}"), orjson.loads(found.after or "{}")
        severities = orjson.loads(found.severities)
        for column, severity in severities.items():
            old, new = before.get(column), after.get(column)
            is_known = kind.knows(column, new)
            if not kind.knows(column, old):
                old = next(self._held(kind, found, column), new)
            if old == new or (old is None and self._is_new(kind.table, column)):
                continue
            self._put(kind, found, column, old, new, severity, is_held=not is_known)

    def _held(self, kind: Kind, found: Found, column: str | None) -> Iterator[Any]:
        """What a thing or a column of it was before it was held to be missing; that is over."""
        for number, before in self.snapshot.rows(HELD, (kind.name, found.key, column)):
            self.snapshot.write(FORGET, [(number,)])
            yield before

    def _is_new(self, table: str, column: str) -> bool:
        return bool(self.snapshot.rows(NEW_COLUMN, (table, column)))

    def _put(
        self,
        kind: Kind,
        found: Found,
        column: str | None,
        before: Any,
        after: Any,
        severity: str,
        *,
        is_held: bool = False,
    ) -> None:
        change = "changed" if column else found.change
        row = (self.at, self.dataset, kind.name, found.key, found.subject, found.id, found.label,
               change, column, before, after, severity, is_held)  # fmt: skip
        self.snapshot.write(PUT, [row])


def believe(snapshot: Snapshot, dataset: str, *, now: str, sync: int) -> None:
    """Tell what has gone from a list of which nothing is doubted."""
    snapshot.write(BELIEVE, [{"dataset": dataset, "now": now, "sync": sync}])


def tell_from_now_on(snapshot: Snapshot) -> None:
    """A sync has ended: of what nothing is unread the next ones tell what changes."""
    snapshot.write(FROM_NOW_ON, [()])


def forget_old(snapshot: Snapshot, before: str) -> None:
    """Changes go when they are old, or too many."""
    snapshot.write(FORGET_OLD, [(before,)])
    snapshot.write(FORGET_MORE, [(MOST_CHANGES,)])


def untell(snapshot: Snapshot, datasets: Iterable[str]) -> None:
    """What this sync found of them is no news."""
    snapshot.write(UNTELL, ((dataset,) for dataset in datasets))
