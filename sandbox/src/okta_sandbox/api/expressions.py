"""What a query asks for by `search` or `filter`."""

from collections.abc import Callable

from okta_sandbox.api.answers import ApiError, invalid_search
from okta_sandbox.api.calls import Call
from okta_sandbox.filters import Dialect, Expression, FilterError


def expression_of(
    call: Call, *, refusal: Callable[[str], ApiError] = invalid_search, **dialects: Dialect
) -> Expression | None:
    """The expression in the first of these parameters that is there; None without one. What cannot
    be parsed is refused."""
    for name, dialect in dialects.items():
        if name in call.query:
            try:
                return dialect.parse(call.query[name])
            except FilterError as error:
                raise refusal(str(error)) from None
    return None
