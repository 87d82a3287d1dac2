"""The Okta connector's five hooks.

What a hook needs is loaded when it is called: a host that lists its connectors, or shows a twin,
should not wait a third of a second for an HTTP client and a JOSE library.
"""

# ruff: noqa: PLC0415

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
    SyncPlan,
    SyncReport,
    SyncStatus,
)
from twin_host.hookspecs import hookimpl
from twin_okta.manifest import NAME, connector_info


@hookimpl
def describe() -> ConnectorInfo:
    """What this connector is, from plugin.toml."""
    return connector_info()


@hookimpl
def configure(connector: str, values: Mapping[str, str | Secret]) -> Configured | Rejected | None:
    """Validate settings."""
    if connector != NAME:
        return None
    from twin_okta.config import validate

    return validate(values)


@hookimpl
def test_connection(connector: str, config: Config, context: Context) -> ConnectionReport | None:
    """Ask Okta who we are and what we may read."""
    if connector != NAME:
        return None
    from twin_okta.capabilities import probe_all
    from twin_okta.config import ConfigError, from_settings
    from twin_okta.connection import connect
    from twin_okta.datasets import DATASETS

    settings = from_settings(config)
    try:
        client = connect(settings, context, DATASETS)
    except ConfigError as wrong:
        return ConnectionReport(ok=False, org=settings.domain, error=str(wrong))
    return asyncio.run(probe_all(client, context, domain=settings.domain))


@hookimpl(optionalhook=True)
def plan(
    connector: str, config: Config, options: Mapping[str, OptionValue], context: Context
) -> SyncPlan | None:
    """Say what a sync would read."""
    if connector != NAME:
        return None
    from twin_okta.asked import Asked
    from twin_okta.config import ConfigError, from_settings
    from twin_okta.connection import connect
    from twin_okta.sync.plan import plan_sync

    settings, asked = from_settings(config), Asked.by(options)
    try:
        client = connect(settings, context, asked.datasets)
    except ConfigError as wrong:
        return SyncPlan(datasets={}, error=str(wrong))
    return asyncio.run(plan_sync(client, settings, asked, context))


@hookimpl
def sync(
    connector: str, config: Config, options: Mapping[str, OptionValue], context: Context
) -> SyncReport | None:
    """Read the org into the snapshot."""
    if connector != NAME:
        return None
    from twin_okta.asked import Asked
    from twin_okta.config import ConfigError, from_settings
    from twin_okta.connection import connect
    from twin_okta.sync import sync_org

    settings, asked = from_settings(config), Asked.by(options)
    try:
        client = connect(settings, context, asked.datasets)
    except ConfigError as wrong:
        return SyncReport(status=SyncStatus.FAILED, datasets={}, error=str(wrong))
    return asyncio.run(sync_org(client, settings, asked, context))


@hookimpl
def enrich(connector: str, context: Context) -> Enrichment | None:
    """Turn the snapshot into facts, gaps, events and the profile section."""
    if connector != NAME:
        return None
    from twin_okta.posture import enrich_snapshot

    return enrich_snapshot(context)
