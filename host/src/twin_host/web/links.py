"""From a name, wherever it stands, to the page of what it names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from attrs import frozen

from twin_host.asking.catalogue import KnownList
from twin_host.asking.conditions import Condition
from twin_host.asking.rows import Asker, Question
from twin_host.asking.tables import quoted
from twin_host.moment import Moment

AT_ONCE = 500
"""So many ids are looked up together."""
SHORT = 1_000
"""A list of no more rows is looked through for a name; in a longer one it must be sorted by it."""


@frozen
class Named:
    """A thing that something names by its id."""

    source: str
    thing: str
    id: str


def address_of(source: str, kind: str, thing_id: str) -> str:
    """Of the page of a thing."""
    return f"/things/{source}/{kind}/{quote(thing_id, safe='')}"


def addresses(now: Moment, named: Iterable[Named]) -> Mapping[Named, str]:
    """The pages of those things that the twin knows."""
    catalogue = now.catalogue
    by_list: dict[tuple[str, str], dict[str, Named]] = defaultdict(dict)
    for each in named:
        by_list[each.source, each.thing][each.id] = each
    found: dict[Named, str] = {}
    for (source, thing), ids in by_list.items():
        known = catalogue.of_thing(source, thing)
        if known is not None:
            for thing_id in _there(now.asker, known, known.about.key[0], list(ids)):
                found[ids[thing_id]] = address_of(source, known.about.kind, thing_id)
    return found


def by_name(now: Moment, source: str, names: Iterable[str]) -> Mapping[str, str]:
    """The pages of those whose names are known, and are the name of one thing alone."""
    wanted, catalogue = list(dict.fromkeys(filter(None, names))), now.catalogue
    pages: dict[str, list[str]] = defaultdict(list)
    for known in catalogue.lists:
        about = known.about
        if known.source != source or not about.thing or not about.label:
            continue
        if about.label not in about.order and not _is_short(now.asker, known):
            continue
        for row in _rows(now.asker, known, about.label, wanted, (about.key[0], about.label)):
            page = address_of(source, about.kind, str(row[about.key[0]]))
            pages[str(row[about.label])].append(page)
    return {name: found[0] for name, found in pages.items() if len(found) == 1}


def _is_short(asker: Asker, known: KnownList) -> bool:
    return asker.count(Question(kind=known.alone), most=SHORT) <= SHORT


def _there(asker: Asker, known: KnownList, column: str, values: list[str]) -> list[str]:
    return [str(row[column]) for row in _rows(asker, known, column, values, (column,))]


def _rows(
    asker: Asker, known: KnownList, column: str, values: list[str], columns: tuple[str, ...]
) -> Iterable[dict[str, object]]:
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        condition = Condition(f"{quoted(column)} IN ({marks})", tuple(some))
        yield from asker.rows(
            Question(kind=known.alone, where=[condition], columns=columns, sort=column)
        )
