"""Values as a person writes them."""

import pytest

from twin_host.contract import Column, ColumnType
from twin_host.web.written import figure, guessed, heading, span, written


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("idle_minutes", 1440, "24 h"),
        ("idle_minutes", 90, "90 min"),
        ("idle_minutes", 4320, "3 d"),
        ("users_count", 1234567, "1,234,567"),
        ("tier", 0, "0"),
        ("is_held", 1, "yes"),
        ("has_admin_role", 0, "no"),
        ("reauthenticate_in", "PT2H", "2 h"),
        ("reauthenticate_in", "P1DT12H", "36 h"),
        ("names", "[]", "none"),
        ("names", '["a", "b"]', "a, b"),
        ("names", "[not a list]", "[not a list]"),
        ("last_login", "2026-01-31T12:34:56.789Z", "2026-01-31 12:34 UTC"),
        ("factors", "", "none"),
        ("factors", None, ""),
        ("name", "P", "P"),
        ("name", "[" * 5000 + "]", "[" * 5000 + "]"),
    ],
)
def test_a_value_reads_as_a_person_writes_it(name, value, text):
    assert guessed(name, value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("1440min", "24 h"), ("182128", "182,128"), ("87%", "87%"), ("0", "0"), ("[]", "none"),
     ("007", "007"), ("okta", "okta")],
)  # fmt: skip
def test_a_figure_reads_as_a_person_writes_it(value, text):
    assert figure(value) == text


def test_a_yes_or_no_is_known_by_the_type_of_its_column():
    opened = Column(name="opened", type=ColumnType.BOOLEAN, meaning="Whether it is.")
    assert [written(opened, value) for value in (1, 0, True, None)] == ["yes", "no", "yes", ""]


def test_a_unit_stands_with_the_value_and_not_in_the_heading():
    assert heading("idle_minutes") == "Idle"
    assert heading("last_login") == "Last login"
    assert span(45) == "45 s"
