"""What has happened to the org since it was computed: an overlay over the base, and no more.

The overlay is small (it holds only what was changed) and every reader of the org consults it. Each
change also writes the System Log entry that Okta would write, so the API tells the same story in
every place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import define, field

from okta_sandbox.org.records import (
    ApiToken,
    App,
    CustomRole,
    Device,
    Event,
    Factor,
    Group,
    Policy,
    User,
)

Record = TypeVar("Record")


@define(eq=False)
class Past(Generic[Record]):
    """What records were until they changed, for whoever reads an index that lags behind."""

    _was: dict[int, list[tuple[float, Record | None]]] = field(
        factory=dict[int, "list[tuple[float, Record | None]]"]
    )

    def note(self, index: int, until_s: float, record: Record | None) -> None:
        """Until this instant it was so; None where there was no such record."""
        self._was.setdefault(index, []).append((until_s, record))

    def behind(self, at_s: float) -> dict[int, Record | None]:
        """Every record that has changed since, as it was at this instant."""
        found: dict[int, Record | None] = {}
        for index, notes in self._was.items():
            for until_s, record in notes:
                if until_s > at_s:
                    found[index] = record
                    break
        return found


def current(base: Sequence[Record], changed: Mapping[int, Record | None]) -> tuple[Record, ...]:
    """The records of a base as they are now, and those that came later."""
    known = dict(enumerate(base)) | dict(changed)
    return tuple(record for record in known.values() if record is not None)


@define(eq=False)
class Changes:
    """The overlay. `version` rises with every change, so that caches know."""

    version: int = 0
    added: list[User] = field(factory=list[User])
    deleted: set[int] = field(factory=set[int])
    fields: dict[int, dict[str, Any]] = field(factory=dict[int, dict[str, Any]])
    """Fields of a user record that differ from the base, by user."""
    factors: dict[int, tuple[Factor, ...]] = field(factory=dict[int, tuple[Factor, ...]])
    devices: list[Device] = field(factory=list[Device])
    """Devices that the base does not have."""
    device_fields: dict[int, dict[str, Any]] = field(factory=dict[int, dict[str, Any]])
    """Fields of a device that differ from what it was at first, by device."""
    deleted_devices: set[int] = field(factory=set[int])
    authenticators: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    """Fields of an authenticator that differ from the base, by its key."""
    groups: dict[int, Group | None] = field(factory=dict[int, "Group | None"])
    """Groups that are new or not as they were at first, by index; None for one deleted since."""
    apps: dict[int, App | None] = field(factory=dict[int, "App | None"])
    custom_roles: dict[int, CustomRole | None] = field(factory=dict[int, "CustomRole | None"])
    policies: dict[str, Policy] = field(factory=dict[str, Policy])
    """Policies that are new or not as they were at first, by id."""
    zones: dict[int, dict[str, Any] | None] = field(factory=dict[int, "dict[str, Any] | None"])
    tokens: dict[str, ApiToken | None] = field(factory=dict[str, "ApiToken | None"])
    """API tokens made since, by name; None for one revoked."""
    joined: set[tuple[int, int]] = field(factory=set[tuple[int, int]])
    """(user, group) pairs that the base does not have."""
    left: set[tuple[int, int]] = field(factory=set[tuple[int, int]])
    membership_changed_s: dict[int, float] = field(factory=dict[int, float])
    """When a group's membership last changed, by group."""
    assigned: set[tuple[int, int]] = field(factory=set[tuple[int, int]])
    """(user, application) pairs assigned directly that the base does not have."""
    unassigned: set[tuple[int, int]] = field(factory=set[tuple[int, int]])
    opened_s: dict[tuple[int, int], float] = field(factory=dict[tuple[int, int], float])
    """When a (user, application) assignment was made."""
    granted: dict[int, tuple[str, ...]] = field(factory=dict[int, tuple[str, ...]])
    """Role types given to a user directly, by user."""
    revoked: set[int] = field(factory=set[int])
    """Users who lost every role they held directly."""
    past_users: Past[User] = field(factory=Past[User])
    past_devices: Past[Device] = field(factory=Past[Device])
    events: list[Event] = field(factory=list[Event])

    def touched(self) -> Iterator[int]:
        """Users of the base whose record or existence differs from the base."""
        yield from self.fields.keys() | self.deleted

    def update(self, user: int, **fields: Any) -> None:
        """Override fields of a user record."""
        self.fields.setdefault(user, {}).update(fields)
        self.version += 1
