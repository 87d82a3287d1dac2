"""Spending Okta's rate limits: evenly, fully up to a share, and never into a 429.

`Bucket` is the arithmetic of one rate limit: plain numbers in, plain numbers out, times in
seconds on whatever monotonic clock the caller uses. `Pacer` makes coroutines wait for it and
keeps the number of requests in flight under Okta's concurrency limit.

Sources: Okta's pages "Rate limits overview", "Monitor rate limits" (headers; a 429 whose limit
is 0 is the concurrency
limit) and "Concurrency limits" (75 in flight for an org, 35 for a free one).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import floor, inf

from attrs import define, field, frozen

from twin_okta.api.buckets import bucket_name

USUAL_WINDOW_S = 60.0
LONGEST_WINDOW_S = 65.0
"""Okta's windows last a minute: a reset further away than this is not believed."""
RESET_SLACK_S = 0.05
"""Waited beyond a reset, for clocks that differ a little."""
RECHECK_S = 1.0
"""A longer wait is looked at again: an answer may have changed what it waits for."""
MOST_IN_FLIGHT = 30
"""Far below the 75 that an org may have in flight for all its clients together."""
BUCKET_IN_FLIGHT = 24
"""What one bucket may have in flight, so that a slow one never holds up another."""
OPENING_PART = 4
"""The part of a first window that may be spent at once is one in so many."""
UNLIMITED_IN_FLIGHT = 4
"""For a bucket whose answers carry no rate-limit headers."""


@frozen
class RateHeaders:
    """What one response says of its bucket; `reset_in_s` is measured on the server's clock."""

    limit: int
    remaining: int
    reset_epoch_s: int
    reset_in_s: float


@define
class Bucket:
    """One rate limit as far as its responses have told."""

    share: float
    limit: int | None = None
    remaining: int = 0
    reset_at_s: float = 0.0
    next_at_s: float = 0.0
    window_s: float = USUAL_WINDOW_S
    credit: int = 0
    """Requests that may go at once: a quarter of the first window, so that a small org is
    read in seconds and a large one still evenly."""
    sent: int = 0
    in_flight: int = 0
    answered: bool = False
    fastest_s: float = inf
    """The shortest time from sending a request to its answer."""
    _reset_epoch_s: int = 0

    @property
    def most_in_flight(self) -> int:
        """One until the first answer has told the limit; few if the answers tell none."""
        if not self.answered:
            return 1
        return BUCKET_IN_FLIGHT if self.limit is not None else UNLIMITED_IN_FLIGHT

    def allowance(self, limit: int) -> int:
        """How many requests of a window's limit are ours."""
        return max(1, floor(limit * self.share))

    def ready_at(self, now_s: float) -> float:
        """When the next request may go; not before `now_s`."""
        if self.limit is not None:
            self._roll_over(now_s)
            if self._budget() <= 0:
                return max(self.reset_at_s, self.next_at_s)
        return max(now_s, self.next_at_s)

    def spend(self, now_s: float) -> int:
        """Count one request as sent at `now_s`; its number is needed to read the answer."""
        if self.limit is not None:
            if self.credit > 0:
                self.credit -= 1
            else:
                self.next_at_s = now_s + (self.reset_at_s - now_s) / max(1, self._budget())
            self.remaining -= 1
        self.sent += 1
        self.in_flight += 1
        return self.sent

    def hold(self, until_s: float) -> None:
        """Send nothing before that time, whatever the figures allow."""
        self.next_at_s = max(self.next_at_s, until_s)

    def answer(
        self, number: int, headers: RateHeaders | None, *, now_s: float, took_s: float
    ) -> None:
        """Learn from the answer to request `number`; `headers` is None when it carried none.

        The reset is kept as seen from here: a request that is sent when the window has less time
        left than the fastest round trip already falls into the next one.
        """
        self.in_flight -= 1
        self.fastest_s = min(self.fastest_s, took_s)
        first, self.answered = not self.answered, True
        if headers is None or headers.limit <= 0 or headers.reset_epoch_s < self._reset_epoch_s:
            return
        reset_in_s = min(max(0.0, headers.reset_in_s), LONGEST_WINDOW_S)
        reset_at_s = now_s + reset_in_s - self.fastest_s + RESET_SLACK_S
        if headers.reset_epoch_s == self._reset_epoch_s:
            self.reset_at_s = min(self.reset_at_s, reset_at_s)
        else:
            if self._reset_epoch_s:
                between_s = headers.reset_epoch_s - self._reset_epoch_s
                self.window_s = min(between_s, LONGEST_WINDOW_S)
            self.reset_at_s = reset_at_s
            self._reset_epoch_s = headers.reset_epoch_s
        self.limit = headers.limit
        # Requests sent after this one are not in its figure; those sent before it are.
        self.remaining = headers.remaining - (self.sent - number)
        if first:
            self.credit = max(0, self._budget() // OPENING_PART)

    def _budget(self) -> int:
        """What is left to us in this window."""
        limit = self.limit or 0
        return self.remaining - (limit - self.allowance(limit))

    def _roll_over(self, now_s: float) -> None:
        """A window has ended: expect another like it until an answer says otherwise."""
        if self.limit is not None and now_s >= self.reset_at_s:
            self.remaining = self.limit
            self.reset_at_s = now_s + self.window_s
            self.credit = 0


def sweep_s(requests: int, bucket: Bucket) -> float:
    """About how long so many requests take a bucket whose limit is known, in seconds."""
    allowance = bucket.allowance(bucket.limit or 1)
    beyond_credit = max(0, requests - allowance // OPENING_PART)
    return max(1.0, beyond_credit / allowance * bucket.window_s)


@define
class Slot:
    """Leave to send one request; the sender notes here what came of it."""

    headers: RateHeaders | None = None
    too_many_at_once: bool = False
    hold_s: float = 0.0


def _now_s() -> float:
    return asyncio.get_running_loop().time()


@define
class Pacer:
    """Lets requests go when their bucket and the concurrency window have room.

    The window narrows by half when Okta says that too many are in flight, and widens by one
    after each full window of answers (additive increase, multiplicative decrease).
    """

    share: float
    buckets: dict[str, Bucket] = field(factory=dict[str, Bucket])
    in_flight: int = 0
    window: float = MOST_IN_FLIGHT
    _turns: dict[str, asyncio.Lock] = field(factory=dict[str, asyncio.Lock])
    _freed: asyncio.Event = field(factory=asyncio.Event)
    _narrowed_at_s: float = 0.0

    def use_of(self, name: str) -> float | None:
        """How much of a bucket's window is used by everybody, 0 to 1; None before it is known."""
        bucket = self.buckets.get(name)
        if bucket is None or not bucket.limit:
            return None
        return min(1.0, max(0.0, 1 - bucket.remaining / bucket.limit))

    @asynccontextmanager
    async def slot(self, path: str) -> AsyncGenerator[Slot]:
        """Wait for room, then hold a place in flight while the block runs."""
        name = bucket_name(path)
        bucket = self.buckets.setdefault(name, Bucket(self.share))
        async with self._turns.setdefault(name, asyncio.Lock()):
            await self._wait_for_room(bucket)
            number = bucket.spend(_now_s())
        self.in_flight += 1
        sent_at_s = _now_s()
        slot = Slot()
        try:
            yield slot
        finally:
            self.in_flight -= 1
            now_s = _now_s()
            bucket.answer(number, slot.headers, now_s=now_s, took_s=now_s - sent_at_s)
            bucket.hold(now_s + slot.hold_s)
            self._adapt(slot, sent_at_s)
            self._freed.set()

    async def _wait_for_room(self, bucket: Bucket) -> None:
        while True:
            if bucket.in_flight >= bucket.most_in_flight or self.in_flight >= int(self.window):
                self._freed.clear()
                await self._freed.wait()
                continue
            wait_s = bucket.ready_at(_now_s()) - _now_s()
            if wait_s <= 0:
                return
            await asyncio.sleep(min(wait_s, RECHECK_S))

    def _adapt(self, slot: Slot, sent_at_s: float) -> None:
        if not slot.too_many_at_once:
            self.window = min(MOST_IN_FLIGHT, self.window + 1 / self.window)
        elif sent_at_s >= self._narrowed_at_s:
            self.window = max(1.0, self.window / 2)
            self._narrowed_at_s = _now_s()
