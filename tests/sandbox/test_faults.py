"""Faults: what each looks like to a client, and whom it hits."""

import asyncio

import httpx
import pytest

from okta_sandbox import FaultKind, Settings
from okta_sandbox.transport import InProcessTransport
from tests.sandbox.calling import NOW_S, Caller, a_caller
from tests.support.virtual_time import run

USERS = "/api/v1/users"


def struck(kind: str, path: str = USERS, **fault: object) -> tuple[Caller, httpx.Response]:
    """A caller of an org with this fault in force once, and what it got."""
    caller = a_caller()
    caller.sandbox.faults.add(kind, path, **fault)  # type: ignore[arg-type]
    return caller, caller.get(f"{path}?limit=5")


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("bad-gateway", 502, "text/html; charset=utf-8"),
        ("maintenance", 503, "text/html; charset=utf-8"),
        ("maintenance-200", 200, "text/html; charset=utf-8"),
        ("bare-429", 429, "text/plain"),
        ("redirect", 302, "text/html; charset=utf-8"),
    ],
)
def test_what_fails_at_the_edge_has_none_of_oktas_headers(
    kind: str, status: int, content_type: str
) -> None:
    caller, response = struck(kind)
    assert (response.status_code, response.headers["content-type"]) == (status, content_type)
    assert not [name for name in response.headers if name.startswith("x-")]
    after = caller.get(USERS)
    assert after.status_code == 200
    assert (
        int(after.headers["x-rate-limit-remaining"]) == int(after.headers["x-rate-limit-limit"]) - 1
    )


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("server-error", 500, "E0000009"),
        ("read-only", 503, "E0000010"),
        ("denied", 403, "E0000006"),
        ("gone", 404, "E0000007"),
        ("revoked", 401, "E0000011"),
    ],
)
def test_what_fails_inside_is_told_in_oktas_shape(kind: str, status: int, code: str) -> None:
    _, response = struck(kind)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)
    assert "x-rate-limit-remaining" in response.headers


def test_a_reset_connection_gives_no_answer() -> None:
    with pytest.raises(httpx.ReadError):
        struck("reset")


def test_a_cut_body_is_shorter_than_it_says() -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        struck("cut-body")


def test_half_a_json_is_a_complete_answer() -> None:
    _, response = struck("half-json")
    assert len(response.content) == int(response.headers["content-length"])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_the_next_link_may_lead_elsewhere() -> None:
    _, response = struck("foreign-next")
    assert response.links["next"]["url"].startswith("https://elsewhere.example.net/")
    assert response.links["self"]["url"].startswith("https://sandbox.example.com/")


def test_unheard_of_values_take_the_place_of_known_ones() -> None:
    _, apps = struck("unknown-values", "/api/v1/apps")
    assert {app["signOnMode"] for app in apps.json()} == {"CARRIER_PIGEON"}
    caller = a_caller()
    caller.sandbox.faults.add("unknown-values", f"{USERS}/*/factors")
    factors = caller.get(f"{USERS}/me/factors").json()
    assert {factor["factorType"] for factor in factors} == {"neural_lace"}


def test_one_bad_record_leaves_the_others_whole() -> None:
    caller, response = struck("bad-record")
    good = caller.get(f"{USERS}?limit=5").json()
    assert response.json()[0] == {"id": None, "status": 42, "profile": "none"}
    assert response.json()[1:] == good[1:]


def seconds_for(caller: Caller, timeout_s: float) -> tuple[float, str]:
    """How long a request takes, in virtual time, and how it ends."""

    async def timed() -> tuple[float, str]:
        loop = asyncio.get_running_loop()
        transport = InProcessTransport(caller.sandbox)
        async with httpx.AsyncClient(transport=transport, timeout=timeout_s) as client:
            try:
                response = await client.get(caller.url(USERS), headers=caller.headers)
                ending = str(response.status_code)
            except httpx.HTTPError as error:
                ending = type(error).__name__
            return round(loop.time(), 3), ending

    return run(timed())


@pytest.mark.parametrize(
    ("kind", "timeout_s", "expected"),
    [
        ("slow", 30, (20, "200")),
        ("slow", 5, (5, "ReadTimeout")),
        ("trickle", 5, (20, "200")),
        ("trickle", 0.5, (0.5, "ReadTimeout")),
        ("hang", 5, (5, "ReadTimeout")),
        ("hang", 30, (20, "ReadError")),
    ],
)
def test_what_takes_time_takes_as_long_as_it_is_told_or_the_client_waits(
    kind: str, timeout_s: float, expected: tuple[float, str]
) -> None:
    caller = a_caller()
    caller.sandbox.faults.add(kind, seconds=20)
    assert seconds_for(caller, timeout_s) == expected


def test_every_answer_takes_the_latency() -> None:
    caller = a_caller(settings=Settings(latency_s=0.25))
    assert seconds_for(caller, 5) == (0.25, "200")


def test_a_fault_hits_the_paths_and_queries_it_names() -> None:
    caller = a_caller()
    fault = caller.sandbox.faults.add("server-error", "/api/v1/users/*/factors", times=None)
    other = caller.sandbox.faults.add("server-error", USERS, query="after=", times=None)
    assert caller.get(f"{USERS}/me").status_code == 200
    assert caller.get(f"{USERS}/me/factors").status_code == 500
    first = caller.get(USERS, limit=5)
    assert first.status_code == 200
    assert caller.get(first.links["next"]["url"]).status_code == 500
    assert (fault.hits, other.hits) == (1, 1)


def test_a_fault_hits_as_often_as_it_is_told_after_those_it_skips() -> None:
    caller = a_caller()
    caller.sandbox.faults.add(FaultKind.SERVER_ERROR, USERS, times=2, skip=1)
    assert [caller.get(USERS).status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_fault_of_some_probability_hits_the_same_requests_every_time() -> None:
    def statuses() -> list[int]:
        caller = a_caller()
        caller.sandbox.faults.add("server-error", times=None, probability=0.3)
        return [caller.get(f"{USERS}/me").status_code for _ in range(60)]

    first = statuses()
    assert first == statuses()
    assert 8 <= first.count(500) <= 28


def test_after_clearing_everything_goes_well() -> None:
    caller = a_caller()
    caller.sandbox.faults.add("server-error", times=None)
    assert caller.get(USERS).status_code == 500
    caller.sandbox.faults.clear()
    assert caller.get(USERS).status_code == 200


def test_the_journal_knows_what_was_done_to_whom() -> None:
    caller, _ = struck("server-error")
    caller.get(USERS, limit=5)
    caller.get(USERS, limit=5)
    journal = caller.sandbox.journal
    assert [(entry.status, entry.fault) for entry in journal.entries] == [
        (500, "server-error"),
        (200, ""),
        (200, ""),
    ]
    assert journal.repeated() == [f"GET {USERS}?limit=5"]
    assert {entry.caller for entry in journal.entries} == {"super_admin"}
    assert (journal.count(path="users"), journal.count(path="users", status=500)) == (3, 1)
    journal.clear()
    assert journal.count() == 0


def test_the_journal_knows_what_was_done_again_and_what_was_under_way() -> None:
    caller, _ = struck("server-error")
    journal = caller.sandbox.journal
    for seconds, limit in enumerate((6, 7), start=1):
        caller.clock.now_s = NOW_S + seconds
        caller.get(USERS, limit=limit)
    killed = len(journal.entries)
    for limit in (5, 6, 8, 6):
        caller.get(USERS, limit=limit)
    assert journal.asked_again(killed) == [f"GET {USERS}?limit=6"], "5 was never answered"
    assert journal.under_way(NOW_S - 1) == []
    assert journal.under_way(NOW_S + 1) == [f"GET {USERS}?limit=6"]
    journal.entries[0].ended_s = None
    assert journal.under_way(NOW_S + 1) == [f"GET {USERS}?limit={n}" for n in (5, 6)]
