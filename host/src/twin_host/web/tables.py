"""Rows of a list as a table of a page: each value written out, each name a link to its page."""

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from twin_host.asking.catalogue import SOURCE, Kind
from twin_host.asking.rows import Row
from twin_host.contract import Column, ColumnType, List
from twin_host.known import NAMES
from twin_host.moment import Moment
from twin_host.web.links import Named, addresses
from twin_host.web.written import guessed, heading, written

STYLES = {ColumnType.NUMBER: "number", ColumnType.TIME: "time"}
LONG = 90
"""A text of more characters opens on demand, so that it gives its row no height."""


@frozen
class Heading:
    """Of one column."""

    name: str
    title: str
    meaning: str
    style: str = ""


@frozen
class Cell:
    """One value; `text` is empty where it is not known."""

    heading: str
    text: str
    link: str = ""
    style: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it is more than a row has room for."""
        return len(self.text) > LONG


@frozen
class Table:
    """What a page shows of a list, with a label for those who hear it."""

    label: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]


def needed(kind: Kind, columns: Sequence[str]) -> list[str]:
    """Those columns, and those besides that their links are made of."""
    about, found = kind.about, list(columns)
    for name in columns:
        holder = id_column(about, name)
        if holder is not None:
            found += [holder.name, *filter(None, [holder.of_column])]
    found += ["source"] if about.column("source") else []
    return list(dict.fromkeys(found))


def table(now: Moment, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """The rows with those columns."""
    about = kind.about
    shown = [kind.column(name) for name in columns]
    pages = addresses(now, _named(kind, columns, rows))
    headings = [
        Heading(it.name, heading(it.name), it.meaning, STYLES.get(it.type, "")) for it in shown
    ]
    return Table(about.title, headings, [_cells(kind, shown, row, pages) for row in rows])


def cells(now: Moment, kind: Kind, row: Row) -> list[tuple[Column, Cell]]:
    """Every value of one row that is known, beside its column; an id whose name stands beside it
    is left out."""
    pages = addresses(now, _named(kind, kind.names, [row]))
    shown = [kind.column(name) for name in kind.names]
    found = zip(shown, _cells(kind, shown, row, pages), strict=True)
    return [(column, cell) for column, cell in found if not _is_told(kind.about, column, row)]


def subjects(now: Moment, source: str, thing: str, rows: Sequence[Row]) -> Table:
    """Those behind a figure or a gap, each leading to its page; their ids where one has none."""
    ids = [Named(source, thing, str(row.get("id"))) for row in rows]
    pages = addresses(now, ids if thing else ())
    names = list(rows[0]) if rows else []
    name = next((it for it in NAMES if it in names), "id")
    if name != "id" and all(each in pages for each in ids):
        names.remove("id")
    names.sort(key=lambda it: (it == "id", it != name))
    shown = [
        [
            Cell(heading(it), guessed(it, row[it]), pages.get(each, "") if it == name else "")
            for it in names
        ]
        for each, row in zip(ids, rows, strict=True)
    ]
    return Table("People and things", [Heading(it, heading(it), "") for it in names], shown)


def id_column(about: List, name: str) -> Column | None:
    """The column that holds the id of what a column names; None where it names nothing that has a
    page."""
    column, beside = about.column(name), about.column(f"{name}_id")
    for each in (column, beside):
        if each is not None and (each.of or each.of_column):
            return each
    own = [it for it in about.key if it != SOURCE.name]  # a list of several connectors has it, too
    key = about.column(own[0]) if len(own) == 1 else None
    if key is not None and name in (about.label, key.name) and (about.thing or key.of):
        return key
    return None


def _named(kind: Kind, columns: Iterable[str], rows: Iterable[Row]) -> list[Named]:
    holders = [holder for name in columns if (holder := id_column(kind.about, name))]
    found = [_of_row(kind, holder, row) for row in rows for holder in holders]
    return [named for named in found if named]


def _of_row(kind: Kind, holder: Column, row: Row) -> Named | None:
    thing_id = row.get(holder.name)
    thing = holder.of or (row.get(holder.of_column) if holder.of_column else kind.about.thing)
    if not thing_id or not thing:
        return None
    source = row.get("source") or kind.members[0].source
    return Named(str(source), str(thing), str(thing_id))


def _cells(kind: Kind, shown: Sequence[Column], row: Row, pages: Mapping[Named, str]) -> list[Cell]:
    return [_cell(kind, column, row, pages) for column in shown]


def _cell(kind: Kind, column: Column, row: Row, pages: Mapping[Named, str]) -> Cell:
    text = written(column, row[column.name])
    holder = id_column(kind.about, column.name)
    named = _of_row(kind, holder, row) if holder else None
    link = pages.get(named, "") if named else ""
    if named and not text:  # a name that is not known: its id leads there as well
        text = named.id
    return Cell(heading(column.name), text, link, STYLES.get(column.type, ""))


def _is_told(about: List, column: Column, row: Row) -> bool:
    beside = column.name.removesuffix("_id")
    return beside != column.name and about.column(beside) is not None and bool(row.get(beside))
