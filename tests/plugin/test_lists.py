"""Every list that hangs on a subject is read alike, and a subject that is gone costs nothing."""

import pytest

from okta_sandbox.api import tricks
from tests.support.virtual_org import virtual_org
from twin_host.contract import DatasetState
from twin_okta.snapshot import Snapshot

HANGING = {
    "groups": "SELECT group_id FROM shown_group_member",
    "members": "SELECT group_id FROM shown_member",
    "roles": "SELECT holder_id FROM shown_role WHERE holder_kind = 'user'",
    "custom_roles": "SELECT role_id FROM shown_role_permission",
    "service_apps": "SELECT app_id FROM shown_client_role",
    "assignments": "SELECT app_id FROM shown_app_read WHERE outcome = 'read'",
    "policies": "SELECT policy_id FROM shown_policy_rule",
}
"""The subjects that something hangs on, for each dataset."""


def subjects(org, sql):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return {row[0] for row in snapshot.rows(sql)}


@pytest.fixture(scope="module")
def undisturbed():
    org = virtual_org(users=24)
    org.sync(hours_back=24)
    return org


@pytest.mark.parametrize("dataset", HANGING)
def test_a_subject_deleted_since_it_was_listed_costs_nothing_of_the_others(undisturbed, dataset):
    sql = HANGING[dataset]
    deleted = min(subjects(undisturbed, sql))
    org = virtual_org(users=24)
    hit = org.sandbox.faults.add("gone", f"*/{deleted}*", times=None)

    report = org.sync(hours_back=24)

    assert report.datasets[dataset].state == DatasetState.COMPLETE, report.datasets[dataset]
    assert hit.hits
    assert subjects(org, sql) == subjects(undisturbed, sql) - {deleted}


@pytest.mark.parametrize("dataset", HANGING)
def test_a_subject_that_is_still_there_without_its_list_is_told_not_taken_for_gone(
    undisturbed, dataset
):
    sql = HANGING[dataset]
    lost = min(subjects(undisturbed, sql))
    org = virtual_org(users=24)
    below = f"*/{lost}/*" if dataset != "service_apps" else f"*/clients/{lost}/*"
    org.sandbox.faults.add("gone", below, times=None)

    report = org.sync(hours_back=24)

    assert report.datasets[dataset].state == DatasetState.PARTIAL
    assert lost in report.datasets[dataset].reason
    assert subjects(org, sql) == subjects(undisturbed, sql) - {lost}


def test_a_group_s_name_is_kept_so_that_it_compares_in_any_script():
    org = virtual_org(users=24, config={"privileged_groups": ("STRASSE", "ΑΔΜΙΝΣ")})
    names = iter(("Straße", "αδμινς"))

    def renamed(records):
        for group, name in zip(records, names, strict=False):
            group["profile"]["name"] = name
        return records

    org.sandbox.faults.play(tricks.records(renamed), "/api/v1/groups")

    org.sync(sync_apps=False, sync_logs=False)

    note = org.facts()["privileged_users"].evidence.note
    assert "no group has this name" not in note


def test_a_missing_log_is_not_taken_for_applications_that_nobody_uses():
    org = virtual_org(users=24)
    org.sandbox.faults.add("gone", "/api/v1/logs", times=None)

    report = org.sync(hours_back=24)

    assert report.datasets["app_use"].state == DatasetState.PARTIAL


@pytest.mark.parametrize("dataset", [*HANGING, "users", "apps", "app_use", "zones"])
def test_progress_is_told_and_never_goes_back(undisturbed, dataset):
    read = [progress.read for progress in undisturbed.progress if progress.dataset == dataset]

    assert read
    assert read == sorted(read)


def test_a_full_page_that_does_not_say_whether_it_goes_on_is_not_the_last():
    org = virtual_org(users=450)
    org.sandbox.faults.play(tricks.header("link", None), "/api/v1/users", skip=1)

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.datasets["users"].state == DatasetState.PARTIAL
    assert "users" not in org.facts() or org.facts()["users"].confidence != "verified"
