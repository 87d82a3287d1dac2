"""A client of this product before a server whose every answer a test writes, in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from attrs import define, field

from tests.support.virtual_time import VirtualTimeLoop, run
from twin_host.contract import Secret
from twin_okta.api import OktaClient
from twin_okta.api.auth import ApiToken
from twin_okta.api.clock import OktaClock
from twin_okta.api.pacing import Pacer

ORIGIN = "https://acme.okta.com"
TOKEN = "00sEcReT-tOkEn_w1th2many3signs4in5it6789ab"

ENOUGH = 1000
"""Requests that no test needs."""

Answer = httpx.Response | Exception


@define
class OddServer(httpx.AsyncBaseTransport):
    """Answers as it is told, and remembers what it was asked."""

    answer: Callable[[httpx.Request], Answer]
    auth: httpx.Auth = field(factory=lambda: ApiToken(Secret(TOKEN)))
    latency_s: float = 0.0
    requests: list[httpx.Request] = field(factory=list)
    loop: VirtualTimeLoop = field(factory=VirtualTimeLoop)
    asked_at_s: list[float] = field(factory=list)
    client: OktaClient = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.client = OktaClient(
            ORIGIN,
            self.auth,
            Pacer(0.9),
            self,
            OktaClock(self.loop.epoch_s),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert len(self.requests) <= ENOUGH, "this client would go on for ever"
        self.asked_at_s.append(self.loop.time())
        await asyncio.sleep(self.latency_s)
        answer = self.answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, reading: Callable[[OktaClient], Coroutine[Any, Any, Any]]) -> Any:
        """What a reading of this server comes to."""

        async def main() -> Any:
            async with self.client:
                return await reading(self.client)

        return run(main(), self.loop)

    def get(self, path: str = "/api/v1/users") -> Any:
        """The JSON of one answer."""
        return self.run(lambda client: client.get(path)).json

    def pages(self, path: str = "/api/v1/users", **how: Any) -> list[list[Any]]:
        """The records of each page of a list."""

        async def reading(client: OktaClient) -> list[list[Any]]:
            return [page.records async for page in client.pages(path, **how)]

        return self.run(reading)


def always(answer: Answer) -> OddServer:
    """A server that says the same to everything."""
    return OddServer(lambda _request: answer)


def in_turn(*answers: Answer) -> OddServer:
    """A server that gives these answers one after the other, and then the last for ever."""
    left = list(answers)
    return OddServer(lambda _request: left.pop(0) if len(left) > 1 else left[0])
