"""The pages put together: addresses, templates, the guard in front."""

from collections.abc import AsyncGenerator, Set
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from twin_host.errors import HostError, UsageError
from twin_host.known import in_words
from twin_host.plain_text import duration, printable
from twin_host.twin import Twin
from twin_host.web import layout
from twin_host.web.connectors import ConnectorPages
from twin_host.web.guard import Guard
from twin_host.web.knowledge import KnowledgePages
from twin_host.web.runs import Runs


def pages(twin: Twin, session_secret: str, hosts: Set[str]) -> ASGIApp:
    """All pages of a twin, for a browser that has the session secret and asks one of `hosts`."""
    runs = Runs(twin)
    templates = _templates()

    def render(name: str, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render(**context), status_code=status)

    def sorry(_request: Request, error: Exception) -> Response:
        status = 404 if isinstance(error, UsageError) else 500
        if isinstance(error, HTTPException):
            status, error = error.status_code, HostError(f"There is nothing here: {error.detail}.")
        return render("error.html", status, message=str(error))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield
        runs.stop()

    connectors = ConnectorPages(twin, runs, render)
    knowledge = KnowledgePages(twin, render)
    app = Starlette(
        routes=[
            Route("/", connectors.overview),
            Route("/connectors/{name}", connectors.steps),
            Route("/connectors/{name}/configure", connectors.configure, methods=["POST"]),
            Route("/connectors/{name}/test", connectors.test, methods=["POST"]),
            Route("/connectors/{name}/sync", connectors.sync, methods=["POST"]),
            Route("/connectors/{name}/cancel", connectors.cancel, methods=["POST"]),
            Route("/connectors/{name}/run", connectors.run_stream),
            Route("/posture", knowledge.posture),
            Route("/figures/{key}", knowledge.figure),
            Route("/gaps/{source}/{gap_id}", knowledge.gap),
            Route("/events", knowledge.events),
            Route("/events/{source}/{event_id}", knowledge.event),
            Route("/search", knowledge.search),
            Mount("/static", StaticFiles(directory=Path(str(files("twin_host.web"))) / "static")),
        ],
        exception_handlers={HostError: sorry, HTTPException: sorry},
        lifespan=lifespan,
    )
    return Guard(app, session_secret, hosts)


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("twin_host.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = templates.filters
    filters["moment"] = moment
    filters["printable"] = printable
    filters["duration"] = duration
    filters["in_words"] = in_words
    filters["percent"] = layout.percent
    return templates


def moment(at: datetime) -> str:
    """A time as the pages show it: `2026-01-31 12:00 UTC`."""
    return at.strftime("%Y-%m-%d %H:%M UTC")
