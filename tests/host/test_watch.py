"""Following a product: how often it is looked at, what is told, and what it survives."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from attrs import define, field

from tests.support.stand_in import NAME, THEN, StandIn, synced
from twin_host.changes import MOST_EVENTS
from twin_host.contract import Budget, Confidence, SyncReport, SyncStatus
from twin_host.errors import UsageError
from twin_host.ingest import ingest
from twin_host.store import Store
from twin_host.watch import LOOP_EVERY_S, Pace, Watch

QUIET, CHANGED = synced(), synced(changed=1)
USUAL = Pace()
NO_NETWORK = SyncReport(status=SyncStatus.FAILED, datasets={}, error="Acme cannot be reached.")


@define
class Bench:
    """A watch whose time passes only while it waits, and who hears it."""

    stand_in: StandIn
    home: object
    now_s: float = 1000.0
    wall: Callable[[], datetime] = lambda: datetime(2026, 1, 31, tzinfo=UTC)
    pauses: list[float] = field(factory=list[float])
    told: list[str] = field(factory=list[str])
    stopped: Event = field(factory=Event)

    def run(self, *, pauses: int, pace=USUAL, between=lambda _number: None):
        """Watch for so many pauses; in each of them `between` is called with its number."""
        self.pauses.clear()

        def wait(seconds):
            self.pauses.append(round(seconds, 3))
            self.now_s += seconds
            between(len(self.pauses))
            if len(self.pauses) == pauses:
                self.stopped.set()

        self.stopped.clear()
        self.watch(wait, pace).run()
        return self.pauses

    def watch(self, wait, pace=USUAL):
        twin = self.stand_in.twin(self.home, clock=self.wall)
        return Watch(
            twin=twin, name=NAME, options={}, teller=self, stopped=self.stopped, wait=wait,
            pace=pace, clock_s=lambda: self.now_s,
        )  # fmt: skip

    def syncs_kept(self):
        return self.stand_in.twin(self.home).status(NAME).syncs

    def changed(self, changes):
        self.told += [str(change) for change in changes.found]
        self.told += [f"{changes.more_events} more"] if changes.more_events else []

    def failed(self, sentence):
        self.told.append(f"failed: {sentence}")

    def works_again(self):
        self.told.append("works again")


@pytest.fixture
def bench(tmp_path):
    return Bench(StandIn(), tmp_path / "twin")


# --- how often ----------------------------------------------------------------------------------


def test_the_pause_grows_while_nothing_changes_but_not_beyond_the_idle_one(bench):
    bench.stand_in.reports = [CHANGED, QUIET]
    assert bench.run(pauses=6) == [10.0, 12.5, 15.0, 15.0, 15.0, 15.0]


def test_a_change_brings_the_pause_back(bench):
    bench.stand_in.reports = [CHANGED, QUIET, QUIET, CHANGED, QUIET]

    def between(number):
        bench.stand_in.facts["covered"] = f"{number}%"

    assert bench.run(pauses=5, between=between) == [10.0, 12.5, 15.0, 10.0, 12.5]


def test_the_worst_wait_leaves_half_a_minute_even_when_the_log_is_late():
    log_delay_s, sync_and_loop_s = 10.0, 5.0
    assert Pace().idle_s + log_delay_s + sync_and_loop_s <= 30.0


def test_a_pause_longer_than_the_idle_one_stays_as_it_was_asked_for(bench):
    bench.stand_in.reports = [CHANGED, QUIET]
    assert bench.run(pauses=3, pace=Pace(every_s=60.0)) == [60.0, 60.0, 60.0]


def test_what_is_left_to_read_is_not_kept_waiting(bench):
    bench.stand_in.reports = [synced(due=3)]
    assert bench.run(pauses=3) == [10.0, 10.0, 10.0]


@pytest.mark.parametrize(("takes_s", "pause_s"), [(4.0, 6.0), (30.0, 1.0)])
def test_the_pause_counts_from_the_start_of_a_sync(bench, takes_s, pause_s):
    def slow(_context):
        bench.now_s += takes_s
        return CHANGED

    bench.stand_in.reports = [slow]
    assert bench.run(pauses=1) == [pause_s]


def test_no_sync_holds_up_what_happens_meanwhile(bench):
    bench.run(pauses=1, pace=Pace(sync_s=45.0))
    assert bench.stand_in.contexts[0].budget == Budget(seconds=45.0)


# --- the intelligence loop ----------------------------------------------------------------------


def test_the_loop_runs_at_the_start_and_then_when_something_changed(bench):
    bench.stand_in.reports = [QUIET, QUIET, CHANGED, QUIET, QUIET]
    bench.run(pauses=5)
    assert bench.stand_in.enriched == 2


@pytest.mark.parametrize(
    "otherwise", [synced(due=2), synced(notes=("A list is doubted.",)), synced(org="another")]
)
def test_the_loop_runs_when_the_sync_ends_otherwise_than_the_last(bench, otherwise):
    bench.stand_in.reports = [synced(org="one"), otherwise, otherwise, otherwise]
    bench.run(pauses=4)
    assert bench.stand_in.enriched == 2


def test_a_connector_that_does_not_tell_what_changed_is_asked_each_time(bench):
    bench.stand_in.reports = [synced(mode=None)]
    bench.run(pauses=3)
    assert bench.stand_in.enriched == 3


def test_the_loop_runs_once_an_hour_though_nothing_changes(bench):
    bench.stand_in.reports = [QUIET]
    pauses = int(LOOP_EVERY_S // 15) + 10
    bench.run(pauses=pauses)
    assert bench.stand_in.enriched == 2


def test_a_loop_that_failed_is_made_up_for(bench):
    bench.stand_in.reports = [QUIET, CHANGED, QUIET]

    def between(number):
        bench.stand_in.facts = {"covered": "90%"}
        bench.stand_in.gaps = {"Not a slug": 1} if number == 1 else {}

    bench.run(pauses=3, between=between)

    assert "failed in enrich" in bench.told[1]
    assert bench.told[2:] == ["covered: 87% → 90% (verified)", "works again"]


# --- what is told -------------------------------------------------------------------------------


def test_each_thing_that_changed_is_told_once(bench):
    stand_in = bench.stand_in
    stand_in.reports = [CHANGED]
    stand_in.gaps = {"without-mfa": 4, "stale": 1}
    bench.run(pauses=1)
    assert bench.told == [
        "covered: not known → 87% (verified)",
        "gap stale: opened with 1 (high: stale)",
        "gap without-mfa: opened with 4 (high: without-mfa)",
    ]
    bench.told.clear()

    def between(number):
        if number == 1:
            stand_in.facts = {"covered": "88%", "people": "9"}
            stand_in.gaps = {"without-mfa": 3, "stale": 0}
            stand_in.events = ["Admin role granted"]

    bench.run(pauses=3, between=between)
    assert bench.told == [
        "covered: 87% → 88% (verified)",
        "people: not known → 9 (verified)",
        "gap stale: closed (high: stale)",
        "gap without-mfa: 4 → 3 (high: without-mfa)",
        "high event: Admin role granted (ada@example.com)",
    ]


def test_a_fact_that_is_believed_less_and_a_gap_of_other_people_are_told(bench):
    bench.stand_in.reports = [CHANGED]
    bench.stand_in.gaps = {"stale": 2}

    def between(_number):
        bench.stand_in.confidence, bench.stand_in.who = Confidence.OBSERVED, "others"

    bench.run(pauses=2, between=between)
    assert bench.told[2:] == [
        "covered: 87%, now observed",
        "gap stale: 2, not the same ones as before (high: stale)",
    ]


def test_what_another_connector_says_is_not_told(bench):
    def between(_number):
        with Store.to_write(bench.home / "twin.db") as store:
            ingest(store, "other", StandIn(gaps={"open": 1}, events=["e"]).enrich(NAME), THEN)

    bench.run(pauses=2, between=between)
    assert bench.told == ["covered: not known → 87% (verified)"]


def test_a_fact_that_is_gone_is_told(bench):
    bench.stand_in.reports = [CHANGED]
    bench.run(pauses=2, between=lambda _number: bench.stand_in.facts.clear())
    assert bench.told[-1] == "covered: 87% → no longer known"


def test_more_events_than_anybody_reads_are_counted(bench):
    bench.stand_in.facts = {}
    bench.stand_in.events = [f"event {number}" for number in range(MOST_EVENTS + 7)]
    bench.run(pauses=1)
    assert len(bench.told) == MOST_EVENTS + 1
    assert bench.told[-1] == "7 more"


def test_what_another_process_synced_is_told_too(bench):
    bench.stand_in.reports = [QUIET]

    def between(number):
        if number == 1:
            bench.stand_in.facts["covered"] = "90%"
            bench.stand_in.twin(bench.home).sync(NAME, {})

    bench.run(pauses=2, between=between)
    assert bench.told[-1] == "covered: 87% → 90% (verified)"


def test_looking_often_leaves_no_long_history_of_nothing(bench):
    bench.stand_in.reports = [CHANGED, QUIET]
    bench.run(pauses=50)
    assert [kept.report.datasets["people"].changed for kept in bench.syncs_kept()] == [0, 1]


# --- what it survives ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [NO_NETWORK, ConnectionError("unreachable"), OSError(28, "No space left")]
)
def test_a_failure_is_told_once_and_tried_again_ever_more_seldom(bench, failure):
    bench.stand_in.reports = [CHANGED, *[failure] * 7, CHANGED, QUIET]
    bench.run(pauses=10)
    assert bench.pauses == [10.0, 10.0, 20.0, 40.0, 80.0, 120.0, 120.0, 120.0, 10.0, 12.5]
    assert [each.partition(":")[0] for each in bench.told] == ["covered", "failed", "works again"]


def test_a_disk_that_refuses_is_no_end(bench, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("twin_host.loop.index_knowledge", full)
        bench.run(pauses=1)
    bench.run(pauses=1)
    assert bench.told[0] == "failed: [Errno 28] No space left on device"


def test_a_failure_of_another_kind_is_told_anew(bench):
    other = SyncReport(status=SyncStatus.FAILED, datasets={}, error="The token was refused.")
    bench.stand_in.reports = [NO_NETWORK, NO_NETWORK, other]
    bench.run(pauses=4)
    assert bench.told == ["failed: Acme cannot be reached.", "failed: The token was refused."]


def test_another_sync_under_way_is_no_failure(bench):
    bench.stand_in.reports = [CHANGED]
    watch = bench.watch(lambda _seconds: bench.stopped.set())
    with bench.stand_in.twin(bench.home).home.only_sync(NAME):
        watch.run()
    assert bench.told == []
    assert bench.stand_in.contexts == []


def test_between_syncs_others_may_sync(bench):
    def between(_number):
        with bench.stand_in.twin(bench.home).home.only_sync(NAME):
            pass

    bench.run(pauses=2, between=between)
    assert not any("failed" in each for each in bench.told)


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_change_of_the_wall_clock_is_no_fault(bench, jump):
    bench.stand_in.reports = [QUIET]

    def between(_number):
        bench.wall = lambda: datetime(2026, 1, 31, tzinfo=UTC) + jump

    assert bench.run(pauses=3, between=between) == [10.0, 12.5, 15.0]
    assert not any("failed" in each for each in bench.told)


@pytest.mark.parametrize("slept_s", [8 * 3600.0, -50.0])
def test_a_machine_that_slept_is_looked_at_within_one_pause(bench, slept_s):
    def sleep(_context):
        bench.now_s += slept_s
        return CHANGED

    bench.stand_in.reports = [sleep]
    assert 1.0 <= bench.run(pauses=1)[0] <= 10.0


def test_a_stop_reaches_the_sync_and_what_it_leaves_is_no_failure(bench):
    def stop(context):
        bench.stopped.set()
        assert context.cancelled.is_set()
        return SyncReport(status=SyncStatus.FAILED, datasets={}, error="Stopped.")

    bench.stand_in.reports = [stop]
    bench.watch(lambda _seconds: None).run()
    assert bench.told == []


def test_what_could_never_start_is_said_at_once(bench):
    watch = bench.watch(lambda _seconds: None)
    (bench.home / "connectors" / NAME / "config.toml").unlink()
    with pytest.raises(UsageError, match="not configured"):
        watch.run()
