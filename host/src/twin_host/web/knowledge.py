"""What is in the twin: identity posture, the evidence of a figure, gaps, security events."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson
from attrs import evolve, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from twin_host.contract import Confidence, DatasetState, Severity
from twin_host.errors import UsageError
from twin_host.event_filter import EventFilter
from twin_host.figures import Figure, figures
from twin_host.search import quoted
from twin_host.store import Row, Store
from twin_host.twin import Twin
from twin_host.web.layout import change, sections, spark
from twin_host.web.timeline import timeline, width_for

PAGE = 50
PEOPLE = 200
MOST_PEOPLE = 10_000
HITS = 50
FILTERS = ("severity", "category", "outcome", "source")


@frozen
class KnowledgePages:
    """Everything that is read from the twin."""

    twin: Twin
    render: Callable[..., HTMLResponse]

    async def posture(self, _request: Request) -> Response:
        """All figures, all gaps, and what could not be read."""
        with self.twin.store() as store:
            known = figures(store.facts())
            history = {figure.key: _history(store, figure) for figure in known}
            gaps = store.gaps()
            unread = self._unread(store)
        return self.render(
            "posture.html", sections=sections(known), history=history, gaps=gaps, unread=unread
        )

    async def figure(self, request: Request) -> Response:
        """One figure: what it means, how it was counted, how it moved, who is behind it."""
        key = request.path_params["key"]
        most = MOST_PEOPLE if "all" in request.query_params else PEOPLE
        found = self.twin.explain(key, limit=most)
        with self.twin.store() as store:
            history = store.history(key)
        return self.render(
            "figure.html",
            key=key,
            found=found,
            contradicted=Figure(key, tuple(each.fact for each in found)).is_contradicted,
            history={each.fact["source"]: _of(history, each.fact["source"]) for each in found},
            spark=spark,
            most=most,
        )

    async def gap(self, request: Request) -> Response:
        """One gap, with everybody in it."""
        with self.twin.store() as store:
            found = store.gap(request.path_params["source"], request.path_params["gap_id"])
        if found is None:
            raise UsageError("There is no such gap in the twin.")
        return self.render("gap.html", gap=found)

    async def events(self, request: Request) -> Response:
        """Security events as a timeline and a table; every filter is in the address."""
        asked = {
            name: value
            for name in (*FILTERS, "since", "until", "words")
            if (value := request.query_params.get(name, "").strip())
        }
        number = request.query_params.get("page", "1")
        page = int(number) if number.isdecimal() and 0 < len(number) < 7 else 1
        wanted = _filter(asked)
        with self.twin.store() as store:
            rows = list(store.events(wanted, limit=PAGE + 1, offset=(max(page, 1) - 1) * PAGE))
            choices = {name: store.event_values(name) for name in FILTERS}
            counts = store.event_counts(wanted, width=13)
            unread = [it for it in self._unread(store) if it["state"] != DatasetState.SKIPPED]
            if counts:
                first, last = counts[0]["start"] + ":00", counts[-1]["start"] + ":00"
                width = width_for(first, last)
                counts = store.event_counts(wanted, width=width)
            else:
                width = 13
        order = list(Severity)
        choices["severity"].sort(key=lambda severity: order.index(Severity(severity)))
        return self.render(
            "events.html",
            events=rows[:PAGE],
            unread=unread,
            severities=list(Severity),
            total=sum(row["count"] for row in counts),
            timeline=timeline(counts, width),
            choices=choices,
            asked=asked,
            page=page,
            newer=_address(asked, page - 1) if page > 1 else "",
            older=_address(asked, page + 1) if len(rows) > PAGE else "",
        )

    async def event(self, request: Request) -> Response:
        """One event, with the product's own entry."""
        with self.twin.store() as store:
            found = store.event(request.path_params["source"], request.path_params["event_id"])
        if found is None:
            raise UsageError("There is no such event in the twin.")
        raw = orjson.dumps(orjson.loads(found["raw"]), option=orjson.OPT_INDENT_2).decode()
        return self.render("event.html", event=found, raw=raw)

    async def search(self, request: Request) -> Response:
        """Everything in the twin that has those words."""
        words = request.query_params.get("words", "").strip()
        hits = self.twin.search(words, limit=HITS) if words else []
        return self.render("search.html", words=words, hits=hits)

    def _unread(self, store: Store) -> list[dict[str, Any]]:
        """What each connector's last sync could not read in full."""
        return [
            {"connector": connector.info, "dataset": name, **dataset}
            for connector in self.twin.registry.connectors.values()
            for name, dataset in store.last_datasets(connector.info.name).items()
            if dataset["state"] != DatasetState.COMPLETE
        ]


def _history(store: Store, figure: Figure) -> dict[str, str]:
    """Between verified readings alone: from a lower bound to a count is no movement."""
    values = _of(store.history(figure.key), figure.best["source"])
    texts = [row["value"] for row in values if row["confidence"] == Confidence.VERIFIED]
    if figure.best["confidence"] != Confidence.VERIFIED:
        texts = []
    return {"points": spark(texts), "change": change(texts)}


def _of(history: list[Row], source: str) -> list[Row]:
    return [row for row in history if row["source"] == source]


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
