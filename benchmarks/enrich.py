"""How long an enrichment takes for a large org, against what SQLite needs to scan its tables.

Run: python benchmarks/enrich.py [--users 100000] [--assignments 1000000]

A snapshot of that size is written straight to SQLite, without any reading of an org. Facts and
gaps, with their digests, must take under 4 s at the default size, and at most 8 times as long as a
scan of every value. Each is the best of five runs; the peak of memory is printed for a tenth of the
org and for all of it.
"""

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

NOW = datetime(2026, 6, 1, tzinfo=UTC)
APPS = 250
MOST_S = 4.0
MOST_SCANS = 8.0
RUNS = 5
TABLES = (
    "user", "subject_read", "factor", "assignment", "app", "okta_group", "group_member", "role",
)  # fmt: skip
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--assignments", type=int, default=1_000_000)
    parser.add_argument("--here", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(enrich_here(Path(arguments.here))))
        return
    small = measure(arguments.users // 10, arguments.assignments // 10)
    large = measure(arguments.users, arguments.assignments)
    for found in (small, large):
        print(
            f"{found['users']:>7} users, {found['factors']} factors, {found['assignments']} "
            f"assignments: {found['facts']} facts and {found['gaps']} gaps in "
            f"{found['enrich_s']:.2f} s; a scan takes {found['scan_s']:.2f} s: "
            f"{found['enrich_s'] / found['scan_s']:.1f} times; {found['peak_mb']:.0f} MB peak"
        )
    too_long = large["enrich_s"] > MOST_SCANS * large["scan_s"]
    if large["enrich_s"] > MOST_S or too_long:
        sys.exit(f"more than {MOST_S:g} s, or more than {MOST_SCANS:g} scans")


def measure(users: int, assignments: int) -> dict:
    """Write a snapshot of that size and enrich it in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), users=users, assignments=assignments)
        command = [sys.executable, __file__, "--here", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def enrich_here(folder: Path) -> dict:
    """Enrich in this process; the best of some runs, and the process's peak resident size."""
    from threading import Event

    from twin_host.contract import Context
    from twin_okta.posture import enrich_snapshot
    from twin_okta.snapshot import FILE_NAME

    context = Context(
        state_dir=folder, secrets=None, clock=lambda: NOW, report=print, cancelled=Event()
    )
    enrich_s: list[float] = []
    scan_s: list[float] = []
    counts: dict[str, int] = {}
    for _ in range(RUNS):  # by turns, so that both meet the same weather
        begun_s = time.process_time()
        found = enrich_snapshot(context)
        enrich_s.append(time.process_time() - begun_s)
        begun_s = time.process_time()
        counts = scan(folder / FILE_NAME)
        scan_s.append(time.process_time() - begun_s)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "users": counts["user"],
        "factors": counts["factor"],
        "assignments": counts["assignment"],
        "facts": len(found.facts),
        "gaps": len(found.gaps),
        "enrich_s": min(enrich_s),
        "scan_s": min(scan_s),
        "peak_mb": peak_kb / 1024,
    }


def scan(path: Path) -> dict[str, int]:
    """Look at every value of every table once, with SQLite alone; how many rows each has."""
    counts: dict[str, int] = {}
    with sqlite3.connect(path) as db:
        for table in TABLES:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(f"max({column})" for column in columns)
            counts[table] = db.execute(f"SELECT count(*), {values} FROM {table}").fetchone()[0]
    return counts


def build(folder: Path, *, users: int, assignments: int) -> None:
    """A complete snapshot, with people as an ordinary org has them."""
    from twin_okta.datasets import DATASETS
    from twin_okta.snapshot import Snapshot, iso_text

    chance = Random(7)
    now = iso_text(NOW)
    ids = [f"00u{number:017d}" for number in range(users)]
    with Snapshot.for_sync(folder) as snapshot, snapshot.together():
        snapshot.set_org("benchmark", groups=["Admins"], stale_days=90, service_names=["*.robot"])
        snapshot.set_view(edition="idx", sees_everybody=True)
        snapshot.write(
            "UPDATE dataset SET shown = 1, as_of = ?, started_at = ?, state = 'complete'"
            " WHERE name = ?",
            [(now, now, name) for name in DATASETS],
        )
        snapshot.write(
            "INSERT INTO user (generation, id, login, status, provider, created, activated,"
            " last_login, department, manager) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    user_id,
                    f"person{number}@example.com" if number % 200 else f"svc-{number}@example.com",
                    STATUSES[number % 100],
                    PROVIDERS[number * 7 % 100],
                    _ago(chance, 900, at_least=200),
                    _ago(chance, 200, at_least=100),
                    _ago(chance, 110),
                    f"Department {number % 30}",
                    f"person{number % 1000}@example.com",
                )
                for number, user_id in enumerate(ids)
            ),
        )
        able = [i for n, i in enumerate(ids) if STATUSES[n % 100] in ("ACTIVE", "PASSWORD_EXPIRED")]
        snapshot.write(
            "INSERT INTO subject_read VALUES ('factors', ?, 'read', ?, ?, 0, ?, 1, '', 0.5)",
            ((user_id, now, now, number < 50) for number, user_id in enumerate(able)),
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
            "INSERT INTO app (generation, id, name, label, status, sign_on_mode, policy_id)"
            " VALUES (1, ?, ?, ?, 'ACTIVE', ?, ?)",
            (
                (f"0oa{n}", f"app{n}", f"App {n}", "AUTO_LOGIN" if n % 9 == 0 else "SAML_2_0",
                 f"rst{n % 8}")
                for n in range(APPS)
            ),
        )  # fmt: skip
        snapshot.write(
            "INSERT INTO subject_read VALUES (?, ?, 'read', ?, ?, 0, 0, 1, '', 0.5)",
            (
                (dataset, f"0oa{n}", now, now)
                for dataset in ("assignments", "app_use")
                for n in range(APPS)
            ),
        )
        each_app = assignments // APPS
        snapshot.write(
            "INSERT OR REPLACE INTO assignment VALUES (1, ?, ?, ?, 'ACTIVE')",
            (
                (f"0oa{n}", ids[(place * 7919 + n) % users], "USER" if place % 3 else "GROUP")
                for n in range(APPS)
                for place in range(each_app)
            ),
        )
        for n in range(8):
            snapshot.write(
                "INSERT INTO policy VALUES (1, ?, 'ACCESS_POLICY', ?, 'ACTIVE', 1)",
                [(f"rst{n}", f"Policy {n}")],
            )
            snapshot.write(
                "INSERT INTO policy_rule (generation, policy_id, id, name, status, priority,"
                " for_everybody, access, means)"
                " VALUES (1, ?, ?, 'Rule', 'ACTIVE', 1, 1, 'ALLOW', ?)",
                [(f"rst{n}", f"rul{n}", '["password"]' if n % 3 else "[]")],
            )
        snapshot.write(
            "INSERT INTO okta_group (generation, id, name, folded_name, type, users_count,"
            " has_admin_role) VALUES (1, ?, ?, ?, 'OKTA_GROUP', 100, ?)",
            ((f"00g{n}", f"Group {n}", f"group {n}", n == 0) for n in range(500)),
        )
        snapshot.write(
            "INSERT INTO authenticator (generation, id, key, status, allowed_for)"
            " VALUES (1, ?, ?, 'ACTIVE', ?)",
            [("aut1", "okta_verify", None), ("aut2", "webauthn", None), ("aut3", "duo", None),
             ("aut4", "phone_number", "any"), ("aut5", "okta_email", "any"),
             ("aut6", "security_question", "recovery"), ("aut7", "google_otp", None)],
        )  # fmt: skip
        snapshot.write("INSERT INTO group_member VALUES (1, '00g0', ?)", ((i,) for i in able[:100]))
        snapshot.write(
            "INSERT INTO role (generation, holder_kind, holder_id, id, type, status,"
            " assignment_type) VALUES (1, 'user', ?, 'ra1', 'ORG_ADMIN', 'ACTIVE', 'USER')",
            ((i,) for i in able[:40]),
        )


def _ago(chance: Random, most_days: int, *, at_least: int = 0) -> str:
    from twin_okta.snapshot import iso_text

    return iso_text(NOW - timedelta(days=chance.uniform(at_least, at_least + most_days)))


if __name__ == "__main__":
    main()
