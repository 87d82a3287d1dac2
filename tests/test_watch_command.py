"""`twin watch` as it is run: beside other commands, until it is told to stop."""

import json
import signal
from threading import Event, Timer

import pytest

from okta_sandbox import Org, Settings, create_app
from okta_sandbox.serving import serve
from tests.support.command_line import Terminal
from tests.support.in_process import twin as run
from tests.support.stand_in import THEN, StandIn, synced

PATIENCE_S = 60


@pytest.fixture(scope="module")
def sandbox():
    sandbox = create_app(Org(users=40, apps=5, groups=4, admins=3), Settings(window_s=1))
    with serve(sandbox) as url:
        sandbox.url = url
        yield sandbox


@pytest.fixture
def terminal(sandbox, tmp_path):
    found = Terminal(tmp_path / "twin", sandbox.token())
    assert found.configure(sandbox.url).status == 0
    return found


@pytest.fixture
def watching(terminal):
    """A watch under way; ended when the test is, and when it hangs."""
    process = terminal.start("watch", "okta", "--every", "1s", "--json")
    limit = Timer(PATIENCE_S, process.kill)
    limit.start()
    yield process
    limit.cancel()
    process.kill()
    process.communicate()


def told(watching, wanted):
    """The next line of which that is so; whatever comes before it is passed over."""
    for line in watching.stdout:
        row = json.loads(line)
        if wanted(row):
            return row
    raise AssertionError("The watch ended without telling it.")


def fact(key):
    return lambda row: (row["kind"], row.get("id")) == ("fact", key)


def test_a_change_in_the_org_is_told_as_a_fact_and_an_event_while_others_read(
    terminal, sandbox, watching
):
    before = told(watching, fact("users"))
    assert (before["before"], before["detail"]) == (None, "verified")

    sandbox.org.act(at_s=sandbox.now()).add_user("Mallory", "New")
    after = told(watching, fact("users"))

    assert (after["before"], int(after["after"])) == (before["after"], int(before["after"]) + 1)
    assert terminal.run("facts", "--json").status == 0
    facts = terminal.run("status", "okta", "--json").json["facts"]
    assert next(each["value"] for each in facts if each["key"] == "users") == after["after"]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_it_is_told_to(terminal, watching, stop):
    told(watching, fact("users"))

    watching.send_signal(stop)
    _, err = watching.communicate(timeout=PATIENCE_S)

    assert (watching.returncode, err) == (0, "")
    assert terminal.run("sync", "okta").status == 0


def test_it_stops_in_the_middle_of_a_sync_that_does_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr("twin_host.cli.watch.PATIENCE_S", 0.01)
    heard = []

    def deaf(context):
        signal.raise_signal(signal.SIGTERM)
        heard.append(context.cancelled.is_set())
        Event().wait(PATIENCE_S)
        heard.append("the end")

    done = run("watch", "acme", on=StandIn(reports=[deaf]).twin(tmp_path / "twin"))

    assert (done.status, done.err) == (0, "")
    assert heard == [True]


def test_a_person_reads_lines_with_their_time(tmp_path):
    def stop(_context):
        signal.raise_signal(signal.SIGTERM)
        return synced(changed=1)

    stand_in = StandIn(reports=[stop], gaps={"stale": 2})
    done = run("watch", "acme", on=stand_in.twin(tmp_path / "twin", clock=lambda: THEN))

    assert done.out.splitlines() == [
        "2026-01-31T12:00:00Z covered: not known → 87% (verified)",
        "2026-01-31T12:00:00Z gap stale: opened with 2 (high: stale)",
    ]


def test_a_refused_token_is_told_and_it_goes_on(terminal, sandbox):
    terminal.token = "00" + "wrong" * 8
    process = terminal.start("watch", "okta", "--every", "1s", "--json")
    limit = Timer(PATIENCE_S, process.kill)
    limit.start()

    row = told(process, lambda row: row["kind"] == "failed")
    still_there = process.poll() is None
    process.terminate()
    process.communicate()
    limit.cancel()

    assert "token" in row["error"]
    assert still_there
    assert process.returncode == 0


def test_what_is_not_configured_cannot_be_watched(tmp_path):
    done = Terminal(tmp_path / "twin").run("watch", "okta")
    assert done.status == 2
    assert "Okta is not configured yet. Run: twin configure okta" in done.err


@pytest.mark.parametrize(
    ("setting", "status"), [("watch_idle_s = 0", 2), ("watch_every_s = 'x'", 2)]
)
def test_a_pause_that_is_none_is_refused(terminal, setting, status):
    (terminal.home / "settings.toml").write_text(setting)
    done = terminal.run("watch", "okta")
    assert done.status == status
    assert "must be a whole number from 1 to 3600" in done.err
