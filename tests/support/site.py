"""The twin's pages on a real port, and a browser to look at them."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn
from attrs import frozen

from okta_sandbox import Org, Sandbox, Settings, create_app
from okta_sandbox.serving import serve
from twin_host.home import Home
from twin_host.registry import Registry
from twin_host.twin import Twin
from twin_host.web import pages

SESSION_SECRET = "a-session-secret"
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@frozen
class Site:
    """Pages of a twin beside the org that it reads."""

    address: str
    twin: Twin
    sandbox: Sandbox
    org_url: str

    @property
    def entrance(self) -> str:
        return f"{self.address}/?token={SESSION_SECRET}"

    def configure(self) -> None:
        from twin_host.contract import Secret

        values = {"domain": self.org_url, "allow_loopback_http": "true"}
        self.twin.configure("okta", values, {"token": Secret(self.sandbox.token())})


@contextmanager
def entered(place: Site) -> Iterator[httpx.Client]:
    """A client that has shown the token."""
    with httpx.Client(base_url=place.address, follow_redirects=True) as client:
        client.get(place.entrance)
        yield client


@contextmanager
def synced_site(home: Path) -> Iterator[Site]:
    """The same as `site`, after one sync of a week."""
    with site(home) as found:
        found.configure()
        found.twin.sync("okta", {"hours_back": 168})
        yield found


@contextmanager
def site(home: Path, *, users: int = 60, registry: Registry | None = None) -> Iterator[Site]:
    """A twin with nothing in it, its pages, and a small org."""
    sandbox = create_app(Org(users=users, apps=8, groups=5, admins=4), Settings(window_s=4))
    twin = Twin(Home(home), registry or Registry())
    with serve(sandbox) as org_url, served(twin) as address:
        yield Site(address, twin, sandbox, org_url)


@contextmanager
def served(twin: Twin) -> Iterator[str]:
    """The pages on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    app = pages(twin, SESSION_SECRET, {host})
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}"
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()


def need_chromium() -> None:
    """Skip where there is no browser, unless the run demands one (`TWIN_BROWSER=required`)."""
    if not CHROMIUM.exists() and os.environ.get("TWIN_BROWSER") != "required":
        pytest.skip(f"There is no {CHROMIUM}: install Debian's package chromium.")
