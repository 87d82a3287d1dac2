"""What an endpoint allows beyond the grammar."""

from collections.abc import Mapping

from attrs import frozen

from okta_sandbox.filters.expression import Both, Compare, Either, Expression, Negation, Present
from okta_sandbox.filters.grammar import FilterError, parse


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
