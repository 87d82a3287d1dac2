"""Admin roles of users and groups.

`/iam/assignees/users` names everybody with a role in bulk; whether it includes those who have one
only through a group is not documented, so the roles of admin groups are read as well.
"""

from twin_host.contract import DatasetReport
from twin_okta.api.models import Role, RoleAssignee
from twin_okta.snapshot import Reading, Record
from twin_okta.sync.lists import Listing, SubjectKey, read_of_each, understood
from twin_okta.sync.run import Run

ADMIN_GROUPS = """
SELECT 'group' AS holder_kind, id AS holder_id FROM shown_group WHERE has_admin_role
"""


async def read_roles(run: Run) -> DatasetReport:
    """Read who holds which admin role. The groups have been read before, if they may be."""
    reading = run.start("roles")
    holders = [*await _assignees(run, reading), *run.snapshot.records(ADMIN_GROUPS, {})]
    await read_of_each(run, reading, holders, ROLES)
    return run.finish(reading)


async def _assignees(run: Run, reading: Reading) -> list[SubjectKey]:
    ids: dict[str, None] = {}  # in Okta's order, each once
    pages = run.client.body_pages("/api/v1/iam/assignees/users", {"limit": 100})
    async for assignees, unreadable in understood(pages, RoleAssignee):
        ids.update((assignee.id, None) for assignee in assignees)
        reading.leave_out(unreadable)
    return [{"holder_kind": "user", "holder_id": user_id} for user_id in ids]


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
