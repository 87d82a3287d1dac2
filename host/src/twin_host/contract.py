"""The types that cross between the host and a connector. Nothing here knows any product."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Protocol

from attrs import Factory, field, frozen

OptionValue = bool | int
SettingValue = str | bool | int | float | list[str]
Config = Mapping[str, SettingValue]
"""A connector's settings as `configure` normalised them; TOML values, never a secret."""

Subject = Mapping[str, str | int | float | None]
"""One person, application or other thing behind a figure: `id`, then `login` for a person or
`label` for anything else, then whatever else helps."""


class Confidence(StrEnum):
    """How far a fact can be believed, strongest first."""

    VERIFIED = "verified"
    OBSERVED = "observed"
    DECLARED = "declared"
    UNCERTAIN = "uncertain"
    CONTRADICTED = "contradicted"


class Severity(StrEnum):
    """How bad a gap or an event is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class DatasetState(StrEnum):
    """How much of a dataset a sync has read."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DENIED = "denied"
    SKIPPED = "skipped"


class SyncStatus(StrEnum):
    """How a whole sync ended: everything asked for, some of it, or nothing of use."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


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


# --- describe -------------------------------------------------------------------------------


@frozen
class ConfigField:
    """One setting a connector asks for. `kind` is text, secret, boolean, number, choice or list.

    `env` names the environment variable that wins over a stored secret. `choices` holds the
    allowed values of a choice. `when` limits the field to one value of another field, as in
    {"auth": "oauth"}. `advanced` fields are never asked for, only taken when named.
    """

    name: str
    title: str
    kind: str
    help: str = ""
    required: bool = False
    default: SettingValue | None = None
    env: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    when: Mapping[str, str] = Factory(dict[str, str])
    advanced: bool = False


@frozen
class SyncOption:
    """One argument of a sync: `type` is boolean or integer; `minimum`/`maximum` bound integers."""

    name: str
    type: str
    default: OptionValue
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None


@frozen
class Provision:
    """One dataset a connector brings, for the overview page."""

    title: str
    detail: str


@frozen
class Permission:
    """One permission a credential needs, what is lost without it, where to click to grant it."""

    name: str
    needed_for: str
    grant: str = ""


@frozen
class ConnectorInfo:
    """A connector as its manifest describes it; everything the host shows comes from here."""

    name: str
    title: str
    category: str
    summary: str
    version: str
    provides: tuple[Provision, ...] = ()
    enriches: tuple[str, ...] = ()
    fields: tuple[ConfigField, ...] = ()
    permissions: tuple[Permission, ...] = ()
    options: tuple[SyncOption, ...] = ()


# --- configure ------------------------------------------------------------------------------


@frozen
class Configured:
    """Valid settings, normalised, without the secrets."""

    config: Config


@frozen
class Problem:
    """One invalid field and a sentence that says what to do about it."""

    field: str
    message: str


@frozen
class Rejected:
    """Every invalid field."""

    problems: tuple[Problem, ...]


# --- the context of a call ------------------------------------------------------------------


@frozen
class Capability:
    """Whether one dataset may be read, and if not, which scope or role is missing."""

    granted: bool
    reason: str = ""


@frozen
class Progress:
    """How far a dataset is. `expected` and `seconds_left` are None while unknown; `rate_use` is
    how much of the product's rate limit is used in the current window, by everybody, 0 to 1."""

    dataset: str
    read: int
    expected: int | None = None
    seconds_left: float | None = None
    rate_use: float | None = None


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


@frozen
class Context:
    """What the host lends a connector for one call.

    `state_dir` is the connector's own folder (0700, exists); its snapshot is the SQLite file
    `snapshot.db` in it, which the host opens read-only for the queries in Evidence.
    `probed` shows a capability as soon as it is known, before the report of the whole test.
    `cancelled` is set when the person gave up: stop soon, keep what is stored.
    """

    state_dir: Path
    secrets: Secrets
    clock: Clock
    report: Callable[[Progress], None] = lambda _progress: None
    probed: Callable[[str, Capability], None] = lambda _name, _capability: None
    cancelled: Event = field(factory=Event)


# --- test_connection ------------------------------------------------------------------------


@frozen
class ConnectionReport:
    """What a credential reaches. `rate_limits` maps a bucket to calls a minute."""

    ok: bool
    org: str = ""
    edition: str = ""
    identity: str = ""
    capabilities: Mapping[str, Capability] = Factory(dict[str, Capability])
    rate_limits: Mapping[str, int] = Factory(dict[str, int])
    first_sync_s: float | None = None
    notes: tuple[str, ...] = ()
    error: str = ""


# --- sync -----------------------------------------------------------------------------------


@frozen
class DatasetReport:
    """One dataset after a sync. `expected` is None when the product does not say."""

    state: DatasetState
    read: int = 0
    expected: int | None = None
    reason: str = ""


@frozen
class SyncReport:
    """What a sync did. `mode` is full, or delta when only changes were read; `notes` are for
    the person, `error` is set when the status is failed."""

    status: SyncStatus
    datasets: Mapping[str, DatasetReport]
    requests: int = 0
    throttled: int = 0
    retries: int = 0
    seconds: float = 0.0
    mode: str = "full"
    notes: tuple[str, ...] = ()
    error: str = ""


# --- enrich ---------------------------------------------------------------------------------


@frozen
class Evidence:
    """Where a figure comes from.

    `numerator` of `denominator`, read from `datasets`, `complete` or not; `population` is how
    many there are in all when fewer were read; `margin` is the half-width of the 95 % interval
    in percentage points when the figure is a sample. `query` is a SELECT over the connector's
    `snapshot.db` that lists the subjects.
    """

    complete: bool
    datasets: tuple[str, ...] = ()
    numerator: int | None = None
    denominator: int | None = None
    population: int | None = None
    margin: float | None = None
    query: str = ""
    definition: str = ""
    note: str = ""


@frozen
class Fact:
    """One figure of the twin, `key:value` without spaces; `as_of` is when its data was read."""

    key: str
    value: str
    confidence: Confidence
    as_of: datetime
    evidence: Evidence


@frozen
class Gap:
    """A weakness with a stable id. A count of zero closes it; a gap that could not be judged
    is left out, and stays as it was. `nist` is a NIST CSF 2.0 subcategory such as PR.AA-03."""

    id: str
    severity: Severity
    title: str
    nist: str
    remedy: str
    count: int
    subjects: tuple[Subject, ...]
    as_of: datetime
    complete: bool = True


@frozen
class SecurityEvent:
    """One notable entry of a product's log. `id` is the product's own, so that reading twice
    stores once; `raw` is the entry as JSON text."""

    id: str
    time: datetime
    event_type: str
    severity: Severity
    category: str
    title: str
    outcome: str = ""
    reason: str = ""
    actor: str = ""
    targets: tuple[str, ...] = ()
    source_ip: str = ""
    country: str = ""
    mitre: tuple[str, ...] = ()
    raw: str = "{}"


@frozen
class Enrichment:
    """What a connector tells the twin. `events` is read once, as a stream; `profile` is the
    Markdown of the connector's own section."""

    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    events: Iterable[SecurityEvent]
    profile: str
