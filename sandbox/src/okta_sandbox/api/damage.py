"""How each fault shows: what is answered instead, or what is done to the answer."""

from typing import Any, cast

import orjson
from attrs import evolve

from okta_sandbox.api.answers import Answer, ApiError, access_denied, invalid_token, query_timeout
from okta_sandbox.api.faults import FaultKind
from okta_sandbox.api.requests import Request

_ELSEWHERE = "https://elsewhere.example.net"
_PAGE = b"<!doctype html><title>Maintenance</title><h1>We'll be back shortly</h1>"
_HTML = "text/html; charset=utf-8"

INSTEAD: dict[FaultKind, Answer] = {
    FaultKind.BAD_GATEWAY: Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", (), _HTML),
    FaultKind.MAINTENANCE: Answer(503, _PAGE, (), _HTML),
    FaultKind.MAINTENANCE_200: Answer(200, _PAGE, (), _HTML),
    FaultKind.BARE_429: Answer(429, b"", (), "text/plain"),
    FaultKind.REDIRECT: Answer(302, b"", (("location", f"{_ELSEWHERE}/api/v1/users"),), _HTML),
}
"""Answers of the edge, which carry none of Okta's own headers."""


def refuse(kind: FaultKind, request: Request) -> None:
    """Raise the error that a fault makes of any request, if it makes one."""
    parts = request.segments()
    if kind is FaultKind.SERVER_ERROR:
        raise query_timeout()
    if kind is FaultKind.READ_ONLY:
        raise ApiError(503, "E0000010", "Service is in read only mode")
    if kind is FaultKind.DENIED:
        raise access_denied()
    if kind is FaultKind.REVOKED:
        raise invalid_token()
    if kind is FaultKind.GONE:
        name = parts[3] if len(parts) > 3 else parts[-1]
        raise ApiError(404, "E0000007", f"Not found: Resource not found: {name} (User)")


def spoil(kind: FaultKind, answer: Answer) -> Answer:
    """The answer after the fault has been at it."""
    if kind is FaultKind.HALF_JSON:
        return evolve(answer, body=answer.body[: len(answer.body) // 2])
    if kind is FaultKind.FOREIGN_NEXT:
        kept = tuple(header for header in answer.headers if 'rel="next"' not in header[1])
        link = ("link", f'<{_ELSEWHERE}/api/v1/users?after=1>; rel="next"')
        return evolve(answer, headers=(*kept, link))
    if kind in {FaultKind.UNKNOWN_VALUES, FaultKind.BAD_RECORD}:
        body = orjson.loads(answer.body)
        changed = _unknown(body) if kind is FaultKind.UNKNOWN_VALUES else _malformed(body)
        return evolve(answer, body=orjson.dumps(changed))
    return answer


_UNHEARD_OF = {"factorType": "neural_lace", "signOnMode": "CARRIER_PIGEON"}


def _unknown(body: Any) -> Any:
    """Every record with values that nobody has heard of."""
    if isinstance(body, list):
        return [_unknown(record) for record in cast("list[Any]", body)]
    if isinstance(body, dict):
        fields = cast("dict[str, Any]", body)
        unheard = {name: value for name, value in _UNHEARD_OF.items() if name in fields}
        return {**fields, **unheard}
    return body


def _malformed(body: Any) -> Any:
    """A list whose first record has lost its id and its sense."""
    if isinstance(body, list):
        records = cast("list[Any]", body)
        return [{"id": None, "status": 42, "profile": "none"}, *records[1:]] if records else records
    return body
