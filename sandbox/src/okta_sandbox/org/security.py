"""How an org enforces sign-in: policies with their rules, authenticators, zones, ThreatInsight."""

from typing import Any

from attrs import frozen

from okta_sandbox.org.admins import Admins, Grant
from okta_sandbox.org.apps import App, Apps
from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_TABLE = table("security")
_CLASSIC: dict[str, Any] = {"access_policies": [], "authenticators": []}
_MACHINE_ROLES: list[list[str]] = table("roles")["machines"]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ADMIN_CONSOLE = "saasure"


@frozen
class Rule:
    """One rule of a policy; `spec` is its row of security.toml."""

    id: str
    spec: dict[str, Any]

    @property
    def is_active(self) -> bool:
        """Whether it takes part."""
        return self.spec.get("status", "ACTIVE") == "ACTIVE"

    @property
    def is_for_everybody(self) -> bool:
        """Whether no rule after it is ever reached."""
        return "conditions" not in self.spec

    @property
    def lets_in_by_password(self) -> bool:
        """Whether a password alone satisfies it."""
        if self.spec.get("access", "ALLOW") != "ALLOW" or self.spec["factors"] != "1FA":
            return False
        constraints: list[dict[str, Any]] = self.spec.get("constraints", [])
        return not constraints or any("possession" not in each for each in constraints)


@frozen
class Policy:
    """A policy and its rules in order."""

    id: str
    type: str
    spec: dict[str, Any]
    rules: tuple[Rule, ...]
    priority: int

    @property
    def is_active(self) -> bool:
        """Whether it takes part."""
        return self.spec.get("status", "ACTIVE") == "ACTIVE"

    def reachable(self) -> list[Rule]:
        """The active rules up to the first that holds for everybody."""
        found: list[Rule] = []
        for rule in self.rules:
            if rule.is_active:
                found.append(rule)
                if rule.is_for_everybody:
                    break
        return found


class Security:
    """Everything that guards an org, and what its service apps and tokens may do."""

    def __init__(self, basis: Basis, *, apps: Apps, groups: Groups, admins: Admins) -> None:
        self._seed = basis.seed
        self._as_of_s = basis.as_of_s
        self._apps = apps
        self._groups = groups
        self._admins = admins
        self.edition = basis.edition
        self.created_s = basis.as_of_s - 400 * DAY_S
        self.threat_action: str = _TABLE["threat_insight"][basis.edition]
        self.session_policies = self._policies("OKTA_SIGN_ON", "00p", _TABLE["session_policies"])
        engine = _TABLE if basis.edition == "identity-engine" else _CLASSIC
        self.access_policies = self._policies("ACCESS_POLICY", "rst", engine["access_policies"])
        rows: list[dict[str, Any]] = engine["authenticators"]
        self._authenticators = [row for row in rows if basis.oddities or not row.get("oddity")]
        self._changes = basis.changes
        self.zones: list[dict[str, Any]] = _TABLE["zones"]

    def id(self, prefix: str, *name: str | int) -> str:
        """The id of anything that has no other source of one."""
        return prefix + Chance(self._seed, prefix, *name).text(17, _LETTERS)

    @property
    def authenticators(self) -> list[dict[str, Any]]:
        """The authenticators of the org as they are set now; none in a Classic org."""
        changed = self._changes.authenticators
        return [{**row, **changed.get(row["key"], {})} for row in self._authenticators]

    def _policies(self, type_: str, prefix: str, rows: list[dict[str, Any]]) -> tuple[Policy, ...]:
        return tuple(
            Policy(
                id=self.id(prefix, type_, place),
                type=type_,
                spec=row,
                rules=tuple(
                    Rule(self.id("rul" if prefix == "rst" else "0pr", type_, place, number), spec)
                    for number, spec in enumerate(row["rules"])
                ),
                priority=place + 1,
            )
            for place, row in enumerate(rows)
        )

    def policy_of(self, app: App) -> Policy | None:
        """The authentication policy of an application; None in a Classic org."""
        if not self.access_policies:
            return None
        if app.name == ADMIN_CONSOLE:
            return self.access_policies[0]
        return Chance(self._seed, "policy of", app.index).pick(self.access_policies[1:])

    def groups_of(self, policy: Policy) -> list[str]:
        """Ids of the groups a policy is for."""
        named = (self._groups.named(name) for name in policy.spec.get("groups", ()))
        return [group.id for group in named if group]

    # --- machines -----------------------------------------------------------------------------

    def machine_roles(self, app: App) -> list[Grant]:
        """Admin roles that a service app holds."""
        machines = [each.index for each in self._apps.all if each.machine]
        if app.index not in machines:
            return []
        roles = _MACHINE_ROLES[machines.index(app.index) % len(_MACHINE_ROLES)]
        return [self._admins.grant_to_machine(role, app.index) for role in roles]

    # --- what custom roles reach --------------------------------------------------------------

    def resource_sets(self) -> dict[str, str]:
        """The label of every resource set that a custom role is assigned with, by id."""
        admins = self._admins
        grants = [grant for user in admins.holders() for grant in admins.direct(user)]
        grants += [grant for group in admins.admin_groups() for grant in admins.of_group(group)]
        grants += [grant for app in self._apps.all for grant in self.machine_roles(app)]
        custom = [grant for grant in grants if grant.type == "CUSTOM" and grant.resource_set]
        return {str(grant.resource_set): f"Reach of {grant.label}" for grant in custom}

    def resources(self, org_id: str) -> list[str]:
        """ORNs that every resource set of this org holds."""
        base = f"orn:okta:directory:{org_id}"
        return [f"{base}:users", f"{base}:groups"]

    # --- API tokens ---------------------------------------------------------------------------

    def token_connection(self, name: str) -> dict[str, Any]:
        """Where a token may be used from: every other one only in the office."""
        if Chance(self._seed, "token network", name).happens(0.5):
            return {"connection": "ZONE", "include": [self.id("nzo", 0)]}
        return {"connection": "ANYWHERE"}

    def token_used_s(self, name: str, now_s: float) -> float:
        """When a token was last used, in epoch seconds."""
        return now_s - DAY_S * Chance(self._seed, "token use", name).whole(0, 29)
