"""The service itself: one ASGI application that takes a request through everything Okta does."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from time import time
from typing import Any

from attrs import evolve

from okta_sandbox.api.answers import (
    Answer,
    ApiError,
    OAuthError,
    no_such_path,
    too_many_requests,
    wrong_method,
)
from okta_sandbox.api.authentication import authenticate, authorize
from okta_sandbox.api.calls import Call
from okta_sandbox.api.credentials import ANONYMOUS, Credentials, Principal
from okta_sandbox.api.damage import INSTEAD, refuse, spoil
from okta_sandbox.api.faults import EDGE, Fault, FaultKind, Faults
from okta_sandbox.api.journal import Entry, Journal
from okta_sandbox.api.limits import Limits
from okta_sandbox.api.requests import Request
from okta_sandbox.api.routes import Route, find
from okta_sandbox.api.settings import Settings
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.org import Org
from okta_sandbox.times import http_date

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Clock = Callable[[], float]
Refusal = ApiError | OAuthError

_TRICKLE_PARTS = 20
_HEX = "0123456789abcdef"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class ConnectionCutError(ConnectionResetError):
    """The service cut the connection on purpose."""


class Sandbox:
    """A simulated Okta org, served.

    `settings`, `limits`, `faults`, `credentials` and `org.changes` may be changed while it runs;
    `journal` tells what was asked. All times come from `clock` (epoch seconds) plus the skew, all
    waiting goes through `asyncio.sleep`.
    """

    def __init__(self, org: Org, settings: Settings | None = None, *, clock: Clock = time) -> None:
        self.org = org
        self.settings = settings or Settings()
        self.clock = clock
        self.limits = Limits(self.settings)
        self.credentials = Credentials.of(org)
        self.faults = Faults(org.seed)
        self.journal = Journal()
        self._in_flight = 0
        self._working = 0
        self._served = 0

    def now(self) -> float:
        """The service's own time, epoch seconds."""
        return self.clock() + self.settings.skew_s

    def token(self, kind: str = "super_admin") -> str:
        """An SSWS token: super_admin, read_only_admin, custom_role, help_desk or no_logs."""
        return self.credentials.secret(kind)

    # --- one request ----------------------------------------------------------------------

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http":
            raise NotImplementedError(f"{scope['type']} is not served.")
        body = await _body(receive) if scope["method"] == "POST" else b""
        request = Request.of(scope, body)
        self._in_flight += 1
        entry = Entry(
            method=request.method,
            path=request.path,
            target=request.target,
            started_s=self.now(),
            in_flight=self._in_flight,
        )
        self.journal.entries.append(entry)
        try:
            await self._serve(request, entry, send)
        finally:
            self._in_flight -= 1
            entry.ended_s = self.now()

    async def _serve(self, request: Request, entry: Entry, send: Send) -> None:
        fault = self.faults.strike(request)
        kind = fault.kind if fault else None
        entry.fault = kind or ""
        if fault and kind and kind in EDGE:
            await self._at_edge(fault, kind, entry, send)
            return
        answer = await self._admitted(request, entry, fault)
        if fault and fault.kind:
            answer = spoil(fault.kind, answer)
        for trick in self.faults.tricks(request):
            answer = trick(request, answer)
            entry.fault = entry.fault or "trick"
        entry.status = answer.status
        await self._send(answer, fault, send)

    async def _admitted(self, request: Request, entry: Entry, fault: Fault | None) -> Answer:
        """The answer after the time it takes; at once, if there is no room for the request."""
        if self._working >= self.settings.max_concurrency():
            entry.caller = self._caller(request, self.now())[0].name
            return self._told(too_many_requests(), _no_room(self.now()))
        self._working += 1
        try:
            await asyncio.sleep(self.settings.latency_s + _extra_s(fault))
            return self._answer(request, entry, fault)
        finally:
            self._working -= 1

    async def _at_edge(self, fault: Fault, kind: FaultKind, entry: Entry, send: Send) -> None:
        if kind is FaultKind.HANG:
            await asyncio.sleep(fault.seconds)
        if kind in {FaultKind.HANG, FaultKind.RESET}:
            _reset(send)
            raise ConnectionCutError
        answer = INSTEAD[kind]
        entry.status = answer.status
        await _start(send, answer, [(b"content-type", answer.content_type.encode())])
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, request: Request, entry: Entry, fault: Fault | None) -> Answer:
        """What Okta would answer: limits first, then permission, then the records."""
        now_s = self.now()
        principal, refusal = self._caller(request, now_s)
        entry.caller = principal.name
        verdict = self.limits.check(request.path, principal.id, now_s=now_s)
        entry.bucket = verdict.bucket
        try:
            if not verdict.allowed:
                raise too_many_requests()
            if fault and fault.kind:
                refuse(fault.kind, request)
            answer = self._handled(request, principal, refusal, now_s)
        except ApiError as error:
            return self._told(error, verdict.headers)
        except OAuthError as error:
            answer = error.answer()
        return evolve(answer, headers=answer.headers + verdict.headers)

    def _caller(self, request: Request, now_s: float) -> tuple[Principal, Refusal | None]:
        try:
            return authenticate(request, self.credentials, now_s=now_s), None
        except (ApiError, OAuthError) as error:
            return ANONYMOUS, error

    def _handled(
        self, request: Request, principal: Principal, refusal: Refusal | None, now_s: float
    ) -> Answer:
        found = find(request.segments())
        if refusal and (found is None or found[0].scope is not None):
            raise refusal
        if found is None:
            raise no_such_path()
        route, arguments = found
        _check_method(route, request)
        authorize(principal, route, request)
        return route.handler(
            Call(
                org=self.org,
                request=request,
                principal=principal,
                now_s=now_s,
                arguments=arguments,
                credentials=self.credentials,
                settings=self.settings,
            )
        )

    def _told(self, error: ApiError, limits: tuple[tuple[str, str], ...]) -> Answer:
        error_id = "oae" + Chance(self.org.seed, "error", self._served).text(22, _LETTERS)
        answer = error.answer(error_id)
        return evolve(answer, headers=answer.headers + limits)

    # --- the response ---------------------------------------------------------------------

    async def _send(self, answer: Answer, fault: Fault | None, send: Send) -> None:
        self._served += 1
        await _start(send, answer, self._headers(answer))
        if fault and fault.kind is FaultKind.CUT_BODY:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            _hang_up(send)
            raise ConnectionCutError
        if fault and fault.kind is FaultKind.TRICKLE:
            await _trickle(send, answer.body, fault.seconds)
            return
        await send({"type": "http.response.body", "body": answer.body})

    def _headers(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        always = {
            "date": http_date(self.now()),
            "content-type": answer.content_type,
            "content-length": str(len(answer.body)),
            "cache-control": "no-cache, no-store",
            "x-okta-request-id": Chance(self.org.seed, "request", self._served).text(32, _HEX),
        }
        own = {name for name, _ in answer.headers} | answer.omitted
        kept = [(name, value) for name, value in always.items() if name not in own]
        return [(name.encode(), _header_bytes(value)) for name, value in (*kept, *answer.headers)]


def create_app(org: Org, settings: Settings | None = None, *, clock: Clock = time) -> Sandbox:
    """The org as an ASGI application."""
    return Sandbox(org, settings, clock=clock)


def _check_method(route: Route, request: Request) -> None:
    if request.method != route.method:
        raise wrong_method()


def _header_bytes(value: str) -> bytes:
    """Latin-1, as headers are; a trick's value that is more than that as UTF-8."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _no_room(now_s: float) -> tuple[tuple[str, str], ...]:
    """The headers of a concurrency 429, whose limit and remaining are both 0."""
    return (
        ("x-rate-limit-limit", "0"),
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", str(int(now_s) + 1)),
    )


def _extra_s(fault: Fault | None) -> float:
    return fault.seconds if fault and fault.kind is FaultKind.SLOW else 0.0


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _start(send: Send, answer: Answer, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _trickle(send: Send, body: bytes, seconds: float) -> None:
    size = len(body) // _TRICKLE_PARTS + 1
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / _TRICKLE_PARTS)
        part = body[start : start + size]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _transport(send: Send) -> asyncio.Transport | None:
    """The connection, where there is an open one: under uvicorn, `send` belongs to its cycle."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    open_ = isinstance(transport, asyncio.Transport) and not transport.is_closing()
    return transport if open_ else None


def _reset(send: Send) -> None:
    """End the connection by a TCP reset: nothing lingers, nothing is flushed."""
    if transport := _transport(send):
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def _hang_up(send: Send) -> None:
    """End the connection in order, after what has been sent."""
    if transport := _transport(send):
        transport.close()
