"""What a sample tells of everybody: calculated for every org there can be, not tried out."""

from itertools import accumulate
from math import comb

import pytest

from tests.support.small_snapshot import SmallSnapshot
from twin_okta.posture.sample import Share, share


def told(*, hits: int, drawn: int, among: int, first: tuple[int, int] = (0, 0)) -> Share:
    """Of `among` who were to be drawn from, after some `first` who were asked on purpose."""
    asked, fulfilling = first
    found = share(
        [
            (0, 1, 1, fulfilling),
            (0, 1, 0, asked - fulfilling),
            (1, 1, 1, hits),
            (1, 1, 0, drawn - hits),
            (None, 1, None, among - drawn),
        ]
    )
    assert found is not None
    return found


def coverage(*, drawn: int, among: int) -> list[float]:
    """For each number who may fulfil it, the chance that a sample's interval holds that number:
    all samples there are, each as often as it comes (the hypergeometric distribution)."""
    intervals = [told(hits=hits, drawn=drawn, among=among) for hits in range(drawn + 1)]
    ends = [(round(it.least * among), round(it.most * among)) for it in intervals]
    samples = comb(among, drawn)
    found: list[float] = []
    for held in range(among + 1):
        possible = range(max(0, drawn - among + held), min(drawn, held) + 1)
        holding = sum(
            comb(held, hits) * comb(among - held, drawn - hits)
            for hits in possible
            if ends[hits][0] <= held <= ends[hits][1]
        )
        found.append(holding / samples)
    return found


SIZES = {
    20: range(1, 20),
    21: range(1, 21),
    47: range(1, 47),
    100: range(1, 100, 3),
    233: range(1, 233, 12),
    500: (1, 2, 7, 19, 40, 100, 250, 400, 499),
}
"""Of 20 to 500 people, how many were drawn; benchmarks/interval.py has all of them."""


@pytest.mark.parametrize(("among", "sizes"), SIZES.items())
def test_the_interval_holds_the_truth_as_often_as_it_says(among, sizes):
    for drawn in sizes:
        found = coverage(drawn=drawn, among=among)

        assert sum(found) / len(found) >= 0.94, f"{drawn} of {among} drawn"
        assert min(found) >= 0.90, f"{drawn} of {among} drawn"


def test_who_was_asked_on_purpose_is_counted_and_the_rest_is_estimated():
    """Ten asked on purpose, nine of whom fulfil it; 25 of the other hundred drawn, of whom 20 do.

    By the hypergeometric distribution, with half of the chance of 20 itself: 63 of the hundred make
    20 or more too rare (0.0216) and 64 do not (0.0280); 91 make 20 or fewer too rare (0.0240) and
    90 do not (0.0410).
    """
    found = told(hits=20, drawn=25, among=100, first=(10, 9))

    assert found.low == found.high == pytest.approx((9 + 100 * 20 / 25) / 110)
    assert (found.least, found.most) == ((9 + 64) / 110, (9 + 90) / 110)
    assert (found.numerator, found.asked, found.read, found.population) == (29, 35, 35, 110)


def test_the_margin_reaches_from_the_shown_percentage_to_the_farther_end():
    found = told(hits=20, drawn=25, among=100, first=(10, 9))

    assert found.percent == 81
    assert found.least == pytest.approx(0.663636, abs=1e-6)
    assert found.most == 0.9
    assert found.margin == 14.7  # 81 - 66.36, rounded up


def test_the_note_of_an_unfinished_sweep_tells_both_ends(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    for name in ("ada", "grace", "mary"):
        org.person(name, "push/OKTA")
    org.person("alan")
    org.execute("DELETE FROM subject_read WHERE subject = 'alan'")
    org.execute("UPDATE subject_read SET in_order = 0")

    evidence = org.facts()["mfa_coverage"].evidence

    assert "3 of 4 users read so far: 75 to 100 %, in 95 of 100 cases." in evidence.note
    assert evidence.margin == 25


@pytest.mark.parametrize("hits", [0, 999])
def test_one_who_was_not_asked_is_a_doubt(hits):
    found = told(hits=hits, drawn=999, among=1000)

    assert (round(found.least * 1000), round(found.most * 1000)) == (hits, hits + 1)
    assert found.margin is not None


def test_while_nobody_was_drawn_the_rest_may_be_anything():
    found = told(hits=0, drawn=0, among=30, first=(10, 9))

    assert (found.least, found.most) == (9 / 40, 39 / 40)


def test_nobody_asked_is_no_share():
    assert share([(None, 1, None, 10)]) is None


def test_the_undecided_widen_the_interval_of_a_sample():
    """The lower end is that of a sample in which they do not count, the upper one of one in which
    they do."""
    found = share([(1, 1, 1, 60), (1, 1, 0, 30), (1, 1, None, 10), (None, 1, None, 900)])

    assert found is not None
    assert found.least == told(hits=60, drawn=100, among=1000).least
    assert found.most == told(hits=70, drawn=100, among=1000).most


@pytest.mark.parametrize(
    ("hits", "drawn", "among"),
    [(6_000, 12_000, 24_000), (600, 12_000, 1_000_000), (12_000, 13_000, 1_000_000),
     (40, 500_000, 1_000_000), (1_300, 2_600, 100_000)],
)  # fmt: skip
def test_in_a_large_org_just_as_many_are_left_out(hits, drawn, among):
    """Where the sum would be long, and another distribution stands for it."""
    found = told(hits=hits, drawn=drawn, among=among)
    least, most = round(found.least * among), round(found.most * among)

    assert so_few(hits, most, drawn, among) >= 0.0235
    assert so_few(hits, most + 1, drawn, among) <= 0.0265
    assert so_few(drawn - hits, among - least, drawn, among) >= 0.0235
    assert so_few(drawn - hits, among - least + 1, drawn, among) <= 0.0265


def so_few(hits: int, held: int, drawn: int, among: int) -> float:
    """The mid-P value, from the ratios of neighbours out to where nothing is left to add."""
    others = among - held

    def ratio(n: int) -> float:
        """The chance of n + 1 beside that of n."""
        return (held - n) * (drawn - n) / ((n + 1) * (others - drawn + n + 1))

    lowest, highest = max(0, drawn - others), min(drawn, held)
    down = accumulate(range(hits, lowest, -1), lambda it, n: it / ratio(n - 1), initial=1.0)
    up = accumulate(range(hits, highest), lambda it, n: it * ratio(n), initial=1.0)
    fewer, more = sum(down) - 1, sum(up) - 1
    return (fewer + 0.5) / (fewer + 1 + more)
