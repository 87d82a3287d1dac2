"""The catalogue of applications."""

import orjson

from twin_okta.api.models import App
from twin_okta.datasets import PAGE
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing


def _row(app: App) -> Record:
    return {
        "id": app.id,
        "name": app.name,
        "label": app.label,
        "status": app.status,
        "sign_on_mode": app.sign_on_mode,
        "created": app.created,
        "last_updated": app.last_updated,
        "application_type": app.application_type,
        "policy_id": app.policy_id,
        "features": orjson.dumps(app.features or []).decode(),
    }


APPS = Listing(path="/api/v1/apps", params={"limit": PAGE}, model=App, table="app", row=_row)
