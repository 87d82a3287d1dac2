"""The whole plugin contract: synchronous hooks. Each answers for its own connector only.

A connector is an installed distribution with an entry point in the group `twin.connectors`
whose module implements these with `hookimpl`. A hook that is asked about another connector's
name returns None. The five of contract 1 are required; a hook that comes later is not, so that
a connector of today works in a host of tomorrow. A connector marks a hook that only newer hosts
know with `@hookimpl(optionalhook=True)`.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pluggy

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
)

PROJECT_NAME = "twin"
ENTRY_POINT_GROUP = "twin.connectors"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

Specification = TypeVar("Specification", bound=Callable[..., Any])


def required(specification: Specification) -> Specification:
    """A hook that every connector has: one of contract 1."""
    vars(specification)["is_required"] = True
    return specification


@required
@hookspec(firstresult=True)
def describe() -> ConnectorInfo:  # pyright: ignore[reportReturnType]
    """Say what this connector is, from its manifest. No network, no files of the twin."""


@required
@hookspec(firstresult=True)
def configure(connector: str, values: Mapping[str, str | Secret]) -> Configured | Rejected | None:
    """Validate raw form values (text as typed, secrets already wrapped). No network.

    Gives back normalised settings without secrets, or every invalid field with a sentence a
    person can act on. Fields that are absent take the manifest's default.
    """


@required
@hookspec(firstresult=True)
def test_connection(connector: str, config: Config, context: Context) -> ConnectionReport | None:
    """Ask the product who we are and what we may read: one cheap probe a capability.

    A failure is a report with `ok` false and a sentence in `error`, not an exception.
    """


@required
@hookspec(firstresult=True)
def sync(
    connector: str, config: Config, options: Mapping[str, OptionValue], context: Context
) -> SyncReport | None:
    """Read the product into the connector's snapshot in `context.state_dir`.

    Reports each dataset as complete, partial, denied or skipped. Whatever happens, what an
    earlier sync stored stays readable until a complete successor replaces it.
    """


@required
@hookspec(firstresult=True)
def enrich(connector: str, context: Context) -> Enrichment | None:
    """Turn the snapshot into facts, gaps, events and a profile section.

    A pure function of the snapshot, and for the events of `context.bookmark`: no network, and the
    same answer when asked again.
    """


@hookspec(firstresult=True)
def plan(
    connector: str, config: Config, options: Mapping[str, OptionValue], context: Context
) -> SyncPlan | None:
    """Say what a sync with these options would read, how and why, and about what it costs.

    Reads nothing of the product but the newest of its log, and changes nothing: a sync that
    follows does the same as without. A failure is a plan with a sentence in `error`, not an
    exception. A host goes on without this hook.
    """
