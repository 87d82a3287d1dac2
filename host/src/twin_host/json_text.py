"""JSON as text that is safe to show: what could act on a terminal is written `\\u…`."""

import re
import unicodedata

from twin_host.contract.text import UNSEEN

_ANY_BUT_ASCII = re.compile(r"[^\x00-\x7e]")


def safe(text: str) -> str:
    """JSON text that means the same, without a character that moves, hides or reorders others."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _ANY_BUT_ASCII.sub(_if_it_acts, text)


def in_ascii(text: str) -> str:
    """JSON text that means the same, for where other letters cannot be written."""
    return _ANY_BUT_ASCII.sub(lambda found: _escape(found[0]), text)


def _if_it_acts(found: re.Match[str]) -> str:
    return _escape(found[0]) if unicodedata.category(found[0]) in UNSEEN else found[0]


def _escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
