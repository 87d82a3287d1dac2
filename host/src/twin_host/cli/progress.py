"""Live progress of a sync on standard error: a line for each dataset."""

from collections.abc import Generator
from contextlib import contextmanager
from signal import SIGINT, default_int_handler, signal
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
def stop_on_interrupt() -> Generator[Event]:
    """The first Ctrl-C asks to stop, the second one stops."""
    cancelled = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        signal(SIGINT, default_int_handler)
        cancelled.set()

    before = signal(SIGINT, ask_to_stop)
    try:
        yield cancelled
    finally:
        signal(SIGINT, before)
