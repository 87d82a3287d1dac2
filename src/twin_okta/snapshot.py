"""The SQLite snapshot: what was read from Okta, how complete it is, and where to go on.

`schema.sql` says what each table holds, `views.sql` what of it is shown. A Reading writes one
dataset's next generation beside the shown one and replaces it only when it has come to the end.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from twin_host.contract import DatasetState
from twin_okta.api.structure import Unreadable
from twin_okta.rules import load

FILE_NAME = "snapshot.db"
MIGRATIONS = ("schema.sql", "schema_2.sql")
"""Each brings the snapshot one version further; never changed, only added to."""
CLASSIC = "v1"
"""How Okta calls the Classic Engine's pipeline; the Identity Engine's is idx."""
UNFINISHED_IS_FRESH_FOR = timedelta(hours=24)
"""An interrupted factor sweep older than this starts anew."""

TABLES: dict[str, tuple[str, ...]] = {
    "users": ("user",),
    "factors": ("factor_read", "factor"),
    "groups": ("okta_group", "group_member"),
    "roles": ("role",),
    "custom_roles": ("role_permission", "set_resource"),
    "api_tokens": ("api_token",),
    "apps": ("app",),
    "assignments": ("assignment", "app_read", "app_group"),
    "service_apps": ("client_role",),
    "policies": ("policy_rule", "policy"),
    "authenticators": ("authenticator",),
    "zones": ("zone",),
    "threat_insight": ("threat_insight",),
    "logs": (),
    "app_use": ("app_use",),
}
"""Every dataset, and the tables whose generations it owns; the rows of the first are counted."""

SET_ORG = """
INSERT INTO org (only, id, name, privileged_groups, stale_after_days, service_account_names)
VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET id = excluded.id, name = excluded.name,
    privileged_groups = excluded.privileged_groups, stale_after_days = excluded.stale_after_days,
    service_account_names = excluded.service_account_names
"""
SET_VIEW = """
UPDATE org SET edition = coalesce(nullif(?, ''), edition),
    sees_everybody = coalesce(?, sees_everybody)
"""

Row = Sequence[Any]


class SnapshotDamaged(Exception):
    """The snapshot file cannot be used; the message says which and what to do."""


class Snapshot:
    """An open snapshot. One thread at a time; readers may be others, on their own connection."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE_NAME
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        try:
            self._db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise SnapshotDamaged(
                f"{self.path} cannot be read ({error}): move it away and sync again; "
                "the twin keeps its figures."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def rows(self, sql: str, values: Row = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._db.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Row = ()) -> Iterable[tuple[Any, ...]]:
        """The rows of a query one by one."""
        return self._db.execute(sql, values)

    def records(self, sql: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
        """All rows of a query, each by its column names."""
        found = self._db.execute(sql, dict(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def number(self, sql: str, values: Row = ()) -> int:
        """The single number a query gives; 0 when it gives none."""
        row = self._db.execute(sql, values).fetchone()
        return int(row[0] or 0) if row else 0

    def write(self, sql: str, rows: Iterable[Row]) -> None:
        """Run one statement for each row, in the open transaction (opened if there is none)."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(sql, rows)

    def commit(self) -> None:
        """Make what was written last."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def begin(self, dataset: str, now: datetime, *, go_on: bool = False) -> "Reading":
        """Start a dataset's next generation; with `go_on`, take up a fresh unfinished one."""
        ((shown, unfinished, started_at),) = self.rows(
            "SELECT shown, reading, started_at FROM dataset WHERE name = ?", (dataset,)
        )
        if go_on and unfinished and _is_fresh(started_at, now):
            return Reading(self, dataset, unfinished)
        generation = max(shown, unfinished) + 1
        for table in ("unreadable", *TABLES[dataset]):
            self._forget(table, dataset, keep=shown)
        self.write(
            "UPDATE dataset SET reading = ?, started_at = ? WHERE name = ?",
            [(generation, iso_text(now), dataset)],
        )
        self.commit()
        return Reading(self, dataset, generation)

    def promote(self, reading: "Reading", now: datetime) -> None:
        """Show a generation that was read to its end, and forget the one before."""
        for table in ("unreadable", *TABLES[reading.dataset]):
            self._forget(table, reading.dataset, keep=reading.generation)
        self.write(
            "UPDATE dataset SET shown = reading, reading = 0, as_of = ?,"
            " unreadable = (SELECT count(*) FROM unreadable WHERE dataset = name) WHERE name = ?",
            [(iso_text(now), reading.dataset)],
        )
        self.commit()

    def note(self, dataset: str, state: DatasetState, reason: str) -> None:
        """Remember how the last sync of a dataset ended."""
        self.write(
            "UPDATE dataset SET state = ?, reason = ? WHERE name = ?", [(state, reason, dataset)]
        )
        self.commit()

    def set_org(
        self, name: str, *, groups: Sequence[str], stale_days: int, service_names: Sequence[str]
    ) -> None:
        """Remember who is read, and the settings on which figures depend."""
        self.write(
            SET_ORG,
            [(name, name, json.dumps(list(groups)), stale_days, json.dumps(list(service_names)))],
        )
        self.commit()

    def set_view(self, *, edition: str, sees_everybody: bool | None) -> None:
        """Remember what kind of org it is, and whether the credential sees all of its people; what
        this sync could not tell ("" and None) stays as an earlier one told it."""
        self.write(SET_VIEW, [(edition, sees_everybody)])
        self.commit()

    def _forget(self, table: str, dataset: str, *, keep: int) -> None:
        only_its = "dataset = ? AND " if table == "unreadable" else "? <> '' AND "
        self.write(f"DELETE FROM {table} WHERE {only_its}generation <> ?", [(dataset, keep)])

    def _prepare(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        version = self.number("PRAGMA user_version")
        if version > len(MIGRATIONS):
            self._db.execute("ROLLBACK")
            raise SnapshotDamaged(
                f"{self.path} was written by a newer version of this connector: upgrade it."
            )
        for script in MIGRATIONS[version:]:
            for statement in _statements(script):
                self._db.execute(statement)
        if version < len(MIGRATIONS):
            add = "INSERT OR IGNORE INTO dataset (name) VALUES (?)"
            self._db.executemany(add, [(name,) for name in TABLES])
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._load_rules()
        self._remake_views()
        self._db.execute("COMMIT")

    def _remake_views(self) -> None:
        wanted = _statements("views.sql")
        present = {sql for (sql,) in self.rows("SELECT sql FROM sqlite_master WHERE type = 'view'")}
        if present == set(wanted):
            return
        for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'view'"):
            self._db.execute(f"DROP VIEW {name}")
        for statement in wanted:
            self._db.execute(statement)

    def _load_rules(self) -> None:
        factors = load("factors")
        strengths = [
            (kind, strength, row["rank"])
            for strength, row in factors["strength"].items()
            for kind in row["types"]
        ]
        apps = load("apps")
        classes = [(mode, name) for name, modes in apps["class"].items() for mode in modes]
        own = [(name,) for name in apps["own"]["names"]]
        statuses = [(status,) for status in load("statuses")["can_sign_in"]]
        self._replace("factor_strength", "(?, ?, ?)", strengths)
        self._replace("sign_on_class", "(?, ?)", classes)
        self._replace("own_app", "(?)", own)
        self._replace("sign_in_status", "(?)", statuses)
        accounts = load("accounts")["service_account"]
        self._replace("service_account_type", "(?)", [(n,) for n in accounts["user_types"]])
        self._replace("service_account_name", "(?)", [(n,) for n in accounts["login_patterns"]])
        same = [
            (kind, row["provider"], name)
            for name, row in factors["authenticators"].items()
            for kind in row["types"]
        ]
        self._replace("same_authenticator", "(?, ?, ?)", same)

    def _replace(self, table: str, places: str, rows: Sequence[Row]) -> None:
        if set(self.rows(f"SELECT * FROM {table}")) != set(map(tuple, rows)):
            self._db.execute(f"DELETE FROM {table}")
            self._db.executemany(f"INSERT INTO {table} VALUES {places}", rows)


@frozen
class Reading:
    """One dataset's generation while it is being read."""

    snapshot: Snapshot
    dataset: str
    generation: int

    def store(self, sql: str, rows: Iterable[Row]) -> None:
        """Write rows whose first value is the generation, without committing."""
        self.snapshot.write(sql, ((self.generation, *row) for row in rows))

    def skip(self, records: Sequence[Unreadable]) -> None:
        """Count records that could not be understood."""
        self.snapshot.write(
            "INSERT INTO unreadable VALUES (?, ?, ?, ?)",
            [(self.dataset, self.generation, record.id, record.reason) for record in records],
        )

    def skipped(self) -> list[str]:
        """The ids of the records that could not be understood."""
        sql = "SELECT id FROM unreadable WHERE dataset = ? AND generation = ?"
        return [row[0] for row in self.snapshot.rows(sql, (self.dataset, self.generation))]

    def count(self, table: str) -> int:
        """How many rows of a table this generation holds."""
        sql = f"SELECT count(*) FROM {table} WHERE generation = ?"
        return self.snapshot.number(sql, (self.generation,))


def _is_fresh(started_at: str | None, now: datetime) -> bool:
    return bool(started_at) and now - datetime.fromisoformat(started_at) < UNFINISHED_IS_FRESH_FOR


def iso_text(moment: datetime) -> str:
    """A moment as Okta writes it: ISO 8601 in UTC with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _statements(name: str) -> list[str]:
    """The CREATE statements of a script exactly as SQLite keeps them."""
    script = files("twin_okta").joinpath(name).read_text(encoding="utf-8")
    code = "\n".join(line.split("--")[0].rstrip() for line in script.splitlines())
    return [part.strip() for part in code.split(";") if part.strip()]
