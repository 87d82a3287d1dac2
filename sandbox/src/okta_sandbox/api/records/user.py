"""How a user is answered."""

from typing import Any

from okta_sandbox.org.org import Org
from okta_sandbox.org.records import User
from okta_sandbox.times import iso

Json = dict[str, Any]


def type_id(org: Org) -> str:
    """The id of the org's one user type."""
    return "oty" + org.id[3:]


def user_json(org: Org, user: User, base: str, *, alone: bool = False) -> Json:
    """A user as Okta answers it; alone, with every link that its status allows."""
    manager = org.people.ids.encode(user.manager) if user.manager is not None else None
    itself = f"{base}/api/v1/users/{user.id}"
    record: Json = {
        "id": user.id,
        "status": user.status,
        "created": iso(user.created_s),
        "activated": iso(user.activated_s),
        "statusChanged": iso(user.status_changed_s),
        "lastLogin": iso(user.last_login_s),
        "lastUpdated": iso(user.last_updated_s),
        "passwordChanged": iso(user.password_changed_s),
        "type": {"id": type_id(org)},
        "profile": {
            "firstName": user.first_name,
            "lastName": user.last_name,
            "mobilePhone": None,
            "secondEmail": None,
            "login": user.login,
            "email": user.login,
            "displayName": user.name,
            "department": user.department,
            "title": user.title,
            "userType": user.kind,
            "manager": manager and org.people.user(user.manager or 0).name,
            "managerId": manager,
            "employeeNumber": str(10_000 + user.index),
        },
        "credentials": {
            "provider": {"type": user.provider_type, "name": user.provider_name},
        },
        "_links": {"self": {"href": itself}},
    }
    if user.password_changed_s is not None:
        record["credentials"]["password"] = {}
    if alone:
        record["_links"].update(_lifecycle_links(org, user, base, itself))
    return record


def user_summary_json(org: Org, user: User, base: str) -> Json:
    """A user in short, as lists of other things embed one."""
    return {
        "id": user.id,
        "realmId": "guo" + org.id[3:],
        "profile": {
            "firstName": user.first_name,
            "lastName": user.last_name,
            "login": user.login,
            "email": user.login,
        },
        "_links": {"self": {"href": f"{base}/api/v1/users/{user.id}"}},
    }


_ACTIONS: dict[str, tuple[str, ...]] = {
    "ACTIVE": ("suspend", "resetPassword", "expirePassword", "resetFactors", "deactivate"),
    "PASSWORD_EXPIRED": ("suspend", "resetPassword", "resetFactors", "deactivate"),
    "LOCKED_OUT": ("unlock", "resetPassword", "deactivate"),
    "RECOVERY": ("resetPassword", "deactivate"),
    "PROVISIONED": ("reactivate", "deactivate"),
    "STAGED": ("activate",),
    "SUSPENDED": ("unsuspend", "deactivate"),
    "DEPROVISIONED": ("activate",),
}
_PATHS = {
    "resetPassword": "reset_password",
    "expirePassword": "expire_password",
    "resetFactors": "reset_factors",
}


def _lifecycle_links(org: Org, user: User, base: str, itself: str) -> Json:
    links: Json = {
        action: {"href": f"{itself}/lifecycle/{_PATHS.get(action, action)}", "method": "POST"}
        for action in _ACTIONS.get(user.status, ())
    }
    links["schema"] = {"href": f"{base}/api/v1/meta/schemas/user/osc{org.id[3:]}"}
    links["type"] = {"href": f"{base}/api/v1/meta/types/user/{type_id(org)}"}
    return links
