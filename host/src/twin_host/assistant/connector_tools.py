"""What an assistant can do with each connector, made from its manifest."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from threading import Event
from typing import Annotated, Any

from attrs import define, field
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from twin_host import shapes
from twin_host.assistant import answers
from twin_host.assistant.answering import READ, answer
from twin_host.contract import Budget, OptionValue, Progress, SyncOption
from twin_host.registry import Connector
from twin_host.sif import escape
from twin_host.twin import Twin

PROGRESS_EVERY_S = 0.25
PLAN = ToolAnnotations(read_only_hint=True, open_world_hint=True)
SYNC = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
BOUNDS: Mapping[str, Any] = {
    "max_requests": Annotated[
        int | None, Field(ge=1, description="Stop in good order after so many requests.")
    ],
    "budget_s": Annotated[
        int | None, Field(ge=1, description="Stop in good order after so many seconds.")
    ],
}
"""What any sync may be held to; the next one goes on with what is still due."""


def add_connector(server: MCPServer[Any], twin: Twin, connector: Connector) -> None:
    name, title = connector.info.name, connector.info.title
    prefix = name.replace("-", "_")

    async def status() -> CallToolResult:
        return await answer(lambda: answers.status(twin, name))

    server.add_tool(
        status,
        name=f"{prefix}_status",
        title=f"{title}: status",
        description=f"How the {title} connector stands: settings, last sync with the state of each "
        "dataset and why, and its facts.",
        annotations=READ,
    )
    if connector.can_plan:

        async def plan() -> CallToolResult:
            return await answer(
                lambda: shapes.plan(twin.plan(name, {})), failed=lambda found: bool(found["error"])
            )

        server.add_tool(
            plan,
            name=f"{prefix}_plan",
            title=f"{title}: plan",
            description=f"What a sync of {title} would read now, dataset by dataset: in full, what "
            "changed or nothing, why, and about how many requests and seconds it takes. Reads "
            "nothing but the newest of its log.",
            annotations=PLAN,
        )
    server.add_tool(
        _sync_tool(twin, connector),
        name=f"{prefix}_sync",
        title=f"{title}: sync",
        description=f"Read {title} now and bring the twin up to date. Reads only; takes from "
        "seconds to an hour. " + connector.info.summary,
        annotations=SYNC,
    )


def _sync_tool(twin: Twin, connector: Connector) -> Callable[..., Awaitable[CallToolResult]]:
    """A function whose parameters are the options of the connector's manifest, and a budget."""

    async def sync(
        context: Context[Any, Any],
        max_requests: int | None,
        budget_s: int | None,
        **options: OptionValue,
    ) -> CallToolResult:
        budget = Budget(requests=max_requests, seconds=budget_s)
        return await _sync(twin, connector.info.name, options, budget, context)

    parameters = [Parameter("context", Parameter.KEYWORD_ONLY, annotation=Context)]
    parameters += [
        Parameter(
            option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=_typed(option)
        )
        for option in connector.info.options
    ]
    parameters += [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in BOUNDS.items()
    ]
    sync.__signature__ = Signature(parameters, return_annotation=CallToolResult)  # pyright: ignore[reportFunctionMemberAccess]
    sync.__annotations__ = {each.name: each.annotation for each in parameters}
    sync.__annotations__["return"] = CallToolResult
    return sync


def _typed(option: SyncOption) -> Any:
    if option.type == "boolean":
        return Annotated[bool, Field(description=option.help)]
    return Annotated[
        int, Field(description=option.help, ge=option.minimum, le=option.maximum)
    ]  # fmt: skip


async def _sync(
    twin: Twin,
    name: str,
    options: Mapping[str, OptionValue],
    budget: Budget,
    context: Context[Any, Any],
) -> CallToolResult:
    cancelled = Event()
    teller = Teller(context, asyncio.get_running_loop())

    def synced() -> dict[str, Any]:
        outcome = twin.sync(name, options, budget=budget, report=teller, cancelled=cancelled)
        return shapes.sync(outcome.report, outcome.ingested)

    try:
        return await answer(synced, failed=lambda report: report["status"] == "failed")
    finally:
        cancelled.set()  # when the caller gave up, the thread stops soon and keeps what it has


@define(eq=False)
class Teller:
    """Passes a sync's progress on to the caller, from the sync's thread."""

    context: Context[Any, Any]
    loop: asyncio.AbstractEventLoop
    clock_s: Callable[[], float] = time.monotonic
    _last: dict[str, Progress] = field(factory=dict[str, Progress])
    _told: int = -1
    _next_s: float = 0.0

    def __call__(self, progress: Progress) -> None:
        """Tell how much was read in all; never less than before, and not too often."""
        self._last[progress.dataset] = progress
        read = sum(each.read for each in self._last.values())
        now_s = self.clock_s()
        if read <= self._told or now_s < self._next_s:
            return
        self._told, self._next_s = read, now_s + PROGRESS_EVERY_S
        of = f" of {progress.expected}" if progress.expected else ""
        message = f"{escape(progress.dataset)}: {progress.read}{of}"
        telling = self.context.report_progress(float(read), None, message)
        asyncio.run_coroutine_threadsafe(telling, self.loop)
