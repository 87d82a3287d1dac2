"""What is true of a simulated org by the product's definitions, under the names that tests use."""

from collections import Counter
from types import SimpleNamespace

from okta_sandbox.definitions import figures
from okta_sandbox.org.org import Org
from okta_sandbox.truth import truth

ELSEWHERE = {"FEDERATION", "SOCIAL"}


def known(org: Org, *, now_s: float | None = None) -> SimpleNamespace:
    """The generator's truth, at an instant (by default the one the org was computed for).

    A smart card is never among a user's factors, so who has nothing else looks like nobody's.
    """
    true, found = truth(org, now_s=now_s), figures(org, now_s=now_s)
    unseen = found["smart_card_only_users"]
    covered = found["mfa_coverage"] - unseen
    population = found["mfa_coverage_population"]
    resistant = found["mfa_coverage_phishing_resistant"] - unseen
    strong = found["mfa_coverage_strong"] - unseen
    administrators = true.privileged & true.can_sign_in - found["users_signing_in_elsewhere"]
    fields = {name: getattr(true, name) for name in true.__slots__ if not name.startswith("__")}
    return SimpleNamespace(
        **fields
        | {
            "population": population,
            "covered": covered,
            "strong": strong,
            "phishing_resistant": resistant,
            "weak_only": found["weak_factors_only"],
            "email_only": found["email_only_users"],
            "duo_only": found["duo_only_users"],
            "elsewhere": found["users_signing_in_elsewhere"],
            "without_mfa": population - covered,
            "stale": found["stale_accounts"],
            "stale_without_tokens": found["stale_accounts_without_tokens"],
            "stale_services": found["stale_service_accounts"],
            "privileged_without_strong": administrators - strong,
            "privileged_not_resistant": administrators - resistant,
            "tiers": {tier: found[f"admins_tier_{tier}"] for tier in range(3)},
            "factor_users": _users_of_factors(org, population),
            "apps": {key: ids for key, ids in found.items() if key.startswith(("apps", "sso_"))},
            "sso_apps": found["sso_apps"],
            "machines": found["apps_machine"],
            "password_only_apps": true.password_only_apps & found["sso_apps"],
        }
    )


def _users_of_factors(org: Org, population: frozenset[str]) -> Counter[str]:
    """Of each type, those whom Okta lists with it, where sign-in may use it."""
    off = {row["key"] for row in org.security.authenticators if row.get("status") == "INACTIVE"}
    users: Counter[str] = Counter()
    for index in org.people.indexes():
        if org.people.user(index).id in population:
            users.update(
                {
                    factor.type
                    for factor in org.factors.of(index)
                    if factor.status == "ACTIVE"
                    and not (factor.type == "question" and "security_question" in off)
                }
            )
    return users
