"""A filter as a tree, and whether it is true of a record."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from typing import Any, Final, cast

from attrs import Factory, field, frozen

COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew"})
ORDERING: Final = frozenset({"eq", "gt", "ge", "lt", "le"})

Scalar = str | float | bool | None
Resolve = Callable[[str], object]
"""Gives an attribute's value: a scalar, a list of scalars (any may match), or None if absent."""

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")


def epoch_s(text: str) -> float | None:
    """The instant an ISO 8601 text names, or None if it names none."""
    if not _TIMESTAMP.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{moment.isoformat()}+00:00")
    return moment.timestamp()


def _folded_literal(compare: "Compare") -> Scalar:
    literal = compare.literal
    return literal.casefold() if isinstance(literal, str) else literal


def _literal_instant_s(compare: "Compare") -> float | None:
    return epoch_s(compare.literal) if isinstance(compare.literal, str) else None


@frozen
class Compare:
    """`attribute operator literal`."""

    attribute: str
    operator: str
    literal: Scalar
    _folded: Scalar = field(
        init=False, repr=False, eq=False, default=Factory(_folded_literal, takes_self=True)
    )
    _instant_s: float | None = field(
        init=False, repr=False, eq=False, default=Factory(_literal_instant_s, takes_self=True)
    )

    def matches(self, value: object) -> bool:
        """Whether one value (or any of a list) satisfies the comparison."""
        if isinstance(value, list):
            return any(self.matches(item) for item in cast("list[object]", value))
        if isinstance(value, str):
            return self._matches_text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._matches_number(value)
        return self.operator in _EQUALITY and _compared(self.operator, value, self.literal)

    def _matches_text(self, value: str) -> bool:
        if self._instant_s is not None and (instant_s := epoch_s(value)) is not None:
            return _compared(self.operator, instant_s, self._instant_s)
        if not isinstance(self._folded, str):
            return self.operator == "ne"
        return _compared(self.operator, value.casefold(), self._folded)

    def _matches_number(self, value: float) -> bool:
        if self._instant_s is not None:
            return _compared(self.operator, value, self._instant_s)
        if isinstance(self.literal, (int, float)):
            return _compared(self.operator, value, self.literal)
        return self.operator == "ne"


@frozen
class Present:
    """`attribute pr`."""

    attribute: str


@frozen
class Both:
    """`left and right`."""

    left: "Expression"
    right: "Expression"


@frozen
class Either:
    """`left or right`."""

    left: "Expression"
    right: "Expression"


@frozen
class Negation:
    """`not (inner)`."""

    inner: "Expression"


Expression = Compare | Present | Both | Either | Negation

_EQUALITY = frozenset({"eq", "ne"})
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "co": operator.contains,
    "sw": str.startswith,
    "ew": str.endswith,
}


def _compared(name: str, value: object, literal: object) -> bool:
    if name in _TESTS:
        return _TESTS[name](value, literal)
    if isinstance(value, str) and isinstance(literal, str):
        return _TEXT_TESTS[name](value, literal)
    return False


def holds(expression: Expression, resolve: Resolve) -> bool:
    """Whether the expression is true of a record."""
    match expression:
        case Both(left, right):
            return holds(left, resolve) and holds(right, resolve)
        case Either(left, right):
            return holds(left, resolve) or holds(right, resolve)
        case Negation(inner):
            return not holds(inner, resolve)
        case Present(attribute):
            return resolve(attribute) not in (None, "", [])
        case Compare():
            value = resolve(expression.attribute)
            if value is None:
                return expression.operator == "ne"
            return expression.matches(value)


def may_hold(expression: Expression, known: Mapping[str, object]) -> bool:
    """Whether the expression could be true of a record of which only `known` is known.

    Lets a reader skip whole stretches of records without computing them.
    """
    return _possible(expression, known, wanted=True)


def _possible(expression: Expression, known: Mapping[str, object], *, wanted: bool) -> bool:
    """Whether the expression could come out as `wanted`."""
    match expression:
        case Both(left, right):
            parts = (_possible(part, known, wanted=wanted) for part in (left, right))
            return all(parts) if wanted else any(parts)
        case Either(left, right):
            parts = (_possible(part, known, wanted=wanted) for part in (left, right))
            return any(parts) if wanted else all(parts)
        case Negation(inner):
            return _possible(inner, known, wanted=not wanted)
        case Present(attribute) | Compare(attribute=attribute):
            return attribute not in known or holds(expression, known.get) == wanted


def span_s(expression: Expression, attribute: str) -> tuple[float, float]:
    """The earliest and latest instant (epoch seconds) that satisfy the expression.

    Infinite on a side where the expression sets no bound.
    """
    match expression:
        case Both(left, right):
            one, other = span_s(left, attribute), span_s(right, attribute)
            return max(one[0], other[0]), min(one[1], other[1])
        case Either(left, right):
            one, other = span_s(left, attribute), span_s(right, attribute)
            return min(one[0], other[0]), max(one[1], other[1])
        case Compare(name, comparison, str(literal)) if name == attribute:
            at_s = epoch_s(literal)
            if at_s is None:
                return -inf, inf
            return (
                at_s if comparison in {"gt", "ge", "eq"} else -inf,
                at_s if comparison in {"lt", "le", "eq"} else inf,
            )
        case _:
            return -inf, inf


def only(expression: Expression, attribute: str) -> frozenset[str] | None:
    """The few texts that the attribute may equal, or None where it may be anything."""
    match expression:
        case Both(left, right):
            one, other = only(left, attribute), only(right, attribute)
            if one is None or other is None:
                return other if one is None else one
            return one & other
        case Either(left, right):
            one, other = only(left, attribute), only(right, attribute)
            return one | other if one is not None and other is not None else None
        case Compare(name, "eq", str(literal)) if name == attribute:
            return frozenset({literal})
        case _:
            return None


def literals_of(expression: Expression, attribute: str) -> list[Scalar]:
    """Every literal that the expression compares this attribute with."""
    match expression:
        case Both(left, right) | Either(left, right):
            return literals_of(left, attribute) + literals_of(right, attribute)
        case Negation(inner):
            return literals_of(inner, attribute)
        case Compare(name, _, literal) if name == attribute:
            return [literal]
        case _:
            return []
