"""Groups and applications change: what they open, to whom, and which entries tell of it."""

from typing import Any

import pytest

from okta_sandbox.times import iso
from okta_sandbox.truth import truth
from tests.sandbox.changing import LATER_S, Changing

ADD, REMOVE = "application.user_membership.add", "application.user_membership.remove"


@pytest.fixture
def changing() -> Changing:
    return Changing()


def group_that_opens(changing: Changing) -> Any:
    """A group that opens an application to the user, who is no member of it."""
    org = changing.org
    return next(
        group
        for app in org.apps.all
        for group in app.groups
        if org.apps.scope(app, changing.user) is None
    )


def test_who_joins_a_group_gains_what_it_opens_and_loses_it_on_leaving(changing: Changing) -> None:
    group, before = group_that_opens(changing), changing.apps()
    changing.act.join_group(changing.user, group)
    gained = changing.apps() - before
    assert gained
    pairs = changing.told(ADD)
    assert {pair["AppInstance"] for pair in pairs} == gained
    assert all(pair["User"] == changing.id and pair["AppUser"][:3] == "0ua" for pair in pairs)
    assert changing.told("group.user_membership.add") == [
        {"User": changing.id, "UserGroup": group.id}
    ]
    changing.act.leave_group(changing.user, group)
    assert changing.apps() == before
    assert {pair["AppInstance"] for pair in changing.told(REMOVE)} == gained


def test_okta_itself_does_what_follows_from_what_an_administrator_does(changing: Changing) -> None:
    changing.act.join_group(changing.user, group_that_opens(changing))
    first, *others = changing.entries()
    assert first["actor"]["type"] == "User"
    assert others
    for entry in others:
        assert entry["actor"]["id"] == "okta_system"
        assert entry["client"]["ipAddress"] is None
        assert entry["published"] == first["published"]


def test_joining_twice_and_leaving_what_one_is_not_in_are_nothing(changing: Changing) -> None:
    group = group_that_opens(changing)
    changing.act.leave_group(changing.user, group)
    assert changing.entries() == []
    changing.act.join_group(changing.user, group)
    written = changing.entries()
    changing.act.join_group(changing.user, group)
    assert changing.entries() == written


def test_a_new_assignment_is_dated_when_it_was_made(changing: Changing) -> None:
    changing.act.join_group(changing.user, group_that_opens(changing))
    app = changing.told(ADD)[0]["AppInstance"]
    record = changing.caller.get(f"/api/v1/apps/{app}/users/{changing.id}").json()
    assert (record["created"], record["scope"]) == (iso(LATER_S), "GROUP")


def test_a_group_is_made_renamed_and_deleted(changing: Changing) -> None:
    def listed() -> dict[str, dict[str, Any]]:
        return {group["id"]: group for group in changing.caller.all("/api/v1/groups")}

    before = listed()
    made = changing.act.add_group("Night shift")
    assert set(listed()) - set(before) == {made.id}
    changing.act.join_group(changing.user, made)
    members = changing.caller.all(f"/api/v1/groups/{made.id}/users")
    assert [member["id"] for member in members] == [changing.id]
    changing.act.rename_group(made, "Day shift")
    assert listed()[made.id]["profile"]["name"] == "Day shift"
    changing.act.delete_group(made)
    assert set(listed()) == set(before)
    assert changing.caller.get(f"/api/v1/groups/{made.id}").status_code == 404
    assert [event for event in changing.types() if "lifecycle" in event] == [
        "group.lifecycle.create",
        "group.lifecycle.delete",
    ]
    assert changing.told("group.profile.update") == [{"UserGroup": made.id}]


def test_a_renamed_group_keeps_its_members_and_what_it_opens(changing: Changing) -> None:
    group = next(app.groups[0] for app in changing.org.apps.all if app.groups)
    path = f"/api/v1/groups/{group.id}"
    before = changing.caller.all(f"{path}/apps"), changing.caller.all(f"{path}/users")
    changing.act.rename_group(group, "Otherwise")
    assert before == (changing.caller.all(f"{path}/apps"), changing.caller.all(f"{path}/users"))
    found = changing.caller.all("/api/v1/groups", filter=f'lastUpdated ge "{iso(LATER_S)}"')
    assert [record["id"] for record in found] == [group.id]


def test_a_deleted_group_closes_what_it_opened(changing: Changing) -> None:
    org = changing.org
    app = next(app for app in org.apps.all if org.apps.scope(app, changing.user) == "GROUP")
    for group in app.groups:
        changing.act.delete_group(group)
    assert app.id not in changing.apps()
    assert {"User": changing.id, "AppInstance": app.id} in [
        {key: pair[key] for key in ("User", "AppInstance")} for pair in changing.told(REMOVE)
    ]
    assert changing.caller.all(f"/api/v1/apps/{app.id}/groups") == []


def test_a_group_is_assigned_to_an_application_and_taken_from_it(changing: Changing) -> None:
    org = changing.org
    app = next(app for app in org.apps.all if not app.groups and app.direct)
    group = org.groups.base[6]
    members = {user["id"] for user in changing.caller.all(f"/api/v1/groups/{group.id}/users")}
    path = f"/api/v1/apps/{app.id}"
    before = {user["id"] for user in changing.caller.all(f"{path}/users")}
    changing.act.assign_group(group, app)
    assert {user["id"] for user in changing.caller.all(f"{path}/users")} == before | members
    assert {pair["User"] for pair in changing.told(ADD)} == members - before
    assert [g["id"] for g in changing.caller.all(f"{path}/groups")] == [group.id]
    changing.act.unassign_group(group, app)
    assert {user["id"] for user in changing.caller.all(f"{path}/users")} == before
    assert {pair["User"] for pair in changing.told(REMOVE)} == members - before
    for kind in ("add", "remove"):
        assert changing.told(f"group.application_assignment.{kind}") == [
            {"AppInstance": app.id, "UserGroup": group.id}
        ]


def test_an_application_is_made_renamed_switched_off_and_deleted(changing: Changing) -> None:
    app = changing.act.add_app("Wiki")
    path = f"/api/v1/apps/{app.id}"
    assert app.id in truth(changing.org).sso_apps
    changing.act.assign_app(changing.user, app)
    changing.act.rename_app(app, "Handbook")
    changing.act.deactivate_app(app)
    record = changing.caller.get(path).json()
    assert (record["label"], record["status"]) == ("Handbook", "INACTIVE")
    assert record["lastUpdated"] == iso(LATER_S)
    assert app.id not in truth(changing.org).sso_apps
    assert changing.caller.get(f"{path}/users/{changing.id}").status_code == 200
    changing.act.delete_app(app)
    assert changing.caller.get(path).status_code == 404
    assert changing.types() == [
        "application.lifecycle.create",
        ADD,
        "application.lifecycle.update",
        "application.lifecycle.deactivate",
        "application.lifecycle.delete",
    ]


def test_an_application_is_put_under_another_policy(changing: Changing) -> None:
    app = next(app for app in changing.org.apps.all if app.id in truth(changing.org).sso_apps)
    policy = changing.org.security.access_policies[2]
    changing.act.set_app_policy(app, policy)
    link = changing.caller.get(f"/api/v1/apps/{app.id}").json()["_links"]["accessPolicy"]
    assert link["href"].endswith(policy.id)
    assert app.id in truth(changing.org).password_only_apps
