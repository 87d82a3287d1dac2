"""The Okta connector's five hooks."""

import asyncio
from collections.abc import Mapping

from twin_host.contract import (
    Config,
    Configured,
    ConnectionReport,
    ConnectorInfo,
    Context,
    Enrichment,
    OptionValue,
    Rejected,
    Secret,
    SyncReport,
)
from twin_host.hookspecs import hookimpl
from twin_okta.api.auth import ApiToken
from twin_okta.config import from_settings, validate
from twin_okta.connection import probe
from twin_okta.manifest import NAME, connector_info
from twin_okta.posture import enrich_snapshot
from twin_okta.sync import sync_org


@hookimpl
def describe() -> ConnectorInfo:
    """What this connector is, from plugin.toml."""
    return connector_info()


@hookimpl
def configure(connector: str, values: Mapping[str, str | Secret]) -> Configured | Rejected | None:
    """Validate settings."""
    return validate(values) if connector == NAME else None


@hookimpl
def test_connection(connector: str, config: Config, context: Context) -> ConnectionReport | None:
    """Ask Okta who we are and what we may read."""
    if connector != NAME:
        return None
    return asyncio.run(probe(from_settings(config), context, auth=_credential(context)))


@hookimpl
def sync(
    connector: str, config: Config, options: Mapping[str, OptionValue], context: Context
) -> SyncReport | None:
    """Read the org into the snapshot."""
    if connector != NAME:
        return None
    credential = _credential(context)
    return asyncio.run(sync_org(from_settings(config), options, context, auth=credential))


@hookimpl
def enrich(connector: str, context: Context) -> Enrichment | None:
    """Turn the snapshot into facts, gaps, events and the profile section."""
    return enrich_snapshot(context) if connector == NAME else None


def _credential(context: Context) -> ApiToken:
    return ApiToken(context.secrets.get("token") or Secret(""))
