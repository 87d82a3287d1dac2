"""What a credential may read: who it is, and how long a first sync will take."""

from datetime import timedelta
from math import ceil
from typing import Any

from attrs import define, field

from twin_host.contract import Capability, ConnectionReport, Context
from twin_okta.api import BadCredential, Denied, NotFound, OktaClient, OktaError
from twin_okta.api.addresses import path_to
from twin_okta.api.json_path import at, objects
from twin_okta.api.oauth import ServiceApp
from twin_okta.api.pacing import sweep_s
from twin_okta.connection import optional, who_answers
from twin_okta.datasets import DATASETS, EDITIONS
from twin_okta.snapshot import iso_text
from twin_okta.sync.run import each

AT_ONCE = 8


async def probe_all(client: OktaClient, context: Context, *, domain: str) -> ConnectionReport:
    """Probe each dataset once, all side by side. Failures are in the report, never raised."""
    async with client:
        visit = Visit(client, context, domain)
        try:
            await visit.probe("users")  # also the first proof that the credential is accepted
            await visit.what_kind()
            questions = [visit.who(), *map(visit.probe, visit.others())]
            await each(questions, lambda question: question, width=AT_ONCE)
        except OktaError as error:
            return ConnectionReport(ok=False, org=domain, error=str(error))
    return visit.report()


@define
class Visit:
    """What the probes have found so far; `answers` are theirs, None where there was none."""

    client: OktaClient
    context: Context
    domain: str
    org: str = ""
    edition: str = ""
    identity: str = ""
    capabilities: dict[str, Capability] = field(factory=dict[str, Capability])
    answers: dict[str, Any] = field(factory=dict[str, Any])

    async def probe(self, name: str) -> None:
        """Try whether a dataset may be read."""
        probe = DATASETS[name].probe
        if probe is None:
            return
        user = next((str(user.get("id", "")) for user in objects(self.answers.get("users"))), "")
        if probe.needs_user and not user:
            reason = "No user could be listed to try it with."
            self._found(name, Capability(granted=False, reason=reason))
            return
        hour_ago = iso_text(self.context.clock() - timedelta(hours=1))
        request = probe.filled(user=user, hour_ago=hour_ago)
        try:
            answer = await self.client.get(request.path, request.params)
        except Denied as refusal:
            reason, missing = DATASETS[name].denial(refusal)
            self._found(name, Capability(granted=False, reason=reason, missing=missing))
        except BadCredential:
            raise
        except OktaError as trouble:
            if not (self.capabilities or isinstance(trouble, NotFound)):
                raise  # nothing has answered yet: it is no single endpoint's
            self._found(name, Capability(granted=False, reason=str(trouble)))
        else:
            self.answers[name] = answer.json
            self._found(name, Capability(granted=True))

    def others(self) -> list[str]:
        """What is probed beside users: nothing that only the other edition has, since that this org
        has none is no lack of the credential's."""
        editions = ("", self.edition) if self.edition else ("", *EDITIONS.values())
        return [
            name
            for name, dataset in DATASETS.items()
            if dataset.probe and name != "users" and EDITIONS.get(dataset.edition, "") in editions
        ]

    async def who(self) -> None:
        """A service app is itself; a token is its owner, `/users/me`."""
        if isinstance(self.client.auth, ServiceApp):
            app = self.client.auth
            self.identity = f"service app {app.client_id} with {', '.join(app.scopes)}"
            return
        me = await optional(self.client, "/api/v1/users/me")
        self.identity = str(at(me, "profile.login") or at(me, "id") or "")
        its_roles = path_to("/api/v1/users/{id}/roles", id=str(at(me, "id")))
        roles = await optional(self.client, its_roles) if me else None
        labels = [str(role.get("label") or role.get("type")) for role in objects(roles)]
        if labels:
            self.identity += f" ({', '.join(dict.fromkeys(labels))})"

    async def what_kind(self) -> None:
        """Which engine the org runs on, and how it calls itself."""
        self.edition = EDITIONS.get((await who_answers(self.client)).edition, "")
        org = await optional(self.client, "/api/v1/org")
        self.org = str(at(org, "companyName") or at(org, "subdomain") or "")

    def report(self) -> ConnectionReport:
        """All that was found."""
        granted = any(capability.granted for capability in self.capabilities.values())
        return ConnectionReport(
            ok=granted,
            org=self.org or self.domain,
            edition=self.edition,
            identity=self.identity,
            capabilities={n: self.capabilities[n] for n in DATASETS if n in self.capabilities},
            rate_limits=self._limits(),
            first_sync_s=self._first_sync_s(),
            notes=tuple(filter(None, [self.client.clock.note()])),
            error="" if granted else "Okta accepts the credential, but it may read nothing.",
        )

    def _found(self, name: str, capability: Capability) -> None:
        self.capabilities[name] = capability
        self.context.probed(name, capability)

    def _users(self) -> int | None:
        """How many there are, by the largest of the built-in groups."""
        groups = objects(self.answers.get("groups"))
        counts = [at(group, "_embedded.stats.usersCount") for group in groups]
        return max((count for count in counts if isinstance(count, int)), default=None)

    def _apps(self) -> int | None:
        return len(objects(self.answers["apps"])) if "apps" in self.answers else None

    def _limits(self) -> dict[str, int]:
        known = self.client.pacer.buckets.items()
        return {name: bucket.limit for name, bucket in sorted(known) if bucket.limit}

    def _first_sync_s(self) -> float | None:
        """The slowest of the long rows: a call for each user's factors, at least two for each app's
        users and groups, one for its use. None when Okta did not say how many there are."""
        limits, users, apps = self._limits(), self._users(), self._apps()
        waits = [
            sweep_s(calls, self.client.pacer.buckets[bucket])
            for calls, bucket in (
                (users, "factors"),
                (apps and 2 * apps, "apps"),
                (apps, "logs"),
            )
            if calls is not None and bucket in limits
        ]
        return float(ceil(max(waits))) if users is not None and waits else None
