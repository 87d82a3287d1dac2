"""From text to tree: the tokens and the recursive descent over them."""

import re
from typing import Literal

import orjson
from attrs import frozen

from okta_sandbox.filters.expression import (
    COMPARISONS,
    Both,
    Compare,
    Either,
    Expression,
    Negation,
    Present,
    Scalar,
)

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<bracket>[()])|(?P<word>[^\s()"]+))""", re.VERBOSE
)
_MAX_DEPTH = 50


class FilterError(ValueError):
    """The text is not a filter, or not one that this endpoint accepts. The message says why."""


@frozen
class _Token:
    kind: Literal["string", "bracket", "word", "end"]
    text: str


def _token(found: re.Match[str]) -> _Token:
    if found["string"] is not None:
        return _Token("string", found["string"])
    if found["bracket"] is not None:
        return _Token("bracket", found["bracket"])
    return _Token("word", found["word"])


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise FilterError(f"Unexpected character at position {position}.")
        tokens.append(_token(found))
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
