"""When somebody last signed in to each SSO application, within the log's window."""

from datetime import timedelta

from twin_host.contract import DatasetReport
from twin_okta.api import Refused, UnreadableAnswer
from twin_okta.api.models import SignOn
from twin_okta.api.structure import Unreadable, structure
from twin_okta.snapshot import iso_text
from twin_okta.sync.assignments import TO_COUNT
from twin_okta.sync.lists import SubjectKey, for_each
from twin_okta.sync.run import Run


async def read_app_use(run: Run) -> DatasetReport:
    """Ask for the newest sign-in of each application, instead of reading every sign-in there was:
    in a large org those are most of the log."""
    reading, now = run.start("app_use"), run.now()
    window = {
        "since": iso_text(now - timedelta(hours=run.asked.hours_back)),
        "until": iso_text(now),
    }

    async def read_last_use(app: SubjectKey) -> None:
        wanted = f'eventType eq "user.authentication.sso" and target.id eq "{app["app_id"]}"'
        newest = {"limit": 1, "sortOrder": "DESCENDING", "filter": wanted}
        try:
            page = await run.client.page("/api/v1/logs", {**window, **newest})
            entries, unreadable = structure(page.records, SignOn)
        except (Refused, UnreadableAnswer) as error:
            reading.leave_out([Unreadable(app["app_id"], str(error))])
            return
        if unreadable:
            reading.leave_out([Unreadable(app["app_id"], unreadable[0].reason)])
            return
        last_used = entries[0].published if entries else None
        reading.store("app_use", [{**app, "last_used": last_used}])

    await for_each(run, "app_use", run.snapshot.records(TO_COUNT, {}), read_last_use)
    return run.finish(reading)
