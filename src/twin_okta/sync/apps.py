"""Applications, and who is assigned to each that people sign in to.

Okta has no count: the users of an app are listed to the end, 500 a page. That bucket is Okta's
tightest, so inactive applications and Okta's own are not counted.
"""

from datetime import timedelta

import orjson

from twin_host.contract import DatasetReport
from twin_okta.api import NotFound
from twin_okta.api.json_path import at, objects
from twin_okta.api.models import App, AppGroup, AppUser
from twin_okta.api.structure import structure
from twin_okta.snapshot import Reading, iso_text
from twin_okta.sync.run import Run, each

PAGE = 200
USERS_PAGE = 500
AT_A_TIME = 8

INSERT_APP = """
INSERT OR REPLACE INTO app (generation, id, name, label, status, sign_on_mode, created,
    last_updated, application_type, policy_id, features)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_ASSIGNMENT = """
INSERT OR REPLACE INTO assignment (generation, app_id, user_id, scope, status)
VALUES (?, ?, ?, ?, ?)
"""
INSERT_READ = "INSERT OR REPLACE INTO app_read (generation, app_id, outcome) VALUES (?, ?, ?)"
INSERT_GROUP = "INSERT OR REPLACE INTO app_group VALUES (?, ?, ?)"
INSERT_USE = "INSERT OR REPLACE INTO app_use VALUES (?, ?, ?)"
TO_COUNT = """
SELECT a.id FROM sso_app a LEFT JOIN shown_app s ON s.id = a.id
ORDER BY a.id IN (SELECT app_id FROM shown_app_read), (SELECT count(*) FROM shown_assignment
    WHERE app_id = a.id) DESC, s.created DESC, a.id
"""
"""What was never counted first, newest before older; then by how many were counted last time."""


async def read_apps(run: Run) -> DatasetReport:
    """Read the catalogue of applications."""
    reading, read = run.begin("apps"), 0
    async for page in run.client.pages("/api/v1/apps", {"limit": PAGE}):
        apps, unreadable = structure(page.records, App)
        reading.store(INSERT_APP, map(_app_row, apps), unreadable)
        read += len(apps)
        run.progress("apps", read)
    return run.finish(reading)


async def read_assignments(run: Run) -> DatasetReport:
    """Read the users and the groups of every SSO application."""
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


async def read_app_use(run: Run) -> DatasetReport:
    """When somebody last signed in to each SSO application, within the log's window.

    The newest such entry of each application is asked for, instead of reading every sign-in there
    was: in a large org those are most of the log.
    """
    reading, done = run.begin("app_use"), 0
    now = run.now()
    window = {"since": iso_text(now - timedelta(hours=run.hours_back)), "until": iso_text(now)}
    app_ids = [row[0] for row in run.snapshot.rows(TO_COUNT)]

    async def last_use(app_id: str) -> None:
        nonlocal done
        wanted = f'eventType eq "user.authentication.sso" and target.id eq "{app_id}"'
        newest = {"limit": 1, "sortOrder": "DESCENDING", "filter": wanted}
        page = await run.client.page("/api/v1/logs", {**window, **newest})
        entries = objects(page.records)
        reading.store(INSERT_USE, [(app_id, at(entries[0], "published") if entries else None)])
        done += 1
        run.progress("app_use", done, len(app_ids))

    await each(app_ids, last_use, width=AT_A_TIME)
    return run.finish(reading)


async def _read_users_of(run: Run, reading: Reading, app_id: str) -> None:
    outcome = "read"
    try:
        async for page in run.client.pages(f"/api/v1/apps/{app_id}/users", {"limit": USERS_PAGE}):
            users, unreadable = structure(page.records, AppUser)
            rows = ((app_id, user.id, user.scope, user.status) for user in users)
            reading.store(INSERT_ASSIGNMENT, rows, unreadable)
        async for page in run.client.pages(f"/api/v1/apps/{app_id}/groups", {"limit": PAGE}):
            groups, unreadable = structure(page.records, AppGroup)
            reading.store(INSERT_GROUP, ((app_id, group.id) for group in groups), unreadable)
    except NotFound:
        outcome = "gone"  # deleted since it was listed
    reading.store(INSERT_READ, [(app_id, outcome)])


def _app_row(app: App) -> tuple[str | None, ...]:
    return (
        app.id,
        app.name,
        app.label,
        app.status,
        app.sign_on_mode,
        app.created,
        app.last_updated,
        app.application_type,
        app.policy_id,
        orjson.dumps(app.features or []).decode(),
    )
