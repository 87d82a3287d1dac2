"""What the twin knows, as its database gives it back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

import cattrs
import orjson
from attrs import asdict, evolve, frozen

from twin_host.asking.catalogue import KnownList
from twin_host.contract import (
    Confidence,
    Evidence,
    Fact,
    Gap,
    List,
    SecurityEvent,
    Severity,
    SyncReport,
    SyncStatus,
)
from twin_host.errors import HostError

DECLARED = "declared"
"""The source of what people say."""


@frozen(kw_only=True)
class KnownFact:
    """One figure and who says so: a connector's name, or `declared`.

    `title` and `section` say how it is shown, and `place` where among the others of its source;
    `actual` is what a verified figure says where a declared one is not so. `days_old` is set when
    it was verified, and is shown as observed since its data is that old.
    """

    source: str
    key: str
    value: str
    confidence: Confidence
    as_of: datetime
    evidence: Evidence
    title: str
    section: str = ""
    short: str = ""
    headline: int | None = None
    detail: bool = False
    definition_version: int = 1
    place: int = 0
    actual: str | None = None
    days_old: int | None = None

    @property
    def trust(self) -> str:
        """How far it can be believed, in words."""
        age = "" if self.days_old is None else f", {self.days_old} days old"
        return f"{self.confidence}{age}"

    @property
    def weight(self) -> tuple[bool, int, int]:
        """Where it stands when the figures that say most come first."""
        return (self.headline is None, self.headline or 0, self.place)

    @property
    def is_declared(self) -> bool:
        """Whether a person says so."""
        return self.source == DECLARED

    @property
    def is_counted(self) -> bool:
        """Whether somebody was counted for it; else it is a statement, such as a tool's name."""
        return self.evidence.numerator is not None


@frozen(kw_only=True)
class Freshness:
    """How many `days` old a figure's data may be at the time `now` to be called verified."""

    now: datetime
    days: int

    def shown(self, fact: KnownFact) -> KnownFact:
        """The fact; one that was verified too long ago is observed, and says how old it is."""
        age = self.now - fact.as_of
        if fact.confidence != Confidence.VERIFIED or age <= timedelta(days=self.days):
            return fact
        return evolve(fact, confidence=Confidence.OBSERVED, days_old=age.days)


@frozen(kw_only=True)
class KnownGap:
    """One weakness over time. `query` lists its subjects from the connector's snapshot."""

    source: str
    id: str
    severity: Severity
    title: str
    nist: str
    remedy: str
    count: int
    kind: str
    query: str
    digest: str
    as_of: datetime
    complete: bool
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None


@frozen(kw_only=True)
class KnownEvent:
    """One notable thing that happened; `number` is the order in which the twin learnt of it."""

    number: int
    source: str
    id: str
    time: datetime
    event_type: str
    severity: Severity
    category: str
    title: str
    outcome: str
    reason: str
    actor: str
    targets: tuple[str, ...]
    source_ip: str
    country: str
    mitre: tuple[str, ...]


@frozen(kw_only=True)
class EventCount:
    """How many events of one severity began in the hour or day whose time begins so."""

    start: str
    severity: Severity
    count: int


@frozen(kw_only=True)
class Reading:
    """A figure as it was when its data was read."""

    source: str
    key: str
    as_of: datetime
    value: str
    confidence: Confidence
    definition_version: int


@frozen(kw_only=True)
class PastSync:
    """A sync that is over."""

    number: int
    source: str
    ended_at: datetime
    status: SyncStatus
    report: SyncReport


def is_quiet(report: SyncReport) -> bool:
    """Whether a sync says for sure that it found nothing new, gone or otherwise than before."""
    if report.status is SyncStatus.FAILED:
        return not any(dataset.changed for dataset in report.datasets.values())
    told = [dataset.mode and not dataset.changed for dataset in report.datasets.values()]
    return bool(told) and all(told)


def is_same(report: SyncReport, before: SyncReport) -> bool:
    """Whether a quiet sync also ended as the one before: what is not known and what is said of it
    is the same, so that no figure can be another."""
    return is_quiet(report) and _end(report) == _end(before)


def _end(report: SyncReport) -> tuple[object, ...]:
    states = {name: (each.state, each.reason) for name, each in report.datasets.items()}
    return report.status, states, report.due, report.notes, report.error, report.org


# --- what identifies a thing to a person ----------------------------------------------------------


NAMES = ("login", "label")
"""The columns that hold what a person calls a subject of a figure or gap."""


def name_of(subject: Mapping[str, Any]) -> str:
    """What a person calls one of the subjects of a figure or gap."""
    return str(next((subject[name] for name in (*NAMES, "id") if subject.get(name)), ""))


def in_words(name: str) -> str:
    """A key or an option's name as a title, for want of one."""
    words = name.replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]


# --- into the database ----------------------------------------------------------------------------


def iso(moment: datetime, timespec: str = "seconds") -> str:
    """A moment as the twin writes it: ISO 8601, UTC."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def iso_ms(moment: datetime) -> str:
    """The same with milliseconds, as events have it."""
    return iso(moment, "milliseconds")


def fact_row(source: str, fact: Fact, place: int) -> dict[str, Any]:
    """A connector's fact as a row."""
    row = asdict(fact) | {"source": source, "place": place, "as_of": iso(fact.as_of)}
    return row | {"evidence": orjson.dumps(row["evidence"]).decode()}


def gap_row(source: str, gap: Gap, now: datetime) -> dict[str, Any]:
    """A connector's gap as a row."""
    return asdict(gap) | {"source": source, "as_of": iso(gap.as_of), "now": iso(now)}


def event_row(source: str, event: SecurityEvent) -> dict[str, Any]:
    """A connector's event as a row."""
    return asdict(event) | {
        "source": source,
        "time": iso_ms(event.time),
        "targets": orjson.dumps(event.targets).decode(),
        "mitre": orjson.dumps(event.mitre).decode(),
    }


# --- and out of it --------------------------------------------------------------------------------

_converter = cattrs.Converter()
_converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
Known = TypeVar("Known")
UNREADABLE = (cattrs.BaseValidationError, ValueError, TypeError, KeyError)


def _readable(of_row: Callable[[Mapping[str, Any]], Known]) -> Callable[[Mapping[str, Any]], Known]:
    """A reader of rows that says which row is damaged."""

    @wraps(of_row)
    def read(row: Mapping[str, Any]) -> Known:
        found = dict(row)
        try:
            return of_row(found)
        except UNREADABLE as error:
            name = found.get("key") or found.get("id") or found.get("number")
            what = of_row.__name__.replace("_", " ").removeprefix("known ")
            raise HostError(
                f"The twin is damaged: its {what} {name} cannot be read. Move twin.db away and "
                "sync again, or take it back from a copy."
            ) from error

    return read


@_readable
def known_fact(row: Mapping[str, Any]) -> KnownFact:
    """A fact from its row; without a title it gets one from its key."""
    read = dict(row) | {"evidence": orjson.loads(row["evidence"])}
    return _converter.structure(read | {"title": row["title"] or in_words(row["key"])}, KnownFact)


def fact_of(source: str, fact: Fact, place: int) -> KnownFact:
    """A connector's fact that is not kept (yet), as one that is."""
    return known_fact(fact_row(source, fact, place))


@_readable
def known_gap(row: Mapping[str, Any]) -> KnownGap:
    """A gap from its row."""
    return _converter.structure(dict(row), KnownGap)


def list_row(source: str, found: List, place: int) -> dict[str, Any]:
    """A connector's list as a row."""
    definition = orjson.dumps(asdict(found)).decode()
    return {"source": source, "kind": found.kind, "place": place, "definition": definition}


@_readable
def known_list(row: Mapping[str, Any]) -> KnownList:
    """A list from its row."""
    return KnownList(row["source"], _converter.structure(orjson.loads(row["definition"]), List))


@_readable
def known_event(row: Mapping[str, Any]) -> KnownEvent:
    """An event from its row."""
    lists = {name: orjson.loads(row[name]) for name in ("targets", "mitre")}
    return _converter.structure(dict(row) | lists, KnownEvent)


@_readable
def event_count(row: Mapping[str, Any]) -> EventCount:
    """A count of events from its row."""
    return _converter.structure(dict(row), EventCount)


@_readable
def reading(row: Mapping[str, Any]) -> Reading:
    """One reading of a figure from its row."""
    return _converter.structure(dict(row), Reading)


@_readable
def past_sync(row: Mapping[str, Any]) -> PastSync:
    """A sync from its row. A report that another version wrote in other words is left out."""
    status = SyncStatus(row["status"])
    try:
        report = _converter.structure(orjson.loads(row["report"]), SyncReport)
    except cattrs.BaseValidationError:
        sentence = "The report of this sync was written by another version."
        report = SyncReport(status=status, datasets={}, error=sentence)
    return PastSync(
        number=row["number"],
        source=row["source"],
        ended_at=datetime.fromisoformat(row["ended_at"]),
        status=status,
        report=report,
    )


def judged(row: Mapping[str, Any], facts: Iterable[KnownFact]) -> KnownFact:
    """What a person declared beside the facts of that key: contradicted by a verified one that
    says otherwise, and shown as they are."""
    declared = _declared(row)
    same = [fact for fact in facts if fact.key == declared.key]
    verified = [fact.value for fact in same if fact.confidence == Confidence.VERIFIED]
    actual = verified[0] if verified and declared.value not in verified else None
    shown = next(iter(same), declared)
    return evolve(
        declared,
        actual=actual,
        confidence=Confidence.DECLARED if actual is None else Confidence.CONTRADICTED,
        title=shown.title,
        section=shown.section,
        short=shown.short,
        headline=shown.headline,
        detail=shown.detail,
        place=shown.place,
    )


@_readable
def _declared(row: Mapping[str, Any]) -> KnownFact:
    return KnownFact(
        source=DECLARED,
        key=row["key"],
        value=row["value"],
        confidence=Confidence.DECLARED,
        as_of=datetime.fromisoformat(row["declared_at"]),
        evidence=Evidence(complete=True),
        title=in_words(row["key"]),
    )
