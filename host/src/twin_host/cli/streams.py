"""Standard output and error as they are: perhaps closed, full, or of few letters.

Everything that the command line prints passes here, and no text from outside acts on a terminal.
"""

import errno
import io
import os
import sys
from contextlib import suppress

from twin_host.errors import HostError
from twin_host.json_text import in_ascii
from twin_host.plain_text import printable_lines


class OutputLost(HostError):
    """What was to be printed could not be."""

    def __init__(self, error: OSError) -> None:
        reason = (error.strerror or str(error)).rstrip(".")
        super().__init__(
            f"Standard output cannot be written, so what was to be said is lost: {reason}."
        )


class Closed(io.TextIOBase):
    """What stands for a standard output that nobody opened."""

    encoding = "utf-8"

    def write(self, _text: str, /) -> int:
        """Refuse."""
        raise OSError(errno.EBADF, "it is closed")


def prepare() -> None:
    """Make each stream one that can be used, or that says why not when it is."""
    for handle in (0, 1, 2):  # a file of the twin must never get the number of a closed one
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or Closed()
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def out(text: str = "", end: str = "\n") -> None:
    """Print text on standard output."""
    _write(printable_lines(text) + end)


def out_styled(text: str) -> None:
    """The same of text whose colours are our own, and whose words were made printable before."""
    _write(text)


def out_json(text: str) -> None:
    """Print (a part of) a JSON document, in letters that can be written there."""
    encoding = (sys.stdout.encoding or "").lower()
    _write(text if encoding.startswith("utf") else in_ascii(text))


def finish() -> None:
    """Write what is still waiting. Raises OutputLost."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputLost(error) from error


def say(text: str) -> None:
    """Tell a person, on standard error; where that cannot be written there is nobody to tell."""
    with suppress(OSError):
        sys.stderr.write(printable_lines(text) + "\n")
        sys.stderr.flush()


def give_up() -> None:
    """Let what could not be written go, so that the end of the process does not try again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise OutputLost(error) from error
