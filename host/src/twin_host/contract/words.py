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


class Activity(StrEnum):
    """What kind of thing an event tells of, in the words of the Open Cybersecurity Schema Framework
    (its class, and what was done). Of an account the first target is whose it is; of a group the
    last target is the group."""

    LOGON = "authentication:logon"
    LOGOFF = "authentication:logoff"
    AUTHENTICATION = "authentication:other"
    ACCOUNT_CREATED = "account_change:create"
    ACCOUNT_ENABLED = "account_change:enable"
    PASSWORD_CHANGED = "account_change:password_change"  # noqa: S105  the word, not one
    PASSWORD_RESET = "account_change:password_reset"  # noqa: S105
    ACCOUNT_DISABLED = "account_change:disable"
    ACCOUNT_DELETED = "account_change:delete"
    ACCOUNT_LOCKED = "account_change:lock"
    ACCOUNT_UNLOCKED = "account_change:unlock"
    FACTOR_ENABLED = "account_change:factor_enable"
    FACTOR_DISABLED = "account_change:factor_disable"
    ACCOUNT_CHANGED = "account_change:other"
    PRIVILEGES_ASSIGNED = "group_management:assign_privileges"
    PRIVILEGES_REVOKED = "group_management:revoke_privileges"
    MEMBER_ADDED = "group_management:add_user"
    MEMBER_REMOVED = "group_management:remove_user"
    GROUP_DELETED = "group_management:delete"
    GROUP_CREATED = "group_management:create"
    CREATED = "api_activity:create"
    READ = "api_activity:read"
    UPDATED = "api_activity:update"
    DELETED = "api_activity:delete"
    OTHER = "api_activity:other"
