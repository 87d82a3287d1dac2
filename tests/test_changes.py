"""What changed, as `twin changes` and the report of a sync tell it."""

import json
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal
from twin_host.home import Home
from twin_host.twin import Twin, utc_now
from twin_host.web import pages

SHAPE = {"time", "kind", "id", "label", "change", "column", "before", "after"}


@pytest.fixture(scope="module")
def sandbox():
    app = create_app(Org(users=60, apps=12, groups=8, admins=6), Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def synced(sandbox, tmp_path_factory):
    """A twin that was synced once, the org then changed, and the report of a second sync."""
    url, app = sandbox
    terminal = Terminal(tmp_path_factory.mktemp("changes") / "twin", app.token())
    assert terminal.run("changes").err == (
        "Nothing is known to have changed: it takes two syncs to tell.\n"
    )
    assert terminal.configure(url).status == 0
    terminal.first = terminal.run("sync", "okta")
    assert terminal.first.status == 0
    assert terminal.run("changes").err == "Nothing has changed.\n"
    change(app)
    terminal.second = terminal.run("sync", "okta")
    assert terminal.second.status == 0
    return terminal


def change(app):
    org, act = app.org, app.org.act(at_s=app.now())
    plain = [i for i in org.people.indexes()
             if org.people.status(i) == "ACTIVE" and i not in org.admins.privileged()]  # fmt: skip
    act.rename_app(org.apps.all[3], "\x1b[2J\u202eEvil")
    act.suspend_user(plain[1])
    act.grant_role(plain[0], "SUPER_ADMIN")
    app.promoted = org.people.user(plain[0]).login


def test_the_worst_of_the_newest_sync_comes_first(synced, sandbox):
    found = synced.run("changes", "--json").json

    assert all(row.keys() >= SHAPE for row in found)
    assert [row["severity"] for row in found] == ["critical", "low", "info"]
    first = found[0]
    assert (first["kind"], first["change"], first["column"]) == ("roles", "appeared", None)
    assert first["label"] == f"Super Administrator of {sandbox[1].promoted}"
    assert json.loads(first["after"])["type"] == "SUPER_ADMIN"
    assert (found[1]["column"], found[1]["before"], found[1]["after"]) == (
        "status", "ACTIVE", "SUSPENDED")  # fmt: skip
    assert {row["source"] for row in found} == {"okta"}


def test_people_read_it_sync_by_sync_within_80_columns_and_nothing_acts(synced):
    done = synced.run("changes", COLUMNS="80")

    assert re.search(r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ okta$", done.out, re.MULTILINE)
    assert done.out.index("critical") < done.out.index("low") < done.out.index("info")
    assert "status: ACTIVE → SUSPENDED" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    assert not {"\x1b", "\u202e"} & set(done.out)


def test_a_later_sync_comes_before_an_earlier_one(synced, sandbox):
    app = sandbox[1]
    app.org.act(at_s=app.now()).rename_app(app.org.apps.all[4], "Later")
    assert synced.run("sync", "okta").status == 0

    found = synced.run("changes", "--json").json

    assert [row["severity"] for row in found] == ["info", "critical", "low", "info"]
    assert synced.run("changes", "--limit", "1", "--json").json == found[:1]
    limited = synced.run("changes", "--limit", "1")
    assert "Later" in limited.out
    assert "critical" not in limited.out
    assert limited.err == "… and more, 4 in all: see --since, --limit or --json.\n"


def test_the_report_of_a_sync_tells_the_worst_that_it_found(synced):
    assert "What changed" not in synced.first.out
    told = synced.second.out.split("What changed\n")[1].split("Posture\n")[0]
    assert told.splitlines()[1].startswith("Super Administrator of")
    assert "SUSPENDED" in told


def test_a_sync_that_finds_nothing_tells_of_no_earlier_change(synced):
    assert "What changed" not in synced.run("sync", "okta").out


def test_changes_are_asked_for_from_a_day_on_and_of_a_connector(synced):
    every = synced.run("changes", "--json").json

    assert synced.run("changes", "--since", "7d", "--json").json == every
    assert synced.run("changes", "--since", "2999-01-01", "--json").json == []
    assert synced.run("changes", "--connector", "okta", "--json").json == every
    wrong = synced.run("changes", "--connector", "entra")
    assert (wrong.status, "okta" in wrong.err) == (2, True)
    assert synced.run("changes", "--since", "soon").status == 2


def test_the_page_of_a_thing_tells_what_became_of_it(synced, sandbox):
    shown = synced.run("show", sandbox[1].promoted, "--json").json
    assert [row["label"] for row in shown["sections"]["changes"]] == [
        f"Super Administrator of {sandbox[1].promoted}"
    ]


def test_a_sync_goes_on_where_what_changed_before_cannot_be_asked(sandbox, tmp_path):
    url, app = sandbox
    terminal = Terminal(tmp_path / "twin", app.token())
    assert terminal.configure(url).status == 0
    assert terminal.run("sync", "okta").status == 0
    (terminal.home / "connectors/okta/snapshot.db").unlink()

    again = terminal.run("sync", "okta")

    assert again.status == 0, again.says
    assert "What changed" not in again.out


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def browser(synced):
    with TestClient(pages(Twin(Home(synced.home)), "secret", {"testserver"})) as client:
        client.get("/?token=secret")
        yield client


def test_the_page_tells_it_sync_by_sync_and_is_reached_from_every_other(browser, synced, sandbox):
    assert 'href="/changes"' in browser.get("/events").text
    text = browser.get("/changes").text

    found = synced.run("changes", "--json").json
    assert text.count("<tbody>") == len({row["sync"] for row in found})
    assert text.count("<tr>") == len(found) + text.count("<tbody>")
    assert f"Super Administrator of {sandbox[1].promoted}" in text
    assert "status: ACTIVE → SUSPENDED" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_the_page_is_of_so_many_days_as_the_address_says(browser, synced):
    found = synced.run("changes", "--json").json
    assert f"{len(found)} changes within 7 days." in browser.get("/changes?days=7").text
    assert f"{len(found)} changes." in browser.get("/changes?days=x").text
    later = Twin(Home(synced.home), clock=lambda: utc_now() + timedelta(days=2))
    with TestClient(pages(later, "secret", {"testserver"})) as client:
        client.get("/?token=secret")
        assert "0 changes within 1 day." in client.get("/changes?days=1").text
        assert f"{len(found)} changes within 7 days." in client.get("/changes?days=7").text


def test_a_page_of_many_changes_shows_the_first_and_says_how_many_there_are(browser, monkeypatch):
    monkeypatch.setattr("twin_host.web.knowledge.MOST_CHANGES", 2)
    text = browser.get("/changes").text
    assert "the first 2 of which are shown" in text
    assert text.count("<tr>") - text.count("<tbody>") == 2
