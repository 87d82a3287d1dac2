"""How long an enrichment takes for a large org, against what SQLite needs to scan its tables.

Run: python benchmarks/enrich.py [--users 100000] [--assignments 1000000]

A snapshot of that size is written straight to SQLite, without any reading of an org. Facts and
gaps, with their digests, must take under 4 s at the default size, and at most 8 times as long as a
scan of every value. Each is the best of five runs; the peak of memory is printed for a tenth of the
org and for all of it.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large_snapshot import NOW, build
from peak import peak_mb

MOST_S = 4.0
MOST_SCANS = 8.0
RUNS = 5
TABLES = (
    "user", "subject_read", "factor", "assignment", "app", "okta_group", "group_member", "role",
)  # fmt: skip


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
    return {
        "users": counts["user"],
        "factors": counts["factor"],
        "assignments": counts["assignment"],
        "facts": len(found.facts),
        "gaps": len(found.gaps),
        "enrich_s": min(enrich_s),
        "scan_s": min(scan_s),
        "peak_mb": peak_mb(),
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


if __name__ == "__main__":
    main()
