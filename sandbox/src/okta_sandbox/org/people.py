"""The accounts of an org: who they are, computed one at a time from the seed and an index."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.departments import Departments, shares
from okta_sandbox.org.ids import IdSpace
from okta_sandbox.org.records import User
from okta_sandbox.org.shuffle import Shuffle
from okta_sandbox.org.tables import table
from okta_sandbox.org.timelines import Timelines
from okta_sandbox.times import DAY_S

CAN_SIGN_IN = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY"})

_OLDEST_DAYS = 2200.1
_NEVER_ACTIVATED = frozenset({"STAGED", "PROVISIONED"})
_OWN_PASSWORD = frozenset({"OKTA", "IMPORT"})


_NO_DECOMPOSITION = {ord("ø"): "o", 0x131: "i"}
"""Letters that Unicode doesn't take apart: the Danish o with stroke, the Turkish dotless i."""


def plain_letters(text: str) -> str:
    """The text in lower-case ASCII letters, for a login."""
    letters = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION))
    return "".join(
        character for character in letters if character.isascii() and character.isalpha()
    )


class People:
    """All accounts of one org.

    A user has an *index* (order of creation, what ids encode) and a *rank*, the index shuffled.
    Statuses, groups and assignments own stretches of ranks, so counts are exact and nothing is
    stored. Accounts that were added later have an index from `size` up and no rank.
    """

    def __init__(self, basis: Basis, *, size: int) -> None:
        weights: dict[str, float] = table("people")["statuses"]
        self.size = size
        self.changes = basis.changes
        self.ids = IdSpace(basis.seed, "00u")
        self._seed = basis.seed
        self._as_of_s = basis.as_of_s
        self._ranks = Shuffle.of(size, Chance(basis.seed, "ranks"))
        self._statuses = tuple(weights)
        self._status_ends = shares(weights, size)
        self.departments = Departments.of(basis.seed, self.live_size)
        self._timelines = Timelines(
            lambda: ((index, self.computed(index)) for index in range(size)),
            "created_s",
            "last_updated_s",
            first_s=basis.as_of_s - _OLDEST_DAYS * DAY_S,
            last_s=basis.as_of_s,
        )

    # --- counting and finding -------------------------------------------------------------

    @property
    def live_size(self) -> int:
        """How many accounts of the base are not deactivated: the ranks [0, live_size)."""
        return self._status_ends[-2]

    @property
    def active_size(self) -> int:
        """How many accounts of the base are ACTIVE: the ranks [0, active_size)."""
        return self._status_ends[0]

    def rank(self, index: int) -> int:
        """Where a base account stands in the shuffled order."""
        return self._ranks.position(index)

    def at_rank(self, rank: int) -> int:
        """The base account of this rank."""
        return self._ranks.at(rank)

    def indexes(self, start: int = 0) -> Iterator[int]:
        """Every account that exists, in the order of creation."""
        deleted = self.changes.deleted
        for index in range(start, self.size + len(self.changes.added)):
            if index not in deleted:
                yield index

    def changed(self, start: int = 0) -> Iterator[int]:
        """Every account that exists and isn't as it was computed, in the order of creation."""
        late = range(self.size, self.size + len(self.changes.added))
        for index in sorted({*self.changes.fields, *late}):
            if index >= start and index not in self.changes.deleted:
                yield index

    def within(self, field: str, span_s: tuple[float, float]) -> Sequence[int] | None:
        """Accounts of the base whose `created_s` or `last_updated_s` lay in the span at first.

        None where the span is no restriction.
        """
        return self._timelines.within(field, span_s)

    def exists(self, index: int) -> bool:
        """Whether there is an account of this index."""
        known = 0 <= index < self.size + len(self.changes.added)
        return known and index not in self.changes.deleted

    def status(self, index: int) -> str:
        """The status alone, which costs far less than the record."""
        override = self.changes.fields.get(index)
        if override and "status" in override:
            return override["status"]
        if index >= self.size:
            return self.changes.added[index - self.size].status
        return self._statuses[bisect_right(self._status_ends, self._ranks.position(index))]

    def is_live(self, index: int) -> bool:
        """Whether the account exists and is not deactivated."""
        return self.exists(index) and self.status(index) != "DEPROVISIONED"

    def can_sign_in(self, index: int) -> bool:
        """Whether the account belongs to the population of every coverage figure."""
        return self.status(index) in CAN_SIGN_IN

    def find(self, id_or_login: str) -> int | None:
        """The account of this id or login, or None. Ids and logins of deleted users are unknown."""
        index = self.ids.decode(id_or_login)
        if index is None and "@" in id_or_login:
            index = self._by_login(id_or_login.lower())
        return index if index is not None and self.exists(index) else None

    def _by_login(self, login: str) -> int | None:
        name = login.partition("@")[0]
        digits = name[len(name.rstrip("0123456789")) :]
        index = int(digits) if digits else -1
        matches = self.exists(index) and self.user(index).login == login
        return index if matches else None

    # --- the record -----------------------------------------------------------------------

    def user(self, index: int) -> User:
        """The account as it is now: the computed record under the overlay."""
        late = index >= self.size
        base = self.changes.added[index - self.size] if late else self.computed(index)
        override = self.changes.fields.get(index)
        return evolve(base, **override) if override else base

    def _manager(self, index: int, chance: Chance) -> int | None:
        manager = self.at_rank(chance.number() % self.active_size)
        return manager if manager != index else None

    def computed(self, index: int) -> User:
        """An account of the base as it was before any change."""
        rank = self._ranks.position(index)
        status = self._statuses[bisect_right(self._status_ends, rank)]
        chance = Chance(self._seed, "user", index)
        kind = chance.weighted(_KINDS)
        first_name, last_name, stem = _named(kind, chance)
        provider_type, provider_name = chance.weighted(_PROVIDERS)
        return User(
            index=index,
            id=self.ids.encode(index),
            login=f"{stem}{index}@{_DOMAIN}",
            first_name=first_name,
            last_name=last_name,
            kind=kind,
            status=status,
            department=self.departments.of_rank(rank),
            title=None if kind == "Service" else chance.pick(_TITLES),
            manager=self._manager(index, chance),
            provider_type=provider_type,
            provider_name=provider_name,
            **_dates(status, provider_type, self._as_of_s, chance),
        )


# --- how one record is thrown ---------------------------------------------------------------

_PEOPLE = table("people")
_DOMAIN: str = _PEOPLE["email_domain"]
_FIRST_NAMES: list[str] = _PEOPLE["first_names"]
_LAST_NAMES: list[str] = _PEOPLE["last_names"]
_SERVICES: list[str] = _PEOPLE["services"]
_TITLES: list[str] = _PEOPLE["titles"]
_KINDS: Weighted[str] = Weighted(_PEOPLE["kinds"])
_PROVIDERS: Weighted[tuple[str, str]] = Weighted(
    {(*name.split(":"),): weight for name, weight in _PEOPLE["providers"].items()}  # type: ignore[misc]
)
_LAST_LOGIN: Weighted[str] = Weighted(_PEOPLE["last_login"])
_LOGIN_STEM = {name: plain_letters(name.lower()) for name in (*_FIRST_NAMES, *_LAST_NAMES)}


def _named(kind: str, chance: Chance) -> tuple[str, str, str]:
    """First name, last name, and the start of the login."""
    if kind == "Service":
        purpose = chance.pick(_SERVICES)
        return "Service", purpose.title(), f"svc-{purpose}."
    first_name, last_name = chance.pick(_FIRST_NAMES), chance.pick(_LAST_NAMES)
    return first_name, last_name, f"{_LOGIN_STEM[first_name]}.{_LOGIN_STEM[last_name]}"


def _dates(status: str, provider_type: str, as_of_s: int, chance: Chance) -> dict[str, Any]:
    """A life that makes sense for the status: created, activated, last seen, last changed."""
    age_s = int(DAY_S * (0.1 + (_OLDEST_DAYS - 0.1) * chance.unit() ** 2))
    created_s = as_of_s - age_s
    if status == "STAGED":
        return _life(created_s)
    activated_s = created_s + int(min(age_s * 0.1, 2 * DAY_S) * chance.unit())
    changed_s = activated_s
    if status != "ACTIVE":
        changed_s = activated_s + int((as_of_s - activated_s) * chance.unit())
    if status in _NEVER_ACTIVATED:
        return _life(created_s, activated_s=None, status_changed_s=changed_s)
    last_login_s = _last_login(status, activated_s, changed_s, as_of_s, chance)
    password_changed_s = activated_s + int((as_of_s - activated_s) * chance.unit() * 0.9)
    updated_s = activated_s + int((as_of_s - activated_s) * chance.unit() ** 0.5)
    return _life(
        created_s,
        activated_s=activated_s,
        status_changed_s=changed_s,
        last_login_s=last_login_s,
        last_updated_s=max(updated_s, changed_s),
        password_changed_s=password_changed_s if provider_type in _OWN_PASSWORD else None,
    )


def _life(created_s: int, **dates: int | None) -> dict[str, Any]:
    changed_s = dates.get("status_changed_s")
    return {
        "created_s": created_s,
        "activated_s": None,
        "status_changed_s": None,
        "last_login_s": None,
        "last_updated_s": changed_s or created_s,
        "password_changed_s": None,
        **dates,
    }


def _last_login(
    status: str, activated_s: int, changed_s: int, as_of_s: int, chance: Chance
) -> int | None:
    ago = chance.weighted(_LAST_LOGIN)
    if ago == "never":
        return None
    low, _, high = ago.partition("-")
    latest_s = as_of_s if status in CAN_SIGN_IN else changed_s
    at_s = latest_s - int(DAY_S * chance.between(float(low), float(high)))
    return max(at_s, activated_s)
