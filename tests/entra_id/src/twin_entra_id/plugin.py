"""The hooks over Microsoft Graph: users with MFA registration, roles, sign-ins, apps."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from importlib.resources import files

import httpx

from twin_entra_id.manifest import INFO
from twin_host.contract import (
    CannotGoOn,
    Capability,
    Column,
    ColumnType,
    Confidence,
    Configured,
    ConnectionReport,
    DatasetReport,
    DatasetState,
    Enrichment,
    Evidence,
    Fact,
    Gap,
    List,
    PlannedDataset,
    Problem,
    Progress,
    Rejected,
    SecurityEvent,
    Severity,
    SyncMode,
    SyncPlan,
    SyncReport,
    SyncStatus,
)
from twin_host.hookspecs import hookimpl

PATHS = {
    "users": "/v1.0/users?$select=id,userPrincipalName,accountEnabled",
    "registrations": "/v1.0/reports/authenticationMethods/userRegistrationDetails",
    "roles": "/v1.0/roleManagement/directory/roleAssignments",
    "sign_ins": "/v1.0/auditLogs/signIns?$filter=status/errorCode ne 0",
    "apps": "/v1.0/servicePrincipals?$select=id,displayName,preferredSingleSignOnMode",
}
DATASETS = {
    "sync_users": ("users", "registrations"),
    "sync_roles": ("roles",),
    "sync_sign_ins": ("sign_ins",),
    "sync_apps": ("apps",),
}
NOT_COVERED = """SELECT u.id, json_extract(u.body, '$.userPrincipalName') AS login FROM record u
LEFT JOIN record r ON r.dataset = 'registrations' AND r.id = u.id
WHERE u.dataset = 'users' AND json_extract(u.body, '$.accountEnabled')
AND NOT coalesce(json_extract(r.body, '$.isMfaRegistered'), 0)"""
ENABLED = """SELECT id, json_extract(body, '$.userPrincipalName') AS login FROM record
WHERE dataset = 'users' AND json_extract(body, '$.accountEnabled')"""
PRIVILEGED = """SELECT DISTINCT json_extract(r.body, '$.principalId') AS id,
json_extract(u.body, '$.userPrincipalName') AS login FROM record r
LEFT JOIN record u ON u.dataset = 'users' AND u.id = json_extract(r.body, '$.principalId')
WHERE r.dataset = 'roles'"""
APPS = """SELECT id, json_extract(body, '$.displayName') AS label FROM record
WHERE dataset = 'apps' AND json_extract(body, '$.preferredSingleSignOnMode') <> ''"""


def _column(name, meaning):
    return Column(name=name, type=ColumnType.TEXT, meaning=meaning)


LISTS = (
    List(
        kind="users",
        thing="user",
        title="People",
        meaning="Every account of the tenant.",
        label="login",
        match="email",
        order=("id",),
        shown=("login", "status"),
        columns=(
            _column("id", "The object's id."),
            _column("login", "The user principal name."),
            _column("email", "The same."),
            _column("status", "ACTIVE or DISABLED."),
        ),
    ),
    List(
        kind="apps",
        thing="app",
        title="Applications",
        meaning="Every service principal.",
        label="label",
        order=("id",),
        shown=("label",),
        columns=(_column("id", "The object's id."), _column("label", "What it is called.")),
    ),
)


@hookimpl
def describe():
    return INFO


@hookimpl
def configure(connector, values):
    if connector != INFO.name:
        return None
    wanted = [setting for setting in INFO.fields if setting.required and setting.kind != "secret"]
    problems = [
        Problem(
            field=setting.name,
            message=f"The {setting.title} is missing: copy it from the app registration.",
        )
        for setting in wanted
        if not str(values.get(setting.name, "")).strip("\x00 \n")
    ]
    if problems:
        return Rejected(problems=tuple(problems))
    kept = {s.name: str(values.get(s.name) or s.default or "") for s in INFO.fields}
    return Configured(config={name: kept[name] for name in kept if name != "client_secret"})


@hookimpl
def test_connection(connector, config, context):
    if connector != INFO.name:
        return None
    try:
        with _graph(config, context) as graph:
            for name, path in PATHS.items():
                context.probed(name, _probe(graph, path))
            capabilities = {name: _probe(graph, path) for name, path in PATHS.items()}
    except httpx.HTTPError as error:
        return ConnectionReport(ok=False, error=f"Microsoft does not answer as expected: {error}.")
    return ConnectionReport(ok=True, org=config["tenant_id"], capabilities=capabilities)


@hookimpl
def sync(connector, config, options, context):
    if connector != INFO.name:
        return None
    reports = {}
    with closing(_snapshot(context)) as snapshot:
        try:
            with _graph(config, context) as graph:
                for option, names in DATASETS.items():
                    for name in names if options.get(option, True) else ():
                        if context.cancelled.is_set():
                            reason = "Stopped before the end."
                            reports[name] = DatasetReport(state=DatasetState.PARTIAL, reason=reason)
                            continue
                        reports[name] = _read(graph, name, snapshot, context)
        except httpx.HTTPError as error:
            return SyncReport(
                status=SyncStatus.FAILED,
                datasets=reports,
                error=f"Microsoft does not answer: {error}.",
            )
    whole = all(report.state == DatasetState.COMPLETE for report in reports.values())
    return SyncReport(status=SyncStatus.COMPLETE if whole else SyncStatus.PARTIAL, datasets=reports)


@hookimpl(optionalhook=True)
def plan(connector, config, options, context):
    if connector != INFO.name:
        return None
    with closing(_snapshot(context)) as snapshot:
        read = dict(snapshot.execute("SELECT name, as_of FROM dataset"))
    datasets = {}
    for option, names in DATASETS.items():
        for name in names if options.get(option, True) else ():
            why = f"Last read at {read[name]}." if name in read else "Never read."
            datasets[name] = PlannedDataset(mode=SyncMode.FULL, reason=why, requests=2)
    return SyncPlan(datasets=datasets, requests=2 * len(datasets), seconds=2.0)


@hookimpl
def enrich(connector, context):
    if connector != INFO.name:
        return None
    with closing(_snapshot(context)) as snapshot:
        read = dict(snapshot.execute("SELECT name, as_of FROM dataset"))
        return Enrichment(
            facts=tuple(_facts(snapshot, read)),
            gaps=tuple(_gaps(snapshot, read)),
            events=tuple(_events(snapshot)),
            profile="## Identity (Entra ID)\n\nRead by the stand-in.",
            lists=LISTS,
        )


# --- reading ------------------------------------------------------------------------------------


def _graph(config, context):
    secret = context.secrets.get("client_secret")
    form = {"client_id": config["client_id"], "client_secret": secret.reveal() if secret else ""}
    address = f"{config['graph_url']}/{config['tenant_id']}/oauth2/v2.0/token"
    answer = httpx.post(address, data=form, timeout=5)
    answer.raise_for_status()
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=config["graph_url"], headers=bearer, timeout=5)


def _probe(graph, path):
    answer = graph.get(path)
    if answer.status_code == 403:
        return Capability(granted=False, reason="Grant the app this permission in Entra ID.")
    return Capability(granted=True)


def _read(graph, name, snapshot, context):
    records, url = [], PATHS[name]
    while url:
        answer = graph.get(url)
        if answer.status_code == 403:
            with snapshot:
                snapshot.execute("DELETE FROM dataset WHERE name = ?", (name,))
            reason = "Grant the app the permission to read this in Entra ID."
            return DatasetReport(state=DatasetState.DENIED, reason=reason)
        answer.raise_for_status()
        page = answer.json()
        records += page["value"]
        url = page.get("@odata.nextLink")
        context.report(Progress(dataset=name, read=len(records)))
    with snapshot:
        snapshot.execute("DELETE FROM record WHERE dataset = ?", (name,))
        rows = [(name, each["id"], json.dumps(each)) for each in records]
        snapshot.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        as_of = context.clock().isoformat()
        snapshot.execute("INSERT OR REPLACE INTO dataset VALUES (?, ?)", (name, as_of))
    return DatasetReport(state=DatasetState.COMPLETE, read=len(records), expected=len(records))


def _snapshot(context):
    path = context.state_dir / "snapshot.db"
    snapshot = sqlite3.connect(path)
    try:
        snapshot.executescript(files("twin_entra_id").joinpath("schema.sql").read_text())
    except sqlite3.DatabaseError as error:
        snapshot.close()
        raise CannotGoOn(f"{path} cannot be read ({error}): move it away, sync again.") from error
    return snapshot


# --- knowledge ----------------------------------------------------------------------------------


def _facts(snapshot, read):
    if not read:
        return
    moment = datetime.fromisoformat(max(read.values()))
    yield Fact(
        key="tool",
        value="entra_id",
        confidence=Confidence.VERIFIED,
        as_of=moment,
        evidence=Evidence(complete=True),
    )
    if {"users", "registrations"} <= read.keys():
        people, bare = _count(snapshot, ENABLED), _count(snapshot, NOT_COVERED)
        covered = people - bare
        yield _fact("mfa_coverage", f"{covered * 100 // people}%", covered, people,
                    ("users", "registrations"), NOT_COVERED, moment)  # fmt: skip
        yield _fact("users_without_mfa", str(bare), bare, people, ("users", "registrations"),
                    NOT_COVERED, moment)  # fmt: skip
    for key, dataset, query in (
        ("users_enabled", "users", ENABLED),
        ("privileged_users", "roles", PRIVILEGED),
        ("sso_apps", "apps", APPS),
    ):
        if dataset in read:
            count = _count(snapshot, query)
            yield _fact(key, str(count), count, count, (dataset,), query, moment)


def _fact(key, value, numerator, denominator, datasets, query, moment):
    evidence = Evidence(
        complete=True,
        datasets=datasets,
        numerator=numerator,
        denominator=denominator,
        query=query,
        definition="Counted in Entra ID.",
    )
    return Fact(
        key=key,
        value=value,
        confidence=Confidence.VERIFIED,
        as_of=moment,
        evidence=evidence,
        title="Accounts enabled" if key == "users_enabled" else "",
        section="MFA coverage" if "mfa" in key else "Directory",
    )


def _gaps(snapshot, read):
    if {"users", "registrations"} <= read.keys():
        people = sorted(row[0] for row in snapshot.execute(NOT_COVERED))
        yield Gap(
            id="users-without-mfa",
            severity=Severity.HIGH,
            title="Users without MFA",
            nist="PR.AA-03",
            remedy="Have them register a method.",
            count=len(people),
            kind="user",
            query=NOT_COVERED,
            digest=sha256("\n".join(people).encode()).hexdigest(),
            as_of=datetime.fromisoformat(max(read.values())),
        )


def _events(snapshot):
    for (body,) in snapshot.execute("SELECT body FROM record WHERE dataset = 'sign_ins'"):
        entry = json.loads(body)
        yield SecurityEvent(
            id=entry["id"],
            time=datetime.fromisoformat(entry["createdDateTime"]),
            event_type="signIn",
            severity=Severity.LOW,
            category="authentication",
            title="Failed sign-in",
            outcome="FAILURE",
            actor=entry["userPrincipalName"],
            source_ip=entry["ipAddress"],
        )


def _count(snapshot, query):
    return snapshot.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
