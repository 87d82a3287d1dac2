"""Signing in as a service app, against a sandbox that checks proofs as strictly as Okta."""

import asyncio
import json
from itertools import pairwise

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from okta_sandbox import Settings
from okta_sandbox.api import tricks
from tests.support.odd_server import ORIGIN, OddServer
from tests.support.virtual_org import virtual_org
from twin_host.contract import DatasetState, SyncStatus
from twin_okta.api import BadCredential, NotOkta, ServerTrouble, Throttled
from twin_okta.api.clock import OktaClock
from twin_okta.api.keys import SigningKey
from twin_okta.api.oauth import ServiceApp
from twin_okta.datasets import DATASETS, scopes_of

ALL = scopes_of(DATASETS)


def service_org(
    *, scopes=ALL, role="SUPER_ADMIN", dpop_bound=False, key=None, alg="ES256", dpop=False, **org
):
    """An org with a registered app, and a connector that has its private key."""
    key = key or ECKey.generate_key("P-256", parameters={"kid": "key-1"})
    found = virtual_org(**org)
    public = key.as_dict(private=False) | {"kid": "key-1"}
    client = found.sandbox.credentials.add_client(
        public, scopes=scopes, role=role, dpop_bound=dpop_bound
    )
    private = key.as_dict(private=True) | {"kid": "key-1", "alg": alg}
    found.secrets = {"private_key": json.dumps(private)}
    found.config = type(found.config)(
        domain=found.config.domain, auth="oauth", client_id=client.id, dpop=dpop
    )
    return found


def token_requests(org):
    return [e for e in org.sandbox.journal.entries if e.path == "/oauth2/v1/token"]


@pytest.mark.parametrize("dpop_bound", [False, True], ids=["bearer", "DPoP"])
def test_a_service_app_reads_everything_with_one_token(dpop_bound):
    org = service_org(dpop_bound=dpop_bound, users=30)

    report = org.sync(hours_back=24)

    assert report.status == SyncStatus.COMPLETE, report
    assert [e.status for e in token_requests(org)][-1] == 200
    assert len([e for e in token_requests(org) if e.status == 200]) == 1
    assert report.requests == org.calls()


def test_dpop_that_is_demanded_is_discovered_and_its_nonce_followed():
    org = service_org(dpop_bound=True, users=12)

    org.sync(sync_apps=False, sync_logs=False)

    assert [e.status for e in token_requests(org)] == [400, 400, 200]


def test_dpop_by_setting_saves_the_discovery():
    org = service_org(dpop_bound=True, dpop=True, users=12)

    org.sync(sync_apps=False, sync_logs=False)

    assert [e.status for e in token_requests(org)] == [400, 200]


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (RSAKey.generate_key(2048), "RS256"),
        (RSAKey.generate_key(2048), "RS384"),
        (RSAKey.generate_key(2048), "RS512"),
        (ECKey.generate_key("P-256"), "ES256"),
        (ECKey.generate_key("P-384"), "ES384"),
        (ECKey.generate_key("P-521"), "ES512"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_algorithm_that_okta_takes(key, alg):
    org = service_org(key=key, alg=alg, users=5, apps=2)

    assert org.sync(sync_logs=False).status == SyncStatus.COMPLETE


def test_only_the_scopes_of_what_is_read_are_asked_for():
    org = service_org(scopes=["okta.logs.read"], users=5)

    report = org.sync(sync_users=False, sync_apps=False)

    assert report.status == SyncStatus.COMPLETE
    assert len(token_requests(org)) == 1


def test_scopes_that_are_not_granted_are_found_and_named():
    org = service_org(scopes=["okta.users.read", "okta.groups.read"], users=12)

    report = org.sync()

    assert report.datasets["users"].state == DatasetState.COMPLETE
    assert report.datasets["factors"].state == DatasetState.COMPLETE
    for dataset, scope in (("apps", "okta.apps.read"), ("logs", "okta.logs.read")):
        assert report.datasets[dataset].state == DatasetState.DENIED
        assert f"scope {scope} is missing" in report.datasets[dataset].reason
    assert report.status == SyncStatus.PARTIAL


def test_a_missing_role_is_told_from_a_missing_scope():
    org = service_org(role="READ_ONLY_ADMIN", users=12)

    report = org.sync(sync_logs=False, sync_apps=False)

    reason = report.datasets["roles"].reason
    assert report.datasets["roles"].state == DatasetState.DENIED
    assert "admin role" in reason
    assert "scope" not in reason


def test_no_scope_at_all_is_one_sentence():
    org = service_org(scopes=[], users=5)

    report = org.sync()

    assert report.status == SyncStatus.FAILED
    assert "granted none of the scopes" in report.error


def test_an_unregistered_key_is_one_sentence_without_the_key():
    org = service_org(users=5)
    other = ECKey.generate_key("P-256").as_dict(private=True) | {"kid": "key-1"}
    org.secrets["private_key"] = json.dumps(other)

    report = org.sync()

    assert report.status == SyncStatus.FAILED
    assert "private key" in report.error
    assert other["d"] not in repr(report)


def test_a_token_is_renewed_before_it_ends():
    org = service_org(users=900, dpop_bound=True)  # a sweep of more than an hour
    org.sandbox.limits.settings = org.sandbox.settings
    org.sandbox.settings.token_share = 0.01

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.seconds > 3600
    assert report.status == SyncStatus.COMPLETE
    assert not [e for e in org.sandbox.journal.entries if e.status == 401]
    granted_s = [e.started_s for e in token_requests(org) if e.status == 200]
    for before_s, after_s in pairwise(granted_s):
        assert 3300 <= after_s - before_s < 3500  # five minutes before it ends


def test_a_token_with_a_short_life_is_not_renewed_for_every_request(monkeypatch):
    org = service_org(users=60)
    monkeypatch.setattr("okta_sandbox.api.oauth.TOKEN_LIFETIME_S", 60)

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    assert len(token_requests(org)) <= 3 + report.seconds / 30
    assert not [e for e in org.sandbox.journal.entries if e.status == 401]


@pytest.mark.parametrize("life_s", [None, "3600", 0, -5, 10**9, 3600.5, {}])
def test_a_token_whose_life_is_not_told_sensibly_is_taken_to_live_as_usual(life_s):
    org = service_org(users=24)
    org.sandbox.faults.play(tricks.replace("expires_in", life_s), "/oauth2/v1/token")

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    assert len(token_requests(org)) == 1


def test_one_endpoint_that_refuses_every_token_costs_few_tokens_and_nothing_else():
    org = service_org(users=60)
    org.sandbox.faults.add("revoked", "/api/v1/users/*/factors", times=None)

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.datasets["factors"].state == DatasetState.DENIED
    assert "401" in report.datasets["factors"].reason
    assert report.datasets["users"].state == DatasetState.COMPLETE
    assert report.datasets["roles"].state == DatasetState.COMPLETE
    assert len(token_requests(org)) <= 2 + report.seconds / 60


def test_a_token_that_okta_drops_is_renewed_once():
    org = service_org(users=200)
    org.sandbox.faults.add("revoked", "/api/v1/users/*/factors", skip=40, times=1)

    report = org.sync(sync_apps=False, sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    assert len([e for e in token_requests(org) if e.status == 200]) == 2


@pytest.mark.parametrize("skew_s", [-900, -120, 120, 900])
@pytest.mark.parametrize("dpop_bound", [False, True])
def test_a_wrong_clock_is_measured_and_made_up_for(skew_s, dpop_bound):
    org = service_org(users=12, dpop_bound=dpop_bound, settings=Settings(skew_s=skew_s))

    report = org.sync(sync_logs=False)

    assert report.status == SyncStatus.COMPLETE, report
    assert any("clock" in note for note in report.notes)


def test_faults_do_not_repeat_a_proof():
    org = service_org(users=40, dpop_bound=True)
    for kind in ("server-error", "cut-body", "reset", "bad-gateway"):
        org.sandbox.faults.add(kind, "/api/v1/users/*/factors", times=5, skip=3)

    report = org.sync(sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    assert report.retries >= 10


def test_the_token_endpoint_s_own_trouble_is_retried():
    org = service_org(users=5)
    org.sandbox.faults.add("server-error", "/oauth2/v1/token", times=2)

    assert org.sync(sync_logs=False).status == SyncStatus.COMPLETE


def test_the_connection_test_names_the_app():
    org = service_org(users=12, scopes=["okta.users.read"])

    report = org.test()

    assert report.ok
    assert org.config.client_id in report.identity
    assert "okta.users.read" in report.identity
    assert not report.capabilities["logs"].granted
    assert "okta.logs.read" in report.capabilities["logs"].reason


def test_three_scopes_are_enough_for_verified_coverage_and_applications():
    scopes = ["okta.users.read", "okta.apps.read", "okta.logs.read"]
    org = service_org(scopes=scopes, role="READ_ONLY_ADMIN", users=80)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s())
    for user in org.sandbox.org.people.indexes():
        for phone in ("sms", "call"):  # which authenticators would have to tell what it is for
            act.remove_factors(user, phone)

    for _ in range(2):
        org.clock.advance(7200)
        org.sync(hours_back=24)

        facts = org.facts()
        assert facts["mfa_coverage"].confidence == "verified"
        assert facts["sso_apps"].confidence == "verified"


def odd_token_endpoint(answer):
    """A service app before an org whose token endpoint says what a test wants."""
    app = ServiceApp(ORIGIN, "0oa1", SigningKey.generate(), ["okta.users.read"], OktaClock())

    def said(request):
        return answer if request.method == "POST" else httpx.Response(200, json=[])

    server = OddServer(said, app)
    app.clock = server.client.clock
    return server


@pytest.mark.parametrize(
    ("answer", "error", "tries"),
    [
        (httpx.Response(200, json={}), NotOkta, 1),
        (httpx.Response(200, json=[]), NotOkta, 1),
        (httpx.Response(200, json={"access_token": {"a": 1}}), NotOkta, 1),
        (httpx.Response(200, json={"access_token": "two\r\nlines"}), NotOkta, 1),
        (httpx.Response(200, json={"access_token": ""}), NotOkta, 1),
        (httpx.Response(200, content=b"<html>"), NotOkta, 1),
        (httpx.Response(400, content=b"<html>"), NotOkta, 1),
        (httpx.Response(400, json={"error": {"a": [1]}}), BadCredential, 1),
        (httpx.Response(401, json={"error": "invalid_client"}), BadCredential, 1),
        (httpx.Response(400, content=b"[" * 5000), NotOkta, 1),
        (httpx.Response(429, json={}), Throttled, 8),
        (httpx.Response(503, json={}), ServerTrouble, 6),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), NotOkta, 1),
    ],
)
def test_an_odd_answer_of_the_token_endpoint_is_one_sentence(answer, error, tries):
    server = odd_token_endpoint(answer)

    with pytest.raises(error):
        server.get()
    assert len(server.requests) == tries
    assert {str(request.url) for request in server.requests} == {f"{ORIGIN}/oauth2/v1/token"}


@pytest.mark.parametrize("life_s", [None, -1, 0, True, "3600", 10**12, 0.5, {}])
def test_a_life_that_makes_no_sense_is_taken_for_the_usual_one(life_s):
    body = {"access_token": "opaque-access-token", "token_type": "Bearer", "expires_in": life_s}
    server = odd_token_endpoint(httpx.Response(200, json=body))

    async def reading(client):
        for _ in range(3):
            await client.get("/api/v1/users")
            await asyncio.sleep(100)

    server.run(reading)
    assert [request.method for request in server.requests].count("POST") == 1
