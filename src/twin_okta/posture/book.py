"""The book of figures: what rules/figures.toml and rules/gaps.toml say, as types."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import Factory, evolve, field, frozen

from twin_host.contract import Confidence, Severity
from twin_okta.rules import load


class Measure(StrEnum):
    """How a figure is made of the rows of its query."""

    COUNT = "count"
    """How many count."""
    SHARE = "share"
    """How many of those asked count, of a population of whom some may not have been asked."""
    VALUE = "value"
    """The column `value` of the first row: something that is so, and no count."""


SHARE_PARTS = ("NOT counts", "counts", "counts IS NULL")


def _texts(values: list[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Figure:
    """One figure.

    `query` lists candidates, of whom those count whose column `counts` is 1, nobody can say where
    it is NULL, and all do without that column; `why` says why nobody can. A share's rows have
    `drawn` too (NULL: not asked yet; 1: drawn at random; 0: asked on purpose), and `belongs`
    (NULL: perhaps not of the population). `order` names columns by which people read them.
    `among` is the figure whose subjects this one divides. What is left of incomplete data is worth
    `partly`. A key with <something> in it is one figure for each value of the column `value`.
    """

    key: str
    title: str
    section: str
    definition: str
    needs: tuple[str, ...] = field(converter=_texts)
    query: str = field(converter=str.strip)
    order: str = ""
    measure: Measure = field(default=Measure.COUNT, converter=Measure)
    among: str = ""
    kind: str = ""
    unit: str = ""
    short: str = ""
    headline: int | None = None
    detail: bool = False
    edition: str = ""
    definition_version: int = 1
    partly: Confidence = field(default=Confidence.UNCERTAIN, converter=Confidence)
    titles: Mapping[str, str] = Factory(dict[str, str])

    @property
    def is_breakdown(self) -> bool:
        """Whether it is one figure for each value of a column."""
        return "<" in self.key

    def listing(self, condition: str = "", *, columns: Sequence[str] = ()) -> str:
        """The query whose rows are read, all of their columns or those, which can be run again at
        any time. Of a share those who do not count come first and those of whom nobody can say
        last, one part behind the other: the first few are there before all were looked at."""
        if self.measure is Measure.SHARE and not condition:
            parts = (self.listing(part, columns=columns) for part in SHARE_PARTS)
            return " UNION ALL ".join(f"SELECT * FROM ({part})" for part in parts)
        where = f" WHERE {condition}" if condition else ""
        order = f" ORDER BY {self.order}" if self.order else ""
        if not (columns or where or order):
            return self.query
        return f"SELECT {', '.join(columns) or '*'} FROM ({self.query}){where}{order}"

    def of_value(self, word: str, value: str) -> "Figure":
        """A breakdown's figure for one value, which its key has as `word`."""
        start, name = self.key[:-1].split("<")
        shown = self.titles.get(value, value or "not given")
        return evolve(
            self,
            key=start + word,
            title=self.title.replace(f"<{name}>", shown),
            definition=self.definition.replace(f"<{name}>", value or "not given"),
        )


@frozen(kw_only=True)
class GapRule:
    """A weakness, and the figure that counts its subjects. The severity is `severity`, or that of
    the strongest administrator among the subjects, by tier."""

    id: str
    title: str
    nist: str
    remedy: str
    figure: Figure
    severities: tuple[Severity, ...]


def figures() -> dict[str, Figure]:
    """Every figure by its key, in the order in which they are told."""
    return {row["key"]: Figure(**row) for row in load("figures")["figure"]}


def gap_rules() -> tuple[GapRule, ...]:
    """Every gap, each with its figure out of the book or its own."""
    book = figures()
    return tuple(_gap_rule(row, book) for row in load("gaps")["gap"])


def _gap_rule(row: Mapping[str, Any], book: Mapping[str, Figure]) -> GapRule:
    told = {name: row[name] for name in ("id", "title", "nist", "remedy")}
    severities = row.get("severity_by_tier") or [row["severity"]]
    own = {
        name: row[name]
        for name in ("definition", "needs", "query", "order", "kind", "edition")
        if name in row
    }
    figure = (
        book[row["figure"]]
        if "figure" in row
        else Figure(key=row["id"], title=row["title"], section="", **own)
    )
    return GapRule(**told, figure=figure, severities=tuple(map(Severity, severities)))
