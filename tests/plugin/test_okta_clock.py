"""How far Okta's clock is off this machine's, learnt from whole seconds and slow answers."""

from email.utils import formatdate

import httpx
import pytest

from twin_okta.api.clock import OktaClock

NOON_S = 1_800_000_000.0


def heard(clock, *, date_s, sent_at_s):
    clock.learn(httpx.Headers({"date": formatdate(date_s, usegmt=True)}), sent_at_s=sent_at_s)


@pytest.mark.parametrize("took_s", [0.0, 0.4, 5, 55])
@pytest.mark.parametrize("written_after", [0.0, 0.5, 1.0])
def test_a_slow_answer_or_a_rounded_second_is_no_skew(took_s, written_after):
    now_s = NOON_S + 0.7 + took_s
    clock = OktaClock(lambda: now_s)

    heard(clock, date_s=int(NOON_S + 0.7 + took_s * written_after), sent_at_s=NOON_S + 0.7)

    assert clock.skew_s == 0


@pytest.mark.parametrize("skew_s", [-900, -31, -2, 2, 31, 900, 10**8])
@pytest.mark.parametrize("took_s", [0.0, 0.4])
def test_a_skew_is_known_to_a_second_and_never_said_too_far_ahead(skew_s, took_s):
    """Okta takes no assertion that was made in the time to come."""
    now_s = NOON_S + took_s
    clock = OktaClock(lambda: now_s)

    heard(clock, date_s=int(now_s + skew_s), sent_at_s=NOON_S)

    assert skew_s - 1 <= clock.skew_s <= skew_s


@pytest.mark.parametrize("date", ["", "soon", "Thu, 99 Foo 2026 00:00:00 GMT", "0", "x" * 5000])
def test_a_date_that_is_none_teaches_nothing(date):
    clock = OktaClock(lambda: NOON_S, skew_s=7.0)

    clock.learn(httpx.Headers({"date": date}), sent_at_s=NOON_S)

    assert clock.skew_s == 7.0


def test_a_clock_that_is_far_off_is_told_with_its_side():
    assert OktaClock(skew_s=29.0).note() == ""
    assert "behind" in OktaClock(skew_s=120.0).note()
    assert "120 s ahead of" in OktaClock(skew_s=-120.0).note()
