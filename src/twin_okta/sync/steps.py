"""Which datasets are read in full, of which what changed, and which not at all: a pure function of
how they stand and of the time."""

from datetime import datetime, timedelta

from attrs import frozen

from twin_host.contract import SyncMode
from twin_okta.datasets import Disposition

SMALL_LISTS_AGAIN_AFTER = timedelta(days=1)
"""A small list is read that often though the log tells of no change."""
EARLIEST, LATEST = 3 / 7, 6 / 7
"""Between these shares of the age at which it must be read again each subject has a moment of its
own, so that not all come due at once, and none is late between two syncs."""
CLOCK_TOLERANCE = timedelta(minutes=5)


@frozen(kw_only=True)
class ListState:
    """How a dataset's list stands. `read_at` is when it was last read whole; `spread`, from 0 to 1,
    was drawn then. `as_of` is when what is shown was so."""

    disposition: Disposition
    is_shown: bool
    is_doubted: bool
    is_due: bool
    read_at: datetime | None
    as_of: datetime | None
    spread: float = 0.5


@frozen
class Step:
    """What is done with a list, and why; `by_age` where nothing tells that it has changed."""

    mode: SyncMode
    reason: str
    by_age: bool = False


def list_step(
    state: ListState, *, now: datetime, covered_since: datetime, read_again: timedelta
) -> Step:
    """What to do with a list. Readings before `covered_since` may have changed without a word of
    the log; none may become older than `read_again`."""
    full = _why_in_full(state, now, covered_since)
    if full:
        return Step(SyncMode.FULL, full)
    assert state.read_at is not None  # noqa: S101  what was never read is read in full
    age = now - state.read_at
    if age > read_again * (EARLIEST + (LATEST - EARLIEST) * state.spread):
        return Step(SyncMode.FULL, f"It was read {age.days} days ago.", by_age=not state.is_due)
    if state.disposition is Disposition.MERGE:
        return Step(SyncMode.DELTA, "What has moved since is asked for.")
    if state.is_due:
        return Step(SyncMode.FULL, "The log tells of a change.")
    if age > SMALL_LISTS_AGAIN_AFTER:
        return Step(SyncMode.FULL, "It was read more than a day ago.", by_age=True)
    return Step(SyncMode.NOTHING, "The log tells of no change since it was read.")


def _why_in_full(state: ListState, now: datetime, covered_since: datetime) -> str:
    if not state.is_shown or state.read_at is None or state.as_of is None:
        return "It was never read to its end."
    if state.is_doubted:
        return "What was read the last time is doubted."
    if max(state.read_at, state.as_of) > now + CLOCK_TOLERANCE:
        return "The last reading is dated in the future."
    if state.as_of < covered_since:
        return "Nothing tells what has changed since it was read."
    return ""
