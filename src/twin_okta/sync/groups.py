"""Groups with their counts, and the members of those that make somebody privileged."""

from twin_host.contract import DatasetReport
from twin_okta.api.models import Group, Member
from twin_okta.datasets import PAGE
from twin_okta.snapshot import Record, folded
from twin_okta.sync.lists import Listing, read_list, read_of_each
from twin_okta.sync.run import Run

MEMBERS_PAGE = 1000

TO_OPEN = """
SELECT id AS group_id FROM okta_group WHERE generation = :generation AND (has_admin_role
    OR folded_name IN (SELECT value FROM org, json_each(org.privileged_groups)))
"""


async def read_groups(run: Run) -> DatasetReport:
    """Read all groups, then open those that hold admin roles or are named in the settings."""
    reading = run.start("groups")
    await read_list(run, reading, GROUPS)
    to_open = run.snapshot.records(TO_OPEN, {"generation": reading.generation})
    await read_of_each(run, reading, to_open, MEMBERS)
    return run.finish(reading)


def _row(group: Group) -> Record:
    return {
        "id": group.id,
        "name": group.profile.name,
        "folded_name": folded(group.profile.name) if group.profile.name else None,
        "type": group.type,
        "users_count": group.stats.users_count,
        "has_admin_role": group.has_admin_role,
    }


GROUPS = Listing(
    path="/api/v1/groups",
    params={"limit": PAGE, "expand": "stats"},
    model=Group,
    table="okta_group",
    row=_row,
)
MEMBERS = Listing(
    path="/api/v1/groups/{group_id}/users",
    parent="/api/v1/groups/{group_id}",
    params={"limit": MEMBERS_PAGE},
    model=Member,
    table="group_member",
    row=lambda member: {"user_id": member.id},
)
