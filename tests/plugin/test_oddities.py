"""Every dataset and every odd answer: what is odd costs itself, is told, and makes nothing untrue.

By default a part of the table is tried, always the same; `TWIN_WHOLE_TABLE=1` tries all of it.
"""

import os
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen

from okta_sandbox.api import tricks
from tests.support.oddities import (
    RESTS_ON,
    lost,
    odd_org,
    read,
    touched_by,
    undisturbed,
    unnamed,
    wrongly_verified,
)
from twin_host.contract import DatasetState
from twin_okta.datasets import DATASETS

SHARE_TRIED = 1.0 if os.environ.get("TWIN_WHOLE_TABLE") else 0.4


@frozen
class Endpoint:
    """One of the addresses that a dataset is read from."""

    dataset: str
    path: str
    query: str = ""

    @property
    def datasets(self) -> set[str]:
        """All that are read from there."""
        return {e.dataset for e in ENDPOINTS if (e.path, e.query) == (self.path, self.query)}

    def __str__(self) -> str:
        return f"{self.dataset} {self.path} {self.query}".strip()


ENDPOINTS = (
    Endpoint("users", "/api/v1/users"),
    Endpoint("factors", "/api/v1/users/*/factors"),
    Endpoint("groups", "/api/v1/groups"),
    Endpoint("groups", "/api/v1/groups/*/users"),
    Endpoint("members", "/api/v1/groups/*/users"),
    Endpoint("roles", "/api/v1/iam/assignees/users"),
    Endpoint("roles", "/api/v1/users/*/roles"),
    Endpoint("roles", "/api/v1/groups/*/roles"),
    Endpoint("custom_roles", "/api/v1/iam/roles/*/permissions"),
    Endpoint("custom_roles", "/api/v1/iam/resource-sets/*/resources"),
    Endpoint("api_tokens", "/api/v1/api-tokens"),
    Endpoint("apps", "/api/v1/apps"),
    Endpoint("assignments", "/api/v1/apps/*/users"),
    Endpoint("assignments", "/api/v1/apps/*/groups"),
    Endpoint("service_apps", "/oauth2/v1/clients/*/roles"),
    Endpoint("policies", "/api/v1/policies"),
    Endpoint("policies", "/api/v1/policies/*/rules"),
    Endpoint("authenticators", "/api/v1/authenticators"),
    Endpoint("devices", "/api/v1/devices"),
    Endpoint("zones", "/api/v1/zones"),
    Endpoint("threat_insight", "/api/v1/threats/configuration"),
    Endpoint("logs", "/api/v1/logs", "sortOrder=ASC"),
    Endpoint("app_use", "/api/v1/logs", "sortOrder=DESC"),
)
FEW_SUBJECTS = (
    "/oauth2/v1/clients/*/roles", "/api/v1/iam/roles/*/permissions", "/api/v1/groups/*/users"
)  # fmt: skip
"""Too few in a small org for a part of them to be odd."""
WITH_SUBJECTS = [e for e in ENDPOINTS if "/*" in e.path and e.path not in FEW_SUBJECTS]

BODIES = {
    "{}": tricks.body({}),
    "[]": tricks.body([]),
    "null": tricks.body(None),
    "number": tricks.body(7),
    "huge number": tricks.body(2**70),
    "text": tricks.body("text"),
    "list of null": tricks.body([None]),
    "list of texts": tricks.body(["text"]),
    "list of lists": tricks.body([[], [{}]]),
    "list of {}": tricks.body([{}]),
    "object of objects": tricks.body({"value": {}, "roles": {}, "permissions": 7, "resources": ""}),
    "half of it": lambda _, answer: tricks.raw(answer.body[: len(answer.body) // 2])(_, answer),
    "nothing": tricks.raw(""),
    "nested": tricks.nested(),
    "nested far": tricks.nested(100_000),
    "web page": tricks.raw("<html>Just a moment</html>"),
}
LIKE_AN_ANSWER = {"[]", "{}"}
"""What Okta may answer where there is nothing: an empty list, and an object without a setting."""

STATUSES = {
    "400": tricks.error(400),
    "401": tricks.error(401, "E0000011", "Invalid token provided"),
    "401 not allowed": tricks.error(401, "E0000015", "You do not have permission"),
    "403": tricks.error(403, "E0000006"),
    "404": tricks.error(404, "E0000007"),
    "405": tricks.error(405, "E0000022"),
    "429": tricks.all_of(
        tricks.throttled(), *(tricks.header(f"x-rate-limit-{it}", None)
                              for it in ("limit", "remaining", "reset"))),
    "500": tricks.error(500, "E0000009"),
}  # fmt: skip

HEADERS = {
    "rates no numbers": tricks.rates(limit="many", remaining="", reset="soon"),
    "rates 0": tricks.rates(limit=0, remaining=0, reset=0),
    "rates below 0": tricks.rates(limit=-1, remaining=-5, reset=-9),
    "rates huge": tricks.rates(limit=10**14, remaining=10**14, reset=10**14),
    "rates in the past": tricks.rates(limit=600, remaining=0, reset=1_700_000_000),
    "rates in years": tricks.rates(limit=600, remaining=0, reset=2_000_000_000),
    "no date": tricks.header("date", None),
    "odd date": tricks.header("date", "yesterday"),
    "link <foo>": tricks.link("<foo>"),
    "link junk": tricks.link(";;;,<<>"),
}
LEADING_ON = {
    "next <foo>": tricks.link('<foo>; rel="next"'),
    "next elsewhere": tricks.link('<https://evil.example/api>; rel="next"'),
    "next is itself": tricks.next_is_itself(),
    "endless": tricks.endless_pages(),
    "endless and empty": tricks.endless_pages(empty=True),
}


def some(cases: list[Any]) -> list[Any]:
    """The part of the table that is tried, the same each time and of every kind of case."""
    tried = [
        case
        for case in cases
        if zlib.crc32("|".join(map(str, case)).encode()) % 1000 < SHARE_TRIED * 1000
    ]
    return [pytest.param(*case, id=" - ".join(map(str, case))) for case in tried]


def every(oddities: dict[str, Any], endpoints: Any = ENDPOINTS) -> list[Any]:
    return some([(endpoint, name) for endpoint in endpoints for name in oddities])


def hit(trick: Callable[..., Any], endpoint: Endpoint, **how: Any) -> Any:
    """What is left of an org that plays a trick."""
    org = odd_org()
    fault = org.sandbox.faults.play(trick, endpoint.path, query=endpoint.query, **how)
    left = read(org)
    assert fault.hits
    return left


NAMING_PEOPLE = {"groups", "roles", "api_tokens", "assignments"}
"""What may name people whom the list of users lacks, or count more: then that list is doubted."""


def check_others(left: Any, *datasets: str) -> None:
    """Datasets that nothing was odd about are as complete as ever."""
    broken = {n for n, d in left.report.datasets.items() if d.state != DatasetState.COMPLETE}
    assert broken <= touched_by(*datasets) | ({"users"} if NAMING_PEOPLE & {*datasets} else set())


def test_every_dataset_and_address_is_in_the_table():
    assert {endpoint.dataset for endpoint in ENDPOINTS} == DATASETS.keys()
    assert RESTS_ON.keys() <= DATASETS.keys()
    org = odd_org()
    faults = [org.sandbox.faults.play(lambda _, a: a, e.path, query=e.query) for e in ENDPOINTS]
    read(org)
    asked = {entry.path for entry in org.sandbox.journal.entries}
    assert all(fault.hits for fault in faults)
    left_over = {p for p in asked if not any(f.matches(_Asked(p)) for f in faults)}
    assert left_over == {"/.well-known/okta-organization"}


@frozen
class _Asked:
    path: str
    query_text: str = "sortOrder=ASCsortOrder=DESC"


@pytest.mark.parametrize(("endpoint", "body"), every(BODIES))
def test_an_odd_body_costs_what_it_answers(endpoint, body):
    left = hit(BODIES[body], endpoint)

    otherwise = endpoint.datasets if body in LIKE_AN_ANSWER else set()
    assert wrongly_verified(left, said_otherwise=otherwise) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)
    if body not in LIKE_AN_ANSWER:
        assert left.report.datasets[endpoint.dataset].state != DatasetState.COMPLETE


@pytest.mark.parametrize(("endpoint", "status"), every(STATUSES))
def test_an_odd_status_costs_what_it_answers(endpoint, status):
    left = hit(STATUSES[status], endpoint)

    assert wrongly_verified(left) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)
    assert left.report.datasets[endpoint.dataset].state != DatasetState.COMPLETE


@pytest.mark.parametrize(("endpoint", "oddity"), every(BODIES | STATUSES, WITH_SUBJECTS))
def test_what_is_odd_about_some_subjects_costs_these(endpoint, oddity):
    left = hit((BODIES | STATUSES)[oddity], endpoint, part=0.34)

    otherwise = endpoint.datasets if oddity in LIKE_AN_ANSWER else set()
    assert wrongly_verified(left, said_otherwise=otherwise) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)
    if oddity not in LIKE_AN_ANSWER:
        report = left.report.datasets[endpoint.dataset]
        assert report.state != DatasetState.COMPLETE
        assert any(its_id in report.reason for its_id in ids_of_subjects(endpoint.dataset))


def ids_of_subjects(dataset: str) -> set[str]:
    rows = undisturbed().rows
    return {
        cell
        for table in ("user", "okta_group", "app", "policy", "role", "client_role")
        for row in rows[table]
        for cell in row
        if isinstance(cell, str) and len(cell) > 15
    }


@pytest.mark.parametrize(("endpoint", "header"), every(HEADERS))
def test_odd_headers_cost_nothing_but_time(endpoint, header):
    left = hit(HEADERS[header], endpoint)

    assert wrongly_verified(left) == []
    check_others(left)
    assert not any(lost(left).values())


@pytest.mark.parametrize(("endpoint", "leading"), every(LEADING_ON))
def test_a_list_that_leads_nowhere_is_given_up(endpoint, leading):
    left = hit(LEADING_ON[leading], endpoint)

    assert wrongly_verified(left) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)
