"""`twin events`: security events as a table, JSON, CSV or OCSF, and as the twin learns of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from signal import SIGTERM
from typing import Any

import click
import orjson

from twin_host import shapes
from twin_host.asking.csv_text import csv_lines, csv_rows
from twin_host.cli import show, streams
from twin_host.cli.kinds import TimeSpan
from twin_host.cli.progress import stop_on_interrupt
from twin_host.cli.root import echo_json, examples, json_option, twin
from twin_host.contract import Severity
from twin_host.errors import UsageError
from twin_host.following import Follower, Mark
from twin_host.json_text import safe
from twin_host.known import KnownEvent
from twin_host.ocsf import ocsf

TABLE_ROWS = 20
MARK_NAME = "events-told.json"
PATIENCE_S = 1.5
"""How long what is being told may take when it is to stop: a collector may have stopped reading."""
COLUMNS = (
    "time", "severity", "title", "actor", "targets", "outcome", "reason", "source_ip", "country",
    "event_type", "category", "mitre", "source", "id",
)  # fmt: skip
Tell = Callable[[Iterator[KnownEvent]], None]


@click.command("events")
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    help="Only this severity.",
)
@click.option("--category", help="Only this category, such as mfa.")
@click.option("--since", metavar="TIME", help="Only from 2026-01-31, or from 7d or 24h ago, on.")
@click.option("--actor", help="Only by somebody whose name has this in it.")
@click.option("--target", help="Only done to what has this in its name.")
@click.option("--address", help="Only from an address that begins so, such as 203.0.113.")
@click.option("--words", help="Only those with all of these words.")
@click.option("--limit", type=click.IntRange(1), help="At most so many; 20 in the table.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "ocsf"]),
    default="table",
    help="ocsf: a record of the Open Cybersecurity Schema Framework a line.",
)
@json_option
@click.option("--follow", is_flag=True, help="Go on as the twin learns of more, oldest first.")
@click.option(
    "--mark",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Where --follow keeps how far it was; {MARK_NAME} in the twin's folder.",
)
@click.option("--every", type=TimeSpan(), default=1.0, help="How often --follow looks; 1s.")
@examples(
    "twin events --severity high --since 7d",
    "twin events --actor ada@example.com --json",
    "twin events --follow --format ocsf",
)
def events_command(
    *,
    limit: int | None,
    form: str,
    as_json: bool,
    follow: bool,
    mark: Path | None,
    every: float,
    **asked: str | None,
) -> None:
    """Security events, newest first.

    With --follow each is told once, in the order in which the twin learns of them: what is known
    already, then what a sync or `twin watch` brings, until Ctrl-C. The next one goes on where this
    one stopped.
    """
    form = "json" if as_json else form
    if follow and limit:
        raise UsageError("--limit has no meaning with --follow, which tells every event.")
    if follow:
        _follow(form, mark, every, asked)
    else:
        _list(form, limit, asked)


def _list(form: str, limit: int | None, asked: Mapping[str, str | None]) -> None:
    with twin().moment() as now:
        most = limit or (TABLE_ROWS if form == "table" else -1)
        found = now.events(limit=most, **asked)
        show.if_nothing_was_synced(now, as_json=form != "table")
        if form == "json":
            echo_json(shapes.event(event) | {"raw": now.entry(event)} for event in found)
        elif form == "table":
            show.events(found)
            show.not_read(now.unread() if now.was_ever_synced() else {})
        else:
            if form == "csv":
                _out(csv_lines(COLUMNS, ()))
            LINES[form](found)


def _follow(form: str, mark: Path | None, every_s: float, asked: Mapping[str, str | None]) -> None:
    this = twin()
    this.home.ensure()
    place = Mark(mark or this.home.path / MARK_NAME)
    if form == "csv" and place.read() == (0, ""):
        _out(csv_lines(COLUMNS, ()))

    def tell(found: Iterator[KnownEvent]) -> None:
        LINES[form](found)
        streams.finish()

    with stop_on_interrupt(SIGTERM, patience_s=PATIENCE_S) as stopped:
        Follower(
            twin=this,
            mark=place,
            asked=asked,
            tell=tell,
            stopped=stopped,
            wait=stopped.wait,
            every_s=every_s,
        ).run()


def _in_words(found: Iterator[KnownEvent]) -> None:
    for event in found:
        of_whom = f" ({event.actor})" if event.actor else ""
        when = shapes.event(event)["time"]
        streams.out(f"{when} {event.severity} {event.title}{of_whom}")


def _as_json(found: Iterator[KnownEvent]) -> None:
    for event in found:
        _out_json(shapes.event(event))


def _as_ocsf(found: Iterator[KnownEvent]) -> None:
    connectors = twin().registry.connectors
    for event in found:
        connector = connectors.get(event.source)
        _out_json(ocsf(event, connector.info if connector else None))


def _as_csv(found: Iterator[KnownEvent]) -> None:
    _out(csv_rows(_cells(event) for event in found))


def _cells(event: KnownEvent) -> list[Any]:
    lists = {"targets": ", ".join(event.targets), "mitre": ", ".join(event.mitre)}
    told = {**shapes.event(event), **lists}
    return [told[name] for name in COLUMNS]


def _out(lines: Iterable[str]) -> None:
    for line in lines:
        streams.out(line)


def _out_json(record: shapes.Json) -> None:
    streams.out_json(safe(orjson.dumps(record).decode()))
    streams.out()


LINES: Mapping[str, Tell] = {
    "table": _in_words, "json": _as_json, "csv": _as_csv, "ocsf": _as_ocsf,
}  # fmt: skip
