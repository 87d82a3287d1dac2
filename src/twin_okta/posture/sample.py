"""The arithmetic of a share: of those asked, of a sample, and of people who are undecided."""

from collections.abc import Iterable, Sequence
from math import ceil

from attrs import frozen

from twin_okta.posture.interval import held_by

Stratum = tuple[int | None, int | None, int | None, int]
"""How many people there are with these values of `drawn`, `belongs` and `counts`."""


@frozen(kw_only=True)
class Share:
    """A part of a population, of which not everybody may have been asked yet.

    `low` and `high` are the values if everybody undecided were counted out, and in; without
    anybody undecided they are equal. `least` and `most` are the ends of the 95 % interval that
    holds the truth, whatever becomes of the undecided. `asked` are those of whom it is known.
    """

    numerator: int
    asked: int
    read: int
    population: int
    undecided: int
    low: float
    high: float
    least: float
    most: float

    @property
    def percent(self) -> int:
        """Rounded, but 0 and 100 only when they are exact: nobody is rounded away."""
        value = (self.low + self.high) / 2
        rounded = round(value * 100)
        if value > 0 and rounded == 0:
            return 1
        return 99 if value < 1 and rounded == 100 else rounded

    @property
    def margin(self) -> float | None:
        """How far from `percent` the interval reaches, in percentage points; None without doubt."""
        if self.least == self.most:
            return None
        reach = max(self.most * 100 - self.percent, self.percent - self.least * 100)
        return ceil(round(reach, 6) * 10) / 10


@frozen
class Estimate:
    """A value between 0 and 1, and the ends of its 95 % interval."""

    value: float
    least: float
    most: float


def share(strata: Sequence[Stratum]) -> Share | None:
    """The share of a population that counts; None while it is known of nobody.

    Who may not belong and counts is out of the lower bound, who may not belong and does not count
    is out of the upper one.
    """
    low = _estimate((drawn, counts == 1, n) for drawn, belongs, counts, n in strata
                    if belongs or drawn is None or counts != 1)  # fmt: skip
    high = _estimate((drawn, counts != 0, n) for drawn, belongs, counts, n in strata
                     if belongs or drawn is None or counts != 0)  # fmt: skip
    sure = [(drawn, counts, n) for drawn, belongs, counts, n in strata if belongs]
    decided = sum(n for drawn, counts, n in sure if drawn is not None and counts is not None)
    if low is None or high is None or not decided:
        return None
    undecided = sum(
        n
        for drawn, belongs, counts, n in strata
        if drawn is not None and (belongs is None or counts is None)
    )
    return Share(
        numerator=sum(n for drawn, counts, n in sure if drawn is not None and counts),
        asked=decided,
        read=sum(n for drawn, _, n in sure if drawn is not None),
        population=sum(n for _, _, n in sure),
        undecided=undecided,
        low=low.value,
        high=high.value,
        least=low.least,
        most=high.most,
    )


def _estimate(people: Iterable[tuple[int | None, bool, int]]) -> Estimate | None:
    """From (drawn, fulfils, how many).

    Those asked on purpose are counted, everybody else is estimated from those drawn at random. What
    nobody drawn tells of is anything from nobody to all of them.
    """
    asked = {0: 0, 1: 0}
    fulfilling = {0: 0, 1: 0}
    population = 0
    for drawn, fulfils, number in people:
        population += number
        if drawn is not None:
            asked[drawn] += number
            fulfilling[drawn] += number * fulfils
    if not any(asked.values()):
        return None
    rest = population - asked[0]
    value = (
        (fulfilling[0] + rest * fulfilling[1] / asked[1]) / population
        if asked[1]
        else fulfilling[0] / asked[0]
    )
    least, most = held_by(hits=fulfilling[1], drawn=asked[1], among=rest)
    return Estimate(
        value, (fulfilling[0] + least) / population, (fulfilling[0] + most) / population
    )
