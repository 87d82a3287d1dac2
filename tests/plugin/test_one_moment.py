"""A reader sees one moment, waits for nobody, and is never told that a good file is damaged."""

import gc
import sqlite3

import pytest

from tests.support.small_snapshot import RECENTLY, SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_okta.snapshot import FILE_NAME, Snapshot, SnapshotBusy, SnapshotDamaged


@pytest.fixture
def org():
    org = virtual_org(users=40, apps=6)
    org.sync(hours_back=24)
    return org


def test_what_a_sync_promotes_meanwhile_is_in_no_part_of_an_enrichment(org):
    half_read = org.enrich()
    first = next(iter(half_read.events))
    users = {fact.key: fact.value for fact in half_read.facts}["users"]
    org.sandbox.org.act(at_s=org.clock.epoch_s()).add_user("Robin", "Newcomer")
    org.clock.advance(3600)

    org.sync(hours_back=24)

    ids = [first.id, *(event.id for event in half_read.events)]
    again = org.enrich()
    assert int({fact.key: fact.value for fact in again.facts}["users"]) == int(users) + 1
    newer = [event.id for event in again.events]
    assert len(ids) < len(newer)
    assert set(ids) < set(newer)


def test_events_let_go_of_the_snapshot_at_their_end_and_when_given_up(org, monkeypatch):
    closed = []
    close = Snapshot.close
    monkeypatch.setattr(Snapshot, "close", lambda self: (closed.append(self), close(self)))

    list(org.enrich().events)
    assert len(closed) == 1

    events = iter(org.enrich().events)
    next(events)
    del events
    gc.collect()
    assert len(closed) == 2


def test_an_enrichment_that_fails_lets_go_too(org, monkeypatch):
    closed = []
    close = Snapshot.close
    monkeypatch.setattr(Snapshot, "close", lambda self: (closed.append(self), close(self)))
    monkeypatch.setattr("twin_okta.posture.profile", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        org.enrich()

    assert len(closed) == 1


class _Fails:
    """A connection at which every query meets an error of SQLite's."""

    def __init__(self, code):
        self.code = code

    def execute(self, *_):
        error = sqlite3.OperationalError("as SQLite says it")
        error.sqlite_errorcode = self.code
        raise error

    def close(self):
        pass


@pytest.mark.parametrize(
    ("code", "told", "words"),
    [
        (sqlite3.SQLITE_BUSY, SnapshotBusy, "in use by another process"),
        (sqlite3.SQLITE_BUSY | 1 << 8, SnapshotBusy, "in use by another process"),
        (sqlite3.SQLITE_LOCKED, SnapshotBusy, "in use by another process"),
        (sqlite3.SQLITE_CORRUPT, SnapshotDamaged, "move it away"),
        (sqlite3.SQLITE_READONLY, SnapshotDamaged, "nothing may be written there"),
        (sqlite3.SQLITE_FULL, SnapshotDamaged, "the disk is full"),
        (sqlite3.SQLITE_ERROR, sqlite3.OperationalError, "as SQLite says it"),
    ],
)
@pytest.mark.parametrize("ask", ["rows", "stream", "records", "number", "columns"])
def test_an_error_in_the_middle_of_a_query_is_told_as_what_it_is(tmp_path, code, told, words, ask):
    snapshot = Snapshot(tmp_path / FILE_NAME, _Fails(code))

    with pytest.raises(told, match=words):
        list(getattr(snapshot, ask)("SELECT 1", *([{}] if ask == "records" else [])))


def test_a_folder_where_nothing_may_be_written_can_be_read(tmp_path, monkeypatch):
    org = SmallSnapshot.made(tmp_path)
    org.person("ada", last_login=RECENTLY)
    monkeypatch.setattr("os.access", lambda *_: False)
    before = sorted(path.name for path in tmp_path.iterdir())

    facts = {fact.key: fact.value for fact in org.enrich().facts}

    assert facts["users"] == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == before
