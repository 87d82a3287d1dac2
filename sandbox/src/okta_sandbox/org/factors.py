"""What each user has enrolled: one computed set of factors a user, under the overlay."""

from attrs import evolve

from okta_sandbox.org.admins import Admins
from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance, Weighted
from okta_sandbox.org.people import People
from okta_sandbox.org.records import Factor, User
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_FACTORS = table("factors")
_AUTHENTICATORS: dict[str, list[str]] = _FACTORS["authenticators"]
_ID_PREFIXES: dict[str, str] = _FACTORS["id_prefixes"]
_QUESTIONS: tuple[str, ...] = tuple(_FACTORS["questions"])
_PROFILES: dict[str, Weighted[str]] = {
    edition: Weighted(weights) for edition, weights in _FACTORS["profiles"].items()
}
_WITHOUT_ODDITIES: dict[str, Weighted[str]] = {
    edition: Weighted({name: share for name, share in weights.items() if name != "experimental"})
    for edition, weights in _FACTORS["profiles"].items()
}
_NO_FACTORS = frozenset(_FACTORS["no_factors"]["types"])
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HAS_NONE = frozenset({"STAGED", "PROVISIONED", "DEPROVISIONED"})


class Factors:
    """The enrolments of everybody in one org."""

    def __init__(self, basis: Basis, *, people: People, admins: Admins) -> None:
        self._seed = basis.seed
        self._profiles = (_PROFILES if basis.oddities else _WITHOUT_ODDITIES)[basis.edition]
        self._edition = basis.edition
        self._people = people
        self._admins = admins
        self._changes = basis.changes
        self._as_of_s = basis.as_of_s

    def of(self, index: int) -> tuple[Factor, ...]:
        """The factors of a user, whatever their status."""
        return tuple(f for f in self.enrolled(index) if f.type not in _NO_FACTORS)

    def enrolled(self, index: int) -> tuple[Factor, ...]:
        """The same, and what Okta lists among the authenticator enrolments only."""
        if self._people.status(index) in _HAS_NONE:
            return ()
        changed = self._changes.factors.get(index)
        if changed is not None:
            return changed
        return self._computed(self._people.user(index))

    def _computed(self, user: User) -> tuple[Factor, ...]:
        chance = Chance(self._seed, "factors", user.index)
        factors: list[Factor] = []
        chosen = chance.weighted(self._profiles)
        profile = self._admins.authenticators(user.index, self._edition) or chosen
        if profile != "none":
            for authenticator in profile.split("+"):
                factors += self.enrolment(authenticator, user, chance=chance)
        for extra in ("unfinished", "retired"):
            factors += self._extra(extra, user, chance)
        return tuple(factors)

    def _extra(self, name: str, user: User, chance: Chance) -> list[Factor]:
        """Factors that are listed and yet protect nobody."""
        spec = _FACTORS[name]
        if not chance.happens(spec["share"]):
            return []
        status = chance.pick(spec["statuses"]) if name == "retired" else "PENDING_ACTIVATION"
        made = self.enrolment(chance.pick(spec["authenticators"]), user, chance=chance)
        return [evolve(factor, status=status) for factor in made]

    def enrolment(
        self, authenticator: str, user: User, *, chance: Chance, at_s: int | None = None
    ) -> list[Factor]:
        """The factors that enrolling one authenticator brings, then or some day in the past."""
        if at_s is None:
            since_s = user.activated_s or user.created_s
            at_s = since_s + int(max(self._as_of_s - since_s, 1) * chance.unit())
        factors: list[Factor] = []
        for spec in _AUTHENTICATORS[authenticator]:
            type_, _, provider = spec.partition("/")
            factors.append(
                Factor(
                    id=_ID_PREFIXES.get(type_, "xxf") + chance.text(17, _LETTERS),
                    type=type_,
                    provider=provider,
                    status="ACTIVE",
                    created_s=at_s,
                    updated_s=min(at_s + chance.whole(0, 30) * DAY_S, max(self._as_of_s, at_s)),
                    detail=_detail(type_, user, chance),
                )
            )
        return factors


def _detail(type_: str, user: User, chance: Chance) -> str:
    if type_ in {"sms", "call"}:
        return f"+1555{chance.whole(1000000, 9999999)}"
    if type_ == "question":
        return chance.pick(_QUESTIONS)
    return user.login
