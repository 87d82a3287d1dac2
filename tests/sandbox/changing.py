"""An org that a test changes, and everything that can be done to one, once."""

from typing import Any

from okta_sandbox.org.actions import Actions
from okta_sandbox.org.org import Org
from okta_sandbox.org.tables import table
from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, Caller, a_caller

LATER_S = NOW_S + 100


class Changing:
    """An org, what it can do, and what its log has said since."""

    def __init__(self) -> None:
        self.caller: Caller = a_caller(users=150, groups=22)
        self.org = self.caller.sandbox.org
        self.caller.clock.now_s = LATER_S
        self.act: Actions = self.org.act(at_s=LATER_S)
        people = self.org.people
        active = [i for i in people.indexes() if people.status(i) == "ACTIVE"]
        privileged = self.org.admins.privileged()
        self.user = next(i for i in active if self.org.factors.of(i) and i not in privileged)
        self.path = f"/api/v1/users/{people.ids.encode(self.user)}"

    @property
    def id(self) -> str:
        return self.org.people.ids.encode(self.user)

    def record(self) -> dict[str, Any]:
        return self.caller.get(self.path).json()

    def logged(self) -> list[tuple[str, str]]:
        """Event type and first target of what changes wrote into the log."""
        return [(e["eventType"], e["target"][0]["id"]) for e in self.entries()]

    def entries(self) -> list[dict[str, Any]]:
        """What changes wrote into the log."""
        written = set(table("actions"))
        found = self.caller.all_polled("/api/v1/logs", since=iso(LATER_S))
        return [entry for entry in found if entry["eventType"] in written]

    def types(self) -> list[str]:
        """The types of what changes wrote, in order."""
        return [entry["eventType"] for entry in self.entries()]

    def told(self, event_type: str) -> list[dict[str, str]]:
        """The targets of each entry of a type: id by type of target."""
        return [
            {target["type"]: target["id"] for target in entry["target"]}
            for entry in self.entries()
            if entry["eventType"] == event_type
        ]

    def apps(self) -> set[str]:
        """The applications that the user is assigned to."""
        apps = self.caller.all("/api/v1/apps", limit=200)
        paths = {app["id"]: f"/api/v1/apps/{app['id']}/users/{self.id}" for app in apps}
        return {id_ for id_, path in paths.items() if self.caller.get(path).status_code == 200}


def do_everything(org: Org, act: Actions) -> None:
    """Each action at least once, so that everything an org can tell of has changed."""
    people, groups = org.people, org.groups
    active = [i for i in people.indexes() if people.status(i) == "ACTIVE"]
    plain = [i for i in active if i not in org.admins.privileged()]
    staged = next(i for i in people.indexes() if people.status(i) == "STAGED")
    pending = next(i for i in people.indexes() if people.status(i) == "PROVISIONED")
    _change_people(act, plain[:12], staged, pending)
    for user in plain[12:16]:
        act.enrol_factor(user, "text_message")
    act.suspend_factors(plain[12], "sms")
    act.suspend_factors(plain[13], "sms")
    act.unsuspend_factors(plain[13], "sms")
    act.remove_factors(plain[14], "sms")
    act.withdraw_factor_silently(plain[15], "sms")
    act.change_enrolment_policy()
    act.reset_factors(plain[16])
    if org.security.authenticators:
        act.set_authenticator("phone_number", allowed_for="recovery")
        act.set_authenticator("duo", status="INACTIVE")
        act.set_authenticator("security_question", status="ACTIVE")
    _change_devices(act, plain[17], plain[18])

    old = groups.base[6]
    act.rename_group(old, "Renamed")
    act.join_group(next(i for i in plain[20:] if not groups.has(old, i)), old)
    leavers = [i for i in plain[20:] if groups.has(old, i)]
    act.leave_group(leavers[0], old)
    act.leave_group_silently(leavers[1], old)
    new = act.add_group("New")
    for user in plain[20:24]:
        act.join_group(user, new)
    _change_apps(org, act, new, plain[20], plain[30])
    act.delete_group(groups.base[7])
    act.grant_group_role(new, "APP_ADMIN")
    act.grant_group_role(old, "HELP_DESK_ADMIN")
    act.revoke_group_roles(old)

    act.grant_role(plain[31], "ORG_ADMIN")
    act.grant_role_silently(plain[32], "REPORT_ADMIN")
    act.revoke_roles(org.admins.owner(7))
    act.set_permissions("Access reviewer", "okta.users.read", "okta.users.manage")
    act.add_token("new", plain[31])
    act.revoke_token(org.security.tokens[-2])
    _change_policies(org, act)


def _change_people(act: Actions, users: list[int], staged: int, pending: int) -> None:
    act.add_user("Robin", "Newcomer")
    act.add_user("Kim", "Later", status="STAGED")
    act.delete_user(users[0])
    act.deactivate_user(users[1])
    act.deactivate_user(users[2])
    act.activate_user(users[2])
    act.activate_user(staged)
    act.reactivate_user(pending)
    act.suspend_user(users[3])
    act.suspend_user(users[4])
    act.unsuspend_user(users[4])
    act.lock_user(users[5])
    act.lock_user(users[6])
    act.unlock_user(users[6])
    act.reset_password(users[7])
    act.expire_password(users[8])
    act.expire_password(users[9])
    act.change_password(users[9])
    act.update_profile(users[10], title="Director", department="Legal")
    act.sign_in(users[10])
    act.change_status_silently(users[11], "PASSWORD_EXPIRED")


def _change_devices(act: Actions, first: int, second: int) -> None:
    mine = [act.enrol_device(first, managed=managed) for managed in (True, False, True, False)]
    act.suspend_device(mine[0])
    act.unsuspend_device(mine[0])
    act.suspend_device(mine[1])
    act.deactivate_device(mine[2])
    act.delete_device(mine[3])
    act.add_device_user(mine[0], second)
    act.add_device_user(mine[1], second)
    act.remove_device_user(mine[1], first)
    act.manage_device(mine[0], managed=False)


def _change_apps(org: Org, act: Actions, group: Any, member: int, other: int) -> None:
    apps = org.apps
    new = act.add_app("New")
    act.assign_group(group, new)
    act.assign_app(member, new)
    act.assign_app(other, new)
    act.unassign_app(member, new)
    shared = next(app for app in apps.all if len(app.groups) == 2)
    act.unassign_group(shared.groups[0], shared)
    act.rename_app(shared, "Renamed")
    act.deactivate_app(shared)
    off = next(app for app in apps.all if app.status == "INACTIVE" and app is not shared)
    act.activate_app(off)
    act.delete_app(next(app for app in apps.all if app.direct and app.status == "ACTIVE"))
    act.set_app_policy(new, (org.security.access_policies or org.security.session_policies)[-1])


def _change_policies(org: Org, act: Actions) -> None:
    default = org.security.session_policies[-1]
    act.change_rule(default, default.rules[-1], require_factor=False)
    act.deactivate_rule(default, default.rules[0])
    rule = {"require_factor": True, "idle_minutes": 10, "lifetime_minutes": 60}
    act.activate_rule(default, act.add_rule(default, name="New", status="INACTIVE", **rule))
    act.delete_rule(default, act.add_rule(default, name="Short-lived", **rule))
    new = act.add_policy("OKTA_SIGN_ON", "New", {"name": "Always", **rule})
    act.deactivate_policy(new)
    act.activate_policy(org.security.session_policies[1])
    if org.security.access_policies:
        act.add_policy("ACCESS_POLICY", "New", {"name": "Catch-all Rule", "factors": "2FA"})
    act.add_zone("new", "198.51.100.0/24")
    act.change_zone("office", "192.0.2.0/25")
    act.deactivate_zone("new")
    act.activate_zone("Anonymisers")
    act.delete_zone("new")
