"""The page of one person or thing: what is known of it, and all that belongs to it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from twin_host.asking.rows import Question
from twin_host.asking.tables import folded
from twin_host.asking.things import PartOf, Thing
from twin_host.contract import Severity
from twin_host.known import EventCount
from twin_host.moment import Moment
from twin_host.subjects import Late
from twin_host.twin import Twin
from twin_host.web.asked import all_of
from twin_host.web.links import address_of
from twin_host.web.tables import Table, cells, needed, table
from twin_host.web.timeline import HOUR, Timeline, timeline, width_for
from twin_host.web.written import heading, written

PART_ROWS = 20
MOST_DRAWN = 2_000
"""So many of the newest events of a thing are drawn."""
PATIENCE_S = 0.06
"""How long a page looks for the gaps of a thing; what takes longer is fetched by it."""
WHEN, HOW_BAD = "time", "severity"
"""The columns of a list that can be drawn as a timeline."""


@frozen
class Section:
    """One part of a thing's page. `more` is the address of all rows where there are more."""

    title: str
    table: Table
    more: str
    all: str
    timeline: Timeline | None


@frozen
class Difference:
    """What two connectors do not say alike of one person."""

    title: str
    here: str
    there: str


@frozen
class Account:
    """The same person in another connector."""

    source: str
    label: str
    address: str
    differences: Sequence[Difference]


@frozen
class ThingPages:
    """The things of all connectors."""

    twin: Twin
    render: Callable[..., HTMLResponse]

    def thing(self, request: Request) -> Response:
        """One thing; only its gaps where they are what is asked for."""
        path: Mapping[str, str] = request.path_params
        with self.twin.moment() as now:
            found = now.things.thing(path["source"], path["kind"], path["thing_id"])
            if "gaps" in request.query_params:
                return self.render("gaps_of.html", gaps=now.gaps_of(found))
            return self.render("thing.html", **_known_of(now, found), severities=list(Severity))


def _known_of(now: Moment, thing: Thing) -> dict[str, Any]:
    known = thing.known
    row = {**thing.row, "source": known.source}
    values = cells(now, known.alone, row)
    return {
        "thing": thing,
        "address": address_of(known.source, known.about.kind, thing.id),
        "values": [(column, cell) for column, cell in values if cell.text],
        "unknown": [heading(column.name) for column, cell in values if not cell.text],
        "gaps": _gaps(now, thing),
        "accounts": [_account(thing, other) for other in now.things.same_elsewhere(thing)],
        "sections": [_section(now, part, thing) for part in now.things.parts(thing)],
    }


def _gaps(now: Moment, thing: Thing) -> Sequence[Any] | None:
    """None where it takes a while to know them."""
    try:
        with now.in_time(PATIENCE_S):
            return now.gaps_of(thing)
    except Late:
        return None


def _account(thing: Thing, other: Thing) -> Account:
    """Where both have a column and their values differ; what tells them apart always does."""
    here, there = thing.known.about, other.known.about
    shared = [column for column in here.columns if there.column(column.name)]
    told = [
        Difference(heading(it.name), *(written(it, row[it.name]) for row in (thing.row, other.row)))
        for it in shared
        if it.name not in (*here.key, *there.key)
        and not it.of
        and folded(thing.row[it.name]) != folded(other.row[it.name])
    ]
    source, kind = other.known.source, there.kind
    return Account(source, other.label, address_of(source, kind, other.id), told)


def _section(now: Moment, part: PartOf, thing: Thing) -> Section:
    question = part.question
    columns = part.columns
    asked = evolve(question, columns=needed(question.kind, columns))
    rows = list(now.asker.rows(asked, limit=PART_ROWS + 1))
    address = all_of(question.kind.table, part.part.by, thing.id)
    return Section(
        title=part.part.title,
        table=table(now, question.kind, columns, rows[:PART_ROWS]),
        more=address if len(rows) > PART_ROWS else "",
        all=address,
        timeline=_timeline(now, question) if rows else None,
    )


def _timeline(now: Moment, question: Question) -> Timeline | None:
    about = question.kind.about
    if not about.column(WHEN) or not about.column(HOW_BAD):
        return None
    drawn = evolve(question, columns=(WHEN, HOW_BAD))
    rows = list(now.asker.rows(drawn, limit=MOST_DRAWN))
    hours = _counts(rows, HOUR)
    width = width_for(hours)
    return timeline(hours if width == HOUR else _counts(rows, width), width)


def _counts(rows: Sequence[Mapping[str, Any]], width: int) -> list[EventCount]:
    """How many of each severity there are in each hour, day, month or year, by time."""
    known = [severity.value for severity in Severity]
    found = Counter(
        (str(row[WHEN])[:width], row[HOW_BAD] if row[HOW_BAD] in known else Severity.INFO.value)
        for row in rows
        if row[WHEN]
    )
    return [
        EventCount(start=start, severity=Severity(severity), count=count)
        for (start, severity), count in sorted(found.items())
    ]
