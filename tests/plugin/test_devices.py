"""A device of which Okta did not say all is neither one thing nor the other, and figures say so."""

import pytest

from okta_sandbox.definitions import figures
from tests.support.small_snapshot import SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence
from twin_okta.api.models import Device
from twin_okta.api.structure import structure
from twin_okta.snapshot import Snapshot
from twin_okta.sync.devices import DEVICES

KEYS = ("devices_managed", "devices_unmanaged", "devices_unencrypted")
GAP = "admins-on-unmanaged-devices"
MANAGED, UNMANAGED, UNSAID = "MANAGED", "NOT_MANAGED", None


def a_device(its_id="guo1", *managed, status="ACTIVE", encryption="FULL", users=...):
    """As Okta answers it: for each of `managed`, one more user; None says nothing."""
    links = [
        {"managementStatus": said, "user": {"id": f"00u{number}"}}
        for number, said in enumerate(managed)
    ]
    profile = {"displayName": its_id, "platform": "MACOS", "diskEncryptionType": encryption}
    embedded = {"users": links if users is ... else users}
    return {"id": its_id, "status": status, "profile": profile, "_embedded": embedded}


@pytest.fixture
def org(tmp_path):
    """An org with one managed and one unmanaged device, and an administrator on neither."""
    org = SmallSnapshot.made(tmp_path)
    org.administrator("00u0")
    keep(org, a_device("guo-m", encryption="NONE", users=linked("00u8", MANAGED)))
    keep(org, a_device("guo-u", users=linked("00u9", UNMANAGED)))
    return org


def linked(user, said):
    return [{"managementStatus": said, "user": {"id": user}}]


def keep(org, record):
    models, unreadable = structure([record], Device)
    assert not unreadable
    org.add(DEVICES.table, **DEVICES.row(models[0]))
    for table, rows in DEVICES.parts.items():
        for row in rows(models[0]):
            org.add(table, **row)


def counted(org):
    """Of each figure, how many, and whether that is verified."""
    facts = org.facts()
    return {
        key: (int(facts[key].value), facts[key].confidence == Confidence.VERIFIED) for key in KEYS
    }


BEFORE = {"devices_managed": (1, True), "devices_unmanaged": (1, True),
          "devices_unencrypted": (1, True)}  # fmt: skip


@pytest.mark.parametrize(
    ("record", "changed"),
    [
        (a_device("guo1", MANAGED), {"devices_managed": (2, True)}),
        (a_device("guo1", MANAGED, MANAGED), {"devices_managed": (2, True)}),
        (a_device("guo1", UNMANAGED), {"devices_unmanaged": (2, True)}),
        (a_device("guo1", MANAGED, UNMANAGED), {"devices_unmanaged": (2, True)}),
        (a_device("guo1", UNSAID, UNMANAGED), {"devices_unmanaged": (2, True)}),
        (a_device("guo1", MANAGED, encryption="SYSTEM_VOLUME"),
         {"devices_managed": (2, True), "devices_unencrypted": (2, True)}),
        (a_device("guo1", MANAGED, status="UNSUSPENDED"), {"devices_managed": (2, True)}),
        (a_device("guo1", UNMANAGED, status="SUSPENDED"), {}),
        (a_device("guo1", status="DEACTIVATED"), {}),
        (a_device("guo1", encryption=None), {}),
        (a_device("guo1", status=None), {}),
    ],
)  # fmt: skip
def test_what_okta_said_is_counted(org, record, changed):
    keep(org, record)

    assert counted(org) == BEFORE | changed


@pytest.mark.parametrize(
    ("record", "open_now"),
    [
        (a_device("guo1", UNSAID), {"devices_managed", "devices_unmanaged"}),
        (a_device("guo1", "PERHAPS"), {"devices_managed", "devices_unmanaged"}),
        (a_device("guo1", MANAGED, UNSAID), {"devices_managed", "devices_unmanaged"}),
        (a_device("guo1", MANAGED, encryption=None), {"devices_unencrypted"}),
        (a_device("guo1", users=None), {"devices_managed", "devices_unmanaged"}),
        (a_device("guo1", users=None, encryption="NONE"), {*KEYS}),
        (a_device("guo1", UNMANAGED, status=None), {"devices_unmanaged"}),
        (a_device("guo1", UNMANAGED, status="ELSEWHERE"), {"devices_unmanaged"}),
    ],
)
def test_what_okta_did_not_say_leaves_the_figures_it_could_change_unverified(org, record, open_now):
    keep(org, record)

    sure = {key for key in KEYS if key not in open_now}
    managed_counts = record["profile"]["diskEncryptionType"] is None
    now = counted(org)
    assert {key for key, (_, verified) in now.items() if verified} == sure
    for key in open_now:
        assert now[key][0] == BEFORE[key][0], key
    assert now["devices_managed"][0] == 1 + managed_counts
    assert "not sent" in org.facts()[min(open_now)].evidence.note


@pytest.mark.parametrize(
    ("record", "on_one", "complete"),
    [
        (a_device("guo1", UNMANAGED), {"00u0"}, True),
        (a_device("guo1", UNMANAGED, MANAGED), {"00u0"}, True),
        (a_device("guo1", MANAGED, UNMANAGED), set(), True),
        (a_device("guo1", UNMANAGED, status="SUSPENDED"), set(), True),
    ],
)
def test_an_administrator_is_on_an_unmanaged_device_as_it_is_for_them(
    org, record, on_one, complete
):
    keep(org, record)

    gap = org.gaps()[GAP]
    assert org.ids(gap) == on_one
    assert (gap.count, gap.complete) == (len(on_one), complete)


@pytest.mark.parametrize(
    "record",
    [
        a_device("guo1", UNSAID),
        a_device("guo1", UNMANAGED, status=None),
        a_device("guo1", users=None),
    ],
)
def test_an_administrator_s_device_that_nobody_can_judge_is_no_all_clear(org, record):
    keep(org, record)

    assert GAP not in org.gaps()  # what was open stays so, and nothing is closed

    keep(org, a_device("guo2", UNMANAGED))
    gap = org.gaps()[GAP]
    # another device decides, unless anybody may use the one that did not say
    assert (gap.count, gap.complete) == (1, record["_embedded"]["users"] is not None)


def test_one_who_cannot_sign_in_is_on_no_device(org):
    org.execute("UPDATE user SET status = 'SUSPENDED'")
    keep(org, a_device("guo1", UNMANAGED))

    gap = org.gaps()[GAP]

    assert (gap.count, gap.complete) == (0, True)


def test_the_gap_is_as_severe_as_the_role_is_strong(org):
    keep(org, a_device("guo1", UNMANAGED))
    severe = org.gaps()[GAP].severity

    org.execute("UPDATE role SET type = 'READ_ONLY_ADMIN'")

    assert (severe, org.gaps()[GAP].severity) == ("high", "low")


def test_a_device_that_comes_and_one_that_is_deactivated_are_in_the_log_and_the_next_reading():
    org = virtual_org(users=24)
    org.sync(hours_back=24)
    before = int(org.facts()["devices_managed"].value)
    org.clock.advance(3600)
    act = org.sandbox.org.act(at_s=org.clock.epoch_s())
    owner = org.sandbox.org.admins.owner(0)
    made, lost = (act.enrol_device(owner, managed=True) for _ in range(2))
    act.deactivate_device(lost)
    org.clock.advance(60)

    org.sync(hours_back=24)

    facts = org.facts()
    assert int(facts["devices_managed"].value) == before + 1
    assert int(facts["devices"].value) == len(figures(org.sandbox.org)["devices"])
    with Snapshot.to_read(org.state_dir) as snapshot:
        told = snapshot.rows(
            "SELECT d.event_type, t.id FROM due_event d JOIN log_event e USING (event_type)"
            " JOIN target t ON t.event = e.number AND t.type = d.target_type"
            " WHERE d.dataset = 'devices' AND t.id IN (?, ?)",
            (made.id, lost.id),
        )
    assert sorted(told) == sorted(
        [
            ("device.enrollment.create", made.id),
            ("device.enrollment.create", lost.id),
            ("device.lifecycle.deactivate", lost.id),
        ]
    )
