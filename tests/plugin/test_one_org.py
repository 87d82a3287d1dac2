"""What was read of one org never stands under another's name."""

import pytest

from okta_sandbox.api import tricks
from tests.support.virtual_org import virtual_org
from twin_host.contract import CannotGoOn, SyncStatus

WELL_KNOWN = "/.well-known/okta-organization"


@pytest.fixture
def two_orgs(tmp_path):
    """Two orgs at one address, read into one folder, as after a new domain was configured."""
    one = virtual_org(users=60, seed=7, state_dir=tmp_path)
    other = virtual_org(users=40, seed=8, state_dir=tmp_path)
    other.clock.advance(86400)
    return one, other


def test_another_org_starts_from_nothing(two_orgs):
    one, other = two_orgs
    one.sync(hours_back=168)
    first = {event.id for event in one.enrich().events}

    report = other.sync(sync_apps=False, hours_back=1)

    assert report.status == SyncStatus.COMPLETE
    facts, gaps = other.facts(), other.gaps()
    assert facts["users"].value == "40"
    assert "network_zones" not in facts  # those of the first org, which this sync did not read
    assert "threat-insight-not-blocking" not in gaps
    assert first
    assert not first & {event.id for event in other.enrich().events}


def test_what_was_read_before_is_there_again_when_its_org_is_read_again(two_orgs):
    one, other = two_orgs
    one.sync(hours_back=168)
    before = one.facts()
    other.sync(sync_apps=False, sync_logs=False)
    one.clock.advance(3 * 86400)

    one.sync(sync_users=False, sync_apps=False)

    assert one.facts()["network_zones"] == before["network_zones"]
    assert one.facts()["users"] == before["users"]


def test_the_log_of_another_org_is_not_read_from_the_first_one_s_cursor(two_orgs):
    one, other = two_orgs
    one.sync(sync_users=False, sync_apps=False)
    other.sandbox.journal.clear()

    report = other.sync(sync_users=False, sync_apps=False, hours_back=168)

    assert report.datasets["logs"].state == "complete"
    assert report.notes == ()


def test_an_org_that_answers_under_another_address_is_the_same(tmp_path):
    org = virtual_org(users=40, state_dir=tmp_path)
    org.sync(sync_apps=False, sync_logs=False)
    moved = virtual_org(users=40, state_dir=tmp_path, config={"domain": "http://localhost"})
    calls = moved.calls("/factors")

    report = moved.sync(sync_apps=False, sync_logs=False)

    assert report.status == SyncStatus.COMPLETE
    assert moved.calls("/factors") == calls  # read less than an hour ago


def test_where_it_cannot_be_told_whose_address_it_is_nothing_is_read(tmp_path):
    org = virtual_org(users=40, state_dir=tmp_path)
    org.sync(sync_apps=False, sync_logs=False)
    before = org.facts()
    moved = virtual_org(users=40, seed=8, state_dir=tmp_path, config={"domain": "http://localhost"})
    moved.sandbox.faults.play(tricks.error(404, "E0000007"), WELL_KNOWN)

    with pytest.raises(CannotGoOn, match="does not say which org it is"):
        moved.sync()

    assert org.facts() == before


def test_where_the_same_address_does_not_tell_for_once_it_is_the_same_org(tmp_path):
    org = virtual_org(users=40, state_dir=tmp_path)
    org.sync(sync_apps=False, sync_logs=False)
    org.sandbox.faults.play(tricks.error(404, "E0000007"), WELL_KNOWN)

    assert org.sync(sync_apps=False, sync_logs=False).status == SyncStatus.COMPLETE
    assert org.facts()["users"].value == "40"
