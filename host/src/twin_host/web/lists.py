"""Everything that the twin can be asked for: all lists, and one list page by page."""

from collections.abc import Callable, Iterator

from attrs import evolve, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from twin_host.asking.catalogue import Kind
from twin_host.asking.csv_text import csv_lines, csv_rows
from twin_host.asking.rows import Page, Place, Question
from twin_host.moment import Moment
from twin_host.twin import Twin
from twin_host.web.asked import OPERATORS, Asked, place_of
from twin_host.web.tables import Heading, needed, table
from twin_host.web.written import heading

PAGE = 50
CSV_ROWS = 2_000
SMALL = 1_000
"""A list of more rows is counted when its page is there already."""


@frozen
class Sorting:
    """A column by which the list can be sorted; `way` says how it is by now, if it is."""

    title: str
    address: str
    way: str


@frozen
class ListPages:
    """The lists of all connectors."""

    twin: Twin
    render: Callable[..., HTMLResponse]

    def everything(self, _request: Request) -> Response:
        """Every kind of thing with its meaning and how many there are."""
        with self.twin.moment() as now:
            kinds = now.catalogue.kinds
            counts = {
                kind.table: now.asker.count(Question(kind=kind), most=SMALL) for kind in kinds
            }
            return self.render("lists.html", kinds=kinds, counts=counts, small=SMALL)

    def rows(self, request: Request) -> Response:
        """One page of a list: what is asked for is in the address."""
        asked = Asked.of(request.path_params["kind"], request.query_params)
        if "column" in request.query_params:  # of the form: the condition becomes part of the rest
            with self.twin.moment() as now:
                asked.question(now, ())
            return RedirectResponse(asked.first().address(), status_code=303)
        with self.twin.moment() as now:
            kind = now.catalogue.kind(asked.kind)
            columns = asked.columns or kind.about.shown
            for name in columns:
                kind.column(name)
            question = asked.question(now, needed(kind, columns))
            page, newer, older = _page(now, question, asked)
            shown = table(now, kind, columns, page.rows)
        is_all = not newer and not older and page.looked_at is None
        return self.render(
            "list.html",
            kind=kind,
            asked=asked,
            columns=columns,
            table=shown,
            page=page,
            newer=newer,
            older=older,
            count=len(page.rows) if is_all else None,
            sortings=_sortings(asked, kind, question),
            by=heading(question.by[0]),
            falls=question.falls,
            every=[Heading(it.name, heading(it.name), it.meaning) for it in kind.about.columns],
            operators=OPERATORS,
        )

    def count(self, request: Request) -> Response:
        """How many rows of a list fit, for a page that is there already."""
        asked = Asked.of(request.path_params["kind"], request.query_params)
        with self.twin.moment() as now:
            count = now.asker.count(asked.first().question(now, ()))
        return HTMLResponse(f"{count:,}")

    def csv(self, request: Request) -> Response:
        """The whole of what a page shows the beginning of."""
        asked = Asked.of(request.path_params["kind"], request.query_params).first()
        with self.twin.moment() as now:
            kind = now.catalogue.kind(asked.kind)
            columns = tuple(asked.columns or kind.about.shown)
            asked.question(now, columns)
        name = kind.table.replace(".", "-")
        return StreamingResponse(
            self._csv(asked, columns),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )

    def _csv(self, asked: Asked, columns: tuple[str, ...]) -> Iterator[str]:
        """A piece at a time, each of a moment of its own, so that the longest list holds nothing
        open; a piece begins where the last ended, whatever changed between."""
        yield _joined(csv_lines(columns, ()))
        place: Place | None = None
        while True:
            with self.twin.moment() as now:
                question = asked.question(now, columns)
                page = now.asker.page(question, size=CSV_ROWS, after=place)
                rows = [[row[name] for name in columns] for row in page.rows]
            yield _joined(csv_rows(rows))
            place = page.next
            if place is None:
                return


def _page(now: Moment, question: Question, asked: Asked) -> tuple[Page, str, str]:
    """The rows that an address asks for, and the addresses of the pages before and after them. A
    page that ends before a place is read backwards from it."""
    kind = question.kind
    wanted = evolve(question, columns=tuple(dict.fromkeys((*question.selected, *question.by))))
    if asked.before is None:
        after = place_of(asked.after or "", kind)
        page = now.asker.page(wanted, size=PAGE, after=after)
        begins = _place(question, page, 0)
        newer = asked.ahead(begins).address() if after and begins else ""
        return page, newer, asked.behind(page.next).address() if page.next else ""
    before = place_of(asked.before, kind)
    backwards = evolve(wanted, descending=not question.falls)
    found = now.asker.page(backwards, size=PAGE, after=before)
    page = evolve(found, rows=list(reversed(found.rows)))
    newer = asked.ahead(found.next).address() if found.next else ""
    ends = _place(question, page, -1)
    return page, newer, asked.behind(ends).address() if before and ends else ""


def _place(question: Question, page: Page, number: int) -> Place | None:
    return question.place(page.rows[number]) if page.rows else None


def _sortings(asked: Asked, kind: Kind, question: Question) -> dict[str, Sorting]:
    found = dict[str, Sorting]()
    for name in kind.about.order:
        is_sorted = name == question.by[0]
        way = ("descending" if question.falls else "ascending") if is_sorted else ""
        falls = not question.falls if is_sorted else False
        found[name] = Sorting(heading(name), asked.sorted_by(name, falls=falls).address(), way)
    return found


def _joined(lines: Iterator[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
