"""The devices of an org: a few a person, computed from the person's index, under the overlay."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.people import People
from okta_sandbox.org.records import Device, User
from okta_sandbox.org.tables import table
from okta_sandbox.org.timelines import Timelines
from okta_sandbox.times import DAY_S

_TABLE = table("devices")
_NUMBER: Weighted[int] = Weighted({int(n): weight for n, weight in _TABLE["number"].items()})
_STATUSES: Weighted[str] = Weighted(_TABLE["statuses"])
_LOCKS: Weighted[str] = Weighted(_TABLE["screen_locks"])
_PLATFORMS: Weighted[str] = Weighted(_TABLE["platforms"])
_MODELS: dict[str, dict[str, Any]] = _TABLE["models"]
_ENCRYPTION: dict[str, Weighted[str]] = {
    platform: Weighted(spec["encryption"]) for platform, spec in _MODELS.items()
}
_HAVE_NONE = frozenset({"STAGED", "PROVISIONED"})
_PLACES = 4
"""Device indexes that belong to one person: as many as the most anybody has, and one."""
_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Devices:
    """All devices of one org; a Classic org has none.

    A device's index is its first user's, times four, plus a place. Devices that were added later
    have the indexes from there on.
    """

    def __init__(self, basis: Basis, *, people: People) -> None:
        self._seed = basis.seed
        self._as_of_s = basis.as_of_s
        self._people = people
        self._changes = basis.changes
        self._exist = basis.edition == "identity-engine"
        self.ids = IdSpace(basis.seed, "guo")
        self._timelines = Timelines(
            self._base, "updated_s", first_s=float("-inf"), last_s=basis.as_of_s
        )

    def all(self) -> Iterator[Device]:
        """Every device as it is now."""
        return (device for index in self.indexes() if (device := self.at(index)))

    def indexes(self, start: int = 0) -> Iterator[int]:
        """Every index from one on that has or had a device, ascending."""
        for owner in range(start // _PLACES, self._people.size):
            first = owner * _PLACES
            number = self._number(self._people.computed(owner))
            yield from range(max(first, start), first + number)
        yield from self._late(start)

    def changed(self, start: int = 0) -> Iterator[int]:
        """Indexes of the devices that are not as they were computed, ascending."""
        of_base = {index for index in self._changes.device_fields if index < self.first_late}
        yield from sorted(index for index in of_base if index >= start)
        yield from self._late(start)

    def _late(self, start: int) -> range:
        end = self.first_late + len(self._changes.devices)
        return range(max(start, self.first_late), end)

    def within(self, span_s: tuple[float, float]) -> Sequence[int] | None:
        """Devices of the base that were last updated in the span at first; None for all."""
        return self._timelines.within("updated_s", span_s)

    def find(self, id_: str) -> Device | None:
        """The device of this id."""
        index = self.ids.decode(id_)
        return None if index is None else self.at(index)

    def at(self, index: int) -> Device | None:
        """The device of this index as it is now, linked to those only who still are there."""
        device = self._known(index)
        if device is None or index in self._changes.deleted_devices:
            return None
        device = evolve(device, **self._changes.device_fields.get(index, {}))
        linked = () if device.status == "DEACTIVATED" else device.users
        return evolve(device, users=tuple(u for u in linked if self._people.is_live(u)))

    def _known(self, index: int) -> Device | None:
        """The device as it was at first, if there ever was one."""
        if index >= self.first_late:
            late = self._changes.devices
            place = index - self.first_late
            return late[place] if place < len(late) else None
        owner, place = divmod(index, _PLACES)
        user = self._people.computed(owner)
        return self._computed(user, place) if place < self._number(user) else None

    def first_of(self, owner: int) -> Iterator[Device]:
        """The devices that a person of the base enrolled first, as they were then."""
        user = self._people.computed(owner)
        return (self._computed(user, place) for place in range(self._number(user)))

    @property
    def first_late(self) -> int:
        """The index of the first device that was added later."""
        return self._people.size * _PLACES

    def _base(self) -> Iterator[tuple[int, Device]]:
        """Every device of the base as it was at first."""
        for owner in range(self._people.size):
            for device in self.first_of(owner):
                yield device.index, device

    def _number(self, owner: User) -> int:
        """How many devices somebody enrolled; said by the base, so that no index moves."""
        if not self._exist or owner.kind == "Service" or owner.status in _HAVE_NONE:
            return 0
        return Chance(self._seed, "devices", owner.index).weighted(_NUMBER)

    def _computed(self, owner: User, place: int) -> Device:
        chance = Chance(self._seed, "device", owner.index, place)
        users = [owner.index]
        if chance.happens(_TABLE["shared"]):
            users.append(self._people.at_rank(chance.number() % self._people.active_size))
        return self.described(
            owner.index * _PLACES + place,
            owner,
            chance,
            users=tuple(dict.fromkeys(users)),
            status=chance.weighted(_STATUSES),
        )

    def described(
        self,
        index: int,
        owner: User,
        chance: Chance,
        *,
        users: tuple[int, ...],
        status: str = "ACTIVE",
        at_s: int | None = None,
    ) -> Device:
        """A device of this index as these throws make it, enrolled then or some day in the past."""
        platform = chance.weighted(_PLATFORMS)
        spec = _MODELS[platform]
        since_s = owner.activated_s or owner.created_s
        span_s = max(self._as_of_s - since_s, 1)
        created_s = since_s + int(span_s * chance.unit()) if at_s is None else at_s
        seldom = owner.kind in _TABLE["seldom_managed"]
        return Device(
            index=index,
            id=self.ids.encode(index),
            name=f"{spec['display_name']} of {owner.name}",
            platform=platform,
            status=status,
            users=users,
            managed=chance.happens(_TABLE["managed"]["seldom" if seldom else "Employee"]),
            registered=chance.happens(0.97),
            screen_lock=chance.weighted(_LOCKS),
            encryption=chance.weighted(_ENCRYPTION[platform]),
            secure_hardware=chance.happens(0.9),
            manufacturer=spec["manufacturer"],
            model=spec["model"],
            os_version=chance.pick(spec["versions"]),
            serial=chance.text(12, _LETTERS),
            created_s=created_s,
            updated_s=max(created_s, self._as_of_s - int(DAY_S * chance.between(0, 40)))
            if at_s is None
            else at_s,
        )
