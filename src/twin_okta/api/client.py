"""Reading Okta: one request at a time made safe, and lists followed to their end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from typing import Any, Self

import httpx
import orjson
from attrs import define, field, frozen

from twin_okta.api import retry
from twin_okta.api.errors import NotOkta, OktaError, ServerTrouble, from_response
from twin_okta.api.pacing import Pacer, RateHeaders, Slot

USER_AGENT = f"twin-okta/{version('twin-okta')}"
ANSWER_TIMEOUT_S = 60.0
"""For one whole exchange: Okta itself gives up on a log query after 30 s."""
LONGEST_BODY_BYTES = 64 * 1024 * 1024

NOTABLE_SKEW_S = 30.0

Params = Mapping[str, str | int]


@define
class Traffic:
    """What a client has sent so far."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0


@frozen
class Page:
    """One answer's records as JSON, and the address of the next page if there is one."""

    records: list[Any]
    next_url: str | None


@frozen
class Answer:
    """One successful answer."""

    json: Any
    headers: httpx.Headers
    links: Mapping[str, str]


@define
class OktaClient:
    """An open connection to one org. Use it as an async context manager.

    `base_url` is the only origin that ever gets a request; `transport` is the seam for tests.
    Every failure is an OktaError.
    """

    base_url: str
    auth: httpx.Auth
    pacer: Pacer
    transport: httpx.AsyncBaseTransport | None = None
    epoch_s: Callable[[], float] = time.time
    clock_skew_s: float = 0.0
    """How far Okta's clock is ahead of this machine's, by its last answer (whole seconds)."""
    traffic: Traffic = field(factory=Traffic)
    _http: httpx.AsyncClient = field(init=False)
    _origin: httpx.URL = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._origin = httpx.URL(self.base_url)
        self._http = httpx.AsyncClient(
            auth=self.auth,
            transport=self.transport,
            headers={"Accept": "application/json", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=10.0),
            limits=httpx.Limits(max_connections=40, max_keepalive_connections=40),
            follow_redirects=False,
            event_hooks={"request": [self._count_request]},
            trust_env=True,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, params: Params | None = None, *, patient: bool = True) -> Answer:
        """GET one path (or a whole address on this org), however often it takes; without patience
        a failing server is asked once."""
        url = self._own(httpx.URL(path if "://" in path else self.base_url + path))
        if params:
            url = url.copy_merge_params({name: str(value) for name, value in params.items()})
        try:
            async for attempt in retry.tries(asyncio.sleep, self._count_retry, patient=patient):
                with attempt:
                    return await self._once(url)
        except retry.Transient as trouble:
            raise trouble.final from trouble
        raise AssertionError("the retry policy ended without an answer")

    async def page(self, path: str, params: Params | None = None, *, patient: bool = True) -> Page:
        """One page of a list whose next address is in the `Link` headers (Okta's "Pagination")."""
        answer = await self.get(path, params, patient=patient)
        return Page(_records(answer.json, path), answer.links.get("next"))

    async def body_page(
        self, path: str, params: Params | None = None, *, within: str = "value"
    ) -> Page:
        """One page of an `/iam/` list: records `within` the body, as is `_links.next.href`."""
        answer = await self.get(path, params)
        return Page(_records(answer.json, path, within=within), _body_next(answer.json))

    def pages(self, path: str, params: Params | None = None) -> AsyncIterator[Page]:
        """A list from its first page to its last."""
        return _follow(self.page, path, params)

    def body_pages(
        self, path: str, params: Params | None = None, *, within: str = "value"
    ) -> AsyncIterator[Page]:
        """An `/iam/` list from its first page to its last."""
        return _follow(partial(self.body_page, within=within), path, params)

    async def _once(self, url: httpx.URL) -> Answer:
        async with self.pacer.slot(url.path) as slot:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    response, body = await self._exchange(url)
            except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
                raise retry.from_transport_error(error, url.host) from error
            self._note(response, slot)
        return self._judge(response, body, url.path)

    async def _exchange(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        async with self._http.stream("GET", url) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LONGEST_BODY_BYTES:
                    raise NotOkta(f"The answer to {url.path} is far larger than any of Okta's.")
            return response, bytes(body)

    def _note(self, response: httpx.Response, slot: Slot) -> None:
        limit = _integer(response.headers, "x-rate-limit-limit")
        if response.status_code == 429:
            self.traffic.throttled += 1
            slot.too_many_at_once = limit == 0
            slot.hold_s = _retry_after_s(response.headers)
        slot.headers = _rate_headers(response.headers)
        date_s = _date_epoch_s(response.headers)
        if date_s is not None:
            self.clock_skew_s = date_s - self.epoch_s()

    def _judge(self, response: httpx.Response, body: bytes, path: str) -> Answer:
        status = response.status_code
        if status == 429:
            raise _throttling(response.headers, path)
        if status >= 500:
            raise retry.from_server_error(status, path)
        if status != 200:
            raise from_response(status, body, response.headers, path)
        try:
            json: Any = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise retry.from_broken_json(body, path) from error
        links = {
            name: link["url"] for name, link in response.links.items() if name and "url" in link
        }
        return Answer(json, response.headers, links)

    def _own(self, url: httpx.URL) -> httpx.URL:
        """The credential goes to the configured origin only, whatever a link says."""
        own = self._origin
        if (url.scheme, url.host, url.port) != (own.scheme, own.host, own.port) or url.userinfo:
            raise NotOkta(
                f"A next-page link led to {url.host} instead of {own.host}: it was not followed. "
                "If the org has a custom domain, configure the address that its links use."
            )
        return url

    def clock_note(self) -> str:
        """A sentence when this machine's clock is notably off Okta's; else nothing."""
        if abs(self.clock_skew_s) < NOTABLE_SKEW_S:
            return ""
        side = "behind" if self.clock_skew_s > 0 else "ahead of"
        return (
            f"This machine's clock is {abs(self.clock_skew_s):.0f} s {side} Okta's. It was made up "
            "for, but set it: the times of this sync are off by as much."
        )

    async def _count_request(self, _request: httpx.Request) -> None:
        """Called for token requests too."""
        self.traffic.requests += 1

    def _count_retry(self) -> None:
        self.traffic.retries += 1


async def _follow(
    read: Callable[[str, Params | None], Awaitable[Page]], path: str, params: Params | None
) -> AsyncIterator[Page]:
    seen = {path}
    page = await read(path, params)
    while True:
        yield page
        if page.next_url is None:
            return
        if page.next_url in seen:
            raise ServerTrouble("Okta's next-page links lead in a circle: the list cannot be read.")
        seen.add(page.next_url)
        page = await read(page.next_url, None)


def _records(json: Any, path: str, within: str = "") -> list[Any]:
    records: Any = json
    if within:
        records = json.get(within) if isinstance(json, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(records, list):
        raise NotOkta(f"The answer to {path} is not a list as Okta sends it: check the domain.")
    return records  # pyright: ignore[reportUnknownVariableType]


def _body_next(json: Any) -> str | None:
    try:
        return json["_links"]["next"]["href"]
    except (KeyError, TypeError):
        return None


def _rate_headers(headers: httpx.Headers) -> RateHeaders | None:
    limit = _integer(headers, "x-rate-limit-limit")
    remaining = _integer(headers, "x-rate-limit-remaining")
    reset = _integer(headers, "x-rate-limit-reset")
    date = _date_epoch_s(headers)
    if limit is None or remaining is None or reset is None or date is None:
        return None
    return RateHeaders(limit, remaining, reset, reset - date)


def _date_epoch_s(headers: httpx.Headers) -> float | None:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None


def _integer(headers: httpx.Headers, name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) <= 15 else None


def _retry_after_s(headers: httpx.Headers) -> float:
    return float(min(_integer(headers, "retry-after") or 0, 300))


def _throttling(headers: httpx.Headers, path: str) -> retry.Transient:
    """A 429 with figures: the pacer already waits for the reset, so try again at once."""
    limit = _integer(headers, "x-rate-limit-limit")
    known_wait = bool(limit and _rate_headers(headers)) or "retry-after" in headers
    return retry.from_throttling(
        path, too_many_at_once=limit == 0, wait_s=0.0 if known_wait else None
    )


__all__ = ["Answer", "OktaClient", "OktaError", "Page", "Traffic"]
