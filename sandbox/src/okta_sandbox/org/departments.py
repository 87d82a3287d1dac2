"""How the people of an org are divided among departments."""

from bisect import bisect_right
from itertools import accumulate

from attrs import frozen

from okta_sandbox.org.chance import Chance
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table


def shares(weights: dict[str, float], size: int) -> list[int]:
    """Where each share of `size` ends; each gets at least one place while there is room."""
    room = max(size - len(weights), 0)
    floor = 1 if size >= 4 * len(weights) else 0
    total = sum(weights.values())
    parts = [floor + int((room if floor else size) * weight / total) for weight in weights.values()]
    parts[0] += size - sum(parts)
    return list(accumulate(parts))


@frozen
class Departments:
    """Departments as stretches of one shuffle over the live ranks."""

    shuffle: Shuffle
    names: tuple[str, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, seed: int, live_size: int) -> "Departments":
        """The division of this many live accounts."""
        weights: dict[str, float] = table("people")["departments"]
        return cls(
            shuffle=Shuffle.of(live_size, Chance(seed, "departments")),
            names=tuple(weights),
            ends=tuple(shares(weights, live_size)),
        )

    def of_rank(self, rank: int) -> str:
        """The department of the account of this rank; deactivated ones keep a last one too."""
        position = self.shuffle.position(rank % self.shuffle.size)
        return self.names[min(bisect_right(self.ends, position), len(self.names) - 1)]

    def stretch(self, name: str) -> tuple[int, int]:
        """The positions [start, stop) of a department's members."""
        place = self.names.index(name)
        return (self.ends[place - 1] if place else 0), self.ends[place]
