"""Testing a credential: who it is, what it may read, and how long a first sync will take."""

from collections.abc import Coroutine
from datetime import timedelta
from math import ceil
from typing import Any

import httpx
from attrs import define, field

from twin_host.contract import Capability, ConnectionReport, Context
from twin_okta.api import BadCredential, Denied, NotFound, OktaClient, OktaError
from twin_okta.api.client import Params
from twin_okta.api.json_path import at, objects
from twin_okta.api.oauth import ServiceApp
from twin_okta.api.pacing import Pacer, sweep_s
from twin_okta.config import OktaConfig
from twin_okta.datasets import DATASETS
from twin_okta.snapshot import iso_text
from twin_okta.sync.apps import PAGE as APPS_PAGE
from twin_okta.sync.run import each

AT_ONCE = 8
EDITIONS = {"idx": "Identity Engine", "v1": "Classic Engine"}


async def probe(
    config: OktaConfig,
    context: Context,
    *,
    auth: httpx.Auth,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ConnectionReport:
    """Probe each capability once, all side by side. Failures are in the report, never raised."""
    client = OktaClient(
        config.base_url,
        auth,
        Pacer(config.rate_share),
        transport,
        epoch_s=lambda: context.clock().timestamp(),
    )
    async with client:
        visit = Visit(client, config, context)
        try:
            user_id = await visit.first_user()
            await each(visit.probes(user_id), lambda probe: probe, width=AT_ONCE)
        except OktaError as error:
            return ConnectionReport(ok=False, org=config.domain, error=str(error))
    return visit.report()


@define
class Visit:
    """What the probes have found so far."""

    client: OktaClient
    config: OktaConfig
    context: Context
    org: str = ""
    edition: str = ""
    identity: str = ""
    capabilities: dict[str, Capability] = field(factory=dict[str, Capability])
    users: int | None = None
    apps: int | None = None

    async def first_user(self) -> str:
        """The id of any user; also the first proof that the credential is accepted at all."""
        found = await self._try("users", "/api/v1/users", {"limit": 1})
        return next((str(user.get("id", "")) for user in objects(found)), "")

    def probes(self, user_id: str) -> list[Coroutine[Any, Any, None]]:
        """Everything else, to be run side by side."""
        since = iso_text(self.context.clock() - timedelta(hours=1))
        return [
            self._who(),
            self._what_kind(),
            self._try("factors", f"/api/v1/users/{user_id}/factors")
            if user_id
            else self._no_user(),
            self._count_users(),
            self._count_apps(),
            self._try("logs", "/api/v1/logs", {"limit": 1, "since": since}),
            *(
                self._try(name, dataset.probe.path, dataset.probe.params)
                for name, dataset in DATASETS.items()
                if dataset.probe and name != "users"
            ),
        ]

    def report(self) -> ConnectionReport:
        """All of it."""
        granted = any(capability.granted for capability in self.capabilities.values())
        return ConnectionReport(
            ok=granted,
            org=self.org or self.config.domain,
            edition=self.edition,
            identity=self.identity,
            capabilities={n: self.capabilities[n] for n in DATASETS if n in self.capabilities},
            rate_limits=self._limits(),
            first_sync_s=self._first_sync_s(),
            notes=tuple(filter(None, [self.client.clock_note()])),
            error="" if granted else "Okta accepts the credential, but it may read nothing.",
        )

    async def _try(self, capability: str, path: str, params: Params | None = None) -> Any:
        try:
            answer = await self.client.get(path, params)
        except Denied as refusal:
            reason, missing = DATASETS[capability].denial(refusal)
            self._found(capability, Capability(granted=False, reason=reason, missing=missing))
            return None
        except NotFound as gone:
            self._found(capability, Capability(granted=False, reason=str(gone)))
            return None
        self._found(capability, Capability(granted=True))
        return answer.json

    def _found(self, name: str, capability: Capability) -> None:
        self.capabilities[name] = capability
        self.context.probed(name, capability)

    async def _no_user(self) -> None:
        reason = "No user could be listed to try it with."
        self._found("factors", Capability(granted=False, reason=reason))

    async def _who(self) -> None:
        """A service app is itself; a token is its owner, `/users/me`."""
        if isinstance(self.client.auth, ServiceApp):
            app = self.client.auth
            self.identity = f"service app {app.client_id} with {', '.join(app.scopes)}"
            return
        me = await self._optional("/api/v1/users/me")
        self.identity = str(at(me, "profile.login") or at(me, "id") or "")
        roles = await self._optional(f"/api/v1/users/{at(me, 'id')}/roles") if me else None
        labels = [str(role.get("label") or role.get("type")) for role in objects(roles)]
        if labels:
            self.identity += f" ({', '.join(dict.fromkeys(labels))})"

    async def _what_kind(self) -> None:
        kind = await self._optional("/.well-known/okta-organization")
        self.edition = EDITIONS.get(str(at(kind, "pipeline")), "")
        org = await self._optional("/api/v1/org")
        self.org = str(at(org, "companyName") or at(org, "subdomain") or "")

    async def _optional(self, path: str) -> Any:
        """What is good to know but proves nothing: None when it may not be read."""
        try:
            return (await self.client.get(path)).json
        except BadCredential:
            raise
        except OktaError:
            return None

    async def _count_users(self) -> None:
        """Everybody but the deactivated is in the built-in group Everyone."""
        everyone: Params = {"filter": 'type eq "BUILT_IN"', "expand": "stats", "limit": 10}
        groups = await self._try("groups", "/api/v1/groups", everyone)
        counts = [at(group, "_embedded.stats.usersCount") for group in objects(groups)]
        self.users = max((count for count in counts if isinstance(count, int)), default=None)

    async def _count_apps(self) -> None:
        apps = await self._try("apps", "/api/v1/apps", {"limit": APPS_PAGE})
        self.apps = len(objects(apps)) if apps is not None else None

    def _limits(self) -> dict[str, int]:
        known = self.client.pacer.buckets.items()
        return {name: bucket.limit for name, bucket in sorted(known) if bucket.limit}

    def _first_sync_s(self) -> float | None:
        """The slowest of the long rows: a call for each user's factors, at least two for each app's
        users and groups, one for its use. None when Okta did not say how many there are."""
        limits = self._limits()
        waits = [
            sweep_s(calls, self.client.pacer.buckets[bucket])
            for calls, bucket in (
                (self.users, "factors"),
                (self.apps and 2 * self.apps, "apps"),
                (self.apps, "logs"),
            )
            if calls is not None and bucket in limits
        ]
        return float(ceil(max(waits))) if self.users is not None and waits else None
