"""A sync after the first costs what changed, and leaves what a full one would find."""

import random
from collections import Counter
from urllib.parse import unquote_plus

import pytest

from okta_sandbox import Settings
from okta_sandbox.api import tricks
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
    random.seed(14)  # where each subject falls; not who
    org = an_org()
    everybody = org.calls("/factors")
    read: Counter[int] = Counter()

    for day in range(14):
        org.clock.advance(DAY_S)
        before = org.calls("/factors")
        org.sync()
        read[day] = org.calls("/factors") - before

    assert (read[0], read[1]) == (0, 0)
    assert max(read.values()) < 0.5 * everybody
    assert max(read[day] for day in range(7, 14)) < 0.4 * everybody
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


def test_a_list_s_untold_change_is_drift_and_a_told_one_is_none():
    org = an_org()
    user, other = plain(org)[:2]
    doing = act(org)
    doing.change_status_silently(user, "PASSWORD_EXPIRED")
    doing.suspend_user(other)
    doing.rename_app(org.sandbox.org.apps.all[0], "Renamed")
    org.sync()
    assert org.facts()["drift"].value == "0"

    for _ in range(7):
        org.clock.advance(DAY_S)
        org.sync()

    assert untold(org) == {}
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert {name for (name,) in snapshot.rows("SELECT dataset FROM drifted")} == {"users"}


def test_where_the_log_was_not_read_nothing_is_called_drift():
    org = an_org()
    user = next(user for user in plain(org) if org.sandbox.org.factors.of(user))
    act(org).withdraw_factor_silently(user, org.sandbox.org.factors.of(user)[0].type)
    org.clock.advance(2 * HOUR_S)

    org.sync(sync_logs=False)

    assert differences(org, afresh_synced(org)) == {}
    assert org.facts()["drift"].value == "0"


def test_whose_applications_cannot_be_asked_for_has_them_listed():
    org = an_org()
    app = listed_app(org)
    user = next(user for user in plain(org) if not org.sandbox.org.apps.scope(app, user))
    act(org).assign_app(user, app)
    refused = org.sandbox.faults.add("denied", "/api/v1/apps", query="user.id", times=None)

    assert org.sync().status == SyncStatus.COMPLETE

    assert refused.hits
    org.sandbox.faults.clear()
    assert differences(org, afresh_synced(org)) == {}


def test_one_person_who_joins_an_application_is_one_change_of_it():
    org = an_org()
    app = listed_app(org)
    user = next(user for user in plain(org) if not org.sandbox.org.apps.scope(app, user))
    act(org).assign_app(user, app)

    assignments = org.sync().datasets["assignments"]

    assert (assignments.mode, assignments.changed) == (SyncMode.DELTA, 1)
    assert differences(org, afresh_synced(org)) == {}


def test_an_application_of_which_a_group_changed_is_listed_and_not_its_people_asked():
    org = an_org()
    app, doing = listed_app(org), act(org)
    group = doing.add_group("New")
    user = next(user for user in plain(org) if not org.sandbox.org.apps.scope(app, user))
    doing.join_group(user, group)
    doing.assign_group(group, app)

    assert org.sync().status == SyncStatus.COMPLETE

    assert differences(org, afresh_synced(org)) == {}


def listed_app(org):
    """An application whose people are kept, and not all of the org's."""
    with Snapshot.to_read(org.state_dir) as snapshot:
        kept = {row[0] for row in snapshot.rows("SELECT app_id FROM shown_assignment")}
    apps = org.sandbox.org.apps
    return next(
        app for app in apps.all
        if app.id in kept and not all(apps.scope(app, user) for user in plain(org))
    )  # fmt: skip


def test_so_many_deletions_that_the_whole_list_costs_less_are_read_from_it():
    org = an_org()
    doing = act(org)
    for user in plain(org)[:40]:
        doing.delete_user(user)
    before = len(org.sandbox.journal.entries)

    report = org.sync()

    since = [entry.path for entry in org.sandbox.journal.entries[before:]]
    assert report.datasets["users"].mode == SyncMode.FULL
    assert not [
        path for path in since if path.count("/") == 4 and path.startswith("/api/v1/users/")
    ]
    assert differences(org, afresh_synced(org)) == {}


def test_a_reading_of_a_subject_that_is_dated_in_the_future_is_made_again():
    org = an_org()
    with Snapshot.for_sync(org.state_dir) as snapshot:
        snapshot.write(
            "UPDATE subject_read SET read_at = '2099-01-01T00:00:00.000Z'"
            " WHERE dataset = 'factors'", [()],
        )  # fmt: skip
        everybody = snapshot.number(
            "SELECT count(*) FROM subject_read WHERE dataset = 'factors' AND subject <> '*'"
        )
    before = org.calls("/factors")

    org.sync()

    assert org.calls("/factors") - before == everybody


def test_an_application_that_was_not_found_is_asked_for_again_once_it_is_listed_again():
    org = virtual_org(users=60)
    with_people = next(
        app for app in org.sandbox.org.apps.all
        if app.status == "ACTIVE" and any(True for _ in org.sandbox.org.apps.assignments(app, 0))
        and app.mode == "SAML_2_0"
    )  # fmt: skip
    hidden = org.sandbox.faults.add("gone", f"/api/v1/apps/{with_people.id}*", times=None)
    org.sync()
    assert hidden.hits
    org.sandbox.faults.clear()
    org.clock.advance(DAY_S + HOUR_S)

    org.sync()

    assert "assignment" not in differences(org, afresh_synced(org))


@pytest.mark.parametrize("odd", ['x" or status eq "ACTIVE', "../users", "a" * 129, "a b"])
def test_what_is_no_id_in_the_log_is_asked_for_nowhere(odd):
    org = an_org()
    act(org).rename_group(org.sandbox.org.groups.all[3], "Renamed")
    org.sandbox.faults.play(tricks.replace("target.id", odd), "/api/v1/logs")
    before = len(org.sandbox.journal.entries)

    org.sync()

    asked = [unquote_plus(entry.target) for entry in org.sandbox.journal.entries[before:]]
    assert not [target for target in asked if odd in target]


@pytest.mark.parametrize("its_id", ["a" * 128, "a.b~c"])
def test_whatever_a_list_may_name_the_log_may_name(its_id):
    org = an_org()
    act(org).rename_group(org.sandbox.org.groups.all[3], "Renamed")
    org.sandbox.faults.play(tricks.replace("target.id", its_id), "/api/v1/logs")
    before = len(org.sandbox.journal.entries)

    org.sync()

    asked = [unquote_plus(entry.target) for entry in org.sandbox.journal.entries[before:]]
    assert [target for target in asked if its_id in target]


def plain(org):
    """Users who are active and hold no role."""
    people, privileged = org.sandbox.org.people, org.sandbox.org.admins.privileged()
    return [u for u in people.indexes() if people.status(u) == "ACTIVE" and u not in privileged]
