"""Devices: who uses them, who manages them, and how Okta lists them."""

from typing import Any

import pytest

from okta_sandbox.definitions import figures
from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, Caller, a_caller

DEVICES = "/api/v1/devices"


@pytest.fixture(scope="module")
def caller() -> Caller:
    return a_caller(users=200)


def links(device: dict[str, Any]) -> list[dict[str, Any]]:
    return device["_embedded"]["users"]


def test_pages_hold_200_unless_fewer_are_asked_for_and_no_more(caller: Caller) -> None:
    pages = caller.pages(DEVICES)
    assert len(pages[0]) == 200
    assert [device for page in pages for device in page] == caller.all(DEVICES, limit=20)
    refused = caller.get(DEVICES, limit=201)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "E0000001")


def test_users_come_whole_in_short_or_not_at_all(caller: Caller) -> None:
    bare, whole, short = (
        caller.get(DEVICES, limit=20, **more).json()
        for more in ({}, {"expand": "user"}, {"expand": "userSummary"})
    )
    assert not any("_embedded" in device for device in bare)
    user = next(link["user"] for device in whole for link in links(device))
    assert user == caller.all("/api/v1/users", filter=f'id eq "{user["id"]}"')[0]
    assert [[u["user"]["id"] for u in links(device)] for device in short] == [
        [u["user"]["id"] for u in links(device)] for device in whole
    ]
    assert {key for device in short for link in links(device) for key in link["user"]} == {
        "id", "realmId", "profile", "_links",
    }  # fmt: skip
    assert caller.get(DEVICES, expand="all").json()["errorCode"] == "E0000001"


def test_a_search_finds_by_status_platform_name_and_time(caller: Caller) -> None:
    everything = caller.all(DEVICES)
    for query, holds in (
        ('status eq "SUSPENDED"', lambda d: d["status"] == "SUSPENDED"),
        ('profile.platform eq "MACOS"', lambda d: d["profile"]["platform"] == "MACOS"),
        ('profile.displayName co "Laptop"', lambda d: "Laptop" in d["profile"]["displayName"]),
        (f'lastUpdated gt "{iso(NOW_S - 8e5)}"', lambda d: d["lastUpdated"] > iso(NOW_S - 8e5)),
    ):
        expected = [device for device in everything if holds(device)]
        assert expected
        assert caller.all(DEVICES, search=query) == expected


@pytest.mark.parametrize("users", [60, 200, 2000])
def test_what_is_listed_is_what_is_true_and_has_something_of_everything(users: int) -> None:
    caller = a_caller(users=users)
    true = figures(caller.sandbox.org)
    listed = caller.all(DEVICES, expand="userSummary")
    used = [d for d in listed if d["status"] == "ACTIVE" and links(d)]
    unmanaged = [d for d in used if links(d)[0]["managementStatus"] == "NOT_MANAGED"]
    privileged = {caller.sandbox.org.people.ids.encode(u) for u in admins(caller)}
    assert true["devices"] == {device["id"] for device in listed}
    assert true["devices_unmanaged"] == {device["id"] for device in unmanaged}
    assert true["devices_managed"] == {d["id"] for d in used} - true["devices_unmanaged"]
    assert true["admins_on_unmanaged_devices"] == privileged & {
        link["user"]["id"] for device in unmanaged for link in links(device)
    }
    off = {"NONE", "SYSTEM_VOLUME"}
    assert true["devices_unencrypted"] == {
        d["id"] for d in used if d["profile"]["diskEncryptionType"] in off
    }
    assert all(true.values())
    assert true["devices_unmanaged"] < true["devices"] - true["devices_managed"]


def admins(caller: Caller) -> set[int]:
    org = caller.sandbox.org
    return {user for user in org.admins.privileged() if org.people.can_sign_in(user)}


def test_a_device_is_shared_by_some_and_loses_its_users_with_them(caller: Caller) -> None:
    listed = caller.all(DEVICES, expand="userSummary")
    assert {len(links(device)) for device in listed} >= {0, 1, 2}
    assert not any(links(device) for device in listed if device["status"] == "DEACTIVATED")
    live = {user["id"] for user in caller.all("/api/v1/users")}
    assert {link["user"]["id"] for device in listed for link in links(device)} <= live


def test_what_happens_to_devices_shows_in_the_list_and_where_okta_logs_it_in_the_log() -> None:
    caller = a_caller(users=60)
    org = caller.sandbox.org
    before = caller.all(DEVICES)
    act = org.act(at_s=NOW_S + 60)
    caller.clock.now_s = NOW_S + 60
    made = act.enrol_device(org.admins.owner(0), managed=False)
    assert made.id in figures(org)["devices_unmanaged"]
    act.manage_device(made, managed=True)
    assert made.id in figures(org)["devices_managed"]
    act.deactivate_device(made)
    after = caller.all(DEVICES, expand="user", limit=7)
    assert [d["id"] for d in after] == [*(d["id"] for d in before), made.id]
    assert (after[-1]["status"], links(after[-1])) == ("DEACTIVATED", [])
    assert after[-1]["lastUpdated"] == iso(NOW_S + 60)
    logged = caller.get("/api/v1/logs", since=iso(NOW_S + 60), filter='eventType sw "device."')
    assert [(e["eventType"], e["target"][0]["id"]) for e in logged.json()] == [
        ("device.enrollment.create", made.id),
        ("device.lifecycle.deactivate", made.id),
    ]


def test_the_log_of_the_past_names_devices_most_of_which_are_still_there(caller: Caller) -> None:
    query = {"filter": 'eventType eq "device.enrollment.create"', "since": iso(NOW_S - 2e6)}
    named = {e["target"][0]["id"] for e in caller.get("/api/v1/logs", **query).json()}
    listed = {device["id"] for device in caller.all(DEVICES)}
    assert 0.5 < len(named & listed) / len(named) < 1


def test_a_classic_org_has_no_such_feature() -> None:
    response = a_caller(edition="classic").get(DEVICES)
    assert (response.status_code, response.json()["errorCode"]) == (401, "E0000015")


def test_devices_have_a_bucket_of_their_own() -> None:
    caller = a_caller(unlimited=False)
    assert caller.get(DEVICES).headers["x-rate-limit-limit"] == "50"
