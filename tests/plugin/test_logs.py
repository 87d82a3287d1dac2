"""The System Log: nothing missed, nothing twice, and nothing asked for that no rule needs."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.virtual_org import BASE_URL, virtual_org
from twin_host.contract import DatasetState
from twin_okta.snapshot import Snapshot
from twin_okta.sync.log_entries import MASKED, entries, mask
from twin_okta.sync.log_filter import LONGEST_FILTER, server_filter


def stored(org):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return {row[0]: row[1] for row in snapshot.rows("SELECT uuid, published FROM log_event")}


def requests(org):
    return [e.target for e in org.sandbox.journal.entries if e.path == "/api/v1/logs"]


def only_logs(org, **options):
    return org.sync(sync_users=False, sync_apps=False, **options)


def test_the_second_sync_follows_the_cursor_and_reads_only_what_is_new():
    org = virtual_org()
    first = only_logs(org, hours_back=168)
    org.sandbox.journal.clear()
    org.clock.advance(3600)
    people = list(org.sandbox.org.people.indexes())
    org.sandbox.org.act(at_s=org.clock.epoch_s()).grant_role(people[5], "SUPER_ADMIN")
    org.clock.advance(60)

    second = only_logs(org, hours_back=168)

    assert first.datasets["logs"].read > 20
    assert 1 <= second.datasets["logs"].read < first.datasets["logs"].read
    assert all("after=" in target for target in requests(org))
    events = list(org.enrich().events)
    assert "Super Administrator granted" in {event.title for event in events}


def test_the_log_is_read_until_a_page_is_empty():
    org = virtual_org()

    only_logs(org, hours_back=168)

    assert len(requests(org)) >= 2


def test_asking_for_more_hours_than_were_read_before_reads_them():
    org = virtual_org()
    only_logs(org, hours_back=24)
    few = stored(org)

    only_logs(org, hours_back=168)

    many = stored(org)
    assert few.keys() < many.keys()
    week_ago = org.clock() - timedelta(hours=168, minutes=1)
    assert min(many.values()) >= week_ago.isoformat()[:16]


def test_asking_for_fewer_hours_goes_on_from_the_cursor():
    org = virtual_org()
    only_logs(org, hours_back=168)
    org.sandbox.journal.clear()

    only_logs(org, hours_back=24)

    assert all("after=" in target for target in requests(org))


def test_a_cursor_that_okta_no_longer_accepts_is_replaced_and_it_is_said():
    org = virtual_org()
    only_logs(org, hours_back=168)
    before = stored(org)
    with Snapshot.for_sync(org.state_dir) as snapshot:
        snapshot.write(
            "UPDATE log_cursor SET next_url = ?", [(f"{BASE_URL}/api/v1/logs?after=gone",)]
        )

    report = only_logs(org, hours_back=168)

    assert report.datasets["logs"].state == DatasetState.COMPLETE
    assert any("read anew" in note for note in report.notes)
    assert stored(org).keys() >= before.keys()


def test_a_log_read_in_two_parts_is_the_log_read_in_one():
    whole, parts = virtual_org(), virtual_org()
    only_logs(parts, hours_back=168)
    parts.clock.advance(7200)
    whole.clock.advance(7200)
    only_logs(parts, hours_back=168)
    only_logs(whole, hours_back=170)

    assert stored(parts) == stored(whole)


def test_events_older_than_okta_s_retention_are_forgotten():
    org = virtual_org()
    only_logs(org, hours_back=168)
    org.clock.advance(91 * 86400)

    only_logs(org, hours_back=24)

    oldest = min(stored(org).values(), default="9")
    assert oldest >= (org.clock() - timedelta(days=90)).isoformat()[:16]


def test_a_first_sync_with_the_default_recommends_a_week():
    org = virtual_org()
    assert any("168" in note for note in only_logs(org).notes)
    assert only_logs(org).notes == ()


def test_the_server_is_asked_for_the_types_that_rules_watch():
    wanted = server_filter()
    assert 'eventType sw "user.account."' in wanted
    assert 'or eventType eq "user.session.start" or' in wanted  # nothing else tells of sign-ins
    assert (
        '(eventType eq "user.authentication.auth_via_mfa" and outcome.result eq "FAILURE")'
        in wanted
    )
    assert "user.session.end" not in wanted
    assert len(quote(wanted)) < LONGEST_FILTER  # an address has to fit through proxies


FAILED = {
    "uuid": "1",
    "eventType": "user.session.start",
    "outcome": {"result": "FAILURE"},
    "actor": {"id": "unknown", "type": "User", "alternateId": "hunter2", "displayName": "hunter2"},
    "debugContext": {"debugData": {"login": "tried hunter2", "url": "/x?u=HUNTER2&v=1"}},
}


def nobody(_user_id):
    return False


def typed(text, **actor):
    return FAILED | {"actor": FAILED["actor"] | {"alternateId": text} | actor}


@pytest.mark.parametrize(
    "password",
    ["hunter2", "P@ssw0rd", "Summer@2024!", "correct horse", "p%40ss/w?rd", "Zoé@München1", "a@b"],
)
def test_a_password_typed_as_user_name_is_stored_nowhere(password):
    entry = typed(password)
    forms = (password, quote(password), quote_plus(password))
    entry["debugContext"] = {"debugData": {"tried": list(forms), "url": f"/x?u={quote(password)}"}}
    entry["target"] = [{"type": "User", "alternateId": password}]

    kept = orjson.dumps(mask(entry, nobody)).decode()

    assert not any(json.dumps(form, ensure_ascii=False)[1:-1] in kept for form in forms)
    assert mask(entry, nobody)["actor"]["alternateId"] == MASKED


@pytest.mark.parametrize(
    "name", ["ada@example.com", "0oa1b2c3", "unknown", "ada.b+c@mail.example.co.uk"]
)
def test_a_real_user_name_is_kept(name):
    assert mask(typed(name), nobody) == typed(name)


@pytest.mark.parametrize("name", ["jdoe", "CORP\\jdoe", "Summer@2024!"])
def test_the_name_of_a_user_whom_okta_knows_is_kept_whatever_it_looks_like(name):
    entry = typed(name, id="00u1")
    assert mask(entry, {"00u1"}.__contains__) == entry
    assert mask(entry, nobody) != entry


def test_what_okta_itself_names_is_kept():
    entry = typed("Okta Verify Agent", type="SystemPrincipal")
    assert mask(entry, nobody) == entry
    success = typed("jdoe") | {"outcome": {"result": "SUCCESS"}}
    assert mask(success, nobody) == success


@given(st.text(min_size=1))
@example("1")
@example("FAILURE")
def test_masking_keeps_the_entry_whole_whatever_was_typed(text):
    entry = typed(text) | {"debugContext": {}}
    masked = mask(entry, nobody)
    assert masked["uuid"] == "1"
    assert masked["outcome"] == {"result": "FAILURE"}
    assert masked["actor"]["alternateId"] in (text, MASKED)


@pytest.mark.parametrize("odd", [7, ["x"], {"a": 1}, True, ""])
def test_a_user_name_that_is_no_text_costs_no_entry(odd):
    good, bad = entries([typed(odd) | {"published": "2026-01-01T00:00:00Z"}], nobody)
    assert [entry.uuid for entry in good] == ["1"]
    assert not bad


@pytest.mark.parametrize(
    "odd",
    [
        None, 5, "text", [], {}, {"uuid": 5, "published": "2026-01-01T00:00:00Z", "eventType": "a"},
        {"uuid": "1", "published": "yesterday", "eventType": "a"},
        {"uuid": "1", "published": "2026-01-01T00:00:00Z"},
        {"uuid": "1", "published": 1, "eventType": "a"},
        {"uuid": "no id", "published": "2026-01-01T00:00:00Z", "eventType": "a"},
    ],
)  # fmt: skip
def test_an_odd_entry_costs_that_entry_alone(odd):
    good, bad = entries([FAILED | {"published": "2026-01-01T00:00:00Z"}, odd], nobody)
    assert [entry.uuid for entry in good] == ["1"]
    assert len(bad) == 1


@pytest.mark.parametrize("target", [None, 5, {}, [None, 5, {"id": None}, {"id": 7, "type": []}]])
def test_odd_targets_cost_nothing_else(target):
    entry = FAILED | {"published": "2026-01-01T00:00:00Z", "target": target}
    good, bad = entries([entry], nobody)
    assert not bad
    assert all(each[2] is None for each in good[0].targets)


def test_late_events_are_found_by_the_next_sync():
    """Okta orders a polling request by when it stored an event, not by when it happened."""
    org = virtual_org(users=300)
    seen = set()
    for _ in range(6):
        only_logs(org, hours_back=168)
        seen |= stored(org).keys()
        org.clock.advance(1800)
    whole = virtual_org(users=300)
    whole.clock.advance(6 * 1800)
    only_logs(whole, hours_back=172)

    since = datetime.fromtimestamp(org.clock.start_s, UTC) - timedelta(hours=167)
    expected = {uuid for uuid, at in stored(whole).items() if at >= since.isoformat()[:19]}
    only_logs(org, hours_back=168)
    assert expected <= stored(org).keys() | seen
