"""Numbers that look random and are always the same: a hash of the seed and of what they are for.

Nothing is drawn in sequence from one generator, so a record never depends on which records were
computed before it: user 41,977 is the same whether the org is read from the front, the back, or
only there.
"""

import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Generic, TypeVar

Item = TypeVar("Item")

_UNPACK = struct.Struct("<16I").unpack
_RANGE = 1 << 32


class Weighted(Generic[Item]):
    """Items with weights, prepared for picking by one number between 0 and 1."""

    __slots__ = ("_bounds", "_items")

    def __init__(self, weights: Mapping[Item, float]) -> None:
        self._items = tuple(weights)
        total = sum(weights.values())
        self._bounds = [bound / total for bound in accumulate(weights.values())]

    def at(self, unit: float) -> Item:
        """The item that owns this point of the unit interval."""
        return self._items[min(bisect_right(self._bounds, unit), len(self._items) - 1)]


class Chance:
    """The throws of one record, named by the seed and by what the record is."""

    __slots__ = ("_at", "_digest", "_numbers")

    def __init__(self, seed: int, *name: str | int) -> None:
        self._digest = blake2b(repr((seed, name)).encode()).digest()
        self._numbers = _UNPACK(self._digest)
        self._at = 0

    def number(self) -> int:
        """The next whole number of 32 bits."""
        if self._at == 16:
            self._digest = blake2b(self._digest).digest()
            self._numbers = _UNPACK(self._digest)
            self._at = 0
        self._at += 1
        return self._numbers[self._at - 1]

    def unit(self) -> float:
        """The next number from 0 up to, not including, 1."""
        return self.number() / _RANGE

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.number() < probability * _RANGE

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as the other."""
        return items[self.number() * len(items) >> 32]

    def weighted(self, table: Weighted[Item]) -> Item:
        """One of the items, by weight."""
        return table.at(self.number() / _RANGE)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + (self.number() * (high - low + 1) >> 32)

    def between(self, low: float, high: float) -> float:
        """A number between the two."""
        return low + (high - low) * self.unit()

    def text(self, length: int, alphabet: str) -> str:
        """A word of this length over the alphabet."""
        return "".join(self.pick(alphabet) for _ in range(length))
