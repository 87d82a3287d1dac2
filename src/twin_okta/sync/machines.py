"""Power that no person holds: service apps and API tokens; and what custom roles reach."""

from datetime import datetime, timedelta
from typing import Any

from twin_host.contract import DatasetReport
from twin_okta.api import NotFound
from twin_okta.api.json_path import at
from twin_okta.api.models import ApiToken, Role
from twin_okta.api.structure import Unreadable, structure
from twin_okta.snapshot import Reading, iso_text
from twin_okta.sync.run import Run, each

AT_A_TIME = 8
TOKEN_LIFETIME = timedelta(days=30)
"""Okta's page "Create an API token": each use renews a token for 30 days."""

INSERT_CLIENT_ROLE = "INSERT OR REPLACE INTO client_role VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_ISSUED = "INSERT OR REPLACE INTO api_token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_PERMISSION = "INSERT OR REPLACE INTO role_permission VALUES (?, ?, ?)"
INSERT_RESOURCE = "INSERT OR REPLACE INTO set_resource VALUES (?, ?, ?)"
SERVICE_APPS = "SELECT id FROM known_app WHERE class = 'machine' AND status = 'ACTIVE' ORDER BY id"
HELD = """
SELECT DISTINCT {column} FROM (SELECT type, {column} FROM shown_role
    UNION ALL SELECT type, {column} FROM shown_client_role)
WHERE type = 'CUSTOM' AND {column} <> '' ORDER BY 1
"""


async def read_service_apps(run: Run) -> DatasetReport:
    """The admin roles of every active service app."""
    reading = run.begin("service_apps")

    async def read_roles(app_id: str) -> None:
        try:
            answer = await run.client.get(f"/oauth2/v1/clients/{app_id}/roles")
        except NotFound:
            return  # deleted since it was listed
        roles, unreadable = structure(answer.json, Role)
        reading.store(
            INSERT_CLIENT_ROLE, ((app_id, *_role_row(role)) for role in roles), unreadable
        )

    apps = [row[0] for row in run.snapshot.rows(SERVICE_APPS)]
    await each(apps, read_roles, width=AT_A_TIME)
    return run.finish(reading)


async def read_api_tokens(run: Run) -> DatasetReport:
    """Every API token, its owner, when it was last used, and from where it may be used."""
    reading = run.begin("api_tokens")
    answer = await run.client.page("/api/v1/api-tokens")
    tokens, unreadable = structure(answer.records, ApiToken)
    reading.store(INSERT_ISSUED, map(_token_row, tokens), unreadable)
    return run.finish(reading)


async def read_custom_roles(run: Run) -> DatasetReport:
    """The permissions of every custom role that somebody holds, and the resources it reaches."""
    reading = run.begin("custom_roles")

    async def read_permissions(role_id: str) -> None:
        path = f"/api/v1/iam/roles/{role_id}/permissions"
        await _store_words(run, reading, path, "label", INSERT_PERMISSION, role_id)

    async def read_resources(set_id: str) -> None:
        path = f"/api/v1/iam/resource-sets/{set_id}/resources"
        await _store_words(run, reading, path, "orn", INSERT_RESOURCE, set_id)

    roles = run.snapshot.rows(HELD.format(column="custom_role_id"))
    sets = run.snapshot.rows(HELD.format(column="resource_set_id"))
    await each((row[0] for row in roles), read_permissions, width=AT_A_TIME)
    await each((row[0] for row in sets), read_resources, width=AT_A_TIME)
    return run.finish(reading)


async def _store_words(
    run: Run, reading: Reading, path: str, name: str, insert: str, owner: str
) -> None:
    """One word of each record of an `/iam/` list; nothing when what it hangs on is gone."""
    try:
        async for page in run.client.body_pages(path, within=path.rpartition("/")[2]):
            words = [at(record, name) for record in page.records]
            reading.store(insert, ((owner, str(word)) for word in words if word))
            nameless = [Unreadable(owner, f"a record without {name}") for w in words if not w]
            reading.leave_out(nameless)
    except NotFound:
        return


def _role_row(role: Role) -> tuple[str | None, ...]:
    return (role.id, role.type, role.label, role.status, role.role, role.resource_set)


def _token_row(token: ApiToken) -> tuple[Any, ...]:
    used = token.last_updated
    if token.expires_at:
        used = iso_text(datetime.fromisoformat(token.expires_at) - TOKEN_LIFETIME)
    return (
        token.id,
        token.name,
        token.user_id,
        token.client_name,
        token.created,
        token.expires_at,
        used,
        token.network.connection,
    )
