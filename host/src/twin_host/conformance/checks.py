"""What every connector must do. Collected by the plugin `twin_host.conformance`."""

import inspect
import re
import socket
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
from attrs import asdict, define, evolve, field

from twin_host import hookspecs
from twin_host.border import hook_names
from twin_host.conformance import Product
from twin_host.contract import (
    Budget,
    CannotGoOn,
    Capability,
    Confidence,
    Configured,
    Context,
    DatasetState,
    Enrichment,
    FieldKind,
    OptionValue,
    Progress,
    Rejected,
    Secret,
    SyncPlan,
    SyncReport,
    SyncStatus,
)
from twin_host.errors import ConnectorError
from twin_host.registry import Connector
from twin_host.subjects import SNAPSHOT
from twin_host.twin import sync_options

ODD = (
    "",
    " ",
    "\x00",
    "💥" * 50,
    "a" * 5000,
    "../../etc/passwd",
    "-1",
    "1e400",
    "<script>",
    "\n\n",
)
NO_BOUND = Budget()
SENTENCE = re.compile(r".{8,}[.?!:)]", re.DOTALL)


@define
class Bench:
    """One connector set up for one product, with a folder of its own."""

    connector: Connector
    product: Product
    state_dir: Path
    progress: list[Progress] = field(factory=list[Progress])
    capabilities: dict[str, Capability] = field(factory=dict[str, Capability])
    cancelled: Event = field(factory=Event)

    def get(self, name: str) -> Secret | None:
        """The host's side of `Secrets`."""
        secret = self.product.secrets.get(name)
        return Secret(secret) if secret else None

    def context(
        self, report: Callable[[Progress], None] | None = None, budget: Budget = NO_BOUND
    ) -> Context:
        """What the connector is lent."""
        return Context(
            budget=budget,
            state_dir=self.state_dir,
            secrets=self,
            clock=lambda: datetime.now(UTC),
            report=report or self.progress.append,
            probed=self.capabilities.__setitem__,
            cancelled=self.cancelled,
        )

    def config(self) -> Mapping[str, Any]:
        """The connector's settings for the product."""
        secrets = {name: Secret(text) for name, text in self.product.secrets.items()}
        outcome = self.connector.configure({**self.product.values, **secrets})
        assert isinstance(outcome, Configured), f"The product's values are refused: {outcome}"
        return outcome.config

    def options(self) -> dict[str, OptionValue]:
        """The options of a sync."""
        return sync_options(self.connector, self.product.options)

    def sync(
        self, report: Callable[[Progress], None] | None = None, budget: Budget = NO_BOUND
    ) -> SyncReport:
        """One sync."""
        return self.connector.sync(self.config(), self.options(), self.context(report, budget))

    def plan(self) -> SyncPlan:
        """What a sync would read; the check is passed over where the connector cannot say."""
        if not self.connector.can_plan:
            pytest.skip("It has no hook plan, which is optional.")
        return self.connector.plan(self.config(), self.options(), self.context())

    def enrich(self, bookmark: str = "") -> Enrichment:
        """One enrichment, with its events read."""
        found = self.connector.enrich(evolve(self.context(), bookmark=bookmark))
        return evolve(found, events=tuple(found.events))

    def listed(self, query: str) -> list[dict[str, Any]]:
        """What a query lists, run as the host does: it can only read, and is one SELECT."""
        place = f"{(self.state_dir / SNAPSHOT).as_uri()}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as snapshot:
            snapshot.execute("PRAGMA query_only = 1")
            snapshot.row_factory = sqlite3.Row
            return [dict(row) for row in snapshot.execute(f"SELECT * FROM ({query})")]

    def shows_no_secret(self, *things: object) -> None:
        """Fail if a secret is in any of those, as text or bytes."""
        for secret in self.product.secrets.values():
            for thing in things:
                content = thing if isinstance(thing, bytes) else str(thing).encode()
                assert secret.encode() not in content, "A secret is shown."


@pytest.fixture
def bench(connector: Connector, product: Product, state_dir: Path) -> Bench:
    """A connector and a product."""
    return Bench(connector, product, state_dir)


# --- hooks and manifest -------------------------------------------------------------------------


@pytest.mark.parametrize("hook", hook_names(hookspecs))
def test_a_hook_takes_what_its_specification_says(connector: Connector, hook: str) -> None:
    allowed = set(inspect.signature(getattr(hookspecs, hook)).parameters)
    assert connector.parameters(hook) <= allowed


@pytest.mark.parametrize("hook", [hook for hook in hook_names(hookspecs) if hook != "describe"])
def test_it_answers_for_its_own_name_only(connector: Connector, hook: str, state_dir: Path) -> None:
    if hook == "plan" and not connector.can_plan:
        pytest.skip("It has no hook plan, which is optional.")
    context = Context(state_dir=state_dir, secrets=Nothing(), clock=lambda: datetime.now(UTC))
    nothing = dict[str, Any]()
    given: dict[str, Any] = {"values": nothing, "config": nothing, "options": nothing}
    given["context"] = context
    wanted = inspect.signature(getattr(hookspecs, hook)).parameters
    arguments = {name: value for name, value in given.items() if name in wanted}
    assert connector.answer_for("somebody-else", hook, arguments) is None


def test_the_manifest_says_what_a_person_needs(connector: Connector) -> None:
    info = connector.info
    assert all((info.title, info.category, info.summary, info.version))
    assert info.provides
    assert info.enriches
    assert not info.notes, info.notes


def test_every_field_is_well_described(connector: Connector) -> None:
    for setting in connector.info.fields:
        assert setting.help, setting.name


def test_every_option_has_a_default(connector: Connector) -> None:
    assert sync_options(connector, {})


# --- configure ----------------------------------------------------------------------------------


def test_nothing_typed_names_every_required_field(connector: Connector) -> None:
    outcome = connector.configure({})
    wanted = {
        setting.name
        for setting in connector.info.fields
        if setting.required and setting.kind is not FieldKind.SECRET and not setting.when
    }
    if wanted:
        assert isinstance(outcome, Rejected)
        assert wanted <= {problem.field for problem in outcome.problems}
        assert all(SENTENCE.fullmatch(problem.message) for problem in outcome.problems)


def test_odd_values_are_refused_or_taken_but_never_fail(connector: Connector) -> None:
    for setting in connector.info.fields:
        for text in ODD:
            value = Secret(text) if setting.kind is FieldKind.SECRET else text
            outcome = connector.configure({setting.name: value})
            assert isinstance(outcome, Configured | Rejected)


def test_settings_hold_no_secret_and_can_be_written_down(bench: Bench) -> None:
    config = bench.config()
    bench.shows_no_secret(orjson.dumps(dict(config)), repr(config))


def test_a_rejection_does_not_repeat_a_secret(bench: Bench) -> None:
    wrong = {name: Secret(text) for name, text in bench.product.secrets.items()}
    plain = {
        each.name: "\x00"
        for each in bench.connector.info.fields
        if each.kind is not FieldKind.SECRET
    }
    bench.shows_no_secret(bench.connector.configure({**plain, **wrong}))


# --- test_connection ----------------------------------------------------------------------------


def test_a_connection_tells_who_we_are_and_what_we_may_read(bench: Bench) -> None:
    report = bench.connector.test_connection(bench.config(), bench.context())
    assert report.ok, report.error
    assert report.org
    assert report.capabilities
    assert bench.capabilities == dict(report.capabilities), "Tell each capability once known."
    bench.shows_no_secret(report)


def test_a_denied_capability_says_why(bench: Bench) -> None:
    bench.product.deny()
    report = bench.connector.test_connection(bench.config(), bench.context())
    denied = [each for each in report.capabilities.values() if not each.granted]
    assert denied
    assert all(SENTENCE.fullmatch(each.reason) for each in denied)


def test_a_product_that_is_not_there_is_a_sentence(bench: Bench) -> None:
    bench.product.vanish()
    report = bench.connector.test_connection(bench.config(), bench.context())
    assert not report.ok
    assert SENTENCE.fullmatch(report.error)
    bench.shows_no_secret(report)


# --- plan ---------------------------------------------------------------------------------------


def test_a_plan_says_of_every_dataset_how_and_why(bench: Bench) -> None:
    plan = bench.plan()
    assert not plan.error, plan.error
    assert plan.datasets
    assert all(SENTENCE.fullmatch(each.reason) for each in plan.datasets.values()), plan.datasets
    assert plan.datasets.keys() == bench.sync().datasets.keys()
    assert not bench.plan().error
    bench.shows_no_secret(plan)


def test_a_plan_changes_nothing(bench: Bench) -> None:
    bench.plan()
    assert bench.sync().status == SyncStatus.COMPLETE
    before = bench.enrich()
    first, again = bench.plan(), bench.plan()
    modes = [{name: each.mode for name, each in plan.datasets.items()} for plan in (first, again)]
    assert modes[0] == modes[1]
    assert asdict(bench.enrich()) == asdict(before)


def test_a_plan_of_a_product_that_is_not_there_is_a_sentence(bench: Bench) -> None:
    bench.product.vanish()
    plan = bench.plan()
    assert not plan.error or SENTENCE.fullmatch(plan.error)
    bench.shows_no_secret(plan)


# --- sync ---------------------------------------------------------------------------------------


def test_a_sync_is_complete_and_tells_its_progress(bench: Bench) -> None:
    report = bench.sync()
    assert report.status == SyncStatus.COMPLETE, (report.error, report.datasets)
    assert {each.dataset for each in bench.progress} <= report.datasets.keys()
    assert bench.progress
    assert (bench.state_dir / SNAPSHOT).exists()


def test_a_sync_and_an_enrichment_name_the_same_org(bench: Bench) -> None:
    report = bench.sync()
    assert report.org == bench.enrich().org


def test_no_secret_is_stored_or_told(bench: Bench) -> None:
    report = bench.sync()
    found = bench.enrich()
    files = [path.read_bytes() for path in bench.state_dir.rglob("*") if path.is_file()]
    bench.shows_no_secret(report, found, bench.progress, *files)


def test_a_denied_dataset_is_named_and_no_figure_on_it_is_verified(bench: Bench) -> None:
    dataset = bench.product.deny()
    report = bench.sync()
    assert report.status == SyncStatus.PARTIAL
    assert report.datasets[dataset].state == DatasetState.DENIED
    assert SENTENCE.fullmatch(report.datasets[dataset].reason)
    for fact in bench.enrich().facts:
        if dataset in fact.evidence.datasets:
            assert fact.confidence != Confidence.VERIFIED, fact.key
            assert not fact.evidence.complete, fact.key


def test_a_failed_sync_loses_nothing(bench: Bench) -> None:
    bench.sync()
    before = _values(bench.enrich())
    bench.product.vanish()
    report = bench.sync()
    assert report.status != SyncStatus.COMPLETE
    assert _values(bench.enrich()) == before


def test_a_cancelled_sync_is_told_apart_and_the_next_one_completes_it(
    bench: Bench, tmp_path: Path
) -> None:
    def cancel(_progress: Progress) -> None:
        bench.cancelled.set()

    first = bench.sync(cancel)
    bench.cancelled.clear()
    assert first.status != SyncStatus.FAILED or first.error
    assert bench.sync().status == SyncStatus.COMPLETE
    fresh_dir = tmp_path / "fresh"
    fresh_dir.mkdir()
    fresh = Bench(bench.connector, bench.product, fresh_dir)
    fresh.sync()
    assert _values(bench.enrich()) == _values(fresh.enrich())


def test_a_sync_that_has_spent_its_budget_ends_well_and_the_next_one_completes_it(
    bench: Bench,
) -> None:
    first = bench.sync(budget=Budget(requests=1))
    assert first.status != SyncStatus.FAILED, first.error
    assert bench.sync().status == SyncStatus.COMPLETE


# --- enrich -------------------------------------------------------------------------------------


def test_enriching_again_says_the_same_and_asks_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sync()

    def refuse(*_arguments: Any) -> None:
        raise AssertionError("enrich must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert asdict(bench.enrich()) == asdict(bench.enrich())


def test_facts_are_explained_and_verified_only_when_complete(bench: Bench) -> None:
    bench.sync()
    facts = bench.enrich().facts
    assert facts
    for fact in facts:
        evidence = fact.evidence
        assert fact.confidence != Confidence.VERIFIED or evidence.complete, fact.key
        if evidence.numerator is not None:
            assert evidence.datasets, fact.key
            assert evidence.definition, fact.key


def test_everybody_behind_a_figure_or_a_gap_can_be_listed(bench: Bench) -> None:
    bench.sync()
    found = bench.enrich()
    asked = {fact.key: fact.evidence.query for fact in found.facts if fact.evidence.query}
    asked |= {gap.id: gap.query for gap in found.gaps if gap.query}
    for name, query in asked.items():
        rows = bench.listed(query)
        assert all(row.get("id") for row in rows), f"{name} lists something without an id."


def test_a_gap_counts_those_it_lists(bench: Bench) -> None:
    bench.sync()
    for gap in bench.enrich().gaps:
        assert all((gap.kind, gap.query, gap.digest)) or not gap.count, gap.id
        assert gap.count == (len(bench.listed(gap.query)) if gap.query else 0), gap.id


def test_each_event_is_there_once_with_its_own_entry(bench: Bench) -> None:
    bench.sync()
    events = tuple(bench.enrich().events)
    assert len({event.id for event in events}) == len(events)
    entry = bench.connector.info.event_entry
    snapshot = sqlite3.connect(f"{(bench.state_dir / SNAPSHOT).as_uri()}?mode=ro", uri=True)
    for event in events if entry else ():
        (text,) = snapshot.execute(entry, {"id": event.id}).fetchone()
        orjson.loads(text)
    snapshot.close()


def test_each_list_is_a_view_that_has_what_it_documents(bench: Bench) -> None:
    bench.sync()
    for found in bench.enrich().lists:
        rows = bench.listed(f'SELECT * FROM "{found.kind}"')
        keys = [tuple(row[name] for name in found.key) for row in rows]
        assert all(None not in key for key in keys), f"{found.kind} has a row without its key."
        assert len(set(keys)) == len(keys), f"{found.kind} has two rows of one key."
        columns = [column.name for column in found.columns]
        assert all(list(row) == columns for row in rows), f"{found.kind} has other columns."


def test_a_bookmark_leaves_out_what_was_told_and_nothing_else(bench: Bench) -> None:
    bench.sync()
    found = bench.enrich()
    if found.bookmark:
        assert bench.enrich(found.bookmark).events == (), "What was told is told again."
    assert bench.enrich("of another snapshot").events == found.events


def test_a_damaged_snapshot_is_a_failure_that_was_foreseen(bench: Bench) -> None:
    (bench.state_dir / SNAPSHOT).write_bytes(b"this is no database" * 100)
    with pytest.raises(ConnectorError) as caught:
        bench.enrich()
    assert isinstance(caught.value.__cause__, CannotGoOn), caught.value
    assert SENTENCE.fullmatch(str(caught.value))


class Nothing:
    """No secrets."""

    def get(self, name: str) -> Secret | None:  # noqa: ARG002
        """None."""
        return None


def _values(found: Enrichment) -> dict[str, str]:
    return {fact.key: fact.value for fact in found.facts}
