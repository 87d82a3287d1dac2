"""Ctrl-C while modules are loaded."""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def loading() -> Generator[None]:
    """Ctrl-C in this block ends the process at once, with a word. An exception in the middle of an
    extension module's own beginning is more than some of those bear."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave(_number: int, _frame: object) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(130)
