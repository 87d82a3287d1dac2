"""A table of any columns at any width: the name first and whole, and nothing left out."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from twin_host.cli.table import NARROWEST, Cell, lines

words = st.text(st.sampled_from("abcX.@-漢字é"), min_size=1, max_size=60)
texts = st.lists(words, max_size=6).map(" ".join)


@st.composite
def tables(draw):
    columns = draw(st.lists(st.text("abcdef_", min_size=1, max_size=20), min_size=1, max_size=12))
    row = st.tuples(words, *[texts] * (len(columns) - 1))
    return columns, draw(st.lists(row, max_size=4))


def told(columns, rows, width):
    cells = [[Cell(text) for text in row] for row in rows]
    return [line.plain for line in lines(columns, cells, width)]


def letters(text):
    return text.replace(" ", "")


@given(tables(), st.sampled_from([20, 40, 80, 132]))
def test_nothing_is_dropped_and_nothing_is_wider(table, width):
    columns, rows = table
    shown = told(columns, rows, width)
    assert all(cell_len(line) <= width for line in shown)
    text = letters("".join(shown))
    for letter, times in Counter(letters("".join("".join(row) for row in rows))).items():
        assert text.count(letter) >= times
    begins = "".join(line.split(" ")[0] for line in shown if line and line[0] != " ")
    for row in rows:
        _, found, begins = begins.partition(row[0])
        assert found, (row[0], shown)


LOGIN = "a.very.long.login.name.of.somebody.somewhere@example.org.example"[:60]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("name", [LOGIN, "漢字" * 15])
@pytest.mark.parametrize("columns", [2, 3, 12])
def test_a_long_name_stands_whole_and_no_column_is_a_strip_of_letters(width, name, columns):
    names = [f"column{number}" for number in range(columns)]
    row = [name, *["a reason of several words that takes its room"] * (columns - 1)]
    shown = told(names, [row], width)
    assert name in "".join(line.strip() for line in shown[:3])
    assert all(cell_len(line) <= width for line in shown)
    assert len(shown) < 5 * columns
    assert all(len(line.strip()) > 3 for line in shown if line)


def test_a_sentence_is_wrapped_beside_its_name_where_there_is_room():
    reason = "The administrator role of this token may not read the assignments of roles."
    shown = told(["dataset", "state", "reason"], [["roles", "denied", reason]], 60)
    assert shown[0].startswith("dataset  state")
    assert shown[1].startswith("roles    denied  The administrator")
    assert len(shown) == 3
    assert NARROWEST < 40
