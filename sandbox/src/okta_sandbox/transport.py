"""A sandbox without a socket, as an httpx transport: for tests on a loop whose clock is not real.

httpx's own ASGI transport knows no timeouts and no cut connections. This one does, and raises what
httpx raises for them on a real socket.
"""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx

from okta_sandbox.api.app import ConnectionCutError, Sandbox

Message = MutableMapping[str, Any]


class InProcessTransport(httpx.AsyncBaseTransport):
    """Requests go straight to the sandbox, whatever host they name."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises httpx's errors for timeouts and cut connections."""
        exchange = _Exchange(self._sandbox, request, await request.aread())
        start = await exchange.receive()
        return httpx.Response(
            start["status"],
            headers=start["headers"],
            stream=_Body(exchange, start["headers"]),
            request=request,
        )


class _Exchange:
    """One request under way: the sandbox in a task, its messages in a queue."""

    def __init__(self, sandbox: Sandbox, request: httpx.Request, body: bytes) -> None:
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        self._timeout_s = timeouts.get("read")
        self._request = request
        self._body = body
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(sandbox))

    async def _run(self, sandbox: Sandbox) -> None:
        try:
            await sandbox(self._scope(), self._give_body, self._messages.put)
        except ConnectionCutError:
            await self._messages.put(None)

    def _scope(self) -> Message:
        url = self._request.url
        return {
            "type": "http",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path,
            "query_string": url.query,
            "headers": [(key.lower(), value) for key, value in self._request.headers.raw],
        }

    async def _give_body(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def receive(self) -> Message:
        """The next message of the response."""
        try:
            async with asyncio.timeout(self._timeout_s):
                message = await self._next()
        except TimeoutError:
            await self.close()
            raise httpx.ReadTimeout("The read timed out.", request=self._request) from None
        if message is None:
            raise httpx.ReadError("The connection was cut.", request=self._request)
        return message

    async def _next(self) -> Message | None:
        """A message, or the sandbox's own failure instead of waiting for ever."""
        arrival = asyncio.ensure_future(self._messages.get())
        try:
            await asyncio.wait({arrival, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if not arrival.done() and self._messages.empty():
                self._task.result()
            return await arrival
        finally:
            arrival.cancel()

    def cut_short(self) -> httpx.RemoteProtocolError:
        """What httpx raises for a body shorter than its length."""
        text = "peer closed connection without sending complete message body"
        return httpx.RemoteProtocolError(text, request=self._request)

    async def close(self) -> None:
        """Stop the sandbox's work on the request."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class _Body(httpx.AsyncByteStream):
    """The body as it arrives, checked against its length."""

    def __init__(self, exchange: _Exchange, headers: list[tuple[bytes, bytes]]) -> None:
        self._exchange = exchange
        self._missing = int(dict(headers).get(b"content-length", b"-1"))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            try:
                message = await self._exchange.receive()
            except httpx.ReadError:
                raise self._exchange.cut_short() from None
            part: bytes = message.get("body", b"")
            self._missing -= len(part)
            more = bool(message.get("more_body"))
            if part:
                yield part
        if self._missing > 0:
            raise self._exchange.cut_short()

    async def aclose(self) -> None:
        await self._exchange.close()
