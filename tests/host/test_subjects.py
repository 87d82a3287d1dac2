"""Those behind a figure are asked of the snapshot when they are shown, and never held whole."""

import json
import sqlite3

import pytest

from twin_host import shapes
from twin_host.subjects import First, Snapshots

PEOPLE = "SELECT id, login FROM person ORDER BY id"
ENDLESS = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    database = sqlite3.connect(tmp_path / "a" / "snapshot.db")
    with database:
        database.execute("CREATE TABLE person (id, login)")
        people = [(f"u{n}", f"u{n}@example.com") for n in range(5)]
        database.executemany("INSERT INTO person VALUES (?, ?)", people)
        database.execute("CREATE TABLE log (id, raw)")
        database.execute("INSERT INTO log VALUES ('e1', '{}')")
    database.close()
    return tmp_path


@pytest.fixture
def snapshots(folder):
    with Snapshots(folder) as found:
        yield found


def test_the_first_are_shown_and_that_there_are_more(snapshots):
    assert [row["id"] for row in snapshots.listing("a", PEOPLE).first(2).rows] == ["u0", "u1"]
    assert snapshots.listing("a", PEOPLE).first(2).more
    assert not snapshots.listing("a", PEOPLE).first(5).more


def test_an_endless_list_is_read_no_further_than_it_is_shown(snapshots):
    assert len(snapshots.listing("a", ENDLESS).first(3).rows) == 3


def test_a_query_cannot_write(snapshots, folder):
    for query in ("DELETE FROM person", "SELECT 1); DELETE FROM person; --", "PRAGMA user_version"):
        assert snapshots.listing("a", query).first(5).problem
    assert len(snapshots.listing("a", PEOPLE).first(9).rows) == 5


@pytest.mark.parametrize("how", ["missing", "damaged", "without the view"])
def test_what_cannot_be_listed_is_said(folder, how):
    path = folder / "a" / "snapshot.db"
    if how == "missing":
        path.unlink()
    elif how == "damaged":
        path.write_bytes(b"no database" * 999)
    query = "SELECT id FROM gone" if how == "without the view" else PEOPLE
    with Snapshots(folder) as snapshots:
        first = snapshots.listing("a", query).first(5)
        assert snapshots.entry("a", "SELECT raw FROM log WHERE id = :id", "e1") in (None, "{}")
    assert first.problem.endswith(".")
    assert (first.rows, first.more) == ([], False)


def test_a_list_that_breaks_off_says_so_at_its_end(snapshots):
    query = "SELECT id, CASE id WHEN 'u3' THEN abs(-9223372036854775808) END AS n FROM person"
    listing = snapshots.listing("a", query)
    shaped = {"subjects": listing.up_to(None), "not_listed": lambda: listing.problem}
    found = json.loads(shapes.dumps(shaped))
    assert 0 < len(found["subjects"]) < 5
    assert "integer overflow" in found["not_listed"]


def test_an_entry_is_shown_as_long_as_the_snapshot_keeps_it(snapshots):
    query = "SELECT raw FROM log WHERE id = :id"
    assert snapshots.entry("a", query, "e1") == "{}"
    assert snapshots.entry("a", query, "e2") is None
    assert snapshots.entry("b", query, "e1") is None


# --- as JSON --------------------------------------------------------------------------------------


def test_a_document_is_the_same_whether_it_is_written_whole_or_in_parts():
    plain = {"a": [1, {"b": "two\nlines"}], "c": [], "d": {}, "e": None}
    parts = {"a": iter([1, {"b": "two\nlines"}]), "c": iter(()), "d": {}, "e": lambda: None}
    assert shapes.dumps(parts) == shapes.dumps(plain)


def test_a_long_list_is_written_before_its_end_is_known():
    def endless():
        while True:
            yield {"id": "u"}

    pieces = shapes.pieces({"subjects": endless()})
    assert sum(len(next(pieces)) for _ in range(1000)) > 1000


def test_none_could_be_listed_is_told_from_nobody():
    for first, subjects in ((First(problem="So."), None), (First(), [])):
        shaped = shapes.whole(shapes._listed(first))
        assert shaped == {"subjects": subjects, "not_listed": first.problem or None}
