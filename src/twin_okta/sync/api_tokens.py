"""API tokens: whose each is, when it was last used, and from where it may be used."""

from datetime import datetime, timedelta

from twin_okta.api.models import ApiToken
from twin_okta.snapshot import Record, iso_text
from twin_okta.sync.lists import Listing

LIFETIME = timedelta(days=30)
"""Okta's page "Create an API token": each use renews a token for 30 days."""


def _row(token: ApiToken) -> Record:
    used = token.last_updated
    if token.expires_at:
        used = iso_text(datetime.fromisoformat(token.expires_at) - LIFETIME)
    return {
        "id": token.id,
        "name": token.name,
        "user_id": token.user_id,
        "client_name": token.client_name,
        "created": token.created,
        "expires": token.expires_at,
        "last_used": used,
        "connection": token.network.connection,
    }


API_TOKENS = Listing(path="/api/v1/api-tokens", model=ApiToken, table="api_token", row=_row)
