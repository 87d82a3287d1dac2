"""Groups with their counts, and the members of those that make somebody privileged."""

from twin_host.contract import DatasetReport
from twin_okta.api import NotFound
from twin_okta.api.models import Group, Member
from twin_okta.api.structure import structure
from twin_okta.snapshot import Reading
from twin_okta.sync.run import Run, each

PAGE = 200  # Okta's advice, the more so with stats
MEMBERS_PAGE = 1000
AT_A_TIME = 8

INSERT_GROUP = """
INSERT OR REPLACE INTO okta_group (generation, id, name, type, users_count, has_admin_role)
VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_MEMBER = (
    "INSERT OR REPLACE INTO group_member (generation, group_id, user_id) VALUES (?, ?, ?)"
)

TO_OPEN = """
SELECT id FROM okta_group WHERE generation = ?1 AND (has_admin_role
    OR lower(name) IN (SELECT lower(value) FROM org, json_each(org.privileged_groups)))
"""


async def read_groups(run: Run) -> DatasetReport:
    """Read all groups, then open those that hold admin roles or are named in the settings."""
    reading, read = run.begin("groups"), 0
    async for page in run.client.pages("/api/v1/groups", {"limit": PAGE, "expand": "stats"}):
        groups, unreadable = structure(page.records, Group)
        reading.store(INSERT_GROUP, map(_row, groups), unreadable)
        read += len(groups)
        run.progress("groups", read)

    async def open_group(row: tuple[str]) -> None:
        await _read_members(run, reading, row[0])

    to_open = run.snapshot.rows(TO_OPEN, (reading.generation,))
    await each(to_open, open_group, width=AT_A_TIME)
    return run.finish(reading)


async def _read_members(run: Run, reading: Reading, group_id: str) -> None:
    try:
        pages = run.client.pages(f"/api/v1/groups/{group_id}/users", {"limit": MEMBERS_PAGE})
        async for page in pages:
            members, unreadable = structure(page.records, Member)
            reading.store(INSERT_MEMBER, ((group_id, member.id) for member in members), unreadable)
    except NotFound:
        return  # deleted since it was listed


def _row(group: Group) -> tuple[str | int | None, ...]:
    return (
        group.id,
        group.profile.name,
        group.type,
        group.stats.users_count,
        group.has_admin_role,
    )
