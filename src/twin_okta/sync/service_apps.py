"""Service apps that hold admin roles: power that no person has."""

from twin_host.contract import DatasetReport
from twin_okta.api.models import Role
from twin_okta.sync.lists import Listing, read_of_each
from twin_okta.sync.roles import role_row
from twin_okta.sync.run import Run

SERVICE_APPS = """
SELECT id AS app_id FROM known_app WHERE class = 'machine' AND status = 'ACTIVE' ORDER BY id
"""
ROLES = Listing(
    path="/oauth2/v1/clients/{app_id}/roles",
    parent="/api/v1/apps/{app_id}",
    model=Role,
    table="client_role",
    row=role_row,
)


async def read_service_apps(run: Run) -> DatasetReport:
    """The admin roles of every active service app."""
    reading = run.start("service_apps")
    await read_of_each(run, reading, run.snapshot.records(SERVICE_APPS, {}), ROLES)
    return run.finish(reading)
