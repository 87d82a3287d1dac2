"""How the connectors stand."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from twin_host.home import Syncing
from twin_host.known import KnownFact, PastSync
from twin_host.registry import Connector

PAST_SYNCS = 10


@frozen(kw_only=True)
class Installed:
    """A connector that can be used, its last sync, and what is odd about it."""

    connector: Connector
    is_configured: bool
    last_sync: PastSync | None
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Status:
    """One connector: its settings (None while it has none), where each secret is kept, its last
    syncs, newest first, its facts, and the sync that is under way."""

    connector: Connector
    config: Mapping[str, Any] | None
    secrets: Mapping[str, str]
    syncs: Sequence[PastSync]
    facts: Sequence[KnownFact]
    syncing: Syncing | None = None

    @property
    def last_sync(self) -> PastSync | None:
        """The newest of its syncs."""
        return next(iter(self.syncs), None)

    @property
    def stale(self) -> list[KnownFact]:
        """The facts that are too old to be called verified."""
        return [fact for fact in self.facts if fact.days_old is not None]
