"""Values as a person writes them: numbers, times, time spans, lists, yes and no."""

import json
import re
from typing import Any, cast

from twin_host.contract import Column, ColumnType
from twin_host.known import in_words
from twin_host.plain_text import duration

NOTHING = "none"
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|\+00:00)")
_SPAN = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "s": 1}
"""By the word with which a column's name ends that holds a time span."""
_WHOLE = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_AMOUNT = re.compile(r"(\d{1,12})(d|h|min|s)")
YES_OR_NO = ("is_", "has_")


def heading(name: str) -> str:
    """What a column is called; a unit is with its values."""
    unit = _unit(name)
    return in_words(name.removesuffix(f"_{unit}") if unit else name)


def written(column: Column, value: Any) -> str:
    """A value of a list as a person writes it; empty where it is not known."""
    if column.type is ColumnType.BOOLEAN and value in (0, 1):
        return "yes" if value else "no"
    if column.type is ColumnType.TEXT and isinstance(value, int | float):
        return str(value)
    return guessed(column.name, value)


def guessed(name: str, value: Any) -> str:
    """The same where nothing but its name says what a value is."""
    if value is None:
        return ""
    if isinstance(value, bool) or (value in (0, 1) and name.startswith(YES_OR_NO)):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        unit = _unit(name)
        return span(value * SECONDS[unit]) if unit else _number(value)
    return _text(str(value))


def span(seconds: float) -> str:
    """A time span in the largest unit of which it is a whole number: `24 h`, `90 min`, `3 d`."""
    for size, unit in _WHOLE:
        is_enough = seconds >= 2 * size or size < 86_400
        if seconds >= size and seconds % size == 0 and is_enough:
            return f"{seconds / size:,.0f} {unit}"
    return duration(seconds)


def _text(value: str) -> str:
    if found := _TIME.fullmatch(value):
        return f"{found[1]} {found[2]} UTC"
    if len(value) > 2 and (found := _SPAN.fullmatch(value)):
        parts = found.groupdict(default="0")
        return span(sum(int(number) * SECONDS[unit] for unit, number in parts.items()))
    if value[:1] == "[" and value[-1:] == "]" and (items := _items(value)) is not None:
        return ", ".join(items) or NOTHING
    return value or NOTHING


def _items(value: str) -> list[str] | None:
    """What a list in JSON holds; None for anything else."""
    try:
        found: object = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    items = cast("list[object]", found)
    return None if any(isinstance(each, dict | list) for each in items) else list(map(str, items))


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def _unit(name: str) -> str:
    last = name.rpartition("_")[2]
    return last if last in SECONDS and last != name else ""


def figure(value: str) -> str:
    """The value of a figure, which has no spaces, as a person writes it."""
    if value.isascii() and value.isdecimal() and not value.startswith("0"):
        return f"{int(value):,}"
    if found := _AMOUNT.fullmatch(value):
        return span(int(found[1]) * {unit: size for size, unit in _WHOLE}[found[2]])
    return _text(value)
