"""`twin demo`: the whole way through with a connector's simulated organisation."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from pathlib import Path
from typing import Protocol

import click

from twin_host.cli import show
from twin_host.cli.changing import show_worst
from twin_host.cli.progress import progress_lines
from twin_host.cli.syncing import show_sync
from twin_host.contract import Secret
from twin_host.errors import UsageError
from twin_host.home import Home
from twin_host.known import name_of
from twin_host.registry import Connector, Registry
from twin_host.twin import SyncOutcome, Twin

ENTRY_POINT_GROUP = "twin.demos"
NAMES = 3
EVENTS = 6


class DemoOrg(Protocol):
    """A running simulated organisation, as an entry point in `twin.demos` gives it."""

    title: str
    values: Mapping[str, str]
    options: Mapping[str, bool | int]

    def pass_time(self) -> str:
        """Let something change, and say what."""
        ...


Demo = Callable[[], AbstractContextManager[DemoOrg]]


@click.command()
@click.argument("connector", required=False)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep the demo's twin in this folder."
)
def demo(connector: str | None, keep: Path | None) -> None:
    """Configure, test, sync, enrich and sync again, against a simulated organisation.

    Your own twin is not touched: the demo has one of its own, gone afterwards unless --keep names
    a folder for it.

    \b
    Examples:
      twin demo
      twin demo --keep /tmp/demo-twin
    """
    entry = _find(connector)
    with _folder(keep) as folder:
        home = Home(Path(folder).absolute())
        twin = Twin(home, Registry())
        click.get_current_context().find_root().obj = twin
        _run(twin, twin.registry.get(entry.name), entry.load())
        if keep:
            show.line(f"Its twin is kept: TWIN_HOME={home.path} twin facts")


def _run(twin: Twin, connector: Connector, start: Demo) -> None:
    with start() as org:
        show.line(org.title, "bold")
        _configure(twin, connector, org)
        show.heading("1. Test the connection")
        show.connection(twin.test(connector.info.name))
        show.heading("2. First sync")
        show_sync(connector, _sync(twin, connector, org), after_sync=0)
        _show_people(twin)
        before = _values(twin)
        show.heading("3. Time passes")
        show.line(org.pass_time())
        show.heading("4. Second sync")
        second = _sync(twin, connector, org)
        show.sync(second.report)
        _show_change(before, _values(twin), second)
        show_worst(twin, connector.info.name, after_sync=0)
    show.heading("Next")
    show.line(f"With your own organisation: twin configure {connector.info.name} --help")


def _configure(twin: Twin, connector: Connector, org: DemoOrg) -> None:
    secret_names = {field.name for field in connector.info.fields if field.kind == "secret"}
    values = {name: value for name, value in org.values.items() if name not in secret_names}
    secrets = {name: Secret(org.values[name]) for name in secret_names & org.values.keys()}
    twin.configure(connector.info.name, values, secrets)


def _sync(twin: Twin, connector: Connector, org: DemoOrg) -> SyncOutcome:
    with progress_lines(quiet=False) as lines:
        return twin.sync(connector.info.name, org.options, report=lines)


def _show_people(twin: Twin) -> None:
    show.heading("Who is behind the gaps")
    with twin.moment() as now:
        events = list(islice(now.events(limit=-1), 2000))
        for gap in now.gaps():
            names = [name_of(subject) for subject in now.subjects(gap).first(NAMES).rows]
            more = f" and {gap.count - len(names)} more" if gap.count > len(names) else ""
            show.line(f"{gap.title}: {', '.join(names)}{more}")
            show.line(f"  {gap.remedy}", "dim")
    show.heading("Notable events of the past week")
    show.events(sorted(events, key=lambda event: event.severity.rank)[:EVENTS])


def _values(twin: Twin) -> dict[str, str]:
    with twin.moment() as now:
        facts = {fact.key: fact.value for fact in now.facts()}
        return facts | {f"gap {gap.id}": str(gap.count) for gap in now.gaps()}


def _show_change(before: Mapping[str, str], after: Mapping[str, str], second: SyncOutcome) -> None:
    show.heading("Which figures changed")
    changed = [
        (key, before.get(key, "none"), after.get(key, "none"))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
    show.table(("figure", "before", "after"), changed)
    new = second.ingested.new_events if second.ingested else 0
    show.line(f"{new} new security events.")


def _find(connector: str | None) -> EntryPoint:
    installed = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    if connector is None and len(installed) == 1:
        return next(iter(installed.values()))
    if connector in installed:
        return installed[connector]
    names = ", ".join(sorted(installed)) or "none"
    raise UsageError(f"Name the connector whose demo to run (there is: {names}).")


def _folder(keep: Path | None) -> AbstractContextManager[str]:
    return nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="twin-demo-")
