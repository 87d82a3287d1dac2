"""Which rows are wanted, as a person types it: `status = ACTIVE`, `last_login < 90d`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from twin_host.asking.catalogue import Kind
from twin_host.asking.tables import folded, quoted
from twin_host.contract import Column, ColumnType
from twin_host.errors import UsageError
from twin_host.known import iso_ms
from twin_host.moments import span_of

_CONDITION = re.compile(r"\s*([A-Za-z_]\w*)\s*(!=|<=|>=|=|<|>|~|\bin\b)\s*(.*?)\s*", re.DOTALL)
NOTHING = "null"
LARGEST = 2**63
"""What a database can compare with; and neither infinity nor what is no number."""
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
Value = str | int | float


@frozen
class Condition:
    """One of the conditions of a question, as SQL over a list's columns."""

    sql: str
    values: tuple[Value, ...] = ()


def condition(typed: str, kind: Kind, now: datetime) -> Condition:
    """What `column op value` means; op is one of = != < <= > >= ~ (contains) in (any of, separated
    by commas), and `null` stands for what is not known. Raises UsageError for what it cannot be."""
    found = _CONDITION.fullmatch(typed)
    if not found:
        raise UsageError(
            f"{typed!r} is no condition: write a column, one of = != < <= > >= ~ in, and a value, "
            'as in "status = ACTIVE".'
        )
    name, operator, value = found.groups()
    column, value = kind.column(name), _unquoted(value)
    if operator == "~":
        return Condition(f"instr(folded({quoted(name)}), ?)", (folded(value) or "",))
    if operator == "in":
        return _any_of(column, _items(found[3]), now)
    return _compared(column, operator, value, now)


def _any_of(column: Column, items: Sequence[str], now: datetime) -> Condition:
    each = [_compared(column, "=", item, now) for item in items]
    sql = " OR ".join(f"({condition.sql})" for condition in each)
    return Condition(sql, tuple(value for condition in each for value in condition.values))


def _compared(column: Column, operator: str, value: str, now: datetime) -> Condition:
    """What is not known is not equal to anything, and so among what is `!=`."""
    name = quoted(column.name)
    if value.lower() == NOTHING and operator in ("=", "!="):
        return Condition(f"{name} IS {'NOT ' if operator == '!=' else ''}NULL")
    if column.type is ColumnType.TIME:
        return _of_time(name, operator, value, now)
    sign = "IS NOT" if operator == "!=" else operator
    return Condition(f"{name} {sign} ?", (_typed(column, value, now),))


def conditions(typed: Sequence[str], kind: Kind, now: datetime) -> list[Condition]:
    """All of them."""
    return [condition(each, kind, now) for each in typed]


def equal(values: Mapping[str, Value]) -> Condition:
    """That columns have these values, whatever they are."""
    return Condition(" AND ".join(f"{quoted(name)} = ?" for name in values), tuple(values.values()))


def _of_time(column: str, operator: str, value: str, now: datetime) -> Condition:
    """A day is all of it: `<=` and `>` are of its end, `=` and `!=` of what is within it."""
    span = span_of(value, now)
    start, end = iso_ms(span.start), iso_ms(span.end)
    if operator in ("=", "!=") and start != end:
        inside = f"({column} >= ? AND {column} < ?)"
        outside = f"{inside} IS NOT TRUE"
        return Condition(inside if operator == "=" else outside, (start, end))
    if start != end and operator in ("<=", ">"):
        return Condition(f"{column} {'<' if operator == '<=' else '>='} ?", (end,))
    return Condition(f"{column} {'IS NOT' if operator == '!=' else operator} ?", (start,))


def _typed(column: Column, value: str, now: datetime) -> Value:
    if column.type is ColumnType.NUMBER:
        return _number(column, value)
    if column.type is ColumnType.BOOLEAN:
        if value.lower() not in YES + NO:
            raise UsageError(f"{column.name} is yes or no, not {value!r}.")
        return int(value.lower() in YES)
    if column.type is ColumnType.TIME:
        return iso_ms(span_of(value, now).start)
    return value


def _number(column: Column, value: str) -> int | float:
    for kind in (int, float):
        try:
            found = kind(value)
        except ValueError:
            continue
        if abs(found) < LARGEST:
            return found
    raise UsageError(f"{column.name} is a number, not {value!r}.")


def _items(listed: str) -> list[str]:
    """The values of `in`: separated by commas, in parentheses or not, each in quotes or not."""
    listed = listed.strip()
    inner = listed[1:-1] if listed[:1] == "(" and listed[-1:] == ")" else listed
    return [_unquoted(item.strip()) for item in inner.split(",")]


def _unquoted(value: str) -> str:
    """A value may stand in quotes, as SQL has them."""
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value
