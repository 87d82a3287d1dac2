"""The words that are fixed: each an enum, so that no other can cross."""

from enum import StrEnum


class Confidence(StrEnum):
    """How far a fact can be believed, strongest first."""

    VERIFIED = "verified"
    OBSERVED = "observed"
    DECLARED = "declared"
    UNCERTAIN = "uncertain"
    CONTRADICTED = "contradicted"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(type(self)).index(self)


class Severity(StrEnum):
    """How bad a gap or an event is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(type(self)).index(self)


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


class SyncMode(StrEnum):
    """Whether a sync reads everything, only what changed since the one before, or nothing, since
    nothing is due."""

    FULL = "full"
    DELTA = "delta"
    NOTHING = "nothing"


class FieldKind(StrEnum):
    """What a setting holds; a list is typed one item a line."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105  the word, not one
    BOOLEAN = "boolean"
    NUMBER = "number"
    CHOICE = "choice"
    LIST = "list"


class OptionType(StrEnum):
    """What an option of a sync holds."""

    BOOLEAN = "boolean"
    INTEGER = "integer"


class ColumnType(StrEnum):
    """What a column of a list holds; a time is ISO 8601 in UTC, a boolean 1 or 0."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"


class SectionShape(StrEnum):
    """How figures of a section are drawn: shares with their history, a breakdown, or numbers."""

    METERS = "meters"
    BARS = "bars"
    NUMBERS = "numbers"


class MissingKind(StrEnum):
    """What a credential lacks: an OAuth scope, an admin role, or a feature of the org itself."""

    SCOPE = "scope"
    ROLE = "role"
    FEATURE = "feature"
