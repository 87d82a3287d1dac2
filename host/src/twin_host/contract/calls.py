"""What the host lends a connector for a call, and what each hook but `enrich` gives back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Protocol

from attrs import Factory, field, frozen

from twin_host.contract.manifest import Config
from twin_host.contract.values import Amount, Count, Filled
from twin_host.contract.words import DatasetState, MissingKind, SyncMode, SyncStatus


class Secret:
    """A value that no log, error, repr or JSON may show. `reveal()` it at the last moment."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


# --- configure ------------------------------------------------------------------------------


@frozen(kw_only=True)
class Configured:
    """Valid settings, normalised, without the secrets."""

    config: Config


@frozen(kw_only=True)
class Problem:
    """One invalid field and a sentence that says what to do about it."""

    field: str
    message: Filled


@frozen(kw_only=True)
class Rejected:
    """Every invalid field."""

    problems: tuple[Problem, ...]


# --- the context of a call ------------------------------------------------------------------


@frozen(kw_only=True)
class Missing:
    """What a credential would need to read something; `name` as the product calls it."""

    kind: MissingKind
    name: str


@frozen(kw_only=True)
class Capability:
    """Whether one dataset may be read, and if not, why and what is missing."""

    granted: bool
    reason: str = ""
    missing: Missing | None = None


@frozen(kw_only=True)
class Progress:
    """How far a dataset is. `expected` and `seconds_left` are None while unknown; `rate_use` is
    how much of the product's rate limit is used in the current window, by everybody, 0 to 1."""

    dataset: str
    read: Count
    expected: Count | None = None
    seconds_left: Amount | None = None
    rate_use: Amount | None = None


class Secrets(Protocol):
    """Where a connector's secrets come from: environment, keyring or file, the host decides."""

    def get(self, name: str) -> Secret | None:
        """The secret of that config field, or None."""
        ...


class Clock(Protocol):
    """The current time, in UTC; injected so that tests can choose it."""

    def __call__(self) -> datetime:
        """Now, timezone-aware."""
        ...


@frozen(kw_only=True)
class Budget:
    """What a sync may spend: at most so many requests, retries among them, and about so many
    `seconds`; None for no bound. At its end a sync stops in good order, as when it is cancelled:
    its datasets are partial, and the next one goes on with what is still due."""

    requests: Count | None = None
    seconds: Amount | None = None


@frozen(kw_only=True)
class Context:
    """What the host lends a connector for one call.

    `state_dir` is the connector's own folder (0700, exists); its snapshot is the SQLite file
    `snapshot.db` in it, which the host opens read-only for the queries of an enrichment.
    `probed` shows a capability as soon as it is known, before the report of the whole test.
    `cancelled` is set when the person gave up: stop soon, keep what is stored. `budget` bounds
    a sync, and is known to its plan.
    `bookmark` is that of the last enrichment whose events are kept; empty when none are. Where it
    does not fit the snapshot, because that is another one or is judged otherwise now, it is passed
    over and all events are told.
    """

    state_dir: Path
    secrets: Secrets
    clock: Clock
    report: Callable[[Progress], None] = lambda _progress: None
    probed: Callable[[str, Capability], None] = lambda _name, _capability: None
    cancelled: Event = field(factory=Event)
    budget: Budget = Budget()
    bookmark: str = ""


# --- test_connection ------------------------------------------------------------------------


@frozen(kw_only=True)
class ConnectionReport:
    """What a credential reaches. `rate_limits` maps a bucket to calls a minute."""

    ok: bool
    org: str = ""
    edition: str = ""
    identity: str = ""
    capabilities: Mapping[str, Capability] = Factory(dict[str, Capability])
    rate_limits: Mapping[str, Count] = Factory(dict[str, int])
    first_sync_s: Amount | None = None
    notes: tuple[str, ...] = ()
    error: str = ""


# --- plan -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class PlannedDataset:
    """How a sync would read one dataset, and why so. `requests` and `seconds` are about how many
    it takes; None where that is not known."""

    mode: SyncMode
    reason: Filled
    requests: Count | None = None
    seconds: Amount | None = None


@frozen(kw_only=True)
class SyncPlan:
    """What a sync with these options and this budget would do if it began now.

    `requests` and `seconds` are those of the whole, which is less than the sum where datasets are
    read beside each other. `notes` are for the person; `error` says why there is no plan.
    """

    datasets: Mapping[str, PlannedDataset]
    requests: Count | None = None
    seconds: Amount | None = None
    notes: tuple[str, ...] = ()
    error: str = ""


# --- sync -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class DatasetReport:
    """One dataset after a sync. `expected` is None when the product does not say; `missing` is
    what would let it be read when it was denied.

    `mode` is how it was read: in full, what changed, or nothing since nothing was due; None when
    that is not told. `changed` counts the things in it that are new, gone or otherwise than before
    this sync, and is only to be believed where there is a mode.
    """

    state: DatasetState
    read: Count = 0
    expected: Count | None = None
    reason: str = ""
    missing: Missing | None = None
    mode: SyncMode | None = None
    changed: Count = 0


@frozen(kw_only=True)
class SyncReport:
    """What a sync did. `notes` are for the person, `error` is set when the status is failed.

    `org` is the id of what was read as a whole, such as an org or a tenant; empty when it could
    not be told. What the twin keeps of another is set aside, and comes back with it.
    `due` counts the subjects that are known to be out of date at its end, such as people whose
    factors changed and were not read again yet.
    """

    status: SyncStatus
    datasets: Mapping[str, DatasetReport]
    requests: Count = 0
    throttled: Count = 0
    retries: Count = 0
    seconds: Amount = 0.0
    mode: SyncMode = SyncMode.FULL
    notes: tuple[str, ...] = ()
    error: str = ""
    org: str = ""
    due: Count = 0
