"""Tables and sentences for a terminal: 80 columns, no control characters from outside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin_host.contract import ConnectionReport, DatasetState, SyncReport, SyncStatus
from twin_host.plain_text import duration, printable
from twin_host.store import Row

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


def facts(rows: Iterable[Row]) -> None:
    """The facts with their evidence."""
    table(
        ("fact", "confidence", "evidence", "as of"),
        (
            (
                f"{row['key']}:{row['value']}",
                row["confidence"],
                evidence(row),
                row["as_of"][:16] + "Z",
            )
            for row in rows
        ),
    )


def evidence(row: Row) -> str:
    """`n of m`, with the margin of a sample; what contradicts a declared value."""
    found: Mapping[str, Any] = row["evidence"]
    if "declared" in found:
        return f"{{declared:{found['declared']} actual:{found['actual']}}}"
    if found.get("numerator") is None:
        return ""
    margin = f" ±{found['margin']:g}%" if found.get("margin") else ""
    return f"{found['numerator']} of {found['denominator']}{margin}"


def gaps(rows: Iterable[Row]) -> None:
    """The gaps, worst first."""
    shown = (
        (
            row["severity"],
            f"{row['count']}{'' if row['complete'] else '+'}",
            row["id"] + (" (closed)" if row["closed_at"] else ""),
            f"{row['title']} ({row['nist']})",
        )
        for row in rows
    )
    table(("severity", "count", "id", "gap"), shown, wrap="gap")


def events(rows: Iterable[Row]) -> None:
    """Events, newest first; the address and all else is in the JSON."""
    shown = (
        (row["time"][:16] + "Z", row["severity"], row["title"], printable(row["actor"], 28))
        for row in rows
    )
    table(("time", "severity", "event", "who"), shown, wrap="event")


def subjects(rows: Sequence[Row], *, more: bool) -> None:
    """The people or things behind a figure, whatever their columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != "id"]
    table(columns, ([row[name] for name in columns] for row in rows), wrap=columns[-1])
    if more:
        line("… and more: see --limit.", "dim")


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
