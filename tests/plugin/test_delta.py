"""A sync after the first costs what changed, and leaves what a full one would find."""

from collections import Counter

import pytest

from okta_sandbox import Settings
from tests.sandbox.changing import do_everything
from tests.support.afresh import afresh, differences, wrongly_verified
from tests.support.virtual_org import virtual_org
from twin_host.contract import DatasetState, SyncMode, SyncStatus
from twin_okta.snapshot import Snapshot

HOUR_S, DAY_S = 3600, 86400
MOST_FOR_NOTHING = 15


def an_org(**how):
    org = virtual_org(users=150, groups=22, apps=40, **how)
    assert org.sync().status == SyncStatus.COMPLETE
    org.clock.advance(HOUR_S)
    return org


def act(org, *, ago_s=60.0, **how):
    return org.sandbox.org.act(at_s=org.clock.epoch_s() - ago_s, **how)


def untold(org):
    """Rows that nothing but reading everything again can find: what changed without a word."""
    return differences(org, afresh_synced(org))


def afresh_synced(org):
    fresh = afresh(org)
    assert fresh.sync().status == SyncStatus.COMPLETE
    return fresh


@pytest.mark.parametrize("edition", ["identity-engine", "classic"])
def test_a_sync_that_finds_nothing_new_asks_next_to_nothing(edition):
    org = an_org(edition=edition)

    report = org.sync()

    assert report.status == SyncStatus.COMPLETE
    assert report.requests <= MOST_FOR_NOTHING
    assert (report.mode, report.due) == (SyncMode.DELTA, 0)
    assert {each.mode for each in report.datasets.values()} <= {
        SyncMode.NOTHING, SyncMode.DELTA, None,
    }  # fmt: skip
    assert sum(each.changed for each in report.datasets.values()) == 0
    assert differences(org, afresh_synced(org)) == {}


def test_a_few_changes_cost_a_few_requests():
    org = an_org()
    people = org.sandbox.org.people
    plain = [u for u in people.indexes() if people.status(u) == "ACTIVE"
             and u not in org.sandbox.org.admins.privileged()]  # fmt: skip
    opening = [g for g in org.sandbox.org.groups.all
               if any(g in app.groups for app in org.sandbox.org.apps.all)][1:]  # fmt: skip
    doing = act(org)
    for user in plain[:5]:
        doing.join_group(user, opening[0])
        doing.reset_factors(user)
    for user in plain[5:10]:
        doing.leave_group(user, opening[1])
    doing.update_profile(plain[11], department="Legal")

    report = org.sync()

    assert report.requests <= MOST_FOR_NOTHING + 16
    assert differences(org, afresh_synced(org)) == {}


@pytest.mark.parametrize("edition", ["identity-engine", "classic"])
def test_whatever_the_log_tells_is_found(edition):
    """Everything that can be done to an org is done. What no entry tells stays as it was known, and
    is found when its age has it read again."""
    org = an_org(edition=edition)
    do_everything(org.sandbox.org, act(org))

    report = org.sync()

    assert report.status == SyncStatus.COMPLETE, report
    ((mine, fresh),) = [untold(org)["user"]]
    assert untold(org).keys() == {"user"}
    assert [row[2] for row in (*mine, *fresh)] == ["ACTIVE", "PASSWORD_EXPIRED"]


def test_what_no_entry_tells_is_found_by_age_and_called_drift():
    org = an_org()
    people, factors = org.sandbox.org.people, org.sandbox.org.factors
    user = next(u for u in people.indexes() if people.status(u) == "ACTIVE" and factors.of(u))
    act(org).withdraw_factor_silently(user, factors.of(user)[0].type)
    assert org.sync().datasets["factors"].mode == SyncMode.NOTHING
    assert untold(org).keys() == {"factor"}
    notes = []

    for _ in range(7):
        org.clock.advance(DAY_S)
        notes.extend(org.sync().notes)

    assert untold(org) == {}
    assert any("no log entry told of: 1 of factors" in note for note in notes)
    assert org.facts()["drift"].value == "1"


def test_reading_again_by_age_is_spread_over_the_syncs():
    org = an_org()
    read: Counter[int] = Counter()

    for day in range(14):
        org.clock.advance(DAY_S)
        before = org.calls("/factors")
        org.sync()
        read[day] = org.calls("/factors") - before

    everybody = read.total() / 14 * 4.5  # about how long one round takes
    assert (read[0], read[1]) == (0, 0)
    assert max(read.values()) < 0.75 * everybody
    with Snapshot.to_read(org.state_dir) as snapshot:
        oldest_days = snapshot.rows(
            "SELECT max(julianday((SELECT max(read_at) FROM subject_read)) - julianday(read_at))"
            " FROM subject_read WHERE dataset = 'factors'"
        )[0][0]
    assert oldest_days <= 7


def test_an_entry_that_comes_late_is_caught_up_with():
    org = an_org()
    people, factors = org.sandbox.org.people, org.sandbox.org.factors
    late, soon = [u for u in people.indexes() if people.status(u) == "ACTIVE" and factors.of(u)][:2]
    act(org, log_delay_s=900).reset_factors(late)
    act(org, ago_s=30).reset_factors(soon)
    org.sync()
    org.clock.advance(1000)

    org.sync()

    assert differences(org, afresh_synced(org)) == {}
    assert org.facts()["drift"].value == "0"


def test_a_user_whom_the_search_does_not_show_yet_is_asked_for_by_name():
    org = an_org(settings=Settings(search_lag_s=240))
    doing = act(org, ago_s=20)
    user = next(u for u in org.sandbox.org.people.indexes()
                if org.sandbox.org.people.status(u) == "ACTIVE")  # fmt: skip
    doing.suspend_user(user)
    doing.add_user("Robin", "Newcomer")

    org.sync()

    org.clock.advance(600)  # for the one that knows nothing
    assert differences(org, afresh_synced(org)) == {}


def test_without_the_log_everything_is_read_again():
    org = an_org()
    act(org).reset_factors(1)
    org.clock.advance(HOUR_S)

    report = org.sync(sync_logs=False)

    assert report.datasets["users"].mode == SyncMode.FULL
    assert report.datasets["factors"].changed
    assert differences(org, afresh_synced(org)) == {}


def test_a_permission_that_is_lost_and_regained_leaves_nothing_stale():
    org = an_org()
    org.sandbox.faults.add("denied", "/api/v1/users/*/factors", times=None)
    people, factors = org.sandbox.org.people, org.sandbox.org.factors
    some = [u for u in people.indexes() if people.status(u) == "ACTIVE" and factors.of(u)][:3]
    for user in some:
        act(org).reset_factors(user)

    report = org.sync()
    assert report.datasets["factors"].state == DatasetState.DENIED
    assert "mfa_coverage" not in {
        key for key, fact in org.facts().items() if fact.confidence == "verified"
    }
    org.sandbox.faults.clear()
    org.clock.advance(60)

    assert org.sync().status == SyncStatus.COMPLETE
    fresh = afresh_synced(org)
    assert differences(org, fresh) == {}
    assert wrongly_verified(org, fresh) == {}
