"""A sync that is killed at any moment loses nothing, doubles nothing, and asks little twice.
Neither is a change lost or told twice.

`KILLS=50 pytest tests/test_killed.py` kills so often, full syncs and those that read changes.
"""

import os
import time
from random import Random

import pytest

from okta_sandbox import Org, Settings, create_app
from okta_sandbox.serving import serve
from tests.support.afresh import differences_of
from tests.support.command_line import Terminal
from tests.support.told_changes import Told

KILLS = int(os.environ.get("KILLS", "4"))
AGAIN_EACH_TIME = ("/.well-known/", "/api/v1/logs", "lastUpdated+ge", "BUILT_IN")
"""Which org it is, the newest of the log, what has moved since."""
JUST_ANSWERED_S = 0.5
"""Okta's answer has left, and is on its way into the snapshot."""


@pytest.fixture
def served():
    app = create_app(Org(users=160, apps=40, groups=22), Settings(window_s=1, concurrency=1000))
    app.settings.latency_s = 0.01
    with serve(app) as url:
        yield app, url


def test_a_sync_that_is_killed_at_any_moment_goes_on_where_it_was(served, tmp_path):
    app, url = served
    terminal, fresh = (Terminal(tmp_path / name, app.token()) for name in ("twin", "fresh"))
    for each in (terminal, fresh):
        assert each.configure(url).status == 0
    folder, fresh_folder = (each.home / "connectors/okta" for each in (terminal, fresh))
    told = Told(folder)
    chance, kills = Random(KILLS), 0
    while kills < KILLS:
        kills += kills_until_it_ends(app, terminal, chance, most=KILLS - kills)
        told.follow() if told.things else told.begin()
        assert told.differences() == {}
        change(app, chance)

    assert terminal.run("sync", "okta").status == 0
    assert fresh.run("sync", "okta").status == 0

    assert differences_of(folder, fresh_folder) == {}
    told.follow()
    assert told.differences() == {}


def kills_until_it_ends(app, terminal, chance, *, most):
    """Let one sync come to its end, however often it is killed on the way; how often that was."""
    app.journal.clear()
    kills, may_be_twice, since = 0, set(), 0
    while True:
        since = len(app.journal.entries)
        requests = chance.randrange(1, 90) if kills < most else None
        ended_by_itself, killed_at_s = run(app, terminal, requests)
        again = {call for call in app.journal.asked_again(since)
                 if not any(each in call for each in AGAIN_EACH_TIME)}  # fmt: skip
        assert again <= may_be_twice
        if ended_by_itself:
            return max(kills, 1)  # a sync too short to be killed counts, so that this ends
        kills += 1
        hardly_answered_s = killed_at_s - JUST_ANSWERED_S
        may_be_twice |= {
            entry.call
            for entry in app.journal.entries
            if entry.ended_s is None or entry.ended_s > hardly_answered_s
        }


def run(app, terminal, requests):
    """A sync, killed once it has made so many requests; whether it ended before, and when."""
    until = len(app.journal.entries) + (requests or 10**9)
    process = terminal.start("sync", "okta")
    while process.poll() is None and len(app.journal.entries) < until:
        time.sleep(0.002)
    ended = process.poll() is not None
    process.kill()
    _, told = process.communicate()
    assert not ended or process.returncode == 0, told
    return ended, app.now()


def change(app, chance):
    """What the log tells of, for some of the org."""
    people, act = app.org.people, app.org.act(at_s=app.now())
    spared = set(app.org.admins.privileged())
    able = [u for u in people.indexes() if people.can_sign_in(u) and u not in spared]
    for user in chance.sample(able, 60):
        act.reset_factors(user)
    for user in chance.sample(able, 3):
        act.update_profile(user, department=f"Department {chance.random()}")
        act.join_group(user, chance.choice(app.org.groups.all[1:]))
