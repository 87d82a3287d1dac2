"""`/api/v1/users` and what hangs below one user."""

from collections.abc import Callable
from typing import Any

from okta_sandbox.api import user_search
from okta_sandbox.api.answers import (
    Answer,
    access_denied,
    no_such_feature,
    not_found,
    validation_failed,
)
from okta_sandbox.api.calls import Call
from okta_sandbox.api.pages import limit_of, listed
from okta_sandbox.api.records.enrollment import enrollments_json
from okta_sandbox.api.records.factor import factor_json
from okta_sandbox.api.records.group import group_json
from okta_sandbox.api.records.role import grant_json
from okta_sandbox.api.records.user import user_json
from okta_sandbox.org.records import User

Json = dict[str, Any]

_PAGE = 200

# --- the list ---------------------------------------------------------------------------------


def list_users(call: Call) -> Answer:
    """GET /users: plain (without DEPROVISIONED), `q`, `filter` or `search`."""
    render = _renderer(call)
    if "q" in call.query:
        limit = limit_of(call, default=10, maximum=_PAGE, clamps=True)
        found = user_search.quick(call, call.query["q"].casefold())
        return Answer.json([render(user) for _, user in zip(range(limit), found, strict=False)])
    users = user_search.find(call)
    limit = limit_of(call, default=_PAGE, maximum=_PAGE, clamps=True)
    return listed(call, users, render, limit=limit)


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
