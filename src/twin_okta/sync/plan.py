"""The order of a sync: what waits for what, and what runs side by side.

    groups ── roles ──┬── custom_roles
    users ────────────┴── factors
    apps ──┬── assignments
           ├── service_apps
           └── (logs) ── app_use
    logs
    api_tokens, policies, authenticators, zones, threat_insight

Factors wait for users and roles because privileged users are read first, custom roles for whoever
holds them, the use of applications for the log because both spend its rate limit. Everything else
is independent; each waits for its own rate limit and for nobody else's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from graphlib import TopologicalSorter

from attrs import field, frozen

from twin_host.contract import (
    Context,
    DatasetReport,
    DatasetState,
    MissingKind,
    SyncMode,
    SyncReport,
    SyncStatus,
)
from twin_okta.api import BadCredential, OktaClient
from twin_okta.asked import Asked
from twin_okta.config import OktaConfig
from twin_okta.connection import edition_of
from twin_okta.datasets import DATASETS, Dataset
from twin_okta.snapshot import Snapshot
from twin_okta.sync.api_tokens import read_api_tokens
from twin_okta.sync.app_use import read_app_use
from twin_okta.sync.apps import read_apps
from twin_okta.sync.assignments import read_assignments
from twin_okta.sync.authenticators import read_authenticators
from twin_okta.sync.custom_roles import read_custom_roles
from twin_okta.sync.factors import read_factors
from twin_okta.sync.groups import read_groups
from twin_okta.sync.logs import read_logs
from twin_okta.sync.policies import read_policies
from twin_okta.sync.roles import read_roles
from twin_okta.sync.run import Run, first_of
from twin_okta.sync.service_apps import read_service_apps
from twin_okta.sync.threat_insight import read_threat_insight
from twin_okta.sync.users import read_users
from twin_okta.sync.zones import read_zones

BASELINE_HOURS = 168
CANCEL_POLL_S = 0.1

READERS: dict[str, Callable[[Run], Awaitable[DatasetReport]]] = {
    "users": read_users,
    "factors": read_factors,
    "groups": read_groups,
    "roles": read_roles,
    "custom_roles": read_custom_roles,
    "api_tokens": read_api_tokens,
    "apps": read_apps,
    "assignments": read_assignments,
    "service_apps": read_service_apps,
    "policies": read_policies,
    "authenticators": read_authenticators,
    "zones": read_zones,
    "threat_insight": read_threat_insight,
    "logs": read_logs,
    "app_use": read_app_use,
}
"""How each dataset is read."""


async def sync_org(
    client: OktaClient, config: OktaConfig, asked: Asked, context: Context
) -> SyncReport:
    """Read what was asked for into the snapshot, and report how complete it is.

    Nothing but a damaged snapshot raises.
    """
    started_s = asyncio.get_running_loop().time()
    with Snapshot.for_sync(context.state_dir) as snapshot:
        name = config.domain.split("://")[-1]
        snapshot.set_org(
            name,
            groups=config.privileged_groups,
            stale_days=config.stale_after_days,
            service_names=config.service_account_names,
        )
        run = Run(client, snapshot, asked, context)
        _advise_baseline(run)
        async with client:
            await _read_until_cancelled(run)
    _account_for_the_rest(run)
    status, error = _judge(run)
    if clock_note := client.clock_note():
        run.notes.append(clock_note)
    return SyncReport(
        status=status,
        datasets={name: run.reports[name] for name in DATASETS},
        requests=client.traffic.requests,
        throttled=client.traffic.throttled,
        retries=client.traffic.retries,
        seconds=round(asyncio.get_running_loop().time() - started_s, 3),
        mode=SyncMode.FULL,
        notes=tuple(run.notes),
        error=error,
    )


async def _read_until_cancelled(run: Run) -> None:
    reading = asyncio.create_task(_read(run))
    while not reading.done():
        if run.context.cancelled.is_set():
            reading.cancel()
        await asyncio.wait([reading], timeout=CANCEL_POLL_S)
    if not reading.cancelled():
        reading.result()


async def _read(run: Run) -> None:
    try:
        run.edition = await edition_of(run.client)  # it decides what there is to read
        async with asyncio.TaskGroup() as group:
            begin = Rows(run, group)
            for dataset in in_order(run.asked.datasets):
                begin(dataset)
    except* BadCredential as errors:
        run.bad_credential = run.bad_credential or first_of(errors)
    finally:  # stopped or not, what is stored must be believed no further than it was seen
        run.snapshot.set_view(edition=run.edition, sees_everybody=_sees_everybody(run))


def in_order(datasets: Mapping[str, Dataset]) -> Iterator[Dataset]:
    """Each behind those that it comes after."""
    before = {name: set(dataset.after) & datasets.keys() for name, dataset in datasets.items()}
    return map(datasets.__getitem__, TopologicalSorter(before).static_order())


@frozen
class Rows:
    """Begins each dataset as soon as what it comes after is over, however that ended."""

    run: Run
    group: asyncio.TaskGroup
    _tasks: dict[str, asyncio.Task[None]] = field(factory=dict[str, asyncio.Task[None]])

    def __call__(self, dataset: Dataset) -> None:
        """Begin; those that it comes after have been begun before, if they are asked for."""
        waits = [self._tasks[name] for name in dataset.after if name in self._tasks]

        async def in_turn() -> None:
            if waits:
                await asyncio.wait(waits)
            read = READERS[dataset.name]
            await self.run.attempt(dataset.name, lambda: _after(self.run, dataset.needs, read))

        self._tasks[dataset.name] = self.group.create_task(in_turn())


def _sees_everybody(run: Run) -> bool | None:
    """Whether the credential sees all people: one whose role is limited to some groups is not
    shown the built-in group of everybody (Okta's API reference, "List all groups").

    None when it cannot be told, because a scope is missing or groups were not asked for.
    """
    if "groups" not in run.reports:
        return None
    missing = run.reports["groups"].missing
    if missing:
        return False if missing.kind == MissingKind.ROLE else None
    return bool(run.snapshot.number("SELECT count(*) FROM shown_group WHERE type = 'BUILT_IN'"))


async def _after(
    run: Run, first: str, read: Callable[[Run], Awaitable[DatasetReport]]
) -> DatasetReport:
    """Read a dataset that goes by another one's list: without the list there is nothing to read,
    and nothing must look complete."""
    if not first or run.snapshot.number("SELECT shown FROM dataset WHERE name = ?", (first,)):
        return await read(run)
    state = run.reports[first].state
    return DatasetReport(
        state=state, reason=f"The {first} could not be read: {run.reports[first].reason}"
    )


def _advise_baseline(run: Run) -> None:
    first = not run.snapshot.number("SELECT shown FROM dataset WHERE name = 'logs'")
    if first and "logs" in run.asked.datasets and run.asked.is_usual_time:
        run.notes.append(
            f"This first sync reads {run.asked.hours_back} hours of the System Log: "
            f"--hours-back {BASELINE_HOURS} would give a better baseline."
        )


def _account_for_the_rest(run: Run) -> None:
    """Report the datasets that were not asked for, or not reached."""
    for name, option in run.asked.turned_off.items():
        reason = f"Not asked for ({option} is false)."
        run.reports[name] = DatasetReport(state=DatasetState.SKIPPED, reason=reason)
    not_reached = str(run.bad_credential or "Stopped before it was begun.")
    for name in DATASETS:
        run.reports.setdefault(name, DatasetReport(state=DatasetState.PARTIAL, reason=not_reached))


def _judge(run: Run) -> tuple[SyncStatus, str]:
    """The whole sync: failed when nothing at all could be read."""
    wanted = [report for report in run.reports.values() if report.state != DatasetState.SKIPPED]
    complete = [report for report in wanted if report.state == DatasetState.COMPLETE]
    if len(complete) == len(wanted):
        return SyncStatus.COMPLETE, ""
    if complete or any(report.read for report in wanted):
        return SyncStatus.PARTIAL, ""
    return SyncStatus.FAILED, str(run.bad_credential or wanted[0].reason)
