"""What an assistant can ask of the twin itself: its tools and resources."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from twin_host import shapes
from twin_host.assistant import answers
from twin_host.assistant.answering import READ, answer, fenced
from twin_host.contract import Severity
from twin_host.errors import HostError
from twin_host.sif import Tier
from twin_host.twin import Twin

Limit = Annotated[int, Field(ge=1, le=1000, description="At most so many.")]
Since = Annotated[
    str | None, Field(description="From then on: 2026-01-31, 2026-01-31T12:00Z, or 7d or 24h ago.")
]
Where = Annotated[
    tuple[str, ...],
    Field(
        description="Conditions that all hold, each `column op value` with = != < <= > >= ~ "
        "(contains) in (a, b): `strength != phishing-resistant`, `last_login < 90d`, "
        "`assigned_users = 0`, `department = null`."
    ),
]
SeverityName = Literal["critical", "high", "medium", "low", "info"]


def add_knowledge(server: MCPServer[Any], twin: Twin) -> None:
    @server.tool(annotations=READ)
    async def twin_search(words: str, limit: Limit = 20) -> CallToolResult:
        """Search everything in the twin: facts, gaps, people in them, profile, events."""
        return await answer(lambda: answers.search(twin, words, limit))

    @server.tool(annotations=READ)
    async def twin_explain(key: str, limit: Limit = 50) -> CallToolResult:
        """What a figure means, how it was counted, and the first of those behind it."""
        return await answer(lambda: answers.explain(twin, key, limit))

    @server.tool(annotations=READ)
    async def twin_facts() -> CallToolResult:
        """Every figure of the twin, with confidence, source, time and how it was counted."""
        return await answer(lambda: answers.facts(twin))

    @server.tool(annotations=READ)
    async def twin_gaps(
        include_closed: bool = False,  # noqa: FBT001, FBT002
        subjects: Annotated[int, Field(ge=0, le=1000, description="Of each gap at most.")] = 5,
    ) -> CallToolResult:
        """Weaknesses, worst first: severity, NIST CSF 2.0 subcategory, count, remedy, and the
        first people in each. A count that is not complete is a lower bound; what could not be read
        is beside it."""
        return await answer(
            lambda: answers.gaps(twin, closed_too=include_closed, subjects=subjects)
        )

    @server.tool(annotations=READ)
    async def twin_gap(
        id: Annotated[str, Field(description="As twin_gaps has it.")],  # noqa: A002
        limit: Limit = 50,
    ) -> CallToolResult:
        """One weakness with its remedy and everybody in it, such as administrators with their
        tier and the strength of their best factor."""
        return await answer(lambda: answers.gap(twin, id, limit))

    @server.tool(annotations=READ)
    async def twin_events(  # noqa: PLR0913, PLR0917  one for each question
        severity: SeverityName | None = None,
        category: str | None = None,
        since: Since = None,
        actor: Annotated[str | None, Field(description="In the name of who did it.")] = None,
        target: Annotated[str | None, Field(description="In a name of what it met.")] = None,
        address: Annotated[str | None, Field(description="How the source address begins.")] = None,
        words: Annotated[str | None, Field(description="All of these words.")] = None,
        limit: Limit = 50,
    ) -> CallToolResult:
        """Notable security events, newest first, without the raw log entries. Few events mean
        peace only if the log was read: see not_read. All that is kept of what somebody did, or
        what was done to them, notable or not, is in twin_show."""
        wanted = {
            "severity": severity,
            "category": category,
            "since": since,
            "actor": actor,
            "target": target,
            "address": address,
            "words": words,
        }
        return await answer(lambda: answers.events(twin, wanted, limit))


def add_asking(server: MCPServer[Any], twin: Twin) -> None:
    """The tools that ask about anyone and anything."""

    @server.tool(annotations=READ)
    async def twin_list(
        kind: Annotated[str, Field(description="Which list: users, factors, apps, roles …")],
        where: Where = (),
        columns: Annotated[tuple[str, ...], Field(description="Those only.")] = (),
        sort: Annotated[str | None, Field(description="A column; -column falls.")] = None,
        count: Annotated[bool, Field(description="Only how many there are.")] = False,  # noqa: FBT002
        limit: Limit = 25,
    ) -> CallToolResult:
        """Row by row what the twin knows of one kind: users, factors, administrators (tier,
        strength), groups, members, roles, apps (class, assigned_users, is_used), assignments,
        tokens, policies, rules, devices, events (the log) and more; the resource twin://lists says
        what each column means. Null is what was not read. Without `columns` the telling ones."""
        question = {"kind": kind, "where": where, "columns": columns, "sort": sort or ""}
        return await answer(lambda: answers.rows(twin, question, limit, only_count=count))

    @server.tool(annotations=READ)
    async def twin_show(
        what: Annotated[str, Field(description="An id, e-mail address, login or name.")],
        limit: Annotated[int, Field(ge=1, le=1000, description="Of each section at most.")] = 10,
    ) -> CallToolResult:
        """One person or thing with all that belongs to it. Of a person: status, factors with
        strength, groups, roles with how each is held, apps with how each is assigned, tokens,
        devices, gaps, and what they did or met, newest first. Of an app: who can open it and
        through what, and the rules that its policy and the session ask, with their conditions.
        `more_in` names sections that are longer."""
        return await answer(lambda: answers.thing(twin, what, limit))

    @server.tool(annotations=READ)
    async def twin_changes(
        since: Since = None,
        limit: Limit = 50,
    ) -> CallToolResult:
        """What appeared, went or became otherwise of people, factors, roles, apps, assignments and
        rules, the worst of the newest sync first; without `since` all that is kept. It takes two
        syncs to tell."""
        return await answer(lambda: answers.changes(twin, since, limit))

    @server.tool(annotations=READ)
    async def twin_query(
        sql: Annotated[str, Field(description="One SELECT (SQLite) over the lists as tables.")],
        limit: Limit = 100,
    ) -> CallToolResult:
        """SQL over all lists at once, read-only and within 10 seconds: to join, group and count.
        The resource twin://lists is its schema."""
        return await answer(lambda: answers.query(twin, sql, limit))


def add_resources(server: MCPServer[Any], twin: Twin) -> None:
    about = {
        Tier.EXECUTIVE: "Critical gaps and headline figures, about 150 tokens.",
        Tier.STANDARD: "Identity posture, facts by confidence, recommendations; about 800 tokens.",
        Tier.FULL: "With the evidence of every fact, remedies and events; about 3,000 tokens.",
    }
    for tier, description in about.items():
        server.resource(f"twin://{tier}", description=description, mime_type="text/plain")(
            _compiled(twin, tier)
        )

    @server.resource("twin://lists", mime_type="application/json")
    async def lists() -> str:
        """Every list that twin_list, twin_show and twin_query know: columns, types, meaning."""
        return await asyncio.to_thread(lambda: shapes.dumps(answers.lists(twin)))

    @server.resource("twin://schema", mime_type="application/json")
    async def schema() -> str:
        """Every connector's manifest, and what the words of the twin mean."""
        connectors = [shapes.info(each.info) for each in twin.registry.connectors.values()]
        severities = [severity.value for severity in Severity]
        return shapes.dumps({"connectors": connectors, "severities": severities})


def _compiled(twin: Twin, tier: Tier) -> Callable[[], Awaitable[str]]:
    async def compiled() -> str:
        try:
            return await asyncio.to_thread(lambda: answers.sif(twin, tier))
        except HostError as error:
            raise ToolError(fenced({"error": str(error)})) from error

    compiled.__name__ = str(tier)
    return compiled
