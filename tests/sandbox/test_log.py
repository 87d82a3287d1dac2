"""The System Log: polling misses nothing, bounded queries end, and both are filtered alike."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from okta_sandbox import Org
from okta_sandbox.filters import holds, parse
from okta_sandbox.org.events import MAX_DELAY_MS
from okta_sandbox.org.log import value_at
from okta_sandbox.times import iso
from okta_sandbox.truth import log_entries
from tests.sandbox.calling import NOW_S, Caller, a_caller

LOGS = "/api/v1/logs"
HOUR_S = 3600
DAY_S = 86_400


def poll(caller: Caller, url: str) -> tuple[list[dict[str, Any]], str]:
    """Every page from a URL until an empty one, and the URL to go on from."""
    entries: list[dict[str, Any]] = []
    while True:
        response = caller.get(url)
        url = response.links["next"]["url"]
        if not response.json():
            return entries, url
        entries += response.json()


def uuids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["uuid"] for entry in entries]


@pytest.fixture(scope="module")
def caller() -> Caller:
    return a_caller(users=300)


def since(seconds_ago: float, *, limit: int = 1000) -> str:
    return f"{LOGS}?since={iso(NOW_S - seconds_ago)}&limit={limit}"


# --- polling ----------------------------------------------------------------------------------


def test_polling_always_has_a_next_link_even_on_an_empty_page(caller: Caller) -> None:
    empty = caller.get(LOGS, since=iso(NOW_S), filter='eventType eq "nothing.at.all"')
    assert empty.json() == []
    assert "next" in empty.links


@pytest.mark.parametrize("limit", [1, 17, 1000])
def test_polling_returns_each_event_once_whatever_the_page_size(caller: Caller, limit: int) -> None:
    span_s = 20 * 60 if limit == 1 else 6 * HOUR_S
    entries, _ = poll(caller, since(span_s, limit=limit))
    whole, _ = poll(caller, since(span_s))
    assert uuids(entries) == uuids(whole)
    assert len(set(uuids(entries))) == len(entries) > 0


def test_polling_goes_by_persistence_so_publication_times_go_back_and_forth(caller: Caller) -> None:
    entries, _ = poll(caller, since(2 * DAY_S))
    published = [entry["published"] for entry in entries]
    assert published != sorted(published)


def test_polling_on_and_on_misses_nothing_though_some_events_come_late() -> None:
    caller = a_caller(users=300)
    start_s = caller.clock.now_s
    url = since(0)
    seen: list[str] = []
    for _ in range(60):
        caller.clock.now_s += 47.3
        entries, url = poll(caller, url)
        seen += uuids(entries)
    caller.clock.now_s += MAX_DELAY_MS / 1000
    entries, url = poll(caller, url)
    seen += uuids(entries)
    end_s = start_s + 60 * 47.3
    happened = log_entries(caller.sandbox.org, since_s=start_s, until_s=end_s)
    assert set(uuids(happened)) <= set(seen)
    assert len(set(seen)) == len(seen)


def test_what_changes_in_the_very_millisecond_of_a_poll_is_in_the_next(caller: Caller) -> None:
    caller = a_caller()
    _, url = poll(caller, since(HOUR_S))
    act = caller.sandbox.org.act(at_s=caller.sandbox.now())
    act.reset_factors(3)
    first, url = poll(caller, url)
    act.reset_factors(4)
    second, url = poll(caller, url)
    assert [entry["eventType"] for entry in first + second] == ["user.mfa.factor.reset_all"] * 2
    assert poll(caller, url)[0] == []


def test_a_stored_cursor_carries_the_filter_and_no_since(caller: Caller) -> None:
    query = 'eventType sw "user.mfa"'
    following = caller.get(LOGS, since=iso(NOW_S - DAY_S), filter=query).links["next"]["url"]
    parameters = parse_qs(urlsplit(following).query)
    assert parameters["filter"] == [query]
    assert "since" not in parameters
    assert "after" in parameters


# --- bounded ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_a_bounded_query_goes_by_publication_and_ends(caller: Caller, order: str) -> None:
    window = {"since": iso(NOW_S - 8 * HOUR_S), "until": iso(NOW_S - 2 * HOUR_S)}
    entries = caller.all(LOGS, **window, sortOrder=order, limit=100)
    published = [entry["published"] for entry in entries]
    assert published == sorted(published, reverse=order == "DESCENDING")
    assert all(window["since"] <= at < window["until"] for at in published)
    org = caller.sandbox.org
    happened = log_entries(org, since_s=NOW_S - 8 * HOUR_S, until_s=NOW_S - 2 * HOUR_S)
    assert set(uuids(entries)) == set(uuids(happened))


def test_a_bound_includes_its_beginning_and_not_its_end(caller: Caller) -> None:
    entries = caller.get(LOGS, since=iso(NOW_S - HOUR_S), until=iso(NOW_S), limit=3).json()
    first, _, last = entries
    window = {"since": first["published"], "until": last["published"]}
    assert uuids(caller.all(LOGS, **window)) == uuids(entries[:2])


def test_a_bounded_query_does_not_have_what_has_not_been_persisted_yet() -> None:
    caller = a_caller(users=3000)
    window = {"since": iso(NOW_S - HOUR_S), "until": iso(NOW_S), "limit": 1000}
    early = caller.all(LOGS, **window)
    caller.clock.now_s += HOUR_S
    late = caller.all(LOGS, **window)
    assert set(uuids(early)) < set(uuids(late))


def test_descending_without_an_end_is_bounded_by_now(caller: Caller) -> None:
    response = caller.get(LOGS, since=iso(NOW_S - 60), sortOrder="DESCENDING", limit=1000)
    assert "next" not in response.links


# --- times ------------------------------------------------------------------------------------


def test_without_since_the_log_begins_seven_days_before(caller: Caller) -> None:
    entries = caller.get(LOGS, limit=1).json()
    assert iso(NOW_S - 7 * DAY_S - 1200) < entries[0]["published"] < iso(NOW_S - 7 * DAY_S + HOUR_S)


def test_older_than_90_days_is_gone_and_asking_beyond_180_is_an_error(caller: Caller) -> None:
    entries = caller.get(since(150 * DAY_S, limit=5)).json()
    assert entries[0]["published"] > iso(NOW_S - 90 * DAY_S - 1200)
    response = caller.get(since(181 * DAY_S))
    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000053")
    assert "over 180 days" in response.json()["errorSummary"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"since": "yesterday"},
        {"until": "2027-13-01T00:00:00Z"},
        {"sortOrder": "SIDEWAYS"},
        {"q": " ".join("abcdefghijk")},
        {"q": "x" * 41},
        {"since": "2027-01-14T00:00:00Z", "after": "abc"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_an_error(
    caller: Caller, parameters: dict[str, str]
) -> None:
    response = caller.get(LOGS, **parameters)
    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000001")


def test_an_offset_whose_plus_was_not_encoded_is_still_read(caller: Caller) -> None:
    assert caller.get(f"{LOGS}?since=2027-01-15T08:00:00.000+00:00&limit=1").status_code == 200


# --- filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'eventType eq "user.session.start" and outcome.result eq "FAILURE"',
        'eventType sw "user.mfa"',
        'eventType co "lifecycle" or eventType ew ".lock"',
        'not (eventType sw "user." or eventType sw "policy.")',
        'outcome.result ne "SUCCESS" and eventType ne "policy.evaluate_sign_on"',
        'client.ipAddress sw "203.0.113"',
        'target.type eq "AppInstance" and actor.type eq "User"',
        'securityContext.isProxy eq true',
        'outcome.reason pr and severity eq "WARN"',
    ],
)  # fmt: skip
def test_a_filter_leaves_exactly_what_matches(caller: Caller, text: str) -> None:
    everything, _ = poll(caller, since(10 * HOUR_S))
    expression = parse(text)
    expected = [
        entry
        for entry in everything
        if holds(expression, lambda path, entry=entry: value_at(entry, path))
    ]
    found: list[dict[str, Any]] = []
    response = caller.get(LOGS, since=iso(NOW_S - 10 * HOUR_S), filter=text, limit=1000)
    while response.json():
        found += response.json()
        response = caller.get(response.links["next"]["url"])
    assert found == expected


def test_what_concerns_one_person_can_be_asked_for(caller: Caller) -> None:
    actor = caller.get(LOGS, filter='eventType eq "user.session.start"', limit=1).json()[0]["actor"]
    entries = caller.get(LOGS, filter=f'actor.id eq "{actor["id"]}"', limit=1000).json()
    assert {entry["actor"]["id"] for entry in entries} == {actor["id"]}


def test_keywords_must_all_occur(caller: Caller) -> None:
    entries = caller.get(LOGS, q="LOCKED_OUT example.com", limit=10).json()
    assert {entry["eventType"] for entry in entries} == {"user.account.lock"}


@pytest.mark.parametrize(
    "text",
    ['published gt "2027-01-01T00:00:00Z"', 'event_type eq "x"', "eventType", 'eventType in "x"',
     'target.changeDetails.from eq "x"', 'debugContext.debugData.url co "x"'],
)  # fmt: skip
def test_what_the_log_cannot_be_filtered_by_is_an_error(caller: Caller, text: str) -> None:
    response = caller.get(LOGS, filter=text)
    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000053")


# --- what is in it ----------------------------------------------------------------------------


def test_a_log_is_the_same_whenever_it_is_read() -> None:
    first, second = (Org(users=200, as_of_s=NOW_S) for _ in range(2))
    window = {"since_s": NOW_S - 3 * HOUR_S, "until_s": NOW_S}
    assert log_entries(first, **window) == log_entries(second, **window)


def test_a_week_holds_a_lifelike_mix() -> None:
    org = Org(users=2000, as_of_s=NOW_S)
    rare = frozenset(
        {
            "user.account.lock", "user.mfa.factor.deactivate", "user.mfa.factor.reset_all",
            "user.account.privilege.grant", "policy.rule.update", "security.threat.detected",
            "system.api_token.create", "user.mfa.okta_verify.deny_push",
            "application.lifecycle.update", "user.account.report_suspicious_activity_by_enduser",
        }
    )  # fmt: skip
    found = {
        e["eventType"]
        for e in log_entries(org, since_s=NOW_S - 30 * DAY_S, until_s=NOW_S, types=rare)
    }
    assert found == rare


def test_the_pace_grows_with_the_people() -> None:
    small, big = (
        len(log_entries(Org(users=users, as_of_s=NOW_S), since_s=NOW_S - HOUR_S, until_s=NOW_S))
        for users in (500, 5000)
    )
    assert 6 < big / small < 15


def test_nights_and_weekends_are_quiet() -> None:
    org = Org(users=500, as_of_s=NOW_S)
    friday_morning = len(log_entries(org, since_s=NOW_S - HOUR_S, until_s=NOW_S))
    sunday_s = NOW_S - 5 * DAY_S
    sunday_morning = len(log_entries(org, since_s=sunday_s - HOUR_S, until_s=sunday_s))
    night_s = NOW_S - 6 * HOUR_S
    night = len(log_entries(org, since_s=night_s - HOUR_S, until_s=night_s))
    assert friday_morning > 4 * sunday_morning
    assert friday_morning > 4 * night


def test_after_the_org_was_computed_only_real_changes_change_anything() -> None:
    org = Org(users=2000, as_of_s=NOW_S)
    later = log_entries(org, since_s=NOW_S, until_s=NOW_S + DAY_S)
    assert later
    assert not {
        entry["eventType"]
        for entry in later
        if entry["eventType"].startswith(("user.mfa.factor.", "user.lifecycle.", "group."))
    }


def test_a_query_that_looks_at_too_much_times_out_as_oktas_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("okta_sandbox.org.log.SCAN_LIMIT", 100)
    response = a_caller(users=500).get(LOGS, filter='actor.id eq "nobody"')
    assert (response.status_code, response.json()["errorCode"]) == (500, "E0000009")
