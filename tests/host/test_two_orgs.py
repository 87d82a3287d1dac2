"""What is kept of one org never stands under another's name, and comes back with it."""

import sqlite3
from datetime import timedelta

import pytest
from attrs import evolve

from tests.host.test_store import AT, a_fact, a_gap, an_event, saying
from tests.support.command_line import Terminal
from twin_host.contract import SyncReport, SyncStatus
from twin_host.ingest import ingest
from twin_host.orgs import KEPT, name_org, show_org, shown_org
from twin_host.search import hits, index_knowledge
from twin_host.store import Store

LATER = AT + timedelta(days=1)


def of(org, *facts, gaps=(), events=(), bookmark=""):
    return evolve(saying(facts, gaps, events, bookmark), org=org)


@pytest.fixture
def store(tmp_path):
    with Store.to_write(tmp_path / "twin.db") as store:
        yield store


def sync(store, org, status=SyncStatus.COMPLETE, at=AT):
    with store.together():
        show_org(store, "okta", org)
        store.keep_sync("okta", SyncReport(status=status, datasets={}, error="x", org=org), at)


def everything(store):
    """All that is shown, counted, found or compared."""
    return (
        store.facts(),
        store.history("mfa_coverage"),
        store.gaps(closed_too=True),
        [evolve(event, number=0) for event in store.events()],
        [evolve(past, number=0) for past in store.syncs("okta", limit=99)],
        [evolve(hit) for hit in hits(store, "ada", limit=9)],
        store.event_values("category"),
        store.lists(),
        store.bookmark("okta"),
    )


def of_the_first(store):
    sync(store, "one")
    sync(store, "one", at=LATER)
    closed = a_gap(0, "closed")
    ingest(store, "okta", of("one", gaps=[a_gap(2, "closed")]), AT)
    return ingest(
        store,
        "okta",
        of(
            "one",
            a_fact(),
            a_fact("zones", "3"),
            gaps=[a_gap(), closed],
            events=[an_event("e2", actor="ada"), an_event("e1", LATER, actor="ada")],
            bookmark="e1",
        ),
        LATER,
    )


def test_another_org_starts_from_nothing(store, tmp_path):
    of_the_first(store)
    index_knowledge(store, tmp_path / "profile.md")

    told = ingest(store, "okta", of("two", a_fact(value="1%"), events=[an_event("e9")]), LATER)

    assert [(fact.key, fact.value) for fact in store.facts()] == [("mfa_coverage", "1%")]
    assert [reading.value for reading in store.history("mfa_coverage")] == ["1%"]
    assert store.gaps(closed_too=True) == []
    assert [event.id for event in store.events()] == ["e9"]
    assert store.last_sync("okta") is None
    assert hits(store, "ada", limit=9) == hits(store, "zones", limit=9) == []
    assert (told.new_events, told.open_gaps) == (1, 0)


def test_what_was_set_aside_comes_back_as_it_was(store):
    of_the_first(store)
    before = everything(store)

    ingest(store, "okta", of("two", a_fact(value="1%"), events=[an_event("e1")]), LATER)
    assert everything(store) != before
    ingest(store, "okta", of("one", a_fact(), a_fact("zones", "3"), bookmark="e1"), LATER)

    assert everything(store) == before
    ingest(store, "okta", of("two"), LATER)
    assert [event.id for event in store.events()] == ["e1"]


def test_a_bookmark_goes_aside_with_its_events(store):
    of_the_first(store)

    sync(store, "two", at=LATER)
    assert store.bookmark("okta") == ""
    sync(store, "one", at=LATER)
    assert store.bookmark("okta") == "e1"


def test_other_connectors_and_what_people_declared_stay(store):
    store.declare("mfa_coverage", "100%", AT)
    ingest(store, "entra_id", of("tenant", a_fact(value="5%"), events=[an_event()]), AT)
    of_the_first(store)
    ingest(store, "okta", of("two"), LATER)

    assert {(fact.source, fact.value) for fact in store.facts()} == {
        ("entra_id", "5%"), ("declared", "100%"),
    }  # fmt: skip
    assert len(list(store.events())) == 1


def test_an_org_that_is_not_told_is_the_one_that_is_shown(store):
    of_the_first(store)
    ingest(store, "okta", of("", a_fact(value="90%")), LATER)
    assert shown_org(store, "okta") == "one"
    assert len(store.gaps()) == 1


def test_what_an_older_version_kept_is_of_the_first_org_that_has_a_name(store):
    ingest(store, "okta", of("", a_fact(), gaps=[a_gap()]), AT)
    ingest(store, "okta", of("one", a_fact()), LATER)
    assert len(store.gaps()) == 1


def test_unless_another_origin_was_configured_between(store):
    ingest(store, "okta", of("", a_fact(), gaps=[a_gap()]), AT)
    name_org(store, "okta", "one.okta.com")
    ingest(store, "okta", of("two", a_fact()), LATER)
    assert store.gaps() == []


def test_a_connector_that_fails_half_way_changes_nothing(store):
    of_the_first(store)
    before = everything(store)

    def breaking():
        yield an_event("e9")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ingest(store, "okta", evolve(of("two"), events=breaking()), LATER)
    assert everything(store) == before
    assert shown_org(store, "okta") == "one"


@pytest.mark.parametrize("table", KEPT)
def test_each_table_has_one_beside_it_with_the_same_columns(store, table):
    def columns(name):
        rows = store.rows(f"PRAGMA table_info({name})")
        return {(row["name"], row["type"], row["notnull"]) for row in rows}

    kept = {column for column in columns(table) if column[0] != "number"}
    assert columns(f"aside_{table}") == kept | {("org", "TEXT", 1)}


def test_a_twin_of_the_version_before_keeps_all_it_has(tmp_path, store):
    of_the_first(store)
    before = everything(store)
    store.close()
    path = tmp_path / "twin.db"
    with sqlite3.connect(path) as database:
        for table in KEPT:
            database.execute(f"DROP TABLE aside_{table}")
        database.execute("DROP TABLE org")
        database.execute("DROP TABLE bookmark")
        database.execute("DROP TABLE list")
        database.execute("DROP TABLE search_thing")
        database.execute("DROP TABLE thing")
        database.execute("DROP TRIGGER event_removed")
        database.execute("PRAGMA user_version = 2")
    database.close()

    with Store.to_read(path) as migrated:
        *kept, lists, bookmark = everything(migrated)
        assert (kept, lists, bookmark) == ([*before[:-2]], [], "")  # there were none yet
        assert shown_org(migrated, "okta") == ""


# --- the whole way ------------------------------------------------------------------------------


def test_a_twin_that_is_pointed_at_another_org_shows_that_one_alone(tmp_path):
    from okta_sandbox import Org, Settings, create_app, serve

    terminal = Terminal(tmp_path / "twin")
    one = create_app(Org(users=30, apps=5, seed=1), Settings(window_s=1))
    two = create_app(Org(users=12, apps=3, seed=2), Settings(window_s=1))
    with serve(one) as first, serve(two) as second:
        terminal.configure(first, "--token-stdin", stdin=one.token())
        terminal.run("sync", "okta", "--hours-back", "168")
        before = {name: terminal.run(name, "--json").json for name in ("facts", "gaps", "events")}

        terminal.configure(second, "--token-stdin", stdin=two.token())
        assert terminal.run("sync", "okta", "--no-apps", "--no-logs").status == 0
        facts = {fact["key"]: fact["value"] for fact in terminal.run("facts", "--json").json}
        assert facts["users"] == "12"
        assert "sso_apps" not in facts
        assert terminal.run("events", "--json").json == []
        assert "Users: 12" in terminal.run("profile").out
        assert "Users: 30" not in terminal.run("profile").out

        terminal.configure(first, "--token-stdin", stdin=one.token())
        assert terminal.run("sync", "okta", "--no-users", "--no-apps").status == 0
    facts = {fact["key"]: fact["value"] for fact in terminal.run("facts", "--json").json}
    assert facts == {fact["key"]: fact["value"] for fact in before["facts"]}
    gaps = {gap["id"] for gap in terminal.run("gaps", "--json").json}
    assert gaps >= {gap["id"] for gap in before["gaps"]}
    events = {event["id"] for event in terminal.run("events", "--json").json}
    assert events >= {event["id"] for event in before["events"]}
