"""Custom roles that somebody holds: their permissions, and the resources that they reach."""

from twin_host.contract import DatasetReport
from twin_okta.api.models import Permission, Resource
from twin_okta.sync.lists import Listing, read_of_each
from twin_okta.sync.run import Run

HELD_ROLES = """
SELECT DISTINCT custom_role_id AS role_id FROM (SELECT type, custom_role_id FROM shown_role
    UNION ALL SELECT type, custom_role_id FROM shown_client_role)
WHERE type = 'CUSTOM' AND custom_role_id <> '' ORDER BY 1
"""
HELD_SETS = """
SELECT DISTINCT resource_set_id FROM (SELECT type, resource_set_id FROM shown_role
    UNION ALL SELECT type, resource_set_id FROM shown_client_role)
WHERE type = 'CUSTOM' AND resource_set_id <> '' ORDER BY 1
"""
PERMISSIONS = Listing(
    path="/api/v1/iam/roles/{role_id}/permissions",
    parent="/api/v1/iam/roles/{role_id}",
    within="permissions",
    model=Permission,
    table="role_permission",
    row=lambda permission: {"permission": permission.label},
)
RESOURCES = Listing(
    path="/api/v1/iam/resource-sets/{resource_set_id}/resources",
    parent="/api/v1/iam/resource-sets/{resource_set_id}",
    within="resources",
    model=Resource,
    table="set_resource",
    row=lambda resource: {"resource": resource.orn},
)


async def read_custom_roles(run: Run) -> DatasetReport:
    """Read what every custom role that somebody holds permits, and where."""
    reading = run.start("custom_roles")
    await read_of_each(run, reading, run.snapshot.records(HELD_ROLES, {}), PERMISSIONS)
    await read_of_each(run, reading, run.snapshot.records(HELD_SETS, {}), RESOURCES)
    return run.finish(reading)
