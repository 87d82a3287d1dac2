"""Okta's lists into the snapshot's tables: a page at a time, record by record.

Some lists are read whole. Others hang on a subject (the members of a group, the rules of a policy)
and are read for each. What cannot be read of one subject costs that subject and no other, and is
named; a subject is gone only when that is so of itself, and then has nothing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import Factory, evolve, frozen

from twin_okta.api import (
    Denied,
    NotFound,
    NotOkta,
    OktaError,
    Page,
    Refused,
    ServerTrouble,
    Throttled,
    UnreadableAnswer,
)
from twin_okta.api.addresses import path_to
from twin_okta.api.client import Params
from twin_okta.api.structure import NO_ID, Unreadable, structure
from twin_okta.datasets import DATASETS
from twin_okta.snapshot import Reading, Record
from twin_okta.sync.run import Run, each

AT_A_TIME = 8
READ, GONE, UNREADABLE = "read", "gone", "unreadable"
"""How the reading of a subject ended."""
HOPELESS = 20
"""So many failures in a row, without one answer between them, are no longer about one subject."""
OF_ONE = (Denied, NotOkta, Refused, ServerTrouble, Throttled, UnreadableAnswer)
"""What may be wrong with the answers about one subject alone."""

Model = TypeVar("Model")
SubjectKey = Mapping[str, str]
"""What a list hangs on, by the columns that name it in the list's table."""


@frozen(kw_only=True)
class Listing(Generic[Model]):
    """One of Okta's lists, and the table that keeps it.

    `path` may name columns of the subject that it hangs on; `parent` is then the address of that
    subject itself. `within` is the part of the body that holds the records, in the lists below
    `/iam/`. `parts` are the further tables that keep what a record holds several of.
    """

    path: str
    model: type[Model]
    table: str
    row: Callable[[Model], Record]
    params: Params = Factory(dict[str, str | int])
    within: str = ""
    parent: str = ""
    parts: Mapping[str, Callable[[Model], Iterable[Record]]] = Factory(
        dict[str, Callable[[Any], Iterable[Record]]]
    )


async def read_list(run: Run, reading: Reading, listing: Listing[Any]) -> None:
    """Read a whole list."""
    told = _is_counted(reading, listing)
    read = 0
    async for count, _ in _store_pages(run, reading, listing, {}):
        read += count
        if told:
            run.progress(reading.dataset, read)


async def read_of_each(
    run: Run,
    reading: Reading,
    subjects: Sequence[SubjectKey],
    *listings: Listing[Any],
    ended: Callable[[SubjectKey, str], None] = lambda _subject, _outcome: None,
) -> None:
    """Read the lists of each subject; `ended` is told of each whether it was READ, is GONE or is
    UNREADABLE, of which what was known before is kept. Raises what went wrong when it went wrong of
    all, or of too many in a row."""
    failures: list[OktaError] = []
    answered = 0

    async def read(subject: SubjectKey) -> None:
        nonlocal answered
        try:
            outcome = await _read_lists(run, reading, subject, listings)
        except OF_ONE as error:
            failures.append(error)
            if len(failures) >= HOPELESS:
                raise
            with run.snapshot.together():
                for listing in listings:
                    reading.keep_shown(listing.table, subject)
                reading.leave_out([Unreadable(" ".join(subject.values()), str(error))])
                ended(subject, UNREADABLE)
        else:
            answered += 1
            failures.clear()
            ended(subject, outcome)

    told = any(_is_counted(reading, listing) for listing in listings)
    await for_each(run, reading.dataset if told else None, subjects, read)
    if failures and not answered:
        raise failures[0]


async def _read_lists(
    run: Run, reading: Reading, subject: SubjectKey, listings: Sequence[Listing[Any]]
) -> str:
    """Whether the subject was READ, is GONE, or is UNREADABLE because a record of it is."""
    left_out = 0
    try:
        for listing in listings:
            async for _, bad in _store_pages(run, reading, listing, subject):
                left_out += bad
    except NotFound as missing:
        if await _is_there(run, listings[0], subject):
            raise Refused(str(missing)) from missing
        return GONE
    return UNREADABLE if left_out else READ


async def _is_there(run: Run, listing: Listing[Any], subject: SubjectKey) -> bool:
    """Whether a subject exists, of which a list was not found."""
    try:
        await run.client.get(path_to(listing.parent, **subject))
    except NotFound:
        return False
    return True


async def for_each(
    run: Run,
    dataset: str | None,
    subjects: Sequence[SubjectKey],
    read: Callable[[SubjectKey], Awaitable[None]],
) -> None:
    """Read something of each subject, a few at a time, and tell how far the dataset is, if any."""
    done = 0

    async def read_one(subject: SubjectKey) -> None:
        nonlocal done
        await read(subject)
        done += 1
        if dataset:
            run.progress(dataset, done, len(subjects))

    await each(subjects, read_one, width=AT_A_TIME)


async def understood(
    pages: AsyncIterator[Page], model: type[Model]
) -> AsyncIterator[tuple[list[Model], list[Unreadable]]]:
    """Each page's records, and those of them that could not be understood."""
    async for page in pages:
        yield structure(page.records, model)


async def _store_pages(
    run: Run, reading: Reading, listing: Listing[Any], subject: SubjectKey
) -> AsyncIterator[tuple[int, int]]:
    """Store a list page by page; how many records were understood, and how many were not."""
    path = path_to(listing.path, **subject)
    follow = partial(run.client.body_pages, within=listing.within)
    pages = (follow if listing.within else run.client.pages)(path, listing.params)
    async for records, unreadable in understood(pages, listing.model):
        with run.snapshot.together():
            reading.store(listing.table, ({**subject, **listing.row(record)} for record in records))
            for table, rows in listing.parts.items():
                reading.store(table, (row for record in records for row in rows(record)))
            reading.leave_out(_named(bad, subject) for bad in unreadable)
        yield len(records), len(unreadable)


def _named(bad: Unreadable, subject: SubjectKey) -> Unreadable:
    """A record without an id of its own is told by what it hangs on."""
    return evolve(bad, id=" ".join(subject.values())) if subject and bad.id == NO_ID else bad


def _is_counted(reading: Reading, listing: Listing[Any]) -> bool:
    """Progress is told in what the dataset counts, the rows of its first table."""
    return listing.table == DATASETS[reading.dataset].tables[0]
