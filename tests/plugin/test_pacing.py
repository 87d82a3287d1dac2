"""Spending a rate limit: evenly, fully, never into a 429."""

import asyncio
from math import floor

import pytest
from attrs import define, field

from tests.support.virtual_time import START_EPOCH_S, run
from twin_okta.api.pacing import MOST_IN_FLIGHT, Bucket, Pacer, RateHeaders

FACTORS = "/api/v1/users/00u1/factors"
APPS = "/api/v1/apps/0oa1/users"


@define
class Server:
    """Counts as Okta does: fixed windows from the first request, whole-second headers."""

    limit: int
    window_s: int = 60
    latency_s: float = 0.0
    others_per_s: float = 0.0
    """What other clients take of the same bucket."""
    throttled: int = 0
    answered_at_s: list[float] = field(factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    _window_end_s: float = 0.0
    _used: float = 0.0
    _seen_s: float = 0.0

    async def answer(self, slot):
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(self.latency_s / 2)
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._window_end_s:
            self._window_end_s, self._used = floor(now_s) + self.window_s, 0.0
        else:
            self._used += (now_s - self._seen_s) * self.others_per_s
        self._seen_s = now_s
        self._used += 1
        if self._used > self.limit:
            self.throttled += 1
        else:
            self.answered_at_s.append(now_s)
        remaining = max(0, floor(self.limit - self._used))
        date_s = floor(START_EPOCH_S + now_s)
        reset_s = int(START_EPOCH_S + self._window_end_s)
        headers = RateHeaders(self.limit, remaining, reset_s, reset_s - date_s)
        await asyncio.sleep(self.latency_s / 2)
        self.in_flight -= 1
        slot.headers = headers


async def sweep(pacer: Pacer, server: Server, requests: int, path: str = FACTORS) -> float:
    """Send so many requests as fast as the pacer lets them, and return how long it took."""
    todo = iter(range(requests))

    async def worker() -> None:
        for _ in todo:
            async with pacer.slot(path) as slot:
                await server.answer(slot)

    async with asyncio.TaskGroup() as group:
        for _ in range(24):
            group.create_task(worker())
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("latency_s", [0.0, 0.25, 1.0])
def test_a_long_sweep_takes_no_more_than_the_share_of_the_limit_allows(latency_s):
    server = Server(limit=600, latency_s=latency_s)

    took_s = run(sweep(Pacer(0.9), server, 3000))

    best_s = 3000 / (600 * 0.9) * 60
    assert took_s <= best_s / 0.97
    assert server.throttled == 0


def test_a_window_is_spent_evenly_once_the_opening_credit_is_gone():
    server = Server(limit=600)

    run(sweep(Pacer(0.9), server, 1600))

    second_window = [t for t in server.answered_at_s if 60 <= t < 120]
    halves = [sum(t < 90 for t in second_window), sum(t >= 90 for t in second_window)]
    assert abs(halves[0] - halves[1]) <= 10
    assert sum(halves) <= 540


def test_a_small_job_is_done_within_the_opening_credit():
    server = Server(limit=600)

    assert run(sweep(Pacer(0.9), server, 120)) < 1


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 1.0])
def test_no_window_ever_holds_more_than_the_share(share):
    server = Server(limit=100)

    run(sweep(Pacer(share), server, 300))

    windows = [floor(t / 60) for t in server.answered_at_s]
    assert max(map(windows.count, set(windows))) <= max(1, floor(100 * share)) + 1
    assert server.throttled == 0


def test_what_other_clients_use_is_left_to_them():
    server = Server(limit=600, others_per_s=4)  # 40 % of the bucket

    run(sweep(Pacer(0.9), server, 3000))

    assert server.throttled <= 30


def test_a_limit_that_changes_is_followed_within_a_window():
    server = Server(limit=600)
    pacer = Pacer(0.9)

    async def changing() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(sweep(pacer, server, 3000))
            await asyncio.sleep(100)
            server.limit = 300
            await asyncio.sleep(120)
            server.limit = 600

    run(changing())

    in_window = [sum(a <= t < a + 60 for t in server.answered_at_s) for a in (120, 240)]
    assert in_window[0] <= 271
    assert in_window[1] >= 500
    assert server.throttled <= 3


def test_the_first_answer_is_awaited_before_a_bucket_is_opened():
    server = Server(limit=10, latency_s=1)

    run(sweep(Pacer(1.0), server, 8))

    first, second = server.answered_at_s[:2]
    assert second - first >= 1


def test_a_bucket_whose_answers_tell_no_limit_is_read_carefully():
    class Silent(Server):
        async def answer(self, slot):
            await super().answer(slot)
            slot.headers = None

    server = Silent(limit=10**6, latency_s=1)

    run(sweep(Pacer(0.9), server, 40))

    assert server.most_in_flight == 4


def test_a_slow_bucket_never_holds_up_another():
    slow, fast = Server(limit=10**5, latency_s=30), Server(limit=600)
    pacer = Pacer(0.9)
    done_at = {}

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(sweep(pacer, slow, 200, FACTORS))
            await asyncio.sleep(40)  # the slow one now fills its places
            done_at["fast"] = await sweep(pacer, fast, 100, APPS) - 40

    run(both())

    assert done_at["fast"] < 5


def test_too_many_in_flight_halves_the_window_once_and_answers_widen_it_again():
    pacer = Pacer(0.9)

    async def three_refused_together() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(refused())

    async def refused() -> None:
        async with pacer.slot("/elsewhere") as slot:
            await asyncio.sleep(1)
            slot.too_many_at_once = True

    async def scenario() -> tuple[float, float]:
        async with pacer.slot("/elsewhere") as slot:
            slot.headers = RateHeaders(10**6, 10**6, int(START_EPOCH_S) + 60, 60)
        await three_refused_together()
        narrowed = pacer.window
        await sweep(pacer, Server(limit=10**6), 2000)
        return narrowed, pacer.window

    narrowed, widened = run(scenario())

    assert narrowed == MOST_IN_FLIGHT / 2
    assert widened == MOST_IN_FLIGHT


def test_no_more_are_in_flight_than_the_window_has_room_for_in_all_buckets_together():
    pacer = Pacer(1.0, window=3)
    seen = []

    async def one(number: int) -> None:
        async with pacer.slot(f"/api/v1/{('users', 'groups', 'apps', 'logs', 'zones')[number]}"):
            seen.append(pacer.in_flight)
            await asyncio.sleep(1)

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(one(number))

    run(scenario())

    assert max(seen) == 3


def test_a_cancelled_request_gives_its_place_back():
    pacer = Pacer(0.9)

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), pacer.slot(FACTORS):
                await asyncio.sleep(100)
        async with asyncio.timeout(1), pacer.slot(FACTORS):
            pass

    run(scenario())

    assert pacer.in_flight == 0


def test_an_answer_s_figure_is_corrected_by_what_was_sent_after_its_request():
    """Okta counted this request, not those that were still on their way."""
    bucket = Bucket(1.0)
    first = bucket.spend(0.0)
    bucket.answer(first, RateHeaders(100, 99, 60, 60), now_s=0.0, took_s=0.1)
    numbers = [bucket.spend(0.2) for _ in range(10)]

    bucket.answer(numbers[3], RateHeaders(100, 95, 60, 60), now_s=0.3, took_s=0.1)

    assert bucket.remaining == 95 - 6


def test_a_stale_answer_opens_no_window_anew():
    bucket = Bucket(1.0)
    first = bucket.spend(0.0)
    bucket.answer(first, RateHeaders(100, 10, 120, 60), now_s=0.0, took_s=0.1)

    bucket.answer(bucket.spend(1.0), RateHeaders(100, 100, 60, 0), now_s=1.1, took_s=0.1)

    assert bucket.remaining == 9
