"""The twin's content gathered for the compiled form."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from twin_host.contract import ConnectorInfo
from twin_host.figures import Figure, comparable, figures
from twin_host.known import KnownFact, name_of
from twin_host.profile import NEW_PROFILE
from twin_host.sif import ConnectorLine, ContradictionLine, Picture
from twin_host.store import Store

_PERCENT = re.compile(r"\d+(\.\d+)?%")
MOST_EVENTS = 50


def picture_of(
    store: Store,
    connectors: Sequence[ConnectorInfo],
    profile: str,
    subjects: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]],
    unread: Mapping[str, Mapping[str, str]],
) -> Picture:
    """What the compiled form is made of. `subjects` are the first ones by a gap's source and id."""
    facts = store.facts()
    return Picture(
        organisation=_organisation(profile),
        facts=facts,
        gaps=store.gaps(),
        names={gap: [name_of(subject) for subject in found] for gap, found in subjects.items()},
        events=list(islice(store.events(), MOST_EVENTS)),
        contradictions=[
            ContradictionLine(figure.key, _readings(figure))
            for figure in figures(facts)
            if figure.is_contradicted
        ],
        connectors=[_connector(info, store) for info in connectors],
        trends={(f.source, f.key): _trend(store, f) for f in facts if f.value.endswith("%")},
        unread=unread,
    )


def _readings(figure: Figure) -> dict[str, str]:
    """What was declared beside what is so; else what each source says."""
    for fact in figure.facts:
        if fact.actual is not None:
            return {"declared": fact.value, "actual": fact.actual}
    return figure.readings


def _connector(info: ConnectorInfo, store: Store) -> ConnectorLine:
    last = store.last_sync(info.name)
    return ConnectorLine(
        name=info.name,
        title=info.title,
        category=info.category,
        last_sync=last.ended_at if last else None,
        status=last.status if last else "never",
    )


def _trend(store: Store, fact: KnownFact) -> list[float]:
    values = [reading.value for reading in comparable(store.history(fact.key), fact)]
    return [float(value[:-1]) for value in values if _PERCENT.fullmatch(value)]


def _organisation(profile: str) -> str:
    """The profile's title is the organisation's name, unless nobody has written one."""
    title = next((line[2:].strip() for line in profile.splitlines() if line[:2] == "# "), "")
    return "" if title == NEW_PROFILE[2:].strip() else title
