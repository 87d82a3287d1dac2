"""Which users a list, `filter` or `search` finds, in which order.

A search reads an index that lags behind by `Settings.search_lag_s`: it finds and shows users as
they were then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from attrs import frozen

from okta_sandbox.api.answers import invalid_search, validation_failed
from okta_sandbox.api.calls import Call
from okta_sandbox.api.credentials import Principal
from okta_sandbox.api.expressions import expression_of
from okta_sandbox.api.pages import start_of
from okta_sandbox.filters import (
    ORDERING,
    Dialect,
    Expression,
    holds,
    may_hold,
    only,
    span_s,
)
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import User
from okta_sandbox.org.timelines import ascending

_EQ = frozenset({"eq"})
FILTER = Dialect(
    {
        "status": _EQ,
        "id": _EQ,
        "lastUpdated": ORDERING,
        "profile.login": _EQ,
        "profile.email": _EQ,
        "profile.firstName": _EQ,
        "profile.lastName": _EQ,
    }
)
_WORDS = ORDERING | {"sw"}
_NAMES = _WORDS | {"co"}
SEARCH = Dialect(
    {
        **dict.fromkeys(("id", "status", "type.id"), _WORDS),
        **dict.fromkeys(
            ("created", "activated", "statusChanged", "lastUpdated", "passwordChanged"), ORDERING
        ),
        **dict.fromkeys(
            ("profile.firstName", "profile.lastName", "profile.email", "profile.login"), _NAMES
        ),
    },
    others=_WORDS,
    prefixes=("profile.",),
    presence=True,
)

ATTRIBUTES: dict[str, Callable[[User], object]] = {
    "id": lambda user: user.id,
    "status": lambda user: user.status,
    "created": lambda user: user.created_s,
    "activated": lambda user: user.activated_s,
    "statusChanged": lambda user: user.status_changed_s,
    "lastUpdated": lambda user: user.last_updated_s,
    "passwordChanged": lambda user: user.password_changed_s,
    "profile.login": lambda user: user.login,
    "profile.email": lambda user: user.login,
    "profile.firstName": lambda user: user.first_name,
    "profile.lastName": lambda user: user.last_name,
    "profile.displayName": lambda user: user.name,
    "profile.department": lambda user: user.department,
    "profile.title": lambda user: user.title,
    "profile.userType": lambda user: user.kind,
    "profile.employeeNumber": lambda user: str(10_000 + user.index),
}
"""How a filter reads each attribute; times in epoch seconds."""


_TIMES = {"created": "created_s", "lastUpdated": "last_updated_s"}
"""The attributes by which users are found without looking at everybody."""


@frozen(eq=False)
class _View:
    """What one caller sees of an org: now, but for the users whom the index has as they were."""

    org: Org
    principal: Principal
    behind: Mapping[int, User | None]

    def exists(self, index: int) -> bool:
        """Whether there is such a user to be found."""
        if index in self.behind:
            return self.behind[index] is not None
        return self.org.people.exists(index)

    def status(self, index: int) -> str:
        """The status alone of a user who exists."""
        known = self.behind.get(index)
        return known.status if known else self.org.people.status(index)

    def user(self, index: int) -> User:
        """The record of a user who exists."""
        return self.behind.get(index) or self.org.people.user(index)


def find(call: Call) -> Iterator[tuple[int, User]]:
    """The users that the query asks for, each with its place, from the cursor's on."""
    expression, view = _expression(call), _view(call)
    if "search" in call.query and "sortBy" in call.query:
        return _sorted(call, view, expression)
    return ((user.index, user) for user in _scan(view, expression, start_of(call)))


def quick(call: Call, start: str) -> Iterator[User]:
    """Users whose first name, last name or login begins so."""
    for user in _scan(_view(call), None):
        names = (user.first_name, user.last_name, user.login)
        if any(name.casefold().startswith(start) for name in names):
            yield user


def _view(call: Call) -> _View:
    behind: Mapping[int, User | None] = {}
    if "search" in call.query and call.settings.search_lag_s:
        behind = call.org.changes.past_users.behind(call.now_s - call.settings.search_lag_s)
    return _View(call.org, call.principal, behind)


def _expression(call: Call) -> Expression | None:
    if "search" in call.query and "filter" in call.query:
        raise invalid_search("The 'search' and 'filter' parameters cannot be used together.")
    return expression_of(call, search=SEARCH, filter=FILTER)


def _scan(view: _View, expression: Expression | None, start: int = 0) -> Iterator[User]:
    """Users from an index on whom the caller may see and who match."""
    for index in _candidates(view, expression, start):
        if not view.exists(index):
            continue
        status = view.status(index)
        if expression is None:
            wanted = status != "DEPROVISIONED"
        else:
            wanted = may_hold(expression, {"status": status})
        if not (wanted and view.principal.sees_user(view.org, index)):
            continue
        user = view.user(index)
        if expression is None or holds(expression, lambda name, u=user: _attribute(name, u)):
            yield user


def _candidates(view: _View, expression: Expression | None, start: int) -> Iterable[int]:
    """Indexes of whoever may match, ascending: few, where ids or times say who."""
    people = view.org.people
    if expression is None:
        return ascending(start, people.indexes(start), sorted(view.behind))
    named = only(expression, "id")
    if named is not None:
        found = {people.ids.decode(id_) for id_ in named} - {None}
        return ascending(start, sorted(index for index in found if index is not None))
    narrowed = [
        found
        for attribute, field in _TIMES.items()
        if (found := people.within(field, span_s(expression, attribute))) is not None
    ]
    if not narrowed:
        return ascending(start, people.indexes(start), sorted(view.behind))
    fewest: Sequence[int] = min(narrowed, key=len)
    return ascending(start, fewest, people.changed(start), sorted(view.behind))


def _attribute(name: str, user: User) -> object:
    getter = ATTRIBUTES.get(name)
    return getter(user) if getter else None


def _sorted(call: Call, view: _View, expression: Expression | None) -> Iterator[tuple[int, User]]:
    order = call.query.get("sortOrder", "asc").lower()
    if order not in {"asc", "desc"}:
        raise validation_failed("sortOrder", "sortOrder: The sort order must be asc or desc.")
    if call.query["sortBy"] not in ATTRIBUTES:
        raise validation_failed("sortBy", "sortBy: The property cannot be sorted by.")
    by = (call.query["sortBy"], order)
    if view.behind:
        indexes = _ordered(view, expression, by)
    else:
        version = call.org.changes.version
        indexes = _order(call.org, version, call.principal, expression, by)
    for place in range(start_of(call), len(indexes)):
        if view.exists(indexes[place]):
            yield place, view.user(indexes[place])


@lru_cache(maxsize=4)
def _order(
    org: Org,
    version: int,  # noqa: ARG001  part of the cache's key: a change makes a new order
    principal: Principal,
    expression: Expression | None,
    by: tuple[str, str],
) -> list[int]:
    """The same for an index that does not lag; kept for the next page."""
    return _ordered(_View(org, principal, {}), expression, by)


def _ordered(view: _View, expression: Expression | None, by: tuple[str, str]) -> list[int]:
    """The indexes of all matching users in the order asked for."""
    attribute, order = by
    getter = ATTRIBUTES[attribute]
    found = [
        (value is None, value if value is not None else "", user.id, user.index)
        for user in _scan(view, expression)
        for value in (getter(user),)
    ]
    found.sort(key=lambda item: item[:3], reverse=order == "desc")
    return [item[3] for item in found]
