"""Facts: every figure with its confidence and the query that lists who is behind it.

A figure whose data was not read is absent. One from data that is incomplete is observed or
uncertain, and absent rather than zero.
"""

import re
from collections.abc import Iterator

from twin_host.contract import Confidence, Evidence, Fact
from twin_okta.manifest import NAME
from twin_okta.posture.figures import Figures, Share

STRENGTH = (
    "CASE c.rank WHEN 0 THEN 'none' WHEN 1 THEN 'weak' WHEN 2 THEN 'unknown'"
    " WHEN 3 THEN 'strong' WHEN 4 THEN 'phishing-resistant' ELSE 'not read yet' END"
)
ENROLLED = (
    "(SELECT group_concat(DISTINCT f.type) FROM shown_factor f"
    " WHERE f.user_id = c.id AND f.status = 'ACTIVE')"
)
PEOPLE = (
    f"SELECT c.id, c.login, c.status, {STRENGTH} AS strength, {ENROLLED} AS factors"
    " FROM can_sign_in c"
)
HAS_FACTOR = (
    "EXISTS (SELECT 1 FROM shown_factor f WHERE f.user_id = c.id AND f.status = 'ACTIVE'"
    " AND f.type = '{type}')"
)
APPS = (
    "SELECT a.id, a.label, a.sign_on_mode, a.class,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id) AS assigned_users,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id AND s.scope = 'USER')"
    " AS assigned_directly,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id AND s.scope = 'GROUP')"
    " AS assigned_through_groups"
    " FROM sso_app a WHERE {condition} ORDER BY assigned_users DESC, a.label"
)
FACTOR_TYPES = "SELECT DISTINCT type FROM shown_factor WHERE status = 'ACTIVE' ORDER BY type"

COVERAGE = {
    "mfa_coverage": (
        "c.rank >= 1",
        "Share of the users who can sign in that have an enrolled second factor.",
    ),
    "mfa_coverage_strong": (
        "c.rank >= 3",
        "Share of the users who can sign in whose best enrolled factor is strong: push, one-time "
        "code, hardware token, or phishing-resistant.",
    ),
    "mfa_coverage_phishing_resistant": (
        "c.rank >= 4",
        "Share of the users who can sign in with an enrolled factor that a phishing page cannot "
        "use: security key, passkey, FastPass or smart card.",
    ),
}
APP_COUNTS = {
    "sso_apps": ("1", "Active applications that are not Okta's own."),
    "sso_apps_federated": (
        "a.class = 'federated'",
        "SSO applications that sign in by SAML, OpenID Connect or WS-Federation.",
    ),
    "sso_apps_password": (
        "a.class = 'password'",
        "SSO applications for which Okta fills in a stored password.",
    ),
}


def facts(figures: Figures) -> tuple[Fact, ...]:
    """Everything the snapshot can say."""
    read_once = any(dataset.read_once for dataset in figures.datasets.values())
    if not read_once and not figures.snapshot.number("SELECT count(*) FROM shown_user"):
        return ()
    found = [_tool(figures)]
    for part in (_users, _coverage, _factor_shares, _user_gaps, _privileged, _apps):
        found += part(figures)
    return tuple(found)


def _tool(figures: Figures) -> Fact:
    read = [name for name, dataset in figures.datasets.items() if dataset.as_of]
    as_of = max(filter(None, (figures.datasets[name].as_of for name in read)))
    evidence = Evidence(
        complete=True, datasets=tuple(read), definition=f"This org uses Okta: {figures.org_name}."
    )
    return Fact("tool", NAME, Confidence.VERIFIED, as_of, evidence)


def _users(figures: Figures) -> Iterator[Fact]:
    total = figures.snapshot.number("SELECT count(*) FROM shown_user")
    yield from _count(
        figures,
        "users",
        total,
        total,
        ("users",),
        query="SELECT id, login, status, last_login FROM shown_user ORDER BY login",
        definition="All users of the org, deactivated ones included.",
    )
    by_status = "SELECT status, count(*) FROM shown_user GROUP BY status ORDER BY status"
    for status, count in figures.snapshot.rows(by_status):
        yield from _count(
            figures,
            f"users_{_word(status)}",
            count,
            total,
            ("users",),
            query="SELECT id, login, status, last_login FROM shown_user"
            f" WHERE status = {_quoted(status)} ORDER BY login",
            definition=f"Users whose status is {status or 'not given'}.",
        )


def _coverage(figures: Figures) -> Iterator[Fact]:
    for key, (condition, definition) in COVERAGE.items():
        query = f"{PEOPLE} ORDER BY ({condition}), c.rank, c.login"
        yield from _share(figures, key, figures.share(condition), query, definition)


def _factor_shares(figures: Figures) -> Iterator[Fact]:
    for (factor_type,) in figures.snapshot.rows(FACTOR_TYPES):
        condition = HAS_FACTOR.format(type=str(factor_type).replace("'", "''"))
        definition = f"Share of the users who can sign in with an enrolled {factor_type} factor."
        query = f"{PEOPLE} WHERE {condition} ORDER BY c.login"
        share = figures.share(condition)
        yield from _share(figures, f"mfa_factor_{_word(factor_type)}", share, query, definition)


def _user_gaps(figures: Figures) -> Iterator[Fact]:
    cutoff = figures.stale_cutoff()
    population = figures.snapshot.number("SELECT count(*) FROM can_sign_in")
    wanted = {
        "users_without_mfa": (
            "c.rank = 0",
            ("users", "factors"),
            "Users who can sign in and have no enrolled second factor.",
        ),
        "stale_accounts": (
            f"coalesce(c.last_login, c.created) < '{cutoff}'",
            ("users",),
            f"Users who can sign in and have not for {figures.stale_after_days} days, or never "
            "have since they were created that long ago.",
        ),
    }
    for key, (condition, datasets, definition) in wanted.items():
        sql = f"SELECT count(*) FROM can_sign_in c WHERE {condition}"
        query = (
            "SELECT c.id, c.login, c.status, c.last_login, c.created FROM can_sign_in c"
            f" WHERE {condition} ORDER BY c.login"
        )
        count = figures.snapshot.number(sql)
        yield from _count(
            figures, key, count, population, datasets, query=query, definition=definition
        )


def _privileged(figures: Figures) -> Iterator[Fact]:
    yield from _count(
        figures,
        "privileged_users",
        figures.snapshot.number("SELECT count(*) FROM privileged_user"),
        figures.snapshot.number("SELECT count(*) FROM shown_user"),
        ("users", "groups", "roles"),
        query="SELECT u.id, u.login, u.status, u.roles,"
        " (SELECT group_concat(DISTINCT p.via) FROM privilege p WHERE p.user_id = u.id) AS via"
        " FROM privileged_user u ORDER BY u.login",
        definition="Users with an admin role, held directly or through a group, and members of "
        "the groups that the settings call privileged.",
    )


def _apps(figures: Figures) -> Iterator[Fact]:
    total = figures.snapshot.number("SELECT count(*) FROM sso_app")
    for key, (condition, definition) in APP_COUNTS.items():
        count = figures.snapshot.number(f"SELECT count(*) FROM sso_app a WHERE {condition}")
        query = APPS.format(condition=condition)
        yield from _count(figures, key, count, total, ("apps",), query=query, definition=definition)


def _count(
    figures: Figures,
    key: str,
    count: int,
    total: int,
    datasets: tuple[str, ...],
    *,
    query: str,
    definition: str,
) -> Iterator[Fact]:
    as_of, complete = figures.as_of(datasets), figures.complete(datasets)
    if as_of is None or (not complete and count == 0):
        return
    evidence = Evidence(
        complete=complete,
        datasets=datasets,
        numerator=count,
        denominator=total,
        query=query,
        definition=definition,
        note="" if complete else "At least this many: not everything could be read.",
    )
    confidence = figures.confidence(datasets, otherwise=Confidence.UNCERTAIN)
    yield Fact(key, str(count), confidence, as_of, evidence)


def _share(
    figures: Figures, key: str, share: Share | None, query: str, definition: str
) -> Iterator[Fact]:
    datasets = ("users", "factors")
    as_of, complete = figures.as_of(datasets), figures.complete(datasets)
    if share is None or as_of is None:
        return
    evidence = Evidence(
        complete=complete,
        datasets=datasets,
        numerator=share.numerator,
        denominator=share.asked,
        population=share.population,
        margin=None if complete else share.margin,
        query=query,
        definition=definition,
        note="" if complete else f"{share.asked} of {share.population} users read so far.",
    )
    confidence = figures.confidence(datasets, otherwise=Confidence.OBSERVED)
    yield Fact(key, f"{share.percent}%", confidence, as_of, evidence)


def _word(text: str) -> str:
    """Okta's value as part of a key: `token:software:totp` as `token_software_totp`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "none"


def _quoted(text: str) -> str:
    """A SQL text literal: evidence carries whole queries, which have no parameters."""
    return "'" + text.replace("'", "''") + "'"
