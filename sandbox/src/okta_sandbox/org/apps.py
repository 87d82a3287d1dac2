"""The applications of an org and who is assigned to them, directly and through groups."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.groups import Group, Groups
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import People
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_APPS = table("apps")
_MODES: Weighted[str] = Weighted(_APPS["more"]["modes"])


@frozen
class App:
    """One application; its first `direct` positions of `shuffle` are assigned one by one."""

    index: int
    id: str
    name: str
    label: str
    mode: str | None
    status: str
    machine: bool
    features: tuple[str, ...]
    groups: tuple[Group, ...]
    shuffle: Shuffle
    direct: int
    created_s: int
    updated_s: int


class Apps:
    """All applications of one org."""

    def __init__(self, basis: Basis, *, count: int, people: People, groups: Groups) -> None:
        self._seed = basis.seed
        self._people = people
        self._groups = groups
        self._changes = basis.changes
        self._as_of_s = basis.as_of_s
        self.ids = IdSpace(basis.seed, "0oa")
        specs = _specs(count, basis, groups)
        self.all = tuple(self._app(index, spec) for index, spec in enumerate(specs))

    def find(self, id_: str) -> App | None:
        """The application of this id."""
        index = self.ids.decode(id_)
        return self.all[index] if index is not None and index < len(self.all) else None

    def _app(self, index: int, spec: dict[str, Any]) -> App:
        chance = Chance(self._seed, "app", index)
        live = self._people.live_size
        created_s = self._as_of_s - int(DAY_S * chance.between(20, 1800))
        assigned = (self._groups.named(name) for name in spec.get("groups", ()))
        return App(
            index=index,
            id=self.ids.encode(index),
            name=spec["name"],
            label=spec["label"],
            mode=spec.get("mode"),
            status=spec.get("status", "ACTIVE"),
            machine=spec.get("machine", False),
            features=tuple(spec.get("features", ())),
            groups=tuple(group for group in assigned if group),
            shuffle=Shuffle.of(live, chance),
            direct=round(spec.get("direct", 0) * live),
            created_s=created_s,
            updated_s=created_s + int((self._as_of_s - created_s) * chance.unit()),
        )

    # --- assignments ----------------------------------------------------------------------

    def scope(self, app: App, user: int) -> str | None:
        """`USER` for a direct assignment, else `GROUP` for one through a group, else None."""
        if self._is_direct(app, user):
            return "USER"
        return "GROUP" if any(self._groups.has(group, user) for group in app.groups) else None

    def _is_direct(self, app: App, user: int) -> bool:
        if (user, app.index) in self._changes.assigned:
            return self._people.is_live(user)
        if (user, app.index) in self._changes.unassigned:
            return False
        return self._in_base(app, user) and self._people.is_live(user)

    def _in_base(self, app: App, user: int) -> bool:
        if user >= self._people.size:
            return False
        rank = self._people.rank(user)
        return rank < self._people.live_size and app.shuffle.position(rank) < app.direct

    def assignments(self, app: App, start: int = 0) -> Iterator[tuple[int, int, str]]:
        """Triples of (position, user, scope) from a position on, each user once.

        Positions run through the direct assignments and then through each group in turn; a user
        met earlier by another way is passed over. A position is a place to resume from.
        """
        people = self._people
        for position in range(start, app.direct):
            user = people.at_rank(app.shuffle.at(position))
            if self._is_direct(app, user):
                yield position, user, "USER"
        before = app.direct
        late = sorted(
            user
            for user, index in self._changes.assigned
            if index == app.index and not self._in_base(app, user)
        )
        for place in range(max(start - before, 0), len(late)):
            if people.is_live(late[place]):
                yield before + place, late[place], "USER"
        # Room for late assignments, so that the positions of groups never move.
        before += _ROOM
        for number, group in enumerate(app.groups):
            for position, user in self._groups.members(group, max(start - before, 0)):
                seen = any(self._groups.has(other, user) for other in app.groups[:number])
                if not seen and not self._is_direct(app, user):
                    yield before + position, user, "GROUP"
            before += people.size + _ROOM

    def counts(self, app: App) -> tuple[int, int]:
        """The exact numbers of users assigned directly and through groups only."""
        direct = group = 0
        for _, _, scope in self.assignments(app):
            if scope == "USER":
                direct += 1
            else:
                group += 1
        return direct, group

    def of_group(self, group: Group) -> list[App]:
        """Applications that the group is assigned to."""
        return [app for app in self.all if group in app.groups]


_ROOM = 1_000_000
_OKTAS_OWN = 3
"""How many rows at the beginning of the table are Okta's own."""


def _specs(count: int, basis: Basis, groups: Groups) -> list[dict[str, Any]]:
    """What each of `count` applications is: the table, then as many more as asked."""
    rows: list[dict[str, Any]] = _APPS["apps"]
    specs = [row for row in rows if basis.oddities or not row.get("oddity")]
    if basis.variety:
        # After Okta's own, so that small orgs have them too.
        specs[_OKTAS_OWN:_OKTAS_OWN] = _APPS["variety"]
    more = _APPS["more"]
    candidates = [group.name for group in groups.all if not group.roles]
    for number in range(count - len(specs)):
        chance = Chance(basis.seed, "more apps", number)
        suffix, label = divmod(number, len(more["labels"]))
        ending = more["suffixes"][suffix] if suffix < len(more["suffixes"]) else f" {suffix}"
        mode = chance.weighted(_MODES)
        specs.append(
            {
                "name": more["names"][mode],
                "label": more["labels"][label] + ending,
                "mode": mode,
                "status": "INACTIVE" if chance.happens(0.12) else "ACTIVE",
                "groups": [chance.pick(candidates) for _ in range(chance.whole(0, 2))],
                "direct": 0.05 * chance.unit() ** 2,
            }
        )
    return specs[:count]
