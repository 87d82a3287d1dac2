"""A large snapshot written straight to SQLite, without any reading of an org."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin_okta.snapshot import Snapshot

NOW = datetime(2026, 6, 1, tzinfo=UTC)
APPS, GROUPS, POLICIES = 250, 500, 8
STATUSES = ["ACTIVE"] * 82 + ["DEPROVISIONED"] * 10 + ["PASSWORD_EXPIRED"] * 4 + ["SUSPENDED"] * 4
PROVIDERS = ["OKTA"] * 80 + ["ACTIVE_DIRECTORY"] * 15 + ["FEDERATION"] * 5
FACTORS = [
    [("push", "OKTA"), ("signed_nonce", "OKTA"), ("token:software:totp", "OKTA")],
    [("push", "OKTA"), ("signed_nonce", "OKTA"), ("token:software:totp", "OKTA"), ("sms", "OKTA")],
    [("webauthn", "FIDO"), ("push", "OKTA"), ("token:software:totp", "OKTA")],
    [("sms", "OKTA")],
    [("sms", "OKTA"), ("email", "OKTA")],
    [("token:software:totp", "GOOGLE"), ("email", "OKTA")],
    [("email", "OKTA")],
    [("web", "DUO"), ("question", "OKTA")],
    [],
]
AUTHENTICATORS = {
    "okta_verify": None, "webauthn": None, "duo": None, "phone_number": "any", "okta_email": "any",
    "security_question": "recovery", "google_otp": None,
}  # fmt: skip
KINDS = ("user.session.start", "user.account.lock", "group.user_membership.add", "user.session.end")
ENTRIES_A_PAGE = 1000
SUBJECT_READ = (
    "(dataset, subject, outcome, read_at, newer_from, after_event, in_order, sync, failure, spread)"
)
ALL_READ_SINCE = "UPDATE subject_read SET after_event = (SELECT max(number) FROM log_event)"


def build(folder: Path, *, users: int, assignments: int, now: datetime = NOW) -> None:
    """A complete snapshot, with people as an ordinary org has them."""
    from twin_okta.datasets import DATASETS
    from twin_okta.snapshot import Snapshot, iso_text

    chance, read_at = Random(7), iso_text(now)
    ids = [_user_id(number) for number in range(users)]
    able = [i for n, i in enumerate(ids) if STATUSES[n % 100] in ("ACTIVE", "PASSWORD_EXPIRED")]
    with Snapshot.for_sync(folder) as snapshot, snapshot.together():
        snapshot.set_org("benchmark", groups=["Admins"], stale_days=90, service_names=["*.robot"])
        snapshot.set_view(edition="idx", sees_everybody=True)
        snapshot.write(
            "UPDATE dataset SET shown = 1, as_of = ?, started_at = ?, state = 'complete'"
            " WHERE name = ?",
            [(read_at, read_at, name) for name in DATASETS],
        )
        _write_people(snapshot, ids, chance, now)
        _write_factors(snapshot, able, chance, read_at)
        _write_apps(snapshot, ids, assignments, read_at)
        _write_policies(snapshot)
        _write_groups_and_roles(snapshot, able)


def fill(folder: Path, entries: int, *, people: int, now: datetime = NOW) -> None:
    """Put so many entries into a snapshot's log, spread over 90 days; all else was read after."""
    import orjson

    from twin_okta.snapshot import Snapshot, iso_text
    from twin_okta.sync.log_entries import entries as taken_apart
    from twin_okta.sync.log_entries import keep

    def entry(number: int) -> bytes:
        person = _login(number % people)
        its_id = _user_id(number % people)
        return orjson.dumps({
            "uuid": f"entry-{number}",
            "published": iso_text(now - timedelta(days=90) * (1 - number / entries)),
            "eventType": KINDS[number % len(KINDS)],
            "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
            "actor": {"id": its_id, "type": "User", "alternateId": person},
            "client": {"ipAddress": "192.0.2.1", "geographicalContext": {"country": "Norway"}},
            "target": [{"type": "User", "id": its_id, "alternateId": person}],
            "debugContext": {"debugData": {"requestUri": "/api/v1/authn", "filler": "x" * 500}},
        })  # fmt: skip

    with Snapshot.for_sync(folder) as snapshot:
        for start in range(0, entries, ENTRIES_A_PAGE):
            numbers = range(start, min(entries, start + ENTRIES_A_PAGE))
            keep(snapshot, taken_apart(list(map(entry, numbers)), lambda _user_id: True)[0])
        snapshot.write(ALL_READ_SINCE, [()])


def _user_id(number: int) -> str:
    return f"00u{number:017d}"


def _login(number: int) -> str:
    return f"person{number}@example.com" if number % 200 else f"svc-{number}@example.com"


def _write_people(snapshot: "Snapshot", ids: Sequence[str], chance: Random, now: datetime) -> None:
    from twin_okta.snapshot import iso_text

    def ago(most_days: int, *, at_least: int = 0) -> str:
        return iso_text(now - timedelta(days=chance.uniform(at_least, at_least + most_days)))

    snapshot.write(
        "INSERT INTO user (generation, id, login, email, first_name, last_name, status, provider,"
        " created, activated, last_login, department, manager)"
        " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                user_id,
                _login(number),
                _login(number),
                "Person",
                str(number),
                STATUSES[number % 100],
                PROVIDERS[number * 7 % 100],
                ago(900, at_least=200),
                ago(200, at_least=100),
                ago(110),
                f"Department {number % 30}",
                _login(number % 1000),
            )
            for number, user_id in enumerate(ids)
        ),
    )


def _write_factors(snapshot: "Snapshot", able: Sequence[str], chance: Random, read_at: str) -> None:
    snapshot.write(
        f"INSERT INTO subject_read {SUBJECT_READ}"
        " VALUES ('factors', ?, 'read', ?, ?, 0, ?, 1, '', 0.5)",
        ((user_id, read_at, read_at, number < 50) for number, user_id in enumerate(able)),
    )
    snapshot.write(
        "INSERT INTO factor (generation, user_id, id, type, provider, status)"
        " VALUES (1, ?, ?, ?, ?, 'ACTIVE')",
        (
            (user_id, f"fac{number}", kind, provider)
            for user_id in able
            for number, (kind, provider) in enumerate(chance.choice(FACTORS))
        ),
    )
    snapshot.write(
        "INSERT INTO authenticator (generation, id, key, status, allowed_for)"
        " VALUES (1, ?, ?, 'ACTIVE', ?)",
        ((f"aut-{key}", key, allowed_for) for key, allowed_for in AUTHENTICATORS.items()),
    )


def _write_apps(snapshot: "Snapshot", ids: Sequence[str], assignments: int, read_at: str) -> None:
    snapshot.write(
        "INSERT INTO app (generation, id, name, label, status, sign_on_mode, policy_id)"
        " VALUES (1, ?, ?, ?, 'ACTIVE', ?, ?)",
        (
            (f"0oa{n}", f"app{n}", f"App {n}", "AUTO_LOGIN" if n % 9 == 0 else "SAML_2_0",
             f"rst{n % POLICIES}")
            for n in range(APPS)
        ),
    )  # fmt: skip
    snapshot.write(
        f"INSERT INTO subject_read {SUBJECT_READ} VALUES (?, ?, 'read', ?, ?, 0, 0, 1, '', 0.5)",
        (
            (dataset, f"0oa{n}", read_at, read_at)
            for dataset in ("assignments", "app_use")
            for n in range(APPS)
        ),
    )
    snapshot.write(
        "INSERT OR REPLACE INTO assignment VALUES (1, ?, ?, ?, 'ACTIVE')",
        (
            (f"0oa{n}", ids[(place * 7919 + n) % len(ids)], "USER" if place % 3 else "GROUP")
            for n in range(APPS)
            for place in range(assignments // APPS)
        ),
    )


def _write_policies(snapshot: "Snapshot") -> None:
    snapshot.write(
        "INSERT INTO policy VALUES (1, ?, 'ACCESS_POLICY', ?, 'ACTIVE', 1)",
        ((f"rst{n}", f"Policy {n}") for n in range(POLICIES)),
    )
    snapshot.write(
        "INSERT INTO policy_rule (generation, policy_id, id, name, status, priority,"
        " for_everybody, access, means)"
        " VALUES (1, ?, ?, 'Rule', 'ACTIVE', 1, 1, 'ALLOW', ?)",
        ((f"rst{n}", f"rul{n}", '["password"]' if n % 3 else "[]") for n in range(POLICIES)),
    )


def _write_groups_and_roles(snapshot: "Snapshot", able: Sequence[str]) -> None:
    snapshot.write(
        "INSERT INTO okta_group (generation, id, name, folded_name, type, users_count,"
        " has_admin_role) VALUES (1, ?, ?, ?, 'OKTA_GROUP', 100, ?)",
        ((f"00g{n}", f"Group {n}", f"group {n}", n == 0) for n in range(GROUPS)),
    )
    snapshot.write("INSERT INTO group_member VALUES (1, '00g0', ?)", ((i,) for i in able[:100]))
    snapshot.write(
        "INSERT INTO role (generation, holder_kind, holder_id, id, type, status,"
        " assignment_type) VALUES (1, 'user', ?, 'ra1', 'ORG_ADMIN', 'ACTIVE', 'USER')",
        ((i,) for i in able[:40]),
    )
