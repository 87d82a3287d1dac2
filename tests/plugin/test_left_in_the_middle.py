"""A list that was left in the middle goes on there, and where it cannot it is begun anew."""

from itertools import islice

import pytest

from okta_sandbox.api import tricks
from tests.support.afresh import afresh, differences
from tests.support.virtual_org import virtual_org
from twin_host.contract import Budget, DatasetState, SyncStatus
from twin_okta.snapshot import Snapshot

LISTS = {"a whole list": "/api/v1/users", "the list of a subject": "/api/v1/apps/*/users"}
HOUR_S, A_DAY_S = 3600, 86_400


def large_org():
    """Its lists have several pages each."""
    return virtual_org(users=1300, apps=6, groups=22)


def leave_in_the_middle(org, path, *, sync_logs=False):
    """Sync a little at a time until a page of such a list is kept, and its next one is not."""
    org.budget = Budget(requests=5)
    asked_for = {"sync_users": path == "/api/v1/users", "sync_apps": path != "/api/v1/users"}
    while not places(org, path):
        assert org.sync(sync_logs=sync_logs, **asked_for).status == SyncStatus.PARTIAL
    org.budget = Budget()


def places(org, path):
    """The addresses of such lists that go on somewhere."""
    with Snapshot.for_sync(org.state_dir) as snapshot:
        found = snapshot.rows(
            "SELECT list FROM list_cursor WHERE next_url IS NOT NULL AND list LIKE ?",
            (f"{path.replace('*', '%')}?%",),
        )
    return {name.partition("?")[0] for (name,) in found}


def is_as_if_read_at_once(org):
    fresh = afresh(org)
    assert fresh.sync(sync_logs=False).status == SyncStatus.COMPLETE
    assert differences(org, fresh) == {}


@pytest.mark.parametrize("path", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    "answer",
    [tricks.error(404, "E0000007"), tricks.error(400), tricks.body({})],
    ids=["not found", "refused", "no list"],
)
def test_a_place_that_okta_no_longer_knows_has_the_list_begun_anew(path, answer):
    org = large_org()
    leave_in_the_middle(org, path)
    lost = org.sandbox.faults.play(answer, path, query="after=", times=1)

    report = org.sync(sync_logs=False)

    assert lost.hits == 1
    assert report.status == SyncStatus.COMPLETE, report
    is_as_if_read_at_once(org)


@pytest.mark.parametrize("path", LISTS.values(), ids=LISTS)
def test_a_place_that_is_too_old_is_not_gone_on_with(path):
    """Though the log tells of every change since."""
    org = large_org()
    leave_in_the_middle(org, path, sync_logs=True)
    org.clock.advance(A_DAY_S + 1)
    left, before = places(org, path), len(org.sandbox.journal.entries)

    assert org.sync().status == SyncStatus.COMPLETE

    since = org.sandbox.journal.entries[before:]
    assert left <= {entry.path for entry in since if "after=" not in entry.target}


@pytest.mark.parametrize("path", LISTS.values(), ids=LISTS)
def test_a_place_that_is_dated_in_the_future_is_not_gone_on_with(path):
    """The clock was ahead when the list was begun."""
    org = large_org()
    leave_in_the_middle(org, path)
    with Snapshot.for_sync(org.state_dir) as snapshot:
        snapshot.write("UPDATE list_cursor SET read_at = '2099-01-01T00:00:00.000Z'", [()])
    left, before = places(org, path), len(org.sandbox.journal.entries)

    assert org.sync(sync_logs=False).status == SyncStatus.COMPLETE

    since = org.sandbox.journal.entries[before:]
    assert left <= {entry.path for entry in since if "after=" not in entry.target}


def test_what_was_read_of_a_subject_before_it_failed_is_not_mixed_with_a_later_reading():
    """An application's second page fails; then a person of its first page leaves it."""
    org = large_org()
    path = LISTS["the list of a subject"]
    org.sandbox.faults.add("server-error", path, query="after=", times=None)
    assert org.sync(sync_logs=False).datasets["assignments"].state == DatasetState.PARTIAL
    org.sandbox.faults.clear()
    simulated = org.sandbox.org
    act = simulated.act(at_s=org.clock.epoch_s())
    for app in simulated.apps.all:
        first_page = [user for _, user, _ in islice(simulated.apps.assignments(app, 0), 40)]
        for user in first_page:
            if user not in simulated.admins.privileged():
                act.deactivate_user(user)
    org.clock.advance(2 * HOUR_S)  # without the log a reading is believed for an hour

    assert org.sync(sync_logs=False).status == SyncStatus.COMPLETE

    is_as_if_read_at_once(org)
