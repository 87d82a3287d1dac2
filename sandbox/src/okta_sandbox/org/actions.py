"""Changes to a running org: each alters the overlay and writes the log entry Okta would write."""

from typing import Any

from attrs import evolve

from okta_sandbox.org.apps import App
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.entries import frame, origin, party, user_party, uuid_of
from okta_sandbox.org.events import MAX_DELAY_MS
from okta_sandbox.org.groups import Group
from okta_sandbox.org.records import Device, Event, User
from okta_sandbox.org.tables import table

Json = dict[str, Any]

_ROWS: dict[str, Json] = table("actions")
_ROLES = table("roles")["labels"]
_ADDRESS = "192.0.2.10"
_PLACE: Json = table("events")["places"][0]
_AGENT: Json = table("events")["agents"][0]

_AUTHENTICATOR_EVENTS = {
    "": "security.authenticator.lifecycle.update",
    "ACTIVE": "security.authenticator.lifecycle.activate",
    "INACTIVE": "security.authenticator.lifecycle.deactivate",
}


class Actions:
    """What an administrator does at one instant (epoch seconds). Users are indexes.

    As with Okta, enrolling a factor, granting a role or joining a group does not move the user's
    `lastUpdated`; the System Log is what tells.
    """

    def __init__(self, org: Directory, *, at_s: float, log_delay_s: float) -> None:
        if not 0 <= log_delay_s * 1000 <= MAX_DELAY_MS:
            raise ValueError(f"The log is never {log_delay_s} s late.")
        self._log_delay_ms = int(log_delay_s * 1000)
        self._org = org
        self._changes = org.changes
        self._at_s = at_s
        self._by = user_party(org.people.user(org.admins.owner(0)))

    # --- people ---------------------------------------------------------------------------

    def add_user(self, first_name: str, last_name: str, *, status: str = "ACTIVE") -> User:
        """A new account, in Everyone and in what Everyone is assigned to."""
        people, at_s = self._org.people, int(self._at_s)
        index = people.size + len(self._changes.added)
        active = status not in {"STAGED", "PROVISIONED"}
        model = people.user(self._org.admins.owner(0))
        user = evolve(
            model,
            index=index,
            id=people.ids.encode(index),
            login=f"{first_name}.{last_name}{index}@{model.login.partition('@')[2]}".lower(),
            first_name=first_name,
            last_name=last_name,
            kind="Employee",
            status=status,
            created_s=at_s,
            activated_s=at_s if active else None,
            status_changed_s=at_s,
            last_login_s=None,
            last_updated_s=at_s,
            password_changed_s=at_s if active else None,
            provider_type="OKTA",
            provider_name="OKTA",
        )
        self._changes.added.append(user)
        self._changes.factors[index] = ()
        self._changes.membership_changed_s[0] = self._at_s
        self._changes.version += 1
        self._log("user.lifecycle.create", user_party(user))
        return user

    def delete_user(self, user: int) -> None:
        """The account is gone: not listed, not found."""
        target = self._party(user)
        self._leave_every_group(user)
        self._changes.deleted.add(user)
        self._changes.version += 1
        self._log("user.lifecycle.delete.completed", target)

    def deactivate_user(self, user: int) -> None:
        """The account becomes DEPROVISIONED and loses groups, applications and factors."""
        self._set_status(user, "DEPROVISIONED", "user.lifecycle.deactivate")

    def suspend_user(self, user: int) -> None:
        """The account can no longer sign in and keeps what it is assigned."""
        self._set_status(user, "SUSPENDED", "user.lifecycle.suspend")

    def unsuspend_user(self, user: int) -> None:
        """The account can sign in again."""
        self._set_status(user, "ACTIVE", "user.lifecycle.unsuspend")

    def lock_user(self, user: int) -> None:
        """Too many wrong passwords."""
        self._set_status(user, "LOCKED_OUT", "user.account.lock")

    def update_profile(self, user: int, **fields: Any) -> None:
        """Change fields of the record, such as `title` or `department`."""
        self._changes.update(user, **fields, last_updated_s=int(self._at_s))
        self._log("user.account.update_profile", self._party(user))

    def sign_in(self, user: int) -> None:
        """The user signs in; that moves `lastLogin` and nothing else."""
        self._changes.update(user, last_login_s=int(self._at_s))
        self._log("user.session.start", by=self._party(user))

    def _set_status(self, user: int, status: str, event_type: str) -> None:
        at_s = int(self._at_s)
        target = self._party(user)
        if status == "DEPROVISIONED":
            self._leave_every_group(user)
        self._changes.update(user, status=status, status_changed_s=at_s, last_updated_s=at_s)
        self._log(event_type, target)

    def _leave_every_group(self, user: int) -> None:
        """The groups lose a member, of which Okta logs nothing but the user's own entry."""
        for group in self._org.groups.of_user(user):
            self._changes.membership_changed_s[group.index] = self._at_s

    # --- factors --------------------------------------------------------------------------

    def enrol_factor(self, user: int, authenticator: str) -> None:
        """Enrol an authenticator of `factors.toml`, e.g. `okta_verify_fastpass`, `security_key`."""
        record = self._org.people.user(user)
        chance = Chance(self._org.seed, "enrolment", user, self._changes.version)
        made = self._org.factors.enrolment(
            authenticator, record, chance=chance, at_s=int(self._at_s)
        )
        self._changes.factors[user] = (*self._org.factors.enrolled(user), *made)
        self._changes.version += 1
        self._log("user.mfa.factor.activate", user_party(record), by=user_party(record))

    def remove_factors(self, user: int, type_: str) -> None:
        """Reset every factor of one type."""
        kept = tuple(f for f in self._org.factors.enrolled(user) if f.type != type_)
        self._changes.factors[user] = kept
        self._changes.version += 1
        self._log("user.mfa.factor.deactivate", self._party(user))

    def reset_factors(self, user: int) -> None:
        """Reset every factor."""
        self._changes.factors[user] = ()
        self._changes.version += 1
        self._log("user.mfa.factor.reset_all", self._party(user))

    def set_authenticator(
        self, key: str, *, status: str | None = None, allowed_for: str | None = None
    ) -> None:
        """Switch an authenticator of the org on or off, or say what it may be used for."""
        row = next(each for each in self._org.security.authenticators if each["key"] == key)
        changed = {"status": status, "allowed_for": allowed_for}
        fields = self._changes.authenticators.setdefault(key, {})
        fields |= {name: value for name, value in changed.items() if value is not None}
        self._changes.version += 1
        target = party(self._org.security.id("aut", key), "Authenticator", row["name"])
        self._log(_AUTHENTICATOR_EVENTS[status or ""], target)

    # --- devices --------------------------------------------------------------------------

    def enrol_device(self, user: int, *, managed: bool) -> Device:
        """The user enrols one more device."""
        devices, owner = self._org.devices, self._org.people.user(user)
        index = devices.first_late + len(self._changes.devices)
        chance = Chance(self._org.seed, "device", index)
        made = devices.described(index, owner, chance, users=(user,), at_s=int(self._at_s))
        made = evolve(made, managed=managed)
        self._changes.devices.append(made)
        self._changes.version += 1
        self._log("device.enrollment.create", _device_party(made), by=user_party(owner))
        return made

    def deactivate_device(self, device: Device) -> None:
        """The device loses its users."""
        self._changes.device_fields[device.index] = {
            "status": "DEACTIVATED",
            "updated_s": int(self._at_s),
        }
        self._changes.version += 1
        self._log("device.lifecycle.deactivate", _device_party(device))

    def manage_device(self, device: Device, *, managed: bool) -> None:
        """Management software is put on the device or taken off, of which the log says nothing."""
        fields = self._changes.device_fields.setdefault(device.index, {})
        fields |= {"managed": managed, "updated_s": int(self._at_s)}
        self._changes.version += 1

    # --- privilege and access -------------------------------------------------------------

    def grant_role(self, user: int, role: str) -> None:
        """Give a role directly: a type such as `SUPER_ADMIN`, or `CUSTOM:<label>`."""
        held = self._changes.granted.get(user, ())
        self._changes.granted[user] = (*held, role)
        self._changes.version += 1
        label = role.partition(":")[2] or _ROLES.get(role, role)
        debug = {"privilegeGranted": label}
        self._log("user.account.privilege.grant", self._party(user), debug=debug)

    def revoke_roles(self, user: int) -> None:
        """Take every direct role away."""
        self._changes.granted.pop(user, None)
        self._changes.revoked.add(user)
        self._changes.version += 1
        self._log("user.account.privilege.revoke", self._party(user))

    def join_group(self, user: int, group: Group) -> None:
        """Add the user to the group."""
        self._changes.left.discard((user, group.index))
        self._changes.joined.add((user, group.index))
        self._membership("group.user_membership.add", user, group)

    def leave_group(self, user: int, group: Group) -> None:
        """Remove the user from the group."""
        self._changes.joined.discard((user, group.index))
        self._changes.left.add((user, group.index))
        self._membership("group.user_membership.remove", user, group)

    def _membership(self, event_type: str, user: int, group: Group) -> None:
        self._changes.membership_changed_s[group.index] = self._at_s
        self._changes.version += 1
        target = party(group.id, "UserGroup", group.name)
        self._log(event_type, self._party(user), target)

    def assign_app(self, user: int, app: App) -> None:
        """Assign the application to the user directly."""
        self._changes.unassigned.discard((user, app.index))
        self._changes.assigned.add((user, app.index))
        self._assignment("application.user_membership.add", user, app)

    def unassign_app(self, user: int, app: App) -> None:
        """Take the direct assignment away; one through a group stays."""
        self._changes.assigned.discard((user, app.index))
        self._changes.unassigned.add((user, app.index))
        self._assignment("application.user_membership.remove", user, app)

    def _assignment(self, event_type: str, user: int, app: App) -> None:
        self._changes.version += 1
        self._log(event_type, self._party(user), party(app.id, "AppInstance", app.label))

    # --- the log --------------------------------------------------------------------------

    def _party(self, user: int) -> Json:
        return user_party(self._org.people.user(user))

    def _log(
        self, event_type: str, *targets: Json, by: Json | None = None, debug: Json | None = None
    ) -> None:
        at_ms = int(self._at_s * 1000)
        row = {"type": event_type, "outcome": "SUCCESS", **_ROWS[event_type]}
        if debug:
            row["debug"] = debug
        chance = Chance(self._org.seed, "change", len(self._changes.events), at_ms)
        entry = {
            **frame(row, uuid=uuid_of(chance), published_ms=at_ms, chance=chance),
            "actor": by or self._by,
            "target": list(targets) or None,
            **origin(_ADDRESS, place=_PLACE, agent=_AGENT, away=False, chance=chance, row=row),
        }
        self._changes.events.append(Event(at_ms, at_ms + self._log_delay_ms, entry))


def _device_party(device: Device) -> Json:
    return party(device.id, "Device", device.name)
