"""A list that was read to its end is believed only when nothing else we know speaks against it."""

import pytest

from okta_sandbox.api import tricks
from okta_sandbox.truth import truth
from tests.support.virtual_org import virtual_org
from twin_host.contract import Budget, Confidence, DatasetState, SyncStatus
from twin_okta.snapshot import Snapshot
from twin_okta.sync.run import GOES_ON

WHOLE_LISTS_AGAIN_S = 8 * 86400
"""So long after a sync everything is read again, whatever the log tells."""
EVERYBODY = "/api/v1/groups"
LISTS = {
    "users": "/api/v1/users",
    "apps": "/api/v1/apps",
    "groups": "/api/v1/groups",
    "devices": "/api/v1/devices",
}


def halved(records):
    return records[: len(records) // 2]


def doubted(report):
    return {name for name, each in report.datasets.items() if "It ends" in each.reason or
            "It is believed" in each.reason}  # fmt: skip


def test_nobody_listed_while_everybody_counts_forty_is_doubted():
    org = virtual_org(users=40)
    org.sandbox.faults.play(tricks.body([]), "/api/v1/users")

    report = org.sync()

    assert report.datasets["users"].state == DatasetState.PARTIAL
    assert "and 0 users were listed" in report.datasets["users"].reason
    facts = org.facts()
    assert not {"users", "mfa_coverage", "users_without_mfa"} & {
        key for key, fact in facts.items() if fact.confidence == Confidence.VERIFIED
    }
    assert "users-without-mfa" not in org.gaps()


@pytest.mark.parametrize("dataset", LISTS)
def test_a_list_that_falls_by_half_is_doubted_until_a_later_sync_says_the_same(dataset):
    org = virtual_org(users=60, apps=40, groups=40)
    org.sync()
    assert doubted(org.sync()) == set()
    half = org.sandbox.faults.play(tricks.records(halved), LISTS[dataset])
    org.clock.advance(WHOLE_LISTS_AGAIN_S)

    first = org.sync()
    org.clock.advance(600)
    soon = org.sync()
    org.clock.advance(3700)
    later = org.sync()

    assert half.hits
    assert dataset in doubted(first)
    assert dataset in doubted(soon)
    if dataset != "users":  # whose second count goes on speaking against it
        assert dataset not in doubted(later)


def test_a_fall_in_parts_is_one():
    """The list of each application loses a sixth, a few of them in each sync."""
    org = virtual_org(users=60, apps=40)
    org.sync()
    org.clock.advance(WHOLE_LISTS_AGAIN_S)

    def shorter(records):
        return records[: len(records) - len(records) // 6]

    org.sandbox.faults.play(tricks.records(shorter), "/api/v1/apps/*/users")
    org.budget, syncs = Budget(requests=30), 0
    while GOES_ON in (report := org.sync()).datasets["assignments"].reason:
        org.clock.advance(60)
        syncs += 1

    assert syncs > 1
    assert "assignments" in doubted(report)


def test_a_list_that_comes_back_whole_ends_the_doubt():
    org = virtual_org(users=60)
    org.sync()
    org.sandbox.faults.play(tricks.records(halved), "/api/v1/users", times=1)
    org.clock.advance(WHOLE_LISTS_AGAIN_S)
    assert "users" in doubted(org.sync())
    org.clock.advance(4000)

    report = org.sync()

    assert doubted(report) == set(), report.datasets["users"]
    assert org.facts()["users"].confidence == Confidence.VERIFIED


def test_a_real_mass_deletion_is_believed_at_once():
    org = virtual_org(users=60)
    org.sync()
    org.clock.advance(3600)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s())
    reader = org.sandbox.org.admins.owner(0)
    gone = [user for user in org.sandbox.org.people.indexes() if user != reader][20:50]
    for user in gone:
        act.delete_user(user)
    org.clock.advance(120)

    report = org.sync()

    assert doubted(report) == set(), report.datasets["users"]
    assert org.facts()["users"].confidence == Confidence.VERIFIED
    assert int(org.facts()["users"].value) == len(list(org.sandbox.org.people.indexes()))


def test_people_who_come_and_go_during_the_listing_raise_no_doubt():
    org = virtual_org(users=400)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s())

    def joiners(_exchange=None):
        for number in range(8):
            act.add_user("New", f"Comer{number}")

    report_progress = org.progress.append

    def watch(progress):
        if progress.dataset == "users" and progress.read and not getattr(watch, "done", False):
            watch.done = True
            joiners()
        report_progress(progress)

    org.progress = type("Watch", (), {"append": staticmethod(watch)})()

    report = org.sync()

    assert watch.done
    assert doubted(report) == set(), report.datasets["users"]
    assert org.facts()["users"].confidence == Confidence.VERIFIED


def test_an_administrator_whom_the_list_of_users_lacks_is_asked_for():
    org = virtual_org(users=60)
    admins = truth(org.sandbox.org).privileged
    lost = sorted(admins)[0]
    org.sandbox.faults.play(
        tricks.records(lambda found: [each for each in found if each["id"] != lost]),
        "/api/v1/users",
    )

    report = org.sync()

    assert report.status == SyncStatus.COMPLETE
    privileged = org.facts()["privileged_users"]
    assert (int(privileged.value), privileged.confidence) == (len(admins), Confidence.VERIFIED)


def test_an_administrator_who_can_nowhere_be_found_makes_the_count_uncertain():
    org = virtual_org(users=60)
    lost = sorted(truth(org.sandbox.org).privileged)[0]
    org.sandbox.faults.play(
        tricks.records(lambda found: [each for each in found if each["id"] != lost]),
        "/api/v1/users",
    )
    org.sandbox.faults.play(tricks.error(500, "E0000009"), f"/api/v1/users/{lost}")

    report = org.sync()

    assert "users" in doubted(report)
    assert org.facts()["privileged_users"].confidence != Confidence.VERIFIED


def test_somebody_who_is_no_more_raises_no_doubt():
    org = virtual_org(users=60)
    admins = truth(org.sandbox.org).privileged
    lost = sorted(admins)[0]
    org.sandbox.faults.play(
        tricks.records(lambda found: [each for each in found if each["id"] != lost]),
        "/api/v1/users",
    )
    org.sandbox.faults.play(tricks.error(404, "E0000007"), f"/api/v1/users/{lost}")

    report = org.sync()

    assert doubted(report) == set(), report.datasets["users"]
    assert org.facts()["privileged_users"].confidence == Confidence.VERIFIED


@pytest.fixture(scope="module", params=[60, 200])
def assigned(request):
    """The ids of those to whom applications are assigned, in an org of so many users."""
    org = virtual_org(users=request.param)
    org.sync(sync_logs=False)
    with Snapshot.to_read(org.state_dir) as snapshot:
        found = snapshot.rows("SELECT DISTINCT user_id FROM shown_assignment ORDER BY 1")
    return request.param, [row[0] for row in found]


def most_to_ask_for(listed):
    """Ten, or a tenth of those listed where that is more."""
    return max(10, listed // 10)


@pytest.mark.parametrize("beyond", [0, 1])
def test_people_whom_the_list_lacks_are_asked_for_unless_they_are_so_many(assigned, beyond):
    users, ids = assigned
    few = max(count for count in range(users) if count <= most_to_ask_for(users - count))
    lost = set(ids[: few + beyond])
    org = virtual_org(users=users)
    org.sandbox.faults.play(
        tricks.records(lambda found: [each for each in found if each["id"] not in lost]),
        "/api/v1/users",
    )

    org.sync(sync_logs=False)

    asked = {each.path.rpartition("/")[2] for each in org.sandbox.journal.entries} & lost
    assert asked == (set() if beyond else lost)


@pytest.mark.parametrize(
    ("path", "dataset"),
    [("/api/v1/apps", "apps"), ("/api/v1/policies", "policies")],
)
def test_an_empty_list_that_something_else_speaks_against_is_doubted(path, dataset):
    org = virtual_org(users=60)
    org.sandbox.faults.play(tricks.body([]), path)

    report = org.sync(hours_back=168)

    assert dataset in doubted(report)


def test_an_org_without_a_super_administrator_is_doubted():
    org = virtual_org(users=60)
    org.sandbox.faults.play(
        tricks.records(lambda found: [r for r in found if r.get("type") != "SUPER_ADMIN"]),
        "/api/v1/*s/*/roles",
    )

    report = org.sync()

    assert "roles" in doubted(report)
    assert org.facts()["privileged_users"].confidence != Confidence.VERIFIED


def test_who_is_named_and_not_listed_is_looked_up_once_while_nothing_changes(monkeypatch):
    asked, rows = [], Snapshot.rows

    def counted(snapshot, sql, values=()):
        asked.append(sql)
        return rows(snapshot, sql, values)

    org = virtual_org()
    org.sync()
    org.clock.advance(3600)
    monkeypatch.setattr(Snapshot, "rows", counted)
    org.sync()
    assert sum("CREATE TEMP TABLE unlisted" in sql for sql in asked) == 1
