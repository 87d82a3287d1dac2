"""What can be done to factors and to the authenticators they belong to."""

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.entries import party
from okta_sandbox.org.records import Factor

_AUTHENTICATOR_EVENTS = {
    "": "security.authenticator.lifecycle.update",
    "ACTIVE": "security.authenticator.lifecycle.activate",
    "INACTIVE": "security.authenticator.lifecycle.deactivate",
}


class FactorActions(Acting):
    """Enrolments that come, change and go."""

    def enrol_factor(self, user: int, authenticator: str) -> None:
        """Enrol an authenticator of `factors.toml`, e.g. `okta_verify_fastpass`, `security_key`."""
        record = self._org.people.user(user)
        chance = Chance(self._org.seed, "enrolment", user, self._changes.version)
        made = self._org.factors.enrolment(
            authenticator, record, chance=chance, at_s=int(self._at_s)
        )
        self._set_factors(user, (*self._org.factors.enrolled(user), *made))
        self._log("user.mfa.factor.activate", self._party(user), by=self._party(user))

    def remove_factors(self, user: int, type_: str) -> None:
        """Reset every factor of one type."""
        self.withdraw_factor_silently(user, type_)
        self._log("user.mfa.factor.deactivate", self._party(user))

    def reset_factors(self, user: int) -> None:
        """Reset every factor."""
        self._set_factors(user, ())
        self._log("user.mfa.factor.reset_all", self._party(user))

    def suspend_factors(self, user: int, type_: str) -> None:
        """The factors of one type become INACTIVE."""
        self._set_factor_status(user, type_, "INACTIVE")
        self._log("user.mfa.factor.suspend", self._party(user))

    def unsuspend_factors(self, user: int, type_: str) -> None:
        """The factors of one type are ACTIVE again."""
        self._set_factor_status(user, type_, "ACTIVE")
        self._log("user.mfa.factor.unsuspend", self._party(user))

    def withdraw_factor_silently(self, user: int, type_: str) -> None:
        """An enrolment policy no longer allows the type: its factors are no longer listed."""
        kept = tuple(f for f in self._org.factors.enrolled(user) if f.type != type_)
        self._set_factors(user, kept)

    def _set_factor_status(self, user: int, type_: str, status: str) -> None:
        at_s = int(self._at_s)
        self._set_factors(
            user,
            tuple(
                evolve(factor, status=status, updated_s=at_s) if factor.type == type_ else factor
                for factor in self._org.factors.enrolled(user)
            ),
        )

    def _set_factors(self, user: int, factors: tuple[Factor, ...]) -> None:
        self._changes.factors[user] = factors
        self._changes.version += 1

    def set_authenticator(
        self, key: str, *, status: str | None = None, allowed_for: str | None = None
    ) -> None:
        """Switch an authenticator of the org on or off, or say what it may be used for."""
        row = next(each for each in self._org.security.authenticators if each["key"] == key)
        changed = {"status": status, "allowed_for": allowed_for, "updated_s": int(self._at_s)}
        fields = self._changes.authenticators.setdefault(key, {})
        fields |= {name: value for name, value in changed.items() if value is not None}
        self._changes.version += 1
        target = party(self._org.security.id("aut", key), "Authenticator", row["name"])
        self._log(_AUTHENTICATOR_EVENTS[status or ""], target)
