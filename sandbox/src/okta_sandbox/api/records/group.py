"""How a group is answered."""

from typing import Any

from okta_sandbox.org.org import Org
from okta_sandbox.org.records import Group
from okta_sandbox.times import iso

Json = dict[str, Any]

_OBJECT_CLASS = {"APP_GROUP": "okta:windows_security_principal"}


def group_json(org: Org, group: Group, base: str, *, stats: bool = False) -> Json:
    """A group as Okta answers it, with its numbers if asked for."""
    itself = f"{base}/api/v1/groups/{group.id}"
    record: Json = {
        "id": group.id,
        "created": iso(group.created_s),
        "lastUpdated": iso(group.updated_s),
        "lastMembershipUpdated": iso(org.groups.membership_changed_s(group)),
        "objectClass": [_OBJECT_CLASS.get(group.type, "okta:user_group")],
        "type": group.type,
        "profile": {"name": group.name, "description": group.description},
        "_links": {
            "self": {"href": itself},
            "users": {"href": f"{itself}/users"},
            "apps": {"href": f"{itself}/apps"},
        },
    }
    if stats:
        record["_embedded"] = {"stats": _stats(org, group)}
    return record


def _stats(org: Org, group: Group) -> Json:
    return {
        "usersCount": org.groups.size(group),
        "appsCount": len(org.apps.of_group(group)),
        "groupPushMappingsCount": 0,
        # Spelled so by Okta.
        "hasAdminPrivlege": bool(org.admins.of_group(group)),
    }
