"""A log entry becomes a row: its bytes as they came wherever they can be, the same row either way,
once however often it is told, and without a password in any column."""

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.small_snapshot import SmallSnapshot
from twin_okta.api.json_text import split
from twin_okta.snapshot import Snapshot
from twin_okta.sync.log_entries import LONGEST_TEXT, entries

ORDINARY = {
    "uuid": "u1",
    "published": "2026-01-02T03:04:05.678Z",
    "eventType": "user.session.start",
    "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
    "actor": {"id": "00u1", "type": "User", "alternateId": "ada@example.com"},
    "client": {"ipAddress": "192.0.2.1", "geographicalContext": {"country": "Norway"}},
    "target": [{"type": "AppInstance", "id": "0oa1", "displayName": "Wiki"}],
    "debugContext": {"debugData": {"factor": "Zoë 🐙"}},
}


def nobody(_user_id):
    return False


def page(*records):
    return split(b"[" + b", ".join(records) + b"]")


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
somebody = st.dictionaries(
    st.sampled_from(["id", "type", "alternateId", "displayName"]),
    st.none() | st.just("User") | st.text(max_size=8) | json,
)
odd_entries = st.fixed_dictionaries(
    {"uuid": st.just("u1") | json, "published": st.just(ORDINARY["published"]) | json},
    optional={
        "eventType": st.just("user.session.start") | json,
        "actor": somebody | json,
        "client": st.dictionaries(st.sampled_from(["ipAddress", "geographicalContext"]), json),
        "outcome": st.fixed_dictionaries({}, optional={"result": json, "reason": json}) | json,
        "target": st.lists(somebody | json, max_size=3) | json,
    },
)  # fmt: skip


@given(odd_entries)
@example(ORDINARY)
@example(ORDINARY | {"actor": {"id": "x", "alternateId": "hunter2"}})
@example(ORDINARY | {"actor": {"displayName": "x" * (LONGEST_TEXT + 1)}})
@example(ORDINARY | {"target": [None, {"id": "g"}, 7]})
@example(ORDINARY | {"published": "2026-01-02T03:04:05+02:00"})
@example(ORDINARY | {"published": "0001-01-01T00:00:00.000+14:00"})
@example(ORDINARY | {"eventType": " "})
def test_an_entry_is_the_same_however_it_was_taken_apart(entry):
    """From the bytes that came, of which only some fields are looked at, and from all of it."""
    quick, named = entries(page(orjson.dumps(entry)), nobody)
    whole, also_named = entries([entry], nobody)

    assert [bad.id for bad in named] == [bad.id for bad in also_named]
    assert len(quick) == len(whole) == 1 - len(named)
    for one, other in zip(quick, whole, strict=True):
        differing = {
            name for name in one.__slots__ if getattr(one, name, 0) != getattr(other, name, 0)
        }
        assert differing <= {"raw"}
        assert orjson.loads(one.raw) == orjson.loads(other.raw)


def test_the_bytes_of_an_ordinary_entry_are_kept_as_they_came():
    came = orjson.dumps(ORDINARY, option=orjson.OPT_INDENT_2)

    ((entry,), _) = entries(page(came), nobody)

    assert entry.raw == came


@pytest.mark.parametrize(
    "odd",
    [
        b'"\\ud83d"',  # half an emoji
        b'"caf\xe9"',  # no UTF-8
        b'"a\ttab"',
        b"NaN",
        b"1e999",
        b"123456789012345678901234567890",
    ],
)
def test_what_is_no_good_json_costs_no_entry_and_can_be_read_again(odd, tmp_path):
    text = orjson.dumps(ORDINARY | {"eventType": "user.risk.change"})
    risk = b', "debugContext": {"debugData": {"risk": "level=HIGH"}, "odd": %s}}' % odd
    came = text.replace(b'"debugContext"', b'"before"')[:-1] + risk

    good, bad = entries(page(came, came.replace(b'"u1"', b'"u2"')), nobody)

    assert ([entry.uuid for entry in good], bad) == (["u1", "u2"], [])
    org = SmallSnapshot.made(tmp_path)
    org.log(*page(came))
    assert [event.title for event in org.enrich().events] == ["User's risk is high"]


@pytest.mark.parametrize("depth", [300, 900])
def test_an_entry_that_is_nested_too_deeply_is_named_and_the_others_are_kept(depth):
    deep = orjson.dumps(ORDINARY)[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
    good, bad = entries(page(orjson.dumps(ORDINARY | {"uuid": "u0"}), deep), nobody)

    assert [entry.uuid for entry in good] == ["u0"]
    assert [each.id for each in bad] == ["u1"]


def test_a_password_typed_as_user_name_is_in_no_column(tmp_path):
    secret = "hunter2 hunter2"
    entry = ORDINARY | {
        "actor": {"id": "unknown", "type": "User", "alternateId": secret, "displayName": secret},
        "target": [{"type": "User", "id": None, "alternateId": secret, "displayName": secret}],
    }
    found, _ = entries(page(orjson.dumps(entry)), nobody)
    org = SmallSnapshot.made(tmp_path)
    org.keep(found)

    with Snapshot.to_read(org.folder) as snapshot:
        rows = snapshot.rows("SELECT * FROM log_event JOIN target ON event = number")

    assert len(rows) == 1
    assert secret not in str(rows)


def test_an_entry_that_comes_twice_is_stored_once(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    again = ORDINARY | {"eventType": "user.session.end", "target": None}

    org.log(ORDINARY, again, ORDINARY | {"uuid": "u2"})
    org.log(ORDINARY | {"uuid": "u3"}, again)

    with Snapshot.to_read(org.folder) as snapshot:
        found = snapshot.rows("SELECT number, uuid, event_type FROM log_event ORDER BY number")
        targets = snapshot.rows("SELECT event, id FROM target ORDER BY event")
    assert found == [(n, f"u{n}", "user.session.start") for n in (1, 2, 3)]
    assert targets == [(n, "0oa1") for n in (1, 2, 3)]


def test_a_number_is_never_given_twice_so_that_what_was_read_before_stays_before(tmp_path):
    """Else an entry, stored when all older ones had been forgotten, would make nothing due."""
    org = SmallSnapshot.made(tmp_path)
    org.person("ada", "push/OKTA")
    org.execute("UPDATE subject_read SET after_event = 41")
    org.log(
        ORDINARY | {
            "published": "2999-01-02T03:04:05.678Z", "eventType": "user.mfa.factor.deactivate",
            "outcome": {"result": "SUCCESS"}, "target": [{"type": "User", "id": "ada"}],
        }
    )  # fmt: skip

    with Snapshot.to_read(org.folder) as snapshot:
        assert snapshot.rows("SELECT number FROM log_event") == [(42,)]
        assert snapshot.rows("SELECT subject FROM due WHERE dataset = 'factors'") == [("ada",)]
