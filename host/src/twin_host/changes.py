"""What became otherwise in the twin between two looks at it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from twin_host.contract import Severity
from twin_host.known import KnownEvent, KnownFact, KnownGap
from twin_host.moment import Moment

MOST_EVENTS = 50
"""How many of the new events are told one by one."""


class Kind(StrEnum):
    """What it is that changed."""

    FACT = "fact"
    GAP = "gap"
    EVENT = "event"


@frozen(kw_only=True)
class Change:
    """One thing that changed: a fact's value or confidence, a gap's count or those in it; or a new
    event.

    `before` is None for what is new, `after` for a fact that is gone and a gap that closed; of an
    event there is neither. `detail` is the confidence of a fact now, or who did an event.
    """

    kind: Kind
    id: str
    title: str
    before: str | None = None
    after: str | None = None
    severity: Severity | None = None
    detail: str = ""

    def __str__(self) -> str:
        return _WORDS[self.kind](self)


@frozen(kw_only=True)
class Look:
    """The facts and open gaps of one connector, and the number of the newest event."""

    facts: Mapping[str, KnownFact]
    gaps: Mapping[str, KnownGap]
    newest_event: int


@frozen(kw_only=True)
class Changes:
    """All that changed; `more_events` is how many new events are not among them."""

    found: tuple[Change, ...]
    more_events: int = 0


def look_at(now: Moment, name: str) -> Look:
    """What the twin knows of a connector."""
    return Look(
        facts={fact.key: fact for fact in now.facts(name)},
        gaps={gap.id: gap for gap in now.gaps() if gap.source == name},
        newest_event=now.store.newest_event(),
    )


def changes_between(before: Look, after: Look, now: Moment, name: str) -> Changes:
    """What is otherwise in the twin after than it was before; the new events are those of now."""
    new = now.store.events_after(name, before.newest_event, limit=MOST_EVENTS)
    count = now.store.count_after(name, before.newest_event)
    found = (
        *_facts(before.facts, after.facts),
        *_gaps(before.gaps, after.gaps),
        *map(_event, new),
    )
    return Changes(found=found, more_events=count - len(new))


def _facts(before: Mapping[str, KnownFact], after: Mapping[str, KnownFact]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old and new and (old.value, old.trust) == (new.value, new.trust):
            continue
        yield Change(
            kind=Kind.FACT,
            id=key,
            title=(new or before[key]).title,
            before=old.value if old else None,
            after=new.value if new else None,
            detail=new.trust if new else "",
        )


def _gaps(before: Mapping[str, KnownGap], after: Mapping[str, KnownGap]) -> Iterator[Change]:
    for gap_id in sorted(before.keys() | after.keys()):
        old, new = before.get(gap_id), after.get(gap_id)
        if old and new and (old.count, old.digest) == (new.count, new.digest):
            continue
        shown = new or before[gap_id]
        yield Change(
            kind=Kind.GAP,
            id=gap_id,
            title=shown.title,
            before=str(old.count) if old else None,
            after=str(new.count) if new else None,
            severity=shown.severity,
        )


def _event(event: KnownEvent) -> Change:
    return Change(
        kind=Kind.EVENT,
        id=event.id,
        title=event.title,
        severity=event.severity,
        detail=event.actor,
    )


# --- in words -----------------------------------------------------------------------------------


def _of_a_fact(change: Change) -> str:
    if change.after is None:
        return f"{change.id}: {change.before} → no longer known"
    if change.before == change.after:
        return f"{change.id}: {change.after}, now {change.detail}"
    return f"{change.id}: {change.before or 'not known'} → {change.after} ({change.detail})"


def _of_a_gap(change: Change) -> str:
    if change.after is None:
        moved = "closed"
    elif change.before is None:
        moved = f"opened with {change.after}"
    elif change.before == change.after:
        moved = f"{change.after}, not the same ones as before"
    else:
        moved = f"{change.before} → {change.after}"
    return f"gap {change.id}: {moved} ({change.severity}: {change.title})"


def _of_an_event(change: Change) -> str:
    who = f" ({change.detail})" if change.detail else ""
    return f"{change.severity} event: {change.title}{who}"


_WORDS = {Kind.FACT: _of_a_fact, Kind.GAP: _of_a_gap, Kind.EVENT: _of_an_event}
