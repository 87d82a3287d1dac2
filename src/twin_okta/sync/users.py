"""Users of every status.

`/api/v1/users` leaves DEPROVISIONED out unless `search` or `filter` is given (Okta's API
reference, "List all users"), so one search that is true of everybody reads them all.
"""

from twin_host.contract import DatasetReport
from twin_okta.api.models import User
from twin_okta.datasets import PAGE
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing, read_list
from twin_okta.sync.run import Run

EVERYBODY = 'lastUpdated gt "1970-01-01T00:00:00.000Z"'


async def read_users(run: Run) -> DatasetReport:
    """Read all users, a page at a time."""
    reading = run.start("users")
    await read_list(run, reading, USERS)
    return run.finish(reading)


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
    params={"search": EVERYBODY, "limit": PAGE},
    model=User,
    table="user",
    row=_row,
)
