"""The applications of an org and who is assigned to them, directly and through groups."""

from collections.abc import Iterator
from typing import Any

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.changes import current
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import People
from okta_sandbox.org.records import App, Group
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_APPS = table("apps")
_MODES: Weighted[str] = Weighted(_APPS["more"]["modes"])


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
        self.base = tuple(self._app(index, spec) for index, spec in enumerate(specs))

    @property
    def all(self) -> tuple[App, ...]:
        """Every application that there is now, in the order of creation."""
        return current(self.base, self._changes.apps)

    def at(self, index: int) -> App | None:
        """The application of this index as it is now."""
        if index in self._changes.apps:
            return self._changes.apps[index]
        return self.base[index] if index < len(self.base) else None

    def find(self, id_: str) -> App | None:
        """The application of this id."""
        index = self.ids.decode(id_)
        return None if index is None else self.at(index)

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
        groups = sorted(app.groups, key=lambda group: group.index)
        for number, group in enumerate(groups):
            # A place of its own for each group, with room for whoever comes late, so that no
            # position ever moves.
            before = app.direct + _ROOM + group.index * (people.size + _ROOM)
            for position, user in self._groups.members(group, max(start - before, 0)):
                seen = any(self._groups.has(other, user) for other in groups[:number])
                if not seen and not self._is_direct(app, user):
                    yield before + position, user, "GROUP"

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
        return [app for app in self.all if any(group.index == g.index for g in app.groups)]

    def opened_s(self, app: App, user: int) -> float | None:
        """When the assignment was made, where that was no longer ago than the org's beginning."""
        return self._changes.opened_s.get((user, app.index))


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
    candidates = [group.name for group in groups.base if not group.roles]
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
