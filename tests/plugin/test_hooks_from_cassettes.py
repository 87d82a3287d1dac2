"""The five hooks, called by the host, against recorded answers: no network at all."""

import re

import pytest

from tests.support.cassettes import AT, FOLDER, HOST, SCRUBBED_TOKEN, cassette
from twin_host.contract import Secret
from twin_host.home import Home
from twin_host.registry import Registry
from twin_host.twin import Twin

BEFORE = {"hours_back": 48}


@pytest.fixture
def twin(tmp_path, monkeypatch):
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return Twin(Home(tmp_path), Registry(), clock=lambda: AT)


@pytest.fixture
def play(request):
    """Opens a cassette, recording it when the run was started with --record."""
    record = request.config.getoption("--record")

    def opened(name, **options):
        return cassette(name, record=record, **options)

    return opened


def configure(twin, recorded):
    return twin.configure("okta", recorded.values, {"token": Secret(recorded.token)})


def test_describe_says_what_the_manifest_says(twin):
    info = twin.registry.get("okta").info

    assert (info.title, info.category) == ("Okta", "identity")
    assert [option.name for option in info.options] == [
        "sync_users",
        "sync_apps",
        "sync_logs",
        "hours_back",
    ]


def test_the_connection_is_tested(twin, play):
    with play("test_connection") as recorded:
        configure(twin, recorded)
        report = twin.test("okta")

    assert report.ok
    assert all(capability.granted for capability in report.capabilities.values())
    assert report.edition == "Identity Engine"
    assert report.rate_limits["apps"] == 50


def test_an_org_is_synced_and_understood(twin, play):
    with play("sync") as recorded:
        configure(twin, recorded)
        outcome = twin.sync("okta", BEFORE)

    assert outcome.report.status == "complete"
    assert outcome.ingested.facts > 20
    with twin.store() as store:
        facts = {fact.key: fact for fact in store.facts()}
    assert facts["tool"].value == "okta"
    assert {fact.confidence for fact in facts.values()} == {"verified"}
    assert "MFA coverage" in twin.profile()


def test_what_a_read_only_administrator_may_not_see_is_said(twin, play):
    with play("sync_read_only_admin", token="read_only_admin") as recorded:
        configure(twin, recorded)
        outcome = twin.sync("okta", BEFORE)

    assert outcome.report.status == "partial"
    assert outcome.report.datasets["roles"].state == "denied"
    assert "okta.iam.read" in outcome.report.datasets["roles"].reason


def test_enriching_again_from_the_same_recording_changes_nothing(twin, play):
    with play("sync") as recorded:
        configure(twin, recorded)
        first = twin.sync("okta", BEFORE).ingested

    again = twin.enrich("okta")

    assert (again.facts, again.open_gaps, again.new_events) == (first.facts, first.open_gaps, 0)


def test_no_cassette_holds_a_secret_or_an_address_of_anybody():
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")]

    assert texts
    for text in texts:
        assert "SSWS" not in text
        assert not re.search(r"(?im)^\s+(authorization|dpop|set-cookie):", text)
        assert "127.0.0.1" not in text
        assert HOST in text
        assert SCRUBBED_TOKEN not in text
