"""What a server can answer, and what is made of it: never a crash, never a silent nothing."""

import asyncio
import gzip
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from tests.support.odd_server import ORIGIN, OddServer, always, in_turn
from tests.support.virtual_time import START_EPOCH_S
from twin_okta.api import (
    BadCredential,
    Denied,
    NotFound,
    NotOkta,
    OktaError,
    Throttled,
    UnreadableAnswer,
)
from twin_okta.api.addresses import path_to
from twin_okta.api.paging import NOTHING_NEW

BROKEN_OFF = httpx.ReadError("connection reset")


def page(*ids, link=""):
    headers = {"link": link} if link else {}
    return httpx.Response(200, json=[{"id": one} for one in ids], headers=headers)


def okta_error(status, code, summary="", **headers):
    body = {"errorCode": code, "errorSummary": summary}
    return httpx.Response(status, json=body, headers=headers)


# --- bodies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{}", b"null", b"7", b'"text"', b"true", b'{"value": []}'])
def test_what_is_no_list_is_no_empty_list(body):
    with pytest.raises(UnreadableAnswer, match="not a list"):
        always(httpx.Response(200, content=body)).pages()


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"value": {}}', b'{"value": null}', b'{"value": "text"}', b"null"]
)
def test_what_holds_no_list_is_no_empty_list_either(body):
    async def reading(client):
        return [page async for page in client.body_pages("/api/v1/iam/assignees/users")]

    with pytest.raises(UnreadableAnswer, match="not a list"):
        always(httpx.Response(200, content=body)).run(reading)


@pytest.mark.parametrize(
    ("body", "json"),
    [
        (rb'["L\ud83d"]', ["L\ufffd"]),
        (rb'["\ude00L", "ok"]', ["\ufffdL", "ok"]),
        (rb'[{"\ud83d": 1}]', [{"\ufffd": 1}]),
        (rb'["\ud83d", "\ud83d\ude00", "\\ud83d"]', ["\ufffd", "\N{GRINNING FACE}", "\\ud83d"]),
        (b'["\xff\xfe"]', ["\ufffd\ufffd"]),
        (b'\xef\xbb\xbf["mark"]', ["mark"]),
        (b'["bell \x07"]', ["bell \x07"]),
        (b"[NaN, -Infinity, 1e999, 1]", [None, None, None, 1]),
        (rb'["\ud83d", 1180591620717411303424]', ["\ufffd", 2.0**70]),
        (b"[1180591620717411303424]", [2.0**70]),
    ],
)
def test_odd_texts_and_numbers_are_repaired_one_by_one_and_at_once(body, json):
    server = always(httpx.Response(200, content=body))

    assert server.get() == json
    assert len(server.requests) == 1


def test_json_nested_900_deep_is_one_record_s_trouble_and_deeper_one_answer_s():
    assert always(httpx.Response(200, content=b"[" * 900 + b"]" * 900)).get()

    server = always(httpx.Response(200, content=b"[" * 5000 + b"]" * 5000))
    with pytest.raises(UnreadableAnswer, match="nested"):
        server.get()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "sentence", "tries"),
    [
        (b'[{"id": "1"', "cut off", 6),
        (b"", "cut off", 6),
        (b"<html>maintenance</html>", "web page", 3),
        (b"Service unavailable", "no JSON", 3),
    ],
)
def test_what_is_no_json_is_tried_again_and_named(body, sentence, tries):
    server = always(httpx.Response(200, content=body))

    with pytest.raises(OktaError, match=sentence):
        server.get()
    assert len(server.requests) == tries


# --- bounds -----------------------------------------------------------------------------------


class Endless(httpx.AsyncByteStream):
    """A body that goes on until somebody stops it, and counts what was taken of it."""

    def __init__(self, chunk, most_chunks=100):
        self.chunk, self.most, self.taken = chunk, most_chunks, 0

    async def __aiter__(self):
        while self.taken < self.most:
            self.taken += 1
            yield self.chunk


def bomb():
    """Ten megabytes of nothing in ten kilobytes, to be repeated."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
    return head, packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)


def test_a_body_without_end_is_left_at_the_limit():
    body = Endless(b" " * 1_000_000)

    with pytest.raises(UnreadableAnswer, match="far larger"):
        always(httpx.Response(200, stream=body)).get()
    assert body.taken <= 70


@pytest.mark.parametrize("path", ["/api/v1/users", "/oauth2/v1/token"])
def test_a_body_that_grows_when_unpacked_is_left_at_the_limit(path):
    class Bomb(Endless):
        async def __aiter__(self):
            head, more = bomb()
            yield head
            async for chunk in Endless(more, most_chunks=12):
                self.taken += 1
                yield chunk

    body = Bomb(b"")
    packed = httpx.Response(200, stream=body, headers={"content-encoding": "gzip"})
    with pytest.raises(UnreadableAnswer, match="far larger"):
        always(packed).get(path)
    assert body.taken <= 7


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,identity", "br", "deflate", "zstd", "x"])
def test_a_packing_that_was_not_asked_for_is_refused_unopened(coding):
    body = Endless(b"x")
    answer = httpx.Response(200, stream=body, headers={"content-encoding": coding})
    server = always(answer)

    with pytest.raises(UnreadableAnswer, match="packed in a way"):
        server.get()
    assert body.taken == 0
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_two_packings_named_in_two_headers_are_refused_too():
    headers = [("content-encoding", "gzip"), ("content-encoding", "gzip")]
    with pytest.raises(UnreadableAnswer, match="packed in a way"):
        always(httpx.Response(200, stream=Endless(b"x"), headers=headers)).get()


def packed(body):
    return httpx.Response(200, stream=Once(body), headers={"content-encoding": "gzip"})


class Once(Endless):
    def __init__(self, chunk):
        super().__init__(chunk, most_chunks=1)


def test_a_packed_answer_is_unpacked():
    assert always(packed(gzip.compress(b'[{"id": "1"}]'))).get() == [{"id": "1"}]


@pytest.mark.parametrize("body", [gzip.compress(b"[1, 2, 3]", mtime=0)[:-9], b"no gzip at all"])
def test_a_packed_answer_that_is_damaged_is_asked_for_again(body):
    server = in_turn(packed(body), packed(gzip.compress(b"[1]")))

    assert server.get() == [1]
    assert len(server.requests) == 2


# --- next pages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    ["<foo>", "foo", "<>", "<>; rel=", '<https://acme.okta.com/x>; rel="self"', ";;;", "<<<>>>",
     '<https://acme.okta.com/next>; rel="prev"; title="next"', "\x01"],
)  # fmt: skip
def test_a_link_header_that_names_no_next_page_ends_the_list(link):
    assert always(page("1", link=link)).pages() == [[{"id": "1"}]]


@pytest.mark.parametrize(
    "link",
    ["<foo>; rel=next", '<>; rel="next"', 'rel="next"', '; rel="next"',
     '<\\\\evil.example\\a>; rel="next"', '</\\evil.example>; rel="next"',
     '<https://acme.okta.com\\@evil.example/>; rel="next"', '<javascript:x>; rel="next"',
     '<https://acme.okta.com/a b>; rel="next"', '<https://acme.okta.com/\x7f>; rel="next"',
     "<x; rel=next"],
)  # fmt: skip
def test_a_next_page_that_cannot_be_read_is_told_and_costs_not_the_page_before(link):
    server = always(page("1", link=link))
    pages = []

    async def reading(client):
        async for one in client.pages("/api/v1/users"):
            pages.append(one.records)

    with pytest.raises(UnreadableAnswer, match="cannot be read"):
        server.run(reading)
    assert pages == [[{"id": "1"}]]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/x", "//evil.example/x", "http://acme.okta.com/x",
     "https://acme.okta.com:8443/x", "https://acme.okta.com:80/x", "https://me@acme.okta.com/x",
     "https://me:pw@acme.okta.com/x", "https://acme.okta.com.evil.example/x",
     "https://acme.okta.com@evil.example/x"],
)  # fmt: skip
def test_a_next_page_elsewhere_is_never_asked_for(address):
    server = always(page("1", link=f'<{address}>; rel="next"'))

    with pytest.raises(NotOkta, match="was not followed"):
        server.pages()
    assert [str(request.url) for request in server.requests] == [f"{ORIGIN}/api/v1/users"]


@pytest.mark.parametrize(
    "link",
    ['<https://acme.okta.com/api/v1/users?after=2,3>; rel="next"',
     "<https://acme.okta.com:443/api/v1/users?after=2>; rel=next",
     '<https://ACME.okta.com/api/v1/users?after=2>;REL="prev next"',
     '<https://acme.okta.com/a>; rel="self", </api/v1/users?after=2>; rel="next"',
     '<https://acme.okta.com/a>; title="a, b"; rel="self",<https://acme.okta.com/b>; rel="next"'],
)  # fmt: skip
def test_a_next_page_in_any_usual_writing_is_followed(link):
    assert in_turn(page("1", link=link), page("2")).pages() == [[{"id": "1"}], [{"id": "2"}]]


@pytest.mark.parametrize("link", [{"next": "x"}, {"next": {}}, {"next": {"href": 7}}, "x", [1]])
def test_a_next_page_in_a_body_that_cannot_be_read_is_told(link):
    async def reading(client):
        return [page async for page in client.body_pages("/api/v1/iam/assignees/users")]

    body = {"value": [{"id": "1"}], "_links": link}
    with pytest.raises(UnreadableAnswer, match="cannot be read"):
        always(httpx.Response(200, json=body)).run(reading)


@pytest.mark.parametrize("links", [{}, {"next": None}, None, {"self": {"href": "x"}}])
def test_a_body_without_a_next_page_ends_the_list(links):
    async def reading(client):
        return [page async for page in client.body_pages("/api/v1/iam/assignees/users")]

    body = {"value": [{"id": "1"}], "_links": links}
    assert len(always(httpx.Response(200, json=body)).run(reading)) == 1


def test_a_sentence_about_where_a_link_led_is_short_however_long_that_is():
    server = always(page("1", link=f'<https://{"a" * 5000}.example/>; rel="next"'))

    with pytest.raises(OktaError) as failure:
        server.pages()
    assert len(str(failure.value)) <= 600


def onward(n):
    return f'<{ORIGIN}/api/v1/users?after={n}>; rel="next"'


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_circle_of_pages_is_left(length):
    def answer(request):
        here = int(request.url.params.get("after", 0))
        return page(f"r{here}", link=onward((here + 1) % length))

    server = OddServer(answer)
    with pytest.raises(UnreadableAnswer, match="circle"):
        server.pages()
    assert len(server.requests) <= length + 1


@pytest.mark.parametrize("ids", [(), ("1",), ("1", "2")])
def test_pages_for_ever_with_nothing_new_in_them_are_given_up(ids):
    def answer(request):
        return page(*ids, link=onward(int(request.url.params.get("after", 0)) + 1))

    server = OddServer(answer)
    with pytest.raises(UnreadableAnswer, match="no new record"):
        server.pages()
    assert len(server.requests) <= NOTHING_NEW + 1


def test_records_that_are_no_records_are_counted_like_others():
    deep = b"[" * 300 + b"]" * 300
    bodies = [b"[null, 7, %s]" % deep, b"[null, 8, %s]" % deep]
    first = httpx.Response(200, content=bodies[0], headers={"link": onward(1)})

    assert len(in_turn(first, httpx.Response(200, content=bodies[1])).pages()) == 2


def test_a_few_empty_pages_on_the_way_end_no_list():
    def answer(request):
        here = int(request.url.params.get("after", 0))
        ids = () if here % NOTHING_NEW else (f"r{here}",)
        return page(*ids, link=onward(here + 1) if here < 3 * NOTHING_NEW else "")

    assert len(OddServer(answer).pages()) == 3 * NOTHING_NEW + 1


# --- paths ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd", ["../apps", "a/b", "a?b=c", "a#b", "a b", "\x00", "é", "%2e", "a\\b"]
)
def test_an_id_is_one_step_of_a_path_whatever_it_holds(odd):
    server = always(httpx.Response(200, json=[]))

    server.get(path_to("/api/v1/users/{id}/factors", id=odd))

    (request,) = server.requests
    assert request.url.raw_path.count(b"/") == 5
    assert not request.url.query


@pytest.mark.parametrize("odd", ["..", ".", "../apps", "a?b=c", "a#b", "a b", "\x00", "", "a\nb"])
def test_a_path_that_an_odd_id_has_spoilt_is_not_asked_for(odd):
    server = always(httpx.Response(200, json=[]))

    with pytest.raises(UnreadableAnswer, match="odd id"):
        server.get(f"/api/v1/users/{odd}/factors")
    assert not server.requests


# --- waits ------------------------------------------------------------------------------------


def http_date(seconds):
    at = datetime.fromtimestamp(START_EPOCH_S + seconds, UTC)
    return format_datetime(at, usegmt=True)


def throttled(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return okta_error(429, "E0000047", "", date=http_date(0), **named)


def reset(seconds, limit="600", remaining="0"):
    return {
        "x_rate_limit_limit": limit,
        "x_rate_limit_remaining": remaining,
        "x_rate_limit_reset": str(int(START_EPOCH_S + seconds)),
    }


TELLS_NO_WAIT = {
    "nothing": {},
    "retry after 0": {"retry_after": "0"},
    "negative": {"retry_after": "-5"},
    "no number": {"retry_after": "soon"},
    "not a number": {"retry_after": "nan"},
    "a date gone by": {"retry_after": http_date(-3600)},
    "a reset gone by": reset(-3600),
    "a reset right now": reset(0),
    "a reset in a year": reset(365 * 86400),
    "a reset beyond all time": reset(10**11),
}


@pytest.mark.parametrize("headers", TELLS_NO_WAIT.values(), ids=TELLS_NO_WAIT)
def test_a_429_whose_wait_cannot_be_read_backs_off(headers):
    server = always(throttled(**headers))

    with pytest.raises(Throttled):
        server.get()
    waits = [b - a for a, b in zip(server.asked_at_s, server.asked_at_s[1:], strict=False)]
    assert len(waits) == 7
    assert all(min(2**n, 60) / 2 <= wait <= 60.1 for n, wait in enumerate(waits))


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "3.5"}, 3.5),
        ({"retry_after": "7"}, 7),
        ({"retry_after": http_date(20)}, 20),
        (reset(30), 30),
        (reset(30, remaining="500"), 30),
        ({"retry_after": "31536000"}, 60),
        ({"retry_after": "1e300"}, 60),
        ({"retry_after": http_date(10**9)}, 60),
        ({"retry_after": "31536000", "x_rate_limit_limit": "0"}, 8),
    ],
)
def test_a_429_is_waited_out_as_it_asks_within_reason(headers, wait_s):
    server = in_turn(throttled(**headers), httpx.Response(200, json=[]))

    server.get()

    assert server.asked_at_s[1] == pytest.approx(wait_s, abs=1.1)


@pytest.mark.parametrize("headers", [reset(30, remaining="500"), {"retry_after": "1"}])
def test_no_429_is_ever_met_eight_times_in_a_moment(headers):
    server = always(throttled(**headers))

    with pytest.raises(Throttled):
        server.get()
    assert 30 < server.asked_at_s[-1] < 8 * 65


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [(405, "E0000022"), (401, "E0000015")])
def test_what_is_not_available_here_is_no_word_about_the_credential(status, code):
    server = always(okta_error(status, code))

    with pytest.raises(Denied) as refusal:
        server.get("/api/v1/authenticators")
    assert refusal.value.kind == "feature"
    assert len(server.requests) == 1


def refusing(refused, otherwise):
    """A server that answers 401 to paths that hold a word."""

    def answer(request):
        if refused in request.url.path:
            return okta_error(401, "E0000011", "Invalid token provided")
        return otherwise

    return OddServer(answer)


@pytest.mark.parametrize(
    "otherwise",
    [httpx.Response(200, json=[]), okta_error(403, "E0000006"), okta_error(404, "E0000007")],
    ids=lambda answer: str(answer.status_code),
)
@pytest.mark.parametrize("asked_before", [False, True])
def test_a_401_of_one_endpoint_is_told_from_a_dead_token(otherwise, asked_before):
    server = refusing("/factors", otherwise)

    async def reading(client):
        if asked_before:
            with pytest.raises(OktaError) if otherwise.status_code != 200 else _nothing():
                await client.get("/api/v1/groups")
        for _ in range(3):
            with pytest.raises(Denied) as refusal:
                await client.get("/api/v1/users/00u1/factors")
            assert "alone refuses" in str(refusal.value)

    server.run(reading)


def test_many_requests_that_are_refused_together_cost_one_question():
    """The first of a bucket goes alone; then four are on their way at once."""
    server = refusing("/factors", httpx.Response(200, json=[]))
    server.latency_s = 1.0

    async def reading(client):
        await client.get("/api/v1/groups")
        paths = [path_to("/api/v1/users/{id}/factors", id=f"00u{n}") for n in range(5)]
        refused = await asyncio.gather(*map(client.get, paths), return_exceptions=True)
        assert [type(one) for one in refused] == [Denied] * 5

    server.run(reading)
    assert [r.url.path for r in server.requests].count("/api/v1/groups") == 1 + 2


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_dead_token_is_known_after_a_question_or_two_and_for_good(asked_before):
    server = refusing("/api/", httpx.Response(200, json={"pipeline": "idx"}))

    async def reading(client):
        if asked_before:  # what everybody may read proves nothing
            await client.get("/.well-known/okta-organization")
        for _ in range(5):
            with pytest.raises(BadCredential):
                await client.get("/api/v1/users")

    server.run(reading)
    assert len(server.requests) == asked_before + 5 + 2


def test_a_token_that_dies_in_the_middle_is_dead():
    alive = [True]
    dead = okta_error(401, "E0000011")
    server = OddServer(lambda _r: httpx.Response(200, json=[]) if alive else dead)

    async def reading(client):
        await client.get("/api/v1/groups")
        alive.clear()
        await client.get("/api/v1/users")

    with pytest.raises(BadCredential):
        server.run(reading)


def test_a_redirect_is_refused_wherever_it_leads():
    for target in ("https://evil.example/", "//evil.example", "http://[", "\\\\x", "", "a" * 9000):
        server = always(httpx.Response(302, headers={"location": target}))
        with pytest.raises(NotOkta, match="redirect") as refusal:
            server.get()
        assert len(server.requests) == 1
        assert len(str(refusal.value)) < 600


def test_a_404_without_an_okta_error_is_no_missing_record():
    with pytest.raises(NotFound):
        always(okta_error(404, "E0000007")).get()
    with pytest.raises(NotOkta):
        always(httpx.Response(404, json={"errorCode": {"a": 1}})).get()


def _nothing():
    from contextlib import nullcontext

    return nullcontext()
