"""Five kinds of credential on both kinds of org: what each may see is known, and nothing else is
claimed."""

import pytest

from okta_sandbox import Settings
from tests.plugin.test_oauth import service_org
from tests.support.true_figures import known
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence, DatasetState, SyncStatus

COMPLETE, DENIED, SKIPPED = (DatasetState.COMPLETE, DatasetState.DENIED, DatasetState.SKIPPED)
ROLES = {"roles", "custom_roles", "service_apps"}
GUARDS = {"policies", "authenticators", "zones", "threat_insight"}
IDENTITY_ENGINE = {"authenticators", "devices"}
DENIED_TO = {
    "super_admin": set(),
    "read_only_admin": {*ROLES, "api_tokens"},
    "custom_role": {"logs", "app_use", "api_tokens", "devices", *GUARDS},
    "few scopes": {
        "apps", "assignments", "app_use", "service_apps", "roles", "custom_roles", "api_tokens",
        "devices", *GUARDS,
    },
    "help_desk": {
        *ROLES, "apps", "assignments", "logs", "app_use", "api_tokens", "devices", *GUARDS,
    },
}  # fmt: skip
FEW = ["okta.users.read", "okta.groups.read", "okta.logs.read"]


@pytest.fixture(scope="module", params=["identity-engine", "classic"])
def edition(request):
    return request.param


@pytest.fixture(scope="module", params=DENIED_TO)
def seen(request, edition):
    """An org read with one kind of credential."""
    settings = {"users": 200, "apps": 20, "groups": 12, "admins": 8, "edition": edition}
    if request.param == "few scopes":
        org = service_org(scopes=FEW, **settings)
    else:
        org = virtual_org(token=request.param, **settings)
    org.kind, org.report = request.param, org.sync(hours_back=24)
    org.truth = known(org.sandbox.org, now_s=org.clock.epoch_s())
    return org


def test_each_dataset_is_complete_or_denied_with_what_is_missing(seen, edition):
    expected = DENIED_TO[seen.kind] - (IDENTITY_ENGINE if edition == "classic" else set())
    states = {name: report.state for name, report in seen.report.datasets.items()}
    assert {name for name, state in states.items() if state == DENIED} == expected
    rest = {state for name, state in states.items() if name not in expected}
    assert rest <= {COMPLETE, SKIPPED}
    assert seen.report.status == (SyncStatus.PARTIAL if expected else SyncStatus.COMPLETE)
    for name in expected:
        assert "needs" in seen.report.datasets[name].reason or (
            "scope okta." in seen.report.datasets[name].reason
        )


def test_no_figure_is_verified_on_what_was_not_seen(seen):
    for key, fact in seen.facts().items():
        if fact.confidence == Confidence.VERIFIED and key != "tool":
            assert not set(fact.evidence.datasets) & DENIED_TO[seen.kind], key
            assert fact.evidence.complete


def test_what_is_verified_is_true(seen):
    facts = seen.facts()
    counts = {
        "users": seen.truth.users,
        "users_without_mfa": len(seen.truth.without_mfa),
        "stale_accounts": len(seen.truth.stale),
        "privileged_users": len(seen.truth.privileged),
        "sso_apps": len(seen.truth.sso_apps),
        "groups": len(seen.truth.group_sizes),
        "privileged_service_apps": len(seen.truth.privileged_machines),
    }
    for key, count in counts.items():
        if key in facts and facts[key].confidence == Confidence.VERIFIED:
            assert int(facts[key].value) == count, key
    assert "0" not in {f.value for f in facts.values() if f.confidence != Confidence.VERIFIED}


def test_privilege_is_observed_while_roles_may_not_be_read(seen):
    privilege = seen.facts().get("privileged_users")
    if "roles" not in DENIED_TO[seen.kind]:
        assert privilege.confidence == Confidence.VERIFIED
        return
    if seen.kind == "help_desk":
        return  # may not even see an admin group
    assert privilege.confidence == Confidence.OBSERVED
    assert int(privilege.value) <= len(seen.truth.privileged)
    missing = ("okta.iam.read", "okta.roles.read")
    assert any(each in privilege.evidence.note for each in missing)


def test_a_credential_that_sees_some_groups_only_verifies_nothing_on_people(seen):
    on_people = {
        key: fact.confidence
        for key, fact in seen.facts().items()
        if {"users", "factors"} & set(fact.evidence.datasets) and key != "tool"
    }
    assert on_people
    if seen.kind == "help_desk":
        assert Confidence.VERIFIED not in on_people.values()
        assert int(seen.facts()["users"].value) < seen.truth.users
        assert "some groups only" in seen.facts()["mfa_coverage"].evidence.note
    else:
        assert on_people["users"] == Confidence.VERIFIED


def test_the_connection_test_says_the_same(seen, edition):
    capabilities = seen.test().capabilities
    probed = DENIED_TO[seen.kind] & capabilities.keys()
    assert {n for n, capability in capabilities.items() if not capability.granted} == probed
    assert ("authenticators" in capabilities) == (edition != "classic")


@pytest.mark.parametrize("then", [{"sync_users": False}, {"sync_logs": False}])
def test_a_limited_view_is_not_forgotten_by_a_sync_that_cannot_tell(then):
    org = virtual_org(token="help_desk", users=120, groups=12, admins=4)
    org.sync(hours_back=24)
    org.sync(hours_back=24, **then)
    assert org.facts()["users"].confidence == Confidence.UNCERTAIN


def test_a_limited_view_is_known_of_a_sync_that_was_stopped():
    slow = Settings(latency_s=0.5)
    org = virtual_org(token="help_desk", users=200, groups=12, admins=4, settings=slow)
    org.progress = Stopping(org.cancelled)
    report = org.sync(hours_back=24)
    assert report.datasets["users"].state == COMPLETE
    assert report.datasets["factors"].state == DatasetState.PARTIAL
    assert org.facts()["users"].confidence == Confidence.UNCERTAIN


class Stopping(list):
    """Sets the cancellation once all users were read."""

    def __init__(self, cancelled):
        super().__init__()
        self.cancelled = cancelled

    def append(self, progress):
        super().append(progress)
        if progress.dataset == "users" and progress.expected:
            self.cancelled.set()
