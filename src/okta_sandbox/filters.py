"""Okta's filter and search grammar, as in `status eq "ACTIVE" and (created gt "2024-…" or …)`.

One parser serves users, groups, applications and the System Log; what each endpoint allows beyond
the grammar is its `Dialect`.

    expression = term { "or" term }
    term       = factor { "and" factor }
    factor     = [ "not" ] "(" expression ")" | attribute "pr" | attribute operator literal
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

import orjson
from attrs import field, frozen

COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew"})
ORDERING: Final = frozenset({"eq", "gt", "ge", "lt", "le"})

Scalar = str | float | bool | None
Resolve = Callable[[str], object]
"""Gives an attribute's value: a scalar, a list of scalars (any may match), or None if absent."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<bracket>[()])|(?P<word>[^\s()"]+))""", re.VERBOSE
)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")
_MAX_DEPTH = 50


class FilterError(ValueError):
    """The text is not a filter, or not one that this endpoint accepts. The message says why."""


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


# --- the expression ---------------------------------------------------------------------------


@frozen
class Compare:
    """`attribute operator literal`."""

    attribute: str
    operator: str
    literal: Scalar
    _folded: Scalar = field(init=False, repr=False, eq=False)
    _instant_s: float | None = field(init=False, repr=False, eq=False)

    @_folded.default
    def _fold(self) -> Scalar:
        return self.literal.casefold() if isinstance(self.literal, str) else self.literal

    @_instant_s.default
    def _instant(self) -> float | None:
        return epoch_s(self.literal) if isinstance(self.literal, str) else None

    def matches(self, value: object) -> bool:
        """Whether one value (or any of a list) satisfies the comparison."""
        if isinstance(value, (list, tuple, set, frozenset)):
            return any(self.matches(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, str):
            return self._matches_text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._matches_number(value)
        return (
            _compared(self.operator, value, self.literal) if self.operator in _EQUALITY else False
        )

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


def _compared(operator: str, value: object, literal: object) -> bool:
    test = _TESTS.get(operator) or _TEXT_TESTS.get(operator)
    if test is None or (operator in _TEXT_TESTS and not isinstance(value, str)):
        return False
    return test(value, literal)


_TESTS: dict[str, Callable[..., bool]] = {
    "eq": lambda value, literal: value == literal,
    "ne": lambda value, literal: value != literal,
    "gt": lambda value, literal: value > literal,
    "ge": lambda value, literal: value >= literal,
    "lt": lambda value, literal: value < literal,
    "le": lambda value, literal: value <= literal,
}
_TEXT_TESTS: dict[str, Callable[..., bool]] = {
    "co": lambda value, literal: literal in value,
    "sw": lambda value, literal: value.startswith(literal),
    "ew": lambda value, literal: value.endswith(literal),
}


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


# --- parsing ----------------------------------------------------------------------------------


@frozen
class _Token:
    kind: Literal["string", "bracket", "word", "end"]
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise FilterError(f"Unexpected character at position {position}.")
        for kind in ("string", "bracket", "word"):
            if found[kind] is not None:
                tokens.append(_Token(kind, found[kind]))
        position = found.end()
    return [*tokens, _Token("end", "")]


class _Parser:
    """Recursive descent over the tokens; one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._expression()
        if self._next.kind != "end":
            raise FilterError(f"Unexpected '{self._next.text}' after the expression.")
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        if token.kind == "end":
            raise FilterError("The expression ends too early.")
        self._at += 1
        return token

    def _takes_word(self, word: str) -> bool:
        found = self._next.kind == "word" and self._next.text.lower() == word
        self._at += found
        return found

    def _expression(self) -> Expression:
        expression = self._term()
        while self._takes_word("or"):
            expression = Either(expression, self._term())
        return expression

    def _term(self) -> Expression:
        expression = self._factor()
        while self._takes_word("and"):
            expression = Both(expression, self._factor())
        return expression

    def _factor(self) -> Expression:
        if self._takes_word("not"):
            return Negation(self._group())
        if self._next == _Token("bracket", "("):
            return self._group()
        return self._comparison()

    def _group(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise FilterError("The expression is nested too deeply.")
        if self._take() != _Token("bracket", "("):
            raise FilterError("Expected '('.")
        expression = self._expression()
        if self._take() != _Token("bracket", ")"):
            raise FilterError("Expected ')'.")
        self._depth -= 1
        return expression

    def _comparison(self) -> Expression:
        attribute = self._take()
        if attribute.kind != "word":
            raise FilterError(f"Expected an attribute, found {attribute.text}.")
        operator = self._take().text.lower()
        if operator == "pr":
            return Present(attribute.text)
        if operator not in COMPARISONS:
            raise FilterError(f"Unknown operator '{operator}'.")
        return Compare(attribute.text, operator, _literal(self._take()))


def _literal(token: _Token) -> Scalar:
    try:
        value = orjson.loads(token.text)
    except orjson.JSONDecodeError:
        raise FilterError(f"Expected a quoted value, found {token.text}.") from None
    if isinstance(value, (list, dict)):
        raise FilterError(f"Expected a quoted value, found {token.text}.")
    return value


def parse(text: str) -> Expression:
    """Read an expression. Raises FilterError, saying what is wrong."""
    return _Parser(text).whole()


# --- what an endpoint allows ------------------------------------------------------------------


@frozen
class Dialect:
    """Attributes an endpoint can filter by and the operators each takes.

    `others` are the operators of any attribute under one of `prefixes` that is not listed, for
    endpoints that search all profile attributes; what begins with one of `never` is refused.
    """

    attributes: Mapping[str, frozenset[str]]
    others: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    negation: bool = False
    presence: bool = False

    def parse(self, text: str) -> Expression:
        """Read an expression that this endpoint accepts. Raises FilterError."""
        expression = parse(text)
        self._check(expression)
        return expression

    def _check(self, expression: Expression) -> None:
        match expression:
            case Both(left, right) | Either(left, right):
                self._check(left)
                self._check(right)
            case Negation(inner):
                if not self.negation:
                    raise FilterError("The 'not' operator is not supported.")
                self._check(inner)
            case Present(attribute):
                if not self.presence:
                    raise FilterError("The 'pr' operator is not supported.")
                self._operators(attribute)
            case Compare(attribute, operator):
                if operator not in self._operators(attribute):
                    raise FilterError(f"Operator '{operator}' is not supported for {attribute}.")

    def _operators(self, attribute: str) -> frozenset[str]:
        allowed = self.attributes.get(attribute)
        if allowed is None and attribute.startswith(self.prefixes):
            allowed = self.others
        if not allowed or (self.never and attribute.startswith(self.never)):
            raise FilterError(f"Invalid property: {attribute}")
        return allowed
