"""Each sync keeps what appeared, went and became otherwise: no more, and no less."""

import pytest

from okta_sandbox.api import tricks
from tests.sandbox.changing import do_everything
from tests.support.told_changes import Told
from tests.support.virtual_org import VirtualOrg, virtual_org
from twin_host.contract import Budget, SyncStatus
from twin_okta.datasets import DATASETS
from twin_okta.differing import MOVES_UNTOLD, kinds
from twin_okta.snapshot import Snapshot

HOUR_S, DAY_S = 3600, 86_400
EVERYTHING_AGAIN_S = 8 * DAY_S
"""So long after a sync everything is read again, whatever the log tells."""


def read_org(**settings) -> tuple[VirtualOrg, Told]:
    """An org that was read once, and whoever follows the changes."""
    org = virtual_org(**({"users": 150, "groups": 22, "apps": 30} | settings))
    assert org.sync().status == SyncStatus.COMPLETE
    told = Told(org.state_dir)
    told.begin()
    return org, told


def act(org: VirtualOrg):
    """What can be done to it now."""
    return org.sandbox.org.act(at_s=org.clock.epoch_s())


def anybody(org: VirtualOrg) -> int:
    """A user who can sign in with a factor, and is no administrator."""
    people, admins = org.sandbox.org.people, org.sandbox.org.admins.privileged()
    return next(
        i
        for i in people.indexes()
        if people.status(i) == "ACTIVE" and i not in admins and org.sandbox.org.factors.of(i)
    )


def id_of(org: VirtualOrg, user: int) -> str:
    return org.sandbox.org.people.ids.encode(user)


def login_of(org: VirtualOrg, user: int) -> str:
    return org.sandbox.org.people.user(user).login


def synced(org: VirtualOrg, told: Told, *, after_s: float = HOUR_S, **options):
    """A sync later, what it told: severity, kind and change of each, and what it is called."""
    org.clock.advance(after_s)
    org.sync(**options)
    return [
        (row["severity"], row["kind"], row["change"], row["label"], row["column"])
        for row in told.follow()
    ]


def test_what_every_change_says_gives_what_there_is_now():
    org, told = read_org()
    do_everything(org.sandbox.org, act(org))

    changes = synced(org, told)

    assert told.differences() == {}
    assert {kind for _, kind, *_ in changes} >= {"users", "factors", "roles", "apps", "rules"}
    silent = [change[1:3] for change in synced(org, told, after_s=EVERYTHING_AGAIN_S)]
    assert silent == [("users", "changed")]  # what the log did not tell
    assert told.differences() == {}


def test_changes_are_told_of_every_table_but_those_left_out_on_purpose():
    tables = {table for dataset in DATASETS.values() for table in dataset.tables}

    assert kinds().keys() <= tables
    # roles say it; a use is no change; what an ordinary group opens is told as assignments
    assert tables - kinds().keys() == {"assignee", "app_use", "member"}


def test_what_is_told_of_a_table_is_in_it(tmp_path):
    with Snapshot.for_sync(tmp_path) as snapshot:
        for kind in kinds().values():
            columns = snapshot.columns(f"SELECT * FROM {kind.table}")
            assert {*kind.columns, *kind.may_be_none, *(kind.key or ())} <= {*columns}, kind.name
            assert not {*kind.columns} & {*MOVES_UNTOLD}, kind.name
            assert {*kind.may_be_none} <= {*kind.columns}, kind.name
            assert kind.follows in ("", "*", *(each.name for each in kinds().values()))


def test_a_first_reading_tells_nothing_and_neither_does_a_second_of_the_same():
    org = virtual_org(users=60)
    told = Told(org.state_dir)
    org.sync()
    told.begin()

    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT * FROM change") == []
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []


def test_a_first_reading_that_takes_several_syncs_tells_nothing():
    org = virtual_org(users=60)
    org.budget = Budget(requests=45)
    while org.sync().status != SyncStatus.COMPLETE:
        org.clock.advance(60)

    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.number("SELECT syncs FROM org") > 2
        assert snapshot.rows("SELECT * FROM change") == []


def test_what_changes_during_the_first_reading_is_no_news():
    org = virtual_org(users=150, groups=22, apps=30)
    done: list[bool] = []

    def report(progress):
        if progress.dataset == "factors" and progress.read and not done:
            done.append(True)
            do_everything(org.sandbox.org, act(org))

    org.progress = type("Watch", (), {"append": staticmethod(report)})()
    org.sync()

    assert done
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT * FROM change") == []


def test_a_new_super_administrator_is_the_worst_there_is():
    org, told = read_org()
    user = anybody(org)
    act(org).grant_role(user, "SUPER_ADMIN")
    act(org).rename_app(org.sandbox.org.apps.all[3], "Renamed")

    changes = synced(org, told)

    login = login_of(org, user)
    assert ("critical", "roles", "appeared", f"Super Administrator of {login}", None) in changes
    assert {change[0] for change in changes if change[1] != "roles"} == {"info"}


def test_an_administrator_who_loses_a_factor_is_worse_than_anybody_else():
    org, told = read_org()
    simulated = org.sandbox.org
    admin = next(i for i in simulated.admins.privileged() if simulated.factors.of(i))
    user = anybody(org)
    act(org).reset_factors(admin)
    act(org).reset_factors(user)

    changes = synced(org, told)

    severities = {label.split(" of ")[1]: severity for severity, _, _, label, _ in changes}
    assert severities == {
        login_of(org, admin): "high",
        login_of(org, user): "low",
    }


def test_whoever_is_suspended_loses_no_factor_and_gains_none_afterwards():
    org, told = read_org()
    user = anybody(org)
    login = login_of(org, user)
    act(org).suspend_user(user)
    assert synced(org, told) == [("low", "users", "changed", login, "status")]
    act(org).unsuspend_user(user)

    assert synced(org, told) == [("low", "users", "changed", login, "status")]
    assert told.differences() == {}


def test_a_new_user_comes_with_factors_and_is_suspended_without_losing_them():
    org, told = read_org()
    act(org).add_user("Robin", "Newcomer")
    user = max(org.sandbox.org.people.indexes())
    act(org).enrol_factor(user, "security_key")

    new = synced(org, told)
    act(org).suspend_user(user)
    synced(org, told)
    act(org).unsuspend_user(user)
    back = synced(org, told)

    assert [kind for _, kind, change, *_ in new if change == "appeared"].count("users") == 1
    assert "factors" in [kind for _, kind, *_ in new]
    assert [(kind, column) for _, kind, _, _, column in back] == [("users", "status")]


def test_a_deleted_user_has_gone_once_with_all_that_they_had_by_their_last_name():
    org, told = read_org()
    user = anybody(org)
    login = login_of(org, user)
    act(org).delete_user(user)

    changes = synced(org, told)

    assert changes.count(("low", "users", "went", login, None)) == 1
    assert {change for _, _, change, *_ in changes} == {"went"}
    of_factors = [label for _, kind, _, label, _ in changes if kind == "factors"]
    assert of_factors
    assert all(label.endswith(f" of {login}") for label in of_factors)
    assert told.differences() == {}


def test_a_deactivated_application_loses_nobody_and_a_new_one_comes_with_its_people():
    org, told = read_org()
    simulated = org.sandbox.org
    app = next(a for a in simulated.apps.all if a.direct and a.status == "ACTIVE" and not a.machine)
    act(org).deactivate_app(app)
    assert [row[1:3] for row in synced(org, told)] == [("apps", "changed")]
    act(org).activate_app(app)
    assert [row[1:3] for row in synced(org, told)] == [("apps", "changed")]
    new = act(org).add_app("New")
    act(org).assign_app(anybody(org), new)

    changes = synced(org, told)

    assert {row[1:3] for row in changes} == {("apps", "appeared"), ("assignments", "appeared")}
    assert told.differences() == {}


def half(records):
    return records[: len(records) // 2]


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/apps", "/api/v1/groups"])
def test_a_list_that_comes_back_whole_was_never_shorter(path):
    org, told = read_org(users=60, apps=40, groups=40)
    org.sandbox.faults.play(tricks.records(half), path, times=1)

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    assert synced(org, told, after_s=HOUR_S + 400) == []
    assert told.differences() == {}


def test_a_list_that_comes_back_shorter_is_not_believed_while_its_sync_breaks_off():
    """What is doubted of a list is worked out when its dataset has been read."""
    org, told = read_org(users=40, groups=40, apps=4)
    org.sandbox.faults.play(tricks.records(half), "/api/v1/groups")
    org.clock.advance(EVERYTHING_AGAIN_S)
    for requests in range(4, 40):  # somewhere between the list and the last of its members
        org.budget = Budget(requests=requests)
        assert synced(org, told, after_s=60) == []
    org.budget = Budget()
    org.sandbox.faults.clear()

    assert synced(org, told, after_s=60) == []
    assert told.differences() == {}


def test_a_list_that_stays_shorter_is_told_when_that_is_believed():
    org, told = read_org(apps=40)
    org.sandbox.faults.play(tricks.records(half), "/api/v1/apps")
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []

    changes = synced(org, told, after_s=HOUR_S + 400)

    assert len([row for row in changes if row[1:3] == ("apps", "went")]) >= 15
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT DISTINCT sync FROM changes") == [(3,)]


def test_what_changed_while_it_was_missing_has_changed():
    org, told = read_org(apps=40)
    org.sandbox.faults.play(tricks.records(lambda found: found[:-15]), "/api/v1/apps", times=1)
    org.clock.advance(EVERYTHING_AGAIN_S)
    org.sync()
    assert told.follow() == []
    with Snapshot.to_read(org.state_dir) as snapshot:
        missing = {row[0] for row in snapshot.rows("SELECT id FROM change WHERE is_held")}
    apps = org.sandbox.org.apps
    app = next(a for a in apps.all if a.id in missing and a.status == "ACTIVE")
    act(org).rename_app(app, "Renamed")

    changes = synced(org, told, after_s=HOUR_S + 400)

    assert [row[1:] for row in changes] == [("apps", "changed", "Renamed", "label")]
    assert told.differences() == {}


def spoilt(record):
    return {**record, "status": {"no": "text"}}


def test_a_record_that_cannot_be_understood_for_a_while_was_never_gone():
    org, told = read_org()
    org.sandbox.faults.play(
        tricks.records(lambda found: [spoilt(found[0]), *found[1:]]), "/api/v1/apps", times=1
    )
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    assert told.differences() == {}


def test_a_record_that_is_understood_for_the_first_time_is_not_new():
    org = virtual_org(users=60)
    org.sandbox.faults.play(
        tricks.records(lambda found: [spoilt(found[0]), *found[1:]]), "/api/v1/apps", times=1
    )
    org.sync()
    told = Told(org.state_dir)
    told.begin()

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []


@pytest.mark.parametrize("first", [True, False], ids=["at first", "later"])
def test_a_factor_that_cannot_be_understood_for_a_while_neither_goes_nor_comes(first):
    org = virtual_org(users=60)
    user = anybody(org)
    path = f"/api/v1/users/{id_of(org, user)}/factors"
    trick = tricks.records(lambda found: [spoilt(found[0]), *found[1:]])
    told = Told(org.state_dir)
    if first:
        org.sandbox.faults.play(trick, path, times=1)
        org.sync()
        told.begin()
    else:
        org.sync()
        told.begin()
        org.sandbox.faults.play(trick, path, times=1)

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    assert synced(org, told) == []


def test_an_administrator_of_whom_something_was_never_understood_is_told_of_all_the_same():
    org = virtual_org(users=60)
    org.sync()
    user = an_administrator(org)
    org = virtual_org(users=60)
    path = f"/api/v1/users/{id_of(org, user)}/roles"
    org.sandbox.faults.play(tricks.records(lambda found: [spoilt(found[0]), *found[1:]]), path)
    org.sync()
    told = Told(org.state_dir)
    told.begin()
    act(org).grant_role(user, "MOBILE_ADMIN")

    assert [row[1:3] for row in synced(org, told)] == [("roles", "appeared")]
    org.sandbox.faults.clear()
    assert synced(org, told) == []


@pytest.mark.parametrize("status", [None, ""])
def test_a_status_that_is_not_sent_for_a_while_is_as_it_was(status):
    org, told = read_org()
    unsaid = tricks.records(lambda found: [{**each, "status": status} for each in found])
    org.sandbox.faults.play(unsaid, "/api/v1/zones", times=1)
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    act(org).deactivate_zone("office")

    changes = synced(org, told, after_s=EVERYTHING_AGAIN_S)

    assert [row[1:] for row in changes] == [("zones", "changed", "office", "status")]
    assert told.differences() == {}


def test_a_status_that_is_sent_for_the_first_time_is_no_change():
    org = virtual_org(users=60)
    unsaid = tricks.records(lambda found: [{**each, "status": None} for each in found])
    org.sandbox.faults.play(unsaid, "/api/v1/zones", times=1)
    org.sync()
    told = Told(org.state_dir)
    told.begin()

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []


@pytest.mark.parametrize("path", ["/api/v1/apps*", "/api/v1/users*", "/api/v1/iam/*"])
def test_what_may_not_be_read_for_a_while_is_told_to_be_as_it_was(path):
    org, told = read_org()
    org.sandbox.faults.add("denied", path, times=None)
    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    org.sandbox.faults.clear()

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []
    assert told.differences() == {}


def an_administrator(org: VirtualOrg) -> int:
    with Snapshot.to_read(org.state_dir) as snapshot:
        ((user_id,),) = snapshot.rows("SELECT min(user_id) FROM shown_assignee")
    return next(i for i in org.sandbox.org.people.indexes() if id_of(org, i) == user_id)


@pytest.mark.parametrize("who", [an_administrator, anybody])
def test_a_failed_reading_of_an_administrator_hides_no_new_role(who):
    org, told = read_org()
    user = who(org)
    act(org).grant_role(user, "MOBILE_ADMIN")
    path = f"/api/v1/users/{id_of(org, user)}/roles"
    org.sandbox.faults.play(tricks.error(500, "E0000009"), path)
    assert [row for row in synced(org, told) if row[1] == "roles"] == []
    org.sandbox.faults.clear()

    assert "roles" in [row[1] for row in synced(org, told)]


def test_roles_of_an_administrator_that_could_not_be_read_from_the_first_are_not_new():
    org = virtual_org(users=60)
    org.sync()
    path = f"/api/v1/users/{id_of(org, an_administrator(org))}/roles"
    org = virtual_org(users=60)
    org.sandbox.faults.play(tricks.error(500, "E0000009"), path)
    org.sync()
    org.clock.advance(HOUR_S)
    org.sync()
    org.sandbox.faults.clear()
    told = Told(org.state_dir)
    told.begin()

    assert synced(org, told) == []
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.rows("SELECT * FROM subject_read WHERE failure <> ''") == []


def test_more_people_than_a_limited_credential_saw_are_not_new():
    org = virtual_org(users=60, token="help_desk", groups=12, admins=4)
    org.sync()
    told = Told(org.state_dir)
    org.secrets["token"] = org.sandbox.token("super_admin")
    org.clock.advance(EVERYTHING_AGAIN_S)
    org.sync()

    assert [row for row in told.follow() if row["kind"] in ("users", "members", "factors")] == []


def test_other_settings_make_nobody_a_member():
    org, told = read_org()
    group = next(g for g in org.sandbox.org.groups.all[4:] if g.name)
    org.config = type(org.config)(domain=org.config.domain, privileged_groups=(group.name,))

    assert synced(org, told) == []
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert snapshot.number(
            "SELECT count(*) FROM shown_group_member m JOIN shown_group g ON g.id = m.group_id"
            " WHERE g.name = ?", (group.name,))  # fmt: skip


def test_a_sweep_that_is_cut_off_tells_the_rest_when_it_goes_on():
    org, told = read_org()
    do_everything(org.sandbox.org, act(org))
    org.clock.advance(HOUR_S)
    org.budget = Budget(requests=30)
    for _ in range(40):
        status = org.sync().status
        told.follow()
        org.clock.advance(60)
        if status == SyncStatus.COMPLETE:
            break

    assert status == SyncStatus.COMPLETE
    assert told.differences() == {}


def test_a_value_that_an_older_version_did_not_read_is_not_new():
    org, told = read_org()
    with Snapshot.for_sync(org.state_dir) as snapshot:
        snapshot.write("UPDATE user SET department = NULL", [()])
        snapshot.write("INSERT INTO new_column VALUES ('user', 'department')", [()])

    assert synced(org, told, after_s=EVERYTHING_AGAIN_S) == []


def test_changes_are_kept_as_long_as_the_setting_says(monkeypatch):
    org, told = read_org()
    org.config = type(org.config)(domain=org.config.domain, keep_changes_days=3)
    act(org).rename_app(org.sandbox.org.apps.all[3], "Renamed")
    assert len(synced(org, told)) == 1
    assert count_of(org) == 1

    synced(org, told, after_s=2 * DAY_S)
    assert count_of(org) == 1
    synced(org, told, after_s=DAY_S + HOUR_S)
    assert count_of(org) == 0


def test_of_too_many_changes_the_oldest_go(monkeypatch):
    monkeypatch.setattr("twin_okta.changes.MOST_CHANGES", 3)
    org, _ = read_org()
    for number in range(5):
        act(org).rename_app(org.sandbox.org.apps.all[3], f"Renamed {number}")
        org.clock.advance(HOUR_S)
        org.sync()

    with Snapshot.to_read(org.state_dir) as snapshot:
        labels = snapshot.rows("SELECT label FROM change ORDER BY number")
    assert labels == [("Renamed 2",), ("Renamed 3",), ("Renamed 4",)]


def count_of(org):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return snapshot.number("SELECT count(*) FROM changes")
