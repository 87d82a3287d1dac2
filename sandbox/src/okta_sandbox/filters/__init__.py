"""Okta's filter and search grammar, as in `status eq "ACTIVE" and (created gt "2024-…" or …)`.

One parser serves users, groups, applications and the System Log; what each endpoint allows beyond
the grammar is its `Dialect`.

    expression = term { "or" term }
    term       = factor { "and" factor }
    factor     = [ "not" ] "(" expression ")" | attribute "pr" | attribute operator literal
"""

from okta_sandbox.filters.dialect import Dialect
from okta_sandbox.filters.expression import (
    COMPARISONS,
    ORDERING,
    Expression,
    epoch_s,
    holds,
    literals_of,
    may_hold,
    only,
    span_s,
)
from okta_sandbox.filters.grammar import FilterError, parse

__all__ = [
    "COMPARISONS",
    "ORDERING",
    "Dialect",
    "Expression",
    "FilterError",
    "epoch_s",
    "holds",
    "literals_of",
    "may_hold",
    "only",
    "parse",
    "span_s",
]
