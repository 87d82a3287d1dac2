"""`/api/v1/groups` and what hangs below one group."""

from collections.abc import Callable, Iterator
from typing import Any

from okta_sandbox.api.answers import Answer, access_denied, not_found
from okta_sandbox.api.calls import Call
from okta_sandbox.api.expressions import expression_of
from okta_sandbox.api.pages import limit_of, listed, start_of
from okta_sandbox.api.records.app import app_json
from okta_sandbox.api.records.group import group_json
from okta_sandbox.api.records.role import grant_json
from okta_sandbox.api.records.user import user_json
from okta_sandbox.filters import ORDERING, Dialect, Expression, holds, only
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import Group

Json = dict[str, Any]

_PAGE = 10_000
_QUICK = 300
_MEMBERS = 1000
_APPS = 20
_APPS_MAX = 200
_EQ = frozenset({"eq"})
_WORDS = ORDERING | {"sw"}
FILTER = Dialect(
    {"id": _EQ, "type": _EQ, "lastUpdated": ORDERING, "lastMembershipUpdated": ORDERING}
)
SEARCH = Dialect(
    {
        **dict.fromkeys(("id", "type", "source.id"), _WORDS),
        **dict.fromkeys(("created", "lastUpdated", "lastMembershipUpdated"), ORDERING),
        **dict.fromkeys(("profile.name", "profile.description"), _WORDS | {"co"}),
    },
    others=_WORDS,
    prefixes=("profile.",),
    presence=True,
)
ATTRIBUTES: dict[str, Callable[[Org, Group], object]] = {
    "id": lambda _, group: group.id,
    "type": lambda _, group: group.type,
    "created": lambda _, group: group.created_s,
    "lastUpdated": lambda _, group: group.updated_s,
    "lastMembershipUpdated": lambda org, group: org.groups.membership_changed_s(group),
    "profile.name": lambda _, group: group.name,
    "profile.description": lambda _, group: group.description,
}
"""How a filter reads each attribute; times in epoch seconds."""


def list_groups(call: Call) -> Answer:
    """GET /groups, all or by `q`, `filter` or `search`; `expand=stats` adds numbers."""
    org, base = call.org, call.base
    stats = "stats" in call.query.get("expand", "").split(",")
    if "q" in call.query:
        start = call.query["q"].casefold()
        limit = limit_of(call, default=_QUICK, maximum=_QUICK, clamps=True)
        named = [g for g in org.groups.all if g.name.casefold().startswith(start)]
        seen = [group for group in named if call.principal.sees_group(group)][:limit]
        return Answer.json([group_json(org, group, base, stats=stats) for group in seen])
    limit = limit_of(call, default=_PAGE, maximum=_PAGE, clamps=True)
    return listed(
        call,
        _matching(call, expression_of(call, search=SEARCH, filter=FILTER)),
        lambda group: group_json(org, group, base, stats=stats),
        limit=limit,
    )


def _matching(call: Call, expression: Expression | None) -> Iterator[tuple[int, Group]]:
    org = call.org
    named = only(expression, "id") if expression else None
    start = start_of(call)
    for group in org.groups.all:
        if group.index < start or not call.principal.sees_group(group):
            continue
        if named is not None and group.id not in named:
            continue
        if expression is None or holds(expression, lambda name, g=group: _attribute(name, org, g)):
            yield group.index, group


def _attribute(name: str, org: Org, group: Group) -> object:
    getter = ATTRIBUTES.get(name)
    return getter(org, group) if getter else None


def _wanted(call: Call) -> Group:
    """The group the path names. Raises 404 for none, 403 for one the caller does not see."""
    group = call.org.groups.find(call.arguments[0])
    if group is None:
        raise not_found(call.arguments[0], "UserGroup")
    if not call.principal.sees_group(group):
        raise access_denied()
    return group


def get_group(call: Call) -> Answer:
    """GET /groups/{id}."""
    return Answer.json(group_json(call.org, _wanted(call), call.base))


def list_group_users(call: Call) -> Answer:
    """GET /groups/{id}/users."""
    org, base = call.org, call.base
    members = org.groups.members(_wanted(call), start_of(call))
    return listed(
        call,
        members,
        lambda index: user_json(org, org.people.user(index), base),
        limit=limit_of(call, default=_MEMBERS, maximum=_MEMBERS, clamps=True),
    )


def list_group_roles(call: Call) -> Answer:
    """GET /groups/{id}/roles, not paged."""
    grants = call.org.admins.of_group(_wanted(call))
    return Answer.json([grant_json(call.org, grant, call.base) for grant in grants])


def list_group_apps(call: Call) -> Answer:
    """GET /groups/{id}/apps."""
    org, base = call.org, call.base
    apps = org.apps.of_group(_wanted(call))
    start = start_of(call)
    return listed(
        call,
        ((app.index, app) for app in apps if app.index >= start),
        lambda app: app_json(org, app, base),
        limit=limit_of(call, default=_APPS, maximum=_APPS_MAX, clamps=True),
    )
