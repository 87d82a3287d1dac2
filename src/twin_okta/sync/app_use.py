"""When somebody last signed in to each SSO application, within the log's window."""

from datetime import timedelta

from attrs import evolve

from twin_okta.api.models import SignOn
from twin_okta.snapshot import iso_text
from twin_okta.sync.lists import Listing
from twin_okta.sync.run import Run

LAST_USE = Listing(
    path="/api/v1/logs",
    parent="/api/v1/apps/{app_id}",
    params={
        "sortOrder": "DESCENDING",
        "limit": 1,
        "filter": 'eventType eq "user.authentication.sso" and target.id eq "{app_id}"',
    },
    newest_only=True,
    model=SignOn,
    table="app_use",
    row=lambda sign_on: {"last_used": sign_on.published},
)


def last_use(run: Run) -> Listing[SignOn]:
    """Ask for the newest sign-in of each application, instead of reading every sign-in there was:
    in a large org those are most of the log."""
    now = run.now()
    since = now - timedelta(hours=run.asked.hours_back)
    window = {"since": iso_text(since), "until": iso_text(now)}
    return evolve(LAST_USE, params={**window, **LAST_USE.params})
