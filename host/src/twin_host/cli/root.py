"""The root command: one twin for each run, and errors as one sentence with an exit status."""

import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

from twin_host import shapes
from twin_host.errors import HostError, UsageError
from twin_host.home import Home
from twin_host.plain_text import printable
from twin_host.registry import Registry
from twin_host.twin import Twin

INTERRUPTED = 130
Command = TypeVar("Command", bound=Callable[..., Any])


class Root(click.Group):
    """A group whose commands fail with a sentence, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HostError as error:
            if os.environ.get("TWIN_DEBUG"):
                traceback.print_exc()
            for line in str(error).splitlines():
                click.echo(f"Error: {printable(line)}", err=True)
            ctx.exit(error.exit_status)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


def twin() -> Twin:
    """This run's twin; made at the first use, since finding plugins takes a moment."""
    context = click.get_current_context().find_root()
    if context.obj is None:
        context.obj = Twin(Home.default(), Registry())
    return context.obj


def optional(module: str, *, extra: str) -> Any:
    """A part of the host that is installed on demand. Raises UsageError when it is not."""
    try:
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
        click.echo(piece, nl=False)
    click.echo()


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
