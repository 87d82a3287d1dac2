"""One dataset read: its list as its step says, then whichever of its subjects are due."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from math import ceil

from twin_host.contract import DatasetReport, DatasetState, SyncMode
from twin_okta.changes import Difference
from twin_okta.datasets import Dataset
from twin_okta.reading import Reading
from twin_okta.snapshot import Snapshot
from twin_okta.sync.drift import note_drift
from twin_okta.sync.merge import Merge, Since, TooManyNamed
from twin_okta.sync.pairs import read_pairs
from twin_okta.sync.readers import READERS
from twin_okta.sync.run import Run
from twin_okta.sync.steps import ListState, Step, list_step
from twin_okta.sync.subjects import WHOLE, ask
from twin_okta.sync.sweep import Sweep

LEAST = 10
"""So many are asked for by their ids, however few pages the whole list has."""
MOST_NAMED = 3
"""Of what was left out, so many are named with the reason."""
LEFT_OUT = "SELECT id, reason FROM unreadable WHERE dataset = ? AND generation = ?"
STATE = """
SELECT d.shown > 0, EXISTS (SELECT 1 FROM due u WHERE u.dataset = d.name),
    r.read_at, coalesce(r.spread, 0.5), d.as_of
FROM dataset d LEFT JOIN subject_read r ON r.dataset = d.name AND r.subject = ?
WHERE d.name = ?
"""
REMEMBER_COUNT = """
UPDATE dataset SET count_before = ?, counted_at = as_of
WHERE name = ? AND shown > 0 AND count_before IS NULL
"""
FAILED = """
SELECT subject, failure FROM subject_read WHERE dataset = ? AND failure <> '' ORDER BY subject
"""
POPULATION = """
SELECT count(*) FILTER (WHERE r.outcome IS NOT 'gone'),
    count(*) FILTER (WHERE r.outcome = 'read' AND r.failure = ''),
    count(*) FILTER (WHERE r.subject IS NULL)
FROM ({subjects}) s LEFT JOIN subject_read r ON r.dataset = ? AND r.subject = s.subject
"""

BEHIND = """
SELECT count(*) FROM subject_read r WHERE r.dataset = ? AND r.outcome = 'read' AND (
    r.subject IN (SELECT d.subject FROM due d WHERE d.dataset = ?)
    OR r.subject IN (SELECT u.subject FROM unread u WHERE u.dataset = ?))
"""


async def read_dataset(run: Run, dataset: Dataset) -> DatasetReport:
    """Read what is to be read of it."""
    reader, name = READERS[dataset.name], dataset.name
    mode, changed = SyncMode.NOTHING, 0
    if reader.whole:
        mode, changed = await _read_list(run, dataset, reader.whole, reader.since)
    else:
        remember_count(run.snapshot, name)
    if name == "assignments":
        pairs = await read_pairs(run)
        changed += pairs.changed
        mode = SyncMode.DELTA if pairs.asked else mode
    if dataset.subjects:
        sweep = Sweep(run, dataset, reader.of_each(run), everything=run.is_doubted(name))
        await sweep.read()
        changed += sweep.changed
        mode = SyncMode.DELTA if sweep.asked and mode is SyncMode.NOTHING else mode
    return report(run, dataset, SyncMode.FULL if run.first_time(name) else mode, changed)


async def _read_list(
    run: Run,
    dataset: Dataset,
    whole: Callable[[Run], Awaitable[Difference]],
    since: Since | None,
) -> tuple[SyncMode, int]:
    """Read a dataset's list as its step says; how it was read, and how much is otherwise."""
    name, step, changed = dataset.name, step_of(run, dataset), 0
    if step.mode is SyncMode.NOTHING:
        return step.mode, 0
    remember_count(run.snapshot, name)
    if step.mode is SyncMode.DELTA and since:
        merge = Merge(run, name, since, max(LEAST, pages_of(run.snapshot, dataset)))
        try:
            await merge.read()
        except TooManyNamed:
            changed = merge.changed
        else:
            return step.mode, merge.changed
    before, question = run.shown_before.get(name) or "", ask(run, name, WHOLE)
    differ = await whole(run)
    if step.by_age and differ:
        note_drift(run, question, before, differ)
    return SyncMode.FULL, changed + max(differ.appeared, differ.went)


def step_of(run: Run, dataset: Dataset) -> Step:
    """What is done with a dataset's list, as things stand."""
    return list_step(
        list_state(run, dataset),
        now=run.okta_now(),
        covered_since=datetime.fromisoformat(run.covered_since()),
        read_again=timedelta(days=run.read_again_days),
    )


def list_state(run: Run, dataset: Dataset) -> ListState:
    """How a dataset's list stands."""
    ((shown, due, read_at, spread, as_of),) = run.snapshot.rows(STATE, (WHOLE, dataset.name))
    return ListState(
        disposition=dataset.disposition,
        is_shown=bool(shown),
        is_doubted=run.is_doubted(dataset.name),
        is_due=bool(due),
        read_at=datetime.fromisoformat(read_at) if read_at else None,
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        spread=spread,
    )


def remember_count(snapshot: Snapshot, name: str) -> None:
    """How many there are before they are read, so that a fall can be seen. A fall that was not
    judged yet, because the sync broke off, is still to be seen by the count before that."""
    count = Reading.shown(snapshot, name).count()
    snapshot.write(REMEMBER_COUNT, [(count, name)])


def report(run: Run, dataset: Dataset, mode: SyncMode, changed: int) -> DatasetReport:
    """How complete a dataset is, once what was due of it was read."""
    shown = Reading.shown(run.snapshot, dataset.name)
    read = shown.count()
    left_out = run.snapshot.rows(LEFT_OUT, (dataset.name, shown.generation))
    expected = read + len(left_out)
    reasons: list[str] = []
    if left_out:
        told = "; ".join(f"{its_id} ({why})" for its_id, why in left_out[:MOST_NAMED])
        reasons.append(f"{len(left_out)} could not be understood and were left out: {told}.")
    failed = run.snapshot.rows(FAILED, (dataset.name,))
    if failed:
        subject, failure = failed[0]
        reasons.append(
            f"{len(failed)} {dataset.subjects_are} could not be read, such as {subject}: {failure}"
        )
    if dataset.counts_subjects:
        ((expected, read, never),) = run.snapshot.rows(
            POPULATION.format(subjects=dataset.subjects), (dataset.name,)
        )
        if never and not dataset.most_requests:
            reasons.append(f"{never} {dataset.subjects_are} were never read.")
    state = DatasetState.PARTIAL if reasons else DatasetState.COMPLETE
    if dataset.most_requests:
        reasons.extend(_waiting(run, dataset, read, expected))
    return DatasetReport(
        state=state,
        read=read,
        expected=expected,
        reason=" ".join(reasons),
        mode=mode,
        changed=changed,
    )


def _waiting(run: Run, dataset: Dataset, read: int, expected: int) -> Iterator[str]:
    """What waits for a later sync: no fault of this one."""
    behind = run.snapshot.number(BEHIND, (dataset.name,) * 3)
    if read < expected or behind:
        told = f", {behind} of them before they changed" if behind else ""
        yield f"{read} of {expected} {dataset.subjects_are} were read{told}; a later sync goes on."


def pages_of(snapshot: Snapshot, dataset: Dataset) -> int:
    """How many requests the whole list takes."""
    table = dataset.listed[0].removeprefix("okta_")
    return max(1, ceil(snapshot.number(f"SELECT count(*) FROM shown_{table}") / dataset.page))
