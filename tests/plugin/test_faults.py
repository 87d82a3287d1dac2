"""What a network and a server can do: each fault on each dataset.

Either every record arrives exactly once, or the report says which did not.
"""

import re

import pytest

from okta_sandbox.api import tricks
from tests.support.true_figures import known
from tests.support.virtual_org import virtual_org
from twin_host.contract import DatasetState, SyncStatus
from twin_okta.datasets import DATASETS
from twin_okta.posture.standing import Standings
from twin_okta.snapshot import Snapshot

PATHS = {
    "users": "/api/v1/users",
    "factors": "/api/v1/users/*/factors",
    "groups": "/api/v1/groups",
    "members": "/api/v1/groups/*/users",
    "roles": "/api/v1/iam/assignees/users",
    "apps": "/api/v1/apps",
    "assignments": "/api/v1/apps/*/users",
    "logs": "/api/v1/logs",
    "api_tokens": "/api/v1/api-tokens",
    "custom_roles": "/api/v1/iam/roles/*/permissions",
    "service_apps": "/oauth2/v1/clients/*/roles",
    "policies": "/api/v1/policies",
    "authenticators": "/api/v1/authenticators",
    "devices": "/api/v1/devices",
    "zones": "/api/v1/zones",
    "threat_insight": "/api/v1/threats/configuration",
}
ONE_REQUEST = ("api_tokens", "authenticators", "zones", "threat_insight")
NO_LIST = ("roles", "custom_roles", "threat_insight")
"""Whose answers are objects, which the fault of a bad record does not know."""
FEW = 24
"""Enough users for every dataset to have something, and few enough for hundreds of syncs."""
PASSING = [
    "bad-gateway", "maintenance", "maintenance-200", "bare-429", "reset", "hang",
    "server-error", "read-only", "cut-body", "half-json", "trickle", "slow",
]  # fmt: skip
LASTING = {
    "maintenance": "status 503",
    "maintenance-200": "a web page instead of JSON",
    "bare-429": "rate limit",
    "server-error": "status 500",
    "half-json": "cut off",
    "redirect": "redirect",
    "foreign-next": "was not followed",
    "reset": "broke off",
    "hang": "in time",
}


def rows(org, table):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return snapshot.number(f"SELECT count(*) FROM {table}")


@pytest.fixture(scope="module")
def undisturbed():
    org = virtual_org(users=FEW)
    org.sync(hours_back=24)
    return org


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("dataset", PATHS)
def test_a_fault_that_passes_costs_no_record(undisturbed, dataset, fault):
    org = virtual_org(users=FEW)
    hit = org.sandbox.faults.add(fault, PATHS[dataset], times=2, seconds=100)

    report = org.sync(hours_back=24)

    assert hit.hits >= 1
    assert report.status == SyncStatus.COMPLETE, report
    assert report.retries + (fault == "slow") >= 1
    for every in DATASETS.values():
        for table in every.tables:
            assert rows(org, table) == rows(undisturbed, table), table
    assert rows(org, "log_event") == rows(undisturbed, "log_event")


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("dataset", PATHS)
def test_a_fault_that_lasts_is_reported_and_spoils_nothing_else(dataset, fault):
    more_than_a_page = fault == "foreign-next" and dataset == "users"
    org = virtual_org(users=250 if more_than_a_page else FEW)
    org.sandbox.faults.add(fault, PATHS[dataset], times=None)

    report = org.sync(hours_back=24)

    hit = report.datasets[dataset]
    if fault == "foreign-next" and hit.state == DatasetState.COMPLETE:
        pytest.skip("this list has a single page")
    assert hit.state == DatasetState.PARTIAL
    assert LASTING[fault] in hit.reason
    assert report.status == SyncStatus.PARTIAL
    followers = {
        "users": {"factors"},
        "groups": {"members"},
        "members": {"groups"},  # the same endpoint
        "roles": {"custom_roles"},
        "apps": {"assignments", "service_apps", "app_use"},
        "logs": set() if fault == "foreign-next" else {"app_use"},  # the same endpoint
    }.get(dataset, set())
    others = {name: d.state for name, d in report.datasets.items() if name != dataset}
    assert {name for name, state in others.items() if state != DatasetState.COMPLETE} == followers


@pytest.mark.parametrize("dataset", PATHS)
def test_a_lasting_fault_leaves_what_an_earlier_sync_brought(dataset):
    org = virtual_org(users=250 if dataset == "users" else FEW)  # 250 are more than a page
    org.sync(hours_back=24)
    with Snapshot.for_sync(org.state_dir) as snapshot:  # so that factors are read anew too
        snapshot.write("UPDATE subject_read SET read_at = ?", [("2026-01-01T00:00:00.000Z",)])
    before = org.facts()
    org.clock.advance(3600)
    org.sandbox.faults.add("server-error", PATHS[dataset], times=None, skip=1)
    if dataset in ("roles", "apps", "groups", *ONE_REQUEST):
        org.sandbox.faults.add("server-error", PATHS[dataset], times=None)

    report = org.sync(hours_back=24)

    assert report.status == SyncStatus.PARTIAL
    after = org.facts()
    for key, fact in before.items():  # a zero is no longer told when it may not be one
        if key not in after and key.startswith("privileged_users_tier"):
            continue  # what a role permits weighs only when all of it is known
        if key not in after:
            assert (fact.value, fact.confidence) == ("0", "verified"), key
        elif after[key].confidence == "verified" or not key.startswith("privileged_users_tier"):
            assert after[key].value == fact.value, key
        else:
            assert int(after[key].value) <= int(fact.value), key


@pytest.mark.parametrize("dataset", PATHS)
def test_a_denied_dataset_is_a_row_and_no_figure_of_it_is_a_false_zero(dataset):
    org = virtual_org(users=FEW)
    org.sandbox.faults.add("denied", PATHS[dataset], times=None)

    report = org.sync(hours_back=24)

    assert report.datasets[dataset].state == DatasetState.DENIED
    assert "needs" in report.datasets[dataset].reason
    absent = {
        "users": ("users", "mfa_coverage", "users_without_mfa", "stale_accounts"),
        "factors": ("mfa_coverage", "users_without_mfa"),
        "apps": ("sso_apps", "sso_apps_federated"),
    }
    facts = org.facts()
    assert not set(absent.get(dataset, ())) & facts.keys()
    assert "0" not in {fact.value for fact in facts.values() if fact.confidence != "verified"}


def test_an_unknown_factor_type_or_sign_on_mode_is_kept_as_it_is():
    org = virtual_org()
    org.sandbox.faults.add("unknown-values", PATHS["factors"], times=None)
    org.sandbox.faults.add("unknown-values", PATHS["apps"], times=None)

    report = org.sync(sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    true = known(org.sandbox.org, now_s=org.clock.epoch_s())
    with Snapshot.to_read(org.state_dir) as snapshot:
        types = {row[0] for row in snapshot.rows("SELECT DISTINCT type FROM shown_factor")}
        classes = dict(snapshot.rows("SELECT sign_on_mode, class FROM known_app"))
    assert types - true.factor_users.keys() - {"u2f"}
    assert "other" in classes.values()


def test_a_user_deleted_between_list_and_factor_call_is_no_user_without_mfa():
    org = virtual_org()
    nobody = tricks.error(404, "E0000007")
    org.sandbox.faults.play(nobody, "/api/v1/users/*/factors", part=0.1)
    org.sandbox.faults.play(nobody, "/api/v1/users/" + "?" * 20)  # each by its id

    report = org.sync(sync_logs=False, sync_apps=False)

    people = len(known(org.sandbox.org).can_sign_in)
    coverage = org.facts()["mfa_coverage"]
    assert report.datasets["factors"].state == DatasetState.COMPLETE
    assert coverage.confidence == "verified"
    assert 0 < coverage.evidence.denominator < people


def test_a_user_without_a_list_of_factors_who_is_still_there_is_not_gone():
    org = virtual_org()
    org.sandbox.faults.play(tricks.error(404, "E0000007"), "/api/v1/users/*/factors", part=0.3)

    report = org.sync()

    people = len(known(org.sandbox.org).population)
    coverage = org.facts()["mfa_coverage"]
    assert report.datasets["factors"].state == DatasetState.PARTIAL
    assert "no such record" in report.datasets["factors"].reason
    assert coverage.confidence == "observed"
    assert coverage.evidence.population == people


@pytest.mark.parametrize("dataset", [name for name in PATHS if name not in NO_LIST])
def test_a_malformed_record_is_counted_and_costs_no_other(undisturbed, dataset):
    org = virtual_org()
    several = (
        20 if dataset in ("factors", "members", "service_apps") else 1
    )  # an empty list has no record to spoil
    org.sandbox.faults.add("bad-record", PATHS[dataset], times=several)

    report = org.sync(hours_back=24)

    hit = report.datasets[dataset]
    assert hit.state == DatasetState.PARTIAL
    assert re.search("could not be (understood|read)", hit.reason)
    assert report.status == SyncStatus.PARTIAL
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert not Standings.of(snapshot).datasets[dataset].complete


def test_a_revoked_token_ends_the_sync_at_once_with_one_sentence():
    org = virtual_org()
    org.sandbox.credentials.revoke(org.secrets["token"])

    report = org.sync()

    assert report.status == SyncStatus.FAILED
    assert "does not accept the token" in report.error
    assert org.secrets["token"] not in repr(report)
    assert org.calls() <= 13
    assert org.enrich().facts == ()


def test_a_token_revoked_in_the_middle_leaves_what_is_complete():
    org = virtual_org(users=300)
    seen = org.progress

    class Revoking(list):
        def append(self, progress):
            seen.append(progress)
            if progress.dataset == "factors" and progress.read >= 100:
                org.sandbox.credentials.revoke(org.secrets["token"])

    org.progress = Revoking()

    report = org.sync(hours_back=24)

    assert report.status == SyncStatus.PARTIAL
    assert report.datasets["users"].state == DatasetState.COMPLETE
    assert report.datasets["factors"].state == DatasetState.PARTIAL
    assert org.facts()["mfa_coverage"].confidence == "observed"


@pytest.mark.parametrize("fault", ["server-error", "half-json", "maintenance-200", "revoked"])
@pytest.mark.parametrize("dataset", ["authenticators", "zones", "policies"])
def test_one_endpoint_in_trouble_is_one_capability_less(dataset, fault):
    org = virtual_org(users=FEW)
    org.sandbox.faults.add(fault, PATHS[dataset], times=None)

    report = org.test()

    assert report.ok, report
    assert {n for n, found in report.capabilities.items() if not found.granted} == {dataset}


def test_one_endpoint_that_refuses_the_token_ends_nothing_else():
    org = virtual_org(users=FEW)
    org.sandbox.faults.add("revoked", PATHS["factors"], times=None)

    report = org.sync(hours_back=24)

    assert report.status == SyncStatus.PARTIAL
    assert report.datasets["factors"].state == DatasetState.DENIED
    others = {name: d.state for name, d in report.datasets.items() if name != "factors"}
    assert set(others.values()) == {DatasetState.COMPLETE}


def test_requests_in_flight_stay_far_below_okta_s_limit():
    from okta_sandbox import Settings

    org = virtual_org(users=300, settings=Settings(latency_s=2.0))

    org.sync()

    assert org.sandbox.journal.most_in_flight <= 30


def test_a_low_concurrency_limit_is_found_and_kept():
    from okta_sandbox import Settings

    org = virtual_org(users=300, settings=Settings(latency_s=2.0, concurrency=6))

    report = org.sync()

    assert report.status == SyncStatus.COMPLETE
    assert report.throttled < 60
