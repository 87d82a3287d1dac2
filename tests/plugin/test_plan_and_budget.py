"""What a sync would do is told before, what it may spend is kept, and the next one goes on."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.afresh import afresh, differences
from tests.support.virtual_org import virtual_org
from twin_host.contract import Budget, DatasetState, SyncMode, SyncStatus
from twin_okta.datasets import Disposition
from twin_okta.snapshot import FILE_NAME
from twin_okta.sync.steps import ListState, list_step

AGAIN_EACH_TIME = ("/.well-known/", "/api/v1/logs", "search=lastUpdated", "filter=lastUpdated",
                   "BUILT_IN")  # fmt: skip


@pytest.fixture
def org():
    return virtual_org(users=60)


def test_before_the_first_sync_everything_is_to_be_read_and_nobody_is_asked(org):
    plan = org.plan(sync_logs=False)

    assert {
        each.mode for name, each in plan.datasets.items() if name not in ("logs", "app_use")
    } == {SyncMode.FULL}
    assert plan.datasets["logs"].mode == SyncMode.NOTHING
    assert plan.requests is None
    assert org.calls() == 0


def test_a_plan_says_what_the_sync_then_does_and_changes_nothing(org):
    org.sync()
    org.clock.advance(3600)
    people, factors = org.sandbox.org.people, org.sandbox.org.factors
    user = next(u for u in people.indexes() if people.can_sign_in(u) and factors.of(u))
    org.sandbox.org.act(at_s=org.clock.epoch_s() - 60).reset_factors(user)
    before, asked_before = (org.state_dir / FILE_NAME).read_bytes(), org.calls()

    plan = org.plan()

    assert org.calls() - asked_before == 1
    assert (org.state_dir / FILE_NAME).read_bytes() == before
    report = org.sync()
    modes = {name: each.mode for name, each in report.datasets.items() if each.mode}
    assert {name: plan.datasets[name].mode for name in modes} == modes
    assert plan.datasets["factors"].reason == "1 users are due."
    assert abs(plan.requests - report.requests) <= 2
    assert plan.seconds is not None


def test_syncs_within_a_budget_end_where_one_without_would_and_ask_nothing_twice(org):
    org.budget = Budget(requests=20)
    rounds, spent = 0, []
    while (report := org.sync()).status != SyncStatus.COMPLETE:
        assert report.status == SyncStatus.PARTIAL
        spent.append(report.requests)
        assert report.datasets["logs"].state == DatasetState.COMPLETE or rounds == 0
        assert any("The budget of 20 requests is spent" in it.reason
                   for it in report.datasets.values())  # fmt: skip
        org.clock.advance(60)
        rounds += 1
        assert rounds < 20

    twice = [call for call in org.sandbox.journal.repeated()
             if not any(each in call for each in AGAIN_EACH_TIME)]  # fmt: skip
    assert rounds > 3
    assert max(spent) == 20
    assert twice == []
    assert report.due == 0
    org.budget = Budget()
    fresh = afresh(org)
    fresh.sync()
    assert differences(org, fresh) == {}


def test_a_sync_ends_when_its_time_is_over_and_the_next_one_goes_on():
    org = virtual_org(users=900, apps=4)
    org.budget = Budget(seconds=20)

    first = org.sync(sync_apps=False)

    assert first.status == SyncStatus.PARTIAL
    assert first.seconds <= 21
    assert "The 20 seconds for this sync are over" in first.datasets["factors"].reason
    assert first.due > 0
    org.budget = Budget()
    assert org.sync(sync_apps=False).status == SyncStatus.COMPLETE


NOW = datetime(2026, 6, 1, tzinfo=UTC)
WEEK, HOUR, DAY = timedelta(days=7), timedelta(hours=1), timedelta(days=1)
LIST, MERGED = Disposition.REPLACE, Disposition.MERGE


@pytest.mark.parametrize(
    ("state", "mode"),
    [
        ({}, SyncMode.NOTHING),
        ({"disposition": MERGED}, SyncMode.DELTA),
        ({"is_due": True}, SyncMode.FULL),
        ({"disposition": MERGED, "is_due": True}, SyncMode.DELTA),
        ({"is_doubted": True}, SyncMode.FULL),
        ({"disposition": MERGED, "is_doubted": True}, SyncMode.FULL),
        ({"is_shown": False}, SyncMode.FULL),
        ({"read_at": None}, SyncMode.FULL),
        ({"read_at": NOW - DAY - HOUR}, SyncMode.FULL),
        ({"disposition": MERGED, "read_at": NOW - DAY - HOUR}, SyncMode.DELTA),
        ({"disposition": MERGED, "read_at": NOW - WEEK}, SyncMode.FULL),
        ({"disposition": MERGED, "read_at": NOW - 3 * DAY + HOUR, "spread": 0.0}, SyncMode.DELTA),
        ({"disposition": MERGED, "read_at": NOW - 3 * DAY - HOUR, "spread": 0.0}, SyncMode.FULL),
        ({"disposition": MERGED, "read_at": NOW - 6 * DAY + HOUR, "spread": 1.0}, SyncMode.DELTA),
        ({"disposition": MERGED, "read_at": NOW - 6 * DAY - HOUR, "spread": 1.0}, SyncMode.FULL),
        ({"as_of": NOW - 3 * HOUR}, SyncMode.FULL),  # the log reaches back two hours
        ({"read_at": NOW + HOUR, "as_of": NOW + HOUR}, SyncMode.FULL),  # a clock was ahead
    ],
)
def test_what_is_done_with_a_list_follows_from_how_it_stands(state, mode):
    stands = {
        "disposition": LIST, "is_shown": True, "is_doubted": False, "is_due": False,
        "read_at": NOW - HOUR, "as_of": NOW - HOUR,
    }  # fmt: skip

    step = list_step(
        ListState(**stands | state), now=NOW, covered_since=NOW - 2 * HOUR, read_again=WEEK
    )

    assert step.mode == mode
    assert step.reason
