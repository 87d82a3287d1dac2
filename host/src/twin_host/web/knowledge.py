"""What is in the twin: identity posture, the evidence of a figure, gaps, security events."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from urllib.parse import urlencode

from attrs import evolve, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from twin_host import shapes
from twin_host.asking.changes import ThingChanged, by_sync
from twin_host.contract import Confidence, DatasetState, Severity
from twin_host.event_filter import EventFilter
from twin_host.figures import Figure, comparable
from twin_host.full_text import quoted
from twin_host.known import KnownEvent, KnownFact, KnownGap
from twin_host.moment import Moment
from twin_host.store import Store
from twin_host.subjects import First
from twin_host.twin import Twin
from twin_host.web.layout import change, panels, spark
from twin_host.web.links import Named, addresses, by_name
from twin_host.web.tables import Table, subjects
from twin_host.web.timeline import HOUR, timeline, width_for

PAGE = 50
PEOPLE = 200
MOST_PEOPLE = 10_000
HITS = 50
MOST_CHANGES = 500
DAYS = (1, 7, 30, 90)
PATIENCE_S = 0.06
"""How long a page looks for those behind a figure; who takes longer to find is fetched by it."""
FILTERS = ("severity", "category", "outcome", "source")


@frozen
class Unread:
    """A dataset that a connector's last sync did not read in full, and why."""

    connector: str
    dataset: str
    state: DatasetState
    reason: str


@frozen
class KnowledgePages:
    """Everything that is read from the twin."""

    twin: Twin
    render: Callable[..., HTMLResponse]

    def posture(self, _request: Request) -> Response:
        """All figures, all gaps, and what could not be read."""
        with self.twin.moment() as now:
            known = now.figures()
            return self.render(
                "posture.html",
                panels=panels(known, now.sections()),
                history={figure.key: _history(now.store, figure) for figure in known},
                gaps=now.gaps(),
                unread=self._unread(now),
            )

    def figure(self, request: Request) -> Response:
        """One figure: what it means, how it was counted, how it moved, who is behind it."""
        key, most = request.path_params["key"], _most(request)
        with self.twin.moment() as now, _patience(now, request):
            found = now.explain(key)
            behind = [
                (it.fact, _behind(now, it.fact, it.fact.evidence.kind, it.subjects.first(most)))
                for it in found
            ]
            if request.query_params.get("people"):
                source = request.query_params["people"]
                people = next((it for fact, it in behind if fact.source == source), Behind())
                return self.render("people.html", people=people, most=most, all=_all(request))
            past = now.store.history(key)
            return self.render(
                "figure.html",
                key=key,
                found=behind,
                contradicted=Figure(key, tuple(each.fact for each in found)).is_contradicted,
                history={e.fact.source: comparable(past, e.fact) for e in found},
                due={e.fact.source: now.due(e.fact.source) for e in found},
                spark=spark,
                most=most,
            )

    def gap(self, request: Request) -> Response:
        """One gap, with those in it."""
        most = _most(request)
        with self.twin.moment() as now, _patience(now, request):
            found = now.gap(request.path_params["source"], request.path_params["gap_id"])
            people = _behind(now, found, found.kind, now.subjects(found).first(most))
        if "people" in request.query_params:
            return self.render("people.html", people=people, most=most, all=_all(request))
        return self.render("gap.html", gap=found, people=people, most=most)

    def events(self, request: Request) -> Response:
        """Security events as a timeline and a table; every filter is in the address."""
        asked = {
            name: value
            for name in (*FILTERS, "since", "until", "words")
            if (value := request.query_params.get(name, "").strip())
        }
        number = request.query_params.get("page", "1")
        page = int(number) if number.isdecimal() and 0 < len(number) < 7 else 1
        wanted = _filter(asked)
        with self.twin.moment() as now:
            store = now.store
            rows = list(store.events(wanted, limit=PAGE + 1, offset=(max(page, 1) - 1) * PAGE))
            choices = {name: store.event_values(name) for name in FILTERS}
            counts = store.event_counts(wanted, width=HOUR)
            width = width_for(counts)
            if width != HOUR:
                counts = store.event_counts(wanted, width=width)
            unread = [each for each in self._unread(now) if each.state != DatasetState.SKIPPED]
            people = _people(now, rows[:PAGE])
        choices["severity"].sort(key=lambda severity: Severity(severity).rank)
        return self.render(
            "events.html",
            events=rows[:PAGE],
            people=people,
            unread=unread,
            severities=list(Severity),
            total=sum(each.count for each in counts),
            timeline=timeline(counts, width),
            choices=choices,
            asked=asked,
            page=page,
            newer=_address(asked, page - 1) if page > 1 else "",
            older=_address(asked, page + 1) if len(rows) > PAGE else "",
        )

    def changes(self, request: Request) -> Response:
        """What appeared, went or changed, sync by sync; how many days back is in the address."""
        asked = request.query_params.get("days", "")
        days = int(asked) if asked in map(str, DAYS) else None
        with self.twin.moment() as now:
            since = now.clock() - timedelta(days=days) if days else None
            told = now.thing_changes()
            found = list(told.found(since=since, limit=MOST_CHANGES))
            count = told.count(since=since)
            pages = addresses(now, filter(None, map(_named, found)))

        def page_of(change: ThingChanged) -> str:
            named = _named(change)
            return pages.get(named, "") if named else ""

        return self.render(
            "changes.html",
            syncs=list(by_sync(found[:MOST_CHANGES])),
            page_of=page_of,
            shown=min(len(found), MOST_CHANGES),
            count=count,
            days=days,
            choices=DAYS,
        )

    def event(self, request: Request) -> Response:
        """One event, with the product's own entry."""
        with self.twin.moment() as now:
            found = now.event(request.path_params["source"], request.path_params["event_id"])
            entry = now.entry(found)
            people = _people(now, [found])
        raw = "" if entry is None else shapes.dumps(entry)
        return self.render("event.html", event=found, raw=raw, people=people)

    def search(self, request: Request) -> Response:
        """Everything in the twin that has those words."""
        words = request.query_params.get("words", "").strip()
        with self.twin.moment() as now:
            hits = now.search(words, limit=HITS) if words else []
        return self.render("search.html", words=words, hits=hits)

    def _unread(self, now: Moment) -> list[Unread]:
        """What each connector's last sync could not read in full."""
        return [
            Unread(connector.info.title, name, report.state, report.reason)
            for connector in self.twin.registry.connectors.values()
            for name, report in now.datasets(connector.info.name).items()
            if report.state != DatasetState.COMPLETE
        ]


@frozen
class Behind:
    """Those behind a figure or in a gap, as a page shows them."""

    table: Table | None = None
    more: bool = False
    problem: str = ""
    late: bool = False


def _behind(now: Moment, told: KnownFact | KnownGap, thing: str, first: First) -> Behind:
    table = subjects(now, told.source, thing, first.rows) if first.rows else None
    return Behind(table, first.more, first.problem, first.late)


def _patience(now: Moment, request: Request) -> AbstractContextManager[None]:
    """A page is there at once; those behind it are waited for where they alone are asked for."""
    asked = request.query_params
    is_waited_for = "people" in asked or "wait" in asked or "all" in asked
    return nullcontext() if is_waited_for else now.in_time(PATIENCE_S)


def _all(request: Request) -> str:
    return f"{request.url.path}?all=yes"


def _people(now: Moment, events: Sequence[KnownEvent]) -> dict[str, Mapping[str, str]]:
    """By connector, the pages of those whom events name."""
    names: dict[str, list[str]] = {}
    for event in events:
        names.setdefault(event.source, []).extend((event.actor, *event.targets))
    return {source: by_name(now, source, each) for source, each in names.items()}


def _named(change: ThingChanged) -> Named | None:
    thing, thing_id = change.belongs_to
    return Named(change.source, thing, thing_id) if thing and thing_id else None


def _most(request: Request) -> int:
    return MOST_PEOPLE if "all" in request.query_params else PEOPLE


def _history(store: Store, figure: Figure) -> dict[str, str]:
    """Between verified readings alone: from a lower bound to a count is no movement."""
    if figure.best.confidence != Confidence.VERIFIED:
        return {"points": "", "change": ""}
    past = comparable(store.history(figure.key), figure.best)
    texts = [each.value for each in past if each.confidence == Confidence.VERIFIED]
    return {"points": spark(texts), "change": change(texts)}


def _filter(asked: dict[str, str]) -> EventFilter:
    """`until` names a day that is still wanted; words are matched whole, all of them."""
    wanted = EventFilter(**asked)
    if wanted.words is not None:
        wanted = evolve(wanted, words=" AND ".join(quoted(wanted.words)) or None)
    if wanted.until is not None:
        wanted = evolve(wanted, until=wanted.until + "~")  # sorts behind every time of that day
    return wanted


def _address(asked: dict[str, str], page: int) -> str:
    return "/events?" + urlencode(asked | {"page": str(page)})
