"""Admin roles of users and groups.

`/iam/assignees/users` names everybody with a role in bulk; whether it includes those who have one
only through a group is not documented, so the roles of admin groups are read as well.
"""

from twin_okta.api.models import Role, RoleAssignee
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing


def role_row(role: Role) -> Record:
    """A role, whoever holds it."""
    return {
        "id": role.id,
        "type": role.type,
        "label": role.label,
        "status": role.status,
        "custom_role_id": role.role,
        "resource_set_id": role.resource_set,
    }


ROLES = Listing(
    path="/api/v1/{holder_kind}s/{holder_id}/roles",
    parent="/api/v1/{holder_kind}s/{holder_id}",
    model=Role,
    table="role",
    row=lambda role: {**role_row(role), "assignment_type": role.assignment_type},
)
ASSIGNEES = Listing(
    path="/api/v1/iam/assignees/users",
    params={"limit": 100},
    within="value",
    model=RoleAssignee,
    table="assignee",
    row=lambda assignee: {"user_id": assignee.id},
)
