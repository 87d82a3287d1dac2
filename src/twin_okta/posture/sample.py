"""The arithmetic of a share: of those asked, of a sample, and of people who are undecided."""

from collections.abc import Iterable, Sequence
from math import ceil, sqrt

from attrs import frozen

NORMAL_95 = 1.96
"""Half-width of a 95 % interval in standard deviations."""

Stratum = tuple[int | None, int | None, int | None, int]
"""How many people there are with these values of `drawn`, `belongs` and `counts`."""


@frozen(kw_only=True)
class Share:
    """A part of a population, of which not everybody may have been asked yet.

    `low` and `high` are the values if everybody undecided were counted out, and in; without
    anybody undecided they are equal. `margin` is the half-width of the interval that holds the
    truth, in percentage points; None when there is no doubt. `asked` are those of whom it is known.
    """

    numerator: int
    asked: int
    read: int
    population: int
    undecided: int
    low: float
    high: float
    margin: float | None

    @property
    def percent(self) -> int:
        """Rounded, but 0 and 100 only when they are exact: nobody is rounded away."""
        value = (self.low + self.high) / 2
        rounded = round(value * 100)
        if value > 0 and rounded == 0:
            return 1
        return 99 if value < 1 and rounded == 100 else rounded


@frozen
class Estimate:
    """A value between 0 and 1, and the half-width of its 95 % interval in percentage points."""

    value: float
    margin: float


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
    margin = max(low.margin, high.margin) + (high.value - low.value) * 50
    return Share(
        numerator=sum(n for drawn, counts, n in sure if drawn is not None and counts),
        asked=decided,
        read=sum(n for drawn, _, n in sure if drawn is not None),
        population=sum(n for _, _, n in sure),
        undecided=undecided,
        low=low.value,
        high=high.value,
        margin=ceil(margin * 10) / 10 if margin else None,
    )


def _estimate(people: Iterable[tuple[int | None, bool, int]]) -> Estimate | None:
    """From (drawn, fulfils, how many)."""
    asked = {0: 0, 1: 0}
    fulfilling = {0: 0, 1: 0}
    population = 0
    for drawn, fulfils, number in people:
        population += number
        if drawn is not None:
            asked[drawn] += number
            fulfilling[drawn] += number * fulfils
    return estimate(
        first=(asked[0], fulfilling[0]), drawn=(asked[1], fulfilling[1]), population=population
    )


def estimate(*, first: tuple[int, int], drawn: tuple[int, int], population: int) -> Estimate | None:
    """The share in a population, from those asked on purpose and those drawn at random.

    Each pair is (asked, fulfilling). Those asked on purpose are counted, everybody else is
    estimated from those drawn (a stratified sample with finite population correction). The margin
    is that of the normal approximation to which Agresti and Coull's two successes and two failures
    are added, so that it is not zero when all those drawn agree.
    """
    asked, fulfilling = first[0] + drawn[0], first[1] + drawn[1]
    if not asked:
        return None
    if asked == population:
        return Estimate(fulfilling / asked, 0.0)
    rest = population - first[0]
    if not drawn[0]:
        return Estimate(fulfilling / asked, 100.0)
    value = (first[1] + rest * drawn[1] / drawn[0]) / population
    smoothed = (drawn[1] + 2) / (drawn[0] + 4)
    correction = (rest - drawn[0]) / max(1, rest - 1)
    deviation = sqrt(smoothed * (1 - smoothed) / (drawn[0] + 4) * correction)
    return Estimate(value, NORMAL_95 * deviation * rest / population * 100)
