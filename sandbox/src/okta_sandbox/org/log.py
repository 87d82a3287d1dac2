"""Reading the System Log: all streams merged, in the order a kind of query promises.

A polling query reads in the order of persistence, so nothing is ever missed, and `published` may
go back and forth. A bounded query reads by `published`, and what is not yet persisted is not there.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from heapq import heappop, heappush, merge
from typing import Any, cast

from attrs import frozen

from okta_sandbox.filters import Expression, holds, may_hold
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.entries import entry
from okta_sandbox.org.events import MAX_DELAY_MS, Moment, Stream
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

RETENTION_S = 90 * DAY_S
SCAN_LIMIT = 200_000
"""Entries one query may look at before it times out, as Okta's do after 30 seconds."""

_CHANGES = 1_000_000
"""The stream number of changes: above all others, so that they sort last in their millisecond."""

Json = dict[str, Any]
Key = tuple[int, int, int, int]
"""A place in the log: the time that orders the query, then stream, slot and number."""


class QueryTooLargeError(Exception):
    """The query looked at too many entries without filling its page."""


@frozen
class Query:
    """One page's worth of reading. Times are epoch milliseconds.

    Without `until_ms` this is a polling query: `since_ms` and `after` are persistence times.
    """

    now_ms: int
    since_ms: int
    until_ms: int | None = None
    descending: bool = False
    after: Key | None = None
    limit: int = 100
    expression: Expression | None = None
    keywords: tuple[str, ...] = ()


@frozen
class Page:
    """Entries, where to go on (None: there is no more), and whether the page came out full."""

    entries: list[Json]
    last: Key | None
    more: bool


class Log:
    """The System Log of one org."""

    def __init__(self, org: Directory) -> None:
        rows: list[Json] = table("events")["events"]
        people = sum(1 for _ in _sign_in_sample(org)) * max(org.people.size // 1000, 1)
        self._org = org
        self._changed: list[Moment] = []
        self._streams = tuple(
            Stream.of(row, seed=org.seed, number=number, people=people, as_of_s=org.as_of_s)
            for number, row in enumerate(rows)
        )

    def read(self, query: Query) -> Page:
        """The next page. Raises QueryTooLargeError."""
        entries: list[Json] = []
        last = query.after
        for scanned, (key, moment) in enumerate(self._ordered(query)):
            if scanned > SCAN_LIMIT:
                raise QueryTooLargeError
            found = self._entry(moment)
            if not _matches(found, query):
                continue
            if len(entries) >= query.limit:
                return Page(entries, last, more=True)
            entries.append(found)
            last = key
        return Page(entries, last, more=False)

    def entries(
        self, since_s: float, until_s: float, *, types: frozenset[str] | None = None
    ) -> Iterator[Json]:
        """Every entry published in [since, until), of these types or of all, in order."""
        streams = [s for s in self._streams if types is None or s.row["type"] in types]
        window = (int(since_s * 1000), int(until_s * 1000))
        merged = self._merged(streams, window[0], window[1] + MAX_DELAY_MS)
        for moment in _by_published(merged):
            if window[0] <= moment.published_ms < window[1]:
                found = self._entry(moment)
                if types is None or found["eventType"] in types:
                    yield found

    # --- order ----------------------------------------------------------------------------

    def _ordered(self, query: Query) -> Iterator[tuple[Key, Moment]]:
        streams = [
            stream
            for stream in self._streams
            if query.expression is None or may_hold(query.expression, stream.known)
        ]
        if query.until_ms is None:
            return self._polled(query, streams)
        return self._bounded(query, query.until_ms, streams)

    def _polled(self, query: Query, streams: list[Stream]) -> Iterator[tuple[Key, Moment]]:
        start_ms = max(query.since_ms, query.now_ms - RETENTION_S * 1000)
        if query.after:
            start_ms = max(start_ms, query.after[0])
        for moment in self._merged(streams, start_ms, query.now_ms + 1):
            key = (moment.persisted_ms, moment.stream, moment.slot, moment.number)
            if query.after is None or key > query.after:
                yield key, moment

    def _bounded(
        self, query: Query, until_ms: int, streams: list[Stream]
    ) -> Iterator[tuple[Key, Moment]]:
        start_ms = max(query.since_ms, query.now_ms - RETENTION_S * 1000)
        end_ms = until_ms
        if query.after and query.descending:
            end_ms = min(end_ms, query.after[0] + 1)
        elif query.after:
            start_ms = max(start_ms, query.after[0])
        readable_ms = min(end_ms + MAX_DELAY_MS, query.now_ms + 1)
        if query.descending:
            moments = _by_published_back(self._merged_back(streams, start_ms, readable_ms))
        else:
            moments = _by_published(self._merged(streams, start_ms, readable_ms))
        for moment in moments:
            key = (moment.published_ms, moment.stream, moment.slot, moment.number)
            if start_ms <= moment.published_ms < end_ms and _is_past(key, query):
                yield key, moment

    def _merged(self, streams: list[Stream], from_ms: int, to_ms: int) -> Iterator[Moment]:
        changes = self._changes(from_ms, to_ms)
        return merge(*(stream.moments(from_ms, to_ms) for stream in streams), changes)

    def _merged_back(self, streams: list[Stream], from_ms: int, to_ms: int) -> Iterator[Moment]:
        changes = self._changes(from_ms, to_ms)
        backwards = (stream.moments_back(from_ms, to_ms) for stream in streams)
        return merge(*backwards, reversed(changes), reverse=True)

    def _changes(self, from_ms: int, to_ms: int) -> list[Moment]:
        """What changes wrote, persisted in [from, to), in order."""
        events = self._org.changes.events
        for number in range(len(self._changed), len(events)):
            event = events[number]
            insort(self._changed, Moment(event.persisted_ms, _CHANGES, 0, number, event.at_ms))
        start, stop = (bisect_left(self._changed, (at_ms,)) for at_ms in (from_ms, to_ms))
        return self._changed[start:stop]

    def _entry(self, moment: Moment) -> Json:
        if moment.stream == _CHANGES:
            return self._org.changes.events[moment.number].entry
        return entry(self._org, self._streams[moment.stream], moment)


def _sign_in_sample(org: Directory) -> Iterator[int]:
    """People who can sign in, among the first thousand: enough to know the pace of the log."""
    for index in range(min(org.people.size, 1000)):
        if org.people.can_sign_in(index):
            yield index


def _is_past(key: Key, query: Query) -> bool:
    """Whether a place lies beyond the cursor in the direction of reading."""
    if query.after is None:
        return True
    return key < query.after if query.descending else key > query.after


def _by_published(moments: Iterator[Moment]) -> Iterator[Moment]:
    """Moments in order of persistence, put in the order of publication."""
    return _reordered(
        moments,
        rank=lambda moment: (moment.published_ms, moment.stream, moment.slot, moment.number),
        settled=lambda first, coming: first[0] <= coming.persisted_ms - MAX_DELAY_MS,
    )


def _by_published_back(moments: Iterator[Moment]) -> Iterator[Moment]:
    """The same, both backwards."""
    return _reordered(
        moments,
        rank=lambda moment: (-moment.published_ms, -moment.stream, -moment.slot, -moment.number),
        settled=lambda first, coming: -first[0] >= coming.persisted_ms,
    )


def _reordered(
    moments: Iterator[Moment],
    *,
    rank: Callable[[Moment], Key],
    settled: Callable[[Key, Moment], bool],
) -> Iterator[Moment]:
    """Sort a stream that is nearly in order; `settled` tells that nothing earlier can come."""
    waiting: list[tuple[Key, Moment]] = []
    for moment in moments:
        while waiting and settled(waiting[0][0], moment):
            yield heappop(waiting)[1]
        heappush(waiting, (rank(moment), moment))
    while waiting:
        yield heappop(waiting)[1]


# --- conditions -------------------------------------------------------------------------------


def _matches(found: Json, query: Query) -> bool:
    if query.expression and not holds(query.expression, lambda path: value_at(found, path)):
        return False
    if not query.keywords:
        return True
    text = str(found).casefold()
    return all(keyword.casefold() in text for keyword in query.keywords)


def value_at(record: Any, path: str) -> Any:
    """The value at a dotted path; a list on the way gives a list of what its items hold."""
    for name in path.split("."):
        if isinstance(record, list):
            record = [item[name] for item in cast("list[Json]", record) if name in item]
        elif isinstance(record, dict):
            record = cast("Json", record).get(name)
        else:
            return None
    return record
