"""Okta's lists into the snapshot's tables: a page at a time, record by record.

Some lists are read whole. Others hang on a subject (the members of a group, the rules of a policy)
and are read for each. A page and the address of the next one are kept together, so a list that was
left in the middle goes on there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from attrs import Factory, evolve, frozen

from twin_okta.api import NotFound, Page, Refused, UnreadableAnswer
from twin_okta.api.addresses import path_to
from twin_okta.api.client import Params
from twin_okta.api.structure import NO_ID, Unreadable, structure
from twin_okta.changes import Difference, Telling
from twin_okta.datasets import DATASETS
from twin_okta.reading import SHOWN, Reading, forget, forget_staged, replace, stage, store
from twin_okta.snapshot import Record, Snapshot
from twin_okta.sync.run import Run, each
from twin_okta.sync.subjects import READ, WHOLE, Question, ask, note

AT_A_TIME = 8
PLACE_LOST = (NotFound, Refused, UnreadableAnswer)
"""How Okta may answer for the next page of a list that it no longer knows."""
PLACES = """
SELECT list, next_url, read_at, newer_from, after_event FROM list_cursor
WHERE dataset = ? AND subject = ?
"""
SET_PLACE = "INSERT OR REPLACE INTO list_cursor VALUES (?, ?, ?, ?, ?, ?, ?)"
FORGET_PLACES = "DELETE FROM list_cursor WHERE dataset = ? AND subject = ?"

Model = TypeVar("Model")
SubjectKey = Mapping[str, str]
"""What a list hangs on, by the columns that name it in the list's table."""


@frozen(kw_only=True)
class Listing(Generic[Model]):
    """One of Okta's lists, and the table that keeps it.

    `path` may name columns of the subject that it hangs on; `parent` is then the address of that
    subject itself, and `lives` tells by the answer from there whether the subject still counts.
    `params` may name those columns too. `within` is the part of the body that holds the records, in
    the lists below `/iam/`. Of a list that is `newest_only` nothing but the first page is read.
    `parts` are the further tables that keep what a record holds several of.
    """

    path: str
    model: type[Model]
    table: str
    row: Callable[[Model], Record]
    params: Params = Factory(dict[str, str | int])
    within: str = ""
    newest_only: bool = False
    parent: str = ""
    lives: Callable[[Any], bool] = lambda _answer: True
    parts: Mapping[str, Callable[[Model], Iterable[Record]]] = Factory(
        dict[str, Callable[[Any], Iterable[Record]]]
    )


# --- where a list was left ----------------------------------------------------------------------


@frozen
class Begun:
    """What is asked of a subject, and where a sync that was stopped has left its lists: at the
    address of a next page, or None at the end."""

    question: Question
    places: Mapping[str, str | None] = Factory(dict[str, str | None])

    def is_done(self, name: str) -> bool:
        """Whether a list was read to its end."""
        return name in self.places and self.places[name] is None

    @property
    def is_in_the_middle(self) -> bool:
        """Whether a list goes on at an address that Okta may no longer know."""
        return any(self.places.values())


def left_by_an_earlier_sync(
    run: Run, dataset: str, subject: str, *, in_order: int
) -> tuple[Begun | None, bool]:
    """What an earlier sync began of a subject and did not end, unless that is too old; and whether
    it has left anything at all."""
    rows = run.snapshot.rows(PLACES, (dataset, subject))
    if not rows or not run.still_holds(rows[0][2]):
        return None, bool(rows)
    question = Question(dataset, subject, *rows[0][2:], in_order=in_order)
    return Begun(question, {name: next_url for name, next_url, *_ in rows}), True


def forget_places(run: Run, question: Question) -> None:
    """A subject was read to its end, or is to be read from the beginning."""
    run.snapshot.write(FORGET_PLACES, [(question.dataset, question.subject)])


def _keep_place(snapshot: Snapshot, question: Question, name: str, page: Page) -> None:
    if page.next_url == "":
        return  # it goes on, and nobody knows where
    where = (question.dataset, question.subject, name, page.next_url)
    when = (question.read_at, question.newer_from, question.after_event)
    snapshot.write(SET_PLACE, [(*where, *when)])


# --- whole lists --------------------------------------------------------------------------------


async def read_whole(run: Run, dataset: str, *listings: Listing[Any]) -> Difference:
    """Read a dataset's lists into its next generation and show that; how it differs."""
    reading, begun = begin(run, dataset)
    try:
        await _read_lists(run, reading, begun, listings)
    except PLACE_LOST:
        if not begun.is_in_the_middle:
            raise
        reading, begun = begin(run, dataset, anew=True)  # its next page is no longer known
        await _read_lists(run, reading, begun, listings)
    return show(run, reading, begun.question)


async def _read_lists(
    run: Run, reading: Reading, begun: Begun, listings: Sequence[Listing[Any]]
) -> None:
    counts: dict[str, int] = {}
    for listing in listings:
        if not begun.is_done(_name(listing, {})):
            await _read_list(run, reading, listing, begun, counts)


def begin(run: Run, dataset: str, *, anew: bool = False) -> tuple[Reading, Begun]:
    """The generation to read into, and what is asked: the one that an earlier sync left in the
    middle, if it is not too old, or a new one."""
    begun, _ = left_by_an_earlier_sync(run, dataset, WHOLE, in_order=1)
    unfinished = Reading.unfinished(run.snapshot, dataset)
    if begun and unfinished and not anew:
        return unfinished, begun
    question = ask(run, dataset, WHOLE, in_order=1)
    with run.snapshot.together():
        forget_places(run, question)
        reading = Reading.next(run.snapshot, dataset, question.read_at)
    return reading, Begun(question)


def show(run: Run, reading: Reading, question: Question) -> Difference:
    """Show a generation that was read to its end."""
    with run.snapshot.together():
        differ = reading.promote()
        note(run, question, READ)
        forget_places(run, question)
    return differ


async def _read_list(
    run: Run, reading: Reading, listing: Listing[Any], begun: Begun, counts: dict[str, int]
) -> None:
    told = listing.table == DATASETS[reading.dataset].tables[0]
    async for page, records, unreadable in _pages(run, listing, {}, begun):
        with run.snapshot.together():
            reading.store(listing.table, map(listing.row, records))
            for table, rows in listing.parts.items():
                reading.store(table, (row for record in records for row in rows(record)))
            reading.leave_out(unreadable)
            _keep_place(run.snapshot, begun.question, _name(listing, {}), page)
        if told:
            counts[listing.table] = counts.get(listing.table, 0) + len(records)
            run.progress(reading.dataset, counts[listing.table])


# --- the lists of one subject -------------------------------------------------------------------


@frozen
class Read:
    """What the reading of a subject brought: how it differs from before, and the first record that
    could not be understood."""

    difference: Difference
    bad: Unreadable | None = None


async def read_lists(
    run: Run,
    begun: Begun,
    key: SubjectKey,
    listings: Sequence[Listing[Any]],
    telling: Telling,
    *,
    compare: bool,
    patient: bool = True,
) -> Read:
    """Read the lists of one subject, and replace what was known of it. With `compare` it is worked
    out and told how that differs; else all of it is new. Raises what stopped it, NotFound where the
    subject is no more."""
    read = partial(_read_of_subject, run, key, listings, telling, compare=compare, patient=patient)
    try:
        return await read(begun)
    except PLACE_LOST:
        if not begun.is_in_the_middle:
            raise
    forget_unfinished(run, begun.question, key, listings)  # its next page is no longer known
    return await read(Begun(begun.question))


async def _read_of_subject(
    run: Run,
    key: SubjectKey,
    listings: Sequence[Listing[Any]],
    telling: Telling,
    begun: Begun,
    *,
    compare: bool,
    patient: bool,
) -> Read:
    differ, bad = Difference(), None
    for listing in listings:
        name = _name(listing, key)
        if begun.is_done(name):
            continue
        in_parts = compare or name in begun.places
        async for page, records, unreadable in _pages(run, listing, key, begun, patient=patient):
            bad = bad or next(iter(unreadable), None)
            if bad:
                telling = evolve(telling, of_appeared=True)
            rows = ({**key, **listing.row(record)} for record in records)
            in_parts = in_parts or page.next_url is not None
            with run.snapshot.together():
                if in_parts:
                    stage(run.snapshot, listing.table, rows)
                else:
                    forget(run.snapshot, listing.table, key)
                    store(run.snapshot, listing.table, SHOWN, rows)
                if in_parts and page.next_url is None:
                    differ += replace(telling, listing.table, key, compare=compare)
                if not compare:
                    differ += Difference(appeared=len(records))
                if in_parts or len(listings) > 1:
                    _keep_place(run.snapshot, begun.question, name, page)
    return Read(differ, bad)


async def is_there(run: Run, listing: Listing[Any], key: SubjectKey) -> bool:
    """Whether a subject exists and counts, of which a list was not found."""
    try:
        answer = await run.client.get(path_to(listing.parent, **key))
    except NotFound:
        return False
    return listing.lives(answer.json)


def forget_unfinished(
    run: Run, question: Question, key: SubjectKey, listings: Sequence[Listing[Any]]
) -> None:
    """What was read of a subject that was not read to its end goes."""
    with run.snapshot.together():
        forget_places(run, question)
        for listing in listings:
            forget_staged(run.snapshot, listing.table, key)


# --- pages --------------------------------------------------------------------------------------


async def _pages(
    run: Run,
    listing: Listing[Model],
    key: SubjectKey,
    begun: Begun,
    *,
    patient: bool = True,
) -> AsyncIterator[tuple[Page, list[Model], list[Unreadable]]]:
    """A list's pages from where it was left; the records of each, and those not understood."""
    url = begun.places.get(_name(listing, key))
    path, params = (url, None) if url else (path_to(listing.path, **key), _params(listing, key))
    follow = partial(run.client.body_pages, within=listing.within)
    pages = follow if listing.within else partial(run.client.pages, patient=patient)
    async for page in pages(path, params):
        records, unreadable = structure(page.records, listing.model)
        shown = evolve(page, next_url=None) if listing.newest_only else page
        yield shown, records, [_named(bad, key) for bad in unreadable]
        if listing.newest_only:
            return


async def for_each(items: Sequence[Any], read: Callable[[Any], Awaitable[None]]) -> None:
    """Do something for each, a few at a time."""
    await each(items, read, width=AT_A_TIME)


def _name(listing: Listing[Any], key: SubjectKey) -> str:
    return f"{path_to(listing.path, **key)}?{urlencode(_params(listing, key))}"


def _params(listing: Listing[Any], key: SubjectKey) -> Params:
    return {
        name: value.format(**key) if isinstance(value, str) and "{" in value else value
        for name, value in listing.params.items()
    }


def _named(bad: Unreadable, key: SubjectKey) -> Unreadable:
    """A record without an id of its own is told by what it hangs on."""
    return evolve(bad, id=" ".join(key.values())) if key and bad.id == NO_ID else bad
