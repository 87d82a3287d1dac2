"""How many of a finite population fulfil something, as far as a random sample tells."""

from bisect import bisect_left
from math import exp, lgamma, sqrt

TAIL = 0.025
"""What a 95 % interval leaves out on each side."""
NORMAL_TAIL = 1.959964
"""As far from the mean, in standard deviations, begins that tail of a normal distribution."""
EXACT_UP_TO = 1_000.0
"""Variance of the number of hits from which on the normal distribution serves: skewness then moves
the tail of 0.025 by less than 0.001, and an exact sum would take longer the more it has to add."""
NEGLIGIBLE = 1e-9


def held_by(*, hits: int, drawn: int, among: int) -> tuple[int, int]:
    """The least and the most of `among` that may fulfil what `hits` of `drawn` at random do: a 95 %
    interval.

    It holds every number with which so few hits, or so many, are not too rare by the
    hypergeometric distribution, where of the very number of hits one half is added up (the mid-P
    method: Lancaster, "Significance tests in discrete distributions", 1961; Agresti and Gottard,
    "Nonconservative exact small-sample inference for discrete data", 2007). As a mid-P value is at
    least half of the exact one, no more than 5 % are ever left out on a side. While anybody was not
    drawn it holds two numbers or more: one alone would say that nothing is open.
    """
    misses = drawn - hits
    least, most = among - _most(misses, drawn, among), _most(hits, drawn, among)
    if least == most:
        return max(least - 1, hits), min(most + 1, among - misses)
    return least, most


def _most(hits: int, drawn: int, among: int) -> int:
    """The upper end; the lower one is that of the misses."""
    least, most = hits, among - (drawn - hits)
    if not drawn or least == most:
        return most
    by_score = min(_most_by_score(hits, drawn, among), most)
    share = by_score / among
    if drawn * share * (1 - share) * (among - drawn) / (among - 1) > EXACT_UP_TO:
        return int(by_score)
    least = max(least, hits * among // drawn)  # with fewer than expected nothing is too rare
    beyond = bisect_left(
        range(least, most + 1), x=True, key=lambda held: _so_few(hits, held, drawn, among) <= TAIL
    )
    return max(least, least + beyond - 1)


def _most_by_score(hits: int, drawn: int, among: int) -> float:
    """Wilson's score interval, with the finite population's correction (Cochran, "Sampling
    Techniques", section 3.6)."""
    chance = hits / drawn
    square = NORMAL_TAIL**2 * (among - drawn) / (among - 1) / drawn
    middle = chance + square / 2
    half_width = sqrt(square * (chance * (1 - chance) + square / 4))
    return among * (middle + half_width) / (1 + square)


def _so_few(hits: int, held: int, drawn: int, among: int) -> float:
    """The chance of fewer hits than these, and half of that of just so many, when `held` of all
    fulfil it."""
    others = among - held
    if hits + others < drawn:  # so few hits cannot be
        return 0.0
    term = exp(
        _log_choices(held, hits)
        + _log_choices(others, drawn - hits)
        - _log_choices(among, drawn)
    )  # fmt: skip
    total = term / 2
    for fewer in range(hits, max(0, drawn - others), -1):
        term *= fewer * (others - drawn + fewer) / ((held - fewer + 1) * (drawn - fewer + 1))
        total += term
        if term <= NEGLIGIBLE * total:
            break
    return total


def _log_choices(things: int, taken: int) -> float:
    return lgamma(things + 1) - lgamma(taken + 1) - lgamma(things - taken + 1)
