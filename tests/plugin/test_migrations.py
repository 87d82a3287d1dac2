"""A snapshot that an older version wrote is brought up to date with all that is in it, and a file
that cannot be used is said so in one sentence and left as it is."""

import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from twin_host.contract import CannotGoOn
from twin_okta import snapshot as snapshots
from twin_okta.datasets import DATASETS
from twin_okta.schema import MIGRATIONS, rule_tables, wanted_views
from twin_okta.snapshot import FILE_NAME, Snapshot, SnapshotBusy, SnapshotDamaged

OLDER = range(1, len(MIGRATIONS))
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


def a_row(db, table, number):
    """Something in every column, as its declared type; a text is JSON, too."""
    values = {}
    for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})"):
        if column == "only":
            values[column] = 1
        else:
            values[column] = number if kind == "INTEGER" else f'"{table} {column} {number}"'
    return values


def older_snapshot(folder, version):
    """A file as the connector of that version left it, with rows in every table; and those rows."""
    held = {}
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        for script in MIGRATIONS[:version]:
            db.executescript(files("twin_okta").joinpath(script).read_text(encoding="utf-8"))
        for (table,) in db.execute(TABLES).fetchall():
            if table in rule_tables():
                continue
            only_one = "only" in {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            held[table] = [a_row(db, table, number) for number in ((1,) if only_one else (1, 2))]
            for row in held[table]:
                places = ", ".join(f":{column}" for column in row)
                db.execute(f"INSERT INTO {table} VALUES ({places})", row)
        for name in DATASETS:
            shown = 7 if name == "users" else 1
            known = {"name": name, "shown": shown, "reading": 0, "as_of": "2026-01-01"}
            held["dataset"].append(known)
            db.execute(
                "INSERT INTO dataset (name, shown, reading, as_of)"
                " VALUES (:name, :shown, :reading, :as_of)",
                known,
            )
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    return as_found_now(held)


def as_found_now(held):
    """The rows as they would be found now, where they have moved since."""
    if "factor_read" in held:
        of_shown = [row for row in held.pop("factor_read") if row.pop("generation") == 1]
        held["subject_read"] = [
            {"dataset": "factors", "subject": row.pop("user_id"), **row} for row in of_shown
        ]
        held["factor"] = [row for row in held["factor"] if row.pop("generation") == 1]
    if "app_read" in held:
        of_shown = [row for row in held.pop("app_read") if row.pop("generation") == 1]
        held.setdefault("subject_read", []).extend(
            {"dataset": "assignments", "subject": row.pop("app_id"), **row} for row in of_shown
        )
    for table in {
        table for dataset in DATASETS.values() for table in dataset.hang_on
    } & held.keys():
        held[table] = [row for row in held[table] if row.pop("generation", 1) == 1]
    for row in held["dataset"]:
        row.pop("count_before", None)  # that version had judged by it
    for row in held.get("policy_rule", []):
        row.pop("password_alone", None)  # what it was made from is read anew
    return held


@pytest.mark.parametrize("version", OLDER)
def test_an_older_snapshot_keeps_every_row(tmp_path, version):
    held = older_snapshot(tmp_path, version)

    with Snapshot.for_sync(tmp_path) as snapshot:
        for table, rows in held.items():
            now = snapshot.records(f"SELECT * FROM {table}", {})
            for row in rows:
                assert any(row.items() <= found.items() for found in now), (table, row)


def test_the_targets_of_entries_that_were_stored_before_are_known_too(tmp_path):
    older_snapshot(tmp_path, 2)
    entry = (
        b'{"actor": {"id": "00u2"}, "outcome": {"result": "SUCCESS"}, "target":'
        b' [{"type": "User", "id": "00u1", "alternateId": "ada"}, null,'
        b' {"type": "User", "id": null}]}'
    )
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute("INSERT INTO log_event VALUES ('u', '2026-01-01', 'a.b', ?)", (entry,))
        db.commit()

    with Snapshot.for_sync(tmp_path) as snapshot:
        found = snapshot.rows(
            "SELECT e.outcome, e.actor_id, t.position, t.type, t.id, t.name FROM log_event e"
            " JOIN target t ON t.event = e.number WHERE e.uuid = 'u' ORDER BY t.position"
        )

    assert found == [
        ("SUCCESS", "00u2", 0, "User", "00u1", "ada"),
        ("SUCCESS", "00u2", 2, "User", None, None),
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            b'{"actor": {"alternateId": "", "displayName": "Ada"}, "outcome": {"reason": "why"},'
            b' "client": {"ipAddress": "192.0.2.1", "geographicalContext": {"country": "Norway"}}}',
            ("why", "Ada", "192.0.2.1", "Norway"),
        ),
        (
            b'{"actor": {"alternateId": 7}, "outcome": [], "client": "x"}',
            (None, "00u1", None, None),
        ),
        (b"no JSON", (None, "00u1", None, None)),
    ],
)
def test_entries_that_were_stored_before_tell_of_events_too(tmp_path, entry, told):
    older_snapshot(tmp_path, 3)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        row = (7, "u", "2026-01-01T00:00:00.000Z", "a.b", "SUCCESS", "00u1", entry)
        db.execute("INSERT INTO log_event VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        db.commit()

    with Snapshot.for_sync(tmp_path) as snapshot:
        sql = "SELECT reason, actor_name, source_ip, country FROM log_event WHERE number = 7"
        assert snapshot.rows(sql) == [told]


@pytest.mark.parametrize("version", OLDER)
@pytest.mark.parametrize("door", [Snapshot.for_sync, Snapshot.to_read], ids=["sync", "read"])
def test_an_older_snapshot_gets_all_that_a_new_one_has(tmp_path, version, door):
    older_snapshot(tmp_path, version)
    new = tmp_path / "new"
    new.mkdir()
    Snapshot.for_sync(new).close()

    with door(tmp_path) as snapshot, Snapshot.to_read(new) as fresh:
        assert {name for (name,) in snapshot.rows("SELECT name FROM dataset")} >= DATASETS.keys()
        for (table,) in fresh.rows(TABLES):
            columns = f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')"
            assert snapshot.rows(columns) == fresh.rows(columns), table
        for table, rows in rule_tables().items():
            assert set(snapshot.rows(f"SELECT * FROM {table}")) == set(rows)
        for name, _ in wanted_views():
            snapshot.rows(f"SELECT * FROM {name}")


@pytest.mark.parametrize("version", OLDER)
def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, version, monkeypatch):
    older_snapshot(tmp_path, version)
    before = described(tmp_path)
    monkeypatch.setattr("twin_okta.schema.rule_tables", lambda: {"no_such_table": [(1,)]})

    with pytest.raises(CannotGoOn):
        Snapshot.for_sync(tmp_path)

    assert described(tmp_path) == before


def described(folder):
    """A file's version, and all that it is made of."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        version = db.execute("PRAGMA user_version").fetchall()
        return version + db.execute("SELECT * FROM sqlite_master").fetchall()


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".db"}


@pytest.mark.parametrize("door", [Snapshot.for_sync, Snapshot.to_read], ids=["sync", "read"])
def test_a_newer_snapshot_asks_for_an_upgrade_and_is_left_alone(tmp_path, door):
    Snapshot.for_sync(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = content(tmp_path)

    with pytest.raises(SnapshotDamaged, match=r"newer version of this connector: upgrade it\.$"):
        door(tmp_path)

    assert content(tmp_path) == before


def cut_off(folder):
    """A snapshot of which only the first two pages were copied."""
    Snapshot.for_sync(folder).close()
    path = folder / FILE_NAME
    path.write_bytes(path.read_bytes()[:8192])


def overwritten(folder):
    (folder / FILE_NAME).write_bytes(b"this is no database, however long one looks at it" * 99)


@pytest.mark.parametrize("damage", [cut_off, overwritten])
@pytest.mark.parametrize("door", [Snapshot.for_sync, Snapshot.to_read], ids=["sync", "read"])
def test_a_damaged_snapshot_is_named_and_left_alone(tmp_path, door, damage):
    damage(tmp_path)
    before = content(tmp_path)

    with pytest.raises(SnapshotDamaged, match="cannot be read") as said:
        door(tmp_path)

    assert "move it away" in str(said.value)
    assert "\n" not in str(said.value)
    assert content(tmp_path) == before


def test_a_busy_snapshot_is_not_called_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "PATIENCE_S", 0.0)
    Snapshot.for_sync(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(SnapshotBusy, match="in use by another process") as said:
            Snapshot.for_sync(tmp_path)

    assert "move it away" not in str(said.value)
    Snapshot.for_sync(tmp_path).close()


def test_a_busy_older_snapshot_is_not_called_damaged_by_its_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "PATIENCE_S", 0.0)
    older_snapshot(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(SnapshotBusy):
            Snapshot.to_read(tmp_path)
