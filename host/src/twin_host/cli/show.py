"""Tables and sentences for a terminal: 80 columns, no control characters from outside."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin_host.contract import ConnectionReport, DatasetState, SyncReport, SyncStatus
from twin_host.known import KnownEvent, KnownFact, KnownGap, PastSync, iso
from twin_host.plain_text import duration, printable
from twin_host.status import Installed
from twin_host.subjects import First

STYLES = {
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim",
    "complete": "green", "partial": "yellow", "denied": "red", "skipped": "dim", "failed": "red",
    "granted": "green", "verified": "green", "observed": "yellow", "contradicted": "red",
    "uncertain": "yellow",
}  # fmt: skip


def console() -> Console:
    """Standard output; colours only on a terminal and without NO_COLOR (rich sees to it)."""
    return Console(highlight=False, markup=False, emoji=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, wrap: str = "") -> None:
    """Print rows; only the column `wrap` may run over several lines, the others are cut."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        right = column in ("count", "read", "n")
        if column == wrap:
            shown.add_column(column, overflow="fold", ratio=1)
        else:
            shown.add_column(column, no_wrap=True, justify="right" if right else "left")
    for row in rows:
        shown.add_row(*(_cell(value) for value in row))
    console().print(shown)


def line(text: str = "", style: str = "") -> None:
    """Print one paragraph, wrapped."""
    console().print(Text(printable(text), style=style))


def heading(text: str) -> None:
    """Print a heading with a blank line before it."""
    line()
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
    table(("name", "title", "category", "configured", "last sync"), rows, wrap="last sync")


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
            gap.severity,
            f"{gap.count}{'' if gap.complete else '+'}",
            gap.id + (" (closed)" if gap.closed_at else ""),
            f"{gap.title} ({gap.nist})",
        )
        for gap in found
    )
    table(("severity", "count", "id", "gap"), shown, wrap="gap")
    if any(not gap.complete for gap in found):
        line("+ means at least so many: not everything could be read.", "yellow")


def events(found: Iterable[KnownEvent]) -> None:
    """Events, newest first; the address and all else is in the JSON."""
    shown = ((minute(e.time), e.severity, e.title, printable(e.actor, 28)) for e in found)
    table(("time", "severity", "event", "who"), shown, wrap="event")


def people(found: First) -> None:
    """Those behind a figure or in a gap, whatever their columns."""
    if found.rows:
        columns = [name for name in found.rows[0] if name != "id"] or ["id"]
        rows = ([row[name] for name in columns] for row in found.rows)
        table(columns, rows, wrap=columns[-1])
    if found.more:
        line("… and more: see --limit.", "dim")
    if found.problem:
        line(f"Who and what they are cannot be listed: {found.problem}", "yellow")


def minute(moment: datetime) -> str:
    """A time as a table has room for it."""
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def connection(report: ConnectionReport) -> None:
    """Who we are and what we may read."""
    line(f"Connected to {report.org}" + (f" ({report.edition})" if report.edition else ""))
    if report.identity:
        line(f"as {report.identity}")
    line()
    rows = (
        (name, "granted" if capability.granted else "denied", capability.reason)
        for name, capability in report.capabilities.items()
    )
    table(("capability", "state", "reason"), rows, wrap="reason")
    if report.rate_limits:
        limits = ", ".join(f"{name} {limit}" for name, limit in report.rate_limits.items())
        line()
        line(f"Rate limits a minute: {limits}")
    if report.first_sync_s is not None:
        line(f"A first sync takes about {duration(report.first_sync_s)}.")
    for note in report.notes:
        line(note, "yellow")


def sync(report: SyncReport) -> None:
    """How complete each dataset is."""
    rows = (
        (name, dataset.state, _read(dataset.read, dataset.expected), dataset.reason)
        for name, dataset in report.datasets.items()
    )
    table(("dataset", "state", "read", "reason"), rows, wrap="reason")
    line()
    style = STYLES["complete"] if report.status == SyncStatus.COMPLETE else STYLES["partial"]
    line(
        f"{report.status} ({report.mode}): {report.requests} requests, {report.throttled} "
        f"throttled, {report.retries} retries, {duration(report.seconds)}",
        style,
    )
    for note in report.notes:
        line(note, "yellow")


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


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(printable(text), style=STYLES.get(text, ""))
