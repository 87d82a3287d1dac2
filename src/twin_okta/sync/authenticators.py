"""The authenticators that an org has set up; a Classic org has no such list."""

from twin_okta.api.models import Authenticator
from twin_okta.sync.lists import Listing

AUTHENTICATORS = Listing(
    path="/api/v1/authenticators",
    model=Authenticator,
    table="authenticator",
    row=lambda found: {
        "id": found.id,
        "key": found.key,
        "name": found.name,
        "type": found.type,
        "status": found.status,
        "allowed_for": found.settings.allowed_for,
    },
)
