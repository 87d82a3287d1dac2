"""What a twin has been told of a log is not told again, unless it has to be judged again."""

import sqlite3

import pytest

from tests.support.small_snapshot import SmallSnapshot
from twin_host.home import Home
from twin_host.store import Store
from twin_host.twin import Twin
from twin_okta import rules as rules_files
from twin_okta.rules import notable as judging


def entry(uuid, *, kind="user.account.lock", published="2026-01-02T03:04:05.678Z"):
    return {"uuid": uuid, "published": published, "eventType": kind}


@pytest.fixture
def twin(tmp_path):
    home = Home(tmp_path / "twin")
    home.ensure()
    return Twin(home)


@pytest.fixture
def org(twin):
    """What the connector of that twin has read."""
    folder = twin.home.state_dir("okta")
    folder.mkdir(parents=True, exist_ok=True)
    org = SmallSnapshot.made(folder)
    org.log(entry("u1"), entry("u2"))
    return org


@pytest.fixture
def other_rules(monkeypatch):
    """Rules of another day."""

    def change():
        notable = rules_files.load("notable_events")
        changed = [rule | {"title": f"{rule['title']}!"} for rule in notable["rule"]]
        monkeypatch.setattr(judging, "load", lambda _name: {"rule": changed})
        for kept in (judging.rules, judging.edition):
            kept.cache_clear()

    yield change
    monkeypatch.undo()
    for kept in (judging.rules, judging.edition):
        kept.cache_clear()


def known(twin):
    with twin.store() as store:
        return [event.id for event in store.events()]


def forget_events(twin):
    """So that one sees which are told."""
    with sqlite3.connect(twin.home.database) as database:
        database.execute("DELETE FROM event")
    database.close()


def test_only_what_is_new_is_told(twin, org):
    assert twin.enrich("okta").new_events == 2
    forget_events(twin)

    assert twin.enrich("okta").new_events == 0
    org.log(entry("u3"))
    assert twin.enrich("okta").new_events == 1

    assert known(twin) == ["u3"]


def test_an_entry_that_okta_stored_late_is_new(twin, org):
    twin.enrich("okta")
    org.log(entry("late", published="2025-01-02T03:04:05.678Z"))

    assert twin.enrich("okta").new_events == 1


def test_what_is_not_notable_is_looked_at_once(twin, org):
    org.log(entry("u3", kind="user.session.end"))
    twin.enrich("okta")

    enrichment = twin.registry.get("okta").enrich(twin.context(twin.registry.get("okta")))
    with twin.store() as store:
        assert store.bookmark("okta") == enrichment.bookmark
    assert enrichment.bookmark.endswith(" 3 u3")


def test_other_rules_judge_all_again(twin, org, other_rules):
    twin.enrich("okta")
    forget_events(twin)
    other_rules()

    assert twin.enrich("okta").new_events == 2
    forget_events(twin)
    assert twin.enrich("okta").new_events == 0


def test_a_twin_that_was_lost_is_told_all_again(twin, org):
    twin.enrich("okta")
    twin.home.database.unlink()

    assert twin.enrich("okta").new_events == 2


def test_another_log_is_told_from_its_beginning(twin, org):
    """As after the snapshot was moved away and Okta read anew."""
    twin.enrich("okta")
    org.execute("DELETE FROM target")
    org.execute("DELETE FROM log_event")
    org.log(entry("v1"), entry("v2"), entry("v3"))

    assert twin.enrich("okta").new_events == 3


@pytest.mark.parametrize("odd", ["", " ", "x", "a b c d", "' OR 1=1 --", "edition", "edition 2"])
def test_a_bookmark_that_says_nothing_is_passed_over(twin, org, odd):
    twin.enrich("okta")
    forget_events(twin)
    with Store.to_write(twin.home.database) as store:
        store.write(
            "UPDATE bookmark SET bookmark = ?", [(odd.replace("edition", judging.edition()),)]
        )

    assert twin.enrich("okta").new_events == 2
