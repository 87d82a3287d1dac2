"""Calling a sandbox in a test: a clock that a test sets, requests without a socket or a wait."""

from typing import Any

import httpx
from attrs import define, field

from okta_sandbox import Org, Sandbox, Settings, create_app
from okta_sandbox.transport import InProcessTransport
from tests.support.virtual_time import run

NOW_S = 1_800_000_000.0
"""A Friday morning in January 2027."""


@define
class Clock:
    """A clock that stands still until it is told."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@define
class Caller:
    """A client of one sandbox, with one credential."""

    sandbox: Sandbox
    clock: Clock
    headers: dict[str, str] = field(factory=dict)

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET a path or a whole URL."""
        return self.send(httpx.Request("GET", self.url(path), params=params or None))

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """POST a form."""
        return self.send(httpx.Request("POST", self.url(path), data=form, headers=headers))

    def url(self, path: str) -> str:
        return path if path.startswith("http") else f"https://sandbox.example.com{path}"

    def send(self, request: httpx.Request) -> httpx.Response:
        request.headers.update({k: v for k, v in self.headers.items() if k not in request.headers})
        return run(self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(transport=InProcessTransport(self.sandbox)) as client:
            return await client.send(request)

    def pages(self, path: str, **params: Any) -> list[list[Any]]:
        """Every page of a list, following `next` links."""
        response = self.get(path, **params)
        pages = [response.json()]
        while following := response.links.get("next"):
            response = self.get(following["url"])
            pages.append(response.json())
        return pages

    def all_polled(self, path: str, **params: Any) -> list[Any]:
        """Every entry that a polling query of the log has until now."""
        response = self.get(path, **params)
        found: list[Any] = []
        while response.json():
            found += response.json()
            response = self.get(response.links["next"]["url"])
        return found

    def all(self, path: str, **params: Any) -> list[Any]:
        """Every record of a list."""
        return [record for page in self.pages(path, **params) for record in page]


def a_caller(
    *,
    token: str = "super_admin",
    settings: Settings | None = None,
    unlimited: bool = True,
    **org: Any,
) -> Caller:
    """A caller of a new org; `unlimited` lifts the rate limits, which most tests are not about."""
    clock = Clock()
    described = Org(**{"users": 120, "apps": 14, "as_of_s": NOW_S, **org})
    sandbox = create_app(described, settings, clock=clock)
    if unlimited:
        for bucket in sandbox.limits.buckets:
            sandbox.limits.set(bucket, 1_000_000)
    return Caller(sandbox, clock, {"authorization": f"SSWS {sandbox.token(token)}"})
