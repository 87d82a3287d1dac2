"""Running the pages: where they listen, and the address to open."""

import secrets
import socket
from collections.abc import Callable

import uvicorn

from twin_host.errors import UsageError
from twin_host.twin import Twin
from twin_host.web.app import pages

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def serve(twin: Twin, *, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve the pages until interrupted; `started` is told the address with the session secret.

    Raises UsageError when the port is taken or the address is not this machine's.
    """
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    session_secret = secrets.token_urlsafe(24)
    app = pages(twin, session_secret, frozenset(f"{n}:{port}" for n in (*LOOPBACK, name)))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, server_header=False
    )
    started(f"http://{name}:{port}/?token={session_secret}")
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        raise UsageError("--host must be one address, since the pages answer to no other name.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"The pages cannot listen on {host}, port {port} ({error.strerror}): choose another "
            "with --port or --host."
        ) from error
    return listener
