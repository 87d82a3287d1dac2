"""A list in pages is the list, whatever is missing in it, tied, filtered or sorted either way."""

import sqlite3
from itertools import count

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from twin_host.asking.catalogue import Kind
from twin_host.asking.conditions import Condition
from twin_host.asking.rows import PIECE, Asker, Question
from twin_host.contract import Column, ColumnType, List
from twin_host.errors import UsageError

ABOUT = List(
    kind="things",
    title="Things",
    meaning="Every one.",
    columns=tuple(
        Column(name=name, type=kind, meaning="It.")
        for name, kind in (("id", ColumnType.NUMBER), ("name", ColumnType.TEXT),
                           ("is_new", ColumnType.BOOLEAN))
    ),
    order=("name",),
    shown=("name",),
)  # fmt: skip
THINGS = Question(kind=Kind("things", ABOUT, ()))
FILTERS = {
    "all": (),
    "some": (Condition("id % 3 = 0"),),
    "those without a name": (Condition("name IS NULL"),),
    "none": (Condition("id < 0"),),
}
ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "ä", "", None]), st.sampled_from([0, 1, None])),
    max_size=25,
)


def asker_of(rows, **patience):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE things (id, name, is_new)")
    numbered = [(number, *row) for number, row in enumerate(rows)]
    connection.executemany("INSERT INTO things VALUES (?, ?, ?)", numbered)
    return Asker(connection, **patience)


def in_pages(asker, question, size):
    place, found = None, []
    while True:
        page = asker.page(question, size=size, after=place)
        assert len(page.rows) <= size
        found += page.rows
        place = page.next
        if place is None:
            return found


@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
@given(rows=ROWS, sort=st.sampled_from(["id", "name", "is_new", None]), falls=st.booleans(),
       size=st.integers(1, 7))  # fmt: skip
def test_pages_have_every_row_once_and_in_order(where, rows, sort, falls, size):
    asker = asker_of(rows)
    question = evolve(THINGS, where=where, sort=sort, descending=falls)
    whole = list(asker.rows(question))

    assert in_pages(asker, question, size) == whole
    assert asker.count(question) == len(whole)
    asker.connection.close()


@pytest.mark.parametrize("falls", [False, True])
def test_where_few_rows_fit_each_page_says_how_far_it_looked_and_none_is_lost(falls):
    """By a clock that is late whenever one looks."""
    ticks = count()
    names = [(None if number % 2 else "b", 0) for number in range(12_000)]
    late = asker_of(names, patience_s=0.5, monotonic=lambda: float(next(ticks)))
    rare = evolve(THINGS, where=(Condition("id % 4999 = 0"),), descending=falls)

    first = late.page(rare, size=7)
    assert (len(first.rows) < 3, first.looked_at) == (True, PIECE)
    assert in_pages(late, rare, 7) == list(late.rows(rare))


def test_a_place_of_another_list_is_refused():
    with pytest.raises(UsageError, match="of another list"):
        asker_of([("a", 1)]).page(THINGS, size=1, after=("a",))
