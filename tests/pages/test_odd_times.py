"""A time of any year harms no page, and another process's sync is seen."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.host.test_store import AT, an_event, saying
from tests.support.in_process import twin as run
from twin_host.home import Home, Syncing
from twin_host.ingest import ingest
from twin_host.store import Store
from twin_host.twin import Twin
from twin_host.web import pages

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "twin"))
    home = Home(tmp_path / "twin")
    home.ensure()
    return home


def browser(home):
    client = TestClient(pages(Twin(home), "secret", {"testserver"}))
    client.get("/?token=secret")
    return client


@pytest.mark.parametrize(
    "times",
    [[LAST], [FIRST], [FIRST, AT, LAST], [AT, LAST], [AT, AT + timedelta(days=400)], [AT]],
    ids=["last", "first", "all", "future", "a year", "now"],
)
def test_an_event_of_any_year_is_shown_everywhere(home, times):
    events = [an_event(f"e{number}", at) for number, at in enumerate(times)]
    with Store.to_write(home.database) as store:
        ingest(store, "okta", saying(events=events), AT)
    with browser(home) as client:
        page = client.get("/events")
        assert page.status_code == 200
        for x, wide in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', page.text):
            assert 0 <= float(x) <= float(x) + float(wide) <= 961
        assert all(client.get(f"/events/okta/{event.id}").status_code == 200 for event in events)
    for command in ("events", "events --json", "sif --tier full", "search Failed"):
        assert run(*command.split()).status == 0


def test_a_sync_of_another_process_is_shown_and_none_can_be_started_beside_it(home, monkeypatch):
    twin = Twin(home)
    values = {"domain": "http://127.0.0.1:9", "allow_loopback_http": "true"}
    from twin_host.contract import Secret

    twin.configure("okta", values, {"token": Secret("0" * 42)})
    with browser(home) as client:
        assert "disabled>Sync Now" not in client.get("/connectors/okta").text
        monkeypatch.setattr(
            Home, "syncing", lambda _home, _name: Syncing(process=1, since=AT), raising=True
        )
        for address in ("/", "/connectors/okta"):
            text = client.get(address).text
            assert "Another sync is running (process 1, since 2026-01-02 03:04 UTC)" in text
        assert "disabled>Sync Now" in client.get("/connectors/okta").text
        assert "Syncing now" in client.get("/").text


def test_no_word_of_the_command_line_stands_in_a_form(home):
    with browser(home) as client:
        origin = {"origin": "http://testserver"}
        forms = [
            ("configure", {"domain": "http://127.0.0.1:9"}),
            ("configure", {"domain": "login.example.com", "auth": "oauth", "client_id": "x"}),
            ("sync", {}), ("sync", {"hours_back": "99999"}), ("test", {}),
        ]  # fmt: skip
        for action, data in forms:
            page = client.post(f"/connectors/okta/{action}", data=data, headers=origin)
            assert page.status_code in (200, 400, 404), page.text
            text = re.sub(r"<[^>]*>", " ", page.text)
            assert not re.search(r"\s--[a-z]|twin (sync|configure|test)|standard input", text), text
            assert "`" not in text
