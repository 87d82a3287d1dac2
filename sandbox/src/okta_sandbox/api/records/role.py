"""How role assignments, custom roles and their holders are answered."""

from typing import Any

from okta_sandbox.org.admins import Grant
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import App, CustomRole
from okta_sandbox.times import iso

Json = dict[str, Any]


def grant_json(org: Org, grant: Grant, base: str) -> Json:
    """One role assignment as Okta answers it."""
    api = f"{base}/api/v1"
    if grant.group:
        assignee = f"{api}/groups/{grant.group.id}"
    else:
        assignee = f"{api}/users/{org.people.ids.encode(grant.user or 0)}"
    record = _grant_json(grant, api)
    record["assignmentType"] = "GROUP" if grant.group else "USER"
    record["_links"]["assignee"] = {"href": assignee}
    return record


def _grant_json(grant: Grant, api: str) -> Json:
    record: Json = {
        "id": grant.id,
        "label": grant.label,
        "type": grant.type,
        "status": "ACTIVE",
        "created": iso(grant.created_s),
        "lastUpdated": iso(grant.created_s),
        "_links": {},
    }
    if grant.role:
        sets = f"{api}/iam/resource-sets/{grant.resource_set}"
        record |= {"role": grant.role, "resource-set": grant.resource_set}
        record["_links"] |= {
            "resource-set": {"href": sets},
            "member": {"href": f"{sets}/bindings/{grant.role}/members/{grant.id}"},
            "role": {"href": f"{api}/iam/roles/{grant.role}"},
            "permissions": {"href": f"{api}/iam/roles/{grant.role}/permissions"},
        }
    return record


def client_grant_json(grant: Grant, app: App, base: str) -> Json:
    """One role assignment of a service app."""
    record = _grant_json(grant, f"{base}/api/v1")
    record["assignmentType"] = "CLIENT"
    record["_links"]["assignee"] = {"href": f"{base}/oauth2/v1/clients/{app.id}"}
    return record


def assignee_json(org: Org, user: int, base: str) -> Json:
    """One user who holds a role, as `/iam/assignees/users` lists it."""
    id_ = org.people.ids.encode(user)
    itself = f"{base}/api/v1/users/{id_}"
    return {
        "id": id_,
        "orn": f"orn:okta:directory:{org.id}:users:{id_}",
        "_links": {"self": {"href": itself}, "roles": {"href": f"{itself}/roles"}},
    }


def role_json(role: CustomRole, base: str) -> Json:
    """A custom role as Okta answers it."""
    itself = f"{base}/api/v1/iam/roles/{role.id}"
    return {
        "id": role.id,
        "label": role.label,
        "isCloneable": False,
        "description": role.description,
        "created": iso(role.created_s),
        "lastUpdated": iso(role.updated_s),
        "_links": {"permissions": {"href": f"{itself}/permissions"}, "self": {"href": itself}},
    }


def permission_json(role: CustomRole, permission: str, base: str) -> Json:
    """One permission of a custom role."""
    itself = f"{base}/api/v1/iam/roles/{role.id}"
    return {
        "label": permission,
        "created": iso(role.created_s),
        "lastUpdated": iso(role.updated_s),
        "conditions": None,
        "_links": {
            "role": {"href": itself},
            "self": {"href": f"{itself}/permissions/{permission}"},
        },
    }
