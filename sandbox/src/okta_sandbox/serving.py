"""A sandbox on a real loopback port, in a thread of its own."""

import asyncio
import logging
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from okta_sandbox.api.app import ConnectionCutError, Sandbox

_STOP_WAIT_S = 5


@contextmanager
def serve(sandbox: Sandbox, *, port: int = 0, host: str = "127.0.0.1") -> Generator[str]:
    """Serve while the block runs; gives the base URL, e.g. `http://127.0.0.1:8100`.

    Port 0 takes a free one. Raises OSError when the port is taken.
    """
    server = uvicorn.Server(_configuration(sandbox))
    listener = _listener(host, port)
    thread = threading.Thread(target=_run, args=(server, listener), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_STOP_WAIT_S)
        listener.close()


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket. Callers may connect at once, even before the server accepts.

    The protocol is named, because asyncio switches Nagle's algorithm off only for sockets that say
    TCP; with it on, each answer would wait 40 ms for the caller's delayed acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _configuration(sandbox: Sandbox) -> uvicorn.Config:
    """How uvicorn runs a sandbox: no headers and no log lines of its own."""
    return uvicorn.Config(
        sandbox,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    logging.getLogger("uvicorn.error").addFilter(_deliberate_cuts_are_no_errors)
    asyncio.run(server.serve(sockets=[listener]))


def _deliberate_cuts_are_no_errors(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ConnectionCutError)
