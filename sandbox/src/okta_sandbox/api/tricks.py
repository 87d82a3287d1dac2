"""Tricks: what a hostile or odd Okta can do to an answer. `Faults.play` says where and when.

A trick is any function from a request and its answer to another answer; these are those that tests
need often. JSON is written by the standard library, which unlike orjson lets huge integers and half
an emoji through.
"""

import gzip
import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

from attrs import evolve

from okta_sandbox.api.answers import Answer, ApiError
from okta_sandbox.api.faults import Trick
from okta_sandbox.api.requests import Request

Records = list[Any]
_ERROR_ID = "oaeTrickTrickTrickTrick00"
_WRAPPERS = ("value", "roles", "resource-sets", "resources", "permissions")
"""Names under which Okta answers a list inside an object."""


def all_of(*tricks: Trick) -> Trick:
    """One after the other."""

    def play(request: Request, answer: Answer) -> Answer:
        for trick in tricks:
            answer = trick(request, answer)
        return answer

    return play


# --- statuses and bodies ----------------------------------------------------------------------


def error(status: int, code: str = "E0000001", summary: str = "Api validation failed") -> Trick:
    """An error in Okta's shape, with the headers of the answer it replaces."""
    told = ApiError(status, code, summary).answer(_ERROR_ID)
    return lambda _, answer: evolve(told, headers=_without(answer.headers, "link"))


def body(value: Any, *, status: int = 200) -> Trick:
    """Any JSON value in place of the answer's."""
    return raw(json.dumps(value), status=status)


def raw(text: str | bytes, *, status: int = 200) -> Trick:
    """Any text or bytes."""
    content = text if isinstance(text, bytes) else text.encode()
    return lambda _, answer: evolve(answer, status=status, body=content)


def nested(depth: int = 900) -> Trick:
    """JSON within JSON within JSON."""
    return raw("[" * depth + "]" * depth)


def swollen(size_bytes: int) -> Trick:
    """The answer, followed by as much white space as it takes to be so large."""
    return lambda _, answer: evolve(answer, body=answer.body.ljust(size_bytes))


def bomb(size_bytes: int, *, encodings: str = "gzip, gzip") -> Trick:
    """A small body that says it becomes so large, once the encodings are undone."""
    content = b" " * size_bytes
    for _ in encodings.split(","):
        content = gzip.compress(content)

    def play(_: Request, answer: Answer) -> Answer:
        headers = (*_without(answer.headers, "content-encoding"), ("content-encoding", encodings))
        return evolve(answer, body=content, headers=headers)

    return play


# --- records ----------------------------------------------------------------------------------


def records(change: Callable[[Records], Any]) -> Trick:
    """What the function makes of the records; a single record comes as a list of one."""

    def play(_: Request, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        content = _changed(json.loads(answer.body), change)
        return evolve(answer, body=json.dumps(content).encode())

    return play


def _changed(content: Any, change: Callable[[Records], Any]) -> Any:
    """The content with its records changed, wherever they are in it."""
    if not isinstance(content, dict):
        return change(content)
    fields = cast("dict[str, Any]", content)
    for name in _WRAPPERS:
        if isinstance(fields.get(name), list):
            return {**fields, name: change(fields[name])}
    made = cast("Records", change([fields]))
    return made[0] if made else made


def replace(field: str, value: Any, *, at: int | None = None) -> Trick:
    """Another value for a field such as `profile.login`, in every record or in that at a place.

    Lists on the way are gone through. A field that a record does not have is added to it; a record
    without what should hold the field stays.
    """
    return _each(field, at, lambda holder, name: holder.__setitem__(name, value))


def drop(field: str, *, at: int | None = None) -> Trick:
    """Records without a field."""
    return _each(field, at, lambda holder, name: holder.pop(name, None))


def _each(field: str, at: int | None, change: Callable[[dict[str, Any], str], object]) -> Trick:
    *way, name = field.split(".")

    def changed(found: Records) -> Records:
        holders = found if at is None else found[at : at + 1]
        for step in way:
            holders = [inner for holder in holders for inner in _inside(holder, step)]
        for holder in holders:
            if isinstance(holder, dict):
                change(cast("dict[str, Any]", holder), name)
        return found

    return records(changed)


def _inside(holder: Any, step: str) -> Records:
    """What a record holds under a name: nothing, one thing, or each of several."""
    inner = cast("dict[str, Any]", holder).get(step) if isinstance(holder, dict) else None
    return cast("Records", inner) if isinstance(inner, list) else [inner]


# --- headers ----------------------------------------------------------------------------------


def header(name: str, text: str | None) -> Trick:
    """Another text for a header of the answer, whichever it is; None leaves it out."""

    def play(_: Request, answer: Answer) -> Answer:
        kept = _without(answer.headers, name)
        if text is None:
            return evolve(answer, headers=kept, omitted=answer.omitted | {name})
        return evolve(answer, headers=(*kept, (name, text)))

    return play


def rates(*, limit: object, remaining: object, reset: object) -> Trick:
    """Rate headers that say whatever is given."""
    return all_of(
        header("x-rate-limit-limit", str(limit)),
        header("x-rate-limit-remaining", str(remaining)),
        header("x-rate-limit-reset", str(reset)),
    )


def throttled(*, retry_after: str | None = None) -> Trick:
    """429, with a `Retry-After` of any text."""
    refused = error(429, "E0000047", "API call exceeded rate limit due to too many requests.")
    return all_of(refused, header("retry-after", retry_after)) if retry_after else refused


def link(text: str) -> Trick:
    """A `Link` header of any text in place of the answer's."""
    return header("link", text)


def next_is_itself() -> Trick:
    """A page whose next is the page."""

    def play(request: Request, answer: Answer) -> Answer:
        here = ("link", f'<{request.base}{request.target}>; rel="next"')
        return evolve(answer, headers=(*_without(answer.headers, "link"), here))

    return play


def endless_pages(*, empty: bool = False) -> Trick:
    """The first page again and again, or empty ones, each with a cursor that was never there."""
    first: dict[str, Answer] = {}
    count = 0

    def play(request: Request, answer: Answer) -> Answer:
        nonlocal count
        count += 1
        shown = first.setdefault(request.path, answer)
        url = f"{request.base}{request.raw_path}?after={quote(f'cursor{count}')}"
        following = ("link", f'<{url}>; rel="next"')
        headers = (*_without(answer.headers, "link"), following)
        content = b"[]" if empty and count > 1 else shown.body
        return evolve(shown, body=content, headers=headers)

    return play


# --- what was sent, sent back -----------------------------------------------------------------


def echoed_error(status: int = 400, code: str = "E0000001") -> Trick:
    """An error whose words hold everything secret that was sent."""
    return lambda request, answer: error(status, code, f"Bad request: {_sent(request)}")(
        request, answer
    )


def echoed_oauth_error(status: int = 401, code: str = "invalid_client") -> Trick:
    """The same in OAuth's shape."""

    def play(request: Request, answer: Answer) -> Answer:
        content = {"error": code, "error_description": f"Bad request: {_sent(request)}"}
        return body(content, status=status)(request, answer)

    return play


def echoed_header(name: str = "x-okta-request-id") -> Trick:
    """A header that holds everything secret that was sent."""
    return lambda request, answer: header(name, _sent(request))(request, answer)


def _sent(request: Request) -> str:
    kept = ("authorization", "dpop")
    sent = [f"{name}: {request.headers[name]}" for name in kept if name in request.headers]
    return " ".join([*sent, request.body.decode("latin-1")]).strip()


def _without(headers: tuple[tuple[str, str], ...], name: str) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in headers if each[0] != name)
