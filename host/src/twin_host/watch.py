"""Following a product: one sync after the other, and what changed told as it happens.

Only what passes of `clock_s` counts, which no change of the wall clock moves; a machine that slept
goes on where it was.
"""

import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import Protocol

from attrs import define, field, frozen

from twin_host.changes import Changes, Look, changes_between, look_at
from twin_host.contract import Budget, DatasetState, OptionValue, SyncReport, SyncStatus
from twin_host.errors import Busy, HostError
from twin_host.twin import Twin

GROWTH = 1.25
"""By how much the pause grows with each sync that finds nothing."""
RETRY_GROWTH = 2.0
LONGEST_RETRY_S = 120.0
SHORTEST_PAUSE_S = 1.0
LOOP_EVERY_S = 3600.0
"""How old the twin's figures may get though nothing changes: time alone makes an account stale."""


@frozen(kw_only=True)
class Pace:
    """How often to look, from the start of one sync to that of the next: every `every_s` while
    something changes, at most every `idle_s` when nothing does. No sync takes much longer than
    `sync_s` before its changes are told."""

    every_s: float = 10.0
    idle_s: float = 15.0
    sync_s: float = 60.0


class Teller(Protocol):
    """Who hears what happens."""

    def changed(self, changes: Changes) -> None:
        """Something is otherwise in the twin."""
        ...

    def failed(self, sentence: str) -> None:
        """Syncing does not work for now; told once until it works again, or fails otherwise."""
        ...

    def works_again(self) -> None:
        """It does."""
        ...


@define(eq=False, kw_only=True)
class Watch:
    """Follows one connector until `stopped` is set. `wait` gives back early when it is."""

    twin: Twin
    name: str
    options: Mapping[str, OptionValue]
    teller: Teller
    stopped: Event
    wait: Callable[[float], object]
    pace: Pace = Pace()
    clock_s: Callable[[], float] = time.monotonic
    _pause_s: float = field(init=False)
    _seen: Look = field(init=False)
    _failure: str = ""
    _looped_s: float | None = None

    def __attrs_post_init__(self) -> None:
        self._pause_s = self.pace.every_s

    def run(self) -> None:
        """Sync and tell, again and again. Raises UsageError when no sync could ever start."""
        self.twin.check_options(self.name, self.options)
        with self.twin.moment() as now:
            self._seen = look_at(now, self.name)
        while not self.stopped.is_set():
            began_s = self.clock_s()
            self._once()
            left_s = began_s + self._pause_s - self.clock_s()
            self.wait(min(max(left_s, SHORTEST_PAUSE_S), self._pause_s))

    def _once(self) -> None:
        try:
            report = self._sync()
            with self.twin.moment() as now:
                seen = look_at(now, self.name)
                changes = changes_between(self._seen, seen, now, self.name)
            self._seen = seen
        except Busy:
            return  # another process reads; what it changes is told when its turn is over
        except (HostError, OSError) as error:
            self._looped_s = None
            self._fail(str(error))
            return
        if changes.found:
            self.teller.changed(changes)
        if self.stopped.is_set():
            return
        if report.status is SyncStatus.FAILED:
            self._fail(report.error)
            return
        failed_before, self._failure = bool(self._failure), ""
        if failed_before:
            self.teller.works_again()
        is_quiet = not changes.found and not failed_before
        self._pause_s = self._next_pause_s(is_quiet=is_quiet, report=report)

    def _sync(self) -> SyncReport:
        """One sync; the intelligence loop only where it may say something else than the last."""
        now_s = self.clock_s()
        is_due = self._looped_s is None or now_s - self._looped_s >= LOOP_EVERY_S
        outcome = self.twin.sync(
            self.name,
            self.options,
            budget=Budget(seconds=self.pace.sync_s),
            cancelled=self.stopped,
            unless_same=not is_due,
        )
        if outcome.ingested:
            self._looped_s = now_s
        return outcome.report

    def _next_pause_s(self, *, is_quiet: bool, report: SyncReport) -> float:
        states = {dataset.state for dataset in report.datasets.values()}
        if not is_quiet or report.due or DatasetState.PARTIAL in states:
            return self.pace.every_s
        return min(self._pause_s * GROWTH, max(self.pace.idle_s, self.pace.every_s))

    def _fail(self, sentence: str) -> None:
        self._pause_s = (
            min(self._pause_s * RETRY_GROWTH, LONGEST_RETRY_S)
            if self._failure
            else self.pace.every_s
        )
        if sentence != self._failure:
            self._failure = sentence
            self.teller.failed(sentence)
