"""Events over time as stacked bars."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from twin_host.contract import Severity
from twin_host.known import EventCount

WIDTH, HEIGHT = 960, 140
MOST_BARS = 120
DAY, HOUR = 10, 13
"""How many characters of an ISO 8601 time say the day, and the hour."""


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
    starts = _between(counts[0].start, counts[-1].start, width)
    totals: dict[str, int] = {}
    for row in counts:
        totals[row.start] = totals.get(row.start, 0) + row.count
    most = max(totals.values())
    step = WIDTH / len(starts)
    places = {start: number * step for number, start in enumerate(starts)}
    heights: dict[str, float] = {}
    blocks: list[Block] = []
    worst_last = sorted(counts, key=lambda row: -row.severity.rank)
    for row in worst_last:
        height = row.count / most * (HEIGHT - 4)
        top = heights.get(row.start, 0.0) + height
        heights[row.start] = top
        x, gap = places[row.start], min(2.0, step / 5)
        blocks.append(Block(x + gap / 2, HEIGHT - top, step - gap, height, row.severity))
    unit = "day" if width == DAY else "hour"
    return Timeline(tuple(blocks), starts[0], starts[-1], unit, most)


def width_for(counts: Sequence[EventCount]) -> int:
    """Hours for a few days of counts by the hour, days for more."""
    if not counts:
        return HOUR
    first, last = (datetime.fromisoformat(f"{each.start}:00") for each in (counts[0], counts[-1]))
    span = last - first
    return HOUR if span <= timedelta(hours=MOST_BARS) else DAY


def _between(first: str, last: str, width: int) -> list[str]:
    step = timedelta(days=1) if width == DAY else timedelta(hours=1)
    rest = "" if width == DAY else ":00"
    at, end = datetime.fromisoformat(first + rest), datetime.fromisoformat(last + rest)
    starts: list[str] = []
    while at <= end:
        starts.append(at.isoformat()[:width])
        at += step
    return starts
