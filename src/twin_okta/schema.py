"""Bringing a snapshot file up to date: migrations, the rows of the datasets, views, rule tables.

`schema*.sql` say what each table holds. For every table of a dataset there is a plain view
`shown_<table>` of its shown generation; `views.sql` builds on those, and `lists.sql` on both. What
hangs on a subject waits in a `staged_<table>`, with the same columns and no order of its own.
"""

import sqlite3
from functools import cache
from importlib.resources import files
from typing import Any

from twin_okta.datasets import DATASETS
from twin_okta.rules import load
from twin_okta.rules.notable import judged_event

MIGRATIONS = ("schema.sql", *(f"schema_{number}.sql" for number in range(2, 8)))
"""Each brings the snapshot one version further; never changed, only added to."""
SHOWN = "CREATE VIEW shown AS SELECT name, CASE WHEN shown > 0 THEN shown ELSE reading END AS generation FROM dataset"  # noqa: E501
SHOWN_TABLE = (
    "CREATE VIEW shown_{view} AS SELECT * FROM {table}"
    " WHERE generation = (SELECT generation FROM shown WHERE name = '{dataset}')"
)
SHOWN_OF_SUBJECTS = "CREATE VIEW shown_{view} AS SELECT * FROM {table} WHERE generation = 1"
STAGED_TABLE = (
    "CREATE TABLE {staged} AS SELECT * FROM {table} WHERE generation = 0",
    "CREATE INDEX {staged}_of ON {staged} ({column})",
    "UPDATE {staged} SET generation = 1",
    "DELETE FROM {table} WHERE generation = 0",
)
"""An older version has kept them among the others, as generation 0."""
UNREAD = (
    "CREATE VIEW unread AS SELECT n.dataset, n.subject FROM never_read n"
    " WHERE n.dataset <> 'factors'"
)
WAITING = (
    "CREATE VIEW waiting AS SELECT n.dataset, n.subject FROM never_read n"
    " WHERE n.dataset IN ({names})"
)
"""Those of the unread that lack nothing which a figure needs."""
MOVED = (
    " UNION SELECT w.dataset, w.subject FROM wanted_subject w JOIN ({moved}) m"
    " ON w.dataset = '{dataset}' AND m.subject = w.subject JOIN subject_read r"
    " ON r.dataset = w.dataset AND r.subject = w.subject AND r.read_at < m.moved_at"
)
ALL_COLUMNS = """
SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
"""
COMPUTED_ONCE = {
    "factor_use": "CREATE UNIQUE INDEX temp.factor_use_of ON factor_use (type, provider)",
    "enrolled_factor": "CREATE INDEX temp.enrolled_factor_of"
    " ON enrolled_factor (user_id, type, usable, rank, strength)",
    "service_login": "",
    "population": "CREATE UNIQUE INDEX temp.population_id ON population (id)",
    "privilege": "CREATE INDEX temp.privilege_user ON privilege (user_id)",
    "token_use": "CREATE INDEX temp.token_use_user ON token_use (user_id)",
    "known_app": "CREATE UNIQUE INDEX temp.known_app_id ON known_app (id)",
    "app_door": "CREATE INDEX temp.app_door_app ON app_door (app_id)",
}
"""Views that many others are made from, and how to find a row of theirs."""

Rows = list[tuple[Any, ...]]


def version_of(db: sqlite3.Connection) -> int:
    """How many migrations a file has seen; a new one none."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_up_to_date(db: sqlite3.Connection) -> bool:
    """Whether a file is as this version of the connector would leave it."""
    return (
        version_of(db) == len(MIGRATIONS)
        and _datasets(db) == set(DATASETS)
        and _staging(db) == {staged(table) for table in _hanging()}
        and _views(db) == dict(wanted_views())
        and all(_held(db, table) == set(rows) for table, rows in rule_tables().items())
    )


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Do what is left to do, within the caller's transaction."""
    version = version_of(db)
    if version < len(MIGRATIONS):
        _drop_views(db)  # a table that a view names cannot be renamed
        before = _all_columns(db)
        for script in MIGRATIONS[version:]:
            for statement in _statements(script):
                db.execute(statement)
        new = _all_columns(db) - before if version else ()
        db.executemany("INSERT OR IGNORE INTO new_column VALUES (?, ?)", new)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    _make_staging(db)
    new = [(name,) for name in DATASETS.keys() - _datasets(db)]
    db.executemany("INSERT INTO dataset (name) VALUES (?)", new)
    _remake_views(db)
    for table, rows in rule_tables().items():
        if _held(db, table) != set(rows):
            db.execute(f"DELETE FROM {table}")
            places = ", ".join("?" * len(rows[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def compute_once(db: sqlite3.Connection) -> None:
    """Put temporary views of the same names before the stored ones, and tables in place of those
    from which the others are made, for as long as the connection is open.

    They say the same, of the moment at which they were made, and cost their work once.
    """
    for statement in (*_statements("views.sql"), *_views_of_subjects()):
        name = statement.split()[2]
        kind = "TABLE" if name in COMPUTED_ONCE else "VIEW"
        db.execute(statement.replace("CREATE VIEW", f"CREATE TEMP {kind}", 1))
        if index := COMPUTED_ONCE.get(name):
            db.execute(index)


@cache
def wanted_views() -> tuple[tuple[str, str], ...]:
    """Every view by its name, in the order in which they build on each other."""
    plain = [
        (SHOWN_OF_SUBJECTS if table in dataset.hang_on else SHOWN_TABLE).format(
            view=table.removeprefix("okta_"), table=table, dataset=dataset.name
        )
        for dataset in DATASETS.values()
        for table in dataset.tables
    ]
    statements = [
        SHOWN,
        *plain,
        *_statements("views.sql"),
        *_views_of_subjects(),
        judged_event(),
        *_statements("lists.sql"),
    ]
    return tuple((statement.split()[2], statement) for statement in statements)


def _views_of_subjects() -> list[str]:
    """Each dataset's subjects, and those of them that were not read since they changed."""
    of_each = [
        f"SELECT '{dataset.name}' AS dataset, s.subject, s.kind, s.is_first"
        f" FROM ({' '.join(dataset.subjects.split())}) s"
        for dataset in DATASETS.values()
        if dataset.subjects and dataset.name != "factors"
    ]
    moved = (
        MOVED.format(dataset=dataset.name, moved=dataset.moved)
        for dataset in DATASETS.values()
        if dataset.moved
    )
    limited = ", ".join(f"'{name}'" for name, it in DATASETS.items() if it.most_requests)
    return [
        f"CREATE VIEW wanted_subject AS {' UNION ALL '.join(of_each)}",
        UNREAD + "".join(moved),
        WAITING.format(names=limited),
    ]


@cache
def rule_tables() -> dict[str, Rows]:
    """What of the rules a query can use, by table."""
    factors, apps, accounts = load("factors"), load("apps"), load("accounts")["service_account"]
    return {
        "factor_strength": [
            (kind, strength, row["rank"])
            for strength, row in factors["strength"].items()
            for kind in row["types"]
        ],
        "same_authenticator": [
            (kind, row["provider"], name)
            for name, row in factors["authenticators"].items()
            for kind in row["types"]
        ],
        "sign_on_class": [(mode, name) for name, modes in apps["class"].items() for mode in modes],
        "own_app": [(name,) for name in apps["own"]["names"]],
        "factor_authenticator": [
            (*factor.split("/"), key, key in factors["purpose"]["keys"])
            for key, behind in factors["behind"].items()
            for factor in behind
        ],
        "directory_app": [(pattern,) for pattern in apps["directory"]["names"]],
        "sign_in_status": [(status,) for status in load("statuses")["can_sign_in"]],
        "elsewhere_provider": [(kind,) for kind in load("statuses")["elsewhere"]],
        "role_tier": list(load("tiers")["role"].items()),
        "permission_tier": list(load("tiers")["permission"].items()),
        "service_account_type": [(name,) for name in accounts["user_types"]],
        "service_account_name": [(pattern,) for pattern in accounts["login_patterns"]],
        "due_event": [
            (rule["dataset"], event, rule.get("target", ""), rule.get("otherwise", "whole"))
            for rule in load("due")["due"]
            for event in rule["events"]
        ],
        "pair_event": [
            (event,) for rule in load("due")["due"] if rule.get("pair") for event in rule["events"]
        ],
    }


def staged(table: str) -> str:
    """Where rows of a table are kept until all of their subject's were read."""
    return f"staged_{table}"


def _hanging() -> dict[str, str]:
    """The tables whose rows hang on a subject, each with the column that names it."""
    return {table: key for dataset in DATASETS.values() for table, key in dataset.hang_on.items()}


def _staging(db: sqlite3.Connection) -> set[str]:
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in tables if name.startswith(staged(""))}


def _make_staging(db: sqlite3.Connection) -> None:
    """Make what is missing: whole tables, and columns that a migration has added to theirs."""
    present = _staging(db)
    for table, column in _hanging().items():
        if staged(table) not in present:
            for sql in STAGED_TABLE:
                db.execute(sql.format(table=table, staged=staged(table), column=column))
        known = _columns(db, staged(table))
        for name in (name for name in _columns(db, table) if name not in known):
            db.execute(f"ALTER TABLE {staged(table)} ADD COLUMN {name}")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]


def _datasets(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM dataset")}


def _all_columns(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """Table and name of all."""
    return set(db.execute(ALL_COLUMNS))


def _views(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))


def _held(db: sqlite3.Connection, table: str) -> set[tuple[Any, ...]]:
    return set(db.execute(f"SELECT * FROM {table}"))


def _remake_views(db: sqlite3.Connection) -> None:
    present = _views(db)
    if present == dict(wanted_views()):
        return
    _drop_views(db)
    for _, statement in wanted_views():
        db.execute(statement)


def _drop_views(db: sqlite3.Connection) -> None:
    for name in _views(db):
        db.execute(f"DROP VIEW {name}")


def _statements(name: str) -> list[str]:
    """The CREATE statements of a script exactly as SQLite keeps them."""
    script = files("twin_okta").joinpath(name).read_text(encoding="utf-8")
    code = "\n".join(line.split("--")[0].rstrip() for line in script.splitlines())
    return [part.strip() for part in code.split(";") if part.strip()]
