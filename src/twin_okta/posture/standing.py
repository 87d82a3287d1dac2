"""How far each dataset of the snapshot can be believed: complete or not, how old, and why not."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import evolve, frozen

from twin_okta.datasets import DATASETS
from twin_okta.snapshot import Snapshot

ORG = "SELECT name, edition, sees_everybody FROM org"
STANDING = "SELECT name, complete, read_once, as_of, state, reason FROM standing"
ANYBODY = "SELECT EXISTS (SELECT 1 FROM shown_user)"
SWEEP = "SELECT oldest, newest, syncs, failed FROM factor_sweep"
LOG_REACH = "SELECT since, read_to FROM log_reach"
TRUSTED_WITHOUT_LOG = timedelta(hours=1)
"""How long one sync may take to read everybody for a figure of one time, with no log to tell."""
SPREAD = "Factors were read at different times, and no log tells what changed between them."
LIMITED = "This credential sees the members of some groups only."


@frozen(kw_only=True)
class Standing:
    """One dataset as it is shown. `complete`: read to its end with nothing left out; `read_once`:
    to its end at all. `as_of` is its oldest reading."""

    complete: bool
    read_once: bool
    as_of: datetime | None
    state: str
    reason: str


@frozen(kw_only=True)
class Standings:
    """Where every dataset stands. `sees_some_only`: the credential is limited to the members of
    some groups, and there may be anybody else."""

    datasets: Mapping[str, Standing]
    org_name: str
    edition: str
    sees_some_only: bool
    anything: bool

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Standings":
        """As the snapshot says."""
        datasets = {
            name: Standing(
                complete=bool(complete),
                read_once=bool(read_once),
                as_of=datetime.fromisoformat(as_of) if as_of else None,
                state=state or "",
                reason=reason,
            )
            for name, complete, read_once, as_of, state, reason in snapshot.rows(STANDING)
        }
        if doubt := _doubt_of_factors(snapshot):
            datasets["factors"] = evolve(datasets["factors"], complete=False, reason=doubt)
        ((name, edition, sees_everybody),) = snapshot.rows(ORG) or [("", "", None)]
        once = any(standing.read_once for standing in datasets.values())
        return cls(
            datasets=datasets,
            org_name=name,
            edition=edition,
            sees_some_only=sees_everybody == 0,
            anything=once or bool(snapshot.number(ANYBODY)),
        )

    def as_of(self, names: Iterable[str]) -> datetime | None:
        """The oldest of the datasets' times; None where one of them was never read."""
        times = [self.datasets[name].as_of for name in names]
        known = [time for time in times if time]
        return min(known) if known else None

    def are_complete(self, names: Iterable[str]) -> bool:
        """Whether each was read to its end, nothing was left out, and nobody is out of sight."""
        return not self._limits(names) and all(self.datasets[name].complete for name in names)

    def why_incomplete(self, names: Iterable[str]) -> str:
        """What a person should know of a figure whose datasets are not complete."""
        if self._limits(names):
            return LIMITED
        reasons = (self.datasets[name].reason for name in names if not self.datasets[name].complete)
        return next(filter(None, reasons), "Not everything could be read.")

    def _limits(self, names: Iterable[str]) -> bool:
        return self.sees_some_only and any(DATASETS[name].of_people for name in names)


def _doubt_of_factors(snapshot: Snapshot) -> str:
    """Why readings of factors cannot be laid together, if they cannot: the log tells of every
    change meanwhile, or one sync made them all in so short a time that there is little to tell."""
    ((oldest, newest, syncs, failed),) = snapshot.rows(SWEEP)
    if failed:
        return f"The factors of {failed} users could not be read anew; an earlier reading stands."
    if oldest is None:
        return ""
    for since, read_to in snapshot.rows(LOG_REACH):
        if since <= oldest and newest <= read_to:
            return ""
    spread = datetime.fromisoformat(newest) - datetime.fromisoformat(oldest)
    return "" if syncs == 1 and spread <= TRUSTED_WITHOUT_LOG else SPREAD
