"""A search reads an index that lags: it finds what was, while a record by its id is what is."""

from typing import Any

import pytest

from okta_sandbox import Settings
from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, Caller, a_caller

LAG_S = 60
USERS, DEVICES = "/api/v1/users", "/api/v1/devices"
EVERYBODY = f'lastUpdated ge "{iso(0)}"'
SINCE = f'lastUpdated ge "{iso(NOW_S + 1)}"'


@pytest.fixture
def caller() -> Caller:
    caller = a_caller(users=80, settings=Settings(search_lag_s=LAG_S))
    caller.clock.now_s = NOW_S + 10
    return caller


def ids_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


def after(caller: Caller, seconds: float) -> Caller:
    """The same, that long after everything was done."""
    caller.clock.now_s = NOW_S + 10 + seconds
    return caller


@pytest.mark.parametrize("query", [SINCE, EVERYBODY, f'created ge "{iso(NOW_S - 5)}"'])
def test_a_newcomer_is_not_found_at_first_and_known_by_id_at_once(
    caller: Caller, query: str
) -> None:
    newcomer = caller.sandbox.org.act(at_s=NOW_S + 10).add_user("Robin", "Newcomer")
    assert caller.get(f"{USERS}/{newcomer.id}").json()["status"] == "ACTIVE"
    assert newcomer.id in ids_of(caller.all(USERS))
    for search in (query, f'id eq "{newcomer.id}"'):
        assert newcomer.id not in ids_of(after(caller, LAG_S - 1).all(USERS, search=search))
        assert newcomer.id in ids_of(after(caller, LAG_S).all(USERS, search=search))


def test_a_change_is_found_late_and_the_record_shown_is_the_old_one(caller: Caller) -> None:
    id_ = ids_of(caller.all(USERS))[5]
    before = caller.all(USERS, search=f'id eq "{id_}"')
    act = caller.sandbox.org.act(at_s=NOW_S + 10)
    act.suspend_user(caller.sandbox.org.people.ids.decode(id_))
    early = after(caller, LAG_S - 1)
    assert early.get(f"{USERS}/{id_}").json()["status"] == "SUSPENDED"
    assert early.all(USERS, search=f'id eq "{id_}"') == before
    assert early.all(USERS, search=SINCE) == []
    assert id_ in ids_of(early.all(USERS, search='status eq "ACTIVE"'))
    assert id_ not in ids_of(early.all(USERS, filter='status eq "ACTIVE"'))
    late = after(caller, LAG_S).all(USERS, search=SINCE)
    assert [(user["id"], user["status"]) for user in late] == [(id_, "SUSPENDED")]


def test_two_changes_in_a_row_show_one_after_the_other(caller: Caller) -> None:
    id_ = ids_of(caller.all(USERS))[5]
    user = caller.sandbox.org.people.ids.decode(id_)
    assert user is not None
    caller.sandbox.org.act(at_s=NOW_S + 10).update_profile(user, title="First")
    caller.sandbox.org.act(at_s=NOW_S + 30).update_profile(user, title="Second")

    def title() -> str:
        return caller.all(USERS, search=f'id eq "{id_}"')[0]["profile"]["title"]

    caller.clock.now_s = NOW_S + 30 + LAG_S - 1
    assert title() == "First"
    caller.clock.now_s = NOW_S + 30 + LAG_S
    assert title() == "Second"


def test_who_is_deleted_is_still_found_for_a_while_and_unknown_by_id_at_once(
    caller: Caller,
) -> None:
    id_ = ids_of(caller.all(USERS))[5]
    user = caller.sandbox.org.people.ids.decode(id_)
    assert user is not None
    caller.sandbox.org.act(at_s=NOW_S + 10).delete_user(user)
    assert caller.get(f"{USERS}/{id_}").status_code == 404
    for search in (EVERYBODY, f'id eq "{id_}"'):
        assert id_ in ids_of(after(caller, LAG_S - 1).all(USERS, search=search))
        assert id_ not in ids_of(after(caller, LAG_S).all(USERS, search=search))


def test_a_newcomer_who_is_deleted_again_is_still_found_for_a_while(caller: Caller) -> None:
    newcomer = caller.sandbox.org.act(at_s=NOW_S + 10).add_user("Robin", "Newcomer")
    caller.sandbox.org.act(at_s=NOW_S + 500).delete_user(newcomer.index)
    caller.clock.now_s = NOW_S + 500 + LAG_S - 1
    assert ids_of(caller.all(USERS, search=SINCE)) == [newcomer.id]
    caller.clock.now_s = NOW_S + 500 + LAG_S
    assert caller.all(USERS, search=SINCE) == []


def test_a_sorted_search_lags_too(caller: Caller) -> None:
    newcomer = caller.sandbox.org.act(at_s=NOW_S + 10).add_user("Robin", "Newcomer")
    query = {"search": EVERYBODY, "sortBy": "created", "sortOrder": "desc", "limit": 30}
    early, late = (ids_of(after(caller, s).all(USERS, **query)) for s in (LAG_S - 1, LAG_S))
    assert late == [newcomer.id, *early]


def test_a_sorted_search_finds_who_matched_before(caller: Caller) -> None:
    query = {"search": 'status eq "ACTIVE"', "sortBy": "profile.lastName", "limit": 30}
    before = ids_of(caller.all(USERS, **query))
    user = caller.sandbox.org.people.ids.decode(before[3])
    assert user is not None
    caller.sandbox.org.act(at_s=NOW_S + 10).suspend_user(user)
    assert ids_of(after(caller, LAG_S - 1).all(USERS, **query)) == before
    assert ids_of(after(caller, LAG_S).all(USERS, **query)) == [*before[:3], *before[4:]]


def test_devices_lag_in_a_search_and_not_in_the_list(caller: Caller) -> None:
    act = caller.sandbox.org.act(at_s=NOW_S + 10)
    made = act.enrol_device(3, managed=True)
    old = caller.sandbox.org.devices.find(ids_of(caller.all(DEVICES))[0])
    assert old
    act.suspend_device(old)
    listed = {device["id"]: device["status"] for device in caller.all(DEVICES)}
    assert (listed[made.id], listed[old.id]) == ("ACTIVE", "SUSPENDED")
    early = after(caller, LAG_S - 1)
    assert early.all(DEVICES, search=SINCE) == []
    assert early.all(DEVICES, search=f'id eq "{old.id}"')[0]["status"] == old.status
    late = after(caller, LAG_S).all(DEVICES, search=SINCE)
    assert sorted(ids_of(late)) == sorted([made.id, old.id])


def test_an_index_does_not_lag_unless_it_is_told_to() -> None:
    caller = a_caller(users=80)
    caller.clock.now_s = NOW_S + 10
    newcomer = caller.sandbox.org.act(at_s=NOW_S + 10).add_user("Robin", "Newcomer")
    assert ids_of(caller.all(USERS, search=SINCE)) == [newcomer.id]
