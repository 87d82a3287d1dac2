"""How much memory the plugin's process needs for a large org.

Run: python benchmarks/memory.py [--users 50000]

A sandbox in a process of its own serves the org with rate windows so short that they do not slow
the run; the plugin syncs it in this process, whose peak resident size is printed. It must stay
under 200 MB, and hardly grow between a tenth of the users and all of them.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from peak import peak_mb

MOST_MB = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--sync", metavar="URL TOKEN", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sync:
        print(json.dumps(sync_here(*arguments.sync)))
        return
    small, large = (measure(users) for users in (arguments.users // 10, arguments.users))
    for users, figures in ((arguments.users // 10, small), (arguments.users, large)):
        print(
            f"{users:>7} users: {figures['peak_mb']:.0f} MB peak, {figures['requests']} requests, "
            f"{figures['seconds']:.0f} s, {figures['status']}"
        )
    print(f"ten times the users, {large['peak_mb'] / small['peak_mb']:.2f} times the memory")
    if large["peak_mb"] > MOST_MB or large["status"] != "complete":
        sys.exit(f"more than {MOST_MB} MB, or not complete")


def measure(users: int) -> dict:
    """Serve an org of that size and sync it in a fresh process."""
    from okta_sandbox import Org, Settings, create_app, serve

    app = create_app(Org(users=users), Settings(window_s=1, concurrency=1000))
    with serve(app) as url:
        command = [sys.executable, __file__, "--sync", url, app.token()]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def sync_here(url: str, token: str) -> dict:
    """Sync in this process and report its peak resident size."""
    from twin_host.contract import Context, Secret
    from twin_okta.asked import Asked
    from twin_okta.config import OktaConfig
    from twin_okta.connection import connect
    from twin_okta.posture import enrich_snapshot
    from twin_okta.sync import sync_org

    class Secrets:
        def get(self, _name: str) -> Secret:
            return Secret(token)

    with tempfile.TemporaryDirectory() as folder:
        context = Context(
            state_dir=Path(folder), secrets=Secrets(), clock=lambda: datetime.now(UTC)
        )
        config = OktaConfig(domain=url, rate_share=1.0)
        asked = Asked.by({"hours_back": 24})
        client = connect(config, context, asked.datasets)
        report = asyncio.run(sync_org(client, config, asked, context))
        events = sum(1 for _ in enrich_snapshot(context).events)
    return {
        "status": report.status,
        "requests": report.requests,
        "seconds": report.seconds,
        "events": events,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    main()
