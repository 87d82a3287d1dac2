"""Every dataset, once: what it is called, where it is kept, what reading it needs and costs.

The plan, the probes of a connection test, OAuth scopes, the words of a denial, progress and the
tables to prune all come from here. How a dataset is read is in `twin_okta/sync/`.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import Factory, frozen

from twin_host.contract import Missing, MissingKind
from twin_okta.api import Denied

READ_ONLY = "Read-only Administrator"
IAM = "a custom admin role with okta.iam.read, or Super Administrator"
PAGE = 200
"""The most that one page of users, groups or applications has."""
IDENTITY_ENGINE, CLASSIC = "idx", "v1"
"""How Okta calls the two engines' pipelines (`/.well-known/okta-organization`)."""
EDITIONS = {IDENTITY_ENGINE: "Identity Engine", CLASSIC: "Classic Engine"}

DENIALS = {
    MissingKind.SCOPE: "The scope {name} is missing ({where}): grant it to the app.",
    MissingKind.ROLE: "The credential's admin role does not allow this ({where}): it needs {name}.",
    MissingKind.FEATURE: "This org or credential does not have the feature behind {where}.",
}


class Subject(StrEnum):
    """The unit in which a dataset is read anew: the whole list, or what hangs on one thing."""

    LIST = "list"
    USER = "user"
    GROUP = "group"
    HOLDER = "holder"
    ROLE = "role"
    APP = "app"
    POLICY = "policy"


class Disposition(StrEnum):
    """What a new reading does to what was known."""

    REPLACE = "replace"
    """A new generation beside the shown one, which it replaces when it was read to its end."""
    SUBJECTS = "subjects"
    """One subject is replaced at a time."""
    APPEND = "append"
    """Entries are added, each once."""


@frozen(kw_only=True)
class Probe:
    """The one cheap request that tells whether a dataset may be read.

    `{user}` in its path stands for the id of any user, `{hour_ago}` in its params for that time.
    """

    path: str
    params: dict[str, str | int] = Factory(dict[str, str | int])

    @property
    def needs_user(self) -> bool:
        """Whether it can be tried only when there is a user to try it with."""
        return "{user}" in self.path

    def filled(self, *, user: str, hour_ago: str) -> "Probe":
        """The same with what its places stand for."""
        known = {"{hour_ago}": hour_ago}
        params = {name: known.get(str(value), value) for name, value in self.params.items()}
        return Probe(path=self.path.replace("{user}", user), params=params)


@frozen(kw_only=True)
class Dataset:
    """One dataset.

    `tables` are those whose rows it owns; the rows of the first are counted. `options` are the
    sync options that ask for it, and it is read when all of them do. `scope` and `role` are what
    a credential needs. `bucket` is the rate limit that it spends. Without a `probe` a connection
    test says nothing of it. `of_people` marks those of which a
    credential that is limited to some groups sees a part only. `edition` is the one engine that
    has it. It is read `after` others have ended, however that was; without the list of `needs`
    there is nothing to read.
    """

    name: str
    tables: tuple[str, ...]
    options: tuple[str, ...]
    scope: str
    bucket: str
    role: str = READ_ONLY
    probe: Probe | None = None
    subject: Subject = Subject.LIST
    disposition: Disposition = Disposition.REPLACE
    of_people: bool = False
    edition: str = ""
    after: tuple[str, ...] = ()
    needs: str = ""

    @property
    def has_generations(self) -> bool:
        """Whether a new reading stands beside the shown one until it is whole."""
        return self.disposition == Disposition.REPLACE

    def denial(self, refusal: Denied) -> tuple[str, Missing]:
        """What a credential lacks that was refused this: in words, and as data."""
        name = {MissingKind.SCOPE: self.scope, MissingKind.ROLE: self.role}.get(refusal.kind, "")
        sentence = DENIALS[refusal.kind].format(where=refusal.where, name=name)
        return sentence, Missing(kind=refusal.kind, name=name or self.name)


_ALL = (
    Dataset(
        name="users",
        tables=("user",),
        options=("sync_users",),
        scope="okta.users.read",
        bucket="users",
        probe=Probe(path="/api/v1/users", params={"limit": 1}),
        of_people=True,
    ),
    Dataset(
        name="factors",
        tables=("factor",),
        options=("sync_users",),
        scope="okta.users.read",
        bucket="factors",
        probe=Probe(path="/api/v1/users/{user}/factors"),
        subject=Subject.USER,
        disposition=Disposition.SUBJECTS,
        of_people=True,
        after=("users", "roles", "logs"),
        needs="users",
    ),
    Dataset(
        name="groups",
        tables=("okta_group", "group_member"),
        options=("sync_users",),
        scope="okta.groups.read",
        bucket="groups",
        probe=Probe(  # everybody but the deactivated is in the built-in group Everyone
            path="/api/v1/groups",
            params={"filter": 'type eq "BUILT_IN"', "expand": "stats", "limit": 10},
        ),
        of_people=True,
    ),
    Dataset(
        name="roles",
        tables=("role",),
        options=("sync_users",),
        scope="okta.roles.read",
        role=IAM,
        bucket="user roles",
        probe=Probe(path="/api/v1/iam/assignees/users", params={"limit": 1}),
        subject=Subject.HOLDER,
        of_people=True,
        after=("groups",),
    ),
    Dataset(
        name="custom_roles",
        tables=("role_permission", "set_resource"),
        options=("sync_users",),
        scope="okta.roles.read",
        role=IAM,
        bucket="iam",
        subject=Subject.ROLE,
        after=("roles", "service_apps"),
        needs="roles",
    ),
    Dataset(
        name="api_tokens",
        tables=("api_token",),
        options=("sync_users",),
        scope="okta.apiTokens.read",
        role="a custom admin role with okta.users.apitokens.read, or Super Administrator",
        bucket="other",
        probe=Probe(path="/api/v1/api-tokens"),
    ),
    Dataset(
        name="apps",
        tables=("app",),
        options=("sync_apps",),
        scope="okta.apps.read",
        bucket="apps",
        probe=Probe(path="/api/v1/apps", params={"limit": PAGE}),
    ),
    Dataset(
        name="assignments",
        tables=("assignment", "app_read", "app_group"),
        options=("sync_apps",),
        scope="okta.apps.read",
        bucket="apps",
        subject=Subject.APP,
        after=("apps",),
        needs="apps",
    ),
    Dataset(
        name="service_apps",
        tables=("client_role",),
        options=("sync_apps",),
        scope="okta.roles.read",
        role=IAM,
        bucket="other",
        subject=Subject.APP,
        after=("apps",),
        needs="apps",
    ),
    Dataset(
        name="policies",
        tables=("policy_rule", "policy"),
        options=("sync_apps",),
        scope="okta.policies.read",
        bucket="other",
        probe=Probe(path="/api/v1/policies", params={"type": "OKTA_SIGN_ON"}),
        subject=Subject.POLICY,
    ),
    Dataset(
        name="authenticators",
        tables=("authenticator",),
        options=("sync_users",),
        scope="okta.authenticators.read",
        bucket="other",
        probe=Probe(path="/api/v1/authenticators"),
        edition=IDENTITY_ENGINE,
    ),
    Dataset(
        name="devices",
        tables=("device", "device_user"),
        options=("sync_users",),
        scope="okta.devices.read",
        bucket="devices",
        probe=Probe(path="/api/v1/devices", params={"limit": 1}),
        of_people=True,
        edition=IDENTITY_ENGINE,
    ),
    Dataset(
        name="zones",
        tables=("zone",),
        options=("sync_apps",),
        scope="okta.networkZones.read",
        bucket="other",
        probe=Probe(path="/api/v1/zones", params={"limit": 1}),
    ),
    Dataset(
        name="threat_insight",
        tables=("threat_insight",),
        options=("sync_apps",),
        scope="okta.threatInsights.read",
        bucket="other",
        probe=Probe(path="/api/v1/threats/configuration"),
    ),
    Dataset(
        name="logs",
        tables=(),
        options=("sync_logs",),
        scope="okta.logs.read",
        role="Read-only, Report or Organization Administrator",
        bucket="logs",
        probe=Probe(path="/api/v1/logs", params={"limit": 1, "since": "{hour_ago}"}),
        disposition=Disposition.APPEND,
    ),
    Dataset(
        name="app_use",
        tables=("app_use",),
        options=("sync_apps", "sync_logs"),
        scope="okta.logs.read",
        role="Read-only, Report or Organization Administrator",
        bucket="logs",
        subject=Subject.APP,
        after=("logs", "apps"),
        needs="apps",
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
"""By name, in the order in which people are told of them."""


def scopes_of(datasets: Mapping[str, Dataset]) -> list[str]:
    """The OAuth scopes that reading them takes, each once."""
    return list(dict.fromkeys(dataset.scope for dataset in datasets.values()))
