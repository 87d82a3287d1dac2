"""What of a list an address asks for, and the addresses of what may be asked next."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import cast
from urllib.parse import quote, urlencode

from attrs import evolve, frozen
from starlette.datastructures import QueryParams

from twin_host.asking.catalogue import Kind
from twin_host.asking.conditions import LARGEST
from twin_host.asking.rows import Place, Question
from twin_host.errors import UsageError
from twin_host.moment import Moment

MOST_CONDITIONS = 20
LONGEST_CONDITION = 2_000
LONGEST_PLACE = 8_000
OPERATORS = {
    "=": "is",
    "!=": "is not",
    "~": "contains",
    "in": "is one of",
    "<": "is less than, or before",
    "<=": "is at most, or until",
    ">": "is more than, or after",
    ">=": "is at least, or since",
}
"""Each as a person reads it."""
_PLAIN = re.compile(r"\S+(?: \S+)*")


@frozen(kw_only=True)
class Asked:
    """Rows of a list. `sort` is a column, with a minus before it where the largest comes first;
    `after` and `before` are the places at which other pages end or begin, and an empty `before` is
    the end of the list."""

    kind: str
    where: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = ""
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, kind: str, given: QueryParams) -> "Asked":
        """As an address says it. Raises UsageError for more than a person would ask."""
        where = tuple(text for each in given.getlist("where") if (text := each.strip()))
        if (name := given.get("column", "").strip()) and (value := given.get("value", "").strip()):
            where += (f"{name} {given.get('operator', '=').strip()} {value}",)
        if len(where) > MOST_CONDITIONS:
            raise UsageError(f"A list can be asked {MOST_CONDITIONS} conditions at once.")
        if any(len(each) > LONGEST_CONDITION for each in where):
            raise UsageError(f"A condition has {LONGEST_CONDITION} characters at most.")
        columns = [name.strip() for each in given.getlist("columns") for name in each.split(",")]
        return cls(
            kind=kind,
            where=tuple(dict.fromkeys(where)),
            columns=tuple(dict.fromkeys(filter(None, columns))),
            sort=given.get("sort", "").strip(),
            after=given.get("after"),
            before=given.get("before"),
        )

    def question(self, now: Moment, selected: Sequence[str]) -> Question:
        """What is asked of the twin. Raises UsageError for what the list cannot be asked."""
        found = now.question(self.kind, where=self.where, columns=selected, sort=self.sort)
        order = found.kind.about.order
        if found.sort and found.sort not in order:
            raise UsageError(
                f"{self.kind} cannot be sorted by {found.sort} at any size: it can be by "
                f"{', '.join(order)}."
            )
        return found

    def address(self, part: str = "") -> str:
        """Of the page, or of a part of it."""
        asked: list[tuple[str, str]] = [("where", each) for each in self.where]
        asked += [("columns", ",".join(self.columns))] if self.columns else []
        asked += [("sort", self.sort)] if self.sort else []
        for name, place in (("after", self.after), ("before", self.before)):
            asked += [(name, place)] if place is not None else []
        path = f"/lists/{quote(self.kind, safe='')}{part}"
        return f"{path}?{urlencode(asked)}" if asked else path

    def first(self) -> "Asked":
        """Its first page."""
        return evolve(self, after=None, before=None)

    def last(self) -> "Asked":
        """Its last page."""
        return evolve(self, after=None, before="")

    def behind(self, place: Place) -> "Asked":
        """The page that begins after a place."""
        return evolve(self, after=place_text(place), before=None)

    def ahead(self, place: Place) -> "Asked":
        """The page that ends before a place."""
        return evolve(self, after=None, before=place_text(place))

    def without(self, condition: str) -> "Asked":
        """Without one of its conditions."""
        where = tuple(each for each in self.where if each != condition)
        return evolve(self.first(), where=where)

    def sorted_by(self, name: str, *, falls: bool) -> "Asked":
        """In another order."""
        return evolve(self.first(), sort=f"-{name}" if falls else name)


def all_of(kind: str, column: str, value: str) -> str:
    """The address of the rows of a list that have a value."""
    typed = value if _PLAIN.fullmatch(value) and value[0] not in "'\"" else f'"{value}"'
    return Asked(kind=kind, where=(f"{column} = {typed}",)).address()


def place_text(place: Place) -> str:
    """A place as an address has it."""
    text = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(text: str, kind: Kind) -> Place | None:
    """The place that an address names; None for an empty one. Raises UsageError for what is none,
    or cannot be one of this list."""
    if not text:
        return None
    try:
        if len(text) > LONGEST_PLACE:
            raise ValueError
        padded = text + "=" * (-len(text) % 4)
        found: object = json.loads(base64.b64decode(padded, altchars="-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        raise _no_place(kind) from None
    if not isinstance(found, list):
        raise _no_place(kind)
    values = cast("list[object]", found)
    if not all(_is_value(value) for value in values):
        raise _no_place(kind)
    return tuple(cast("list[str | int | float | None]", values))


def _is_value(value: object) -> bool:
    if isinstance(value, int):
        return -LARGEST <= value < LARGEST
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
    return value is None or isinstance(value, float)


def _no_place(kind: Kind) -> UsageError:
    return UsageError(f"This page of {kind.table} is not there: begin at the first one.")
