"""Reading Okta: one request at a time made safe, and lists followed to their end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib.metadata import version
from typing import Any, Self

import httpx
from attrs import define, evolve, field, frozen

from twin_host.contract import MissingKind
from twin_okta.api import headers as told
from twin_okta.api import retry
from twin_okta.api.addresses import own_address, whole_address
from twin_okta.api.clock import OktaClock
from twin_okta.api.errors import (
    BadCredential,
    BudgetSpent,
    Denied,
    OktaError,
    UnreadableAnswer,
    from_response,
)
from twin_okta.api.json_text import loads
from twin_okta.api.pacing import Pacer, Slot
from twin_okta.api.paging import Page, Params, follow, is_full, next_in_body, records_in
from twin_okta.api.spoken import KnownSecrets
from twin_okta.api.standing import Standing
from twin_okta.api.transport import Bounded, way_to

USER_AGENT = f"twin-okta/{version('twin-okta')}"
ANSWER_TIMEOUT_S = 60.0
"""For one whole exchange: Okta itself gives up on a log query after 30 s."""
LONGEST_SENTENCE = 600


@define
class Traffic:
    """What a client has sent so far; `most` requests are the end of it."""

    requests: int = 0
    most: int | None = None
    throttled: int = 0
    retries: int = 0


@frozen
class Answer:
    """One successful answer; `next_url` is where its `Link` headers lead on to, if it has any."""

    json: Any
    next_url: str | None = None
    has_links: bool = True


@define
class OktaClient:
    """An open connection to one org. Use it as an async context manager.

    `base_url` is the only origin that ever gets a request; `transport` is the seam for tests.
    Every failure is an OktaError. `clock` is Okta's, `secrets` all that may not be shown: a service
    app signs by the same clock, and meets tokens before the client does.
    """

    base_url: str
    auth: httpx.Auth
    pacer: Pacer
    transport: httpx.AsyncBaseTransport | None = None
    clock: OktaClock = field(factory=OktaClock)
    secrets: KnownSecrets = field(factory=KnownSecrets)
    traffic: Traffic = field(factory=Traffic)
    _on_the_way: int = field(default=0, init=False)
    _standing: Standing = field(init=False)
    _http: httpx.AsyncClient = field(init=False)
    _origin: httpx.URL = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._origin = httpx.URL(self.base_url)
        self._standing = Standing(self._origin)
        transport = self.transport
        if transport is None:
            transport, proxy_password = way_to(self._origin)
            self.secrets.learn(proxy_password)
        self._http = httpx.AsyncClient(
            auth=self.auth,
            transport=Bounded(transport),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": USER_AGENT,
            },
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=10.0),
            follow_redirects=False,
            event_hooks={"request": [self._before], "response": [self._after]},
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        patient: bool = True,
        understand: Callable[[bytes], Any] = loads,
    ) -> Answer:
        """GET one path (or a whole address on this org), however often it takes; without patience
        a failing server is asked once. `understand` makes of a body what the answer has."""
        try:
            url = own_address(self._origin, path)
            if params:
                url = url.copy_merge_params({name: str(value) for name, value in params.items()})
            return await self._ask(url, understand, patient=patient)
        except OktaError as error:
            error.args = (self.secrets.fit(str(error), LONGEST_SENTENCE),)
            raise

    async def page(
        self,
        path: str,
        params: Params | None = None,
        *,
        patient: bool = True,
        understand: Callable[[bytes], Any] = loads,
    ) -> Page:
        """One page of a list whose next address is in the `Link` headers (Okta's "Pagination")."""
        answer = await self.get(path, params, patient=patient, understand=understand)
        records, next_url = records_in(answer.json, path), answer.next_url
        if not answer.has_links and is_full(records, path, params):
            next_url = ""  # it may go on, and does not say
        return Page(records, next_url)

    async def body_page(
        self, path: str, params: Params | None = None, *, within: str = "value"
    ) -> Page:
        """One page of an `/iam/` list: records `within` the body, as is `_links.next.href`."""
        answer = await self.get(path, params)
        records = records_in(answer.json, path, within=within)
        return Page(records, self._onward(next_in_body(answer.json)))

    def pages(
        self, path: str, params: Params | None = None, *, patient: bool = True
    ) -> AsyncIterator[Page]:
        """A list from its first page to its last."""
        return follow(partial(self.page, patient=patient), path, params)

    def body_pages(
        self, path: str, params: Params | None = None, *, within: str = "value"
    ) -> AsyncIterator[Page]:
        """An `/iam/` list from its first page to its last."""
        return follow(partial(self.body_page, within=within), path, params)

    async def _ask(
        self, url: httpx.URL, understand: Callable[[bytes], Any], *, patient: bool
    ) -> Answer:
        try:
            async for attempt in retry.tries(asyncio.sleep, self._count_retry, patient=patient):
                with attempt:
                    return await self._once(url, understand)
        except retry.Transient as trouble:
            final = trouble.final
        else:
            raise AssertionError("the retry policy ended without an answer")
        raise final

    async def _once(self, url: httpx.URL, understand: Callable[[bytes], Any]) -> Answer:
        response, body, sent_at_s = await self._exchange(url)
        self._standing.note(url, response.status_code, body, sent_at_s=sent_at_s)
        try:
            return self._judge(response, body, url.path, understand)
        except BadCredential as error:
            refusal = error
        if await self._standing.is_good_elsewhere(
            refused_at_s=sent_at_s, status_of=self._status_of
        ):
            where = f"{self.secrets.fit(url.path)}, which alone refuses the credential with 401"
            raise Denied(MissingKind.FEATURE, where)
        raise refusal

    async def _status_of(self, url: httpx.URL) -> int:
        response, body, sent_at_s = await self._exchange(url)
        self._standing.note(url, response.status_code, body, sent_at_s=sent_at_s)
        return response.status_code

    async def _exchange(self, url: httpx.URL) -> tuple[httpx.Response, bytes, float]:
        async with self.pacer.slot(url.path) as slot:
            self._spend()
            sent_at_s = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    response = await self._http.get(url)
            except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
                trouble = retry.from_transport_error(error, url.host, self.secrets)
            else:
                self._note(response, slot)
                return response, response.content, sent_at_s
        raise trouble  # here, so that no text from below hangs on it

    def _spend(self) -> None:
        """One more request: counted before it is sent, since many are on their way at a time."""
        self._on_the_way = max(self._on_the_way, self.traffic.requests) + 1
        if self.traffic.most is not None and self._on_the_way > self.traffic.most:
            raise BudgetSpent(f"The budget of {self.traffic.most} requests is spent.")

    def _note(self, response: httpx.Response, slot: Slot) -> None:
        slot.headers = rate = told.rate_headers(response.headers)
        if response.status_code == 429:
            self.traffic.throttled += 1
            slot.headers = evolve(rate, remaining=0) if rate else None
            slot.too_many_at_once = told.too_many_at_once(response.headers)
            kind = "too many at once" if slot.too_many_at_once else "throttled"
            hold_s = told.retry_after_s(response.headers) or 0.0
            slot.hold_s = min(hold_s, retry.POLICY[kind].longest_wait_s)

    def _judge(
        self,
        response: httpx.Response,
        body: bytes,
        path: str,
        understand: Callable[[bytes], Any],
    ) -> Answer:
        status, headers = response.status_code, response.headers
        if status == 429:
            raise retry.from_throttling(
                path,
                too_many_at_once=told.too_many_at_once(headers),
                paced=told.knows_its_wait(headers),
            )
        if status >= 500:
            raise retry.from_server_error(status, path)
        if status != 200:
            raise from_response(status, body, headers, path, self.secrets)
        json, onward = (
            self._understood(body, path, understand),
            self._onward(told.next_link(headers)),
        )
        return Answer(json, onward, told.has_links(headers))

    def _understood(self, body: bytes, path: str, understand: Callable[[bytes], Any]) -> Any:
        try:
            if self.secrets.repeated_in_body(body):
                return self.secrets.without(loads(body))
            return understand(body)
        except RecursionError:
            trouble = UnreadableAnswer(f"The answer to {path} is nested far too deeply.")
        except ValueError:
            trouble = retry.from_broken_json(body, path)
        raise trouble

    def _onward(self, link: str | None) -> str | None:
        """A next-page link as the whole address that it leads to; nothing if unfit to be kept."""
        if link is None:
            return None
        return "" if self.secrets.repeated_in(link) else whole_address(self._origin, link)

    async def _before(self, request: httpx.Request) -> None:
        """Called for token requests too, as is `_after`."""
        self.traffic.requests += 1
        self.secrets.learn_sent(request)
        request.extensions["sent_at_s"] = self.clock.epoch_s()

    async def _after(self, response: httpx.Response) -> None:
        self.clock.learn(response.headers, sent_at_s=response.request.extensions["sent_at_s"])

    def _count_retry(self) -> None:
        self.traffic.retries += 1


__all__ = ["Answer", "OktaClient", "OktaError", "Page", "Params", "Traffic"]
