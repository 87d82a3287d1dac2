"""The facts of all sources laid together: one figure a key, and where the sources disagree."""

from collections.abc import Sequence
from itertools import groupby

from attrs import frozen

from twin_host.contract import Confidence
from twin_host.store import Row

DECLARED = "declared"
_STRENGTH = list(Confidence)


@frozen
class Figure:
    """One key with what every source says of it, the strongest first; `facts` is never empty."""

    key: str
    facts: tuple[Row, ...]

    @property
    def best(self) -> Row:
        """What is said with the most confidence."""
        return self.facts[0]

    @property
    def readings(self) -> dict[str, str]:
        """What each source says, strongest first."""
        return {str(fact["source"]): str(fact["value"]) for fact in self.facts}

    @property
    def is_contradicted(self) -> bool:
        """Whether two sources counted and came to different values, or what a person declared is
        not so. Values that nobody counted (`tool:okta`) stand beside each other."""
        counted = {f["value"] for f in self.facts if f["evidence"].get("numerator") is not None}
        return len(counted) > 1 or any("declared" in fact["evidence"] for fact in self.facts)


def figures(facts: Sequence[Row]) -> list[Figure]:
    """One figure for each key, by key."""
    ranked = sorted(facts, key=_rank)
    return [Figure(key, tuple(same)) for key, same in groupby(ranked, lambda fact: fact["key"])]


def _rank(fact: Row) -> tuple[str, bool, int, str]:
    is_declared = fact["source"] == DECLARED
    return (fact["key"], is_declared, _STRENGTH.index(fact["confidence"]), fact["source"])
