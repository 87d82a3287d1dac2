"""A sync that is stopped loses no work, and what it has so far is told as what it is: a sample."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.true_figures import known
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence, DatasetState, SyncStatus
from twin_okta.posture.sample import share
from twin_okta.snapshot import Snapshot


def stop_after(org, factor_calls):
    """Set the connector's cancellation once so many factor calls were made."""
    report = org.progress.append

    armed = [True]

    def watch(progress):
        if armed and progress.dataset == "factors" and progress.read >= factor_calls:
            armed.clear()
            org.cancelled.set()
        report(progress)

    org.progress = type("Watch", (), {"append": staticmethod(watch)})()


def stopped_org(**options):
    """An org whose first sync was stopped in the middle of its factor sweep, ready to go on."""
    org = virtual_org(users=900, apps=4)
    org.began = org.clock()
    stop_after(org, 300)
    org.report = org.sync(sync_apps=False, **options)
    org.cancelled.clear()
    return org


@pytest.fixture
def stopped():
    return stopped_org(sync_logs=False)


@pytest.fixture
def stopped_with_log():
    return stopped_org()


def test_a_stopped_sweep_is_partial_and_says_so(stopped):
    factors = stopped.report.datasets["factors"]
    assert stopped.report.status == SyncStatus.PARTIAL
    assert factors.state == DatasetState.PARTIAL
    assert "Stopped" in factors.reason
    assert 300 <= factors.read < len(known(stopped.sandbox.org).can_sign_in)


def test_its_coverage_is_observed_with_a_margin_that_holds_the_truth(stopped):
    true = known(stopped.sandbox.org)
    share = 100 * len(true.covered) / len(true.population)

    coverage = stopped.facts()["mfa_coverage"]

    assert coverage.confidence == Confidence.OBSERVED
    assert coverage.evidence.complete is False
    assert coverage.evidence.population == len(true.population)
    assert 0 < coverage.evidence.margin < 10
    # The order is drawn anew each time: once in twenty, the truth is beyond the 95 % margin, and
    # beyond twice of it hardly ever. That it holds as often as it says is checked below.
    assert abs(int(coverage.value.rstrip("%")) - share) <= 2 * coverage.evidence.margin + 1


def test_privileged_users_were_read_first(stopped):
    true = known(stopped.sandbox.org)
    with Snapshot.to_read(stopped.state_dir) as snapshot:
        read = {row[0] for row in snapshot.rows("SELECT user_id FROM shown_factor_read")}
    assert true.privileged & true.can_sign_in <= read


def test_the_next_sync_goes_on_where_it_stopped(stopped_with_log):
    org = stopped_with_log
    before = org.calls("/factors")

    report = org.sync(sync_apps=False)

    everybody = len(known(org.sandbox.org).can_sign_in)
    assert report.status == SyncStatus.COMPLETE
    assert org.calls("/factors") - before < everybody - 200
    assert org.facts()["mfa_coverage"].confidence == Confidence.VERIFIED


def test_a_resumed_sweep_reads_anew_what_the_log_says_has_changed_meanwhile(stopped_with_log):
    org = stopped_with_log
    org.clock.advance(600)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s())
    for user in org.sandbox.org.people.indexes():
        if org.sandbox.org.factors.of(user):
            act.reset_factors(user)
    org.clock.advance(60)

    org.sync(sync_apps=False)

    coverage = org.facts()["mfa_coverage"]
    assert (coverage.value, coverage.confidence) == ("0%", Confidence.VERIFIED)


def test_a_figure_is_as_old_as_its_oldest_reading(stopped_with_log):
    org = stopped_with_log
    began = org.began
    org.clock.advance(7200)

    org.sync(sync_apps=False)

    coverage = org.facts()["mfa_coverage"]
    assert coverage.confidence == Confidence.VERIFIED
    assert began <= coverage.as_of <= began + timedelta(minutes=10)


def test_a_resumed_sweep_without_the_log_is_observed():
    org = stopped_org(sync_logs=False)
    org.clock.advance(600)

    report = org.sync(sync_logs=False, sync_apps=False)

    assert report.datasets["factors"].state == DatasetState.COMPLETE
    assert org.facts()["mfa_coverage"].confidence == Confidence.OBSERVED


def test_without_the_log_what_was_read_more_than_an_hour_ago_is_read_anew(stopped):
    before = stopped.calls("/factors")
    stopped.cancelled.clear()
    stopped.clock.advance(2 * 3600)

    stopped.sync(sync_logs=False, sync_apps=False)

    assert stopped.calls("/factors") - before == len(known(stopped.sandbox.org).can_sign_in)
    assert stopped.facts()["mfa_coverage"].confidence == Confidence.VERIFIED


def test_a_clock_that_was_ahead_makes_nothing_look_fresh(stopped_with_log):
    org = stopped_with_log
    org.clock.advance(-10 * 86400)
    org.sandbox.org.act(at_s=org.clock.epoch_s())

    org.sync(sync_apps=False)

    assert org.facts()["mfa_coverage"].as_of <= org.clock()


def test_cancelling_is_immediate_whatever_is_waited_for():
    org = virtual_org(users=60)
    org.sandbox.faults.add("hang", "/api/v1/users", times=None)
    org.cancelled.set()

    report = org.sync()

    assert report.seconds < 1
    assert report.status == SyncStatus.FAILED


def test_a_user_who_joined_after_the_sweep_makes_coverage_observed_not_wrong():
    org = virtual_org(users=60)
    org.sync(sync_logs=False, sync_apps=False)
    org.clock.advance(60)
    org.sandbox.org.act(at_s=org.clock.epoch_s()).add_user("Robin", "Newcomer")
    org.sandbox.faults.add("denied", "/api/v1/users/*/factors", times=None)

    report = org.sync(sync_logs=False, sync_apps=False)

    assert report.datasets["factors"].state == DatasetState.DENIED
    coverage = org.facts()["mfa_coverage"]
    assert coverage.confidence == Confidence.OBSERVED
    assert coverage.evidence.denominator == coverage.evidence.population - 1


counts = st.integers(min_value=0, max_value=500)


@given(counts, counts, counts, counts, counts)
def test_an_estimate_is_a_share_and_exact_once_everybody_was_asked(
    first, first_hits, drawn, drawn_hits, rest
):
    assume(first_hits <= first and drawn_hits <= drawn and first + drawn > 0)
    found = share(
        [
            (0, 1, 1, first_hits),
            (0, 1, 0, first - first_hits),
            (1, 1, 1, drawn_hits),
            (1, 1, 0, drawn - drawn_hits),
            (None, 1, None, rest),
        ]
    )

    assert found is not None
    assert 0 <= found.low == found.high <= 1
    assert 0 <= found.percent <= 100
    assert found.population == first + drawn + rest
    if rest == 0:
        assert found.margin is None
        assert found.low == (first_hits + drawn_hits) / found.population
    else:
        assert found.margin is not None
        assert found.margin > 0
    assert (found.percent == 100) <= (found.low == 1)
    assert (found.percent == 0) <= (found.low == 0)


@given(st.lists(st.tuples(st.sampled_from([1, None]), st.sampled_from([0, 1, None])), min_size=1))
def test_whoever_is_undecided_widens_the_bounds_to_hold_every_outcome(people):
    found = share([(1, belongs, counts, 1) for belongs, counts in people])

    every = [
        [
            (b, c)
            for b in ((1,) if belongs else (0, 1))
            for c in ((counts,) if counts is not None else (0, 1))
        ]
        for belongs, counts in people[:8]
    ]
    assume(len(people) <= 8)
    shares = [
        sum(c for b, c in outcome if b) / sum(b for b, _ in outcome)
        for outcome in product(*every)
        if any(b for b, _ in outcome)
    ]
    assert found is None or (min(shares) >= found.low - 1e-9 and max(shares) <= found.high + 1e-9)
    assert found is None or found.undecided == sum(None in person for person in people)


@pytest.mark.parametrize(
    ("counting", "of", "percent"),
    [(0, 1000, 0), (1, 1000, 1), (14, 1000, 1), (16, 1000, 2), (500, 1000, 50), (989, 1000, 99),
     (999, 1000, 99), (1000, 1000, 100)],
)  # fmt: skip
def test_nobody_is_rounded_away(counting, of, percent):
    found = share([(1, 1, 1, counting), (1, 1, 0, of - counting)])

    assert found is not None
    assert found.percent == percent
