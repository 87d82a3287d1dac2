"""Events over time as stacked bars."""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from twin_host.contract import Severity
from twin_host.known import EventCount

WIDTH, HEIGHT = 960, 140
MOST_BARS = 120
YEAR, MONTH, DAY, HOUR = 4, 7, 10, 13
"""How many characters of an ISO 8601 time say the year, the month, the day and the hour."""
UNITS = {HOUR: "hour", DAY: "day", MONTH: "month", YEAR: "year"}
NARROWEST = 1.0


@frozen
class Block:
    """One severity within one bar, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float
    severity: Severity


@frozen
class Timeline:
    """The picture, and what it says in words."""

    blocks: tuple[Block, ...]
    first: str
    last: str
    unit: str
    most: int


def timeline(counts: Sequence[EventCount], width: int) -> Timeline | None:
    """Bars from `Store.event_counts` with that `width`; None without events."""
    if not counts:
        return None
    first, last = counts[0].start, counts[-1].start
    totals: dict[str, int] = {}
    for row in counts:
        totals[row.start] = totals.get(row.start, 0) + row.count
    most = max(totals.values())
    step = WIDTH / (_number(last, width) - _number(first, width) + 1)
    places = {start: (_number(start, width) - _number(first, width)) * step for start in totals}
    heights: dict[str, float] = {}
    blocks: list[Block] = []
    worst_last = sorted(counts, key=lambda row: -row.severity.rank)
    for row in worst_last:
        height = row.count / most * (HEIGHT - 4)
        top = heights.get(row.start, 0.0) + height
        heights[row.start] = top
        x, gap = places[row.start], min(2.0, step / 5)
        broad = max(step - gap, NARROWEST)
        x = min(x + gap / 2, WIDTH - broad)
        blocks.append(Block(x, HEIGHT - top, broad, height, row.severity))
    return Timeline(tuple(blocks), _told(first), _told(last), UNITS[width], most)


def width_for(counts: Sequence[EventCount]) -> int:
    """The smallest unit of which there are not too many, by counts by the hour: entries may bear
    any time from the year 1 to 9999."""
    if not counts:
        return HOUR
    first, last = counts[0].start, counts[-1].start
    fit = (width for width in UNITS if _number(last, width) - _number(first, width) < MOST_BARS)
    return next(fit, YEAR)


def _number(start: str, width: int) -> int:
    """Which hour, day, month or year of all it is."""
    year, month, day, hour = (int(start[a:b] or 1) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13)))
    if width == YEAR:
        return year
    if width == MONTH:
        return 12 * year + month
    days = date(year, month, day).toordinal()
    return days if width == DAY else 24 * days + hour


def _told(start: str) -> str:
    return start.replace("T", " ")
