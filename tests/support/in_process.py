"""The `twin` command in this process: a hundred runs in the time that ten processes take."""

import io
import sys
from contextlib import contextmanager

from attrs import frozen

from twin_host.cli import cli
from twin_host.twin import Twin


@frozen
class Done:
    """How a command ended; whatever but SystemExit it raised would have been a traceback."""

    status: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        """What it said was wrong."""
        return [line for line in self.err.splitlines() if line.startswith("Error: ")]


@contextmanager
def streams(stdout=None, encoding="utf-8"):
    """Standard streams of their own, of that encoding; `stdout` may be any other."""
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.StringIO()
    sys.stdout = stdout or io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    try:
        yield sys.stdout, sys.stderr
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def twin(*arguments: str, on: Twin | None = None, stdout=None, encoding="utf-8") -> Done:
    """Run it to its end, on a twin of the test's or that of the environment."""
    with streams(stdout, encoding) as (out, err):
        try:
            cli.main(list(arguments), prog_name="twin", obj=on)
        except SystemExit as end:
            status = end.code
        told = "" if stdout else out.buffer.getvalue().decode(encoding)
        return Done(status, told, err.buffer.getvalue().decode(encoding))
