"""One sync while it runs: what every dataset needs, and how each one's end is judged."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import define, evolve, field

from twin_host.contract import Context, DatasetReport, DatasetState, Progress, SyncMode
from twin_okta.api import BadCredential, BudgetSpent, Denied, OktaClient, OktaError
from twin_okta.asked import Asked
from twin_okta.datasets import DATASETS
from twin_okta.reading import Reading
from twin_okta.snapshot import Snapshot, iso_text

LEFT_NO_LONGER = timedelta(days=1)
"""Okta does not say how long it knows the next page of a list; so much later it is begun anew."""
GOES_ON = "What is still due is read by the next sync."
STOPPED = "Stopped before the end; what was read is kept."

READ = (DatasetState.COMPLETE, DatasetState.PARTIAL)
TRUSTED_WITHOUT_LOG = timedelta(hours=1)
"""How long a reading is taken to hold when nothing tells of changes."""

SUBJECTS_READ = "SELECT count(*) FROM subject_read WHERE dataset = ? AND outcome = 'read'"

Item = TypeVar("Item")
Failure = TypeVar("Failure", bound=BaseException)


@define
class Run:
    """One sync of one org."""

    client: OktaClient
    snapshot: Snapshot
    asked: Asked
    context: Context
    number: int
    read_again_days: int
    """How old a reading may become before it is made again, whatever the log tells."""
    reports: dict[str, DatasetReport] = field(factory=dict[str, DatasetReport])
    notes: list[str] = field(factory=list[str])
    bad_credential: BadCredential | None = None
    stopped: str = ""
    """Why it stops before the end, if it does so by itself."""
    edition: str = ""
    everybody: int | None = None
    """How many there are in Okta's group of everybody, once that was asked."""
    doubted_before: Mapping[str, tuple[str, str]] = field(factory=dict[str, tuple[str, str]])
    """What was doubted of each dataset when the sync began, and since when."""
    shown_before: Mapping[str, str | None] = field(factory=dict[str, str | None])
    """Of when each dataset was when the sync began."""
    read_as: dict[str, DatasetReport] = field(factory=dict[str, DatasetReport])
    """Each dataset's report before it was doubted."""
    begun: Counter[str] = field(factory=Counter[str])
    """The requests that lists of subjects take which this sync has begun, by dataset."""
    unfinished: set[str] = field(factory=set[str])
    """The datasets that were not read to their end."""
    unlisted_as_of: tuple[int, ...] = ()
    """As of which changes it was worked out who is named and not listed."""
    _of_unknown_length: dict[str, int] = field(factory=dict[str, int])
    _started_s: dict[str, float] = field(factory=dict[str, float])

    def now(self) -> datetime:
        """The current time, UTC."""
        return self.context.clock()

    def okta_now(self) -> datetime:
        """The current time by Okta's clock, as far as it is known."""
        return self.now() + timedelta(seconds=self.client.clock.skew_s)

    def is_doubted(self, dataset: str) -> bool:
        """Whether what is shown of a dataset was doubted when the sync began."""
        return dataset in self.doubted_before

    def first_time(self, dataset: str) -> bool:
        """Whether nothing was shown of a dataset when the sync began."""
        return not self.shown_before.get(dataset)

    @property
    def log_was_read(self) -> bool:
        """Whether this sync has read the log to its present end, so that changes are known."""
        return "logs" in self.reports and self.reports["logs"].state in READ

    def is_own(self, url: str) -> bool:
        """Whether an address is on the org that is read now."""
        return url.startswith(self.client.base_url + "/")

    def covered_since(self) -> str:
        """Readings since then hold unless the log tells of a change; where it was not read nothing
        tells, and they are not trusted for long."""
        if self.log_was_read:
            return self.snapshot.log_reaches_back_to()
        return iso_text(self.okta_now() - TRUSTED_WITHOUT_LOG)

    def still_holds(self, read_at: str) -> bool:
        """Whether what was begun then may be gone on with."""
        oldest = iso_text(self.okta_now() - LEFT_NO_LONGER)
        return max(self.covered_since(), oldest) <= read_at <= iso_text(self.okta_now())

    def progress(self, dataset: str, read: int, expected: int | None = None) -> None:
        """Tell the host how far a dataset is, with an estimate once there is a rate."""
        if expected is None:
            self._of_unknown_length[dataset] = read
        now_s = asyncio.get_running_loop().time()
        elapsed_s = now_s - self._started_s.setdefault(dataset, now_s)
        left_s = elapsed_s / read * (expected - read) if expected and read and elapsed_s else None
        rate_use = self.client.pacer.use_of(DATASETS[dataset].bucket)
        self.context.report(
            Progress(
                dataset=dataset,
                read=read,
                expected=expected,
                seconds_left=left_s,
                rate_use=rate_use,
            )
        )

    async def attempt(self, dataset: str, read: Callable[[], Awaitable[DatasetReport]]) -> None:
        """Read one dataset; whatever stops it becomes its report, and only a credential that
        Okta does not accept stops the others too."""
        try:
            report = await read()
        except Denied as refusal:
            reason, missing = DATASETS[dataset].denial(refusal)
            report = DatasetReport(
                state=DatasetState.DENIED,
                read=self._unfinished(dataset),
                reason=reason,
                missing=missing,
            )
        except asyncio.CancelledError:
            reason = str(self.bad_credential or self.stopped or STOPPED)
            self._settle(dataset, self._broken_off(dataset, reason))
            raise
        except BadCredential as error:
            self.bad_credential = error
            self._settle(dataset, self._broken_off(dataset, str(error)))
            raise
        except BudgetSpent as spent:
            self.stopped = f"{spent} {GOES_ON}"
            report = self._broken_off(dataset, self.stopped)
        except OktaError as error:
            report = self._broken_off(dataset, str(error))
        self._settle(dataset, report)
        if report.state == DatasetState.COMPLETE and dataset in self._of_unknown_length:
            count = self._of_unknown_length[dataset]
            self.progress(dataset, count, count)  # its end is known now

    def _broken_off(self, dataset: str, reason: str) -> DatasetReport:
        self.unfinished.add(dataset)
        return DatasetReport(
            state=DatasetState.PARTIAL, read=self._unfinished(dataset), expected=None, reason=reason
        )

    def _settle(self, dataset: str, report: DatasetReport) -> None:
        report = _with_earlier(report, self.reports.get(dataset))
        self.snapshot.note(dataset, report)
        self.reports[dataset] = self.read_as[dataset] = report

    def _unfinished(self, name: str) -> int:
        """How much of a dataset is there that was not read to its end."""
        if DATASETS[name].counts_subjects or not DATASETS[name].tables:
            return self.snapshot.number(SUBJECTS_READ, (name,))
        unfinished = Reading.unfinished(self.snapshot, name)
        return (unfinished or Reading.shown(self.snapshot, name)).count()


def _with_earlier(report: DatasetReport, earlier: DatasetReport | None) -> DatasetReport:
    """What was read of a dataset in one sync, if it was more than once."""
    if earlier is None or report.mode is None or earlier.mode is None:
        return report
    return evolve(
        report,
        mode=max(report.mode, earlier.mode, key=list(SyncMode)[::-1].index),
        changed=report.changed + earlier.changed,
    )


async def each(
    items: Iterable[Item], work: Callable[[Item], Awaitable[None]], *, width: int
) -> None:
    """Do `work` on every item, `width` at a time; the first error stops them all and is raised."""
    queue = iter(items)

    async def worker() -> None:
        for item in queue:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise first_of(errors) from errors


def first_of(errors: BaseExceptionGroup[Failure]) -> Failure:
    """The first error of a group, however deep."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first  # pyright: ignore[reportUnknownArgumentType]
