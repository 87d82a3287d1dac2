"""Tests and syncs that were started from a page, while they run and after."""

import time
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any

from attrs import define, field

from twin_host import shapes
from twin_host.contract import Capability, Confidence, OptionValue, Progress
from twin_host.errors import HostError
from twin_host.known import KnownFact
from twin_host.medium import for_a_page
from twin_host.twin import Twin

EARLY_EVERY_S = 4.0


@define(eq=False)
class Run:
    """One test or sync. `version` grows with every change, so that a page can wait for one."""

    connector: str
    kind: str
    clock_s: Callable[[], float] = time.monotonic
    started_s: float = field(init=False)
    ended_s: float | None = None
    state: str = "running"
    error: str = ""
    capabilities: dict[str, Capability] = field(factory=dict[str, Capability])
    progress: dict[str, Progress] = field(factory=dict[str, Progress])
    early: list[KnownFact] = field(factory=list[KnownFact])
    report: dict[str, Any] | None = None
    cancelled: Event = field(factory=Event)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        self.started_s = self.clock_s()

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.ended_s is None

    @property
    def seconds(self) -> float:
        """How long it has taken so far, or took."""
        return (self.clock_s() if self.ended_s is None else self.ended_s) - self.started_s

    @property
    def seconds_left(self) -> float | None:
        """Of the dataset that takes longest; None while nothing is known of any that goes on."""
        known = [p.seconds_left for p in self.progress.values() if p.seconds_left]
        return max(known, default=None)

    def probed(self, name: str, capability: Capability) -> None:
        """A capability is known."""
        self.capabilities[name] = capability
        self.version += 1

    def reported(self, progress: Progress) -> None:
        """A dataset has come further."""
        self.progress[progress.dataset] = progress
        self.version += 1

    def end(self, state: str, *, report: dict[str, Any] | None = None, error: str = "") -> None:
        """It is over."""
        self.state, self.report, self.error = state, report, error
        self.ended_s = self.clock_s()
        self.version += 1


class Runs:
    """The last test and the last sync of each connector; one of both at a time."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._last: dict[tuple[str, str], Run] = {}
        self._threads: list[Thread] = []
        self._lock = Lock()

    def last(self, connector: str, kind: str) -> Run | None:
        """The last test or sync of a connector, under way or over."""
        return self._last.get((connector, kind))

    def running(self, connector: str) -> Run | None:
        """What is under way."""
        both = (self.last(connector, kind) for kind in ("test", "sync"))
        return next((run for run in both if run and run.is_running), None)

    def test(self, connector: str) -> Run:
        """Start a test, unless something runs already."""
        return self._start(Run(connector, "test"), self._test)

    def sync(self, connector: str, options: Mapping[str, OptionValue]) -> Run:
        """Start a sync, unless something runs already."""
        return self._start(Run(connector, "sync"), lambda run: self._sync(run, options))

    def stop(self) -> None:
        """Ask everything to stop, and wait for it a moment."""
        for run in self._last.values():
            run.cancelled.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _start(self, run: Run, work: Callable[[Run], None]) -> Run:
        with self._lock:
            if running := self.running(run.connector):
                return running
            self._last[run.connector, run.kind] = run
        thread = Thread(target=_guarded, args=(work, run), daemon=True)
        self._threads = [old for old in self._threads if old.is_alive()] + [thread]
        thread.start()
        return run

    def _test(self, run: Run) -> None:
        report = self._twin.test(run.connector, probed=run.probed)
        run.capabilities = dict(report.capabilities) or run.capabilities
        state = "done" if report.ok else "failed"
        run.end(state, report=shapes.connection(report), error=report.error)

    def _sync(self, run: Run, options: Mapping[str, OptionValue]) -> None:
        over = Event()
        watcher = Thread(target=self._watch, args=(run, over), daemon=True)
        watcher.start()
        try:
            outcome = self._twin.sync(
                run.connector, options, report=run.reported, cancelled=run.cancelled
            )
        finally:
            over.set()
            watcher.join()
        report = outcome.report
        info = self._twin.registry.get(run.connector).info
        notes = {"notes": [for_a_page(info, note) for note in report.notes]}
        told = shapes.sync(report, outcome.ingested) | notes
        run.end(str(report.status), report=told, error=report.error)

    def _watch(self, run: Run, over: Event) -> None:
        """What is known so far of figures that are still being read; a verified one is that of the
        last sync. Looked at less often when it takes long to work out."""
        pause_s = EARLY_EVERY_S
        while not over.wait(pause_s):
            began_s = time.monotonic()
            try:
                facts = self._twin.early(run.connector)
                run.early = [f for f in facts if f.confidence != Confidence.VERIFIED]
            except HostError:
                run.early = []  # nothing to tell yet; the sync itself reports what is wrong
            run.version += 1
            pause_s = max(EARLY_EVERY_S, 5 * (time.monotonic() - began_s))


def _guarded(work: Callable[[Run], None], run: Run) -> None:
    try:
        work(run)
    except HostError as error:
        run.end("failed", error=str(error))
    except BaseException as error:
        run.end("failed", error=f"Something unforeseen failed: {type(error).__name__}.")
        raise
