"""Which lists there are: by kind, and of which connectors."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from attrs import evolve, frozen

from twin_host.contract import Column, ColumnType, List
from twin_host.errors import UsageError

SOURCE = Column(name="source", type=ColumnType.TEXT, meaning="The connector that tells of it.")


@frozen
class KnownList:
    """One connector's list."""

    source: str
    about: List

    @property
    def table(self) -> str:
        """Its name in SQL, and how a person names it."""
        return f"{self.source}.{self.about.kind}"

    @property
    def alone(self) -> "Kind":
        """It as a kind of this connector's own."""
        return Kind(self.table, self.about, (self,))


@frozen
class Kind:
    """One kind of thing, of one connector or of all that know it; `table` is its name in SQL. With
    several it has the columns that they share."""

    table: str
    about: List
    members: tuple[KnownList, ...]

    def column(self, name: str) -> Column:
        """Raises UsageError, with the nearest name, where there is none."""
        found = self.about.column(name)
        if found is None:
            raise UsageError(
                f"{self.table} has no column {name!r}{_meant(name, self.names)} "
                f"Its columns are {', '.join(self.names)}."
            )
        return found

    @property
    def names(self) -> list[str]:
        """Of its columns."""
        return [column.name for column in self.about.columns]

    @property
    def notes(self) -> list[str]:
        """What of it was not read, and why."""
        return [note for member in self.members for note in member.about.notes]


@frozen
class Catalogue:
    """All lists."""

    lists: Sequence[KnownList]

    @property
    def sources(self) -> list[str]:
        """The connectors that have any."""
        return list(dict.fromkeys(known.source for known in self.lists))

    @cached_property
    def kinds(self) -> list[Kind]:
        """Every kind once, in the order of the connectors; each with a column `source`."""
        by_kind: dict[str, list[KnownList]] = {}
        for known in self.lists:
            by_kind.setdefault(known.about.kind, []).append(known)
        return [_shared(members) for members in by_kind.values()]

    def kind(self, name: str) -> Kind:
        """The kind of that name, of all connectors, or of one connector as in `source.kind`.

        Raises UsageError, with the nearest name, where there is none.
        """
        for kind in self.kinds:
            if kind.table == name:
                return kind
        for known in self.lists:
            if known.table == name:
                return known.alone
        if not self.lists:
            raise UsageError("Nothing can be listed yet: sync a connector first.")
        names = [kind.table for kind in self.kinds]
        raise UsageError(
            f"There is no list {name!r}{_meant(name, names)} Known are {', '.join(names)}."
        )

    def of_thing(self, source: str, thing: str) -> KnownList | None:
        """The list of one connector whose rows are such things."""
        return next(
            (it for it in self.lists if it.source == source and thing and it.about.thing == thing),
            None,
        )

    def of(self, source: str, kind: str) -> KnownList:
        """One list of one connector. Raises UsageError where there is none."""
        (known,) = self.kind(f"{source}.{kind}").members
        return known


def _shared(members: list[KnownList]) -> Kind:
    first, others = members[0].about, [member.about for member in members[1:]]
    shared = tuple(column for column in first.columns if _all_have(others, column.name))
    names = {column.name for column in shared}
    kept = evolve(
        first,
        columns=(SOURCE, *shared),
        shown=_those(first.shown, names) or tuple(column.name for column in shared),
        order=_those(first.order, names) or _those(first.key, names) or ("source",),
        label=first.label if first.label in names else "",
        match=first.match if first.match in names else "",
    )
    if others:
        alike = all(each.key == first.key for each in others) and set(first.key) <= names
        key = first.key if alike else tuple(column.name for column in shared)
        kept = evolve(kept, key=("source", *key), shown=("source", *kept.shown))
    return Kind(first.kind, kept, tuple(members))


def _all_have(lists: Iterable[List], name: str) -> bool:
    return all(each.column(name) for each in lists)


def _those(names: Iterable[str], known: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in known)


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f": did you mean {near[0]}?" if near else "."
