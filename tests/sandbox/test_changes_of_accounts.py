"""Accounts, their factors and devices change, and entries tell of it."""

import pytest

from okta_sandbox.definitions import figures
from okta_sandbox.times import iso
from okta_sandbox.truth import truth
from tests.sandbox.changing import LATER_S, Changing

ADD, REMOVE = "application.user_membership.add", "application.user_membership.remove"


@pytest.fixture
def changing() -> Changing:
    return Changing()


def test_who_is_deactivated_loses_active_applications_with_an_entry_each(
    changing: Changing,
) -> None:
    org = changing.org
    active = {app.id for app in org.apps.all if app.status == "ACTIVE"}
    off = next(app for app in org.apps.all if app.status == "INACTIVE")
    changing.act.assign_app(changing.user, off)
    before = changing.apps()
    assert before - active
    changing.act.deactivate_user(changing.user)
    assert changing.apps() == set()
    assert {pair["AppInstance"] for pair in changing.told(REMOVE)} == before & active


def test_who_comes_back_is_in_the_groups_again_and_has_no_factor_and_no_direct_assignment(
    changing: Changing,
) -> None:
    org = changing.org
    old, changing.user = next(
        (app, user)
        for app in org.apps.all
        for user in org.people.indexes()
        if org.apps.scope(app, user) == "USER" and org.people.status(user) == "ACTIVE"
    )
    path = f"/api/v1/users/{changing.id}"
    groups = changing.caller.get(f"{path}/groups").json()
    direct = next(a for a in org.apps.all if org.apps.scope(a, changing.user) is None)
    changing.act.assign_app(changing.user, direct)
    changing.act.deactivate_user(changing.user)
    changing.act.activate_user(changing.user)
    assert changing.caller.get(path).json()["status"] == "ACTIVE"
    again = changing.caller.get(f"{path}/groups").json()
    assert [group["id"] for group in again] == [group["id"] for group in groups]
    assert changing.caller.get(f"{path}/factors").json() == []
    now = changing.apps()
    assert direct.id not in now
    assert org.apps.scope(old, changing.user) != "USER"
    gained = [pair["AppInstance"] for pair in changing.told(ADD)[1:]]
    assert set(gained) == now


@pytest.mark.parametrize(
    ("action", "status", "event", "moves"),
    [
        ("unsuspend_user", "ACTIVE", "user.lifecycle.unsuspend", True),
        ("unlock_user", "ACTIVE", "user.account.unlock_by_admin", True),
        ("reset_password", "RECOVERY", "user.account.reset_password", True),
        ("expire_password", "PASSWORD_EXPIRED", "user.account.expire_password", False),
        ("activate_user", "ACTIVE", "user.lifecycle.activate", True),
    ],
)
def test_a_status_moves_last_updated_and_mostly_when_it_changed(
    changing: Changing, action: str, status: str, event: str, *, moves: bool
) -> None:
    before = changing.record()
    getattr(changing.act, action)(changing.user)
    record = changing.record()
    assert (record["status"], record["lastUpdated"]) == (status, iso(LATER_S))
    assert (record["statusChanged"] == iso(LATER_S)) is moves
    assert moves or record["statusChanged"] == before["statusChanged"]
    assert changing.logged()[0] == (event, changing.id)


def test_a_new_password_ends_the_recovery(changing: Changing) -> None:
    changing.act.reset_password(changing.user)
    changing.act.change_password(changing.user)
    record = changing.record()
    assert (record["status"], record["passwordChanged"]) == ("ACTIVE", iso(LATER_S))
    assert changing.entries()[-1]["actor"]["id"] == changing.id


def test_the_last_login_is_when_the_sign_in_was_published(changing: Changing) -> None:
    changing.org.act(at_s=LATER_S + 3.4567).sign_in(changing.user)
    changing.caller.clock.now_s = LATER_S + 4
    entry = changing.entries()[-1]
    assert entry["actor"]["id"] == changing.id
    assert changing.record()["lastLogin"] == entry["published"] == iso(LATER_S + 3.456)


def test_a_suspended_factor_is_listed_and_does_not_count(changing: Changing) -> None:
    changing.act.reset_factors(changing.user)
    changing.act.enrol_factor(changing.user, "security_key")
    assert changing.id in truth(changing.org).covered
    changing.act.suspend_factors(changing.user, "webauthn")
    factors = changing.caller.get(f"{changing.path}/factors").json()
    assert [(f["factorType"], f["status"]) for f in factors] == [("webauthn", "INACTIVE")]
    assert (
        changing.id in truth(changing.org).without_mfa & figures(changing.org)["users_without_mfa"]
    )
    changing.act.unsuspend_factors(changing.user, "webauthn")
    assert changing.id in truth(changing.org).covered
    assert changing.types()[-2:] == [
        "user.mfa.factor.suspend",
        "user.mfa.factor.unsuspend",
    ]


def test_a_device_changes_hands_and_goes(changing: Changing) -> None:
    def users(id_: str) -> list[str]:
        found = changing.caller.get(
            "/api/v1/devices", search=f'id eq "{id_}"', expand="userSummary"
        ).json()
        return [link["user"]["id"] for device in found for link in device["_embedded"]["users"]]

    device = changing.act.enrol_device(changing.user, managed=True)
    other = changing.org.admins.owner(3)
    changing.act.add_device_user(device, other)
    encode = changing.org.people.ids.encode
    assert users(device.id) == [changing.id, encode(other)]
    changing.act.remove_device_user(device, changing.user)
    assert users(device.id) == [encode(other)]
    changing.act.suspend_device(device)
    suspended = changing.caller.all("/api/v1/devices", search=f'lastUpdated ge "{iso(LATER_S)}"')
    assert [(d["id"], d["status"]) for d in suspended] == [(device.id, "SUSPENDED")]
    changing.act.unsuspend_device(device)
    changing.act.delete_device(device)
    assert changing.caller.get("/api/v1/devices", search=f'id eq "{device.id}"').json() == []
    assert device.id not in {d["id"] for d in changing.caller.all("/api/v1/devices")}
    assert changing.told("device.user.add") == [{"Device": device.id, "User": encode(other)}]
    assert changing.types() == [
        "device.enrollment.create",
        "device.user.add",
        "device.user.remove",
        "device.lifecycle.suspend",
        "device.lifecycle.unsuspend",
        "device.lifecycle.delete",
    ]
