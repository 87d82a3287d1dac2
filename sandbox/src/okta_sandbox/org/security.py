"""How an org enforces sign-in: policies with their rules, authenticators, zones, ThreatInsight."""

from typing import Any

from okta_sandbox.org.admins import Admins, Grant
from okta_sandbox.org.apps import Apps
from okta_sandbox.org.basis import Basis
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.changes import current
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.records import ApiToken, App, Policy, Rule
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_TABLE = table("security")
_CLASSIC: dict[str, Any] = {"access_policies": [], "authenticators": []}
_MACHINE_ROLES: list[list[str]] = table("roles")["machines"]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ADMIN_CONSOLE = "saasure"


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
        engine = _TABLE if basis.edition == "identity-engine" else _CLASSIC
        self._session_policies = self._policies("OKTA_SIGN_ON", "00p", _TABLE["session_policies"])
        self._access_policies = self._policies("ACCESS_POLICY", "rst", engine["access_policies"])
        rows: list[dict[str, Any]] = engine["authenticators"]
        self._authenticators = [row for row in rows if basis.oddities or not row.get("oddity")]
        self._changes = basis.changes
        tokens: dict[str, dict[str, Any]] = table("credentials")["tokens"]
        self._base_tokens = {
            name: self.token(name, admins.owner(row["owner"]), basis.as_of_s - 100 * DAY_S)
            for name, row in tokens.items()
        }

    def id(self, prefix: str, *name: str | int) -> str:
        """The id of anything that has no other source of one."""
        return prefix + Chance(self._seed, prefix, *name).text(17, _LETTERS)

    @property
    def authenticators(self) -> list[dict[str, Any]]:
        """The authenticators of the org as they are set now; none in a Classic org."""
        changed = self._changes.authenticators
        return [{**row, **changed.get(row["key"], {})} for row in self._authenticators]

    @property
    def session_policies(self) -> tuple[Policy, ...]:
        """The global session policies as they are now, in order; the default one is the last."""
        *others, default = self._current(self._session_policies)
        late = [p for p in self._changes.policies.values() if p.type == default.type]
        return (*others, *(p for p in late if not self._is_first(p)), default)

    @property
    def access_policies(self) -> tuple[Policy, ...]:
        """The authentication policies as they are now; none in a Classic org."""
        late = [p for p in self._changes.policies.values() if p.type == "ACCESS_POLICY"]
        return (
            *self._current(self._access_policies),
            *(policy for policy in late if not self._is_first(policy)),
        )

    def policy(self, id_: str) -> Policy | None:
        """The policy of this id as it is now."""
        policies = (*self.session_policies, *self.access_policies)
        return next((policy for policy in policies if policy.id == id_), None)

    def _current(self, policies: tuple[Policy, ...]) -> list[Policy]:
        return [self._changes.policies.get(policy.id, policy) for policy in policies]

    def _is_first(self, policy: Policy) -> bool:
        """Whether the policy was there from the beginning."""
        first = (*self._session_policies, *self._access_policies)
        return any(policy.id == each.id for each in first)

    @property
    def zones(self) -> tuple[dict[str, Any], ...]:
        """The network zones as they are now; `number` is what the id of each is made of."""
        rows: list[dict[str, Any]] = _TABLE["zones"]
        base = [{"number": number, **row} for number, row in enumerate(rows)]
        return current(base, self._changes.zones)

    @property
    def tokens(self) -> tuple[ApiToken, ...]:
        """The API tokens as they are now."""
        now = {**self._base_tokens, **self._changes.tokens}
        return tuple(token for token in now.values() if token is not None)

    def token(self, name: str, owner: int, created_s: int) -> ApiToken:
        """The API token of this name."""
        chance = Chance(self._seed, "token", name)
        id_ = "00T" + chance.text(17, _LETTERS)
        secret = "00" + chance.text(40, _LETTERS + "_-")
        return ApiToken(id=id_, name=name, secret=secret, owner=owner, created_s=created_s)

    def _policies(self, type_: str, prefix: str, rows: list[dict[str, Any]]) -> tuple[Policy, ...]:
        return tuple(
            Policy(
                id=self.id(prefix, type_, place),
                type=type_,
                spec=row,
                rules=tuple(
                    Rule(
                        id=self.id("rul" if prefix == "rst" else "0pr", type_, place, number),
                        spec=spec,
                        updated_s=self.created_s,
                    )
                    for number, spec in enumerate(row["rules"])
                ),
                updated_s=self.created_s,
            )
            for place, row in enumerate(rows)
        )

    def policy_of(self, app: App) -> Policy | None:
        """The authentication policy of an application; None in a Classic org."""
        if not self._access_policies:
            return None
        if app.policy:
            return self.policy(app.policy)
        if app.name == ADMIN_CONSOLE:
            first = self._access_policies[0]
        else:
            first = Chance(self._seed, "policy of", app.index).pick(self._access_policies[1:])
        return self._changes.policies.get(first.id, first)

    def groups_of(self, policy: Policy) -> list[str]:
        """Ids of the groups a policy is for."""
        named = (self._groups.named(name) for name in policy.spec.get("groups", ()))
        return [group.id for group in named if group]

    # --- machines -----------------------------------------------------------------------------

    def machine_roles(self, app: App) -> list[Grant]:
        """Admin roles that a service app holds."""
        machines = [each.index for each in self._apps.base if each.machine]
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
