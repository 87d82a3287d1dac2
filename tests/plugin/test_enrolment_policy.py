"""A changed enrolment policy may hide anybody's factors: a sample tells whether it does."""

import pytest

from tests.support.afresh import afresh, differences
from tests.support.virtual_org import virtual_org
from twin_host.contract import SyncStatus
from twin_okta.snapshot import Snapshot

SAMPLE = 200


@pytest.fixture
def org():
    org = virtual_org(users=500)
    assert org.sync(sync_apps=False).status == SyncStatus.COMPLETE
    org.clock.advance(3600)
    return org


def act(org):
    return org.sandbox.org.act(at_s=org.clock.epoch_s() - 60)


def factors_asked(org):
    before = org.calls("/factors")
    org.sync(sync_apps=False)
    return org.calls("/factors") - before


def test_what_it_hides_of_everybody_is_found(org):
    act(org).change_enrolment_policy("push")

    asked = factors_asked(org)

    fresh = afresh(org)
    fresh.sync(sync_apps=False)
    assert "factor" not in differences(org, fresh)
    assert asked > SAMPLE
    mine, true = org.facts(), fresh.facts()
    assert mine["mfa_coverage"].value == true["mfa_coverage"].value
    assert mine["mfa_coverage"].confidence == "verified"
    assert "drift" not in mine or mine["drift"].value == "0"  # the log told of it
    assert factors_asked(org) == 0


def test_where_it_hides_nothing_no_more_than_the_sample_is_read(org):
    act(org).change_enrolment_policy()

    assert factors_asked(org) == SAMPLE
    assert factors_asked(org) == 0
    with Snapshot.to_read(org.state_dir) as snapshot:
        assert not snapshot.number("SELECT count(*) FROM due")


def test_another_kind_of_policy_hides_nothing(org):
    act(org).add_policy("OKTA_SIGN_ON", "Late")

    assert factors_asked(org) == 0
