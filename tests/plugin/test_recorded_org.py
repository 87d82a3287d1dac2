"""An org made of nothing but recorded bodies is synced whole: nothing skipped, nothing guessed."""

import pytest

from tests.support import recordings
from tests.support.command_line import Terminal
from tests.support.recorded_org import TOKEN, RecordedOrg, served
from twin_okta.snapshot import Snapshot

pytestmark = recordings.present


@pytest.fixture(scope="module")
def org():
    return RecordedOrg.from_recordings()


@pytest.fixture(scope="module")
def terminal(org, tmp_path_factory):
    terminal = Terminal(tmp_path_factory.mktemp("recorded") / "twin", TOKEN)
    with served(org.app()) as url:
        assert terminal.configure(url).status == 0
        terminal.report = terminal.run("sync", "okta", "--json")
    return terminal


@pytest.fixture
def snapshot(terminal):
    with Snapshot.to_read(terminal.home / "connectors/okta") as snapshot:
        yield snapshot


def test_every_dataset_is_read_and_what_no_org_is_like_is_doubted(org, terminal):
    datasets = terminal.report.json["datasets"]
    doubted = {name: row["reason"] for name, row in datasets.items() if row["state"] != "complete"}
    assert doubted.keys() == {"users", "roles"}, terminal.report.says
    assert "not in the list of users" in doubted["users"]
    assert "Nobody is a super administrator" in doubted["roles"]
    assert datasets["users"]["read"] == len(org.users)
    assert datasets["groups"]["read"] == len(org.groups)
    assert datasets["apps"]["read"] == len(org.apps)


def test_no_request_was_made_for_somebody_who_cannot_sign_in(org, terminal):
    asked = [path.split("/")[4] for path in org.asked if path.endswith("/factors")]

    can_sign_in = {"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY"}
    expected = {user["id"] for user in org.users.values() if user["status"] in can_sign_in}
    assert sorted(asked) == sorted(expected)


def test_users_are_stored_as_recorded(org, snapshot):
    stored = {row["id"]: row for row in snapshot.records("SELECT * FROM shown_user", {})}

    assert stored.keys() == org.users.keys()
    for user_id, body in org.users.items():
        row = stored[user_id]
        assert (row["status"], row["login"]) == (body["status"], body["profile"]["login"])
        assert (row["last_login"], row["created"]) == (body["lastLogin"], body["created"])


def test_factors_are_stored_as_recorded(org, snapshot):
    stored = {
        (row["user_id"], row["id"]): (row["type"], row["status"])
        for row in snapshot.records("SELECT * FROM shown_factor", {})
    }

    assert stored == {
        (user_id, factor["id"]): (factor["factorType"], factor["status"])
        for user_id, factors in org.factors.items()
        for factor in factors
        if user_id in org.users and org.users[user_id]["status"] != "STAGED"
    }


def test_roles_and_members_are_stored_as_recorded(org, snapshot):
    roles = {
        (r["holder_kind"], r["holder_id"], r["type"])
        for r in snapshot.records("SELECT * FROM shown_role", {})
    }
    assert roles == {("user", uid, r["type"]) for uid, rs in org.user_roles.items() for r in rs} | {
        ("group", gid, r["type"])
        for gid, rs in org.group_roles.items()
        for r in rs
        if gid in org.groups
    }


def test_apps_and_their_users_are_stored_as_recorded(org, snapshot):
    apps = {row["id"]: row for row in snapshot.records("SELECT * FROM known_app", {})}
    assert {a: row["sign_on_mode"] for a, row in apps.items()} == {
        app_id: body["signOnMode"] for app_id, body in org.apps.items()
    }
    stored = {
        (row["app_id"], row["user_id"], row["scope"])
        for row in snapshot.records("SELECT * FROM shown_assignment", {})
    }
    counted = {row["id"] for row in snapshot.records("SELECT id FROM sso_app", {})}
    assert counted <= {app_id for app_id, row in apps.items() if row["status"] == "ACTIVE"}
    assert stored == {
        (app_id, user["id"], user["scope"])
        for app_id, users in org.app_users.items()
        for user in users
        if app_id in counted
    }


def test_the_figures_follow_from_the_bodies(org, terminal):
    facts = {fact["key"]: fact for fact in terminal.run("facts", "--json").json}

    enrolled = {
        user_id
        for user_id, factors in org.factors.items()
        if any(f["status"] == "ACTIVE" and f["factorType"] != "question" for f in factors)
    }
    assert facts["users"]["value"] == str(len(org.users))
    assert facts["mfa_coverage"]["evidence"]["numerator"] == len(enrolled & org.users.keys())
    doubted = {"users", "roles"}
    for fact in facts.values():
        if doubted & set(fact["evidence"]["datasets"]) and fact["key"] != "tool":
            assert fact["confidence"] != "verified", fact
    assert facts["sso_apps"]["confidence"] == "verified"
