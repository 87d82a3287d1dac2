"""Make a twin of a very large org in seconds, so that pages and commands can be measured on it.

Run: python benchmarks/large_home.py HOME [--users 1000000 --assignments 1000000 --entries 20000]

The snapshot is written straight to SQLite, as it is after a whole sync; then the twin is told of it
as it is after an enrichment. Look at it with `TWIN_HOME=HOME twin facts` or `twin serve`.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from large_snapshot import build, fill
from peak import peak_mb

CONFIG = {"domain": "https://example.okta.com", "auth": "token"}
READ_BEFORE = timedelta(minutes=5)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path, metavar="HOME")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--assignments", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=20_000)
    asked = parser.parse_args()

    from twin_host.home import Home
    from twin_host.twin import Twin

    home = Home(asked.home.absolute())
    home.ensure()
    folder, now = home.state_dir("okta"), datetime.now(UTC) - READ_BEFORE
    if (folder / "snapshot.db").exists():
        sys.exit(f"{asked.home} is a twin already: name a folder that is none.")
    begun_s = time.monotonic()
    home.write_config("okta", CONFIG)
    build(folder, users=asked.users, assignments=asked.assignments, now=now)
    fill(folder, asked.entries, people=asked.users, now=now)
    built_s = time.monotonic() - begun_s
    keep_sync(home)
    begun_s = time.monotonic()
    told = Twin(home).enrich("okta")
    enriched_s = time.monotonic() - begun_s
    print(f"written in {built_s:.0f} s, enriched in {enriched_s:.0f} s: {told}")
    print(f"{peak_mb():.0f} MB peak; {sum(size(home.path)) / 1e6:,.0f} MB of files")


def keep_sync(home: object) -> None:
    """Let the twin remember the sync that might have read this."""
    from twin_host.contract import DatasetReport, DatasetState, SyncReport, SyncStatus
    from twin_host.store import Store
    from twin_okta.datasets import DATASETS
    from twin_okta.reading import Reading
    from twin_okta.snapshot import Snapshot

    with Snapshot.to_read(home.state_dir("okta")) as snapshot:
        counts = {
            name: Reading.shown(snapshot, name).count() if dataset.tables else 0
            for name, dataset in DATASETS.items()
        }
    datasets = {
        name: DatasetReport(state=DatasetState.COMPLETE, read=count, expected=count)
        for name, count in counts.items()
    }
    report = SyncReport(status=SyncStatus.COMPLETE, datasets=datasets)
    with Store.to_write(home.database) as store:
        store.keep_sync("okta", report, datetime.now(UTC))


def size(folder: Path) -> list[int]:
    """The sizes of all files in a folder."""
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    main()
