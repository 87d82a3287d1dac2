"""Lists come in pages that cover everything exactly once, by opaque cursors and links."""

from typing import Any

import pytest

from tests.sandbox.calling import Caller, a_caller

EVERYBODY = 'created gt "1970-01-01T00:00:00.000Z"'


def ids_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


@pytest.fixture(scope="module")
def caller() -> Caller:
    return a_caller()


@pytest.mark.parametrize("limit", [1, 7, 50, 105, 200])
def test_users_are_listed_once_each_without_the_deactivated(caller: Caller, limit: int) -> None:
    people = caller.sandbox.org.people
    pages = caller.pages("/api/v1/users", limit=limit)
    found = ids_of([record for page in pages for record in page])
    live = [people.ids.encode(i) for i in people.indexes() if people.status(i) != "DEPROVISIONED"]
    assert found == live
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("parameter", ["search", "filter"])
def test_a_search_or_filter_lists_the_deactivated_too(caller: Caller, parameter: str) -> None:
    condition = EVERYBODY if parameter == "search" else EVERYBODY.replace("created", "lastUpdated")
    found = caller.all("/api/v1/users", **{parameter: condition, "limit": 50})
    assert len(set(ids_of(found))) == len(found) == 120


def test_a_sorted_search_lists_everybody_in_order(caller: Caller) -> None:
    found = caller.all(
        "/api/v1/users", search=EVERYBODY, sortBy="lastUpdated", sortOrder="desc", limit=25
    )
    dates = [user["lastUpdated"] for user in found]
    assert dates == sorted(dates, reverse=True)
    assert len(set(ids_of(found))) == 120


@pytest.mark.parametrize("limit", [1, 5, 10_000])
def test_groups_are_listed_once_each(caller: Caller, limit: int) -> None:
    assert ids_of(caller.all("/api/v1/groups", limit=limit)) == [
        group.id for group in caller.sandbox.org.groups.all
    ]


@pytest.mark.parametrize("limit", [1, 13, 1000])
def test_the_members_of_every_group_are_listed_once_each(caller: Caller, limit: int) -> None:
    for group in caller.sandbox.org.groups.all[:: 1 if limit > 1 else 7]:
        found = ids_of(caller.all(f"/api/v1/groups/{group.id}/users", limit=limit))
        assert len(set(found)) == len(found) == caller.sandbox.org.groups.size(group)


def test_applications_come_twenty_at_a_time_unless_asked() -> None:
    caller = a_caller(apps=45)
    assert [len(page) for page in caller.pages("/api/v1/apps")] == [20, 20, 5]
    assert [len(page) for page in caller.pages("/api/v1/apps", limit=200)] == [45]


@pytest.mark.parametrize("limit", [9, 500])
def test_the_users_of_every_application_are_listed_once_each(caller: Caller, limit: int) -> None:
    for app in caller.sandbox.org.apps.all:
        found = caller.all(f"/api/v1/apps/{app.id}/users", limit=limit)
        scopes = [user["scope"] for user in found]
        assert len(set(ids_of(found))) == len(found)
        assert (scopes.count("USER"), scopes.count("GROUP")) == caller.sandbox.org.apps.counts(app)


@pytest.mark.parametrize("kind", ["users", "members", "assignments"])
def test_a_page_far_into_a_list_costs_what_the_second_does(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = a_caller(users=6000)
    org, people = caller.sandbox.org, caller.sandbox.org.people
    app = max(org.apps.all, key=lambda app: sum(org.apps.counts(app)))
    path = {
        "users": "/api/v1/users",
        "members": f"/api/v1/groups/{org.groups.base[0].id}/users",
        "assignments": f"/api/v1/apps/{app.id}/users",
    }[kind]
    looked_at: list[int] = []
    for name in ("computed", "at_rank"):
        look = getattr(people, name)
        monkeypatch.setattr(people, name, lambda n, _look=look: looked_at.append(n) or _look(n))
    costs: list[int] = []
    url = f"{path}?limit=50"
    while url and len(costs) < 200:
        response = caller.get(url)
        url = response.links.get("next", {}).get("url", "")
        costs.append(len(looked_at) - sum(costs))
    assert len(costs) > 40
    assert max(costs) < 1.5 * costs[1]


def test_the_groups_of_an_application_are_listed(caller: Caller) -> None:
    app = next(app for app in caller.sandbox.org.apps.all if len(app.groups) == 2)
    found = caller.all(f"/api/v1/apps/{app.id}/groups")
    assert [(g["id"], g["priority"]) for g in found] == [
        (group.id, place) for place, group in enumerate(app.groups)
    ]
    again = caller.all(f"/api/v1/groups/{found[0]['id']}/apps")
    assert app.id in ids_of(again)


def test_who_holds_a_role_is_paged_in_the_body(caller: Caller) -> None:
    path = "/api/v1/iam/assignees/users?limit=5"
    found: list[str] = []
    while path:
        response = caller.get(path)
        assert "link" not in response.headers
        body = response.json()
        found += ids_of(body["value"])
        path = body.get("_links", {}).get("next", {}).get("href", "")
    people = caller.sandbox.org.people
    assert found == [people.ids.encode(user) for user in caller.sandbox.org.admins.holders()]


def test_an_org_may_list_those_who_are_administrators_through_a_group() -> None:
    caller = a_caller(assignees_through_groups=True)
    body = caller.get("/api/v1/iam/assignees/users").json()
    assert len(body["value"]) == len(caller.sandbox.org.admins.privileged())


def test_self_and_next_are_two_header_lines_with_the_callers_own_host(caller: Caller) -> None:
    response = caller.get("/api/v1/users?limit=3")
    lines = response.headers.get_list("link")
    assert len(lines) == 2
    assert 'rel="self"' in lines[0]
    assert 'rel="next"' in lines[1]
    assert all(line.startswith("<https://sandbox.example.com/api/v1/users?") for line in lines)


def test_the_last_page_has_no_next_link(caller: Caller) -> None:
    assert list(caller.get("/api/v1/users?limit=200").links) == ["self"]


@pytest.mark.parametrize("cursor", ["nonsense", "", "Mi4w", "%00", "eyJhIjoxfQ"])
def test_a_cursor_that_was_never_given_is_refused(caller: Caller, cursor: str) -> None:
    response = caller.get(f"/api/v1/users?after={cursor}")
    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000029")


def test_a_cursor_works_for_its_own_query_only(caller: Caller) -> None:
    following = caller.get("/api/v1/users?limit=3").links["next"]["url"]
    assert caller.get(following.replace("limit=3", "limit=5")).status_code == 200
    assert caller.get(following.replace("/users", "/groups")).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/users?limit=0", 400),
        ("/api/v1/users?limit=many", 400),
        ("/api/v1/users?limit=-3", 400),
        ("/api/v1/users?limit=1000", 200),
        ("/api/v1/apps?limit=201", 400),
        ("/api/v1/apps/{app}/users?limit=501", 400),
        ("/api/v1/apps/{app}/users?limit=0", 400),
        ("/api/v1/apps/{app}/groups?limit=5", 400),
        ("/api/v1/logs?limit=1001", 400),
        ("/api/v1/logs?limit=0", 200),
    ],
)
def test_page_sizes_keep_to_what_okta_allows(caller: Caller, path: str, status: int) -> None:
    response = caller.get(path.format(app=caller.sandbox.org.apps.all[0].id))
    assert response.status_code == status
    if status == 400:
        assert response.json()["errorCode"] == "E0000001"


def test_more_users_than_a_page_holds_are_never_sent(caller: Caller) -> None:
    big = a_caller(users=400)
    assert len(big.get("/api/v1/users?limit=1000").json()) == 200
