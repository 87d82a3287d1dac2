"""One sync while it runs: what every dataset needs, and how each one's end is judged."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import define, field

from twin_host.contract import Context, DatasetReport, DatasetState, Progress
from twin_okta.api import BadCredential, Denied, OktaClient, OktaError
from twin_okta.asked import Asked
from twin_okta.datasets import DATASETS
from twin_okta.snapshot import Reading, Snapshot

STOPPED = "Stopped before the end; what was read is kept."

MOST_NAMED = 3
"""Of what was left out, so many are named with the reason."""
READ = (DatasetState.COMPLETE, DatasetState.PARTIAL)

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
    reports: dict[str, DatasetReport] = field(factory=dict[str, DatasetReport])
    notes: list[str] = field(factory=list[str])
    bad_credential: BadCredential | None = None
    edition: str = ""
    everybody: int | None = None
    """How many there are in Okta's group of everybody, once that was asked."""
    doubted_before: Mapping[str, tuple[str, str]] = field(factory=dict[str, tuple[str, str]])
    """What was doubted of each dataset when the sync began, and since when."""
    shown_before: Mapping[str, str | None] = field(factory=dict[str, str | None])
    """Of when each dataset was when the sync began."""
    read_as: dict[str, DatasetReport] = field(factory=dict[str, DatasetReport])
    """Each dataset's report before it was doubted."""
    unfinished: set[str] = field(factory=set[str])
    """The datasets that were not read to their end."""
    _of_unknown_length: dict[str, int] = field(factory=dict[str, int])
    _started_s: dict[str, float] = field(factory=dict[str, float])

    def now(self) -> datetime:
        """The current time, UTC."""
        return self.context.clock()

    def okta_now(self) -> datetime:
        """The current time by Okta's clock, as far as it is known."""
        return self.now() + timedelta(seconds=self.client.clock.skew_s)

    @property
    def log_was_read(self) -> bool:
        """Whether this sync has read the log to its present end, so that changes are known."""
        return "logs" in self.reports and self.reports["logs"].state in READ

    def is_own(self, url: str) -> bool:
        """Whether an address is on the org that is read now."""
        return url.startswith(self.client.base_url + "/")

    def start(self, dataset: str) -> Reading:
        """Start reading a dataset's next generation."""
        return self.snapshot.next_generation(dataset, self.okta_now())

    def finish(self, reading: Reading) -> DatasetReport:
        """Show a dataset that was read to its end."""
        read, left_out = reading.count(), reading.left_out()
        self.snapshot.promote(reading)
        reason = ""
        if left_out:
            told = "; ".join(f"{its_id} ({why})" for its_id, why in left_out[:MOST_NAMED])
            reason = f"{len(left_out)} could not be understood and were left out: {told}."
        state = DatasetState.PARTIAL if left_out else DatasetState.COMPLETE
        expected = read + len(left_out)
        return DatasetReport(state=state, read=read, expected=expected, reason=reason)

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
            reason = str(self.bad_credential or STOPPED)
            self._settle(dataset, self._broken_off(dataset, reason))
            raise
        except BadCredential as error:
            self.bad_credential = error
            self._settle(dataset, self._broken_off(dataset, str(error)))
            raise
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
        self.snapshot.note(dataset, report)
        self.reports[dataset] = self.read_as[dataset] = report

    def _unfinished(self, name: str) -> int:
        """How much of a dataset is there that was not read to its end."""
        dataset = DATASETS[name]
        if not dataset.has_generations:
            return self.snapshot.number(SUBJECTS_READ, (name,))
        generation = self.snapshot.number("SELECT reading FROM dataset WHERE name = ?", (name,))
        return Reading(self.snapshot, name, generation).count()


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
