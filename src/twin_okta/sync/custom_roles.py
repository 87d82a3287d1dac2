"""Custom roles that somebody holds: their permissions, and the resources that they reach."""

from twin_okta.api.models import Permission, Resource
from twin_okta.sync.lists import Listing

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
