"""What a sync would read if it began now, and what that costs.

It asks Okta for the newest of the log alone, works out on the snapshot what that makes due, and
takes that back: nothing is changed.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from attrs import define, field

from twin_host.contract import (
    Context,
    DatasetReport,
    DatasetState,
    PlannedDataset,
    SyncMode,
    SyncPlan,
)
from twin_okta.api import BudgetSpent, OktaClient, OktaError, Page
from twin_okta.api.pacing import Bucket, sweep_s
from twin_okta.asked import Asked
from twin_okta.config import OktaConfig
from twin_okta.datasets import DATASETS, EDITIONS, Dataset
from twin_okta.orgs import owner_of
from twin_okta.snapshot import FILE_NAME, Snapshot
from twin_okta.sync.dataset import pages_of, step_of
from twin_okta.sync.logs import PAGE, keep_page, newest
from twin_okta.sync.readers import READERS
from twin_okta.sync.run import Run
from twin_okta.sync.sweep import make_work

FIRST_TIME = "It was never read."
OF_WORK = "SELECT kind, count(*) FROM work_{dataset} GROUP BY kind"
REQUESTS_OF_WORK = "SELECT sum(requests) FROM work_{dataset}"
PAGES_OF_WORK = """
SELECT sum(max(1, ((SELECT count(*) FROM {table} t WHERE t.generation = 1
    AND t.{column} = w.subject) + {page} - 1) / {page})) FROM work_{dataset} w
"""
EDITION = "SELECT edition FROM org"
RATES = "SELECT bucket, a_minute FROM rate_limit"
AS_BEFORE = 3
"""The requests of every sync: which org it is, and the log to its end before and after the rest."""


class _TakenBack(Exception):
    """What was written to work out the plan goes."""


async def plan_sync(
    client: OktaClient, config: OktaConfig, asked: Asked, context: Context
) -> SyncPlan:
    """How each dataset would be read; `error` says why nothing can be said."""
    if not (context.state_dir / FILE_NAME).exists():
        return _first(asked)
    async with client:
        with Snapshot.for_sync(context.state_dir) as snapshot:
            if owner_of(snapshot) not in ("", client.base_url):
                return _first(asked)
            run = Run(client, snapshot, asked, context, 0, config.read_again_days)
            run.doubted_before, run.shown_before = snapshot.doubts(), snapshot.times()
            head, trouble = None, ""
            try:
                head = await newest(run) if "logs" in asked.datasets else None
            except (OktaError, BudgetSpent) as error:
                trouble = str(error)
            planning = Planning(run, config.rate_share)
            with suppress(_TakenBack), snapshot.together():
                planning.work_out(head)
                raise _TakenBack
    return planning.plan(trouble)


def _first(asked: Asked) -> SyncPlan:
    first = {name: PlannedDataset(mode=SyncMode.FULL, reason=FIRST_TIME) for name in asked.datasets}
    return SyncPlan(
        datasets=_all(first, asked),
        notes=("This is the first sync: a test of the connection says how long it takes.",),
    )


def _all(planned: Mapping[str, PlannedDataset], asked: Asked) -> dict[str, PlannedDataset]:
    """Those that are asked for, and the others, in the order in which people are told of them."""
    off = {
        name: PlannedDataset(
            mode=SyncMode.NOTHING,
            reason=f"Not asked for ({option} is false).",
            requests=0,
            seconds=0.0,
        )
        for name, option in asked.turned_off.items()
    }
    return {name: (off | dict(planned))[name] for name in DATASETS}


@define
class Planning:
    """One plan in the making; `share` is the part of each rate limit that is used."""

    run: Run
    share: float
    planned: dict[str, PlannedDataset] = field(factory=dict[str, PlannedDataset])
    _requests: Counter[str] = field(factory=Counter[str])
    _rates: dict[str, int] = field(factory=dict[str, int])
    _is_known: bool = True
    _goes_on: bool = False

    def work_out(self, head: Page | None) -> None:
        """Look how things stand with the newest of the log."""
        run = self.run
        if head is not None:
            keep_page(run, head)
            run.reports["logs"] = DatasetReport(state=DatasetState.COMPLETE)
            self._goes_on = len(head.records) >= PAGE
        self._rates = dict(run.snapshot.rows(RATES))  # pyright: ignore[reportArgumentType]
        edition = next((row[0] for row in run.snapshot.rows(EDITION)), "")
        for name, dataset in run.asked.datasets.items():
            if dataset.edition and edition not in ("", dataset.edition):
                reason = f"A {EDITIONS.get(edition, edition)} org has none to list."
                self._put(dataset, SyncMode.NOTHING, reason, 0)
            elif name == "logs":
                first = run.first_time(name)
                mode = SyncMode.FULL if first else SyncMode.DELTA
                reason = FIRST_TIME if first else "It goes on where it was left."
                self._put(dataset, mode, reason, None if first else AS_BEFORE)
            else:
                self._dataset(dataset)

    def _dataset(self, dataset: Dataset) -> None:
        run, reader = self.run, READERS[dataset.name]
        step = step_of(run, dataset) if reader.whole else None
        requests = 0
        if step and step.mode is SyncMode.FULL:
            requests = pages_of(run.snapshot, dataset)
        elif step and step.mode is SyncMode.DELTA:
            requests = 1
        due = self._subjects(dataset) if dataset.subjects else 0
        if run.first_time(dataset.name):
            self._put(dataset, SyncMode.FULL, FIRST_TIME, None)
            return
        mode = step.mode if step else SyncMode.NOTHING
        reason = step.reason if step else "The log tells of no change since it was read."
        if due and mode is not SyncMode.FULL:
            mode, reason = SyncMode.DELTA, f"{due} {dataset.subjects_are} are due."
        listings = reader.of_each(run)
        extra = sum(
            number * (len(listings[kind]) - 1) for kind, number in self._kinds(dataset).items()
        )
        if due:
            requests += self._pages_of_subjects(dataset, due) + extra
        self._put(dataset, mode, reason, requests)

    def _subjects(self, dataset: Dataset) -> int:
        make_work(self.run, dataset, everything=self.run.is_doubted(dataset.name))
        return sum(self._kinds(dataset).values())

    def _kinds(self, dataset: Dataset) -> dict[str, int]:
        if not dataset.subjects:
            return {}
        return dict(self.run.snapshot.rows(OF_WORK.format(dataset=dataset.name)))  # pyright: ignore[reportArgumentType]

    def _pages_of_subjects(self, dataset: Dataset, due: int) -> int:
        if dataset.sizes:
            return self.run.snapshot.number(REQUESTS_OF_WORK.format(dataset=dataset.name))
        if dataset.counts_subjects:
            return due
        table, column = next(iter(dataset.hang_on.items()))
        sql = PAGES_OF_WORK.format(
            table=table, column=column, page=dataset.page, dataset=dataset.name
        )
        return self.run.snapshot.number(sql)

    def _put(self, dataset: Dataset, mode: SyncMode, reason: str, requests: int | None) -> None:
        if requests is None:
            self._is_known = False
        else:
            self._requests[dataset.bucket] += requests
        seconds = self._seconds(dataset.bucket, requests)
        self.planned[dataset.name] = PlannedDataset(
            mode=mode, reason=reason, requests=requests, seconds=seconds
        )

    def _seconds(self, bucket: str, requests: int | None) -> float | None:
        if requests == 0:
            return 0.0
        if requests is None or bucket not in self._rates:
            return None
        return round(sweep_s(requests, Bucket(self.share, limit=self._rates[bucket])), 1)

    def plan(self, trouble: str) -> SyncPlan:
        """All of it; `trouble` is why the log could not be asked."""
        notes: list[str] = []
        if trouble:
            notes.append(f"The log could not be asked what has changed: {trouble}")
        if self._goes_on:
            notes.append(f"The log has more than {PAGE} new entries: more may be due.")
        waits = [self._seconds(bucket, number) for bucket, number in self._requests.items()]
        known = [wait for wait in waits if wait is not None]
        return SyncPlan(
            datasets=_all(self.planned, self.run.asked),
            requests=sum(self._requests.values()) if self._is_known else None,
            seconds=max(known, default=0.0) if self._is_known else None,
            notes=tuple(notes),
        )
