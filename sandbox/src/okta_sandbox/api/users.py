"""`/api/v1/users` and what hangs below one user."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from okta_sandbox.api.answers import (
    Answer,
    access_denied,
    invalid_search,
    no_such_feature,
    not_found,
    validation_failed,
)
from okta_sandbox.api.calls import Call
from okta_sandbox.api.credentials import Principal
from okta_sandbox.api.pages import limit_of, listed, start_of
from okta_sandbox.api.records.enrollment import enrollments_json
from okta_sandbox.api.records.factor import factor_json
from okta_sandbox.api.records.group import group_json
from okta_sandbox.api.records.role import grant_json
from okta_sandbox.api.records.user import user_json
from okta_sandbox.filters import (
    ORDERING,
    Dialect,
    Expression,
    FilterError,
    earliest_s,
    holds,
    may_hold,
)
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import User

Json = dict[str, Any]

_EQ = frozenset({"eq"})
_PAGE = 200
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


# --- the list ---------------------------------------------------------------------------------


def list_users(call: Call) -> Answer:
    """GET /users: plain (without DEPROVISIONED), `q`, `filter` or `search`."""
    render = _renderer(call)
    if "q" in call.query:
        limit = limit_of(call, default=10, maximum=_PAGE, clamps=True)
        found = _quick(call, call.query["q"].casefold())
        return Answer.json([render(user) for _, user in zip(range(limit), found, strict=False)])
    expression = _expression(call)
    limit = limit_of(call, default=_PAGE, maximum=_PAGE, clamps=True)
    if "search" in call.query and "sortBy" in call.query:
        users = _sorted(call, expression)
    else:
        scanned = _scan(call.org, call.principal, expression, start_of(call))
        users = ((user.index, user) for user in scanned)
    return listed(call, users, render, limit=limit)


def _expression(call: Call) -> Expression | None:
    if "search" in call.query and "filter" in call.query:
        raise invalid_search("The 'search' and 'filter' parameters cannot be used together.")
    try:
        if "search" in call.query:
            return SEARCH.parse(call.query["search"])
        if "filter" in call.query:
            return FILTER.parse(call.query["filter"])
    except FilterError as error:
        raise invalid_search(str(error)) from None
    return None


def _scan(
    org: Org, principal: Principal, expression: Expression | None, start: int = 0
) -> Iterator[User]:
    """Users from an index on whom the caller may see and who match."""
    people = org.people
    for index in _candidates(org, expression, start):
        status = people.status(index)
        if expression is None:
            wanted = status != "DEPROVISIONED"
        else:
            wanted = may_hold(expression, {"status": status})
        if not (wanted and principal.sees_user(org, index)):
            continue
        user = people.user(index)
        if expression is None or holds(expression, lambda name, u=user: _attribute(name, u)):
            yield user


def _candidates(org: Org, expression: Expression | None, start: int) -> Iterator[int]:
    """Everybody, or only the few who changed when the search is for what happened since."""
    if expression and earliest_s(expression, "lastUpdated") > org.as_of_s:
        return org.people.changed(start)
    return org.people.indexes(start)


def _attribute(name: str, user: User) -> object:
    getter = ATTRIBUTES.get(name)
    return getter(user) if getter else None


def _quick(call: Call, start: str) -> Iterator[User]:
    for user in _scan(call.org, call.principal, None):
        names = (user.first_name, user.last_name, user.login)
        if any(name.casefold().startswith(start) for name in names):
            yield user


def _sorted(call: Call, expression: Expression | None) -> Iterator[tuple[int, User]]:
    order = call.query.get("sortOrder", "asc").lower()
    if order not in {"asc", "desc"}:
        raise validation_failed("sortOrder", "sortOrder: The sort order must be asc or desc.")
    if call.query["sortBy"] not in ATTRIBUTES:
        raise validation_failed("sortBy", "sortBy: The property cannot be sorted by.")
    people = call.org.people
    indexes = _order(
        call.org,
        call.org.changes.version,
        call.principal,
        expression,
        (call.query["sortBy"], order),
    )
    for place in range(start_of(call), len(indexes)):
        if people.exists(indexes[place]):
            yield place, people.user(indexes[place])


@lru_cache(maxsize=4)
def _order(
    org: Org,
    version: int,  # noqa: ARG001  part of the cache's key: a change makes a new order
    principal: Principal,
    expression: Expression | None,
    by: tuple[str, str],
) -> list[int]:
    """The indexes of all matching users in the order asked for; kept for the next page."""
    attribute, order = by
    getter = ATTRIBUTES[attribute]
    found = [
        (value is None, value if value is not None else "", user.id, user.index)
        for user in _scan(org, principal, expression)
        for value in (getter(user),)
    ]
    found.sort(key=lambda item: item[:3], reverse=order == "desc")
    return [item[3] for item in found]


# --- how a user is shown ----------------------------------------------------------------------


def _renderer(call: Call) -> Callable[[User], Json]:
    """How the list shows a user: whole, without credentials, or only some fields."""
    org, base = call.org, call.base
    projection = _projection(call.query["fields"]) if "fields" in call.query else None
    bare = "omitCredentials" in call.request.headers.get("content-type", "")

    def render(user: User) -> Json:
        record = user_json(org, user, base)
        if bare:
            del record["credentials"]
        return _projected(record, projection) if projection else record

    return render


def _projection(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Field names of `id,status,profile:(login,email)`: at the top, and of the profile."""
    top, _, profile = text.replace(" ", "").partition("profile:(")
    inner, closed, rest = profile.partition(")")
    if profile and not closed:
        raise validation_failed("fields", "fields: The projection is not closed.")
    names = frozenset(name for name in (top + rest).split(",") if name)
    return names | {"id"}, frozenset(name for name in inner.split(",") if name)


def _projected(record: Json, projection: tuple[frozenset[str], frozenset[str]]) -> Json:
    top, profile = projection
    kept = {name: value for name, value in record.items() if name in top}
    if profile:
        kept["profile"] = {k: v for k, v in record["profile"].items() if k in profile}
    return kept


# --- one user ---------------------------------------------------------------------------------


def _wanted(call: Call) -> User:
    """The user the path names. Raises 404 for nobody, 403 for one outside the caller's groups."""
    name = call.arguments[0]
    index = call.principal.owner if name == "me" else call.org.people.find(name)
    if index is None or not call.org.people.exists(index):
        raise not_found(name, "User")
    if not (name == "me" or call.principal.sees_user(call.org, index)):
        raise access_denied()
    return call.org.people.user(index)


def get_user(call: Call) -> Answer:
    """GET /users/{id}, by id or login, or `me`."""
    return Answer.json(user_json(call.org, _wanted(call), call.base, alone=True))


def list_factors(call: Call) -> Answer:
    """GET /users/{id}/factors: all of them, not paged."""
    user = _wanted(call)
    factors = call.org.factors.of(user.index)
    return Answer.json([factor_json(factor, user, call.base) for factor in factors])


def list_enrollments(call: Call) -> Answer:
    """GET /users/{id}/authenticator-enrollments, which a Classic org does not have."""
    if call.org.edition == "classic":
        raise no_such_feature()
    user = _wanted(call)
    return Answer.json(enrollments_json(call.org, user, call.base))


def list_user_groups(call: Call) -> Answer:
    """GET /users/{id}/groups: all of them, not paged."""
    groups = call.org.groups.of_user(_wanted(call).index)
    seen = [group for group in groups if call.principal.sees_group(group)]
    link = call.request.link("self", limit="200")
    records = [group_json(call.org, group, call.base) for group in seen]
    return Answer.json(records, headers=(link,))


def list_user_roles(call: Call) -> Answer:
    """GET /users/{id}/roles: direct and through groups, not paged."""
    grants = call.org.admins.of_user(_wanted(call).index)
    return Answer.json([grant_json(call.org, grant, call.base) for grant in grants])
