"""Every event type that is known to touch a dataset makes it due, or it is said why not.

What is known of them lies beside the checkout, as in the other tests of the rules.
"""

import csv
from pathlib import Path

import pytest

from twin_okta.datasets import DATASETS
from twin_okta.rules import load

SHARED = Path(__file__).parents[3] / "shared"
KNOWN = SHARED / "due.csv"
CATALOGUE = SHARED / "openapi" / "okta-event-types.csv"
PART_OF = {
    "user_roles": ["roles"],
    "group_roles": ["roles"],
    "client_roles": ["service_apps"],
    "app_users": ["assignments"],
    "app_groups": ["assignments"],
    "policy_rules": ["policies"],
    "resource_sets": ["custom_roles"],
    "group_members": ["groups", "members"],
}
"""What is part of datasets of other names."""
NOT_READ = {
    "authorization_servers", "dataset", "event_hooks", "group_rules", "identity_providers",
    "inline_hooks", "log_streams", "org_settings", "policy_mappings", "trusted_origins",
}  # fmt: skip
"""What is no dataset yet."""
CERTAINTIES = ["believed", "seen", "documented"]
RULES = load("due")["due"]
REASONS = load("due")["not_due"]


def pairs(rules):
    return {(event, rule["dataset"]): rule for rule in rules for event in rule["events"]}


@pytest.fixture(scope="module")
def known():
    """How certain it is that an event type touches a dataset."""
    if not KNOWN.exists():
        pytest.skip("The table of what makes what due lies beside the checkout.")
    certain = {}
    with KNOWN.open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            for name in PART_OF.get(row["dataset"], [row["dataset"]]):
                assert name in DATASETS or name in NOT_READ, name
                if name in DATASETS:
                    pair = (row["event_type"], name)
                    grade = CERTAINTIES.index(row["certainty"])
                    certain[pair] = max(grade, certain.get(pair, 0))
    return certain


def test_every_event_that_touches_a_dataset_makes_it_due_or_there_is_a_reason_why_not(known):
    assert sorted(known.keys() - pairs(RULES).keys() - pairs(REASONS).keys()) == []


def test_nothing_is_said_to_be_more_certain_than_it_is(known):
    for pair, rule in pairs(RULES).items():
        if pair in known:
            assert CERTAINTIES.index(rule["certainty"]) <= known[pair], pair


def test_a_reason_is_given_only_where_it_answers_something(known):
    assert sorted(pairs(REASONS).keys() - known.keys()) == []


def test_nothing_is_both_due_and_not_due():
    assert pairs(RULES).keys() & pairs(REASONS).keys() == set()
    assert all(rule["reason"].endswith(".") and rule["dataset"] in DATASETS
               for rule in (*RULES, *REASONS))  # fmt: skip


def test_every_event_type_of_the_rules_is_in_the_catalogue():
    if not CATALOGUE.exists():
        pytest.skip("The catalogue of event types lies beside the checkout.")
    with CATALOGUE.open(encoding="utf-8") as table:
        names = {row["Event Type"] for row in csv.DictReader(table)}
    assert sorted(event for event, _ in (pairs(RULES) | pairs(REASONS)) if event not in names) == []
