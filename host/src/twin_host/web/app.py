"""The pages put together: addresses, templates, the guard in front."""

from collections.abc import AsyncGenerator, Set
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from twin_host.contract import SyncMode
from twin_host.errors import HostError, UsageError
from twin_host.known import in_words, iso
from twin_host.plain_text import HOW_READ, duration, printable, printable_lines
from twin_host.twin import Twin
from twin_host.web import layout
from twin_host.web.connectors import ConnectorPages
from twin_host.web.guard import Guard
from twin_host.web.knowledge import KnowledgePages
from twin_host.web.lists import ListPages
from twin_host.web.runs import Runs
from twin_host.web.things import ThingPages
from twin_host.web.written import figure


class AnyText(StringConvertor):
    """The rest of an address, whatever a product's own name of a thing holds."""

    regex = "(?s:.+)"


register_url_convertor("any", AnyText())


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
    lists = ListPages(twin, render)
    things = ThingPages(twin, render)
    app = Starlette(
        routes=[
            Route("/", connectors.overview),
            Route("/connectors/{name}", connectors.steps),
            Route("/connectors/{name}/configure", connectors.configure, methods=["POST"]),
            Route("/connectors/{name}/test", connectors.test, methods=["POST"]),
            Route("/connectors/{name}/plan", connectors.plan),
            Route("/connectors/{name}/sync", connectors.sync, methods=["POST"]),
            Route("/connectors/{name}/cancel", connectors.cancel, methods=["POST"]),
            Route("/connectors/{name}/run", connectors.run_stream),
            Route("/posture", knowledge.posture),
            Route("/figures/{key:any}", knowledge.figure),
            Route("/gaps/{source}/{gap_id}", knowledge.gap),
            Route("/changes", knowledge.changes),
            Route("/events", knowledge.events),
            Route("/events/{source}/{event_id:any}", knowledge.event),
            Route("/lists", lists.everything),
            Route("/lists/{kind}", lists.rows),
            Route("/lists/{kind}/count", lists.count),
            Route("/lists/{kind}/csv", lists.csv),
            Route("/things/{source}/{kind}/{thing_id:any}", things.thing),
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
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = templates.filters
    filters["moment"] = moment
    filters["printable"] = printable
    filters["duration"] = duration
    filters["how_read"] = how_read
    filters["in_words"] = in_words
    filters["segment"] = segment
    filters["percent"] = layout.percent
    filters["figure"] = figure
    filters["number"] = "{:,}".format
    return templates


def _shown(value: Any) -> Any:
    """Whatever a template puts on a page: text that hides or reorders nothing around it. What is
    markup by now was made of such values, and escaping is Jinja's."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable_lines(value)
    return value


def how_read(mode: str | None) -> str:
    """How a dataset is read, in a word."""
    return HOW_READ[SyncMode(mode) if mode else None]


def segment(text: str) -> str:
    """A name as one part of an address."""
    return quote(text, safe="")


def moment(at: datetime) -> str:
    """A time as the pages show it: `2026-01-31 12:00 UTC`."""
    return f"{iso(at)[:16].replace('T', ' ')} UTC"
