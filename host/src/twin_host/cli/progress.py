"""Live progress of a sync on standard error: a line for each dataset."""

from collections.abc import Generator
from contextlib import contextmanager
from signal import (
    ITIMER_REAL,
    SIGALRM,
    SIGINT,
    Signals,
    default_int_handler,
    setitimer,
    signal,
)
from threading import Event
from types import FrameType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from twin_host import contract
from twin_host.plain_text import printable


class Lines:
    """One line a dataset, moving on a terminal; silent elsewhere."""

    def __init__(self, shown: Progress | None) -> None:
        self._shown = shown
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: contract.Progress) -> None:
        """Show how far a dataset is."""
        if self._shown is None:
            return
        task = self._tasks.get(progress.dataset)
        if task is None:
            task = self._shown.add_task(printable(progress.dataset, 20), total=None)
            self._tasks[progress.dataset] = task
        self._shown.update(task, completed=progress.read, total=progress.expected)


@contextmanager
def progress_lines(*, quiet: bool) -> Generator[Lines]:
    """Progress while the block runs."""
    console = Console(stderr=True, highlight=False)
    if quiet or not console.is_terminal:
        yield Lines(None)
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as shown:
        yield Lines(shown)


@contextmanager
def stop_on_interrupt(*signals: Signals, patience_s: float | None = None) -> Generator[Event]:
    """The first Ctrl-C, or the first of `signals`, asks to stop; the second one stops, and so does
    the end of `patience_s`."""
    cancelled = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        for each in (SIGINT, *signals):
            signal(each, default_int_handler)
        cancelled.set()
        if patience_s is not None:
            signal(SIGALRM, default_int_handler)
            setitimer(ITIMER_REAL, patience_s)

    before = {each: signal(each, ask_to_stop) for each in (SIGINT, *signals)}
    try:
        yield cancelled
    finally:
        if patience_s is not None:
            setitimer(ITIMER_REAL, 0)
        for each, handler in before.items():
            signal(each, handler)
