"""Figures of the book, measured: what their queries count, as facts with their evidence.

Data that was never read gives no figure, and neither does data that was read in part and shows
nobody: there is never a false zero.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, floor
from typing import Any

from attrs import define, field, frozen

from twin_host.contract import Confidence, Evidence, Fact
from twin_okta.posture.book import Figure, Measure
from twin_okta.posture.sample import Share, Stratum, share
from twin_okta.posture.standing import Standings
from twin_okta.snapshot import Snapshot

COUNTED = "SELECT count(*), total({counts} IS 1), total({counts} IS NULL) FROM ({query})"
WHY = (
    "SELECT why, count(*) FROM ({query}) WHERE counts IS NULL GROUP BY why ORDER BY 2 DESC LIMIT 3"
)
STRATA = "SELECT drawn, belongs, counts, count(*) FROM ({query}) GROUP BY 1, 2, 3"
VALUES = (
    "SELECT value, count(*), total({counts} IS 1), total({counts} IS NULL)"
    " FROM ({query}) GROUP BY 1"
)
STRATA_BY_VALUE = (
    "SELECT value, drawn, belongs, counts, count(*) FROM ({query}) GROUP BY 1, 2, 3, 4"
)
LONGEST_WORD = 60
OF_SAMPLES, OF_COUNTS = ("drawn", "belongs"), ("counts", "why")
"""Columns that the arithmetic needs; of those who count the latter say nothing."""
PLAIN_WORD = re.compile(rf"[!-~]{{1,{LONGEST_WORD}}}")
PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]*")


@frozen(kw_only=True)
class Tally:
    """How many candidates a query has, how many of them count, and of how many nobody can say."""

    candidates: int
    count: int
    undecided: int = 0
    why: str = ""


@define
class Measuring:
    """One enrichment's figures; each query is asked once."""

    snapshot: Snapshot
    standings: Standings
    book: Mapping[str, Figure]
    _tallies: dict[str, Tally] = field(factory=dict[str, Tally], init=False)
    _strata: dict[str, list[Stratum]] = field(factory=dict[str, list[Stratum]], init=False)

    def facts(self) -> Iterator[Fact]:
        """Every fact of the book that can be told."""
        taken = set(self.book)
        for figure in self.book.values():
            if figure.edition not in ("", self.standings.edition):
                continue
            if self.standings.as_of(figure.needs) is None:
                continue
            if not figure.is_breakdown:
                yield from self._fact(figure)
                continue
            for part in self._parts(figure, taken):
                taken.add(part.key)
                yield part

    def tally(self, figure: Figure) -> Tally:
        """What a figure's query counts."""
        if figure.key not in self._tallies:
            columns = self.snapshot.columns(figure.query)
            counts = "counts" if "counts" in columns else "1"
            sql = COUNTED.format(query=figure.query, counts=counts)
            ((candidates, count, undecided),) = self.snapshot.rows(sql)
            why = self._why(figure.query) if undecided and "why" in columns else ""
            self._tallies[figure.key] = Tally(
                candidates=int(candidates), count=int(count), undecided=int(undecided), why=why
            )
        return self._tallies[figure.key]

    def subjects(self, figure: Figure) -> str:
        """The query that lists whom a figure counts, which can be run again at any time."""
        columns = self.snapshot.columns(figure.query)
        shown = [column for column in columns if column not in (*OF_SAMPLES, *OF_COUNTS)]
        return figure.listing("counts" if "counts" in columns else "", columns=shown)

    def _everybody(self, figure: Figure) -> str:
        """The query that lists those of whom a share is, each with whether it counts."""
        columns = self.snapshot.columns(figure.query)
        shown = [column for column in columns if column not in OF_SAMPLES]
        return figure.listing(columns=shown)

    def _asked(self, figure: Figure) -> list[Stratum]:
        if figure.key not in self._strata:
            self._strata[figure.key] = self.snapshot.rows(STRATA.format(query=figure.query))
        return self._strata[figure.key]

    # --- one figure -------------------------------------------------------------------------

    def _fact(self, figure: Figure) -> Iterator[Fact]:
        if figure.measure is Measure.SHARE:
            yield from self._share(figure, self._asked(figure), self._everybody(figure))
        elif figure.measure is Measure.VALUE:
            yield from self._value(figure)
        else:
            tally = self.tally(figure)
            among = self.book.get(figure.among)
            total = self.tally(among).count if among else tally.candidates
            yield from self._count(figure, tally, total, self.subjects(figure))

    def _count(self, figure: Figure, tally: Tally, total: int, query: str) -> Iterator[Fact]:
        complete = self.standings.are_complete(figure.needs) and not tally.undecided
        if not complete and not tally.count:
            return
        yield self._told(
            figure,
            str(tally.count),
            complete=complete,
            otherwise=figure.partly,
            evidence=Evidence(
                complete=complete,
                datasets=figure.needs,
                numerator=tally.count,
                denominator=max(total, tally.count),
                kind=figure.kind,
                query=query,
                definition=figure.definition,
                note="" if complete else f"At least this many. {self.doubt(figure, tally)}",
            ),
        )

    def _share(self, figure: Figure, strata: Sequence[Stratum], query: str) -> Iterator[Fact]:
        found = share(strata)
        if found is None:
            return
        limited = self.standings.sees_some_only
        complete = self.standings.are_complete(figure.needs) and found.margin is None
        yield self._told(
            figure,
            f"{found.percent}{figure.unit}",
            complete=complete,
            otherwise=Confidence.UNCERTAIN if limited else Confidence.OBSERVED,
            evidence=Evidence(
                complete=complete,
                datasets=figure.needs,
                numerator=found.numerator,
                denominator=found.asked,
                population=found.population,
                margin=None if complete or limited else found.margin,
                kind=figure.kind,
                query=query,
                definition=figure.definition,
                note="" if complete else self._doubt_of_share(figure, found),
            ),
        )

    def _value(self, figure: Figure) -> Iterator[Fact]:
        tally = self.tally(figure)
        rows = self.snapshot.records(f"SELECT value FROM ({figure.listing()}) LIMIT 1", {})
        value = rows[0]["value"] if rows else None
        complete = self.standings.are_complete(figure.needs)
        if value is None or not complete:
            return
        yield self._told(
            figure,
            f"{value}{figure.unit}" if isinstance(value, int) else _one_word(str(value)),
            complete=not tally.undecided,
            otherwise=figure.partly,
            evidence=Evidence(
                complete=not tally.undecided,
                datasets=figure.needs,
                kind=figure.kind,
                query=figure.listing(),
                definition=figure.definition,
                note=self.doubt(figure, tally) if tally.undecided else "",
            ),
        )

    def _told(
        self,
        figure: Figure,
        value: str,
        *,
        complete: bool,
        otherwise: Confidence,
        evidence: Evidence,
    ) -> Fact:
        as_of = self.standings.as_of(figure.needs)
        assert as_of is not None  # noqa: S101  figures of what was never read are left out before
        return Fact(
            key=figure.key,
            value=value,
            confidence=Confidence.VERIFIED if complete else otherwise,
            as_of=as_of,
            evidence=evidence,
            title=figure.title,
            section=figure.section,
            short=figure.short,
            headline=figure.headline,
            detail=figure.detail,
            definition_version=figure.definition_version,
        )

    # --- breakdowns -------------------------------------------------------------------------

    def _parts(self, figure: Figure, taken: set[str]) -> Iterator[Fact]:
        measured = self._part_shares if figure.measure is Measure.SHARE else self._part_counts
        return measured(figure, taken)

    def _part_counts(self, figure: Figure, taken: set[str]) -> Iterator[Fact]:
        columns = self.snapshot.columns(figure.query)
        counts = "counts" if "counts" in columns else "1"
        rows = self.snapshot.rows(VALUES.format(query=figure.query, counts=counts))
        found = {value: tuple(map(int, sums)) for value, *sums in rows}
        unknown = found.pop(None, (0, 0, 0))
        undecided = unknown[2] + sum(sums[2] for sums in found.values())
        why = self._why(figure.query) if undecided and "why" in columns else ""
        total = self.tally(self.book[figure.among]).count
        for name, values in _words(figure, found, taken).items():
            candidates, count, unsure = (sum(found[v][i] for v in values) for i in range(3))
            tally = Tally(
                candidates=candidates, count=count, undecided=unsure + unknown[2], why=why
            )
            part = figure.of_value(name, str(values[0]))
            yield from self._count(part, tally, total, _of_values(figure, values, counts=counts))

    def _part_shares(self, figure: Figure, taken: set[str]) -> Iterator[Fact]:
        everybody: Counter[tuple[int | None, int | None]] = Counter()
        for drawn, belongs, _, number in self._asked(self.book[figure.among]):
            everybody[drawn, belongs] += number
        found: defaultdict[Any, list[Stratum]] = defaultdict(list)
        for value, *stratum in self.snapshot.rows(STRATA_BY_VALUE.format(query=figure.query)):
            found[value].append(tuple(stratum))
        for name, values in _words(figure, found, taken).items():
            strata = [stratum for value in values for stratum in found[value]]
            rest = everybody.copy()
            for drawn, belongs, _, number in strata:
                rest[drawn, belongs] -= number
            strata += [
                (drawn, belongs, None if drawn is None else 0, number)
                for (drawn, belongs), number in rest.items()
            ]
            part = figure.of_value(name, str(values[0]))
            yield from self._share(part, strata, _of_values(figure, values, counts="counts"))

    # --- doubts -----------------------------------------------------------------------------

    def doubt(self, figure: Figure, tally: Tally) -> str:
        """Why a count may not be all."""
        found: list[str] = []
        if not self.standings.are_complete(figure.needs):
            found.append(self.standings.why_incomplete(figure.needs))
        if tally.undecided:
            found.append(f"{tally.undecided} undecided{': ' if tally.why else ''}{tally.why}.")
        return " ".join(found)

    def _doubt_of_share(self, figure: Figure, found: Share) -> str:
        if self.standings.sees_some_only:
            return self.standings.why_incomplete(figure.needs)
        doubts: list[str] = []
        if found.read < found.population:
            least, most = floor(found.least * 1000) / 10, ceil(found.most * 1000) / 10
            doubts.append(
                f"{found.read} of {found.population} users read so far: {least:g} to {most:g} %, "
                "in 95 of 100 cases."
            )
        if found.undecided:
            low, high = (f"{value * 100:.3g}" for value in (found.low, found.high))
            why = self._why_asked(figure)
            doubts.append(f"{low} to {high} %: {found.undecided} undecided{why}.")
        return " ".join(doubts) or self.standings.why_incomplete(figure.needs)

    def _why_asked(self, figure: Figure) -> str:
        if figure.is_breakdown or "why" not in self.snapshot.columns(figure.query):
            return ""
        asked = f"SELECT * FROM ({figure.query}) WHERE drawn IS NOT NULL AND why IS NOT NULL"
        why = self._why(f"SELECT why, NULL AS counts FROM ({asked})")
        return f": {why}" if why else ""

    def _why(self, query: str) -> str:
        reasons = self.snapshot.rows(WHY.format(query=query))
        return "; ".join(f"{reason} ({number})" for reason, number in reasons if reason)


def word(text: str) -> str:
    """Okta's value as part of a key: `token:software:totp` as `token_software_totp`; what is longer
    than any value of Okta's by its beginning and a digest."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "none"
    if len(name) <= LONGEST_WORD:
        return name
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=4).hexdigest()
    return f"{name[:LONGEST_WORD]}_{digest}"


def _one_word(text: str) -> str:
    """Okta's value as a figure's: as it is, unless it is no word at all."""
    return text if PLAIN_WORD.fullmatch(text) else word(text)


def quoted(text: str) -> str:
    """A SQL text literal: evidence carries whole queries, which have no parameters."""
    if PRINTABLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return f"CAST(x'{text.encode('utf-8', 'surrogatepass').hex()}' AS TEXT)"


def _of_values(figure: Figure, values: Sequence[Any], *, counts: str) -> str:
    listed = ", ".join(map(_literal, values))
    return figure.listing(f"value IN ({listed}) AND {counts}")


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int | float) else quoted(str(value))


def _words(figure: Figure, values: Iterable[Any], taken: set[str]) -> dict[str, list[Any]]:
    """The values by what keys call them; longer while another figure has the key."""
    by_word: defaultdict[str, list[Any]] = defaultdict(list)
    start = figure.key.split("<")[0]
    for value in sorted(values, key=str):
        name = word(str(value))
        while start + name in taken:
            name += "_"
        by_word[name].append(value)
    return dict(by_word)
