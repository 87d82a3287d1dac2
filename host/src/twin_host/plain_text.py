"""Text made fit to show: what came from outside without harm, a time span in words."""

from rich.cells import cell_len, set_cell_size

from twin_host.contract.text import written_out


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
