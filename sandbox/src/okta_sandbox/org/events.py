"""The streams of the System Log: when something happened, and what the entry says.

A stream is one row of `events.toml`. Time is cut into slots; how many events fall into a slot, and
when, is computed from the seed and the slot alone, so any stretch of any size can be read without
what came before it.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import exp
from typing import Any, NamedTuple

from attrs import frozen

from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_EVENTS = table("events")
_WEEKDAYS: list[float] = _EVENTS["weekdays"]
_HOURS: list[float] = [hour * 24 / sum(_EVENTS["hours"]) for hour in _EVENTS["hours"]]
_HOUR_OF_DAY: Weighted[int] = Weighted(dict(enumerate(_HOURS)))
_SLOTS_S = (DAY_S, 3600, 600, 60, 10)
_WANTED_IN_SLOT = 60
_BURST_S = 900
_LATE_SHARE = 0.015
MAX_DELAY_MS = 20 * 60 * 1000
"""How much later than it happened an event can become readable."""


class Moment(NamedTuple):
    """When one event was persisted and published, and which event it is. Sorts as Okta persists."""

    persisted_ms: int
    stream: int
    slot: int
    number: int
    published_ms: int


@frozen(eq=False)
class Stream:
    """One kind of event, with its pace."""

    seed: int
    number: int
    row: dict[str, Any]
    per_day: float
    slot_s: int
    ends_s: float
    """Nothing is published from this instant on."""

    @classmethod
    def of(
        cls, row: dict[str, Any], *, seed: int, number: int, people: int, as_of_s: float
    ) -> "Stream":
        """The stream of a row in an org where so many people can sign in."""
        per_day = row.get("user_day", 0) * people + row.get("org_day", 0)
        fitting = (slot for slot in _SLOTS_S if 3 * per_day * slot / DAY_S <= _WANTED_IN_SLOT)
        return cls(
            seed=seed,
            number=number,
            row=row,
            per_day=per_day,
            slot_s=DAY_S if "burst" in row else next(fitting, _SLOTS_S[-1]),
            ends_s=as_of_s if row.get("past") else float("inf"),
        )

    @property
    def known(self) -> dict[str, object]:
        """What is the same in every event of the stream, by System Log attribute."""
        return {
            "eventType": self.row["type"],
            "outcome.result": self.row["outcome"],
            "outcome.reason": self.row.get("reason"),
            "severity": self.row.get("severity", "INFO"),
        }

    def moments(self, from_ms: int, to_ms: int) -> Iterator[Moment]:
        """Events persisted in [from, to), in order."""
        slot_ms = self.slot_s * 1000
        for slot in range(from_ms // slot_ms, -(-to_ms // slot_ms)):
            for moment in _slot(self, slot):
                if from_ms <= moment.persisted_ms < to_ms:
                    yield moment

    def moments_back(self, from_ms: int, to_ms: int) -> Iterator[Moment]:
        """Events persisted in [from, to), last first."""
        slot_ms = self.slot_s * 1000
        for slot in range(-(-to_ms // slot_ms) - 1, from_ms // slot_ms - 1, -1):
            for moment in reversed(_slot(self, slot)):
                if from_ms <= moment.persisted_ms < to_ms:
                    yield moment

    def count(self, chance: Chance, start_s: int) -> int:
        """How many events fall into the slot that starts then."""
        if "burst" in self.row:
            days, size = self.row["burst"]
            return size if chance.happens(1 / days) else 0
        weekday = _WEEKDAYS[(start_s // DAY_S + 3) % 7]
        hour = 1 if self.slot_s == DAY_S else _HOURS[start_s % DAY_S // 3600]
        return _poisson(self.per_day * weekday * hour * self.slot_s / DAY_S, chance.unit())

    def offsets_s(self, chance: Chance, count: int) -> list[float]:
        """When in the slot the events are persisted, in seconds from its start."""
        if "burst" in self.row:
            start_s = chance.between(0, DAY_S - _BURST_S)
            return [start_s + _BURST_S * chance.unit() for _ in range(count)]
        if self.slot_s == DAY_S:
            return [3600 * (chance.weighted(_HOUR_OF_DAY) + chance.unit()) for _ in range(count)]
        return [self.slot_s * chance.unit() for _ in range(count)]


@lru_cache(maxsize=2048)
def _slot(stream: Stream, slot: int) -> tuple[Moment, ...]:
    """The events persisted in one slot, in order."""
    start_s = slot * stream.slot_s
    chance = Chance(stream.seed, "slot", stream.number, slot)
    count = stream.count(chance, start_s)
    if not count:
        return ()
    moments: list[Moment] = []
    for number, offset_s in enumerate(sorted(stream.offsets_s(chance, count))):
        persisted_ms = int((start_s + offset_s) * 1000)
        published_ms = persisted_ms - _delay_ms(chance)
        if published_ms < stream.ends_s * 1000:
            moments.append(Moment(persisted_ms, stream.number, slot, number, published_ms))
    return tuple(moments)


def _delay_ms(chance: Chance) -> int:
    """Most events can be read within a second; a few arrive minutes late."""
    late = chance.happens(_LATE_SHARE)
    return chance.whole(5_000, MAX_DELAY_MS) if late else chance.whole(80, 1200)


def _poisson(mean: float, unit: float) -> int:
    """The count whose cumulative probability passes `unit`; a large mean is spread a little."""
    if mean > 500:
        return round(mean * (0.9 + 0.2 * unit))
    count, term = 0, exp(-mean)
    total = term
    while unit >= total and count < 5 * mean + 30:
        count += 1
        term *= mean / count
        total += term
    return count
