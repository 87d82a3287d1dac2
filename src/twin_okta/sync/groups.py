"""Groups with their counts and members: of those that make somebody privileged, and of the rest."""

from attrs import evolve

from twin_okta.api.models import Group, Member
from twin_okta.datasets import MEMBERS_PAGE, PAGE
from twin_okta.snapshot import Record, folded
from twin_okta.sync.lists import Listing
from twin_okta.sync.merge import Since


def _row(group: Group) -> Record:
    return {
        "id": group.id,
        "name": group.profile.name,
        "folded_name": folded(group.profile.name) if group.profile.name else None,
        "type": group.type,
        "membership_updated": group.last_membership_updated,
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
ORDINARY_MEMBERS = evolve(MEMBERS, table="member")
"""Those of groups on which no figure depends are kept apart, so that none waits for them."""
CHANGED_GROUPS = Since(
    listing=GROUPS, parameter="filter", moved=("lastUpdated", "lastMembershipUpdated")
)
