"""Every list that hangs on a subject is read alike, and a subject that is gone costs nothing."""

import pytest

from tests.support.virtual_org import virtual_org
from twin_host.contract import DatasetState
from twin_okta.snapshot import Snapshot

HANGING = {
    "groups": ("/api/v1/groups/*/users", "SELECT DISTINCT group_id FROM shown_group_member"),
    "roles": ("/api/v1/users/*/roles", "SELECT DISTINCT holder_id FROM shown_role"),
    "custom_roles": (
        "/api/v1/iam/roles/*/permissions",
        "SELECT DISTINCT role_id FROM shown_role_permission",
    ),
    "service_apps": ("/oauth2/v1/clients/*/roles", "SELECT DISTINCT app_id FROM shown_client_role"),
    "assignments": (
        "/api/v1/apps/*/users",
        "SELECT app_id FROM shown_app_read WHERE outcome = 'read'",
    ),
    "policies": (
        "/api/v1/policies/*/rules",
        "SELECT DISTINCT policy_id FROM shown_policy_rule",
    ),
}


def subjects(org, sql):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return len(snapshot.rows(sql))


@pytest.fixture(scope="module")
def undisturbed():
    org = virtual_org(users=24)
    org.sync(hours_back=24)
    return org


@pytest.mark.parametrize("dataset", HANGING)
def test_a_subject_deleted_since_it_was_listed_costs_nothing_of_the_others(undisturbed, dataset):
    path, sql = HANGING[dataset]
    org = virtual_org(users=24)
    hit = org.sandbox.faults.add("gone", path, times=1)

    report = org.sync(hours_back=24)

    assert report.datasets[dataset].state == DatasetState.COMPLETE, report.datasets[dataset]
    assert hit.hits == 1
    assert subjects(org, sql) >= subjects(undisturbed, sql) - 1


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
