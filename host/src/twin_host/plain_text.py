"""Text made fit to show: what came from outside without harm, a time span in words."""

import unicodedata

from rich.cells import cell_len, set_cell_size

ESCAPED = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that move, hide or reorder what is around them: control characters (with
them every ANSI sequence), bidirectional overrides, line separators."""


def printable(text: str, limit: int | None = None) -> str:
    """The text with everything that could act on a terminal written out as an escape; cut to
    `limit` columns, with an ellipsis, when it is wider."""
    if not text.isprintable():
        text = "".join(_escape(c) if unicodedata.category(c) in ESCAPED else c for c in text)
    if limit is None or cell_len(text) <= limit:
        return text
    if limit < 2:
        return "…"[:limit]
    return set_cell_size(text, limit - 1).rstrip() + "…"


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def duration(seconds: float) -> str:
    """A time span as a person says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
