"""`twin forget`: each part is asked for, and what is forgotten is nowhere any more."""

import pytest

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal


@pytest.fixture(scope="module")
def sandbox():
    app = create_app(Org(users=20, apps=4, groups=4, admins=2), Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture
def terminal(sandbox, tmp_path):
    url, app = sandbox
    terminal = Terminal(tmp_path / "twin")
    assert terminal.configure(url, "--token-stdin", stdin=app.token()).status == 0
    assert terminal.run("sync", "okta", "--hours-back", "168").status == 0
    return terminal


def everything_under(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_all_of_it_leaves_nothing_behind(terminal, sandbox):
    login = terminal.run("list", "users", "--json").json[0]["login"].encode()
    token = sandbox[1].token().encode()
    before = everything_under(terminal.home)
    assert login in before
    assert token in before

    assert terminal.run("forget", "okta", "--settings", "--secrets", "--data").status == 0
    after = everything_under(terminal.home)
    assert login not in after
    assert token not in after
    assert b"okta" not in (terminal.home / "profile.md").read_bytes().lower()
    assert terminal.run("facts", "--json").json == []
    assert terminal.run("gaps", "--all", "--json").json == []
    assert terminal.run("events", "--json").json == []
    assert terminal.run("search", login.decode(), "--json").json == []
    assert terminal.run("list", "users").status == 2
    assert terminal.run("sync", "okta").status == 2  # it is not configured


def test_the_data_alone_can_go_and_be_read_again(terminal):
    assert terminal.run("forget", "okta", "--data").status == 0
    assert terminal.run("facts", "--json").json == []
    assert terminal.run("sync", "okta", "--no-logs").status == 0
    assert terminal.run("list", "users", "--count").out == "20\n"


def test_the_secret_alone_can_go(terminal, sandbox):
    assert terminal.run("forget", "okta", "--secrets").status == 0
    assert sandbox[1].token().encode() not in everything_under(terminal.home)
    assert terminal.run("sync", "okta").status != 0
    assert terminal.run("list", "users", "--count").out == "20\n"


def test_nothing_goes_that_nobody_asked_for(terminal):
    before = everything_under(terminal.home)
    done = terminal.run("forget", "okta")
    assert done.status == 2
    assert "--settings, --secrets, --data" in done.err
    assert everything_under(terminal.home) == before


def test_what_people_wrote_and_declared_stays(terminal):
    profile = terminal.home / "profile.md"
    profile.write_text(profile.read_text() + "\nOurs alone.\n")
    assert terminal.run("declare", "tool", "okta").status == 0
    assert terminal.run("forget", "okta", "--data").status == 0
    assert "Ours alone." in profile.read_text()
    assert [fact["source"] for fact in terminal.run("facts", "--json").json] == ["declared"]
