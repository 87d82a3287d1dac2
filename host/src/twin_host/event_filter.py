"""Which events are wanted."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from twin_host.errors import UsageError


@frozen
class EventFilter:
    """Which events are wanted; None leaves a question open. `since` and `until` begin an ISO 8601
    time; `words` is a query of SQLite's FTS5 over title, actor, targets, address and type."""

    severity: str | None = None
    category: str | None = None
    outcome: str | None = None
    source: str | None = None
    since: str | None = None
    until: str | None = None
    words: str | None = None


def checked(
    known: Sequence[str], *, severity: str | None, category: str | None, since: str | None
) -> EventFilter:
    """A filter that can find something; `known` are the categories of all events.

    Raises UsageError for a time that is none and for a category that no event has: an empty answer
    would look like peace.
    """
    if since is not None:
        try:
            datetime.fromisoformat(since)
        except ValueError:
            raise UsageError(
                f"{since!r} is no ISO 8601 time: write it like 2026-01-31 or 2026-01-31T12:00Z."
            ) from None
    if category is not None and known and category not in known:
        raise UsageError(f"No event has the category {category!r}: known are {', '.join(known)}.")
    return EventFilter(severity=severity, category=category, since=since)
