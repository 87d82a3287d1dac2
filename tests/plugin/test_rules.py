"""The rules are data: each is complete, names real things, and fires on what it describes."""

import csv
from pathlib import Path

import pytest

from tests.support.small_snapshot import SmallSnapshot
from twin_host.contract import Severity
from twin_okta.rules import load
from twin_okta.rules.notable import rules

CATALOGUE = Path(__file__).parents[3] / "shared" / "openapi" / "okta-event-types.csv"
NOTABLE = load("notable_events")["rule"]


@pytest.fixture
def events(tmp_path):
    """What becomes of log entries."""
    org = SmallSnapshot.made(tmp_path)

    def told(*entries):
        org.log(*entries)
        return list(org.enrich().events)

    return told


def entry_for(rule, event_type):
    """A log entry that meets a rule's conditions."""
    entry = {
        "uuid": f"entry-{event_type}",
        "published": "2026-01-02T03:04:05.678Z",
        "eventType": event_type,
        "outcome": {"result": rule.get("outcomes", ["SUCCESS"])[0], "reason": None},
        "actor": {"id": "00u1", "alternateId": "ada@example.com"},
        "client": {"ipAddress": "192.0.2.1", "geographicalContext": None},
        "target": None,
    }
    for path, value in {**rule.get("where", {}), **rule.get("contains", {})}.items():
        place = entry
        *way, last = path.split(".")
        for name in way:
            place = place.setdefault(name, {})
        place[last] = value.title() if isinstance(value, str) else value
    return entry


@pytest.mark.parametrize("rule", NOTABLE, ids=lambda rule: rule["id"])
def test_a_rule_fires_on_what_it_describes(rule, events):
    found = events(*(entry_for(rule, event_type) for event_type in rule["event_types"]))

    severities = list(Severity)
    assert [event.event_type for event in found] == rule["event_types"]
    for event in found:
        assert severities.index(event.severity) <= severities.index(Severity(rule["severity"]))
        if rule.get("where") or rule.get("contains"):
            assert event.title == rule["title"]


@pytest.mark.parametrize("rule", NOTABLE, ids=lambda rule: rule["id"])
def test_a_rule_does_not_fire_on_another_outcome(rule, events):
    if "outcomes" not in rule:
        pytest.skip("any outcome will do")
    other = {"outcome": {"result": "UNKNOWN"}}

    found = events(*(entry_for(rule, event_type) | other for event_type in rule["event_types"]))

    assert rule["title"] not in {event.title for event in found}


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the catalogue is not beside the checkout")
def test_every_event_type_is_in_okta_s_catalogue():
    with CATALOGUE.open(encoding="utf-8") as file:
        known = {row["Event Type"] for row in csv.DictReader(file, skipinitialspace=True)}
    assert {t for rule in NOTABLE for t in rule["event_types"]} <= known


def test_rule_ids_are_unique_and_what_the_first_version_watches_is_there():
    ids = [rule["id"] for rule in NOTABLE]
    assert len(set(ids)) == len(ids)
    assert {
        "user.session.start", "policy.evaluate_sign_on", "user.mfa.okta_verify.deny_push",
        "user.mfa.factor.reset_all", "user.account.lock", "user.account.privilege.grant",
        "user.account.privilege.revoke", "policy.lifecycle.update", "system.api_token.create",
        "security.threat.detected",
    } <= rules().keys()  # fmt: skip


def test_the_most_severe_of_several_rules_wins(events):
    rule = next(r for r in NOTABLE if r["id"] == "super-admin-granted")
    (event,) = events(entry_for(rule, "user.account.privilege.grant"))
    assert (event.severity, event.title) == ("high", "Super Administrator granted")


def test_an_event_says_who_did_what_to_whom_from_where(events):
    entry = {
        "uuid": "u1", "published": "2026-01-02T03:04:05.678Z",
        "eventType": "user.mfa.factor.reset_all",
        "outcome": {"result": "SUCCESS", "reason": "asked by phone"},
        "actor": {"id": "00u1", "alternateId": "", "displayName": "Ada"},
        "client": {"ipAddress": "192.0.2.1", "geographicalContext": {"country": "Norway"}},
        "target": [{"id": "00u2", "alternateId": "grace@example.com", "displayName": "Grace"},
                   {"displayName": ""}, None, {"id": "pol1"}],
    }  # fmt: skip

    (event,) = events(entry)

    assert (event.id, event.time.isoformat()) == ("u1", "2026-01-02T03:04:05.678000+00:00")
    assert (event.outcome, event.reason, event.actor) == ("SUCCESS", "asked by phone", "Ada")
    assert event.targets == ("grace@example.com", "pol1")
    assert (event.source_ip, event.country) == ("192.0.2.1", "Norway")


def test_strengths_are_disjoint_and_ordered():
    strengths = load("factors")["strength"]
    types = [kind for row in strengths.values() for kind in row["types"]]
    assert len(set(types)) == len(types)
    order = ("phishing-resistant", "strong", "weak", "knowledge")
    ranks = [strengths[name]["rank"] for name in order]
    assert ranks == sorted(ranks, reverse=True)
