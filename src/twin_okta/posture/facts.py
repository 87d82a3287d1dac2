"""Facts on people and applications: every figure with the query that lists who is behind it.

A figure whose data was not read is absent. One from data that is incomplete is observed or
uncertain, and absent rather than zero.
"""

from collections.abc import Iterator

from twin_host.contract import Confidence, Evidence, Fact
from twin_okta.manifest import NAME
from twin_okta.posture.figures import Figures
from twin_okta.posture.inventory import inventory
from twin_okta.posture.measure import counted, quoted, share, shown, word

STRENGTH = (
    "CASE c.rank WHEN 0 THEN 'none' WHEN 1 THEN 'weak' WHEN 2 THEN 'unknown'"
    " WHEN 3 THEN 'strong' WHEN 4 THEN 'phishing-resistant' ELSE 'not read yet' END"
)
ENROLLED = (
    "(SELECT group_concat(DISTINCT f.type) FROM enrolment f"
    " WHERE f.user_id = c.id AND f.status = 'ACTIVE')"
)
AUTHENTICATORS = (
    "(SELECT count(DISTINCT f.authenticator) FROM enrolment f"
    " WHERE f.user_id = c.id AND f.status = 'ACTIVE')"
)
PEOPLE = (
    f"SELECT c.id, c.login, c.status, {STRENGTH} AS strength, {ENROLLED} AS factors,"
    f" {AUTHENTICATORS} AS authenticators FROM can_sign_in c"
)
USERS = (
    "SELECT id, login, status, last_login, provider, department, manager FROM shown_user"
    " WHERE {condition} ORDER BY login"
)
SIGN_IN = (
    "SELECT c.id, c.login, c.status, c.last_login, c.created FROM can_sign_in c"
    " WHERE {condition} ORDER BY c.login"
)
EVERYBODY = "SELECT id FROM can_sign_in"
PERSON = "NOT c.is_service_account"
HAS_FACTOR = (
    "EXISTS (SELECT 1 FROM shown_factor f WHERE f.user_id = c.id AND f.status = 'ACTIVE'"
    " AND f.type = {type})"
)
PRIVILEGED = (
    "SELECT u.id, u.login, u.status, u.roles,"
    " (SELECT group_concat(DISTINCT p.via) FROM privilege p WHERE p.user_id = u.id) AS via"
    " FROM privileged_user u ORDER BY u.login"
)
FACTOR_TYPES = "SELECT DISTINCT type FROM shown_factor WHERE status = 'ACTIVE' ORDER BY type"
STATUSES = "SELECT DISTINCT status FROM shown_user ORDER BY status"

COVERAGE = {
    "mfa_coverage": (
        "c.rank >= 1",
        "1",
        "Share of the users who can sign in that have an enrolled second factor.",
    ),
    "mfa_coverage_strong": (
        "c.rank >= 3",
        "1",
        "Share of the users who can sign in whose best enrolled factor is strong: push, one-time "
        "code, hardware token, or phishing-resistant.",
    ),
    "mfa_coverage_phishing_resistant": (
        "c.rank >= 4",
        "1",
        "Share of the users who can sign in with an enrolled factor that a phishing page cannot "
        "use: security key, passkey, FastPass or smart card.",
    ),
    "mfa_coverage_people": (
        "c.rank >= 1",
        PERSON,
        "MFA coverage of persons alone: without the accounts that their user type or login shows "
        "to be no person's. mfa_coverage counts everybody.",
    ),
}


def facts(figures: Figures) -> tuple[Fact, ...]:
    """Everything the snapshot can say."""
    read_once = any(dataset.read_once for dataset in figures.datasets.values())
    if not read_once and not figures.snapshot.number("SELECT count(*) FROM shown_user"):
        return ()
    found = [_tool(figures)]
    for part in (_users, _coverage, _factor_shares, _user_gaps, _privileged, inventory):
        found += part(figures)
    return shown(found)


def _tool(figures: Figures) -> Fact:
    read = [name for name, dataset in figures.datasets.items() if dataset.as_of]
    as_of = max(filter(None, (figures.datasets[name].as_of for name in read)))
    evidence = Evidence(
        complete=True, datasets=tuple(read), definition=f"This org uses Okta: {figures.org_name}."
    )
    return Fact(
        key="tool", value=NAME, confidence=Confidence.VERIFIED, as_of=as_of, evidence=evidence
    )


def _users(figures: Figures) -> Iterator[Fact]:
    everybody = USERS.format(condition="1")
    definition = "All users of the org, deactivated ones included."
    yield from counted(figures, "users", everybody, ("users",), definition)
    for (status,) in figures.snapshot.rows(STATUSES):
        yield from counted(
            figures,
            f"users_{word(status)}",
            USERS.format(condition=f"status = {quoted(status)}"),
            ("users",),
            f"Users whose status is {status or 'not given'}.",
            among=everybody,
        )


def _coverage(figures: Figures) -> Iterator[Fact]:
    for key, (condition, among, definition) in COVERAGE.items():
        query = f"{PEOPLE} WHERE {among} ORDER BY ({condition}), c.rank, c.login"
        yield from share(figures, key, condition, query, definition, among=among)


def _factor_shares(figures: Figures) -> Iterator[Fact]:
    for (factor_type,) in figures.snapshot.rows(FACTOR_TYPES):
        condition = HAS_FACTOR.format(type=quoted(factor_type))
        definition = f"Share of the users who can sign in with an enrolled {factor_type} factor."
        query = f"{PEOPLE} WHERE {condition} ORDER BY c.login"
        yield from share(figures, f"mfa_factor_{word(factor_type)}", condition, query, definition)


def _user_gaps(figures: Figures) -> Iterator[Fact]:
    yield from counted(
        figures,
        "users_without_mfa",
        SIGN_IN.format(condition="c.rank = 0"),
        ("users", "factors"),
        "Users who can sign in and have no enrolled second factor.",
        among=EVERYBODY,
    )
    long_ago = f"coalesce(c.last_login, c.created) < '{figures.stale_cutoff()}'"
    yield from counted(
        figures,
        "stale_accounts",
        SIGN_IN.format(condition=long_ago),
        ("users",),
        f"Users who can sign in and have not for {figures.stale_after_days} days, or never have "
        "since they were created that long ago.",
        among=EVERYBODY,
    )
    yield from counted(
        figures,
        "service_accounts",
        "SELECT c.id, c.login, c.status, s.evidence FROM can_sign_in c"
        " JOIN service_account s ON s.id = c.id ORDER BY c.login",
        ("users",),
        "Accounts that can sign in and that their user type or login shows to be no person's.",
        among=EVERYBODY,
    )


def _privileged(figures: Figures) -> Iterator[Fact]:
    yield from counted(
        figures,
        "privileged_users",
        PRIVILEGED,
        ("users", "groups", "roles"),
        "Users with an admin role, held directly or through a group, and members of the groups "
        "that the settings call privileged. While roles may not be read, worked out from admin "
        "groups and from grants in the System Log.",
        among=USERS.format(condition="1"),
        partly=Confidence.OBSERVED,
    )
