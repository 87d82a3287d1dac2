"""What is asked when only a part may have changed: a few by id, a stretch of time, one pair."""

from itertools import pairwise
from typing import Any

import pytest

from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, Caller, a_caller

DAY_S = 86_400
USERS, GROUPS, DEVICES = "/api/v1/users", "/api/v1/groups", "/api/v1/devices"


@pytest.fixture(scope="module")
def caller() -> Caller:
    return a_caller(users=300, groups=22)


def ids_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [(USERS, "search"), (USERS, "filter"), (GROUPS, "filter"), (DEVICES, "search")],
)
def test_a_few_records_are_found_by_their_ids_and_unknown_ones_are_left_out(
    caller: Caller, path: str, parameter: str
) -> None:
    wanted = sorted(ids_of(caller.all(path))[3:20:4])
    named = " or ".join(f'id eq "{id_}"' for id_ in [*wanted, "nobody"])
    pages = caller.pages(path, **{parameter: named, "limit": 2})
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)
    assert sorted(id_ for page in pages for id_ in ids_of(page)) == wanted
    assert caller.get(path, **{parameter: f'({named}) and id eq "nobody"'}).json() == []


def test_slices_of_the_time_of_creation_make_up_everybody(caller: Caller) -> None:
    caller.sandbox.org.act(at_s=NOW_S).add_user("Robin", "Newcomer")
    cuts = [0, NOW_S - 900 * DAY_S, NOW_S - 300 * DAY_S, NOW_S - 40 * DAY_S, NOW_S + 1]
    slices = [
        caller.all(USERS, search=f'created ge "{iso(a)}" and created lt "{iso(b)}"', limit=7)
        for a, b in pairwise(cuts)
    ]
    everybody = caller.all(USERS, search=f'created ge "{iso(0)}"')
    assert all(slices)
    assert sorted(id_ for part in slices for id_ in ids_of(part)) == sorted(ids_of(everybody))
    for (start, end), part in zip(pairwise(cuts), slices, strict=True):
        assert all(iso(start) <= user["created"] < iso(end) for user in part)


@pytest.mark.parametrize("path", [USERS, DEVICES])
@pytest.mark.parametrize("days", [3, 30, 4000])
def test_what_was_updated_since_is_what_the_whole_list_says(
    caller: Caller, path: str, days: int
) -> None:
    since = iso(NOW_S - days * DAY_S)
    everything = caller.all(path, search=f'lastUpdated ge "{iso(0)}"')
    found = caller.all(path, search=f'lastUpdated ge "{since}"', limit=5)
    assert ids_of(found) == ids_of([r for r in everything if r["lastUpdated"] >= since])
    assert found


def test_a_page_far_into_a_slice_of_a_large_org_looks_at_few_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller = a_caller(users=20_000)
    people = caller.sandbox.org.people
    looked_at: list[int] = []
    compute = people.computed
    query = f'created ge "{iso(NOW_S - 30 * DAY_S)}" and created lt "{iso(NOW_S - 10 * DAY_S)}"'
    first = caller.get(USERS, search=query, limit=200)
    monkeypatch.setattr(people, "computed", lambda index: looked_at.append(index) or compute(index))
    second = caller.get(first.links["next"]["url"])
    assert len(second.json()) == 200
    assert len(looked_at) < 500, "the 200, the one after them, and the managers they name"


def test_groups_are_found_by_either_of_their_times_with_their_numbers(caller: Caller) -> None:
    everything = caller.all(GROUPS, expand="stats")
    since = iso(NOW_S - 20 * DAY_S)
    query = f'(lastUpdated ge "{since}" or lastMembershipUpdated ge "{since}")'
    found = caller.all(GROUPS, filter=query, expand="stats")
    assert found == [
        group
        for group in everything
        if group["lastUpdated"] >= since or group["lastMembershipUpdated"] >= since
    ]
    assert 0 < len(found) < len(everything)


def test_one_assignment_is_what_the_list_says_and_404_for_who_has_none(caller: Caller) -> None:
    org = caller.sandbox.org
    for app in org.apps.all:
        path = f"/api/v1/apps/{app.id}/users"
        assigned = caller.all(path, limit=500)
        for record in assigned[:: len(assigned) // 3 + 1]:
            assert caller.get(f"{path}/{record['id']}").json() == record
        user = next(i for i in org.people.indexes() if org.people.status(i) == "DEPROVISIONED")
        refused = caller.get(f"{path}/{org.people.ids.encode(user)}")
        assert (refused.status_code, refused.json()["errorCode"]) == (404, "E0000007")
        assert caller.get(f"{path}/nobody").status_code == 404


def test_one_assignment_may_bring_its_user(caller: Caller) -> None:
    app = next(app for app in caller.sandbox.org.apps.all if app.direct)
    listed = caller.get(f"/api/v1/apps/{app.id}/users", limit=1, expand="user").json()[0]
    alone = caller.get(f"/api/v1/apps/{app.id}/users/{listed['id']}", expand="user").json()
    assert alone == listed
    assert alone["_embedded"]["user"]["id"] == listed["id"]


def test_one_group_of_an_application_is_what_the_list_says(caller: Caller) -> None:
    app = next(app for app in caller.sandbox.org.apps.all if len(app.groups) == 2)
    path = f"/api/v1/apps/{app.id}/groups"
    for record in caller.all(path):
        assert caller.get(f"{path}/{record['id']}").json() == record
    assert caller.get(f"{path}/00g000000000000000000").status_code == 404
