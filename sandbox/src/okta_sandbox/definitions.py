"""What is true of an org by the product's definitions, figure by figure, with who is behind each.

Computed from the generator, as `okta_sandbox.truth` is: neither HTTP nor the product takes part.
"""

from collections import defaultdict
from collections.abc import Mapping

from okta_sandbox.org.admins import Grant
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import App, Factor, User
from okta_sandbox.org.tables import table
from okta_sandbox.times import DAY_S

Figures = Mapping[str, frozenset[str]]
"""The ids behind each figure, by the figure's key. A key that is missing counts nobody."""

_ELSEWHERE = frozenset({"FEDERATION", "SOCIAL"})
_RESISTANT = frozenset({"webauthn", "u2f", "signed_nonce", "smart_card_idp"})
_STRONG = _RESISTANT | {
    "push", "token", "token:software:totp", "token:hotp", "token:hardware",
}  # fmt: skip
_WEAK = frozenset({"sms", "call"})
_DOORS = frozenset({"web"})
"""Factors that leave the decision to another product."""
_NO_SECOND_FACTOR = frozenset({"question", "tac"})
_STALE_S = 90 * DAY_S
_KEYS: dict[str, str] = table("factors")["keys"]
_CLASSES: dict[str, list[str]] = table("apps")["classes"]
_TIERS: dict[str, int] = table("roles")["tiers"]
_PERMISSION_TIERS: dict[str, int] = table("roles")["permission_tiers"]
_ENCRYPTED = frozenset({"FULL", "USER", "ALL_INTERNAL_VOLUMES"})
"""Okta: these map to disk encryption being on, all others to its being off."""


def figures(org: Org, *, now_s: float | None = None) -> Figures:
    """Every figure of an org, at an instant (by default the one it was computed for).

    mfa_coverage_population: who can sign in, and not elsewhere; all that follow are among them.
    mfa_coverage, mfa_coverage_strong, mfa_coverage_phishing_resistant, weak_factors_only,
    email_only_users, duo_only_users, users_without_mfa: by factors that sign-in may use.
    smart_card_only_users: covered by what `/factors` never lists.
    stale_accounts: persons; stale_accounts_without_tokens: where nobody may read the tokens.
    admins_tier_0, _1, _2: holders of a role by any path, each by the strongest.
    apps: ACTIVE ones; sso_apps and the figures apps_* divide them.
    """
    at_s = org.as_of_s if now_s is None else now_s
    found: dict[str, set[str]] = defaultdict(set)
    usable = _usable_authenticators(org)
    used_s = _last_uses_of_tokens(org, at_s)
    for index in org.people.indexes():
        if org.people.can_sign_in(index):
            user = org.people.user(index)
            _count_person(found, user, _enrolled(org, user, usable))
            _count_stale(found, user, used_s.get(index), at_s)
    for user in org.admins.privileged():
        tier = min(_tier(org, grant) for grant in org.admins.of_user(user))
        found[f"admins_tier_{tier}"].add(org.people.ids.encode(user))
    for app in org.apps.all:
        if app.status == "ACTIVE":
            found["apps"].add(app.id)
            found[_kind(app)].add(app.id)
    _count_devices(found, org)
    return defaultdict(frozenset, {key: frozenset(ids) for key, ids in found.items()})


# --- people -----------------------------------------------------------------------------------


def _usable_authenticators(org: Org) -> frozenset[str] | None:
    """Keys of the authenticators that sign-in may use; None in a Classic org, where all may."""
    if org.edition == "classic":
        return None
    return frozenset(
        row["key"]
        for row in org.security.authenticators
        if row.get("status", "ACTIVE") == "ACTIVE" and row.get("allowed_for", "any") in _FOR_SIGN_IN
    )


_FOR_SIGN_IN = frozenset({"any", "sso"})


def _enrolled(org: Org, user: User, usable: frozenset[str] | None) -> frozenset[str]:
    """Types of the factors that count: ACTIVE, and of an authenticator that sign-in may use."""
    return frozenset(
        factor.type
        for factor in org.factors.enrolled(user.index)
        if factor.status == "ACTIVE" and _may_be_used(factor, usable)
    )


def _may_be_used(factor: Factor, usable: frozenset[str] | None) -> bool:
    """A type that nobody has heard of belongs to no authenticator known, and counts."""
    key = _KEYS.get(f"{factor.type}/{factor.provider}")
    return usable is None or key is None or key in usable


def _count_person(found: dict[str, set[str]], user: User, types: frozenset[str]) -> None:
    if user.provider_type in _ELSEWHERE:
        found["users_signing_in_elsewhere"].add(user.id)
        return
    counted = types - _NO_SECOND_FACTOR - {"email"}
    holds = {
        "mfa_coverage_population": True,
        "mfa_coverage": bool(counted),
        "users_without_mfa": not counted,
        "email_only_users": not counted and "email" in types,
        "mfa_coverage_strong": bool(counted & _STRONG),
        "mfa_coverage_phishing_resistant": bool(counted & _RESISTANT),
        "weak_factors_only": bool(counted) and counted <= _WEAK,
        "duo_only_users": bool(counted) and counted <= _DOORS,
        "smart_card_only_users": counted == frozenset({"smart_card_idp"}),
    }
    for key, is_so in holds.items():
        if is_so:
            found[key].add(user.id)


def _last_uses_of_tokens(org: Org, at_s: float) -> dict[int, float]:
    """When a token of theirs was last used, by user."""
    used_s: dict[int, float] = {}
    for token in org.security.tokens:
        last_s = org.security.token_used_s(token.name, at_s)
        used_s[token.owner] = max(used_s.get(token.owner, 0.0), last_s)
    return used_s


def _count_stale(
    found: dict[str, set[str]], user: User, token_s: float | None, at_s: float
) -> None:
    signs = [time_s for time_s in (user.last_login_s, user.activated_s) if time_s is not None]
    seen_s = max(signs, default=user.created_s)
    if seen_s > at_s - _STALE_S:
        return
    if user.kind == "Service":
        found["stale_service_accounts"].add(user.id)
        return
    found["stale_accounts_without_tokens"].add(user.id)
    if token_s is None or token_s <= at_s - _STALE_S:
        found["stale_accounts"].add(user.id)


# --- roles, applications, devices -------------------------------------------------------------


def _tier(org: Org, grant: Grant) -> int:
    role = org.admins.custom_role(grant.label) if grant.type == "CUSTOM" else None
    if role is None:
        return _TIERS.get(grant.type, 1)
    return min((_PERMISSION_TIERS.get(each, 2) for each in role.permissions), default=2)


def _kind(app: App) -> str:
    """The one figure that an ACTIVE application belongs to."""
    if app.name in _CLASSES["okta_own"]:
        return "apps_oktas_own"
    if app.machine:
        return "apps_machine"
    if app.name in _CLASSES["directory"]:
        return "apps_directory"
    if app.mode in _CLASSES["bookmark"]:
        return "apps_bookmark"
    federated_or_password = (*_CLASSES["federated"], *_CLASSES["password"])
    return "sso_apps" if app.mode in federated_or_password else "apps_other"


def _count_devices(found: dict[str, set[str]], org: Org) -> None:
    """Devices by what is known of them; only an ACTIVE one that somebody uses is managed or not."""
    privileged = {user for user in org.admins.privileged() if org.people.can_sign_in(user)}
    for device in org.devices.all():
        found["devices"].add(device.id)
        if device.status != "ACTIVE" or not device.users:
            continue
        found["devices_managed" if device.managed else "devices_unmanaged"].add(device.id)
        if device.encryption not in _ENCRYPTED:
            found["devices_unencrypted"].add(device.id)
        if not device.managed:
            risky = privileged.intersection(device.users)
            found["admins_on_unmanaged_devices"] |= {org.people.ids.encode(u) for u in risky}
