"""Things are found by their names: whole, by a beginning, by parts, or by what is spelt nearest."""

import sqlite3
import string

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from twin_host.asking.catalogue import KnownList
from twin_host.asking.names import beginning, called, holding, index_things, nearest
from twin_host.contract import Column, ColumnType, List
from twin_host.search import hits
from twin_host.store import Store

PEOPLE = List(
    kind="people",
    thing="person",
    title="People",
    meaning="Everybody.",
    columns=tuple(
        Column(name=name, type=ColumnType.TEXT, meaning="It.") for name in ("id", "login", "name")
    ),
    order=("login",),
    shown=("login",),
    label="login",
    found_by=("name",),
)
LISTS = [KnownList("one", PEOPLE)]
EVERYBODY = [
    ("p1", "ada.king@example.com", "Ada King"),
    ("p2", "adam.west@example.com", "Adam West"),
    ("p3", "zoe.ångström@example.com", "Zoë Ångström"),
    ("p4", "svc-backup", None),
    ("p5", None, "Nobody's login"),
]


class Home:
    """A twin's database, and the snapshot of one connector that has a list of people."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "one").mkdir(parents=True)
        self.snapshot = sqlite3.connect(folder / "one/snapshot.db", isolation_level=None)
        self.snapshot.executescript(
            "CREATE TABLE person (id PRIMARY KEY, login, name);"
            "CREATE VIEW people AS SELECT id, login, name FROM person;"
        )
        self.store = Store.to_write(folder / "twin.db")

    def holds(self, *rows):
        self.snapshot.execute("DELETE FROM person")
        self.snapshot.executemany("INSERT INTO person VALUES (?, ?, ?)", rows)
        index_things(self.store, self.folder, LISTS)

    def written(self):
        (row,) = self.store.rows("SELECT total_changes() AS n")
        return row["n"]

    def close(self):
        self.snapshot.close()
        self.store.close()


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def store(home):
    home.holds(*EVERYBODY)
    return home.store


def ids(found):
    return [named.id for named in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p1", ["p1"]),
        ("ada.king@example.com", ["p1"]),
        ("ADA.KING@EXAMPLE.COM", ["p1"]),
        (" Ada King ", ["p1"]),
        ("ZOË ÅNGSTRÖM", ["p3"]),
        ("p5", ["p5"]),
        ("ada", []),
        ("", []),
    ],
)
def test_a_thing_is_called_by_its_id_and_its_names_in_any_case(store, text, expected):
    assert ids(called(store, text, limit=9)) == expected


@pytest.mark.parametrize(("text", "expected"), [("ada", ["p1", "p2"]), ("AD", ["p1", "p2"])])
def test_a_beginning_finds_in_order(store, text, expected):
    assert ids(beginning(store, text, limit=9)) == expected
    assert ids(beginning(store, text, limit=1)) == expected[:1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["king"], ["p1"]), (["ing", "ada"], ["p1"]), (["ÅNGST"], ["p3"]), (["king", "west"], [])],
)
def test_parts_of_words_find_what_has_all_of_them(store, words, expected):
    assert ids(holding(store, words, limit=9)) == expected


@pytest.mark.parametrize("text", ["ada.kign@example.com", "adaking", "ada kink"])
def test_what_is_spelt_nearest_comes_first(store, text):
    assert ids(nearest(store, text, limit=1)) == ["p1"]
    assert hits(store, text, limit=5)[0].reference == "p1"


def test_what_is_like_nothing_finds_nothing(store):
    assert nearest(store, "qqqqqq", limit=9) == []
    assert hits(store, "qqqqqq", limit=9) == []


def test_the_one_who_is_called_so_comes_before_those_who_begin_so(home):
    home.holds(("p1", "ada", None), ("p2", "ada.king", None), ("p3", "hamada", None))
    assert [hit.reference for hit in hits(home.store, "ada", limit=9)] == ["p1", "p2", "p3"]


def test_only_what_changed_is_written(home):
    others = [(f"o{number}", f"other{number}@example.com", None) for number in range(200)]
    home.holds(*EVERYBODY, *others)
    before = home.written()
    home.holds(*EVERYBODY, *others)
    looked_at = home.written() - before
    before = home.written()
    changed = [evolve_row(row, "ada.lovelace@example.com") for row in EVERYBODY]
    home.holds(*changed, *others)

    assert looked_at == 0
    assert 0 < home.written() - before < before / 10  # a row, and where it is indexed
    assert ids(called(home.store, "ada.lovelace@example.com", limit=9)) == ["p1"]
    assert called(home.store, "ada.king@example.com", limit=9) == []


def evolve_row(row, login):
    return (row[0], login, row[2]) if row[0] == "p1" else row


def test_who_went_is_not_found(home):
    home.holds(*EVERYBODY)
    home.holds(*EVERYBODY[1:])
    assert called(home.store, "p1", limit=9) == []
    assert holding(home.store, ["king"], limit=9) == []


def test_a_list_that_is_no_more_is_forgotten(home):
    home.holds(*EVERYBODY)
    index_things(home.store, home.folder, [])
    assert home.store.rows("SELECT * FROM thing") == []


def test_rows_that_are_no_things_are_not_kept(home):
    home.holds(*EVERYBODY)
    pairs = KnownList("one", evolve(PEOPLE, thing=""))
    index_things(home.store, home.folder, [pairs])
    assert home.store.rows("SELECT * FROM thing") == []


@given(st.text(alphabet=string.printable + "ÅåßİıﬀΣς😀\x00", max_size=20))
def test_whatever_is_typed_is_looked_for(shared, text):
    called(shared, text, limit=3)
    beginning(shared, text, limit=3)
    holding(shared, text.split(), limit=3)
    nearest(shared, text, limit=3)
    hits(shared, text, limit=3)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("shared"))
    home.holds(*EVERYBODY)
    yield home.store
    home.close()
