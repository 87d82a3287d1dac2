"""Tricks: whatever a hostile or odd Okta may answer, a test can have it answered, where it says."""

import json
from typing import Any

import httpx
import pytest

from okta_sandbox import Org, create_app, serve
from okta_sandbox.api import tricks
from okta_sandbox.api.faults import Trick
from okta_sandbox.transport import InProcessTransport
from tests.sandbox.calling import Caller, a_caller
from tests.support.virtual_time import run

USERS = "/api/v1/users"


def tricked(trick: Trick, path: str = USERS, **when: Any) -> tuple[Caller, httpx.Response]:
    """A caller of an org that plays this trick at a path, and what it got there."""
    caller = a_caller(users=30)
    caller.sandbox.faults.play(trick, path, **when)
    return caller, caller.get(path, limit=5)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "E0000001"), (401, "E0000011"), (403, "E0000006"), (404, "E0000007"),
        (405, "E0000022"), (500, "E0000009"),
    ],
)  # fmt: skip
def test_any_error_has_oktas_shape_and_its_rate_headers(status: int, code: str) -> None:
    _, response = tricked(tricks.error(status, code))
    assert (response.status_code, response.json()["errorCode"]) == (status, code)
    assert "x-rate-limit-remaining" in response.headers
    assert "link" not in response.headers


@pytest.mark.parametrize(
    "value", [{}, [], None, 7, "text", {"users": []}, 2**70, "half an emoji \ud83d"]
)
def test_any_json_can_take_the_place_of_a_list(value: object) -> None:
    _, response = tricked(tricks.body(value))
    assert (response.status_code, json.loads(response.content)) == (200, value)


@pytest.mark.parametrize(
    "value",
    [None, 5, {"a": 1}, [1], 2**70, "\ud83d", "\x00\x1b[31m", "../../etc", True],
)
@pytest.mark.parametrize("field", ["id", "status", "profile.login", "credentials.provider.type"])
def test_any_field_can_hold_anything_in_all_records_or_in_one(field: str, value: object) -> None:
    def held(record: Any) -> Any:
        for step in field.split("."):
            record = record[step]
        return record

    caller, response = tricked(tricks.replace(field, value))
    assert [held(record) for record in json.loads(response.content)] == [value] * 5
    caller.sandbox.faults.clear()
    good = caller.get(USERS, limit=5).json()
    caller.sandbox.faults.play(tricks.replace(field, value, at=2), USERS)
    changed = json.loads(caller.get(USERS, limit=5).content)
    assert [held(r) for r in changed] == [value if n == 2 else held(good[n]) for n in range(5)]


def test_a_field_can_be_missing_and_be_deep_within_lists() -> None:
    _, response = tricked(tricks.drop("credentials.provider"))
    assert {"provider" in user["credentials"] for user in response.json()} == {False}
    _, response = tricked(tricks.replace("target.id", None), "/api/v1/logs")
    targets = [target for entry in response.json() for target in entry["target"] or []]
    assert targets
    assert {target["id"] for target in targets} == {None}


def test_lists_inside_objects_and_single_records_are_records_too() -> None:
    _, response = tricked(tricks.replace("id", "../x"), "/api/v1/iam/assignees/users")
    assert {user["id"] for user in response.json()["value"]} == {"../x"}
    _, response = tricked(tricks.drop("id"), "/api/v1/org")
    assert "id" not in response.json()
    assert response.json()["companyName"]
    _, response = tricked(tricks.records(lambda found: found[:-1]))
    assert len(response.json()) == 4


def test_an_error_has_no_records_to_change() -> None:
    _, response = tricked(tricks.all_of(tricks.error(403), tricks.replace("id", 1)))
    assert "id" not in response.json()


@pytest.mark.parametrize("text", ["<foo>", ";;;", '<http://[>; rel="next"', "", "é\ud83d"])
def test_a_link_may_be_any_text(text: str) -> None:
    _, response = tricked(tricks.link(text))
    assert len(response.headers.get_list("link")) == 1


def test_a_next_may_be_the_page_itself() -> None:
    caller, response = tricked(tricks.next_is_itself())
    assert response.links["next"]["url"] == caller.url(f"{USERS}?limit=5")


@pytest.mark.parametrize("empty", [False, True])
def test_pages_may_never_end_and_bring_nothing_new(empty: bool) -> None:  # noqa: FBT001
    caller, response = tricked(tricks.endless_pages(empty=empty))
    first, urls, remaining = response.json(), set(), []
    for _ in range(4):
        urls.add(response.links["next"]["url"])
        response = caller.get(response.links["next"]["url"])
        remaining.append(int(response.headers["x-rate-limit-remaining"]))
        assert (response.status_code, response.json()) == (200, [] if empty else first)
    assert len(urls) == 4
    assert remaining == sorted(remaining, reverse=True)


def test_what_was_sent_can_come_back_in_words_and_headers() -> None:
    for trick in (tricks.echoed_error(), tricks.echoed_oauth_error(), tricks.echoed_header()):
        caller, response = tricked(trick)
        said = response.text + response.headers["x-okta-request-id"]
        assert caller.headers["authorization"] in said
    caller = a_caller()
    caller.sandbox.faults.play(tricks.echoed_oauth_error(), "/oauth2/v1/token")
    answer = caller.post("/oauth2/v1/token", {"client_assertion": "eyJhbGciOi"}, dpop="eyJ0eXAi")
    assert "client_assertion=eyJhbGciOi" in answer.json()["error_description"]
    assert "dpop: eyJ0eXAi" in answer.json()["error_description"]


def test_headers_of_rates_and_dates_can_lie() -> None:
    _, response = tricked(tricks.rates(limit=10**30, remaining=-1, reset=5))
    assert response.headers["x-rate-limit-limit"] == str(10**30)
    assert response.headers.get_list("x-rate-limit-reset") == ["5"]
    _, response = tricked(tricks.header("date", "yesterday"))
    assert response.headers.get_list("date") == ["yesterday"]
    _, response = tricked(tricks.header("date", None))
    assert "date" not in response.headers


@pytest.mark.parametrize("text", ["Wed, 21 Oct 2099 07:28:00 GMT", "3.5", "0", "-1", "soon"])
def test_a_retry_after_may_be_any_text(text: str) -> None:
    _, response = tricked(tricks.throttled(retry_after=text))
    assert (response.status_code, response.headers["retry-after"]) == (429, text)


def test_a_small_body_may_become_large_and_json_deep() -> None:
    async def size_on_the_wire(caller: Caller) -> int:
        async with httpx.AsyncClient(transport=InProcessTransport(caller.sandbox)) as client:
            request = client.build_request("GET", caller.url(USERS), headers=caller.headers)
            response = await client.send(request, stream=True)
            parts = [part async for part in response.aiter_raw()]
            return sum(map(len, parts))

    caller, response = tricked(tricks.bomb(3_000_000))
    assert len(response.content) == 3_000_000
    assert run(size_on_the_wire(caller)) < 1000
    _, response = tricked(tricks.swollen(2_000_000))
    assert (len(response.content), len(response.json())) == (2_000_000, 5)
    _, response = tricked(tricks.nested(900))
    assert response.text == "[" * 900 + "]" * 900


def test_a_trick_is_played_where_and_when_it_is_told() -> None:
    caller = a_caller(users=200)
    faults = caller.sandbox.faults
    people = [f"{USERS}/{user['id']}/factors" for user in caller.all(USERS)]
    some = faults.play(tricks.error(404, "E0000007"), f"{USERS}/*/factors", part=0.3)
    once, again = ([caller.get(path).status_code for path in people] for _ in range(2))
    assert once == again
    assert 0.15 < once.count(404) / len(once) < 0.45
    assert some.hits == 2 * once.count(404)
    faults.clear()
    faults.play(tricks.error(500), USERS, times=1, skip=1)
    assert [caller.get(USERS).status_code for _ in range(3)] == [200, 500, 200]
    faults.clear()
    faults.play(tricks.body({}), USERS, query="after=")
    assert isinstance(caller.get(USERS, limit=5).json(), list)


def test_tricks_and_faults_of_a_kind_can_meet() -> None:
    caller = a_caller(users=30)
    caller.sandbox.faults.add("denied", USERS, times=None)
    caller.sandbox.faults.play(tricks.header("x-one", "1"))
    caller.sandbox.faults.play(tricks.header("x-two", "2"))
    response = caller.get(USERS)
    assert (response.status_code, response.headers["x-one"]) == (403, "1")
    assert response.headers["x-two"] == "2"
    assert caller.sandbox.journal.entries[-1].fault == "denied"


def test_tricks_work_on_a_socket() -> None:
    sandbox = create_app(Org(users=30))
    sandbox.faults.play(tricks.all_of(tricks.bomb(500_000), tricks.link("<foo>")), USERS)
    with serve(sandbox) as url:
        response = httpx.get(f"{url}{USERS}", headers={"authorization": f"SSWS {sandbox.token()}"})
    assert len(response.content) == 500_000
    assert response.headers["link"] == "<foo>"
