"""How far the snapshot's datasets can be believed, and the arithmetic of a sample."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil, sqrt

from attrs import frozen

from twin_host.contract import Confidence
from twin_okta.snapshot import Snapshot, iso_text

NORMAL_95 = 1.96
"""Half-width of a 95 % interval in standard deviations."""

PEOPLE = {"users", "factors", "groups", "roles"}
"""The datasets of which a credential that is limited to some groups sees only a part."""

TRUSTED_WITHOUT_LOG = timedelta(hours=1)
"""How long one sync may take to read everybody for a figure of one time, with no log to tell."""

ORG = "SELECT name, stale_after_days, edition, sees_everybody FROM org"
DATASETS = """
SELECT d.name, d.shown > 0 AND d.unreadable = 0, d.shown > 0, coalesce(d.as_of, d.started_at),
    d.state, d.reason
FROM dataset d
"""


@frozen
class Dataset:
    """One dataset of the snapshot as it is shown. `read_once`: it was read to its end once."""

    complete: bool
    read_once: bool
    as_of: datetime | None
    state: str
    reason: str


@frozen
class Share:
    """A part of a population, of which not everybody may have been asked yet."""

    value: float
    numerator: int
    asked: int
    population: int
    margin: float | None

    @property
    def percent(self) -> int:
        """Rounded, but 0 and 100 only when they are exact: nobody is rounded away."""
        rounded = round(self.value * 100)
        if self.value > 0 and rounded == 0:
            return 1
        return 99 if self.value < 1 and rounded == 100 else rounded


class Figures:
    """The snapshot's figures, each with how far it can be believed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.datasets = {
            name: Dataset(bool(complete), bool(read_once), _moment(as_of), state or "", reason)
            for name, complete, read_once, as_of, state, reason in snapshot.rows(DATASETS)
        }
        org = snapshot.rows(ORG) or [("", 90, "", 1)]
        self.org_name, self.stale_after_days, self.edition, sees = org[0]
        self.sees_some_only = sees == 0
        """The credential is limited to the members of some groups; there may be anybody else."""
        _, unread, due, oldest, newest, syncs = snapshot.rows("SELECT * FROM factor_sweep")[0]
        self.sweep_began = _moment(oldest)
        self.sweep_is_whole = (
            not unread and not due and (not oldest or self._is_of_one_time(oldest, newest, syncs))
        )

    def as_of(self, names: Iterable[str]) -> datetime | None:
        """The oldest of the datasets' times: a figure is as old as its oldest part."""
        times = [
            self.sweep_began if name == "factors" else self.datasets[name].as_of for name in names
        ]
        known = [time for time in times if time]
        return min(known) if known else None

    def complete(self, names: Iterable[str]) -> bool:
        """Whether each dataset was read to its end with nothing left out, and, where factors are
        among them, whether everybody who can sign in was asked."""
        names = list(names)
        if self.sees_some_only and not PEOPLE.isdisjoint(names):
            return False
        if not all(self.datasets[name].complete for name in names):
            return False
        return "factors" not in names or self.sweep_is_whole

    def _is_of_one_time(self, oldest: str, newest: str, syncs: int) -> bool:
        """Whether readings between two times can be laid together: the log tells of every change
        meanwhile, or one sync made them all in so short a time that there is little to tell."""
        for since, read_to in self.snapshot.rows("SELECT since, read_to FROM log_reach"):
            if since <= oldest and newest <= read_to:
                return True
        spread = datetime.fromisoformat(newest) - datetime.fromisoformat(oldest)
        return syncs == 1 and spread <= TRUSTED_WITHOUT_LOG

    def confidence(self, names: Iterable[str], *, otherwise: Confidence) -> Confidence:
        """Verified when complete, else what the caller says a part of it is worth."""
        return Confidence.VERIFIED if self.complete(names) else otherwise

    def stale_cutoff(self) -> str:
        """The moment before which a last sign-in is stale, counted from when users were read."""
        as_of = self.datasets["users"].as_of
        return iso_text(as_of - timedelta(days=self.stale_after_days)) if as_of else ""

    def why_incomplete(self, names: Iterable[str]) -> str:
        """What a person should know of a figure that is not complete."""
        if self.sees_some_only:
            return "This credential sees the members of some groups only."
        reasons = (self.datasets[name].reason for name in names)
        return next(filter(None, reasons), "Not everything could be read.")

    def share(self, condition: str, *, among: str = "1") -> Share | None:
        """The share of those who can sign in (`among` them, those) that fulfil a condition, both
        on view `can_sign_in`.

        Those read first on purpose are counted; everybody else was drawn at random, so the rest
        is estimated from those drawn (a stratified sample with finite population correction).
        None while nobody was asked.
        """
        strata = {
            chosen: (asked, fulfilling)
            for chosen, asked, fulfilling in self.snapshot.rows(
                "SELECT in_order, count(*), sum(fulfilled) FROM (SELECT in_order,"
                f" ({condition}) AS fulfilled FROM can_sign_in c WHERE rank IS NOT NULL"
                f" AND {among})"
                " GROUP BY in_order"
            )
        }
        population = self.snapshot.number(f"SELECT count(*) FROM can_sign_in c WHERE {among}")
        return estimate(
            first=strata.get(1, (0, 0)), drawn=strata.get(0, (0, 0)), population=population
        )


def estimate(*, first: tuple[int, int], drawn: tuple[int, int], population: int) -> Share | None:
    """The share in a population, from those asked on purpose and those drawn at random.

    Each pair is (asked, fulfilling). The margin is the half-width of the 95 % interval in
    percentage points by the normal approximation to which Agresti and Coull's two successes and
    two failures are added, so that it is not zero when all those drawn agree.
    """
    asked, fulfilling = first[0] + drawn[0], first[1] + drawn[1]
    if not asked:
        return None
    if asked == population:
        return Share(fulfilling / asked, fulfilling, asked, population, None)
    rest = population - first[0]
    if not drawn[0]:
        return Share(fulfilling / asked, fulfilling, asked, population, 100.0)
    value = (first[1] + rest * drawn[1] / drawn[0]) / population
    smoothed = (drawn[1] + 2) / (drawn[0] + 4)
    correction = (rest - drawn[0]) / max(1, rest - 1)
    deviation = sqrt(smoothed * (1 - smoothed) / (drawn[0] + 4) * correction)
    margin = ceil(NORMAL_95 * deviation * rest / population * 1000) / 10
    return Share(value, fulfilling, asked, population, margin)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
