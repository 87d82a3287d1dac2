"""Network zones."""

from twin_host.contract import DatasetReport
from twin_okta.api.models import Zone
from twin_okta.sync.lists import Listing, read_list
from twin_okta.sync.run import Run

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


async def read_zones(run: Run) -> DatasetReport:
    """Read all network zones."""
    reading = run.start("zones")
    await read_list(run, reading, ZONES)
    return run.finish(reading)
