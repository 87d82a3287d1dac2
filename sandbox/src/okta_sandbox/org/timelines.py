"""The records of a base in the order of their times, so that a search need not look at them all."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from heapq import merge


class Timelines:
    """The indexes of records, found by some of their times; made when first asked for.

    The base never changes, so neither does what is found. `records` gives index and record, the
    indexes ascending; all times lie between `first_s` and `last_s`.
    """

    def __init__(
        self,
        records: Callable[[], Iterable[tuple[int, object]]],
        *fields: str,
        first_s: float,
        last_s: float,
    ) -> None:
        self._records = records
        self._fields = fields
        self._first_s = first_s
        self._last_s = last_s
        self._found = lru_cache(maxsize=16)(self._find)

    def within(self, field: str, span_s: tuple[float, float]) -> Sequence[int] | None:
        """Indexes, ascending, whose time lies in the span; None where that is no restriction."""
        earliest_s, latest_s = span_s
        if earliest_s <= self._first_s and latest_s >= self._last_s:
            return None
        if earliest_s > min(self._last_s, latest_s):
            return ()
        return self._found(field, earliest_s, latest_s)

    def _find(self, field: str, earliest_s: float, latest_s: float) -> Sequence[int]:
        times_s, indexes = self._sorted[field]
        start, stop = bisect_left(times_s, earliest_s), bisect_right(times_s, latest_s)
        return array("q", sorted(indexes[start:stop]))

    @cached_property
    def _sorted(self) -> dict[str, tuple[Sequence[int], Sequence[int]]]:
        """The times of each field in order, and the index that each belongs to."""
        indexes = array("q")
        columns = {field: array("q") for field in self._fields}
        for index, record in self._records():
            indexes.append(index)
            for field, times_s in columns.items():
                times_s.append(getattr(record, field))
        return {field: _in_order(times_s, indexes) for field, times_s in columns.items()}


def _in_order(
    times_s: Sequence[int], indexes: Sequence[int]
) -> tuple[Sequence[int], Sequence[int]]:
    order = sorted(range(len(times_s)), key=times_s.__getitem__)
    by_time = array("q", (times_s[place] for place in order))
    return by_time, array("q", (indexes[place] for place in order))


def ascending(start: int, *sources: Iterable[int]) -> Iterator[int]:
    """Indexes of several sources, each in order, as one: from `start` on, each once."""
    last = start - 1
    for index in merge(*(_from(start, source) for source in sources)):
        if index > last:
            yield index
            last = index


def _from(start: int, source: Iterable[int]) -> Iterable[int]:
    """A source from this index on, without walking to it where it is a sequence."""
    if not isinstance(source, Sequence):
        return source
    return (source[place] for place in range(bisect_left(source, start), len(source)))
