"""The doors of a SQLite file, and what to say when one does not open."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from twin_host.errors import HostError

WAIT_S = 20.0
"""How long to wait for another process that is writing, before saying so."""
LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
NO_NOTES_BESIDE_IT = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)
"""What SQLite answers where it cannot write its notes on who reads and writes."""


class Busy(HostError):
    """Another process is writing; the file itself is well."""


def open_to_write(path: Path, *, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """An open database, made when there is none, that others may read meanwhile."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def open_to_read(path: Path, *, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """A database that nothing is written to, at the one moment of the first query.

    In a folder that nobody may write to, or on a full disk, SQLite cannot keep track of writers,
    and there are none: the file is then read as it lies there.
    """
    try:
        return _reading(path, "mode=ro", wait_s)
    except sqlite3.DatabaseError as error:
        if not _lies_still(path, error):
            raise
    return _reading(path, "mode=ro&immutable=1", wait_s)


def attach_to_read(connection: sqlite3.Connection, name: str, path: Path) -> None:
    """The same of a database beside those that a connection has already, under a name."""
    try:
        _attach(connection, name, path, "mode=ro")
    except sqlite3.DatabaseError as error:
        if not _lies_still(path, error):
            raise
        connection.execute(f'DETACH "{name}"')
        _attach(connection, name, path, "mode=ro&immutable=1")


def told(what: str, error: Exception) -> HostError:
    """The error as a sentence on `what`; a database that is busy is not a damaged one."""
    if _code(error) in LOCKED:
        return Busy(f"{what} is being written to by another process: try again in a moment.")
    if isinstance(error, OSError):
        return HostError(f"{what} cannot be opened: {error.strerror}.")
    if _code(error) == sqlite3.SQLITE_FULL:
        return HostError(f"{what} cannot be written: the disk is full.")
    if _code(error) == sqlite3.SQLITE_READONLY:
        return HostError(f"{what} cannot be written: it may only be read.")
    return HostError(f"{what} cannot be read: {str(error).rstrip('.')}.")


def as_text(value: Any) -> Any:
    """SQLite's bytes as JSON can have them; anything else as it is."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _lies_still(path: Path, error: sqlite3.DatabaseError) -> bool:
    """Whether a file that did not open is one that nobody can write to."""
    log = path.with_name(path.name + "-wal")
    left_over = log.exists() and log.stat().st_size
    return _code(error) in NO_NOTES_BESIDE_IT and not left_over and path.exists()


def _attach(connection: sqlite3.Connection, name: str, path: Path, how: str) -> None:
    address = f"{path.absolute().as_uri()}?{how}"
    connection.execute(f'ATTACH ? AS "{name}"', (address,))
    connection.execute(f'SELECT 1 FROM "{name}".sqlite_master').fetchone()  # it is opened only now


def _reading(path: Path, how: str, wait_s: float) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # it is opened only now
    except BaseException:
        connection.close()
        raise
    return connection


def _code(error: Exception) -> int:
    """SQLite's primary result code; an error of the Python module itself has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
