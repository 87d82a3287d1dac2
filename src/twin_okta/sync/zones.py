"""Network zones."""

from twin_okta.api.models import Zone
from twin_okta.sync.lists import Listing

ZONES = Listing(
    path="/api/v1/zones",
    model=Zone,
    table="zone",
    row=lambda zone: {
        "id": zone.id,
        "name": zone.name,
        "type": zone.type,
        "usage": zone.usage,
        "status": zone.status,
    },
)
