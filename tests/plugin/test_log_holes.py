"""Nothing that happened is lost between two readings of the log, and what is lost is told."""

from datetime import timedelta

import pytest

from okta_sandbox.api import tricks
from tests.support.virtual_org import BASE_URL, virtual_org
from twin_host.contract import DatasetState
from twin_okta.snapshot import Snapshot, iso_text

LOGS = "/api/v1/logs"
DAY_S = 86400


def only_logs(org, **options):
    return org.sync(sync_users=False, sync_apps=False, **options)


def stored(org):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return dict(snapshot.rows("SELECT uuid, published FROM log_event"))


def spoil_cursor(org, **columns):
    with Snapshot.for_sync(org.state_dir) as snapshot:
        for column, value in columns.items():
            snapshot.write(f"UPDATE log_cursor SET {column} = ?", [(value,)])


def covered_since(org):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return snapshot.rows("SELECT since FROM log_cursor")[0][0]


def whole_of(org):
    """What a single reading of the same time would have brought."""
    whole = virtual_org()
    whole.clock.advance(org.clock.epoch_s() - whole.clock.epoch_s())
    only_logs(whole, hours_back=2160)
    since = min(stored(org).values())
    return {uuid for uuid, published in stored(whole).items() if published > since}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"filter": 'eventType eq "something.else"'},
        {"next_url": f"{BASE_URL}/api/v1/logs?after=gone"},
        {"next_url": "https://elsewhere.example/api/v1/logs?after=1"},
    ],
    ids=["other rules", "a cursor that Okta forgot", "another address"],
)
def test_eight_days_without_a_sync_leave_no_hole_whatever_became_of_the_cursor(spoilt):
    org = virtual_org()
    only_logs(org, hours_back=24)
    spoil_cursor(org, **spoilt)
    org.clock.advance(8 * DAY_S)

    report = only_logs(org, hours_back=24)

    assert report.datasets["logs"].state == DatasetState.COMPLETE
    assert whole_of(org) <= stored(org).keys()


@pytest.mark.parametrize(
    ("spoilt", "days", "hours_back", "follows"),
    [
        ({}, 1, 24, True),
        ({}, 89, 24, True),
        ({}, 91, 24, False),
        ({"filter": 'eventType eq "something.else"'}, 1, 24, False),
        ({"next_url": "https://elsewhere.example/api/v1/logs?after=1"}, 1, 24, False),
        ({}, 1, 168, False),
    ],
    ids=["a day old", "as old as may be", "older than Okta keeps", "other rules", "another address",
         "more hours asked for"],
)  # fmt: skip
def test_a_cursor_is_followed_only_where_it_leads_to_all_that_is_wanted(
    spoilt, days, hours_back, follows
):
    org = virtual_org(users=24)
    only_logs(org, hours_back=24)
    covered_before = covered_since(org)
    spoil_cursor(org, **spoilt)
    org.clock.advance(days * DAY_S)
    org.sandbox.journal.clear()

    only_logs(org, hours_back=hours_back)

    first = next(e.target for e in org.sandbox.journal.entries if e.path == LOGS)
    assert ("after=" in first) == follows
    assert ("since=" in first and "filter=" in first) == (not follows)
    # What other rules ask for is not known of the time before.
    assert (covered_since(org) > covered_before) == ("filter" in spoilt)


def test_a_hole_that_cannot_be_closed_is_told_and_stays_told():
    org = virtual_org()
    only_logs(org, hours_back=24)
    read_to = org.clock()
    org.clock.advance(100 * DAY_S)

    first = only_logs(org, hours_back=24)
    org.clock.advance(3600)
    second = only_logs(org, hours_back=24)

    for report in (first, second):
        assert report.datasets["logs"].state == DatasetState.PARTIAL
        assert f"Nothing is known of {iso_text(read_to)[:13]}" in report.datasets["logs"].reason
    org.clock.advance(91 * DAY_S)
    spoil_cursor(org, read_to=iso_text(org.clock() - timedelta(hours=1)))
    assert only_logs(org).datasets["logs"].state == DatasetState.COMPLETE  # too old to matter


def test_a_reading_from_before_a_hole_is_read_anew():
    org = virtual_org(users=30)
    org.sync(sync_apps=False)
    with Snapshot.for_sync(org.state_dir) as snapshot:
        now = iso_text(org.clock() + timedelta(seconds=30))
        snapshot.write("INSERT INTO log_hole VALUES (?, ?)", [(now, now)])
    before = org.calls("/factors")
    org.clock.advance(60)

    org.sync(sync_apps=False)

    assert org.calls("/factors") > before


@pytest.mark.parametrize("broken", ["INSERT INTO log_cursor", "INSERT INTO target"])
def test_entries_and_the_cursor_behind_them_are_stored_together(monkeypatch, broken):
    org = virtual_org()

    def fail(self, sql, rows):
        if broken in sql:
            raise RuntimeError("the machine stopped here")
        return write(self, sql, rows)

    write = Snapshot.write
    monkeypatch.setattr(Snapshot, "write", fail)
    with pytest.raises(BaseExceptionGroup):
        only_logs(org, hours_back=168)
    monkeypatch.undo()

    assert stored(org) == {}
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT * FROM log_cursor") == []


@pytest.mark.parametrize("trick", [tricks.next_is_itself(), tricks.endless_pages()])
def test_pages_that_go_round_end_and_what_they_told_is_kept(trick):
    org = virtual_org()
    org.sandbox.faults.play(trick, LOGS)

    report = only_logs(org, hours_back=168)

    assert report.datasets["logs"].state == DatasetState.PARTIAL
    assert stored(org)
    assert org.calls(LOGS) < 200


def test_an_entry_from_the_far_future_does_not_hide_what_comes_after():
    org = virtual_org()
    far = tricks.replace("published", "9999-12-31T23:59:59.999Z", at=0)
    org.sandbox.faults.play(far, LOGS, times=1)
    only_logs(org, hours_back=24)
    spoil_cursor(org, next_url=f"{BASE_URL}/api/v1/logs?after=gone")
    org.clock.advance(2 * DAY_S)

    only_logs(org, hours_back=24)

    assert len(whole_of(org) - stored(org).keys()) <= 1


def test_a_promotion_forgets_what_was_shown_before():
    org = virtual_org(users=30)
    org.sync(sync_apps=False, sync_logs=False)
    org.clock.advance(3600)
    org.sync(sync_apps=False, sync_logs=False)

    with Snapshot.to_read(org.state_dir) as snapshot:
        ((shown,),) = snapshot.rows("SELECT shown FROM dataset WHERE name = 'users'")
        assert snapshot.rows("SELECT DISTINCT generation FROM user") == [(shown,)]


def test_an_entry_that_had_been_stored_before_a_reading_makes_nobody_due():
    org = virtual_org(users=30)
    user = next(u for u in org.sandbox.org.people.indexes() if org.sandbox.org.factors.of(u))
    org.sandbox.org.act(at_s=org.clock.epoch_s() - 30).reset_factors(user)
    org.sync(sync_apps=False)
    org.clock.advance(10)
    org.sync(sync_apps=False)
    before = org.calls("/factors")
    org.clock.advance(10)

    org.sync(sync_apps=False)

    assert org.calls("/factors") == before


def test_a_change_that_is_logged_late_is_read_anew_all_the_same():
    org = virtual_org(users=30)
    org.sync(sync_apps=False)
    user = next(u for u in org.sandbox.org.people.indexes() if org.sandbox.org.factors.of(u))
    org.clock.advance(3600)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s(), log_delay_s=300)
    act.reset_factors(user)
    org.sync(sync_apps=False)
    org.clock.advance(600)

    org.sync(sync_apps=False)

    with Snapshot.to_read(org.state_dir) as snapshot:
        user_id = org.sandbox.org.people.user(user).id
        assert not snapshot.number("SELECT count(*) FROM factor WHERE user_id = ?", (user_id,))
