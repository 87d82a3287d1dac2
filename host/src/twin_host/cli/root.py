"""The root command: one twin for each run, and errors as one sentence with an exit status."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

from twin_host import shapes
from twin_host.cli import streams
from twin_host.errors import HostError, UsageError
from twin_host.home import Home
from twin_host.loading import loading
from twin_host.registry import Registry
from twin_host.twin import Twin

DONE_IN_PART = 3
INTERRUPTED = 130
Command = TypeVar("Command", bound=Callable[..., Any])


class Root(click.Group):
    """A group whose commands fail with a sentence, never with a traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **more: Any) -> Any:
        """Run a command and end the process with its exit status."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **more)
        streams.prepare()
        if any(_is_no_text(argument) for argument in sys.argv):
            sys.exit(self._failed(UsageError("What was typed is no text in UTF-8: write it so.")))
        status = self._status(*args, **more)
        try:
            streams.finish()
        except streams.OutputLost as lost:
            status = self._failed(lost)
        sys.exit(status)

    def _status(self, *args: Any, **more: Any) -> Any:
        try:
            return super().main(*args, standalone_mode=False, **more) or 0
        except SystemExit as end:
            return end.code
        except (KeyboardInterrupt, click.Abort):
            streams.say("Interrupted.")
            return INTERRUPTED
        except HostError as error:
            return self._failed(error)
        except OSError as error:
            return self._failed(HostError(_of_the_system(error)))
        except click.ClickException as wrong:
            usage = io.StringIO()
            wrong.show(usage)
            streams.say(usage.getvalue().rstrip("\n"))
            return wrong.exit_code

    def _failed(self, error: HostError) -> int:
        if os.environ.get("TWIN_DEBUG"):
            traceback.print_exc()
        if isinstance(error, streams.OutputLost):
            streams.give_up()
        streams.say("\n".join(f"Error: {line}" for line in _for_the_terminal(error)))
        return error.exit_status


def _is_no_text(argument: str) -> bool:
    """Whether an argument holds bytes that are no letters."""
    return any("\ud800" <= character <= "\udfff" for character in argument)


def _for_the_terminal(error: HostError) -> list[str]:
    """The sentence with the command that helps, a line for each sentence."""
    found = str(error).splitlines() or [type(error).__name__]
    return [*found[:-1], f"{found[-1]} Run: {error.command}"] if error.command else found


def _of_the_system(error: OSError) -> str:
    what = error.filename or "Something that this needs"
    return f"{what} cannot be used: {(error.strerror or str(error)).rstrip('.')}."


def twin() -> Twin:
    """This run's twin; made at the first use, since finding plugins takes a moment."""
    context = click.get_current_context().find_root()
    if context.obj is None:
        context.obj = Twin(Home.default(), Registry())
    return context.obj


def optional(module: str, *, extra: str) -> Any:
    """A part of the host that is installed on demand. Raises UsageError when it is not."""
    try:
        with loading():
            return import_module(module)
    except ModuleNotFoundError as missing:
        if not missing.name or missing.name.startswith("twin_"):
            raise
        raise UsageError(
            f"This needs the extra {extra} ({missing.name} is not installed). "
            f"Install it with: pip install 'twin-host[{extra}]'"
        ) from missing


def examples(*lines: str) -> Callable[[Command], Command]:
    """Add examples to a command's help, as they are."""
    block = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

    def add(function: Command) -> Command:
        function.__doc__ = f"{function.__doc__}\n\n{block}"
        return function

    return add


def json_option(function: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")(
        function
    )


def echo_json(value: Any) -> None:
    """One JSON document on standard output, written as it becomes known."""
    for piece in shapes.pieces(value):
        streams.out_json(piece)
    streams.out()


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
