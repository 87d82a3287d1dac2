"""The SQLite snapshot: what was read from Okta, how complete it is, and where to go on.

There is one door for the writer and one for readers.
"""

import json
import os
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from attrs import define, field

from twin_host.contract import CannotGoOn, DatasetReport
from twin_okta.schema import (
    MIGRATIONS,
    bring_up_to_date,
    compute_once,
    is_up_to_date,
    version_of,
)

FILE_NAME = "snapshot.db"
NEVER = "9999-12-31T00:00:00.000Z"
WRITER_CACHE_KB = 16_384
"""Ids come in no order, so that each has another page of an index to go to."""
PAGES_A_CHECKPOINT = 4_000
"""Of 4 KB. What is written often, as the last pages of a log are, is then copied less often."""
PATIENCE_S = 30.0
"""How long a reader or the writer waits for another process's transaction."""

WRITTEN = re.compile(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) (\w+)")
"""The table that a statement changes."""
SET_ORG = """
INSERT INTO org (only, id, name, privileged_groups, stale_after_days, service_account_names,
    reader_id)
VALUES (1, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET id = excluded.id, name = excluded.name,
    privileged_groups = excluded.privileged_groups, stale_after_days = excluded.stale_after_days,
    service_account_names = excluded.service_account_names, reader_id = excluded.reader_id
"""
DOUBTS = "SELECT name, doubt, doubted_at FROM dataset WHERE doubt <> ''"
SET_VIEW = """
UPDATE org SET edition = coalesce(nullif(?, ''), edition),
    sees_everybody = coalesce(?, sees_everybody)
"""

SEES_EVERYBODY = "SELECT sees_everybody FROM org"

Row = Sequence[Any]
Record = Mapping[str, str | int | float | None]
"""What a table keeps of one thing, by its columns."""


class SnapshotDamaged(CannotGoOn):
    """The snapshot file cannot be used; the message says which and what to do."""


class SnapshotBusy(CannotGoOn):
    """Another process keeps the snapshot to itself for longer than one waits."""


@define
class Snapshot:
    """An open snapshot. One thread at a time; readers may be others, on their own connection."""

    path: Path
    _db: sqlite3.Connection
    _depth: int = field(default=0, init=False)
    _changes: Counter[str] = field(factory=Counter[str], init=False)

    @classmethod
    def for_sync(cls, state_dir: Path) -> Self:
        """The writer's door: makes the file, brings it up to date, lets everything be written."""
        path = state_dir / FILE_NAME
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        with _plainly(path, opening=True):
            db = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
            snapshot = cls(path, db)
            try:
                snapshot._prepare()
            except BaseException:
                db.close()
                raise
        return snapshot

    @classmethod
    def to_read(cls, state_dir: Path) -> Self:
        """The readers' door: everything that is read through it is of one moment.

        Nothing is written, but for what a newer version of the connector has to bring up to date.
        """
        path = state_dir / FILE_NAME
        with _plainly(path, opening=True):
            db = _open_read_only(path)
            if not is_up_to_date(db):
                db.close()
                cls.for_sync(state_dir).close()
                db = _open_read_only(path)
            db.execute("PRAGMA temp.journal_mode = OFF")  # nothing temporary is ever taken back
            db.execute("BEGIN")
        return cls(path, db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- reading ----------------------------------------------------------------------------

    def compute_once(self) -> None:
        """Make what many queries share once, for as long as this snapshot is open."""
        with _plainly(self.path):
            compute_once(self._db)

    def columns(self, sql: str) -> tuple[str, ...]:
        """The names of a query's columns."""
        with _plainly(self.path):
            found = self._db.execute(f"SELECT * FROM ({sql}) LIMIT 0")
            return tuple(column[0] for column in found.description)

    def rows(self, sql: str, values: Row | Record = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with _plainly(self.path):
            return self._db.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Row | Record = ()) -> Generator[tuple[Any, ...]]:
        """The rows of a query one by one."""
        with _plainly(self.path):
            yield from self._db.execute(sql, values)

    def records(self, sql: str, values: Mapping[str, str | int]) -> list[dict[str, Any]]:
        """All rows of a query, each by its column names."""
        with _plainly(self.path):
            found = self._db.execute(sql, dict(values))
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def number(self, sql: str, values: Row | Record = ()) -> int:
        """The single number a query gives; 0 when it gives none."""
        with _plainly(self.path):
            row = self._db.execute(sql, values).fetchone()
            return int(row[0] or 0) if row else 0

    # --- writing ----------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Generator[None]:
        """What is written in this block is kept as one, or none of it.

        A block within another belongs to the outer one. Nothing may be awaited in it.
        """
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            if self._depth == 1:
                self._db.execute("ROLLBACK")
            raise
        else:
            if self._depth == 1:
                self._db.execute("COMMIT")
        finally:
            self._depth -= 1

    def write(self, sql: str, rows: Iterable[Row | Record]) -> None:
        """Run one statement for each row; what belongs together is written in `together`."""
        with self.together():
            before = self._db.total_changes
            self._db.executemany(sql, rows)
            if self._db.total_changes != before and (table := WRITTEN.match(sql)):
                self._changes[table[1]] += 1

    def changes(self, *tables: str) -> tuple[int, ...]:
        """How often each table was changed since it was opened here: while that is the same, so is
        what a query of them finds."""
        return tuple(self._changes[table] for table in tables)

    def doubts(self) -> dict[str, tuple[str, str]]:
        """What is doubted of each dataset, and since when."""
        return {name: (doubt, since or "") for name, doubt, since in self.rows(DOUBTS)}

    def times(self) -> dict[str, str | None]:
        """Of when each dataset is."""
        return dict(self.rows("SELECT name, as_of FROM dataset"))  # pyright: ignore[reportArgumentType]

    def log_reaches_back_to(self) -> str:
        """Since when the log is known without a hole."""
        return str(self.rows("SELECT max(since) FROM log_reach")[0][0] or NEVER)

    def note(self, dataset: str, report: DatasetReport) -> None:
        """Remember how the last sync of a dataset ended."""
        self.write(
            "UPDATE dataset SET state = ?, reason = ? WHERE name = ?",
            [(report.state, report.reason, dataset)],
        )

    def set_org(
        self,
        name: str,
        *,
        groups: Sequence[str],
        stale_days: int,
        service_names: Sequence[str],
        reader_id: str = "",
    ) -> None:
        """Remember who is read, and the settings on which figures depend. `reader_id` is the user
        or service app that reads, where that is known."""
        lists = json.dumps(list(map(folded, groups))), json.dumps(list(service_names))
        self.write(SET_ORG, [(name, name, lists[0], stale_days, lists[1], reader_id or None)])

    def begin_sync(self) -> int:
        """Count one more sync; its number."""
        self.write("UPDATE org SET syncs = syncs + 1", [()])
        return self.number("SELECT syncs FROM org")

    def set_view(self, *, edition: str, sees_everybody: bool | None) -> bool:
        """Remember what kind of org it is, and whether the credential sees all of its people; what
        this sync could not tell ("" and None) stays as an earlier one told it. Whether it sees more
        or fewer of them than before."""
        ((before,),) = self.rows(SEES_EVERYBODY)
        self.write(SET_VIEW, [(edition, sees_everybody)])
        return None not in (before, sees_everybody) and before != sees_everybody

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KB}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_A_CHECKPOINT}")
        with self.together():
            _refuse_newer(self._db, self.path)
            bring_up_to_date(self._db)


@contextmanager
def _plainly(path: Path, *, opening: bool = False) -> Generator[None]:
    """What SQLite says of a file, as a sentence; another's transaction is no damage, and a query
    that is wrong is none of the file's once that is open."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise SnapshotBusy(
                f"{path} is in use by another process for more than {PATIENCE_S:.0f} s: "
                "wait until that ends and try again."
            ) from error
        if code == sqlite3.SQLITE_READONLY:
            raise SnapshotDamaged(
                f"{path} cannot be brought up to date, because nothing may be written there."
            ) from error
        if code == sqlite3.SQLITE_FULL:
            raise SnapshotDamaged(f"{path} cannot be written: the disk is full.") from error
        if code == sqlite3.SQLITE_ERROR and not opening:
            raise
        raise SnapshotDamaged(
            f"{path} cannot be read ({error}): move it away and sync again; "
            "the twin keeps its figures."
        ) from error


def _open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. In a folder where nothing can be written SQLite cannot
    keep its own notes beside the file; there nobody else can write either, so it needs none."""
    mode = "mode=ro" if os.access(path.parent, os.W_OK) else "mode=ro&immutable=1"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=PATIENCE_S, isolation_level=None
    )


def _refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    if version_of(db) > len(MIGRATIONS):
        raise SnapshotDamaged(
            f"{path} was written by a newer version of this connector: upgrade it."
        )


def folded(name: str) -> str:
    """A name for comparing with others without regard to case, in any script."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def iso_text(moment: datetime) -> str:
    """A moment as Okta writes it: ISO 8601 in UTC with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
