"""One thing of the twin: who or what was meant, and all that belongs to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from twin_host.asking.catalogue import Catalogue, KnownList
from twin_host.asking.conditions import Condition, equal
from twin_host.asking.names import Named, beginning, called, holding, nearest
from twin_host.asking.rows import Asker, Question
from twin_host.asking.tables import folded, quoted
from twin_host.contract import Part
from twin_host.errors import UsageError
from twin_host.store import Store

MOST_MEANT = 20
"""So many things that a beginning may mean are told."""


@frozen
class Thing:
    """One row of a list whose rows are things."""

    known: KnownList
    row: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The product's own id."""
        return str(self.row[self.known.about.key[0]])

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.row.get(self.known.about.label) or self.id)


@frozen
class PartOf:
    """A section of a thing's page, and the question whose rows it holds."""

    part: Part
    question: Question

    @property
    def columns(self) -> list[str]:
        """What people see of each row first: not what they know, the thing itself."""
        found = self.question.kind
        own = {self.part.by, self.part.by.removesuffix("_id")}
        return [name for name in found.about.shown if name not in own]


@frozen
class Things:
    """The things of an open connection."""

    catalogue: Catalogue
    asker: Asker
    store: Store

    def thing(self, source: str, kind: str, thing_id: str) -> Thing:
        """One by its id. Raises UsageError when there is none."""
        known = self.catalogue.of(source, kind)
        found = next(self._of(known, equal({known.about.key[0]: thing_id})), None)
        if found is None or not known.about.thing:
            raise UsageError(f"There is no {known.about.thing or kind} {thing_id!r} in the twin.")
        return found

    def meant(self, text: str) -> list[Thing]:
        """What an id or a name means, in any case, or its beginning, or a part of it: the first
        of these that fits.

        Raises UsageError when nothing does, with what is spelt nearest.
        """
        for find in (called, beginning, _holding):
            if found := find(self.store, text, limit=MOST_MEANT):
                return [self.thing(it.source, it.kind, it.id) for it in found]
        near = [named.label for named in nearest(self.store, text, limit=3)]
        hint = f" Nearest are {', '.join(near)}." if near else ""
        raise UsageError(f"Nothing in the twin is called {text!r}, or begins so.{hint}")

    def parts(self, thing: Thing) -> Iterator[PartOf]:
        """Its sections, each with its rows still to be asked for."""
        for part in thing.known.about.parts:
            known = self.catalogue.of(thing.known.source, part.kind)
            by_time = "time" if known.about.column("time") else None
            question = Question(
                kind=known.alone,
                where=[equal({part.by: thing.id})],
                sort=by_time,
                descending=True if by_time else None,
            )
            yield PartOf(part, question)

    def same_elsewhere(self, thing: Thing) -> list[Thing]:
        """The same person in other connectors."""
        match = thing.row.get(thing.known.about.match)
        if not match:
            return []
        return [
            other
            for known in self.catalogue.lists
            if known.source != thing.known.source and known.about.match and known.about.thing
            for other in self._of(
                known, Condition(f"folded({quoted(known.about.match)}) = ?", (folded(match) or "",))
            )
        ]

    def _of(self, known: KnownList, condition: Condition) -> Iterator[Thing]:
        for row in self.asker.rows(Question(kind=known.alone, where=[condition])):
            yield Thing(known, row)


def _holding(store: Store, text: str, *, limit: int) -> list[Named]:
    return holding(store, text.split(), limit=limit)
