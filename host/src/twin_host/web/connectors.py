"""Connectors Overview, and the three steps of one connector."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from attrs import evolve, frozen
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from twin_host.contract import Problem, SyncPlan
from twin_host.errors import HostError, UsageError
from twin_host.home import Syncing
from twin_host.known import PastSync
from twin_host.medium import for_a_page
from twin_host.moment import Moment
from twin_host.registry import Connector
from twin_host.twin import InvalidSettings, Twin
from twin_host.web.forms import chosen_options, inputs, typed_settings
from twin_host.web.layout import headlines
from twin_host.web.runs import Run, Runs

LOOK_EVERY_S = 0.2

Render = Callable[..., HTMLResponse]


@frozen
class ConnectorPages:
    """Everything under `/` and `/connectors/`."""

    twin: Twin
    runs: Runs
    render: Render

    def overview(self, _request: Request) -> Response:
        """A card for each connector, usable or not."""
        with self.twin.moment() as now:
            cards = [self._card(now, connector) for connector in self._connectors()]
        return self.render("overview.html", cards=cards, broken=self.twin.registry.broken)

    def steps(self, request: Request) -> Response:
        """Configure, test, sync."""
        return self._steps(self._named(request), saved="saved" in request.query_params)

    async def configure(self, request: Request) -> Response:
        """Keep the settings, or say what is wrong beside each field."""
        form = await request.form()
        return await run_in_threadpool(self._configure, self._named(request), form)

    def test(self, request: Request) -> Response:
        """Start Step 2."""
        name = self._named(request).info.name
        self.runs.test(name)
        return RedirectResponse(f"/connectors/{name}#test", status_code=303)

    def plan(self, request: Request) -> Response:
        """What Step 3 would read, as a part of the page that comes when it is known."""
        connector = self._named(request)
        try:
            plan = self.twin.plan(connector.info.name, {})
        except HostError as error:
            plan = SyncPlan(datasets={}, error=str(error))
        notes = tuple(for_a_page(connector.info, note) for note in plan.notes)
        return self.render("plan.html", plan=evolve(plan, notes=notes))

    async def sync(self, request: Request) -> Response:
        """Start Step 3."""
        form = await request.form()
        return await run_in_threadpool(self._sync, self._named(request), form)

    def cancel(self, request: Request) -> Response:
        """Stop what runs; what was read is kept."""
        name = self._named(request).info.name
        if run := self.runs.running(name):
            run.cancelled.set()
        return RedirectResponse(f"/connectors/{name}#sync", status_code=303)

    async def run_stream(self, request: Request) -> Response:
        """The run under way as server-sent events: each is the run's part of the page anew, and
        `over` says that the page itself is worth loading again."""
        name = self._named(request).info.name
        run = self.runs.running(name)
        frames = self._frames(run) if run else _nothing()
        return StreamingResponse(frames, media_type="text/event-stream")

    async def _frames(self, run: Run) -> AsyncGenerator[str]:
        seen = -1
        while run.is_running:
            if run.version != seen:
                seen = run.version
                html = bytes(self.render("run.html", run=run).body).decode()
                yield _server_sent(html)
            await asyncio.sleep(LOOK_EVERY_S)
        yield "event: over\ndata: over\n\n"

    # --- what forms bring ---------------------------------------------------------------------

    def _configure(self, connector: Connector, form: FormData) -> Response:
        name = connector.info.name
        typed = typed_settings(form, connector.info, self.twin.home.config(name) or {})
        try:
            self.twin.configure(name, typed.values, typed.secrets)
        except InvalidSettings as invalid:
            return self._steps(connector, typed=typed.values, problems=invalid.problems)
        return RedirectResponse(f"/connectors/{name}?saved=yes#test", status_code=303)

    def _sync(self, connector: Connector, form: FormData) -> Response:
        name = connector.info.name
        try:
            options = chosen_options(form, connector.info.options)
            self.twin.check_options(name, options)
        except UsageError as wrong:
            return self._steps(connector, wrong_option=str(wrong))
        self.runs.sync(name, options)
        return RedirectResponse(f"/connectors/{name}#sync", status_code=303)

    # --- what the templates get ---------------------------------------------------------------

    def _connectors(self) -> list[Connector]:
        return [connector for _, connector in sorted(self.twin.registry.connectors.items())]

    def _named(self, request: Request) -> Connector:
        return self.twin.registry.get(request.path_params["name"])

    def _elsewhere(self, name: str) -> Syncing | None:
        """A sync that another process does."""
        found = self.twin.home.syncing(name)
        return found if found and found.process != os.getpid() else None

    def _card(self, now: Moment, connector: Connector) -> dict[str, Any]:
        name = connector.info.name
        last = now.store.last_sync(name)
        return {
            "info": connector.info,
            "last_sync": last,
            "status": _status(self.twin.is_configured(name), last, self.runs.running(name)),
            "elsewhere": self._elsewhere(name),
            "notes": self.twin.notes(name),
            "figures": headlines(now.figures(name)),
        }

    def _steps(
        self,
        connector: Connector,
        *,
        typed: Mapping[str, str] | None = None,
        problems: tuple[Problem, ...] = (),
        wrong_option: str = "",
        saved: bool = False,
    ) -> Response:
        name = connector.info.name
        status = self.twin.status(name)
        problems = tuple(
            evolve(each, message=for_a_page(connector.info, each.message)) for each in problems
        )
        return self.render(
            "connector.html",
            400 if problems or wrong_option else 200,
            info=connector.info,
            configured=status.config is not None,
            inputs=inputs(
                connector.info,
                status.config or {},
                status.secrets,
                typed=typed,
                problems=problems,
            ),
            problems=problems,
            wrong_option=wrong_option,
            saved=saved,
            test=self.runs.last(name, "test"),
            sync=self.runs.last(name, "sync"),
            running=self.runs.running(name),  # one look: a run may end while the page is made
            elsewhere=self._elsewhere(name),
            can_plan=connector.can_plan,
            syncs=status.syncs,
        )


def _status(
    configured: bool,  # noqa: FBT001
    last: PastSync | None,
    run: Run | None,
) -> tuple[str, str]:
    """A word for the colour, and the words."""
    if run:
        return "running", "Syncing now" if run.kind == "sync" else "Testing now"
    if not configured:
        return "idle", "Not configured"
    if last is None:
        return "idle", "Configured, never synced"
    words = {"complete": "Synced", "partial": "Synced in part", "failed": "Last sync failed"}
    return last.status, words[last.status]


def _server_sent(html: str) -> str:
    return "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"


async def _nothing() -> AsyncGenerator[str]:
    yield "event: over\ndata: over\n\n"
