"""Admin roles: assignments of users and groups, custom roles, and who holds any."""

from collections.abc import Iterator
from typing import Any

from okta_sandbox.api.answers import Answer, not_found
from okta_sandbox.api.calls import Call
from okta_sandbox.api.pages import cursor, limit_of, start_of, take
from okta_sandbox.api.records.role import assignee_json, permission_json, role_json
from okta_sandbox.org.records import CustomRole

Json = dict[str, Any]

_PAGE = 100


def list_assignees(call: Call) -> Answer:
    """GET /iam/assignees/users: ids of users with a role; the next page's link is in the body."""
    org = call.org
    admins = (
        sorted(org.admins.privileged()) if org.assignees_through_groups else org.admins.holders()
    )
    limit = limit_of(call, default=_PAGE, maximum=_PAGE, clamps=True)
    start = start_of(call)
    places: Iterator[tuple[int, int]] = enumerate(admins[start:], start)
    taken, following = take(places, limit)
    body: Json = {"value": [assignee_json(org, user, call.base) for user in taken]}
    if following is not None:
        after = cursor(call, following)
        body["_links"] = {
            "next": {"href": f"{call.base}{call.request.path}?after={after}&limit={limit}"}
        }
    return Answer.json(body)


def list_roles(call: Call) -> Answer:
    """GET /iam/roles: the org's custom roles."""
    roles = [role_json(role, call.base) for role in call.org.admins.custom_roles]
    return Answer.json({"roles": roles, "_links": {}})


def get_role(call: Call) -> Answer:
    """GET /iam/roles/{idOrLabel}."""
    return Answer.json(role_json(_role(call), call.base))


def list_permissions(call: Call) -> Answer:
    """GET /iam/roles/{idOrLabel}/permissions."""
    role = _role(call)
    permissions = [permission_json(role, name, call.base) for name in role.permissions]
    return Answer.json({"permissions": permissions})


def _role(call: Call) -> CustomRole:
    role = call.org.admins.custom_role(call.arguments[0])
    if role is None:
        raise not_found(call.arguments[0], "CustomRole")
    return role
