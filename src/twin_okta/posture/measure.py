"""Facts from counts and shares, with their evidence and how far they can be believed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from twin_host.contract import Confidence, Evidence, Fact
from twin_okta.posture.figures import Figures
from twin_okta.rules import load


def counted(
    figures: Figures,
    key: str,
    query: str,
    datasets: tuple[str, ...],
    definition: str,
    *,
    among: str = "",
    partly: Confidence = Confidence.UNCERTAIN,
) -> Iterator[Fact]:
    """How many subjects a query has, of those whom the query `among` has (of themselves without).

    Nothing when the data was never read, or read in part and shows nobody: never a false zero.
    `partly` is what a count from incomplete data is worth.
    """
    as_of, complete = figures.as_of(datasets), figures.complete(datasets)
    count = figures.snapshot.number(f"SELECT count(*) FROM ({query})")
    if as_of is None or (not complete and count == 0):
        return
    total = figures.snapshot.number(f"SELECT count(*) FROM ({among})") if among else count
    note = "" if complete else f"At least this many. {figures.why_incomplete(datasets)}"
    evidence = Evidence(
        complete=complete,
        datasets=datasets,
        numerator=count,
        denominator=max(total, count),
        query=query,
        definition=definition,
        note=note,
    )
    confidence = figures.confidence(datasets, otherwise=partly)
    yield Fact(key=key, value=str(count), confidence=confidence, as_of=as_of, evidence=evidence)


def share(
    figures: Figures, key: str, condition: str, query: str, definition: str, *, among: str = "1"
) -> Iterator[Fact]:
    """The share of those who can sign in that fulfil a condition; see `Figures.share`.

    From a sweep under way it is observed, with its margin; from a credential that sees a part of
    the people only, uncertain, since that part was not drawn at random.
    """
    datasets = ("users", "factors")
    as_of, complete = figures.as_of(datasets), figures.complete(datasets)
    found = figures.share(condition, among=among)
    if found is None or as_of is None:
        return
    limited = figures.sees_some_only
    note = figures.why_incomplete(datasets)
    if not limited and found.asked < found.population:
        note = f"{found.asked} of {found.population} users read so far."
    evidence = Evidence(
        complete=complete,
        datasets=datasets,
        numerator=found.numerator,
        denominator=found.asked,
        population=found.population,
        margin=None if complete or limited else found.margin,
        query=query,
        definition=definition,
        note="" if complete else note,
    )
    otherwise = Confidence.UNCERTAIN if limited else Confidence.OBSERVED
    confidence = figures.confidence(datasets, otherwise=otherwise)
    yield Fact(
        key=key, value=f"{found.percent}%", confidence=confidence, as_of=as_of, evidence=evidence
    )


def stated(
    figures: Figures, key: str, value: str, datasets: tuple[str, ...], definition: str, query: str
) -> Iterator[Fact]:
    """Something that is so, and is no count of anybody; nothing while it was not read in full."""
    as_of = figures.as_of(datasets)
    if value and as_of is not None and figures.complete(datasets):
        evidence = Evidence(complete=True, datasets=datasets, definition=definition, query=query)
        yield Fact(
            key=key, value=value, confidence=Confidence.VERIFIED, as_of=as_of, evidence=evidence
        )


def shown(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts as rules/titles.toml has them shown, in its order; those that it does not name as
    they are, last."""
    table = load("titles")
    places = {name: place for place, name in enumerate(table)}
    named = [(_entry(fact.key, table), fact) for fact in facts]
    named.sort(key=lambda pair: places.get(pair[0], len(places)))
    return tuple(_titled(fact, name, table.get(name, {})) for name, fact in named)


def _entry(key: str, table: Mapping[str, Any]) -> str:
    """The table's name for a fact: its key, or else how it begins."""
    begins = (name for name in table if name.endswith("*") and key.startswith(name[:-1]))
    return key if key in table else next(begins, "")


def _titled(fact: Fact, name: str, attributes: Mapping[str, Any]) -> Fact:
    rest = fact.key.removeprefix(name[:-1]).replace("_", " ")
    title = str(attributes.get("title", "")).format(rest=rest)
    return evolve(fact, **(dict(attributes) | {"title": title[:1].upper() + title[1:]}))


def word(text: str) -> str:
    """Okta's value as part of a key: `token:software:totp` as `token_software_totp`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "none"


def quoted(text: str) -> str:
    """A SQL text literal: evidence carries whole queries, which have no parameters."""
    return "'" + text.replace("'", "''") + "'"
