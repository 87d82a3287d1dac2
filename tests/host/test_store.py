"""What connectors say is kept whole: facts with history, gaps over time, events once each."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from twin_host.contract import (
    Confidence,
    Enrichment,
    Evidence,
    Fact,
    Gap,
    SecurityEvent,
    Severity,
)
from twin_host.errors import HostError
from twin_host.event_filter import EventFilter
from twin_host.ingest import ingest
from twin_host.search import hits
from twin_host.store import Store

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def a_fact(key="mfa_coverage", value="87%", confidence=Confidence.VERIFIED, at=AT):
    return Fact(
        key=key,
        value=value,
        confidence=confidence,
        as_of=at,
        evidence=Evidence(complete=True, numerator=87, denominator=100),
    )


def a_gap(count=2, id="no-mfa", at=AT, *, complete=True):  # noqa: A002
    return Gap(
        id=id,
        severity=Severity.HIGH,
        title="Without MFA",
        nist="PR.AA-03",
        remedy="Enrol.",
        count=count,
        kind="user",
        query="SELECT id, login FROM person",
        digest=f"of {count}",
        as_of=at,
        complete=complete,
    )


def an_event(id="e1", at=AT, **changes):  # noqa: A002
    return SecurityEvent(
        id=id,
        time=at,
        event_type="user.session.start",
        severity=Severity.LOW,
        category="sign-in",
        title="Failed",
        **changes,
    )


def saying(facts=(), gaps=(), events=(), bookmark=""):
    return Enrichment(
        facts=tuple(facts), gaps=tuple(gaps), events=iter(events), profile="", bookmark=bookmark
    )


@pytest.fixture
def store(tmp_path):
    with Store.to_write(tmp_path / "twin.db") as store:
        yield store


def test_facts_of_a_source_are_replaced_and_their_history_kept(store):
    later = AT + timedelta(days=1)
    ingest(store, "a", saying([a_fact(), a_fact("users", "5")]), AT)
    ingest(store, "a", saying([a_fact(value="90%", at=later)]), later)

    assert [(f.key, f.value) for f in store.facts()] == [("mfa_coverage", "90%")]
    assert [row.value for row in store.history("mfa_coverage")] == ["87%", "90%"]


def test_two_sources_stand_side_by_side(store):
    ingest(store, "a", saying([a_fact()]), AT)
    ingest(store, "b", saying([a_fact(value="40%")]), AT)
    ingest(store, "a", saying([]), AT)

    assert [(f.source, f.value) for f in store.facts()] == [("b", "40%")]


def test_a_declared_fact_is_contradicted_by_a_verified_one_only(store):
    store.declare("mfa_coverage", "100%", AT)
    ingest(store, "a", saying([a_fact(confidence=Confidence.OBSERVED)]), AT)
    assert store.facts()[-1].confidence == "declared"

    ingest(store, "a", saying([a_fact()]), AT)
    declared = store.facts()[-1]
    assert declared.confidence == "contradicted"
    assert declared.actual == "87%"

    store.declare("mfa_coverage", "87%", AT)
    assert store.facts()[-1].confidence == "declared"


def test_a_gap_opens_changes_closes_and_opens_again(store):
    days = [AT + timedelta(days=n) for n in range(5)]
    for day, count in zip(days, (2, 2, 3, 0, 1), strict=True):
        ingest(store, "a", saying(gaps=[a_gap(count, at=day)]), day)
        if count == 0:
            assert store.gaps() == []
            (closed,) = store.gaps(closed_too=True)
            assert closed.closed_at == closed.changed_at == days[3]
            assert closed.opened_at == days[0]
    (gap,) = store.gaps()
    assert gap.opened_at == days[4]
    assert gap.closed_at is None


def test_gaps_are_worst_first_and_of_equals_the_largest(store):
    medium = evolve(a_gap(9, "medium"), severity=Severity.MEDIUM)
    ingest(store, "a", saying(gaps=[medium, a_gap(2, "few"), a_gap(3, "many")]), AT)
    assert [gap.id for gap in store.gaps()] == ["many", "few", "medium"]


def test_a_gap_that_could_not_be_judged_stays_as_it_was(store):
    ingest(store, "a", saying(gaps=[a_gap(2)]), AT)
    ingest(store, "a", saying(), AT + timedelta(days=1))
    assert store.gaps()[0].count == 2


def test_nobody_in_a_part_of_the_data_closes_no_gap(store):
    ingest(store, "a", saying(gaps=[a_gap(2)]), AT)
    ingest(store, "a", saying(gaps=[a_gap(0, complete=False)]), AT + timedelta(days=1))
    assert store.gaps()[0].count == 2


def test_a_gap_changes_when_others_are_in_it_and_not_when_it_is_looked_at(store):
    days = [AT + timedelta(days=n) for n in range(4)]
    people = [a_gap(2), a_gap(2), evolve(a_gap(2), digest="others"), a_gap(3)]
    changed = []
    for day, gap in zip(days, people, strict=True):
        ingest(store, "a", saying(gaps=[gap]), day)
        changed.append(store.gaps()[0].changed_at)
    assert changed == [days[0], days[0], days[2], days[3]]


def test_an_event_read_twice_is_stored_once(store):
    first = ingest(store, "a", saying(events=[an_event(), an_event("e2")]), AT)
    second = ingest(store, "a", saying(events=[an_event(), an_event("e3")]), AT)
    assert (first.new_events, second.new_events) == (2, 1)
    assert len(list(store.events())) == 3


def test_a_bookmark_is_kept_with_the_events_before_it(store):
    assert store.bookmark("a") == ""
    ingest(store, "a", saying(events=[an_event()], bookmark="e1"), AT)

    def breaking():
        yield an_event("e2")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ingest(store, "a", evolve(saying(bookmark="e2"), events=breaking()), AT)

    assert (store.bookmark("a"), store.bookmark("b")) == ("e1", "")
    ingest(store, "a", saying(), AT)
    assert store.bookmark("a") == ""


def test_events_are_filtered_and_newest_first(store):
    events = [an_event(f"e{n}", AT + timedelta(hours=n)) for n in range(4)]
    ingest(store, "a", saying(events=events), AT)
    assert [e.id for e in store.events(EventFilter(since="2026-01-02T05:00"))] == ["e3", "e2"]
    assert [e.id for e in store.events(limit=1)] == ["e3"]
    assert list(store.events(EventFilter(severity="high"))) == []


def test_a_connector_that_fails_half_way_leaves_everything_as_it_was(store):
    ingest(store, "a", saying([a_fact()], [a_gap()]), AT)

    def breaking():
        yield an_event()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ingest(
            store,
            "a",
            Enrichment(
                facts=(a_fact(value="1%"),), gaps=(a_gap(0),), events=breaking(), profile=""
            ),
            AT,
        )

    assert store.facts()[0].value == "87%"
    assert store.gaps()[0].count == 2
    assert list(store.events()) == []


def test_readers_see_the_old_state_while_a_writer_is_at_work(tmp_path):
    path = tmp_path / "twin.db"
    with Store.to_write(path) as writer:
        ingest(writer, "a", saying([a_fact()]), AT)

        def looking():
            with Store.to_read(path) as reader:
                assert reader.facts()[0].value == "87%"
            yield an_event()

        ingest(
            writer,
            "a",
            Enrichment(facts=(a_fact(value="1%"),), gaps=(), events=looking(), profile=""),
            AT,
        )
        with Store.to_read(path) as reader:
            assert reader.facts()[0].value == "1%"


def test_events_are_found_by_their_people_and_addresses(store):
    ingest(
        store, "a", saying(events=[an_event(actor="ada@example.com", source_ip="192.0.2.7")]), AT
    )
    assert hits(store, "ada@example.com", limit=5)[0].reference == "e1"
    assert hits(store, "192.0.2.7", limit=5)[0].kind == "event"
    assert hits(store, "nobody", limit=5) == []


def test_a_database_of_a_newer_version_is_not_touched(tmp_path):
    path = tmp_path / "twin.db"
    Store.to_write(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for door in (Store.to_read, Store.to_write):
        with pytest.raises(HostError, match="newer version"):
            door(path)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / "twin.db").write_text("hello, I am not a database at all, but quite long" * 20)
    for door in (Store.to_read, Store.to_write):
        with pytest.raises(HostError, match="cannot be read: file is not a database"):
            door(tmp_path / "twin.db")


def test_a_database_without_tables_is_brought_up_to_date(tmp_path):
    sqlite3.connect(tmp_path / "twin.db").close()
    with Store.to_write(tmp_path / "twin.db") as store:
        assert store.facts() == []
