"""What is true of an org, computed straight from the generator.

No HTTP and no product code takes part, so figures that a connector derives from the API can be
compared with these. The definitions are those of the product: who can sign in, which factors are
strong, who is privileged, what counts as stale.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from okta_sandbox.org.org import Org
from okta_sandbox.org.records import App, User
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

_STRENGTH: dict[str, list[str]] = table("factors")["strength"]
PHISHING_RESISTANT = frozenset(_STRENGTH["phishing_resistant"])
STRONG = PHISHING_RESISTANT | frozenset(_STRENGTH["strong"])
WEAK = frozenset(_STRENGTH["weak"])
KNOWLEDGE = frozenset(_STRENGTH["knowledge"])

_CLASSES: dict[str, list[str]] = table("apps")["classes"]
OKTA_OWN = frozenset(_CLASSES["okta_own"])

STALE_S = 90 * DAY_S


@frozen
class Assignments:
    """How many users an application has: assigned one by one, and through groups only."""

    direct: int
    group: int

    @property
    def total(self) -> int:
        """All users, each once."""
        return self.direct + self.group


@frozen
class Truth:
    """Everything a posture figure can be checked against. Users and applications are Okta ids.

    can_sign_in: the population of every coverage figure.
    covered: has an ACTIVE factor that isn't a security question.
    strong, phishing_resistant: has such a factor ACTIVE.
    weak_only: is covered, and by weak factors alone.
    without_mfa: can sign in and is not covered.
    factor_users: users who can sign in and have the type ACTIVE, by type.
    stale: can sign in and has not for 90 days, or never has since created that long ago.
    privileged: holds a role by any path; privileged_direct: directly.
    privileged_without_strong: of those who can sign in.
    sso_apps: ACTIVE and not Okta's own; federated and password of them by sign-on mode.
    assignments: exact numbers of every application, whatever its status.
    machines: service apps, which nobody signs in to; privileged_machines: those with an admin role.
    password_only_apps: SSO apps that nobody needs more for than a password, on some condition.
    rules_without_mfa: reachable rules of active session policies that let in without a factor.
    service_accounts: can sign in and is no person.
    """

    users: int
    users_by_status: Mapping[str, int]
    can_sign_in: frozenset[str]
    covered: frozenset[str]
    strong: frozenset[str]
    phishing_resistant: frozenset[str]
    weak_only: frozenset[str]
    without_mfa: frozenset[str]
    factor_users: Mapping[str, int]
    stale: frozenset[str]
    privileged: frozenset[str]
    privileged_direct: frozenset[str]
    privileged_without_strong: frozenset[str]
    admin_groups: frozenset[str]
    group_sizes: Mapping[str, int]
    sso_apps: frozenset[str]
    sso_apps_federated: frozenset[str]
    sso_apps_password: frozenset[str]
    assignments: Mapping[str, Assignments]
    machines: frozenset[str]
    privileged_machines: frozenset[str]
    password_only_apps: frozenset[str]
    rules_without_mfa: frozenset[str]
    service_accounts: frozenset[str]

    @property
    def coverage(self) -> float:
        """The share of those who can sign in that is covered, from 0 to 1."""
        return len(self.covered) / len(self.can_sign_in) if self.can_sign_in else 0.0


def truth(org: Org, *, now_s: float | None = None) -> Truth:
    """The truth of an org at an instant (by default the one it was computed for)."""
    at_s = org.as_of_s if now_s is None else now_s
    sweep = _Sweep()
    for index in org.people.indexes():
        sweep.add(org, org.people.user(index), at_s)
    encode = org.people.ids.encode
    privileged = frozenset(encode(user) for user in org.admins.privileged())
    sso = [app for app in org.apps.all if _is_sso(app)]
    return Truth(
        users=sum(sweep.statuses.values()),
        users_by_status=dict(sweep.statuses),
        can_sign_in=frozenset(sweep.can_sign_in),
        covered=frozenset(sweep.covered),
        strong=frozenset(sweep.strong),
        phishing_resistant=frozenset(sweep.phishing_resistant),
        weak_only=frozenset(sweep.weak_only),
        without_mfa=frozenset(sweep.can_sign_in - sweep.covered),
        factor_users=dict(sweep.factor_users),
        stale=frozenset(sweep.stale),
        privileged=privileged,
        privileged_direct=frozenset(encode(user) for user in org.admins.holders()),
        privileged_without_strong=(privileged & sweep.can_sign_in) - sweep.strong,
        admin_groups=frozenset(group.id for group in org.admins.admin_groups()),
        group_sizes={group.id: org.groups.size(group) for group in org.groups.all},
        sso_apps=frozenset(app.id for app in sso),
        sso_apps_federated=frozenset(
            a.id for a in sso if a.mode in _CLASSES["federated"] and not a.machine
        ),
        sso_apps_password=frozenset(a.id for a in sso if a.mode in _CLASSES["password"]),
        assignments={app.id: Assignments(*org.apps.counts(app)) for app in org.apps.all},
        machines=frozenset(app.id for app in sso if app.machine),
        privileged_machines=frozenset(
            app.id for app in org.apps.all if org.security.machine_roles(app)
        ),
        password_only_apps=frozenset(app.id for app in sso if _takes_a_password(org, app)),
        rules_without_mfa=frozenset(
            rule.id
            for policy in org.security.session_policies
            if policy.is_active
            for rule in policy.reachable()
            if not rule.spec["require_factor"]
        ),
        service_accounts=frozenset(sweep.service_accounts),
    )


class _Sweep:
    """Sets that one pass over all users fills."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.factor_users: Counter[str] = Counter()
        self.can_sign_in: set[str] = set()
        self.covered: set[str] = set()
        self.strong: set[str] = set()
        self.phishing_resistant: set[str] = set()
        self.weak_only: set[str] = set()
        self.stale: set[str] = set()
        self.service_accounts: set[str] = set()

    def add(self, org: Org, user: User, at_s: float) -> None:
        self.statuses[user.status] += 1
        if not org.people.can_sign_in(user.index):
            return
        self.can_sign_in.add(user.id)
        if user.kind == "Service":
            self.service_accounts.add(user.id)
        if (user.last_login_s or user.created_s) <= at_s - STALE_S:
            self.stale.add(user.id)
        types = {factor.type for factor in org.factors.of(user.index) if factor.status == "ACTIVE"}
        self.factor_users.update(types)
        enrolled = types - KNOWLEDGE
        if not enrolled:
            return
        self.covered.add(user.id)
        if enrolled <= WEAK:
            self.weak_only.add(user.id)
        if enrolled & STRONG:
            self.strong.add(user.id)
        if enrolled & PHISHING_RESISTANT:
            self.phishing_resistant.add(user.id)


def _is_sso(app: App) -> bool:
    return app.status == "ACTIVE" and app.name not in OKTA_OWN


def _takes_a_password(org: Org, app: App) -> bool:
    policy = org.security.policy_of(app)
    return (
        policy is not None
        and not app.machine
        and any(rule.lets_in_by_password for rule in policy.reachable())
    )


def log_entries(
    org: Org, *, since_s: float, until_s: float, types: frozenset[str] | None = None
) -> list[dict[str, Any]]:
    """System Log entries published in [since, until), of these event types or of all."""
    return list(org.log.entries(since_s, until_s, types=types))
