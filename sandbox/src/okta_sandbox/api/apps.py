"""`/api/v1/apps` and what hangs below one application."""

from collections.abc import Iterator
from typing import Any

from okta_sandbox.api.answers import Answer, not_found, validation_failed
from okta_sandbox.api.calls import Call
from okta_sandbox.api.expressions import expression_of
from okta_sandbox.api.pages import limit_of, listed, start_of
from okta_sandbox.api.records.app import app_group_json, app_json, app_user_json
from okta_sandbox.api.records.user import user_json
from okta_sandbox.filters import Dialect, Expression, holds, literals_of
from okta_sandbox.org.records import App, User

Json = dict[str, Any]

_PAGE = 20
_PAGE_MAX = 200
_USERS = 50
_USERS_MAX = 500
_GROUPS = 20
_GROUPS_MAX = 200
_EQ = frozenset({"eq"})
FILTER = Dialect(dict.fromkeys(("id", "status", "name", "user.id", "group.id"), _EQ))


def list_apps(call: Call) -> Answer:
    """GET /apps, all or by `q` or `filter`."""
    org, base, user = call.org, call.base, _expanded(call)

    def render(app: App) -> Json:
        record = app_json(org, app, base)
        scope = org.apps.scope(app, user.index) if user else None
        if user and scope:
            record["_embedded"] = {"user": app_user_json(org, app, user, scope, base)}
        return record

    return listed(
        call, _matching(call), render, limit=limit_of(call, default=_PAGE, maximum=_PAGE_MAX)
    )


def _expanded(call: Call) -> User | None:
    """The user of `expand=user/{id}`, who must be the one that the filter names."""
    kind, _, id_ = call.query.get("expand", "").partition("/")
    if not id_:
        return None
    expression = expression_of(call, filter=FILTER)
    if kind != "user" or expression is None or id_ not in literals_of(expression, "user.id"):
        raise validation_failed("expand", "expand: must name the user of the filter.")
    index = call.org.people.find(id_)
    return None if index is None else call.org.people.user(index)


def _matching(call: Call) -> Iterator[tuple[int, App]]:
    expression = expression_of(call, filter=FILTER)
    start, after = call.query.get("q", "").casefold(), start_of(call)
    for app in call.org.apps.all:
        named = app.label.casefold().startswith(start) or app.name.startswith(start)
        if app.index >= after and named and (expression is None or _holds(expression, call, app)):
            yield app.index, app


def _holds(expression: Expression, call: Call, app: App) -> bool:
    def attribute(name: str) -> object:
        if name == "user.id":
            return [id_ for id_ in literals_of(expression, name) if _has(call, app, id_)]
        if name == "group.id":
            return [group.id for group in app.groups]
        return {"id": app.id, "status": app.status, "name": app.name}[name]

    return holds(expression, attribute)


def _has(call: Call, app: App, user_id: object) -> bool:
    index = call.org.people.find(str(user_id))
    return index is not None and call.org.apps.scope(app, index) is not None


def _wanted(call: Call) -> App:
    app = call.org.apps.find(call.arguments[0])
    if app is None:
        raise not_found(call.arguments[0], "AppInstance")
    return app


def get_app(call: Call) -> Answer:
    """GET /apps/{id}."""
    return Answer.json(app_json(call.org, _wanted(call), call.base))


def list_app_users(call: Call) -> Answer:
    """GET /apps/{id}/users: direct and through groups, each user once."""
    org, app = call.org, _wanted(call)
    start = call.query.get("q", "").casefold()
    limit = limit_of(call, default=_USERS, maximum=_USERS_MAX)
    assigned = (
        (position, (org.people.user(index), scope))
        for position, index, scope in org.apps.assignments(app, start_of(call))
    )
    return listed(
        call,
        (item for item in assigned if item[1][0].login.startswith(start)),
        lambda item: _app_user_json(call, app, *item),
        limit=limit,
    )


def _app_user_json(call: Call, app: App, user: User, scope: str) -> Json:
    record = app_user_json(call.org, app, user, scope, call.base)
    if call.query.get("expand") == "user":
        record["_embedded"] = {"user": user_json(call.org, user, call.base)}
    return record


def get_app_user(call: Call) -> Answer:
    """GET /apps/{id}/users/{id}: 404 for somebody who is not assigned."""
    org, app = call.org, _wanted(call)
    index = org.people.find(call.arguments[1])
    scope = None if index is None else org.apps.scope(app, index)
    if index is None or scope is None:
        raise not_found(call.arguments[1], "AppUser")
    return Answer.json(_app_user_json(call, app, org.people.user(index), scope))


def list_app_groups(call: Call) -> Answer:
    """GET /apps/{id}/groups."""
    app, base, start = _wanted(call), call.base, start_of(call)
    return listed(
        call,
        enumerate(enumerate(app.groups[start:], start), start),
        lambda item: app_group_json(app, item[1], item[0], base),
        limit=limit_of(call, default=_GROUPS, maximum=_GROUPS_MAX, minimum=20),
    )


def get_app_group(call: Call) -> Answer:
    """GET /apps/{id}/groups/{id}: 404 for a group that is not assigned."""
    app, id_ = _wanted(call), call.arguments[1]
    for priority, group in enumerate(app.groups):
        if group.id == id_:
            return Answer.json(app_group_json(app, group, priority, call.base))
    raise not_found(id_, "ApplicationGroupAssignment")
