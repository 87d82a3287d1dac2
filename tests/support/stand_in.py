"""A connector of a product that is a Python object: what it says next is set by the test."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import define, field

from twin_host.contract import (
    Confidence,
    Configured,
    ConnectionReport,
    ConnectorInfo,
    Context,
    DatasetReport,
    DatasetState,
    Enrichment,
    Evidence,
    Fact,
    Gap,
    SecurityEvent,
    Severity,
    SyncMode,
    SyncPlan,
    SyncReport,
    SyncStatus,
)
from twin_host.home import Home
from twin_host.hookspecs import hookimpl
from twin_host.registry import Registry
from twin_host.twin import Twin, utc_now

NAME = "acme"
THEN = datetime(2026, 1, 31, 12, tzinfo=UTC)


def synced(*, changed: int = 0, mode: SyncMode | None = SyncMode.DELTA, **more: Any) -> SyncReport:
    """A sync that read one dataset, `people`."""
    people = DatasetReport(state=DatasetState.COMPLETE, read=9, mode=mode, changed=changed)
    return SyncReport(status=SyncStatus.COMPLETE, datasets={"people": people}, **more)


@define(eq=False)
class StandIn:
    """The connector. `reports` are given one after the other, the last one again and again; one
    that is an exception is raised, one that can be called is called with the context first. `who`
    stands for those behind every gap."""

    reports: list[Any] = field(factory=lambda: [synced(changed=9)])
    facts: dict[str, str] = field(factory=lambda: {"covered": "87%"})
    gaps: dict[str, int] = field(factory=dict[str, int])
    events: list[str] = field(factory=list[str])
    confidence: Confidence = Confidence.VERIFIED
    who: str = ""
    contexts: list[Context] = field(factory=list[Context])
    enriched: int = 0

    @hookimpl
    def describe(self) -> ConnectorInfo:
        return ConnectorInfo(name=NAME, title="Acme", category="test", summary="A.", version="1")

    @hookimpl
    def configure(self, connector: str, values: Mapping[str, Any]) -> Configured | None:
        return Configured(config=dict(values)) if connector == NAME else None

    @hookimpl
    def test_connection(self, connector: str) -> ConnectionReport | None:
        return ConnectionReport(ok=True, org="Acme") if connector == NAME else None

    @hookimpl
    def sync(self, connector: str, context: Context) -> SyncReport | None:
        if connector != NAME:
            return None
        (context.state_dir / "snapshot.db").touch()
        self.contexts.append(context)
        report = self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]
        if isinstance(report, BaseException):
            raise report
        return report(context) if callable(report) else report

    @hookimpl
    def enrich(self, connector: str) -> Enrichment | None:
        if connector != NAME:
            return None
        self.enriched += 1
        facts = tuple(_fact(key, value, self.confidence) for key, value in self.facts.items())
        gaps = tuple(_gap(name, count, self.who) for name, count in self.gaps.items())
        return Enrichment(facts=facts, gaps=gaps, events=map(_event, self.events), profile="")

    # --- the twin that it feeds -----------------------------------------------------------------

    def twin(self, home: Path, clock: Callable[[], datetime] = utc_now) -> Twin:
        """A twin with this connector alone, configured."""
        found = Twin(Home(home), Registry([_Entry(self)]), clock)  # pyright: ignore[reportArgumentType]
        found.configure(NAME, {}, {})
        return found


@define(eq=False)
class PlanningStandIn(StandIn):
    """The same with the hook that plans."""

    planned: Any = None

    @hookimpl(optionalhook=True)
    def plan(self, connector: str, context: Context) -> SyncPlan | None:
        if connector != NAME:
            return None
        self.contexts.append(context)
        return self.planned


@define
class _Entry:
    """What the registry needs of an entry point."""

    plugin: StandIn
    name: str = NAME
    value: str = "stand-in"
    dist: None = None

    def load(self) -> StandIn:
        return self.plugin


def _fact(key: str, value: str, confidence: Confidence) -> Fact:
    evidence = Evidence(complete=True)
    return Fact(key=key, value=value, confidence=confidence, as_of=THEN, evidence=evidence)


def _gap(name: str, count: int, who: str) -> Gap:
    return Gap(
        id=name, severity=Severity.HIGH, title=name, nist="PR.AA-03", remedy="Mend it.",
        count=count, digest=sha256(f"{count} {who}".encode()).hexdigest(), as_of=THEN,
    )  # fmt: skip


def _event(name: str) -> SecurityEvent:
    return SecurityEvent(
        id=name, time=THEN, event_type="test", severity=Severity.HIGH, category="test", title=name,
        actor="ada@example.com",
    )  # fmt: skip
