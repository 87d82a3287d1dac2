"""The Okta connector's five hooks.

What a hook needs is loaded when it is called: a host that lists its connectors, or shows a twin,
should not wait a third of a second for an HTTP client and a JOSE library.
"""

# ruff: noqa: PLC0415

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from twin_okta.api import OktaClient
    from twin_okta.asked import Asked
    from twin_okta.config import OktaConfig


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
    from twin_okta.config import ConfigError
    from twin_okta.sync.plan import plan_sync

    try:
        client, settings, asked = _ready_to_read(config, options, context)
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
    from twin_okta.config import ConfigError
    from twin_okta.sync import sync_org

    try:
        client, settings, asked = _ready_to_read(config, options, context)
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


def _ready_to_read(
    config: Config, options: Mapping[str, OptionValue], context: Context
) -> "tuple[OktaClient, OktaConfig, Asked]":
    """What a sync and its plan need. Raises ConfigError when a secret is missing or unusable."""
    from twin_okta.asked import Asked
    from twin_okta.config import from_settings
    from twin_okta.connection import connect

    settings, asked = from_settings(config), Asked.by(options)
    return connect(settings, context, asked.datasets), settings, asked
