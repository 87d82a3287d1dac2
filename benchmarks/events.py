"""How fast the System Log is read, stored and turned into events.

Run: python benchmarks/events.py [--users 20000] [--days 15]

The pages are a simulated org's as Okta would send them, made before the clock runs. By turns, in
one process on one core, they are taken apart by `orjson.loads` alone; read through the client into
a snapshot and turned into security events by the connector; and, where Okta's SDK is installed,
made its models alone. What is compared is processor time on the same bytes.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson

LEAST = 0.2
"""Of the speed of orjson.loads."""
ALONE, CONNECTOR = "orjson.loads alone", "read, stored, made events"
RUNS = 3
ORG = "http://127.0.0.1"
PLENTY = {"x-rate-limit-limit": "60000", "x-rate-limit-remaining": "59999"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=15)
    arguments = parser.parse_args()
    pages, now = asyncio.run(made(arguments.users, arguments.days))
    ways: dict[str, Callable[[], int]] = {
        ALONE: lambda: sum(len(orjson.loads(page)) for page in pages),
        CONNECTOR: lambda: connector(pages, now),
    }
    if models := sdk_models():
        ways["Okta's SDK, models alone"] = lambda: models(pages)
    entries: dict[str, int] = {}
    taken_s = dict.fromkeys(ways, float("inf"))
    for _ in range(RUNS):  # by turns, so that all meet the same weather
        for name, way in ways.items():
            begun_s = time.process_time()
            entries[name] = way()
            taken_s[name] = min(taken_s[name], time.process_time() - begun_s)
    print(f"{sum(map(len, pages)) / 1e6:.0f} MB, {entries[ALONE]} entries")
    for name, seconds in taken_s.items():
        speed = f"{entries[name] / seconds:8.0f} entries/s"
        print(f"{name:>26}: {speed}, {taken_s[ALONE] / seconds:.3f} of orjson.loads")
    if taken_s[ALONE] / taken_s[CONNECTOR] < LEAST:
        sys.exit(f"less than {LEAST} of orjson.loads")


async def made(users: int, days: int) -> tuple[list[bytes], datetime]:
    """The pages of a log, of the entries that the connector asks for, and when they end."""
    from okta_sandbox import Org, Settings, create_app
    from twin_okta.sync.log_filter import server_filter

    app = create_app(Org(users=users), Settings(window_s=1, concurrency=1000))
    now = datetime.fromtimestamp(app.org.as_of_s, UTC)
    since = (now - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    query = {"since": since, "filter": server_filter(), "limit": 1000, "sortOrder": "ASCENDING"}
    pages: list[bytes] = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=ORG,
        headers={"authorization": f"SSWS {app.token()}"},
    ) as client:
        answer = await client.get("/api/v1/logs", params=query)
        while answer.raise_for_status().content != b"[]":
            pages.append(answer.content)
            answer = await client.get(answer.links["next"]["url"])
    return pages, now


class Replay(httpx.AsyncBaseTransport):
    """Serves the pages one after the other, and nothing else."""

    def __init__(self, pages: list[bytes]) -> None:
        self._pages = pages

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/v1/logs":
            return httpx.Response(404, headers=PLENTY, content=b"{}")
        number = int(request.url.params.get("after", 0))
        link = f'<{ORG}/api/v1/logs?after={number + 1}>; rel="next"'
        reset = str(int(time.time()) + 60)
        headers = {**PLENTY, "x-rate-limit-reset": reset, "link": link}
        content = self._pages[number] if number < len(self._pages) else b"[]"
        return httpx.Response(200, headers=headers, content=content)


def connector(pages: list[bytes], now: datetime) -> int:
    """Read them into an empty snapshot and tell its events; how many entries were stored."""
    from twin_host.contract import Context, Secret
    from twin_okta.asked import Asked
    from twin_okta.config import OktaConfig
    from twin_okta.connection import connect
    from twin_okta.posture.events import security_events
    from twin_okta.snapshot import Snapshot
    from twin_okta.sync import sync_org

    class Secrets:
        def get(self, _name: str) -> Secret:
            return Secret("a token that no page repeats")

    with tempfile.TemporaryDirectory() as folder:
        context = Context(state_dir=Path(folder), secrets=Secrets(), clock=lambda: now)
        config = OktaConfig(domain=ORG, rate_share=1.0)
        asked = Asked.by({"sync_users": False, "sync_apps": False, "hours_back": 2000})
        client = connect(config, context, asked.datasets, transport=Replay(pages))
        report = asyncio.run(sync_org(client, config, asked, context)).datasets["logs"]
        events = count(security_events(Snapshot.to_read(context.state_dir)))
    if not events or report.read < 1000 * (len(pages) - 1):
        sys.exit(f"not everything was read: {report.reason}")
    return report.read


def count(things: Iterator[object]) -> int:
    return sum(1 for _ in things)


def sdk_models() -> Callable[[list[bytes]], int] | None:
    """What makes log entries of Okta's SDK of pages, if that is installed."""
    try:
        from okta.models.log_event import LogEvent
    except ImportError:
        return None

    def make(pages: list[bytes]) -> int:
        return sum(count(map(LogEvent.from_dict, orjson.loads(page))) for page in pages)

    return make


if __name__ == "__main__":
    main()
