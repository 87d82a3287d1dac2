"""The lists as tables of one SQLite connection, of one moment, where nothing can be written."""

import sqlite3
import unicodedata
from pathlib import Path

from attrs import define, field

from twin_host.asking.catalogue import Catalogue, Kind
from twin_host.database import attach_to_read, told
from twin_host.errors import HostError
from twin_host.subjects import SNAPSHOT


def open_tables(
    folder: Path, catalogue: Catalogue, *, in_memory: bool = False
) -> sqlite3.Connection:
    """A connection on which every kind is a table; one connector's own is `source.kind`.

    `folder` holds the connectors' state. With `in_memory` no file is made for what is sorted.
    Raises HostError for a snapshot that cannot be read.
    """
    connection = sqlite3.connect(":memory:", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    if in_memory:  # first, since it takes what is temporary away
        connection.execute("PRAGMA temp_store = MEMORY")
    connection.create_function("folded", 1, folded, deterministic=True)
    try:
        for source in catalogue.sources:
            _attach(connection, source, folder / source / SNAPSHOT)
        for kind in catalogue.kinds:
            connection.execute(f"CREATE TEMP VIEW {quoted(kind.table)} AS {_of_all(kind)}")
        connection.execute("PRAGMA query_only = 1")
    except BaseException:
        connection.close()
        raise
    return connection


@define
class Tables:
    """The tables of a twin, opened at the first question."""

    folder: Path
    _open: sqlite3.Connection | None = field(default=None, init=False)

    def connection(self, catalogue: Catalogue) -> sqlite3.Connection:
        """The open connection, always the same one."""
        if self._open is None:
            self._open = open_tables(self.folder, catalogue)
        return self._open

    def close(self) -> None:
        """Let go of the snapshots."""
        if self._open is not None:
            self._open.close()


def folded(text: object) -> str | None:
    """A text for comparing with others without regard to case, in any script."""
    return None if text is None else unicodedata.normalize("NFKC", str(text)).casefold()


def quoted(name: str) -> str:
    """A name as SQL has it, also one with a connector before a full stop."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _attach(connection: sqlite3.Connection, source: str, path: Path) -> None:
    if not path.exists():
        raise HostError(f"There is no snapshot of {source} that could be asked: sync it again.")
    try:
        attach_to_read(connection, source, path)
    except sqlite3.Error as error:
        raise told(f"The snapshot of {source}", error) from error


def _of_all(kind: Kind) -> str:
    columns = ", ".join(quoted(name) for name in kind.names if name != "source")
    return " UNION ALL ".join(
        f"SELECT '{member.source}' AS source, {columns} FROM {quoted(member.table)}"
        for member in kind.members
    )
