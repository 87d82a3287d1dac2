"""Who is assigned to each application that people sign in to.

Okta has no count: the users of an app are listed to the end, 500 a page. That bucket is Okta's
tightest, so inactive applications and Okta's own are not counted.
"""

from twin_host.contract import DatasetReport
from twin_okta.api.models import AppGroup, AppUser
from twin_okta.sync.lists import Listing, SubjectKey, read_of_each
from twin_okta.sync.run import Run

TO_COUNT = """
SELECT a.id AS app_id FROM sso_app a LEFT JOIN shown_app s ON s.id = a.id
ORDER BY a.id IN (SELECT app_id FROM shown_app_read), (SELECT count(*) FROM shown_assignment
    WHERE app_id = a.id) DESC, s.created DESC, a.id
"""
"""What was never counted first, newest before older; then by how many were counted last time."""
USERS = Listing(
    path="/api/v1/apps/{app_id}/users",
    parent="/api/v1/apps/{app_id}",
    params={"limit": 500},
    model=AppUser,
    table="assignment",
    row=lambda user: {"user_id": user.id, "scope": user.scope, "status": user.status},
)
GROUPS = Listing(
    path="/api/v1/apps/{app_id}/groups",
    parent="/api/v1/apps/{app_id}",
    params={"limit": 200},
    model=AppGroup,
    table="app_group",
    row=lambda group: {"group_id": group.id},
)


async def read_assignments(run: Run) -> DatasetReport:
    """Read the users and the groups of every SSO application."""
    reading = run.start("assignments")

    def note(app: SubjectKey, outcome: str) -> None:
        reading.store("app_read", [{**app, "outcome": outcome}])

    await read_of_each(run, reading, run.snapshot.records(TO_COUNT, {}), USERS, GROUPS, ended=note)
    return run.finish(reading)
