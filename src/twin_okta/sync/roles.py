"""Admin roles of users and groups.

`/iam/assignees/users` names everybody with a role in bulk; whether it includes those who have one
only through a group is not documented, so the roles of admin groups are read as well.
"""

from collections.abc import Iterable

from twin_host.contract import DatasetReport
from twin_okta.api import NotFound
from twin_okta.api.models import Role, RoleAssignee
from twin_okta.api.structure import structure
from twin_okta.snapshot import Reading
from twin_okta.sync.run import Run, each

AT_A_TIME = 8

INSERT = """
INSERT OR REPLACE INTO role (generation, holder_kind, holder_id, id, type, label, status,
    assignment_type, custom_role_id, resource_set_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADMIN_GROUPS = "SELECT id FROM shown_group WHERE has_admin_role"


async def read_roles(run: Run) -> DatasetReport:
    """Read who holds which admin role. The groups have been read before, if they may be."""
    reading = run.begin("roles")
    holders = [("user", user_id) for user_id in await _assignees(run, reading)]
    holders += [("group", row[0]) for row in run.snapshot.rows(ADMIN_GROUPS)]
    done = 0

    async def read_holder(holder: tuple[str, str]) -> None:
        nonlocal done
        await _read_roles_of(run, reading, *holder)
        done += 1
        run.progress("roles", done, len(holders))

    await each(holders, read_holder, width=AT_A_TIME)
    return run.finish(reading)


async def _assignees(run: Run, reading: Reading) -> Iterable[str]:
    ids: dict[str, None] = {}  # in Okta's order, each once
    async for page in run.client.body_pages("/api/v1/iam/assignees/users", {"limit": 100}):
        assignees, unreadable = structure(page.records, RoleAssignee)
        ids.update((assignee.id, None) for assignee in assignees)
        reading.leave_out(unreadable)
    return ids


async def _read_roles_of(run: Run, reading: Reading, kind: str, holder_id: str) -> None:
    try:
        answer = await run.client.get(f"/api/v1/{kind}s/{holder_id}/roles")
    except NotFound:
        return  # deleted since it was listed
    roles, unreadable = structure(answer.json, Role)
    reading.store(INSERT, ((kind, holder_id, *_row(role)) for role in roles), unreadable)


def _row(role: Role) -> tuple[str | None, ...]:
    return (
        role.id,
        role.type,
        role.label,
        role.status,
        role.assignment_type,
        role.role,
        role.resource_set,
    )
