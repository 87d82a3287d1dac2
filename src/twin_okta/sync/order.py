"""The order of a sync: what waits for what, and what runs side by side.

    logs ── everything else, once the log was ever read
    groups ── roles ──┬── custom_roles
                      ├── members
    users ────────────┴── factors
    apps ──┬── assignments
           ├── service_apps
           └── (logs) ── app_use

The log tells what of the rest is due. Factors wait for users and roles because privileged users are
read first, custom roles for whoever holds them, the members of ordinary groups for roles and
the use of applications for the log because both spend one rate limit. Where requests are counted,
what no figure needs waits for all the rest. Everything else is independent; each waits for its own
rate limit and for nobody else's.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from graphlib import TopologicalSorter
from threading import Event
from typing import Any, TypeVar

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
from twin_okta.api import BadCredential, BudgetSpent, OktaClient
from twin_okta.asked import Asked
from twin_okta.changes import believe, forget_old, tell_from_now_on, untell
from twin_okta.config import OktaConfig
from twin_okta.connection import WhoAnswers, who_answers
from twin_okta.datasets import DATASETS, EDITIONS, Dataset
from twin_okta.orgs import org_of, snapshot_of
from twin_okta.snapshot import iso_text
from twin_okta.sync.dataset import read_dataset
from twin_okta.sync.doubts import forget_counts, settle_doubts
from twin_okta.sync.drift import told_of_drift
from twin_okta.sync.logs import read_logs, read_news, take_sign_ins
from twin_okta.sync.run import GOES_ON, Run, first_of
from twin_okta.sync.strangers import meet_strangers

NOBODY = WhoAnswers("", "")
BASELINE_HOURS = 168
CANCEL_POLL_S = 0.1
OUT_OF_DATE = """
SELECT dataset, subject FROM due
UNION SELECT dataset, subject FROM (SELECT * FROM unread EXCEPT SELECT * FROM waiting)
"""
STILL_DUE = f"""
SELECT (SELECT count(*) FROM ({OUT_OF_DATE})) + (SELECT count(*)
    FROM shown_user u JOIN sign_in_status i ON i.status = u.status
    WHERE u.id NOT IN (SELECT r.subject FROM subject_read r WHERE r.dataset = 'factors'))
"""
MOST_ROUNDS = 2
"""How often what changes during a sync is caught up with."""

Result = TypeVar("Result")


async def sync_org(
    client: OktaClient, config: OktaConfig, asked: Asked, context: Context
) -> SyncReport:
    """Read what was asked for into the snapshot, and report how complete it is.

    Nothing but a snapshot that cannot be used raises.
    """
    started_s = asyncio.get_running_loop().time()
    bad_credential: BadCredential | None = None
    async with client:
        try:
            client.traffic.most = context.budget.requests
            org = await _unless_cancelled(who_answers(client), context.cancelled)
        except BadCredential as error:
            org, bad_credential = None, error
        except BudgetSpent:
            org = None
        with snapshot_of(context.state_dir, (org or NOBODY).id, client.base_url) as snapshot:
            snapshot.set_org(
                config.domain.split("://")[-1],
                groups=config.privileged_groups,
                stale_days=config.stale_after_days,
                service_names=config.service_account_names,
                reader_id=config.client_id if config.auth == "oauth" else "",
            )
            run = Run(
                client, snapshot, asked, context, snapshot.begin_sync(), config.read_again_days
            )
            began = iso_text(run.okta_now())
            run.doubted_before, run.shown_before = snapshot.doubts(), snapshot.times()
            run.edition, run.bad_credential = (org or NOBODY).edition, bad_credential
            _advise_baseline(run)
            if org is not None:
                await _unless_stopped(_read(run), run)
            org_id = org_of(snapshot)
            _remember_rates(run)
            kept_since = run.okta_now() - timedelta(days=config.keep_changes_days)
            forget_old(snapshot, iso_text(kept_since))
            run.notes.extend(filter(None, [told_of_drift(run, began)]))
            still_due = snapshot.number(STILL_DUE)
    _account_for_the_rest(run)
    status, error = _judge(run)
    if clock_note := client.clock.note():
        run.notes.append(clock_note)
    return SyncReport(
        status=status,
        datasets={name: run.reports[name] for name in DATASETS},
        requests=client.traffic.requests,
        throttled=client.traffic.throttled,
        retries=client.traffic.retries,
        seconds=round(asyncio.get_running_loop().time() - started_s, 3),
        mode=_mode(run),
        due=still_due,
        notes=tuple(run.notes),
        error=error,
        org=org_id,
    )


async def _unless_cancelled(
    work: Coroutine[Any, Any, Result], *signs: Event | asyncio.Event
) -> Result | None:
    """Do it, or stop doing it at the first sign."""
    doing = asyncio.create_task(work)
    while not doing.done():
        if any(sign.is_set() for sign in signs):
            doing.cancel()
        await asyncio.wait([doing], timeout=CANCEL_POLL_S)
    return None if doing.cancelled() else doing.result()


async def _unless_stopped(work: Coroutine[Any, Any, None], run: Run) -> None:
    """Do it until the person gives up, or the time for it is over."""
    most_s = run.context.budget.seconds
    overtime = asyncio.Event()

    def stop() -> None:
        run.stopped = f"The {most_s:.0f} seconds for this sync are over. {GOES_ON}"
        overtime.set()

    timer = asyncio.get_running_loop().call_later(most_s, stop) if most_s is not None else None
    try:
        await _unless_cancelled(work, run.context.cancelled, overtime)
    finally:
        if timer:
            timer.cancel()


async def _read(run: Run) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            scheduler = Scheduler(run, group)
            for dataset in in_order(run.asked.datasets):
                scheduler.add(dataset)
        with suppress(BudgetSpent):
            await meet_strangers(run)
            await _catch_up(run)
        settle_doubts(run)
        for dataset in run.asked.datasets.values():
            _believe(run, dataset)
        forget_counts(run)
    except* BadCredential as errors:
        run.bad_credential = run.bad_credential or first_of(errors)
    finally:  # stopped or not, what is stored must be believed no further than it was seen
        sees_everybody = _sees_everybody(run)
        if run.snapshot.set_view(edition=run.edition, sees_everybody=sees_everybody):
            untell(run.snapshot, (it.name for it in DATASETS.values() if it.of_people))
        tell_from_now_on(run.snapshot)


def in_order(datasets: Mapping[str, Dataset]) -> Iterator[Dataset]:
    """Each behind those that it comes after, the log before them all, and last what no figure
    needs."""
    before = {
        name: ({*dataset.after, "logs"} - {name}) & datasets.keys()
        for name, dataset in datasets.items()
    }
    known = map(datasets.__getitem__, TopologicalSorter(before).static_order())
    return iter(sorted(known, key=lambda dataset: dataset.most_requests > 0))


@frozen
class Scheduler:
    """Starts each dataset as soon as what it comes after is over, however that ended."""

    run: Run
    group: asyncio.TaskGroup
    _tasks: dict[str, asyncio.Task[None]] = field(factory=dict[str, asyncio.Task[None]])

    def add(self, dataset: Dataset) -> None:
        """What it comes after has been added before, if it is asked for."""
        waits = [self._tasks[name] for name in self._waits_for(dataset) if name in self._tasks]

        async def in_turn() -> None:
            if waits:
                await asyncio.wait(waits)
            await self.run.attempt(dataset.name, lambda: _read_dataset(self.run, dataset))
            _settle(self.run, dataset)

        self._tasks[dataset.name] = self.group.create_task(in_turn())

    def _waits_for(self, dataset: Dataset) -> Iterator[str]:
        """What must be over first. The log comes before everything, since it tells what is due;
        where nothing was read yet there is nothing that it could tell, and a first reading of a
        week takes long."""
        if dataset.most_requests and self.run.context.budget.requests is not None:
            yield from self._tasks
        first_time = not self.run.snapshot.number("SELECT count(*) FROM log_cursor")
        yield from (name for name in dataset.after if name != "logs")
        if dataset.name != "logs" and (dataset.bucket == "logs" or not first_time):
            yield "logs"


async def _catch_up(run: Run) -> None:
    """Read the log once more, and anew what it says has changed while the rest was read."""
    for _ in range(MOST_ROUNDS):
        if not run.log_was_read or run.stopped:
            return
        await run.attempt("logs", lambda: read_news(run))
        take_sign_ins(run.snapshot)
        due = {
            name for (name,) in run.snapshot.rows(f"SELECT DISTINCT dataset FROM ({OUT_OF_DATE})")
        }
        again = {name: it for name, it in run.asked.datasets.items() if name in due}
        for dataset in in_order(again):
            await run.attempt(dataset.name, lambda it=dataset: _read_dataset(run, it))
            _settle(run, dataset)
        if not again:
            return


def _settle(run: Run, dataset: Dataset) -> None:
    """A dataset was read: what is doubted of it now, and what has gone if nothing is."""
    settle_doubts(run, dataset.name)
    _believe(run, dataset)


def _believe(run: Run, dataset: Dataset) -> None:
    believe(run.snapshot, dataset.name, now=iso_text(run.okta_now()), sync=run.number)


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


async def _read_dataset(run: Run, dataset: Dataset) -> DatasetReport:
    """Read a dataset, unless it is another edition's, or the list that it goes by could not be
    read: then there is nothing to read, and nothing must look complete."""
    if dataset.edition and run.edition not in ("", dataset.edition):
        reason = f"A {EDITIONS.get(run.edition, run.edition)} org has none to list."
        return DatasetReport(state=DatasetState.SKIPPED, reason=reason)
    first = dataset.needs
    if dataset.name == "logs":
        return await read_logs(run)
    if dataset.name == "factors":
        await meet_strangers(run)
    if not first or run.snapshot.number("SELECT shown FROM dataset WHERE name = ?", (first,)):
        return await read_dataset(run, dataset)
    state = run.reports[first].state
    return DatasetReport(
        state=state, reason=f"The {first} could not be read: {run.reports[first].reason}"
    )


def _advise_baseline(run: Run) -> None:
    first = not run.snapshot.number("SELECT shown FROM dataset WHERE name = 'logs'")
    if first and "logs" in run.asked.datasets and run.asked.is_usual_time:
        run.notes.append(
            f"This first sync reads {run.asked.hours_back} hours of the System Log: "
            f"with `hours_back` at {BASELINE_HOURS} the baseline would be better."
        )


def _account_for_the_rest(run: Run) -> None:
    """Report the datasets that were not asked for, or not reached."""
    for name, option in run.asked.turned_off.items():
        reason = f"Not asked for ({option} is false)."
        run.reports[name] = DatasetReport(state=DatasetState.SKIPPED, reason=reason)
    not_reached = str(run.bad_credential or run.stopped or "Stopped before it was begun.")
    for name in DATASETS:
        run.reports.setdefault(name, DatasetReport(state=DatasetState.PARTIAL, reason=not_reached))


def _mode(run: Run) -> SyncMode:
    """The sync as a whole: in full if users were never read before, or all that was read was."""
    modes = [report.mode for report in run.reports.values() if report.mode]
    if not modes or (SyncMode.FULL in modes and run.first_time("users")):
        return SyncMode.FULL
    read = {mode for mode in modes if mode is not SyncMode.NOTHING}
    return SyncMode.FULL if read == {SyncMode.FULL} else SyncMode.DELTA


def _remember_rates(run: Run) -> None:
    """What the next plan goes by."""
    buckets = run.client.pacer.buckets.items()
    known = [(name, bucket.limit) for name, bucket in buckets if bucket.limit]
    run.snapshot.write("INSERT OR REPLACE INTO rate_limit VALUES (?, ?)", known)


def _judge(run: Run) -> tuple[SyncStatus, str]:
    """The whole sync: failed when nothing at all could be read."""
    wanted = [report for report in run.reports.values() if report.state != DatasetState.SKIPPED]
    complete = [report for report in wanted if report.state == DatasetState.COMPLETE]
    if len(complete) == len(wanted):
        return SyncStatus.COMPLETE, ""
    asked_and_read = any(report.mode is not SyncMode.NOTHING for report in complete)
    if run.bad_credential and not asked_and_read:
        return SyncStatus.FAILED, str(run.bad_credential)
    if complete or run.stopped or any(report.read for report in wanted):
        return SyncStatus.PARTIAL, ""
    return SyncStatus.FAILED, str(run.bad_credential or wanted[0].reason)
