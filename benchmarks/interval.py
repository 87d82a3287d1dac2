"""How often the interval of an unfinished sweep holds the truth, in every org there can be.

Run: python benchmarks/interval.py [--from 20] [--to 500]

For each size of an org, each size of a sample and each number of people who fulfil something, all
samples are added up, each as often as it comes (the hypergeometric distribution): nothing is tried
out. The mean must be 94 % at least and the worst 90 %; all sizes take some minutes.
"""

import argparse
import sys
from collections.abc import Iterator
from math import exp, lgamma

from twin_okta.posture.interval import held_by

LEAST_MEAN, LEAST_EVER = 0.94, 0.90
NEGLIGIBLE = 1e-14


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", type=int, default=20, dest="smallest")
    parser.add_argument("--to", type=int, default=500, dest="largest")
    arguments = parser.parse_args()
    total, cases, worst, worst_mean = 0.0, 0, 1.0, 1.0
    for among in range(arguments.smallest, arguments.largest + 1):
        for drawn in range(1, among):
            found = list(coverage(drawn, among))
            total, cases = total + sum(found), cases + len(found)
            worst = min(worst, *found)
            worst_mean = min(worst_mean, sum(found) / len(found))
        if among % 20 == 0:
            print(f"up to {among:>3} people: {total / cases:.2%} on average, {worst:.2%} at worst")
    print(f"the sample sizes with the least on average: {worst_mean:.2%}")
    if total / cases < LEAST_MEAN or worst < LEAST_EVER:
        sys.exit("the interval does not hold the truth as often as it says")


def coverage(drawn: int, among: int) -> Iterator[float]:
    """The chance that a sample's interval holds the truth, for each number who may fulfil it. What
    is missed above, when few are drawn, is missed below by the others when many are."""
    most = [held_by(hits=hits, drawn=drawn, among=among)[1] for hits in range(drawn + 1)]
    missed: list[float] = []
    hits = 0
    for held in range(among + 1):
        while hits <= drawn and most[hits] < held:
            hits += 1
        missed.append(at_most(hits - 1, held, drawn, among))
    return (1 - missed[held] - missed[among - held] for held in range(among + 1))


def at_most(hits: int, held: int, drawn: int, among: int) -> float:
    """The chance of so many hits or fewer, when `held` of all fulfil it."""
    others = among - held
    if hits < 0 or hits + others < drawn:
        return 0.0
    if hits >= min(drawn, held):
        return 1.0
    term = exp(
        choices(held, hits) + choices(others, drawn - hits) - choices(among, drawn)
    )  # fmt: skip
    total = term
    for fewer in range(hits, max(0, drawn - others), -1):
        term *= fewer * (others - drawn + fewer) / ((held - fewer + 1) * (drawn - fewer + 1))
        total += term
        if term < NEGLIGIBLE * total:
            break
    return total


def choices(things: int, taken: int) -> float:
    """The logarithm of a binomial coefficient."""
    return lgamma(things + 1) - lgamma(taken + 1) - lgamma(things - taken + 1)


if __name__ == "__main__":
    main()
