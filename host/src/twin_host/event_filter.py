"""Which events are wanted."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from twin_host.errors import UsageError
from twin_host.full_text import quoted
from twin_host.known import iso_ms
from twin_host.moments import since


@frozen
class EventFilter:
    """Which events are wanted; None leaves a question open. `since` and `until` begin an ISO 8601
    time; `words` is a query of SQLite's FTS5 over title, actor, targets, address and type; `actor`
    and `target` are in their names in any case, `address` begins the source's."""

    severity: str | None = None
    category: str | None = None
    outcome: str | None = None
    source: str | None = None
    since: str | None = None
    until: str | None = None
    words: str | None = None
    actor: str | None = None
    target: str | None = None
    address: str | None = None


def checked(known: Sequence[str], asked: Mapping[str, str | None], now: datetime) -> EventFilter:
    """A filter that can find something, from what a person asked by its names; `known` are the
    categories of all events, and `since` may be how long ago.

    Raises UsageError for a time that is none and for a category that no event has: an empty answer
    would look like peace.
    """
    wanted = EventFilter(**asked)
    if wanted.category is not None and known and wanted.category not in known:
        raise UsageError(
            f"No event has the category {wanted.category!r}: known are {', '.join(known)}."
        )
    return evolve(
        wanted,
        since=wanted.since and iso_ms(since(wanted.since, now)),
        words=" AND ".join(quoted(wanted.words)) if wanted.words else None,
    )
