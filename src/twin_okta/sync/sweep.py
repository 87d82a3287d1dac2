"""One loop for a sweep, a delta, a resume and reading again by age: whoever is due is read.

A subject is due that was never read, that the log says has changed, that could not be read the last
time, or whose reading is old. There is no other list of work: stopped anywhere, the next sync goes
on. Those that tell most come first, then those never read in random order, so that an unfinished
sweep is a fair sample. What cannot be read of one subject costs that subject and no other, and is
named; a subject is gone only when that is so of itself.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field, frozen

from twin_okta.api import (
    Denied,
    NotFound,
    NotOkta,
    OktaError,
    Refused,
    ServerTrouble,
    Throttled,
    UnreadableAnswer,
)
from twin_okta.changes import Telling
from twin_okta.datasets import Dataset
from twin_okta.reading import forget
from twin_okta.schema import staged
from twin_okta.snapshot import iso_text
from twin_okta.sync.drift import note_drift
from twin_okta.sync.lists import (
    AT_A_TIME,
    Begun,
    Listing,
    SubjectKey,
    forget_places,
    forget_unfinished,
    is_there,
    left_by_an_earlier_sync,
    read_lists,
)
from twin_okta.sync.run import Run, each
from twin_okta.sync.steps import CLOCK_TOLERANCE, EARLIEST, LATEST
from twin_okta.sync.subjects import (
    DENIED,
    GONE,
    READ,
    UNREADABLE,
    WHOLE,
    Question,
    ask,
    note,
    note_failure,
    note_left_out,
)

MANY_AT_A_TIME = 24
"""Subjects of which one short list is read each."""
TELL_EVERY = 50
"""Subjects between two words on how far a long sweep is."""
HOPELESS = 20
"""So many failures in a row, without one answer between them, are no longer about one subject."""
OF_ONE = (Denied, NotOkta, Refused, ServerTrouble, Throttled, UnreadableAnswer)
"""What may be wrong with the answers about one subject alone."""

FORGET_WORK = "DROP TABLE IF EXISTS temp.work_{dataset}"
MAKE_WORK = """
CREATE TEMP TABLE work_{dataset} AS
SELECT subject, kind, in_order, is_known, failed_before, left_out, tried_in, read_at,
    holds AND NOT is_told AS is_untold, max(1, (size + :page - 1) / :page) AS requests
FROM (SELECT w.subject, w.kind, w.is_first, coalesce(r.in_order, w.is_first) AS in_order,
        r.subject IS NOT NULL AS is_met,
        r.subject IS NOT NULL AND (r.outcome = 'read' OR r.left_out) AS is_known,
        coalesce(r.failure, '') <> '' AS failed_before, coalesce(r.left_out, 0) AS left_out,
        CASE WHEN r.outcome NOT IN ('read', 'gone') THEN r.sync END AS tried_in, r.read_at,
        r.subject IS NOT NULL AND r.failure = '' AND r.read_at >= :covered AS holds,
        coalesce(r.subject IN (SELECT d.subject FROM told_due d WHERE d.dataset = :dataset)
            OR r.subject IN (SELECT u.subject FROM unread u WHERE u.dataset = :dataset), 0)
            AS is_told, coalesce(z.size, 0) AS size, z.size IS NULL AS is_of_no_size
    FROM ({subjects}) w LEFT JOIN subject_read r ON r.dataset = :dataset AND r.subject = w.subject
    LEFT JOIN ({sizes}) z ON z.subject = w.subject
    WHERE :all OR r.subject IS NULL OR r.failure <> '' OR r.read_at < :covered
        OR r.subject IN (SELECT d.subject FROM due d WHERE d.dataset = :dataset)
        OR r.read_at > :soon
        OR julianday(:now) - julianday(r.read_at) > :days * (:earliest + :stretch
            * (r.spread * julianday(r.read_at) * 997
                - CAST(r.spread * julianday(r.read_at) * 997 AS INTEGER)))
        OR r.read_at < (SELECT m.moved_at FROM ({moved}) m WHERE m.subject = w.subject)
        OR r.outcome = 'gone' AND r.read_at < (SELECT as_of FROM dataset WHERE name = :list)
    GROUP BY w.subject)
ORDER BY failed_before, is_first DESC, :most IS NOT NULL AND NOT is_told, is_met, is_untold,
    read_at, is_of_no_size, size, random()
"""
"""Where a subject falls at random stays the same, and when it is read again is another time after
each reading: else those that were read together would be so for ever. (Its product with the day
falls elsewhere for each of them, also a whole number of days later; their sum would not.) Where not
all can be read in one sync, those that changed come before those never read, which are only not
known."""
LEAVE_THE_REST = """
DELETE FROM work_{dataset} WHERE rowid IN (SELECT w.rowid FROM (SELECT rowid, sum(requests)
    OVER (ORDER BY rowid) - requests AS before FROM work_{dataset}) w WHERE w.before >= ?)
"""
"""What a sync may still spend is what begins the last list, which is read to its end."""
NEXT = """
SELECT rowid, subject, kind, in_order, is_known, failed_before, left_out, tried_in,
    read_at, is_untold, requests
FROM work_{dataset} WHERE rowid > ? ORDER BY rowid LIMIT 500
"""
LEFT = "{column} NOT IN (SELECT s.subject FROM ({subjects}) s)"
FORGET_LEFT_READINGS = """
DELETE FROM subject_read WHERE dataset = ? AND subject <> '*' AND subject NOT IN
    (SELECT s.subject FROM ({subjects}) s)
"""
IS_DUE = "SELECT EXISTS (SELECT 1 FROM due WHERE dataset = ? AND subject = '*')"
SHOW = """
UPDATE dataset SET shown = 1, as_of = ? WHERE name = ? AND NOT EXISTS (SELECT 1 FROM subject_read r
    WHERE r.dataset = name AND r.outcome NOT IN ('read', 'gone'))
"""


@frozen
class Due:
    """A subject that is to be read. `left_out`: not all of its last reading was understood.
    `tried_in`: the sync that first tried to, and none could yet. `is_untold`: though no entry
    names it; its reading, which was at `read_at`, is old, or a policy may hide what it has.
    `requests` is what it takes, as far as its size is known."""

    subject: str
    kind: str
    in_order: int
    is_known: int
    failed_before: int
    left_out: int
    tried_in: int | None
    read_at: str | None
    is_untold: int
    requests: int


@define
class Sweep:
    """The reading of a dataset's subjects. `listings` are those of each kind of subject."""

    run: Run
    dataset: Dataset
    listings: Mapping[str, Sequence[Listing[object]]]
    everything: bool = False
    expected: int = 0
    asked: int = 0
    answered: Counter[str] = field(factory=Counter[str])
    """Subjects that could be read, by their kind."""
    refused: dict[str, Denied] = field(factory=dict[str, Denied])
    """The first refusal of each kind."""
    changed: int = 0
    failures: list[OktaError] = field(factory=list[OktaError])
    """Those since the last answer."""

    async def read(self) -> None:
        """Read whoever is due."""
        question = ask(self.run, self.dataset.name, WHOLE, in_order=1)
        is_short = self.dataset.counts_subjects and not self.dataset.most_requests
        width = MANY_AT_A_TIME if is_short else AT_A_TIME
        await each(self.due(), self._read_one, width=width)
        for kind, refusal in self.refused.items():
            if kind not in self.answered:
                raise refusal
        if not self.dataset.listed:
            with self.run.snapshot.together():
                note(self.run, question, READ)
                self.run.snapshot.write(SHOW, [(question.read_at, self.dataset.name)])

    def due(self) -> Iterator[Due]:
        """Those to be read, in the sweep's order."""
        snapshot, name = self.run.snapshot, self.dataset.name
        with snapshot.together():
            _forget_left(self.run, self.dataset)
            make_work(self.run, self.dataset, everything=self.everything)
        self.expected = snapshot.number(f"SELECT count(*) FROM work_{name}")
        last = 0
        while batch := snapshot.rows(NEXT.format(dataset=name), (last,)):
            for last, *subject in batch:  # noqa: B007  the last one is where to go on
                due = Due(*subject)
                self.run.begun[name] += due.requests
                yield due

    async def _read_one(self, due: Due) -> None:
        name, listings = self.dataset.name, self.listings[due.kind]
        key = key_of(self.dataset, listings[0], due)
        begun, anything_left = left_by_an_earlier_sync(
            self.run, name, due.subject, in_order=due.in_order
        )
        begun = begun or Begun(ask(self.run, name, due.subject, in_order=due.in_order))
        question = begun.question
        if anything_left and not begun.places:
            forget_unfinished(self.run, question, key, listings)
        try:
            await self._read_lists(begun, due, key)
        except NotFound as missing:
            await self._confirm(question, due, key, missing)
        except Denied as refusal:
            self.refused.setdefault(due.kind, refusal)
            self._fail(question, due, key, DENIED, refusal)
        except OF_ONE as error:
            self._fail(question, due, key, UNREADABLE, error)
        self._tell()

    async def _read_lists(self, begun: Begun, due: Due, key: SubjectKey) -> None:
        question, listings = begun.question, self.listings[due.kind]
        telling = Telling(
            self.run.snapshot, self.dataset.name, question.read_at, of_appeared=not due.left_out
        )
        found = await read_lists(
            self.run,
            begun,
            key,
            listings,
            telling,
            compare=bool(due.is_known),
            patient=not due.failed_before,
        )
        self.failures.clear()
        self.answered[due.kind] += 1
        self.changed += bool(found.difference)
        with self.run.snapshot.together():
            forget_places(self.run, question)
            if not due.is_known:
                for listing in listings:
                    telling.first_seen(listing.table, key, tried_in=due.tried_in)
            if found.bad:
                reason = f"{listings[0].table} {found.bad.id}: {found.bad.reason}"
                note_left_out(self.run, question, reason)
                return
            note(self.run, question, READ)
            if due.is_untold and due.is_known and found.difference:
                note_drift(self.run, question, due.read_at or "", found.difference)

    async def _confirm(
        self, question: Question, due: Due, key: SubjectKey, missing: NotFound
    ) -> None:
        """A subject is gone only when that is so of itself, not of a list of it."""
        listings = self.listings[due.kind]
        try:
            there = await is_there(self.run, listings[0], key)
        except OktaError as error:
            self._fail(question, due, key, UNREADABLE, error)
            return
        if there:
            self._fail(question, due, key, UNREADABLE, missing)
            return
        self.failures.clear()
        its = " AND ".join(f"{column} = :{column}" for column in key)
        telling = Telling(self.run.snapshot, self.dataset.name, question.read_at)
        with self.run.snapshot.together():
            for listing in listings:
                telling.last_seen(listing.table, its, key)
                forget(self.run.snapshot, listing.table, key)
            forget_places(self.run, question)
            note(self.run, question, GONE)
        self.changed += due.is_known

    def _fail(
        self, question: Question, due: Due, key: SubjectKey, outcome: str, error: OktaError
    ) -> None:
        self.failures.append(error)
        with self.run.snapshot.together():
            forget_unfinished(self.run, question, key, self.listings[due.kind])
            note_failure(self.run, question, outcome, str(error))
        if len(self.failures) >= HOPELESS:
            raise error

    def _tell(self) -> None:
        self.asked += 1
        counts = self.dataset.tables[0] in self.dataset.hang_on
        if counts and (self.expected <= TELL_EVERY or self.asked % TELL_EVERY == 0):
            self.run.progress(self.dataset.name, self.asked, self.expected)


def key_of(dataset: Dataset, listing: Listing[object], due: Due) -> dict[str, str]:
    """By which columns a subject is named in its tables."""
    kind = {"holder_kind": due.kind} if "{holder_kind}" in listing.parent else {}
    return {**kind, dataset.hang_on[listing.table]: due.subject}


def make_work(run: Run, dataset: Dataset, *, everything: bool) -> None:
    """Put down who is due, in the order in which they are read."""
    snapshot, now = run.snapshot, run.okta_now()
    left = dataset.most_requests - run.begun[dataset.name] if dataset.most_requests else None
    snapshot.rows(FORGET_WORK.format(dataset=dataset.name))
    snapshot.rows(
        MAKE_WORK.format(
            dataset=dataset.name,
            subjects=dataset.subjects,
            moved=dataset.moved or "SELECT NULL AS subject, NULL AS moved_at",
            sizes=dataset.sizes or "SELECT NULL AS subject, NULL AS size",
        ),
        {
            "dataset": dataset.name,
            "all": everything or snapshot.number(IS_DUE, (dataset.name,)),
            "covered": run.covered_since(),
            "now": iso_text(now),
            "soon": iso_text(now + CLOCK_TOLERANCE),
            "days": run.read_again_days,
            "earliest": EARLIEST,
            "stretch": LATEST - EARLIEST,
            "list": dataset.needs or dataset.name,
            "page": dataset.page,
            "most": left,
        },
    )
    if left is not None:
        snapshot.write(LEAVE_THE_REST.format(dataset=dataset.name), [(left,)])


def _forget_left(run: Run, dataset: Dataset) -> None:
    """What is known of subjects that are no more goes; a factor's user who left is no subject."""
    telling = Telling(run.snapshot, dataset.name, iso_text(run.okta_now()))
    for table, column in dataset.hang_on.items():
        left = LEFT.format(column=column, subjects=dataset.subjects)
        telling.last_seen(table, left)
        for place in (table, staged(table)):
            run.snapshot.write(f"DELETE FROM {place} WHERE {left}", [()])
    forget_readings = FORGET_LEFT_READINGS.format(subjects=dataset.subjects)
    run.snapshot.write(forget_readings, [(dataset.name,)])
