"""`twin changes`, and the worst of them after a sync."""

from collections.abc import Iterable

import click

from twin_host.asking.changes import ThingChanged, by_sync
from twin_host.cli import show, streams
from twin_host.cli.root import echo_json, examples, json_option, twin
from twin_host.errors import HostError
from twin_host.moments import since as since_when
from twin_host.twin import Twin

TABLE_ROWS = 50
NOT_TOLD = "Nothing is known to have changed: it takes two syncs to tell."
WORST = 8
"""So many are told after a sync."""


@click.command("changes")
@click.option("--since", metavar="DAY|7d", help="Found from this day on, or so long ago at most.")
@click.option("--connector", metavar="NAME", help="Only what this connector tells.")
@click.option(
    "--limit", type=click.IntRange(1), help=f"At most so many; a table shows {TABLE_ROWS}."
)
@json_option
@examples("twin changes", "twin changes --since 7d", "twin changes --since 2026-01-31 --json")
def changes_command(
    since: str | None,
    connector: str | None,
    limit: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """What appeared, went or became otherwise, sync by sync, the worst first."""
    if connector is not None:
        twin().registry.get(connector)  # says which there are
    with twin().moment() as now:
        told = now.thing_changes(connector)
        start = since_when(since, now.clock()) if since else None
        if as_json:
            echo_json(change.row for change in told.found(since=start, limit=limit))
            return
        most = limit or TABLE_ROWS
        found = list(told.found(since=start, limit=most + 1))
        for sync in by_sync(found[:most]):
            show.heading(f"{sync.time[:16]}Z {sync.source}")
            _table(sync.changes)
        if not found:
            streams.say("Nothing has changed." if told.are_told else NOT_TOLD)
        if len(found) > most:
            in_all = told.count(since=start)
            streams.say(f"… and more, {in_all} in all: see --since, --limit or --json.")


def last_that_told(of: Twin, connector: str) -> int:
    """The last sync of a connector that found changes; 0 where none did, or nobody can say now."""
    try:
        with of.moment() as now:
            return now.thing_changes(connector).newest_sync()
    except HostError:
        return 0


def show_worst(of: Twin, connector: str, *, after_sync: int) -> None:
    """The worst that the syncs since have found, and how many more there are."""
    try:
        with of.moment() as now:
            told = now.thing_changes(connector)
            worst = list(told.found(after_sync=after_sync, limit=WORST))
            count = told.count(after_sync=after_sync)
    except HostError as error:
        show.line(f"What changed cannot be told: {error}", "yellow")
        return
    if worst:
        show.heading("What changed")
        _table(worst)
    if count > len(worst):
        show.line(f"… and {count - len(worst)} more: twin changes.")


def _table(found: Iterable[ThingChanged]) -> None:
    rows = ((change.label, change.kind, change.severity, str(change)) for change in found)
    show.table(("what", "kind", "severity", "change"), rows)
