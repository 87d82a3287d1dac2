"""A sync that is stopped loses no work, and what it has so far is told as what it is: a sample."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from okta_sandbox.truth import truth
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence, DatasetState, SyncStatus
from twin_okta.posture.figures import estimate
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


@pytest.fixture
def stopped():
    org = virtual_org(users=900, apps=4)
    stop_after(org, 300)
    org.report = org.sync(sync_logs=False, sync_apps=False)
    return org


def test_a_stopped_sweep_is_partial_and_says_so(stopped):
    factors = stopped.report.datasets["factors"]
    assert stopped.report.status == SyncStatus.PARTIAL
    assert factors.state == DatasetState.PARTIAL
    assert "Stopped" in factors.reason
    assert 300 <= factors.read < len(truth(stopped.sandbox.org).can_sign_in)


def test_its_coverage_is_observed_with_a_margin_that_holds_the_truth(stopped):
    known = truth(stopped.sandbox.org)
    true = 100 * len(known.covered) / len(known.can_sign_in)

    coverage = stopped.facts()["mfa_coverage"]

    assert coverage.confidence == Confidence.OBSERVED
    assert coverage.evidence.complete is False
    assert coverage.evidence.population == len(known.can_sign_in)
    assert 0 < coverage.evidence.margin < 10
    # The order is drawn anew each time: once in twenty, the truth is beyond the 95 % margin, and
    # beyond twice of it hardly ever. That it holds as often as it says is checked below.
    assert abs(int(coverage.value.rstrip("%")) - true) <= 2 * coverage.evidence.margin + 1


def test_privileged_users_were_read_first(stopped):
    known = truth(stopped.sandbox.org)
    with Snapshot.to_read(stopped.state_dir) as snapshot:
        read = {row[0] for row in snapshot.rows("SELECT user_id FROM shown_factor_read")}
    assert known.privileged & known.can_sign_in <= read


def test_the_next_sync_goes_on_where_it_stopped(stopped):
    before = stopped.calls("/factors")
    stopped.cancelled.clear()

    report = stopped.sync(sync_logs=False, sync_apps=False)

    everybody = len(truth(stopped.sandbox.org).can_sign_in)
    assert report.status == SyncStatus.COMPLETE
    assert stopped.calls("/factors") - before < everybody - 200
    assert stopped.facts()["mfa_coverage"].confidence == Confidence.VERIFIED


def test_a_sweep_stopped_more_than_a_day_ago_starts_anew(stopped):
    before = stopped.calls("/factors")
    stopped.cancelled.clear()
    stopped.clock.advance(25 * 3600)

    stopped.sync(sync_logs=False, sync_apps=False)

    assert stopped.calls("/factors") - before == len(truth(stopped.sandbox.org).can_sign_in)


def test_a_stopped_second_sync_leaves_the_first_one_s_figures():
    org = virtual_org(users=900, apps=4)
    org.sync(sync_logs=False)
    before = {key: (fact.value, fact.confidence) for key, fact in org.facts().items()}
    org.clock.advance(3600)
    stop_after(org, 200)

    report = org.sync(sync_logs=False)

    assert report.status == SyncStatus.PARTIAL
    after = {key: (fact.value, fact.confidence) for key, fact in org.facts().items()}
    assert after == before


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
    population = first + drawn + rest

    share = estimate(first=(first, first_hits), drawn=(drawn, drawn_hits), population=population)

    assert share is not None
    assert 0 <= share.value <= 1
    assert 0 <= share.percent <= 100
    if rest == 0:
        assert share.margin is None
        assert share.value == (first_hits + drawn_hits) / population
    else:
        assert share.margin is not None
        assert share.margin > 0
    assert (share.percent == 100) <= (share.value == 1)
    assert (share.percent == 0) <= (share.value == 0)


def test_nobody_asked_is_no_estimate():
    assert estimate(first=(0, 0), drawn=(0, 0), population=10) is None


@pytest.mark.parametrize("share_with_mfa", [0.5, 0.8, 0.97])
def test_the_margin_covers_the_truth_as_often_as_it_says(share_with_mfa):
    chance = Random(5)
    covered = 0
    for _ in range(2000):
        people = [chance.random() < share_with_mfa for _ in range(400)]
        share = estimate(first=(0, 0), drawn=(100, sum(people[:100])), population=400)
        assert share is not None
        assert share.margin is not None
        covered += abs(share.value - sum(people) / 400) * 100 <= share.margin
    assert covered / 2000 >= 0.94
