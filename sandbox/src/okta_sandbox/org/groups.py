"""The groups of an org and who is in them: membership is arithmetic, never a list."""

from collections.abc import Iterator
from typing import Any

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.changes import current
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import People
from okta_sandbox.org.records import Group
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

EVERYONE = 0


class Groups:
    """All groups of one org."""

    def __init__(self, basis: Basis, *, count: int, people: People) -> None:
        self._seed = basis.seed
        self._people = people
        self._changes = basis.changes
        self._as_of_s = basis.as_of_s
        self.ids = IdSpace(basis.seed, "00g")
        specs = _specs(count, people, basis.seed)
        self.base = tuple(self._group(index, spec) for index, spec in enumerate(specs))
        self._first_names = {group.name: group.index for group in self.base}

    @property
    def all(self) -> tuple[Group, ...]:
        """Every group that there is now, in the order of creation."""
        return current(self.base, self._changes.groups)

    def at(self, index: int) -> Group | None:
        """The group of this index as it is now."""
        if index in self._changes.groups:
            return self._changes.groups[index]
        return self.base[index] if index < len(self.base) else None

    def named(self, name: str) -> Group | None:
        """The group that had this name at first, by which the tables refer to it."""
        index = self._first_names.get(name)
        return None if index is None else self.at(index)

    def find(self, id_: str) -> Group | None:
        """The group of this id."""
        index = self.ids.decode(id_)
        return None if index is None else self.at(index)

    def _group(self, index: int, spec: dict[str, Any]) -> Group:
        chance = Chance(self._seed, "group", index)
        created_s = self._as_of_s - int(DAY_S * chance.between(30, 2000))
        updated_s = created_s + int((self._as_of_s - created_s) * chance.unit())
        return Group(
            index=index,
            id=self.ids.encode(index),
            name=spec["name"],
            description=spec["description"],
            type=spec["type"],
            roles=tuple(spec.get("roles", ())),
            created_s=created_s,
            updated_s=updated_s,
            membership_changed_s=self._as_of_s - int(DAY_S * chance.between(0, 60)),
            **self._members(spec, chance),
        )

    def _members(self, spec: dict[str, Any], chance: Chance) -> dict[str, Any]:
        live = self._people.live_size
        if "department" in spec:
            start, stop = self._people.departments.stretch(spec["department"])
            return {"shuffle": self._people.departments.shuffle, "start": start, "stop": stop}
        size = min(spec.get("size") or round(spec.get("share", 1) * live), live)
        return {"shuffle": Shuffle.of(live, chance), "start": 0, "stop": max(size, 1)}

    # --- membership -----------------------------------------------------------------------

    def has(self, group: Group, user: int) -> bool:
        """Whether the user is a member now."""
        if (user, group.index) in self._changes.joined:
            return self._people.is_live(user)
        if (user, group.index) in self._changes.left:
            return False
        return self.in_base(group, user) and self._people.is_live(user)

    def in_base(self, group: Group, user: int) -> bool:
        """Whether the user was a member before any change; newcomers are in Everyone only."""
        if group.index == EVERYONE:
            return self._people.is_live(user)
        if user >= self._people.size:
            return False
        rank = self._people.rank(user)
        if rank >= self._people.live_size:
            return False
        return group.start <= group.shuffle.position(rank) < group.stop

    def of_user(self, user: int) -> list[Group]:
        """The groups a user belongs to."""
        return [group for group in self.all if self.has(group, user)]

    def members(self, group: Group, start: int = 0) -> Iterator[tuple[int, int]]:
        """Pairs of (position, user) from a position on; a position is a place to resume from."""
        people = self._people
        for position in range(start, group.base_size):
            user = people.at_rank(group.shuffle.at(group.start + position))
            if self.has(group, user):
                yield position, user
        extras = self._late_members(group)
        for place in range(max(start - group.base_size, 0), len(extras)):
            if self.has(group, extras[place]):
                yield group.base_size + place, extras[place]

    def _late_members(self, group: Group) -> list[int]:
        """Users who may be members and whom the base does not list, in a stable order."""
        joined = [user for user, index in self._changes.joined if index == group.index]
        if group.index == EVERYONE:
            joined += range(self._people.size, self._people.size + len(self._changes.added))
            joined += [user for user in self._changes.fields if user < self._people.size]
        return sorted({user for user in joined if not self._listed_in_base(group, user)})

    def _listed_in_base(self, group: Group, user: int) -> bool:
        if user >= self._people.size:
            return False
        rank = self._people.rank(user)
        if rank >= self._people.live_size:
            return False
        return group.start <= group.shuffle.position(rank) < group.stop

    def size(self, group: Group) -> int:
        """The exact number of members."""
        touched = {user for user in self._changes.touched() if self._listed_in_base(group, user)}
        touched |= {user for user, index in self._changes.left if index == group.index}
        gone = sum(
            1 for user in touched if self._listed_in_base(group, user) and not self.has(group, user)
        )
        late = sum(1 for user in self._late_members(group) if self.has(group, user))
        return group.base_size - gone + late

    def membership_changed_s(self, group: Group) -> float:
        """When somebody last joined or left."""
        return self._changes.membership_changed_s.get(group.index, group.membership_changed_s)


def _specs(count: int, people: People, seed: int) -> list[dict[str, Any]]:
    """What each group is: the table, the departments, then as many projects as asked."""
    specs: list[dict[str, Any]] = list(table("groups")["groups"])
    specs += [
        {
            "name": name,
            "description": f"Everybody in {name}",
            "type": "OKTA_GROUP",
            "department": name,
        }
        for name in people.departments.names
    ]
    for number in range(1, count - len(specs) + 1):
        share = 0.002 + 0.06 * Chance(seed, "project", number).unit() ** 2
        specs.append(
            {
                "name": f"Project {number:02d}",
                "description": f"Members of project {number:02d}",
                "type": "OKTA_GROUP",
                "share": share,
            }
        )
    return specs[: max(count, 4)]
