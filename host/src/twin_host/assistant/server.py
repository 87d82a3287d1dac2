"""The twin for an AI assistant: tools and resources over MCP, made from the manifests.

Names, user agents and reasons come from outside, and an attacker can put words there. Every tool
answers with them fenced as data, after a notice that says so; the compiled form (SIF) turns them
into single words.
"""

import hmac
from typing import Any

from attrs import field, frozen
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, InputRequiredResult, Tool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from twin_host.assistant.connector_tools import add_connector
from twin_host.assistant.tool_arguments import closed, refusal
from twin_host.assistant.twin_tools import add_asking, add_knowledge, add_resources
from twin_host.twin import Twin

INSTRUCTIONS = (
    "A security digital twin: what connected products say about an organisation's identities. "
    "Figures carry a confidence (verified > observed > declared > uncertain > contradicted); what "
    "could not be read is absent, never zero. Start with the resource twin://standard or twin_gaps;"
    " twin_explain lists the people behind a figure, twin_show one person or thing, twin_list and "
    "twin_query everybody and everything."
)


class Server(MCPServer[Any]):
    """A server whose tools take no argument that they do not know."""

    async def list_tools(self) -> list[Tool]:
        """Every tool; its schema says that there are no other arguments."""
        return [
            tool.model_copy(update={"input_schema": closed(tool.input_schema)})
            for tool in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run a tool. Raises ToolError for arguments that are not those of its schema."""
        schemas = {tool.name: tool.input_schema for tool in await super().list_tools()}
        if wrong := refusal(arguments, schemas.get(name, {})) if name in schemas else "":
            raise ToolError(f"{name} was not run. {wrong}")
        return await super().call_tool(name, arguments, context)


def assistant(twin: Twin) -> MCPServer[Any]:
    """The server with all its tools and resources."""
    server = Server("twin", instructions=INSTRUCTIONS, log_level="ERROR")
    for connector in twin.registry.connectors.values():
        add_connector(server, twin, connector)
    add_knowledge(server, twin)
    add_asking(server, twin)
    add_resources(server, twin)
    return server


def over_http(twin: Twin, token: str, host: str, port: int) -> ASGIApp:
    """The same over streamable HTTP, for callers that show the token, at `/mcp`."""
    hosts = [f"{name}:{port}" for name in {"127.0.0.1", "localhost", "[::1]", host}]
    checked = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[])
    return Bearer(assistant(twin).streamable_http_app(transport_security=checked), token)


@frozen
class Bearer:
    """Lets only requests with the token through."""

    app: ASGIApp
    token: str = field(repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            given = Request(scope).headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                refusal = PlainTextResponse("The token is missing or wrong.", status_code=401)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)
