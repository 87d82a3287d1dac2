"""What has changed of a long list since it was read, put into what is shown of it.

Okta says which records moved (`lastUpdated`, `lastMembershipUpdated`), up to the lag of its search
index; deletions and whatever the index does not show yet are told by the log, and asked for by id.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from twin_okta.api import NotFound
from twin_okta.api.addresses import path_to
from twin_okta.api.structure import AN_ID, structure
from twin_okta.changes import Telling
from twin_okta.datasets import DATASETS
from twin_okta.reading import Reading
from twin_okta.snapshot import Snapshot, iso_text
from twin_okta.sync.lists import Listing, for_each
from twin_okta.sync.run import Run
from twin_okta.sync.subjects import GONE, READ, WHOLE, ask, note, note_news

IDS_AT_ONCE = 20
NAMED = "SELECT subject FROM due WHERE dataset = ? AND subject <> '*'"
AS_OF = "SELECT as_of FROM dataset WHERE name = ?"
MERGED = "UPDATE dataset SET as_of = ? WHERE name = ?"
FORGET_OWN = "DELETE FROM subject_read WHERE dataset = ? AND subject <> '*' AND outcome = 'read'"
"""A list that was read since is newer than those."""
FORGET_UNREADABLE = "DELETE FROM unreadable WHERE dataset = ? AND id = ?"
COUNT_UNREADABLE = """
UPDATE dataset SET unreadable = (SELECT count(*) FROM unreadable WHERE dataset = name)
WHERE name = ?
"""


@frozen(kw_only=True)
class Since:
    """How a list is asked for what has moved: by which parameter and attributes. A single record is
    asked for by its own address, or by its id among others. `named_too` is a query of those that an
    entry of the log touches without naming them. `also` puts down what the log alone
    tells, before it counts as known."""

    listing: Listing[Any]
    parameter: str
    moved: Sequence[str]
    one: str = ""
    named_too: str = "SELECT 1 WHERE 0"
    also: Callable[[Snapshot], None] | None = None


class TooManyNamed(Exception):
    """The log names so many that reading the whole list costs less."""


@define
class Merge:
    """One list's changes on their way into what is shown."""

    run: Run
    dataset: str
    since: Since
    most_named: int
    changed: int = 0
    _seen: set[str] = field(factory=set[str])

    async def read(self) -> None:
        """Read what has moved, and whoever the log names beside. Raises TooManyNamed before
        anything is asked that the whole list would tell."""
        run, snapshot = self.run, self.run.snapshot
        question = ask(run, self.dataset, WHOLE, in_order=1)
        due = [str(row[0]) for row in snapshot.rows(NAMED, (self.dataset,))]
        due += [str(row[0]) for row in snapshot.rows(self.since.named_too)]
        named = [its_id for its_id in due if AN_ID.fullmatch(its_id)]
        listing = self.since.listing
        moved = {**listing.params, self.since.parameter: self._moved_since()}
        async for page in run.client.pages(listing.path, moved):
            self._put(page.records)
        missing = [its_id for its_id in named if its_id not in self._seen]
        if len(missing) > self.most_named:
            raise TooManyNamed
        await (self._one_by_one(missing) if self.since.one else self._by_ids(missing))
        with snapshot.together():
            if self.since.also:
                self.since.also(snapshot)
            snapshot.write(MERGED, [(question.read_at, self.dataset)])
            if not DATASETS[self.dataset].subjects:
                snapshot.write(FORGET_OWN, [(self.dataset,)])
            note_news(run, question)

    def _moved_since(self) -> str:
        ((as_of,),) = self.run.snapshot.rows(AS_OF, (self.dataset,))
        lag = timedelta(seconds=DATASETS[self.dataset].lag_s)
        since = iso_text(datetime.fromisoformat(as_of) - lag)
        return " or ".join(f'{attribute} ge "{since}"' for attribute in self.since.moved)

    async def _one_by_one(self, ids: Sequence[str]) -> None:
        async def read(its_id: str) -> None:
            question = ask(self.run, self.dataset, its_id)
            try:
                answer = await self.run.client.get(path_to(self.since.one, id=its_id))
            except NotFound:
                self._remove([its_id])
                note(self.run, question, GONE)
                return
            with self.run.snapshot.together():
                self._put([answer.json])
                note(self.run, question, READ)

        await for_each(ids, read)

    async def _by_ids(self, ids: Sequence[str]) -> None:
        async def read(some: Sequence[str]) -> None:
            questions = [ask(self.run, self.dataset, its_id) for its_id in some]
            wanted = " or ".join(f'id eq "{its_id}"' for its_id in some)
            listing, found = self.since.listing, set[str]()
            params = {**listing.params, self.since.parameter: wanted}
            async for page in self.run.client.pages(listing.path, params):
                found |= self._put(page.records)
            with self.run.snapshot.together():
                self._remove([its_id for its_id in some if its_id not in found])
                for question in () if DATASETS[self.dataset].subjects else questions:
                    note(self.run, question, READ)

        await for_each([list(some) for some in _batches(ids)], read)

    def _put(self, records: list[Any]) -> set[str]:
        """Put records into what is shown; the ids of those that were understood."""
        listing = self.since.listing
        reading = Reading.shown(self.run.snapshot, self.dataset)
        good, unreadable = structure(records, listing.model)
        rows = [listing.row(record) for record in good]
        ids = {str(row["id"]) for row in rows}
        telling = self._telling()
        with self.run.snapshot.together():
            self.changed += reading.put(listing.table, "id", ids, rows, telling).appeared
            for table, rows_of in listing.parts.items():
                its = [row for record in good for row in rows_of(record)]
                reading.put(table, f"{listing.table}_id", ids, its, telling)
            its_own = [(self.dataset, each) for each in (*ids, *(bad.id for bad in unreadable))]
            self.run.snapshot.write(FORGET_UNREADABLE, its_own)
            reading.leave_out(unreadable)
            self.run.snapshot.write(COUNT_UNREADABLE, [(self.dataset,)])
        self._seen |= ids
        return ids

    def _remove(self, ids: Sequence[str]) -> None:
        reading, listing = Reading.shown(self.run.snapshot, self.dataset), self.since.listing
        telling = self._telling()
        with self.run.snapshot.together():
            self.changed += reading.put(listing.table, "id", ids, (), telling).went
            for table in listing.parts:
                reading.put(table, f"{listing.table}_id", ids, (), telling)

    def _telling(self) -> Telling:
        return Telling(self.run.snapshot, self.dataset, iso_text(self.run.okta_now()))


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
