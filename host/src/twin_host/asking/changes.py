"""What changed of the things that connectors read: their lists of the kind `changes`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from attrs import frozen

from twin_host.asking.catalogue import Catalogue, Kind
from twin_host.asking.conditions import Condition
from twin_host.asking.rows import Asker, Question, Row
from twin_host.contract import CHANGES, Severity
from twin_host.known import iso_ms

WORST_FIRST = "weight"


@frozen
class ThingChanged:
    """One thing that appeared, went or changed, as a connector tells it; `row` is all of it."""

    source: str
    row: Row

    @property
    def sync(self) -> tuple[str, Any]:
        """Which sync of which connector found it."""
        return self.source, self.row["sync"]

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        known = list(Severity)
        return Severity(self.row["severity"]) if self.row["severity"] in known else Severity.INFO

    @property
    def label(self) -> str:
        """What it was called when it was found."""
        return str(self.row["label"] or self.row.get("id") or "")

    @property
    def kind(self) -> str:
        """What kind of thing it is, where the connector says so."""
        return str(self.row.get("kind") or "")

    @property
    def belongs_to(self) -> tuple[str, str]:
        """What thing it is, or is of, and the id of that; empty where that is not said."""
        return str(self.row.get("thing") or ""), str(self.row.get("thing_id") or "")

    def __str__(self) -> str:
        """What became of it, in a few words."""
        if not self.row["column"]:
            return str(self.row["change"])
        before, now = map(_said, (self.row["before"], self.row["after"]))
        return f"{self.row['column']}: {before} → {now}"


@frozen
class ThingChanges:
    """All of an open connection, of every connector or of one."""

    catalogue: Catalogue
    asker: Asker
    source: str | None = None

    @property
    def are_told(self) -> bool:
        """Whether any connector tells of them."""
        return any(True for _ in self._kinds())

    def found(
        self,
        *,
        since: datetime | None = None,
        after_sync: int | None = None,
        limit: int | None = None,
    ) -> Iterator[ThingChanged]:
        """Worst first, of the newest sync first, one connector after the other."""
        for source, kind in self._kinds():
            asked = Question(kind=kind, where=_where(since, after_sync), sort=WORST_FIRST,
                             descending=True)  # fmt: skip
            for row in self.asker.rows(asked, limit=limit):
                yield ThingChanged(source, {"source": source, **row})

    def count(self, *, since: datetime | None = None, after_sync: int | None = None) -> int:
        """How many there are."""
        where = _where(since, after_sync)
        return sum(self.asker.count(Question(kind=kind, where=where)) for _, kind in self._kinds())

    def newest_sync(self) -> int:
        """The last sync that found something; 0 where none has."""
        found = (int(each.row["sync"]) for each in self.found(limit=1))
        return max(found, default=0)

    def _kinds(self) -> Iterator[tuple[str, Kind]]:
        for known in self.catalogue.lists:
            if known.about.kind == CHANGES and self.source in (None, known.source):
                yield known.source, known.alone


@frozen
class SyncFound:
    """What one sync of a connector found, and when the last of it was."""

    source: str
    time: str
    changes: Sequence[ThingChanged]


def by_sync(found: Iterable[ThingChanged]) -> Iterator[SyncFound]:
    """Each sync's changes, in the order in which they come."""
    for (source, _), each in groupby(found, key=lambda change: change.sync):
        changes = list(each)
        yield SyncFound(source, max(str(change.row["time"]) for change in changes), changes)


def _where(since: datetime | None, after_sync: int | None) -> Sequence[Condition]:
    found: list[Condition] = []
    if since is not None:
        found.append(Condition('"time" >= ?', (iso_ms(since),)))
    if after_sync is not None:
        found.append(Condition('"sync" > ?', (after_sync,)))
    return found


def _said(value: Any) -> str:
    """A value as a person reads it."""
    return "nothing" if value in (None, "") else str(value)
