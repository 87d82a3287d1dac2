"""Text made fit to show: what came from outside without harm, a time span in words and back."""

import re
from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from twin_host.contract import SyncMode
from twin_host.contract.text import written_out

HOW_READ: Mapping[SyncMode | None, str] = {
    SyncMode.FULL: "full",
    SyncMode.DELTA: "changes",
    SyncMode.NOTHING: "nothing",
    None: "",
}
"""How a dataset is read, as a table has room for it."""
_SPAN = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?")


def printable(text: str, limit: int | None = None) -> str:
    """One line of a terminal: everything that could act on it written out as an escape; cut to
    `limit` columns, with an ellipsis, when it is wider."""
    text = written_out(text)
    if limit is None or cell_len(text) <= limit:
        return text
    if limit < 2:
        return "…"[:limit]
    return set_cell_size(text, limit - 1).rstrip() + "…"


def printable_lines(text: str) -> str:
    """The same of text that has lines and tabs of its own."""
    return written_out(text, keep="\n\t")


def duration(seconds: float) -> str:
    """A time span as a person says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def seconds_in(span: str) -> float | None:
    """The seconds of a time span as a person types it: `90s`, `10m`, `1h30m`; None for what is
    none, or takes no time."""
    found = _SPAN.fullmatch(span.strip().lower())
    if not found:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(3600 * hours + 60 * minutes + seconds) or None
