"""How many requests a first sync makes, beside the fewest that Okta's API allows.

Run: python benchmarks/requests.py [--users 10000 --groups 60 --apps 200 --admins 25]

The minimum is computed from the simulated org, without the plugin, line by line:

- lists cost a request for each full page, at the largest page that Okta permits,
  or at the one that it advises where it names one (devices);
- factors cost one for each user who can sign in, since there is no bulk endpoint;
- who holds a role comes 100 a page, and then each holder's roles cost one; so do those of each
  admin group and service app, and the permissions and the reach of each custom role in use;
- an application's users and its groups cost at least one each, and its last use one;
- each policy's rules cost one, and each group's members, but Everyone's, one for each full page;
- the log costs its pages and one more, empty, that says there is no more for now.

More than 5 % above it is a miss.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

MOST_ABOVE = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, size in {"users": 10_000, "groups": 60, "apps": 200, "admins": 25}.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    sizes = vars(parser.parse_args())

    from okta_sandbox import Org, Settings, create_app, serve

    sandbox = create_app(Org(**sizes), Settings(window_s=1, concurrency=1000))
    with serve(sandbox) as url:
        started_s = sandbox.now()
        status = sync_once(url, sandbox.token())
    asked = Counter(kind_of(entry.path) for entry in sandbox.journal.entries)
    fewest = minimum(sandbox, asked_at_s=started_s)
    print(f"{'':<24}{'fewest':>8}{'made':>8}")
    for kind in sorted(fewest | asked):
        print(f"{kind:<24}{fewest[kind]:>8}{asked[kind]:>8}")
    ratio = asked.total() / fewest.total()
    print(f"{'all':<24}{fewest.total():>8}{asked.total():>8}   {ratio:.3f} times, {status}")
    if ratio > MOST_ABOVE or status != "complete":
        sys.exit(f"more than {MOST_ABOVE:g} times the minimum, or not complete")


def sync_once(url: str, token: str) -> str:
    """One first sync with the defaults; how it ended."""
    from twin_host.contract import Context, Secret
    from twin_okta.asked import Asked
    from twin_okta.config import OktaConfig
    from twin_okta.connection import connect
    from twin_okta.sync import sync_org

    class Secrets:
        def get(self, name: str) -> Secret | None:
            return Secret(token) if name == "token" else None

    with tempfile.TemporaryDirectory() as folder:
        context = Context(
            state_dir=Path(folder), secrets=Secrets(), clock=lambda: datetime.now(UTC)
        )
        config = OktaConfig(domain=url, allow_loopback_http=True, rate_share=1.0)
        asked = Asked.by({})
        client = connect(config, context, asked.datasets)
        report = asyncio.run(sync_org(client, config, asked, context))
    return str(report.status)


def minimum(sandbox: object, *, asked_at_s: float) -> Counter[str]:
    """The fewest requests that bring everything, by kind."""
    from okta_sandbox.definitions import figures
    from okta_sandbox.truth import truth

    org = sandbox.org  # type: ignore[attr-defined]
    true, admins, security = truth(org, now_s=asked_at_s), org.admins, org.security
    holders, admin_groups = admins.holders(), admins.admin_groups()
    grants = [g for user in holders for g in admins.of_user(user)]
    grants += [g for group in admin_groups for g in admins.of_group(group)]
    machines = [app for app in org.apps.all if app.machine and app.status == "ACTIVE"]
    grants += [g for app in machines for g in security.machine_roles(app)]
    custom = [g for g in grants if g.type == "CUSTOM"]
    sso_ids = figures(org, now_s=asked_at_s)["sso_apps"]
    sso = [app for app in org.apps.all if app.id in sso_ids]
    policies = len(security.session_policies) + len(security.access_policies)
    watched = len(log_entries(org, asked_at_s))
    return Counter(
        {
            "users": pages(true.users, 200),
            "users/factors": len(true.can_sign_in),
            "users/roles": len(holders),
            "groups": pages(len(true.group_sizes), 200) + 1,  # and the second count of everybody
            "groups/users": sum(pages(true.group_sizes[g.id], 1000) for g in org.groups.all[1:]),
            "groups/roles": len(admin_groups),
            "iam/assignees": pages(len(holders), 100),
            "iam/roles": len({g.role for g in custom}),
            "iam/resource-sets": len({g.resource_set for g in custom}),
            "clients/roles": len(machines),
            "api-tokens": 1,
            "apps": pages(len(org.apps.all), 200),
            "apps/users": sum(pages(true.assignments[app.id].total, 500) for app in sso),
            "apps/groups": sum(pages(len(app.groups), 200) for app in sso),
            "policies": 2 if security.access_policies else 1,
            "policies/rules": policies,
            "authenticators": 1,
            "devices": pages(sum(1 for _ in org.devices.all()), 20),
            "zones": 1,
            "threats": 1,
            "engine": 1,
            "logs": pages(watched, 1000) + 2 + len(sso),  # and once more when all else was read
        }
    )


def log_entries(org: object, now_s: float) -> list[object]:
    """Entries of the default log window that the server's filter lets through."""
    from twin_okta.rules import load

    wanted = {
        (event_type, outcome)
        for rule in load("notable_events")["rule"]
        for event_type in rule["event_types"]
        for outcome in rule.get("outcomes", [None])
    }
    families = tuple(load("due")["families"])
    wanted |= {(event, None) for rule in load("due")["due"] for event in rule["events"]}
    entries = org.log.entries(now_s - 24 * 3600, now_s)  # type: ignore[attr-defined]
    return [
        entry
        for entry in entries
        if entry["eventType"].startswith(families)
        or {(entry["eventType"], outcome) for outcome in (None, entry["outcome"]["result"])}
        & wanted
    ]


def pages(records: int, size: int) -> int:
    """Requests for a list; an empty one costs one too."""
    return max(1, ceil(records / size))


def kind_of(path: str) -> str:
    """What a path asks for: its first word after the version, and its last if it has an owner."""
    if path.startswith("/.well-known"):
        return "engine"
    words = path.removeprefix("/api/v1/").removeprefix("/oauth2/v1/").strip("/").split("/")
    if words[0] == "iam":
        return "/".join(words[:2])
    return words[0] if words[0] == "threats" or len(words) < 3 else f"{words[0]}/{words[2]}"


if __name__ == "__main__":
    main()
