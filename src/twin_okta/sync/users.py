"""Users of every status.

`/api/v1/users` leaves DEPROVISIONED out unless `search` or `filter` is given (Okta's API
reference, "List all users"), so one search that is true of everybody reads them all.
"""

from twin_okta.api import OktaError
from twin_okta.api.json_path import at, objects
from twin_okta.api.models import User
from twin_okta.changes import Difference
from twin_okta.datasets import PAGE
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing, read_whole
from twin_okta.sync.logs import take_sign_ins
from twin_okta.sync.merge import Since
from twin_okta.sync.run import Run

ANYBODY = 'lastUpdated gt "1970-01-01T00:00:00.000Z"'

EVERYBODY = {"filter": 'type eq "BUILT_IN"', "expand": "stats", "limit": 10}


async def read_users(run: Run) -> Difference:
    """Read all users, a page at a time."""
    differ = await read_whole(run, "users", USERS)
    await _count_everybody(run)
    return differ


async def _count_everybody(run: Run) -> None:
    """Ask how many there are in Okta's own group of everybody; not being told raises no doubt."""
    try:
        page = await run.client.page("/api/v1/groups", EVERYBODY)
    except OktaError:
        return
    counts = [at(group, "_embedded.stats.usersCount") for group in objects(page.records)]
    known = [count for count in counts if isinstance(count, int) and 0 <= count < 2**53]
    run.everybody = max(known, default=None)


def _row(user: User) -> Record:
    profile = user.profile
    return {
        "id": user.id,
        "login": profile.login,
        "status": user.status,
        "email": profile.email,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "department": profile.department,
        "manager": profile.manager,
        "provider": user.credentials.provider.type,
        "type_id": user.type.id,
        "realm_id": user.realm_id,
        "created": user.created,
        "activated": user.activated,
        "status_changed": user.status_changed,
        "last_login": user.last_login,
        "last_updated": user.last_updated,
        "password_changed": user.password_changed,
        "user_type": profile.user_type,
    }


USERS = Listing(
    path="/api/v1/users",
    params={"search": ANYBODY, "limit": PAGE},
    model=User,
    table="user",
    row=_row,
)
CHANGED_USERS = Since(
    listing=USERS,
    parameter="search",
    moved=("lastUpdated",),
    one="/api/v1/users/{id}",
    also=take_sign_ins,
)
