"""Who holds which admin role, directly and through which group."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.changes import current
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import People
from okta_sandbox.org.records import CustomRole, Group
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_ROLES = table("roles")
_ROWS: list[dict[str, Any]] = _ROLES["admins"]
_LABELS: dict[str, str] = _ROLES["labels"]
_RESOURCE_SETS: dict[str, str] = _ROLES["resource_sets"]
_REPEAT_FROM = 5
"""Rows before this one own the API tokens and occur once."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@frozen
class Grant:
    """One role held by a user (`user` is set), a group (`group` is set) or a service app."""

    id: str
    type: str
    label: str
    role: str | None
    """The role's id, for custom roles and those that Okta assigns like them."""
    resource_set: str | None
    user: int | None
    group: Group | None
    created_s: int


class Admins:
    """All admin role assignments of one org."""

    def __init__(self, basis: Basis, *, count: int, people: People, groups: Groups) -> None:
        self._seed = basis.seed
        self._people = people
        self._groups = groups
        self._changes = basis.changes
        self._as_of_s = basis.as_of_s
        self._base_roles = tuple(self._custom_roles(variety=basis.variety))
        shuffle = Shuffle.of(people.active_size, Chance(basis.seed, "admins"))
        self._rows = {
            people.at_rank(shuffle.at(place)): _ROWS[_row(place)]
            for place in range(min(count, people.active_size))
        }

    def _custom_roles(self, *, variety: bool) -> Iterator[CustomRole]:
        ids = IdSpace(self._seed, "cr0")
        for index, spec in enumerate(_ROLES["custom"]):
            if spec.get("variety") and not variety:
                continue
            chance = Chance(self._seed, "custom role", index)
            created_s = self._as_of_s - int(DAY_S * chance.between(100, 900))
            yield CustomRole(
                id=ids.encode(index),
                label=spec["label"],
                description=spec["description"],
                permissions=tuple(spec["permissions"]),
                created_s=created_s,
                updated_s=created_s,
            )

    @property
    def custom_roles(self) -> tuple[CustomRole, ...]:
        """Every custom role as it is now."""
        return current(self._base_roles, self._changes.custom_roles)

    def custom_role(self, id_or_label: str) -> CustomRole | None:
        """The custom role of this id or label."""
        for role in self.custom_roles:
            if id_or_label in {role.id, role.label}:
                return role
        return None

    # --- assignments ----------------------------------------------------------------------

    def holders(self) -> list[int]:
        """Users who hold a role directly, in the order of creation."""
        users = {*self._rows, *self._changes.granted}
        return sorted(user for user in users if self.direct(user) and self._people.exists(user))

    def owner(self, place: int) -> int:
        """The admin of this row of the table, whom an API token belongs to."""
        return list(self._rows)[min(place, len(self._rows) - 1)]

    def admin_groups(self) -> list[Group]:
        """Groups whose members hold a role."""
        return [group for group in self._groups.all if group.roles]

    def first(self) -> list[int]:
        """Users who held a role directly before any change, in the order of creation."""
        return sorted(self._rows)

    def direct(self, user: int) -> list[Grant]:
        """Roles the user holds directly."""
        roles: list[str] = []
        if user in self._rows and user not in self._changes.revoked:
            roles += self._rows[user]["roles"]
        roles += self._changes.granted.get(user, ())
        return [self._grant(role, user=user) for role in dict.fromkeys(roles)]

    def of_group(self, group: Group) -> tuple[Grant, ...]:
        """Roles assigned to the group."""
        now = self._groups.at(group.index)
        return tuple(self._grant(role, group=now) for role in now.roles) if now else ()

    def of_user(self, user: int) -> list[Grant]:
        """Roles the user holds directly and through groups, every path."""
        grants = self.direct(user)
        for group in self.admin_groups():
            if self._groups.has(group, user):
                grants += self.of_group(group)
        return grants

    def privileged(self) -> set[int]:
        """Every user who holds any role by any path."""
        users = set(self.holders())
        for group in self.admin_groups():
            users.update(user for _, user in self._groups.members(group))
        return users

    def authenticators(self, user: int, edition: str) -> str | None:
        """What a direct admin has enrolled, or None for whatever anybody might have."""
        row = self._rows.get(user)
        wanted = str(row["mfa"]) if row else ""
        return _ROLES["mfa"][edition].get(wanted, wanted) or None

    def grant_to_machine(self, role: str, app: int) -> Grant:
        """A role of the service app with this index."""
        return self._grant(role, machine=app)

    def _grant(
        self,
        role: str,
        *,
        user: int | None = None,
        group: Group | None = None,
        machine: int | None = None,
    ) -> Grant:
        type_, _, label = role.partition(":")
        holder = ("group", group.index) if group else ("user", user or 0)
        if machine is not None:
            holder = ("machine", machine)
        chance = Chance(self._seed, "grant", role, *holder)
        custom = self.custom_role(label) if label else None
        return Grant(
            id=("irb" if type_ == "CUSTOM" or type_ in _RESOURCE_SETS else "ra1")
            + chance.text(17, _LETTERS),
            type=type_,
            label=label or _LABELS.get(type_, type_),
            role=custom.id if custom else (type_ if type_ in _RESOURCE_SETS else None),
            resource_set="iam" + chance.text(17, _LETTERS) if custom else _RESOURCE_SETS.get(type_),
            user=user,
            group=group,
            created_s=self._as_of_s - int(DAY_S * chance.between(1, 700)),
        )


def _row(place: int) -> int:
    if place < len(_ROWS):
        return place
    return _REPEAT_FROM + (place - len(_ROWS)) % (len(_ROWS) - _REPEAT_FROM)
