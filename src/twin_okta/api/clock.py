"""Okta's wall clock, as its answers tell it."""

import time
from collections.abc import Callable

import httpx
from attrs import define

from twin_okta.api.headers import server_time_s

NOTABLE_SKEW_S = 30.0
"""Clocks further apart than this are worth a word; Okta refuses proofs older than 5 minutes."""


@define
class OktaClock:
    """The one place where it is learnt how far Okta's clock is ahead of this machine's.

    `epoch_s` is this machine's; `skew_s` is what must be added to it.
    """

    epoch_s: Callable[[], float] = time.time
    skew_s: float = 0.0

    def now_s(self) -> float:
        """Okta's time, as far as it is known."""
        return self.epoch_s() + self.skew_s

    def learn(self, headers: httpx.Headers, *, sent_at_s: float) -> None:
        """Okta wrote its `Date`, in whole seconds, between the sending and now: what is known
        already stays if it agrees, so that a slow answer is no skew."""
        date_s = server_time_s(headers)
        if date_s is not None:
            least_s, most_s = date_s - self.epoch_s(), date_s + 1 - sent_at_s
            if not least_s <= self.skew_s <= most_s:
                self.skew_s = least_s  # rather behind than ahead: Okta takes no times to come

    def note(self) -> str:
        """A sentence when this machine's clock is notably off Okta's; else nothing."""
        if abs(self.skew_s) < NOTABLE_SKEW_S:
            return ""
        side = "behind" if self.skew_s > 0 else "ahead of"
        return (
            f"This machine's clock is {abs(self.skew_s):.0f} s {side} Okta's. It was made up "
            "for, but set it: the times of this sync are off by as much."
        )
