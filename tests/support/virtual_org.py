"""A sandbox org and the plugin reading it, both in one virtual time: minutes pass in no time."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import httpx
from attrs import define, field

from okta_sandbox import Org, Sandbox, Settings, create_app
from tests.support.virtual_time import VirtualTimeLoop, run
from twin_host.border.check import check_of
from twin_host.contract import (
    Budget,
    ConnectionReport,
    Context,
    Enrichment,
    Progress,
    Secret,
    SyncPlan,
    SyncReport,
)
from twin_okta.asked import Asked
from twin_okta.capabilities import probe_all
from twin_okta.config import OktaConfig
from twin_okta.connection import connect
from twin_okta.datasets import DATASETS
from twin_okta.posture import enrich_snapshot
from twin_okta.sync import sync_org
from twin_okta.sync.plan import plan_sync

BASE_URL = "http://127.0.0.1"

Answer = TypeVar("Answer", SyncReport, SyncPlan, ConnectionReport)


@define(slots=False)
class VirtualOrg:
    """One org, one connector, one state directory. Build it with `virtual_org`."""

    sandbox: Sandbox
    clock: "Clock"
    state_dir: Path
    config: OktaConfig
    secrets: dict[str, str]
    progress: list[Progress] = field(factory=list)
    cancelled: Event = field(factory=Event)
    budget: Budget = field(factory=Budget)

    def get(self, name: str) -> Secret | None:
        """The host's side of `Secrets`."""
        return Secret(self.secrets[name]) if name in self.secrets else None

    @property
    def context(self) -> Context:
        return Context(
            state_dir=self.state_dir,
            secrets=self,
            clock=self.clock,
            report=self.progress.append,
            cancelled=self.cancelled,
            budget=self.budget,
        )

    def sync(self, **options: bool | int) -> SyncReport:
        """Run a whole sync."""
        asked = Asked.by(options)

        async def reading() -> SyncReport:
            client = connect(self.config, self.context, asked.datasets, transport=self._transport())
            return await sync_org(client, self.config, asked, self.context)

        return _as_the_host_lets_it_in(run(reading(), self.clock.new_loop()))

    def plan(self, **options: bool | int) -> SyncPlan:
        """What a sync would read."""
        asked = Asked.by(options)

        async def planning() -> SyncPlan:
            client = connect(self.config, self.context, asked.datasets, transport=self._transport())
            return await plan_sync(client, self.config, asked, self.context)

        return _as_the_host_lets_it_in(run(planning(), self.clock.new_loop()))

    def test(self) -> ConnectionReport:
        """Test the connection."""

        async def testing() -> ConnectionReport:
            client = connect(self.config, self.context, DATASETS, transport=self._transport())
            return await probe_all(client, self.context, domain=self.config.domain)

        return _as_the_host_lets_it_in(run(testing(), self.clock.new_loop()))

    def enrich(self) -> Enrichment:
        """What the snapshot means."""
        return enrich_snapshot(self.context)

    def facts(self) -> dict[str, Any]:
        """Facts by key."""
        return {fact.key: fact for fact in self.enrich().facts}

    def gaps(self) -> dict[str, Any]:
        """Gaps by id."""
        return {gap.id: gap for gap in self.enrich().gaps}

    def calls(self, path: str = "") -> int:
        """How many requests went to paths that contain this text."""
        return self.sandbox.journal.count(path=path)

    def _transport(self) -> httpx.AsyncBaseTransport:
        return _InProcess(httpx.ASGITransport(self.sandbox))


def _as_the_host_lets_it_in(answer: Answer) -> Answer:
    """What a hook answers, once the host has looked at it to the last value."""
    assert check_of(type(answer))(answer) == ""
    return answer


@define
class _InProcess(httpx.AsyncBaseTransport):
    """A connection that the sandbox cuts looks as it does on a socket."""

    inner: httpx.ASGITransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self.inner.handle_async_request(request)
        except ConnectionResetError as cut:
            raise httpx.ReadError("connection reset", request=request) from cut


@define
class Clock:
    """Virtual wall clock that goes on from one event loop to the next."""

    start_s: float = 1_800_000_000.0
    loop: VirtualTimeLoop | None = None

    def epoch_s(self) -> float:
        return self.start_s + (self.loop.time() if self.loop else 0.0)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.epoch_s(), UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass between two syncs."""
        self.start_s += seconds

    def new_loop(self) -> VirtualTimeLoop:
        self.start_s = self.epoch_s()
        self.loop = VirtualTimeLoop()
        return self.loop


def virtual_org(
    *,
    users: int = 60,
    apps: int = 14,
    token: str = "super_admin",
    settings: Settings | None = None,
    config: dict[str, Any] | None = None,
    state_dir: Path | None = None,
    **org: Any,
) -> VirtualOrg:
    """An org of the sandbox and a connector configured for it."""
    clock = Clock()
    described = Org(users=users, apps=apps, as_of_s=clock.epoch_s(), **org)
    sandbox = create_app(described, settings or Settings(), clock=clock.epoch_s)
    return VirtualOrg(
        sandbox,
        clock,
        state_dir or Path(tempfile.mkdtemp(prefix="twin-okta-test-")),
        OktaConfig(**({"domain": BASE_URL} | (config or {}))),
        {"token": sandbox.token(token)},
    )
