"""What others wrote, made fit for a line of text and for Markdown. A connector may use it, too."""

import re
import unicodedata

UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that move, hide or reorder what is around them: control characters (with
them every ANSI sequence), bidirectional overrides, line separators."""
_MEANINGFUL = re.compile(r"[\\`*_\[\]#|~!$^]")
_LINK = re.compile(r"(?i)\b(?:www(?=\.)|[a-z]+(?=:))")
_BEGINS_A_BLOCK = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")


def written_out(text: str, keep: str = "") -> str:
    """The text with everything that could act on what shows it written as an escape, but for the
    characters in `keep`."""
    if text.isprintable():
        return text
    return "".join(_escape(c) if _acts(c) and c not in keep else c for c in text)


def markdown_text(text: str) -> str:
    """Text from outside as Markdown that shows it as it is, on one line: no heading, list, link,
    image, HTML or comment can come of it."""
    text = written_out(" ".join(text.split()))
    text = _MEANINGFUL.sub(r"\\\g<0>", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _LINK.sub(r"\g<0>\\", text)
    return _BEGINS_A_BLOCK.sub(lambda found: _before_last(found[0]), text)


def _acts(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _before_last(start: str) -> str:
    """A sign is escaped itself; after a number it is the full stop that follows."""
    return f"{start}\\" if start.isdigit() else f"\\{start}"
