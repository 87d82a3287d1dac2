"""What a very large org costs: seconds, memory and rows a second of every phase.

Run: python benchmarks/scale.py [--users 1000000] [--assignments 10000000] [--factors 20000]

A sandbox in this process serves the org, its rate limits lifted. Each phase runs through the host,
in a process of its own whose peak resident size must stay under 250 MB. Applications are read
whole, then people, the sweep of their factors ended by `--max-requests`, then again when nothing
has changed. The devices of so many are denied: read 20 a page, they would ask as much as all else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peak import peak_mb

MOST_MB = 250
TABLES = (
    "user", "factor", "okta_group", "group_member", "role", "app", "assignment", "app_group",
    "policy", "policy_rule", "app_use", "log_event", "target",
)  # fmt: skip
SYNCS = {
    "applications": {"sync_users": False, "sync_logs": False},
    "people": {"sync_apps": False, "hours_back": 1},
    "again": {"hours_back": 1},
}
MOST_APPS = 1_000
AGAIN_REQUESTS = 1_000
"""Of a sync in which nothing has changed: what it needs, and the sweep goes on with the rest."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--assignments", type=int, default=10_000_000)
    parser.add_argument("--factors", type=int, default=20_000, help="requests for factors")
    parser.add_argument("--phase", nargs=2, metavar="NAME MOST", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.phase:
        print(json.dumps(run_here(asked.phase[0], int(asked.phase[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), asked.users, asked.assignments, asked.factors)
    if any(found["peak_mb"] > MOST_MB for found in measured):
        sys.exit(f"more than {MOST_MB} MB")


def measure(home: Path, users: int, assignments: int, factors: int) -> list[dict]:
    """Serve an org of that size, and run each phase on it, in a fresh process."""
    from okta_sandbox import FaultKind, Settings, create_app, serve

    sandbox = create_app(
        org_of(users, assignments), Settings(window_s=1, concurrency=1000, token_share=1)
    )
    for bucket in list(sandbox.limits.buckets):
        sandbox.limits.set(bucket, 1_000_000)
    sandbox.faults.add(FaultKind.DENIED, "/api/v1/devices*", times=None)
    print(f"{'':<14}{'rows':>11}{'seconds':>9}{'of CPU':>9}", end="")
    print(f"{'rows/s':>9}{'requests':>10}{'peak MB':>9}")
    measured: list[dict] = []
    with serve(sandbox) as url:
        env = os.environ | {"TWIN_HOME": str(home), "OKTA_API_TOKEN": sandbox.token()}
        told = ["configure", "okta", "--domain", url, "--allow-loopback-http", "--rate-share", "1"]
        command = [sys.executable, "-m", "twin_host", *told]
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        for phase, most in (
            ("applications", 0),
            ("people", users // 200 + factors),
            ("enrich", 0),
            ("index", 0),
            ("again", AGAIN_REQUESTS),
        ):
            sandbox.journal.clear()
            command = [sys.executable, __file__, "--phase", phase, str(most)]
            done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout)
            measured.append(found)
            print(
                f"{phase:<14}{found['rows']:>11,}{found['seconds']:>9.1f}{found['cpu_s']:>9.1f}"
                f"{found['rows'] / found['seconds']:>9,.0f}{len(sandbox.journal.entries):>10,}"
                f"{found['peak_mb']:>9.0f}   {found['told']}",
                flush=True,
            )
    for file in sorted(home.rglob("*.db")):
        print(f"{file.name}: {file.stat().st_size / 1e6:,.0f} MB")
    return measured


def org_of(users: int, assignments: int) -> object:
    """An org with so many applications that about so many assignments can be read of it."""
    from okta_sandbox import Org
    from okta_sandbox.definitions import figures

    apps = {"apps": MOST_APPS, "groups": 60}
    sso_ids = figures(Org(users=100, **apps))["sso_apps"]  # which are the same for any number
    org, assigned = Org(users=users, **apps), 0
    for number, app in enumerate(org.apps.all, 1):
        if app.id in sso_ids:
            through_groups = sum(map(org.groups.size, app.groups))
            assigned += min(app.direct + through_groups, org.people.live_size)
        if assigned >= assignments:
            return Org(users=users, apps=number, groups=60)
    raise ValueError("there are not applications enough for so many assignments")


def run_here(phase: str, most: int) -> dict:
    """Run a phase in this process: its time, its peak resident size, and on how many rows."""
    from twin_host.contract import Budget
    from twin_host.twin import Twin

    twin = Twin()
    connector = twin.registry.get("okta")
    snapshot = twin.home.state_dir("okta") / "snapshot.db"
    before = rows_of(snapshot) if phase in SYNCS and phase != "again" else 0
    begun_s, begun_cpu_s = time.monotonic(), time.process_time()
    if phase in SYNCS:
        budget = Budget(requests=most or None)
        report = twin.sync("okta", SYNCS[phase], budget=budget).report
        told = ", ".join(f"{n} {d.state} {d.read}" for n, d in report.datasets.items() if d.read)
    elif phase == "enrich":
        found = connector.enrich(twin.context(connector))
        events = sum(1 for _ in found.events)
        told = f"{len(found.facts)} facts, {len(found.gaps)} gaps, {events} events"
    else:
        twin.home.database.unlink()  # what the syncs have told of is told anew, all of it
        told = str(twin.enrich("okta"))
    seconds, cpu_s = time.monotonic() - begun_s, time.process_time() - begun_cpu_s
    peak = peak_mb()
    return {
        "seconds": seconds,
        "cpu_s": cpu_s,
        "rows": rows_of(snapshot) - before,
        "peak_mb": peak,
        "told": told,
    }


def rows_of(snapshot: Path) -> int:
    """How many rows a snapshot has; none where there is none yet."""
    import sqlite3

    if not snapshot.exists():
        return 0
    with sqlite3.connect(snapshot) as db:
        return sum(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)


if __name__ == "__main__":
    main()
