"""What a person typed as SQLite's FTS5 takes it."""

import re

_WORD = re.compile(r"\w+(?:[.@'-]\w+)*")


def terms(words: str) -> list[str]:
    """The words of what was typed."""
    return _WORD.findall(words)


def quoted(words: str) -> list[str]:
    """Each word as FTS5 takes it, whatever was typed."""
    return [f'"{word}"' for word in terms(words)]
