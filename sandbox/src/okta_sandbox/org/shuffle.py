"""A fixed reordering of a range, so that any part of an org can be listed without a list.

"The 340 members of Finance" is the stretch [0, 340) of a shuffled range: whether somebody is a
member is one multiplication, the k-th member is another, and the count is exact.
"""

from math import gcd

from attrs import frozen

from okta_sandbox.org.chance import Chance


@frozen
class Shuffle:
    """`at(position)` and `position(item)` are each other's inverse over range(size)."""

    size: int
    step: int
    back: int
    offset: int

    @classmethod
    def of(cls, size: int, chance: Chance) -> "Shuffle":
        """A reordering of range(size) that these throws decide."""
        if size < 2:
            return cls(size=max(size, 1), step=1, back=1, offset=0)
        step = 1 + chance.number() % (size - 1)
        while gcd(step, size) != 1:
            step = step % (size - 1) + 1
        return cls(size=size, step=step, back=pow(step, -1, size), offset=chance.number() % size)

    def at(self, position: int) -> int:
        """The item that stands at this position."""
        return (position - self.offset) * self.back % self.size

    def position(self, item: int) -> int:
        """Where the item stands."""
        return (item * self.step + self.offset) % self.size
