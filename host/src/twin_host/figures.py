"""The facts of all sources laid together: one figure a key, and where the sources disagree."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from attrs import frozen

from twin_host.known import KnownFact, Reading


@frozen
class Figure:
    """One key with what every source says of it, the strongest first; `facts` is never empty."""

    key: str
    facts: tuple[KnownFact, ...]

    @property
    def best(self) -> KnownFact:
        """What is said with the most confidence."""
        return self.facts[0]

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.best.title

    @property
    def section(self) -> str:
        """The title of the section it belongs to; empty for none."""
        return next((fact.section for fact in self.facts if fact.section), "")

    @property
    def headline(self) -> int | None:
        """Its place among the figures that say most."""
        return min((f.headline for f in self.facts if f.headline is not None), default=None)

    @property
    def readings(self) -> dict[str, str]:
        """What each source says, strongest first."""
        return {fact.source: fact.value for fact in self.facts}

    @property
    def is_contradicted(self) -> bool:
        """Whether two sources counted and came to different values, or what a person declared is
        not so. Values that nobody counted, such as the name of a tool, stand beside each other."""
        counted = {fact.value for fact in self.facts if fact.is_counted}
        return len(counted) > 1 or any(fact.actual is not None for fact in self.facts)


def figures(facts: Sequence[KnownFact]) -> list[Figure]:
    """One figure for each key, by key."""
    ranked = sorted(facts, key=_rank)
    return [Figure(key, tuple(same)) for key, same in groupby(ranked, lambda fact: fact.key)]


def comparable(history: Iterable[Reading], fact: KnownFact) -> list[Reading]:
    """The readings that a trend of this fact may be made of: its own, by its own definition."""
    return [
        reading
        for reading in history
        if reading.source == fact.source and reading.definition_version == fact.definition_version
    ]


def _rank(fact: KnownFact) -> tuple[str, bool, int, str]:
    return (fact.key, fact.is_declared, fact.confidence.rank, fact.source)
