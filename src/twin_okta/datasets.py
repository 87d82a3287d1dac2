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
SLACK_S, SEARCH_LAG_S = 60, 300
"""How much earlier than a reading a change may be published that the reading did not show; longer
where Okta answers from its search index."""
PAGE = 200
"""The most that one page of users, groups or applications has."""
MEMBERS_PAGE = 1000
"""The most that one page of a group's members has."""
MOST_FOR_MEMBERS = 1000
"""So many requests a sync for the members of ordinary groups. By default Okta answers 500 a minute
for groups and 600 for factors (its rate limits as last published, 2025): two to three minutes,
beside the factors of as many people."""
IDENTITY_ENGINE, CLASSIC = "idx", "v1"
"""How Okta calls the two engines' pipelines (`/.well-known/okta-organization`)."""
EDITIONS = {IDENTITY_ENGINE: "Identity Engine", CLASSIC: "Classic Engine"}

DENIALS = {
    MissingKind.SCOPE: "The scope {name} is missing ({where}): grant it to the app.",
    MissingKind.ROLE: "The credential's admin role does not allow this ({where}): it needs {name}.",
    MissingKind.FEATURE: "This org or credential does not have the feature behind {where}.",
}


class Disposition(StrEnum):
    """What a new reading does to what was known."""

    REPLACE = "replace"
    """A list is read whole: a new generation beside the shown one, which it replaces when it was
    read to its end."""
    MERGE = "merge"
    """Of a list what has changed since is read, and the rest stays; now and then it is replaced."""
    SUBJECTS = "subjects"
    """One subject is replaced at a time. What they are may be a list, which is replaced."""
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

    `tables` are those whose rows it owns; the rows of the first are counted. Of them `hang_on`
    names those that are read for each subject, by the column that holds the subject's id; the rest
    is what is listed whole. `subjects` is a query of the subjects there are: id, kind, and whether
    it is read before others; `subjects_are` is what people call them, and `moved` a query of when
    what hangs on each last changed, where its list says so. With `counts_subjects` people are
    told how many subjects were read, each of which has one short list, and not how many rows.
    `sizes` is a query of how long the list of each is: the shortest are read first. A sync
    begins lists of `most_requests` in all, if that is said; no figure may need them, and those
    that wait for a later sync make none partial. `lag_s` is how much later a list shows a
    change than it was made, `page` how many records one request brings. `options` are the sync
    options that ask for it, and it is read when all of them do. `scope` and `role` are what a
    credential needs. `bucket` is the rate limit that it spends. Without a `probe` a connection
    test says nothing of it. `of_people` marks those of which a credential that is limited to
    some groups sees a part only. `edition` is the one engine that has it. It is read `after`
    others have ended, however that was; without the list of `needs` there is nothing to read.
    """

    name: str
    tables: tuple[str, ...]
    options: tuple[str, ...]
    scope: str
    bucket: str
    role: str = READ_ONLY
    probe: Probe | None = None
    hang_on: Mapping[str, str] = Factory(dict[str, str])
    subjects: str = ""
    subjects_are: str = ""
    moved: str = ""
    counts_subjects: bool = False
    sizes: str = ""
    most_requests: int = 0
    disposition: Disposition = Disposition.REPLACE
    lag_s: int = SLACK_S
    page: int = PAGE
    of_people: bool = False
    edition: str = ""
    after: tuple[str, ...] = ()
    needs: str = ""

    @property
    def listed(self) -> tuple[str, ...]:
        """The tables that a reading of the whole list fills."""
        return tuple(table for table in self.tables if table not in self.hang_on)

    def denial(self, refusal: Denied) -> tuple[str, Missing]:
        """What a credential lacks that was refused this: in words, and as data."""
        name = {MissingKind.SCOPE: self.scope, MissingKind.ROLE: self.role}.get(refusal.kind, "")
        sentence = DENIALS[refusal.kind].format(where=refusal.where, name=name)
        return sentence, Missing(kind=refusal.kind, name=name or self.name)


_PRIVILEGED_GROUP = """
    g.has_admin_role OR coalesce(g.folded_name, lower(g.name)) IN
        (SELECT n.name FROM privileged_name n)
"""
_MEMBERSHIP_MOVED = "SELECT g.id AS subject, g.membership_updated AS moved_at FROM shown_group g"

_ALL = (
    Dataset(
        name="users",
        tables=("user",),
        options=("sync_users",),
        scope="okta.users.read",
        bucket="users",
        probe=Probe(path="/api/v1/users", params={"limit": 1}),
        of_people=True,
        disposition=Disposition.MERGE,
        lag_s=SEARCH_LAG_S,
    ),
    Dataset(
        name="factors",
        tables=("factor",),
        options=("sync_users",),
        scope="okta.users.read",
        bucket="factors",
        probe=Probe(path="/api/v1/users/{user}/factors"),
        of_people=True,
        after=("users", "roles", "logs"),
        needs="users",
        disposition=Disposition.SUBJECTS,
        hang_on={"factor": "user_id"},
        counts_subjects=True,
        subjects="""
            SELECT u.id AS subject, 'user' AS kind,
                u.id IN (SELECT p.user_id FROM privilege p) AS is_first
            FROM shown_user u JOIN sign_in_status i ON i.status = u.status
        """,
        subjects_are="users",
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
        disposition=Disposition.MERGE,
        lag_s=SEARCH_LAG_S,
        hang_on={"group_member": "group_id"},
        subjects=f"""
            SELECT g.id AS subject, 'group' AS kind, 0 AS is_first FROM shown_group g
            WHERE {_PRIVILEGED_GROUP}
        """,
        subjects_are="groups",
        moved=_MEMBERSHIP_MOVED,
    ),
    Dataset(
        name="members",
        page=MEMBERS_PAGE,
        tables=("member",),
        options=("sync_users",),
        scope="okta.groups.read",
        bucket="groups",
        of_people=True,
        after=("groups", "roles"),  # whose requests for groups spend the same rate limit
        needs="groups",
        disposition=Disposition.SUBJECTS,
        hang_on={"member": "group_id"},
        counts_subjects=True,
        subjects=f"""
            SELECT g.id AS subject, 'group' AS kind, 0 AS is_first FROM shown_group g
            WHERE ({_PRIVILEGED_GROUP}) IS NOT 1
                AND NOT (g.type IS 'BUILT_IN' AND coalesce(g.name, 'Everyone') = 'Everyone')
        """,
        subjects_are="groups' members",
        sizes="SELECT g.id AS subject, g.users_count AS size FROM shown_group g",
        most_requests=MOST_FOR_MEMBERS,
        moved=_MEMBERSHIP_MOVED,
    ),
    Dataset(
        name="roles",
        page=100,
        options=("sync_users",),
        scope="okta.roles.read",
        role=IAM,
        bucket="user roles",
        probe=Probe(path="/api/v1/iam/assignees/users", params={"limit": 1}),
        of_people=True,
        after=("groups",),
        disposition=Disposition.SUBJECTS,
        tables=("role", "assignee"),
        hang_on={"role": "holder_id"},
        subjects="""
            SELECT a.user_id AS subject, 'user' AS kind, 0 AS is_first FROM shown_assignee a
            UNION SELECT g.id, 'group', 0 FROM shown_group g WHERE g.has_admin_role
        """,
        subjects_are="administrators",
    ),
    Dataset(
        name="custom_roles",
        tables=("role_permission", "set_resource"),
        options=("sync_users",),
        scope="okta.roles.read",
        role=IAM,
        bucket="iam",
        after=("roles", "service_apps"),
        needs="roles",
        disposition=Disposition.SUBJECTS,
        hang_on={"role_permission": "role_id", "set_resource": "resource_set_id"},
        subjects="""
            SELECT r.custom_role_id AS subject, 'role' AS kind, 0 AS is_first FROM any_role r
            WHERE r.type = 'CUSTOM' AND r.custom_role_id <> ''
            UNION SELECT r.resource_set_id, 'resource_set', 0 FROM any_role r
            WHERE r.type = 'CUSTOM' AND r.resource_set_id <> ''
        """,
        subjects_are="roles and resource sets",
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
        page=500,
        options=("sync_apps",),
        scope="okta.apps.read",
        bucket="apps",
        after=("apps",),
        needs="apps",
        disposition=Disposition.SUBJECTS,
        tables=("assignment", "app_group"),
        hang_on={"assignment": "app_id", "app_group": "app_id"},
        subjects="SELECT a.id AS subject, 'app' AS kind, 0 AS is_first FROM sso_app a",
        subjects_are="applications",
    ),
    Dataset(
        name="service_apps",
        tables=("client_role",),
        options=("sync_apps",),
        scope="okta.roles.read",
        role=IAM,
        bucket="other",
        after=("apps",),
        needs="apps",
        disposition=Disposition.SUBJECTS,
        hang_on={"client_role": "app_id"},
        subjects="""
            SELECT a.id AS subject, 'app' AS kind, 0 AS is_first FROM known_app a
            WHERE a.class = 'machine' AND a.status = 'ACTIVE'
        """,
        subjects_are="service apps",
    ),
    Dataset(
        name="policies",
        tables=("policy_rule", "policy"),
        options=("sync_apps",),
        scope="okta.policies.read",
        bucket="other",
        probe=Probe(path="/api/v1/policies", params={"type": "OKTA_SIGN_ON"}),
        disposition=Disposition.SUBJECTS,
        hang_on={"policy_rule": "policy_id"},
        subjects="SELECT p.id AS subject, 'policy' AS kind, 0 AS is_first FROM shown_policy p",
        subjects_are="policies",
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
        page=20,
        tables=("device", "device_user"),
        options=("sync_users",),
        scope="okta.devices.read",
        bucket="devices",
        probe=Probe(path="/api/v1/devices", params={"limit": 1}),
        of_people=True,
        edition=IDENTITY_ENGINE,
        disposition=Disposition.MERGE,
        lag_s=SEARCH_LAG_S,
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
        after=("logs", "apps"),
        needs="apps",
        disposition=Disposition.SUBJECTS,
        hang_on={"app_use": "app_id"},
        subjects="SELECT a.id AS subject, 'app' AS kind, 0 AS is_first FROM sso_app a",
        subjects_are="applications",
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
"""By name, in the order in which people are told of them."""


def scopes_of(datasets: Mapping[str, Dataset]) -> list[str]:
    """The OAuth scopes that reading them takes, each once."""
    return list(dict.fromkeys(dataset.scope for dataset in datasets.values()))
