"""Who is assigned to each application that people sign in to.

Okta has no count: the users of an app are listed to the end, 500 a page. That bucket is Okta's
tightest, so inactive applications and Okta's own are not counted.
"""

from twin_okta.api.models import AppGroup, AppUser
from twin_okta.sync.lists import Listing

USERS = Listing(
    path="/api/v1/apps/{app_id}/users",
    parent="/api/v1/apps/{app_id}",
    params={"limit": 500},
    model=AppUser,
    table="assignment",
    row=lambda user: {"user_id": user.id, "scope": user.scope, "status": user.status},
)
GROUPS = Listing(
    path="/api/v1/apps/{app_id}/groups",
    parent="/api/v1/apps/{app_id}",
    params={"limit": 200},
    model=AppGroup,
    table="app_group",
    row=lambda group: {"group_id": group.id},
)
