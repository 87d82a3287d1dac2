"""Tables and sentences for a terminal: 80 columns, no control characters from outside."""

import io
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from twin_host.cli import streams
from twin_host.cli.table import Cell, lines, wrapped
from twin_host.contract import ConnectionReport, DatasetState, SyncPlan, SyncReport, SyncStatus
from twin_host.known import NAMES, KnownEvent, KnownFact, KnownGap, PastSync, iso
from twin_host.moment import Moment
from twin_host.plain_text import HOW_READ, duration, printable
from twin_host.status import Installed
from twin_host.subjects import First

STYLES = {
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim",
    "complete": "green", "partial": "yellow", "denied": "red", "skipped": "dim", "failed": "red",
    "granted": "green", "verified": "green", "observed": "yellow", "contradicted": "red",
    "uncertain": "yellow",
}  # fmt: skip

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


def console() -> Console:
    """As wide as standard output, with its colours: on a terminal only, and without NO_COLOR (rich
    sees to it). What is printed on it is kept, since only `streams` writes."""
    return Console(
        file=io.StringIO(),
        force_terminal=sys.stdout.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows, the name in the first column; nothing in them is left out."""
    shown = [printable(name) for name in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    for each in lines(shown, cells, console().width):
        _print(each)


def line(text: str = "", style: str = "") -> None:
    """Print one paragraph, wrapped."""
    for part in wrapped(printable(text), console().width):
        _print(Text(part, style=style))


def _print(text: Text) -> None:
    """Print what fits in a line, in the colours that the terminal has."""
    shown = console()
    with shown.capture() as captured:
        shown.print(text, no_wrap=True, overflow="ignore", crop=False)
    streams.out_styled(captured.get())


def heading(text: str) -> None:
    """Print a heading with a blank line before it."""
    streams.out()
    line(text, "bold")


def connectors(found: Iterable[Installed]) -> None:
    """The connectors that can be used."""
    rows = (
        (
            each.connector.info.name,
            each.connector.info.title,
            each.connector.info.category,
            "yes" if each.is_configured else "no",
            _when(each.last_sync),
        )
        for each in found
    )
    table(("name", "title", "category", "configured", "last sync"), rows)


def _when(last: PastSync | None) -> str:
    return f"{iso(last.ended_at)} {last.status}" if last else "never"


def facts(found: Iterable[KnownFact]) -> None:
    """The facts with their evidence."""
    table(
        ("fact", "confidence", "evidence", "as of"),
        ((f"{f.key}:{f.value}", f.confidence, evidence(f), _age(f)) for f in found),
    )


def _age(fact: KnownFact) -> str:
    return minute(fact.as_of) if fact.days_old is None else f"{fact.days_old} days old"


def evidence(fact: KnownFact) -> str:
    """`n of m`, with the margin of a sample; what contradicts a declared value."""
    if fact.actual is not None:
        return f"{{declared:{fact.value} actual:{fact.actual}}}"
    if not fact.is_counted:
        return ""
    found = fact.evidence
    margin = f" ±{found.margin:g}%" if found.margin else ""
    return f"{found.numerator} of {found.denominator}{margin}"


def explanation(fact: KnownFact, subjects: First) -> None:
    """What a figure means, how it was counted, and who is behind it."""
    found = fact.evidence
    line(f"{fact.key}:{fact.value} ({fact.trust}, {fact.source})", "bold")
    line(found.definition)
    whole = "complete" if found.complete else "not complete"
    read = ", ".join(found.datasets)
    counted = f"Counted {evidence(fact)}, from {read} ({whole}), as of {iso(fact.as_of)}."
    line(counted if read else "")
    line(found.note, "yellow")
    people(subjects)


def gaps(found: Sequence[KnownGap]) -> None:
    """The gaps, worst first."""
    shown = (
        (
            gap.id + (" (closed)" if gap.closed_at else ""),
            gap.severity,
            f"{gap.count}{'' if gap.complete else '+'}",
            f"{gap.title} ({gap.nist})",
        )
        for gap in found
    )
    table(("id", "severity", "count", "gap"), shown)
    if any(not gap.complete for gap in found):
        line("+ means at least so many: not everything could be read.", "yellow")


def events(found: Iterable[KnownEvent]) -> None:
    """Events, newest first; the address and all else is in the JSON."""
    shown = ((e.title, e.severity, minute(e.time), e.actor) for e in found)
    table(("event", "severity", "time", "who"), shown)


def rows(columns: Sequence[str], found: Iterable[Mapping[str, Any]]) -> None:
    """Rows of a list, by those columns."""
    cells = [[_value(row[name]) for name in columns] for row in found]
    if cells:
        table(columns, cells)


def values(found: Mapping[str, Any]) -> None:
    """What is known of one thing, a line each."""
    width = max(map(len, found), default=0)
    for name, value in found.items():
        line(f"  {name:<{width}}  {_value(value)}")


def _value(value: Any) -> Any:
    """A value as a person writes it: yes and no, and a time to the minute."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return f"{value[:16]}Z"
    return value


def people(found: First) -> None:
    """Those behind a figure or in a gap, whatever their columns."""
    if found.rows:
        columns = _name_first([name for name in found.rows[0] if name != "id"] or ["id"])
        rows = ([row[name] for name in columns] for row in found.rows)
        table(columns, rows)
    if found.more:
        line("… and more: see --limit.", "dim")
    if found.problem:
        line(f"Who and what they are cannot be listed: {found.problem}", "yellow")


def _name_first(columns: Sequence[str]) -> list[str]:
    return sorted(columns, key=lambda name: name not in NAMES)


def minute(moment: datetime) -> str:
    """A time as a table has room for it."""
    return f"{iso(moment)[:16]}Z"


def connection(report: ConnectionReport) -> None:
    """Who we are and what we may read."""
    line(f"Connected to {report.org}" + (f" ({report.edition})" if report.edition else ""))
    if report.identity:
        line(f"as {report.identity}")
    streams.out()
    rows = (
        (name, "granted" if capability.granted else "denied", capability.reason)
        for name, capability in report.capabilities.items()
    )
    table(("capability", "state", "reason"), rows)
    if report.rate_limits:
        limits = ", ".join(f"{name} {limit}" for name, limit in report.rate_limits.items())
        streams.out()
        line(f"Rate limits a minute: {limits}")
    if report.first_sync_s is not None:
        line(f"A first sync takes about {duration(report.first_sync_s)}.")
    for note in report.notes:
        line(note, "yellow")


def sync(report: SyncReport) -> None:
    """How complete each dataset is."""
    datasets(report)
    streams.out()
    style = STYLES["complete"] if report.status == SyncStatus.COMPLETE else STYLES["partial"]
    line(
        f"{report.status} ({report.mode}): {report.requests} requests, {report.throttled} "
        f"throttled, {report.retries} retries, {duration(report.seconds)}",
        style,
    )
    for note in filter(None, (*report.notes, due(report))):
        line(note, "yellow")


def datasets(report: SyncReport) -> None:
    """How each dataset of a sync ended, and how it was read where that is told."""
    found = report.datasets
    columns = {
        "dataset": list(found),
        "state": [dataset.state for dataset in found.values()],
        "read": [_read(dataset.read, dataset.expected) for dataset in found.values()],
        "how": [HOW_READ[dataset.mode] for dataset in found.values()],
        "changed": [dataset.changed if dataset.mode else "" for dataset in found.values()],
        "reason": [dataset.reason for dataset in found.values()],
    }
    if not any(columns["how"]):
        del columns["how"], columns["changed"]
    table(list(columns), zip(*columns.values(), strict=True))


def due(report: SyncReport) -> str:
    """How much is known to be out of date; empty when nothing is."""
    return (
        f"{report.due} known to be out of date: the next sync reads them again."
        if report.due
        else ""
    )


def plan(found: SyncPlan) -> None:
    """What a sync would read, how, why and what it takes."""
    rows = (
        (name, HOW_READ[each.mode], each.requests, _span(each.seconds), each.reason)
        for name, each in found.datasets.items()
    )
    table(("dataset", "how", "requests", "time", "why"), rows)
    streams.out()
    line(f"In all: requests {_about(found.requests)}, time {_time(found.seconds)}.")
    for note in found.notes:
        line(note, "yellow")


def _span(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _about(requests: int | None) -> str:
    return "not known" if requests is None else f"about {requests}"


def _time(seconds: float | None) -> str:
    return "not known" if seconds is None else f"about {duration(seconds)}"


def not_read(unread: Mapping[str, Mapping[str, str]]) -> None:
    """What the last syncs did not read in full, below what may be incomplete for it."""
    for source, states in unread.items():
        if states:
            told = ", ".join(f"{dataset} {state}" for dataset, state in states.items())
            line(
                f"Not read in full by the last sync of {source}: {told}. See twin status.", "yellow"
            )


def unread(report: SyncReport) -> list[str]:
    """The datasets that could not be read in full."""
    states = (DatasetState.PARTIAL, DatasetState.DENIED)
    return [name for name, dataset in report.datasets.items() if dataset.state in states]


def _read(read: int, expected: int | None) -> str:
    return f"{read} of {expected}" if expected not in (None, read) else str(read)


def _cell(value: Any) -> Cell:
    text = "" if value is None else str(value)
    return Cell(printable(text), STYLES.get(text, ""))


def if_nothing_was_synced(now: Moment, *, as_json: bool) -> None:
    """Say that nothing can be known yet; beside a document for programs, on standard error."""
    if not now.was_ever_synced():
        tell = streams.say if as_json else line
        tell("Nothing has been synced yet, so this says nothing: twin connectors.")
