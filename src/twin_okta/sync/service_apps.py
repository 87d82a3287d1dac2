"""Service apps that hold admin roles: power that no person has."""

from twin_okta.api.models import Role
from twin_okta.sync.lists import Listing
from twin_okta.sync.roles import role_row

ROLES = Listing(
    path="/oauth2/v1/clients/{app_id}/roles",
    parent="/api/v1/apps/{app_id}",
    model=Role,
    table="client_role",
    row=role_row,
)
