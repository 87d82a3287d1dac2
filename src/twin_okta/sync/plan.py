"""The order of a sync: what waits for what, and what runs side by side.

    groups ── roles ──┐
    users ────────────┴── factors
    apps ── assignments
    logs

Factors wait for users and roles because privileged users are read first; everything else is
independent, and the rate limits of the four rows are separate ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx

from twin_host.contract import (
    Context,
    DatasetReport,
    DatasetState,
    OptionValue,
    SyncReport,
    SyncStatus,
)
from twin_okta.api import BadCredential, OktaClient
from twin_okta.api.pacing import Pacer
from twin_okta.config import OktaConfig
from twin_okta.snapshot import TABLES, Snapshot
from twin_okta.sync.apps import read_apps, read_assignments
from twin_okta.sync.factors import read_factors
from twin_okta.sync.groups import read_groups
from twin_okta.sync.logs import read_logs
from twin_okta.sync.roles import read_roles
from twin_okta.sync.run import Run
from twin_okta.sync.users import read_users

DEFAULT_HOURS_BACK = 24
BASELINE_HOURS = 168
CANCEL_POLL_S = 0.1

PART_OF = {
    "users": "sync_users",
    "factors": "sync_users",
    "groups": "sync_users",
    "roles": "sync_users",
    "apps": "sync_apps",
    "assignments": "sync_apps",
    "logs": "sync_logs",
}
"""Which option asks for a dataset."""


async def sync_org(
    config: OktaConfig,
    options: Mapping[str, OptionValue],
    context: Context,
    *,
    auth: httpx.Auth,
    transport: httpx.AsyncBaseTransport | None = None,
) -> SyncReport:
    """Read what the options ask for into the snapshot, and report how complete it is.

    `transport` is the seam for tests. Nothing but a damaged snapshot raises.
    """
    started_s = asyncio.get_running_loop().time()
    client = OktaClient(
        config.base_url,
        auth,
        Pacer(config.rate_share),
        transport,
        epoch_s=lambda: context.clock().timestamp(),
    )
    with Snapshot(context.state_dir) as snapshot:
        name = config.domain.split("://")[-1]
        snapshot.set_org(
            name, name, groups=config.privileged_groups, stale_days=config.stale_after_days
        )
        run = Run(client, snapshot, config, context)
        _advise_baseline(run, options)
        async with client:
            await _read_until_cancelled(run, options)
    _skip_the_rest(run, options)
    status, error = _judge(run)
    if clock_note := client.clock_note():
        run.notes.append(clock_note)
    return SyncReport(
        status=status,
        datasets={name: run.reports[name] for name in TABLES},
        requests=client.traffic.requests,
        throttled=client.traffic.throttled,
        retries=client.traffic.retries,
        seconds=round(asyncio.get_running_loop().time() - started_s, 3),
        mode="full",
        notes=tuple(run.notes),
        error=error,
    )


async def _read_until_cancelled(run: Run, options: Mapping[str, OptionValue]) -> None:
    reading = asyncio.create_task(_read(run, options))
    while not reading.done():
        if run.context.cancelled.is_set():
            reading.cancel()
        await asyncio.wait([reading], timeout=CANCEL_POLL_S)
    if not reading.cancelled():
        reading.result()


async def _read(run: Run, options: Mapping[str, OptionValue]) -> None:
    hours_back = int(options.get("hours_back", DEFAULT_HOURS_BACK))
    try:
        async with asyncio.TaskGroup() as group:
            if options.get("sync_users", True):
                group.create_task(_read_people(run))
            if options.get("sync_apps", True):
                group.create_task(_read_applications(run))
            if options.get("sync_logs", True):
                group.create_task(
                    run.attempt("logs", lambda: read_logs(run, hours_back=hours_back))
                )
    except* BadCredential:
        pass  # it is in the reports of what it stopped


async def _read_people(run: Run) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(run.attempt("users", lambda: read_users(run)))
        group.create_task(_read_privilege(run))
    await run.attempt("factors", lambda: _after(run, "users", read_factors))


async def _read_privilege(run: Run) -> None:
    await run.attempt("groups", lambda: read_groups(run))
    await run.attempt("roles", lambda: read_roles(run))


async def _read_applications(run: Run) -> None:
    await run.attempt("apps", lambda: read_apps(run))
    await run.attempt("assignments", lambda: _after(run, "apps", read_assignments))


async def _after(
    run: Run, first: str, read: Callable[[Run], Awaitable[DatasetReport]]
) -> DatasetReport:
    """Read a dataset that goes by another one's list: without the list there is nothing to read,
    and nothing must look complete."""
    if run.snapshot.number("SELECT shown FROM dataset WHERE name = ?", (first,)):
        return await read(run)
    state = run.reports[first].state
    return DatasetReport(
        state, reason=f"The {first} could not be read: {run.reports[first].reason}"
    )


def _advise_baseline(run: Run, options: Mapping[str, OptionValue]) -> None:
    first = not run.snapshot.number("SELECT shown FROM dataset WHERE name = 'logs'")
    hours_back = int(options.get("hours_back", DEFAULT_HOURS_BACK))
    if first and options.get("sync_logs", True) and hours_back == DEFAULT_HOURS_BACK:
        run.notes.append(
            f"This first sync reads {hours_back} hours of the System Log: "
            f"--hours-back {BASELINE_HOURS} would give a better baseline."
        )


def _skip_the_rest(run: Run, options: Mapping[str, OptionValue]) -> None:
    """Report the datasets that were not asked for, or not reached."""
    stopped = str(run.bad_credential or "Stopped before it was begun.")
    for name, option in PART_OF.items():
        if name not in run.reports:
            asked = options.get(option, True)
            reason = stopped if asked else f"Not asked for ({option} is false)."
            state = DatasetState.PARTIAL if asked else DatasetState.SKIPPED
            run.reports[name] = DatasetReport(state, reason=reason)


def _judge(run: Run) -> tuple[SyncStatus, str]:
    """The whole sync: failed when nothing at all could be read."""
    asked = [report for report in run.reports.values() if report.state != DatasetState.SKIPPED]
    complete = [report for report in asked if report.state == DatasetState.COMPLETE]
    if len(complete) == len(asked):
        return SyncStatus.COMPLETE, ""
    if complete or any(report.read for report in asked):
        return SyncStatus.PARTIAL, ""
    return SyncStatus.FAILED, str(run.bad_credential or asked[0].reason)
