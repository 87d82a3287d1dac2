"""The doors of the twin's database: one for a writer, one for readers, who write nothing."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from attrs import evolve

from tests.host.test_store import AT, a_fact, a_gap, an_event, saying
from twin_host.contract import SyncReport, SyncStatus
from twin_host.database import Busy
from twin_host.errors import HostError
from twin_host.ingest import ingest
from twin_host.known import Freshness
from twin_host.search import hits
from twin_host.store import MIGRATIONS, Store


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "twin.db"
    with Store.to_write(found) as store:
        ingest(store, "a", saying([a_fact()], [a_gap()], [an_event()]), AT)
    return found


# --- one moment -------------------------------------------------------------------------------


def test_a_reader_stays_in_the_moment_in_which_it_was_opened(path):
    with Store.to_read(path) as reader, Store.to_write(path) as writer:
        ingest(writer, "a", saying([a_fact(value="1%")], [a_gap(0)], [an_event("e2")]), AT)
        assert reader.facts()[0].value == "87%"
        assert reader.gaps()[0].count == 2
        assert len(list(reader.events())) == 1
    with Store.to_read(path) as reader:
        assert reader.facts()[0].value == "1%"


def test_a_reader_cannot_write(path):
    with pytest.raises(HostError, match="may only be read"), Store.to_read(path) as reader:
        reader.declare("a", "b", AT)


def test_a_reader_changes_nothing_and_makes_nothing(path, tmp_path):
    before = path.read_bytes(), path.stat().st_mtime_ns
    with Store.to_read(path) as reader:
        assert reader.facts()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before

    with Store.to_read(tmp_path / "none" / "twin.db") as nothing:
        assert nothing.facts() == nothing.gaps() == list(nothing.events()) == []
    assert not (tmp_path / "none").exists()


@contextmanager
def as_somebody_else():
    """Root may write anywhere, so it is not root who looks."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_folder_that_nobody_may_write_to_can_be_read(path):
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copy(path, folder / "twin.db")
        (folder / "twin.db").chmod(0o444)
        folder.chmod(0o555)
        with as_somebody_else(), Store.to_read(folder / "twin.db") as store:
            assert store.facts()[0].value == "87%"
        assert [each.name for each in folder.iterdir()] == ["twin.db"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_what_a_writer_left_behind_is_not_passed_over(path):
    folder = Path(tempfile.mkdtemp())
    try:
        with Store.to_write(path) as writer:
            writer.declare("a", "b", AT)  # in the log beside the file, not in it yet
            for name in ("twin.db", "twin.db-wal"):
                shutil.copy(path.with_name(name), folder / name)
                (folder / name).chmod(0o444)
        folder.chmod(0o555)
        with as_somebody_else(), pytest.raises(HostError, match="cannot be read"):
            Store.to_read(folder / "twin.db")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# --- busy is not damaged ------------------------------------------------------------------------


@pytest.fixture
def locked(path):
    """Another process that lets nobody in."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    yield other
    other.close()


@pytest.mark.parametrize("door", [Store.to_read, Store.to_write])
def test_a_database_that_is_busy_is_said_to_be_busy(path, locked, door):
    with pytest.raises(Busy, match=r"is being written to by another process: try again") as told:
        door(path, wait_s=0.01)
    assert "move" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_a_writer_that_meets_a_writer_says_so(path):
    with (
        Store.to_write(path) as first,
        first.together(),
        pytest.raises(Busy),
        Store.to_write(path, wait_s=0.01) as second,
    ):
        ingest(second, "b", saying([a_fact()]), AT)


def test_a_reader_that_meets_a_writer_reads(path):
    with (
        Store.to_write(path) as writer,
        writer.together(),
        Store.to_read(path, wait_s=0.01) as reader,
    ):
        assert reader.facts()


# --- older homes --------------------------------------------------------------------------------

OLDER = """
INSERT INTO fact VALUES ('a', 'mfa_coverage', '80%', 'verified', '2026-01-01T00:00:00Z',
    '{"complete": true, "datasets": ["users"], "numerator": 8, "denominator": 10}');
INSERT INTO fact VALUES ('b', 'junk', '1', 'sure', '2026-01-01T00:00:00Z', '{"complete": true}');
INSERT INTO fact_history VALUES ('a', 'mfa_coverage', '2025-12-01T00:00:00Z', '70%', 'verified');
INSERT INTO fact_history VALUES ('a', 'mfa_coverage', '2026-01-01T00:00:00Z', '80%', 'verified');
INSERT INTO declared VALUES ('mfa_coverage', '100%', '2026-01-01T00:00:00Z');
INSERT INTO gap VALUES ('a', 'no-mfa', 'high', 'Without MFA', 'PR.AA-03', 'Enrol.', 2,
    '[{"id": "u1", "login": "ada@example.com"}, {"id": "u2", "login": "bob@example.com"}]',
    '2026-01-01T00:00:00Z', 1, '2025-12-01T00:00:00Z', '2025-12-02T00:00:00Z', NULL);
INSERT INTO gap VALUES ('a', 'stale', 'medium', 'Stale', 'PR.AA-01', 'Ask.', 0, '[]',
    '2026-01-01T00:00:00Z', 1, '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z');
INSERT INTO event (source, id, time, event_type, severity, category, title, outcome, reason, actor,
    targets, source_ip, country, mitre, raw)
VALUES ('a', 'e1', '2026-01-01T00:00:00.123Z', 'user.session.start', 'low', 'sign-in', 'Failed',
    'FAILURE', '', 'ada@example.com', '["Wiki"]', '192.0.2.7', 'Austria', '[]', '{"uuid": "e1"}');
INSERT INTO sync (source, ended_at, status, report) VALUES ('a', '2026-01-01T00:00:00Z', 'complete',
    '{"status": "complete", "datasets": {"users": {"state": "complete", "read": 10}}}');
INSERT INTO sync (source, ended_at, status, report) VALUES ('a', '2026-01-01T01:00:00Z', 'partial',
    '{"status": "partial", "datasets": {"users": {"state": "in another word"}}}');
"""


@pytest.fixture(params=range(1, len(MIGRATIONS)))
def older(request, tmp_path):
    """A home of each older version, with something of everything in it."""
    path = tmp_path / "twin.db"
    old = sqlite3.connect(path)
    for name in MIGRATIONS[: request.param]:
        old.executescript(files("twin_host").joinpath(name).read_text(encoding="utf-8"))
        if name == MIGRATIONS[0]:
            old.executescript(OLDER)
    old.execute(f"PRAGMA user_version = {request.param}")
    old.execute("PRAGMA journal_mode = WAL")
    old.commit()
    old.close()
    return path


@pytest.mark.parametrize("door", [Store.to_read, Store.to_write])
def test_what_an_older_version_kept_is_kept(older, door):
    with door(older) as store:
        fact, declared = store.facts()
        gap, closed = store.gaps(closed_too=True)
        (event,) = store.events()
        unreadable, sync = store.syncs("a", limit=5)
        past = [reading.value for reading in store.history("mfa_coverage")]
        assert hits(store, "ada@example.com", limit=5)[0].reference == "e1"

    assert (fact.value, fact.title, fact.evidence.numerator) == ("80%", "Mfa coverage", 8)
    assert (declared.confidence, declared.actual) == ("contradicted", "80%")
    assert past == ["70%", "80%"]
    assert (gap.count, gap.query, closed.id) == (2, "", "stale")
    assert (event.targets, event.time.microsecond) == (("Wiki",), 123000)
    assert (sync.status, sync.report.datasets["users"].read) == ("complete", 10)
    assert (unreadable.status, unreadable.report.datasets) == ("partial", {})


def test_a_gap_of_an_older_version_stays_open_since_then(older):
    now = datetime(2026, 1, 3, tzinfo=UTC)
    with Store.to_write(older) as store:
        ingest(store, "a", saying(gaps=[a_gap(2, at=now)]), now)
        (gap,) = store.gaps()
    assert gap.opened_at == datetime(2025, 12, 1, tzinfo=UTC)
    assert gap.changed_at == datetime(2025, 12, 2, tzinfo=UTC)
    assert gap.query


def test_no_copy_of_people_is_left(older):
    with Store.to_write(older) as store:
        columns = {row["name"] for row in store.rows("SELECT name FROM pragma_table_info('gap')")}
    assert "subjects" not in columns


def test_a_migration_that_fails_changes_nothing(older, monkeypatch):
    before = older.read_bytes()
    monkeypatch.setattr("twin_host.store.MIGRATIONS", (*MIGRATIONS, "schema.sql"))
    with pytest.raises(HostError):
        Store.to_write(older)
    assert older.read_bytes() == before


# --- how old, and by which definition -----------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "confidence", "days_old"),
    [(7, "verified", None), (7.1, "observed", 7), (30, "observed", 30)],
)  # fmt: skip
def test_a_verified_figure_that_is_too_old_is_observed(path, days, confidence, days_old):
    freshness = Freshness(now=AT + timedelta(days=days), days=7)
    with Store.to_read(path, freshness=freshness) as store:
        (fact,) = store.facts()
    assert (fact.confidence, fact.days_old) == (confidence, days_old)


def test_age_says_nothing_of_what_was_never_verified_and_hides_no_contradiction(path):
    with Store.to_write(path) as store:
        store.declare("mfa_coverage", "100%", AT)
        ingest(store, "b", saying([evolve(a_fact(), confidence="uncertain")]), AT)
    freshness = Freshness(now=AT + timedelta(days=99), days=7)
    with Store.to_read(path, freshness=freshness) as store:
        old, uncertain, declared = store.facts()
    assert (old.confidence, uncertain.confidence) == ("observed", "uncertain")
    assert (uncertain.days_old, declared.confidence) == (None, "contradicted")


def test_history_keeps_each_definition_apart(path):
    with Store.to_write(path) as store:
        ingest(store, "a", saying([evolve(a_fact(value="60%"), definition_version=2)]), AT)
        readings = [(each.value, each.definition_version) for each in store.history("mfa_coverage")]
    assert readings == [("87%", 1), ("60%", 2)]


def test_a_report_is_kept_whole(path):
    report = SyncReport(status=SyncStatus.PARTIAL, datasets={}, requests=7, notes=("so",))
    with Store.to_write(path) as store:
        store.keep_sync("a", report, AT)
        assert store.last_sync("a").report == report
