"""`twin watch NAME`: what changes in a product, line by line as it becomes known."""

from collections.abc import Mapping
from contextlib import suppress
from signal import SIGTERM
from typing import Any

import click
import orjson
from attrs import asdict, evolve, frozen

from twin_host.changes import Changes
from twin_host.cli import streams
from twin_host.cli.kinds import TimeSpan
from twin_host.cli.progress import stop_on_interrupt
from twin_host.cli.root import twin
from twin_host.cli.syncing import sync_option
from twin_host.contract import OptionValue
from twin_host.json_text import safe
from twin_host.known import iso
from twin_host.medium import for_the_command_line
from twin_host.plain_text import printable
from twin_host.registry import Connector
from twin_host.settings import read_settings
from twin_host.twin import Twin
from twin_host.watch import Pace, Watch

PATIENCE_S = 1.5
"""How long a sync may take to stop in good order; what it has read is kept in either case."""
EVERY = "How often to look while something changes, such as 30s; watch_every_s in settings.toml."


def watch_command(connector: Connector) -> click.Command:
    """`twin watch NAME`, with a flag for each option of a sync."""

    def watch(*, as_json: bool, every: float | None, **given: Any) -> None:
        options: dict[str, OptionValue] = {n: v for n, v in given.items() if v is not None}
        with (
            stop_on_interrupt(SIGTERM, patience_s=PATIENCE_S) as stopped,
            suppress(KeyboardInterrupt),
        ):
            Watch(
                twin=twin(),
                name=connector.info.name,
                options=options,
                teller=Lines(twin(), connector, as_json),
                stopped=stopped,
                wait=stopped.wait,
                pace=_pace(twin(), every),
            ).run()

    name = connector.info.name
    params: list[click.Parameter] = [sync_option(option) for option in connector.info.options]
    params += [
        click.Option(["--every"], type=TimeSpan(), help=EVERY),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON document a line."),
    ]
    text = (
        f"Follow {connector.info.title} and tell what changes as it happens.\n\nStop with Ctrl-C; "
        f"the next one goes on.\n\n\b\nExamples:\n  twin watch {name}\n  twin watch {name} --json"
    )
    return click.Command(name, callback=watch, params=params, help=text)


def _pace(of: Twin, every_s: float | None) -> Pace:
    settings = read_settings(of.home)
    pace = Pace(every_s=settings.watch_every_s, idle_s=settings.watch_idle_s)
    return pace if every_s is None else evolve(pace, every_s=every_s)


@frozen
class Lines:
    """Tells each change in a line of its own, at once."""

    twin: Twin
    connector: Connector
    as_json: bool

    def changed(self, changes: Changes) -> None:
        """A line for each, and one for the events that are too many."""
        for change in changes.found:
            self._tell(str(change), asdict(change))
        if more := changes.more_events:
            self._tell(f"{more} more new events: twin events", {"kind": "more", "events": more})
        streams.finish()

    def failed(self, sentence: str) -> None:
        """Why, beside the output for a person."""
        sentence = for_the_command_line(self.connector.info, sentence)
        self._tell_aside(
            f"Syncing fails, and is tried again: {sentence}", {"kind": "failed", "error": sentence}
        )

    def works_again(self) -> None:
        """That it does."""
        self._tell_aside("Syncing works again.", {"kind": "works_again"})

    def _tell_aside(self, words: str, row: Mapping[str, Any]) -> None:
        if self.as_json:
            self._tell(words, row)
            streams.finish()
        else:
            streams.say(f"{self._now()} {words}")

    def _tell(self, words: str, row: Mapping[str, Any]) -> None:
        if self.as_json:
            streams.out_json(safe(orjson.dumps({"at": self._now(), **row}).decode()))
            streams.out()
        else:
            streams.out(f"{self._now()} {printable(words)}")

    def _now(self) -> str:
        return iso(self.twin.clock())
