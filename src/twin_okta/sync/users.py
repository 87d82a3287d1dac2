"""Users of every status.

`/api/v1/users` leaves DEPROVISIONED out unless `search` or `filter` is given (Okta's API
reference, "List all users"), so one search that is true of everybody reads them all.
"""

from twin_host.contract import DatasetReport
from twin_okta.api.models import User
from twin_okta.api.structure import structure
from twin_okta.sync.run import Run

EVERYBODY = 'lastUpdated gt "1970-01-01T00:00:00.000Z"'
PAGE = 200  # Okta's most

INSERT = """
INSERT OR REPLACE INTO user (generation, id, login, status, email, first_name, last_name,
    department, manager, provider, type_id, realm_id, created, activated, status_changed,
    last_login, last_updated, password_changed, user_type)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


async def read_users(run: Run) -> DatasetReport:
    """Read all users, a page at a time."""
    reading, read = run.begin("users"), 0
    async for page in run.client.pages("/api/v1/users", {"search": EVERYBODY, "limit": PAGE}):
        users, unreadable = structure(page.records, User)
        reading.store(INSERT, map(_row, users), unreadable)
        read += len(users)
        run.progress("users", read)
    return run.finish(reading)


def _row(user: User) -> tuple[str | None, ...]:
    profile = user.profile
    return (
        user.id,
        profile.login,
        user.status,
        profile.email,
        profile.first_name,
        profile.last_name,
        profile.department,
        profile.manager,
        user.credentials.provider.type,
        user.type.id,
        user.realm_id,
        user.created,
        user.activated,
        user.status_changed,
        user.last_login,
        user.last_updated,
        user.password_changed,
        profile.user_type,
    )
