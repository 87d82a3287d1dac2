"""What has happened to the org since it was computed: an overlay over the base, and no more.

The overlay is small (it holds only what was changed) and every reader of the org consults it. Each
change also writes the System Log entry that Okta would write, so the API tells the same story in
every place.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

if TYPE_CHECKING:
    from okta_sandbox.org.events import Event
    from okta_sandbox.org.factors import Factor
    from okta_sandbox.org.people import User


@define(eq=False)
class Changes:
    """The overlay. `version` rises with every change, so that caches know."""

    version: int = 0
    added: "list[User]" = Factory(list["User"])
    deleted: set[int] = Factory(set[int])
    fields: dict[int, dict[str, Any]] = Factory(dict[int, dict[str, Any]])
    """Fields of a user record that differ from the base, by user."""
    factors: "dict[int, tuple[Factor, ...]]" = Factory(dict[int, "tuple[Factor, ...]"])
    joined: set[tuple[int, int]] = Factory(set[tuple[int, int]])
    """(user, group) pairs that the base does not have."""
    left: set[tuple[int, int]] = Factory(set[tuple[int, int]])
    membership_changed_s: dict[int, float] = Factory(dict[int, float])
    """When a group's membership last changed, by group."""
    assigned: set[tuple[int, int]] = Factory(set[tuple[int, int]])
    """(user, application) pairs assigned directly that the base does not have."""
    unassigned: set[tuple[int, int]] = Factory(set[tuple[int, int]])
    granted: dict[int, tuple[str, ...]] = Factory(dict[int, tuple[str, ...]])
    """Role types given to a user directly, by user."""
    revoked: set[int] = Factory(set[int])
    """Users who lost every role they held directly."""
    events: "list[Event]" = Factory(list["Event"])

    def touched(self) -> Iterator[int]:
        """Users of the base whose record or existence differs from the base."""
        yield from self.fields.keys() | self.deleted

    def update(self, user: int, **fields: Any) -> None:
        """Override fields of a user record."""
        self.fields.setdefault(user, {}).update(fields)
        self.version += 1
