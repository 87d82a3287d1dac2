"""Where the pages and the tools listen: one address of this machine."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from twin_host.cli import streams
from twin_host.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@contextmanager
def listening(host: str, port: int) -> Generator[tuple[socket.socket, str]]:
    """A listening socket and its address; port 0 takes a free one.

    Raises UsageError when the port is taken or the address is not this machine's.
    """
    if host in ("0.0.0.0", "::", ""):  # noqa: S104
        raise UsageError("--host must be one address, since nothing answers to any other name.")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)  # before the address is told, so that it can be opened at once
        except OSError as error:
            raise UsageError(
                f"Nothing can listen on {host}, port {port} ({error.strerror}): choose another "
                "with --port or --host."
            ) from error
        if not host.startswith("127.") and host not in ("localhost", "::1"):
            streams.say("Anybody on this network can read what is sent: there is no TLS.")
        name = f"[{host}]" if ":" in host else host
        yield listener, f"http://{name}:{listener.getsockname()[1]}"


def serve_on(listener: socket.socket, app: Any) -> None:
    """Serve until interrupted."""
    import uvicorn  # noqa: PLC0415  a tenth of a second that no other command needs

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])
