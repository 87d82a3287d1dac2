"""Rate limits: buckets, windows, shares, other clients, and the two kinds of 429."""

import asyncio

import httpx
import pytest

from okta_sandbox import Settings
from okta_sandbox.transport import InProcessTransport
from tests.sandbox.calling import NOW_S, Caller, a_caller
from tests.support.virtual_time import run


def limits_of(response: httpx.Response) -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    return tuple(int(response.headers[f"x-rate-limit-{name}"]) for name in names)  # type: ignore[return-value]


def limited(**settings: object) -> Caller:
    return a_caller(settings=Settings(**settings), unlimited=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        ("/api/v1/apps", "/api/v1/apps*"),
        ("/api/v1/apps/0oa1", "/api/v1/apps/{id}"),
        ("/api/v1/apps/0oa1/users", "/api/v1/apps*"),
        ("/api/v1/groups", "/api/v1/groups*"),
        ("/api/v1/groups/00g1", "/api/v1/groups/{id}"),
        ("/api/v1/groups/00g1/users", "/api/v1/groups*"),
        ("/api/v1/users", "/api/v1/users"),
        ("/api/v1/users/00u1", "/api/v1/users/{id}"),
        ("/api/v1/users/00u1/factors", "/api/v1/*"),
        ("/api/v1/users/00u1/roles", "/api/v1/*"),
        ("/api/v1/iam/assignees/users", "/api/v1/*"),
        ("/api/v1/logs", "/api/v1/logs"),
        ("/.well-known/okta-organization", "/*"),
    ],
)
def test_a_path_belongs_to_its_exact_bucket_or_the_longest_prefix(path: str, bucket: str) -> None:
    assert limited().sandbox.limits.bucket_of(path) == bucket


def test_the_headers_show_the_tokens_share_of_the_bucket() -> None:
    caller = limited()
    assert limits_of(caller.get("/api/v1/logs?limit=0"))[:2] == (60, 59)
    assert limits_of(caller.get("/api/v1/logs?limit=0"))[:2] == (60, 58)
    assert limits_of(caller.get("/api/v1/apps"))[:2] == (50, 49)


def test_a_window_begins_with_the_first_request_at_a_whole_second() -> None:
    caller = limited()
    caller.clock.now_s = NOW_S + 20.7
    assert limits_of(caller.get("/api/v1/logs"))[2] == NOW_S + 20 + 60
    caller.clock.now_s = NOW_S + 79.9
    assert limits_of(caller.get("/api/v1/logs"))[1] == 58
    caller.clock.now_s = NOW_S + 95.2
    assert limits_of(caller.get("/api/v1/logs")) == (60, 59, NOW_S + 95 + 60)


def test_beyond_the_limit_is_429_until_the_window_ends() -> None:
    caller = limited()
    statuses = [caller.get("/api/v1/apps?limit=1").status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    refused = caller.get("/api/v1/apps?limit=1")
    assert refused.json()["errorCode"] == "E0000047"
    assert limits_of(refused) == (50, 0, NOW_S + 60)
    caller.clock.now_s = NOW_S + 60
    assert caller.get("/api/v1/apps?limit=1").status_code == 200


def test_two_tokens_have_a_share_each_and_the_bucket_is_one() -> None:
    caller = limited(token_share=0.6)
    other = {"authorization": f"SSWS {caller.sandbox.token('read_only_admin')}"}
    for _ in range(60):
        assert caller.get("/api/v1/apps?limit=1").status_code == 200
    caller.headers = other
    statuses = [caller.get("/api/v1/apps?limit=1").status_code for _ in range(41)]
    assert statuses == [200] * 40 + [429]


def test_other_clients_eat_their_part_evenly_over_the_window() -> None:
    caller = limited(token_share=1.0, other_load=0.4)
    assert limits_of(caller.get("/api/v1/apps?limit=1"))[:2] == (100, 99)
    caller.clock.now_s = NOW_S + 30
    assert limits_of(caller.get("/api/v1/apps?limit=1"))[1] == 100 - 2 - 20
    caller.clock.now_s = NOW_S + 59.999
    assert limits_of(caller.get("/api/v1/apps?limit=1"))[1] == 100 - 3 - 39


def test_another_client_can_take_a_bite_at_once() -> None:
    caller = limited(token_share=1.0)
    caller.sandbox.limits.use("/api/v1/apps*", 90, now_s=NOW_S)
    assert limits_of(caller.get("/api/v1/apps?limit=1"))[1] == 9


def test_a_limit_changed_while_running_shows_in_the_next_answer() -> None:
    caller = limited()
    assert limits_of(caller.get("/api/v1/users/me/factors"))[0] == 600
    caller.sandbox.limits.set("/api/v1/*", 600)
    assert limits_of(caller.get("/api/v1/users/me/factors"))[:2] == (300, 298)
    caller.sandbox.limits.set("/api/v1/users/*/factors", 40)
    assert limits_of(caller.get("/api/v1/users/me/factors"))[:2] == (20, 19)


def test_a_shorter_window_keeps_the_limit() -> None:
    caller = limited(window_s=6)
    assert limits_of(caller.get("/api/v1/apps")) == (50, 49, NOW_S + 6)


@pytest.mark.parametrize(
    ("plan", "logs"), [("workforce", 60), ("enterprise", 25), ("integrator", 10)]
)
def test_each_plan_has_its_published_limits(plan: str, logs: int) -> None:
    assert limits_of(limited(plan=plan).get("/api/v1/logs"))[0] == logs


def test_too_many_at_once_is_a_429_whose_limit_and_remaining_are_0() -> None:
    caller = limited(concurrency=5, latency_s=2)

    async def burst() -> list[httpx.Response]:
        transport = InProcessTransport(caller.sandbox)
        async with httpx.AsyncClient(transport=transport, headers=caller.headers) as client:
            url = caller.url("/api/v1/users/me")
            return await asyncio.gather(*(client.get(url) for _ in range(8)))

    answers = run(burst())
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 3
    assert all(limits_of(answer)[:2] == (0, 0) for answer in refused)
    assert caller.sandbox.journal.most_in_flight == 6
    assert caller.sandbox.journal.throttled == 3


def test_each_plan_has_its_concurrency() -> None:
    assert Settings().max_concurrency() == 75
    assert Settings(plan="integrator").max_concurrency() == 35


def test_the_services_clock_can_be_ahead() -> None:
    caller = limited(skew_s=120)
    response = caller.get("/api/v1/users/me")
    assert limits_of(response)[2] == NOW_S + 180
    assert response.headers["date"] == "Fri, 15 Jan 2027 08:02:00 GMT"


def test_every_answer_has_a_date_limits_and_an_id_of_its_own() -> None:
    caller = limited()
    answers = [caller.get(path) for path in ("/api/v1/users/me", "/api/v1/nowhere", "/nowhere")]
    caller.headers = {}
    answers.append(caller.get("/api/v1/users"))
    assert [answer.status_code for answer in answers] == [200, 404, 404, 401]
    assert all(limits_of(answer) and answer.headers["date"] for answer in answers)
    assert len({answer.headers["x-okta-request-id"] for answer in answers}) == 4
