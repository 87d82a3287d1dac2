"""Applications, and who is assigned to each that people sign in to.

Okta has no count: the users of an app are listed to the end, 500 a page. That bucket is Okta's
tightest, so inactive applications and Okta's own are not counted.
"""

from twin_host.contract import DatasetReport
from twin_okta.api import NotFound
from twin_okta.api.models import App, AppUser, structure
from twin_okta.snapshot import Reading
from twin_okta.sync.run import Run, each

PAGE = 200
USERS_PAGE = 500
AT_A_TIME = 8

INSERT_APP = """
INSERT OR REPLACE INTO app (generation, id, name, label, status, sign_on_mode, created,
    last_updated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_ASSIGNMENT = """
INSERT OR REPLACE INTO assignment (generation, app_id, user_id, scope, status)
VALUES (?, ?, ?, ?, ?)
"""
INSERT_READ = "INSERT OR REPLACE INTO app_read (generation, app_id, outcome) VALUES (?, ?, ?)"
TO_COUNT = "SELECT id FROM sso_app ORDER BY id"


async def read_apps(run: Run) -> DatasetReport:
    """Read the catalogue of applications."""
    reading, read = run.begin("apps"), 0
    async for page in run.client.pages("/api/v1/apps", {"limit": PAGE}):
        apps, unreadable = structure(page.records, App)
        reading.store(INSERT_APP, map(_app_row, apps))
        reading.skip(unreadable)
        run.snapshot.commit()
        read += len(apps)
        run.progress("apps", read)
    return run.finish(reading)


async def read_assignments(run: Run) -> DatasetReport:
    """Read the users of every SSO application."""
    reading = run.begin("assignments")
    app_ids = [row[0] for row in run.snapshot.rows(TO_COUNT)]
    done = 0

    async def count(app_id: str) -> None:
        nonlocal done
        await _read_users_of(run, reading, app_id)
        done += 1
        run.progress("assignments", done, len(app_ids))

    await each(app_ids, count, width=AT_A_TIME)
    return run.finish(reading)


async def _read_users_of(run: Run, reading: Reading, app_id: str) -> None:
    outcome = "read"
    try:
        async for page in run.client.pages(f"/api/v1/apps/{app_id}/users", {"limit": USERS_PAGE}):
            users, unreadable = structure(page.records, AppUser)
            rows = ((app_id, user.id, user.scope, user.status) for user in users)
            reading.store(INSERT_ASSIGNMENT, rows)
            reading.skip(unreadable)
            run.snapshot.commit()
    except NotFound:
        outcome = "gone"  # deleted since it was listed
    reading.store(INSERT_READ, [(app_id, outcome)])
    run.snapshot.commit()


def _app_row(app: App) -> tuple[str | None, ...]:
    return (
        app.id,
        app.name,
        app.label,
        app.status,
        app.sign_on_mode,
        app.created,
        app.last_updated,
    )
