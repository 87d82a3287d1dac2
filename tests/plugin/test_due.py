"""What makes a reading out of date, and what of several readings can be laid together."""

from datetime import datetime, timedelta

import pytest

from tests.support.small_snapshot import NOW, SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence
from twin_okta.datasets import DATASETS, SLACK_S
from twin_okta.posture import enrich_snapshot
from twin_okta.posture.standing import Standings
from twin_okta.snapshot import Snapshot, iso_text

READ_AT = NOW
NEWER_FROM = READ_AT - timedelta(seconds=SLACK_S)
STORED_BY_THEN = 10
"""The number of the last entry that was in the log when the subject was read."""
FACTOR_EVENT = "user.mfa.factor.deactivate"  # due is its target, and without one its actor
ACCOUNT_EVENT = "user.lifecycle.suspend"  # due are the target's factors, and without one nobody's


@pytest.fixture
def org(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    for user in ("ada", "grace"):
        org.person(user, "push/OKTA")
    org.execute(
        "UPDATE subject_read SET read_at = ?, newer_from = ?, after_event = ?",
        iso_text(READ_AT), iso_text(NEWER_FROM), STORED_BY_THEN,
    )  # fmt: skip
    return org


def log(org, *, number=STORED_BY_THEN + 1, at=NOW, kind=FACTOR_EVENT, outcome="SUCCESS",
        actor=None, targets=(("User", "ada"),)):  # fmt: skip
    org.execute(
        "INSERT INTO log_event (number, uuid, published, event_type, outcome, actor_id, raw)"
        " VALUES (?, ?, ?, ?, ?, ?, '{}')",
        number, f"u{number}", iso_text(at), kind, outcome, actor,
    )  # fmt: skip
    for position, (its_type, its_id) in enumerate(targets):
        org.execute(
            "INSERT INTO target VALUES (?, ?, ?, ?, NULL, NULL)", number, position, its_type, its_id
        )


def due(org):
    with Snapshot.to_read(org.folder) as snapshot:
        return {row[0] for row in snapshot.rows("SELECT subject FROM due WHERE dataset='factors'")}


MOMENT = timedelta(milliseconds=1)
OLD = {"number": STORED_BY_THEN}
EARLY = {"at": NEWER_FROM - MOMENT}
NO_USER = {"targets": (("AuthenticatorEnrollment", "pfd1"),)}


@pytest.mark.parametrize(
    ("entry", "who"),
    [
        ({}, {"ada"}),
        ({"outcome": None}, {"ada"}),
        ({"outcome": "FAILURE"}, set()),
        (OLD, set()),
        (EARLY, set()),
        ({"at": NEWER_FROM}, {"ada"}),
        ({"kind": "user.session.start"}, set()),
        ({"actor": "grace"}, {"ada"}),
        ({"targets": (("User", "ada"), ("User", "grace"))}, {"ada", "grace"}),
        ({"targets": (("AppUser", "ada"),)}, set()),
        (NO_USER | {"actor": "grace"}, {"grace"}),
        (NO_USER | {"actor": "grace", "outcome": "FAILURE"}, set()),
        (NO_USER | {"actor": "grace"} | OLD, set()),
        (NO_USER | {"actor": "grace"} | EARLY, set()),
        (NO_USER | {"actor": "grace", "at": NEWER_FROM}, {"grace"}),
        (NO_USER | {"actor": "grace", "kind": ACCOUNT_EVENT}, set()),
        ({"kind": ACCOUNT_EVENT, "actor": "grace"}, {"ada"}),
    ],
)
def test_whom_an_entry_of_the_log_makes_due(org, entry, who):
    log(org, **entry)

    assert due(org) == who


def test_what_one_subject_had_seen_is_no_word_on_another(org):
    """Grace was read before the entry was stored, Ada after."""
    org.execute("UPDATE subject_read SET after_event = 20 WHERE subject = 'ada'")
    log(org, number=15, targets=(("User", "ada"), ("User", "grace")))
    log(org, number=16, actor="ada", targets=())
    log(org, number=20, targets=(("User", "ada"),))  # the last that Ada's reading can have seen

    assert due(org) == {"grace"}


def test_a_change_from_just_before_a_reading_that_did_not_show_it_makes_it_due():
    """Okta wrote the entry later than the time it bears."""
    org = virtual_org(users=30)
    org.sync(sync_apps=False)
    user = next(u for u in org.sandbox.org.people.indexes() if org.sandbox.org.factors.of(u))
    user_id = org.sandbox.org.people.user(user).id
    with Snapshot.to_read(org.state_dir) as snapshot:
        ((read_at,),) = snapshot.rows("SELECT read_at FROM subject_read WHERE subject = ?"
                                      " AND dataset = 'factors'", (user_id,))  # fmt: skip
    just_before_s = datetime.fromisoformat(read_at).timestamp() - 30
    org.sandbox.org.act(at_s=just_before_s, log_delay_s=300).reset_factors(user)
    org.clock.advance(600)

    org.sync(sync_apps=False)

    with Snapshot.to_read(org.state_dir) as snapshot:
        assert not snapshot.number("SELECT count(*) FROM factor WHERE user_id = ?", (user_id,))


HOUR = timedelta(hours=1)
LONG = timedelta(hours=20)


@pytest.mark.parametrize(
    ("between", "syncs", "log_since", "log_to", "confidence"),
    [
        (HOUR, 1, None, None, Confidence.VERIFIED),
        (HOUR + MOMENT, 1, None, None, Confidence.OBSERVED),
        (MOMENT, 2, None, None, Confidence.OBSERVED),
        (LONG, 2, timedelta(0), timedelta(0), Confidence.VERIFIED),
        (LONG, 2, -HOUR, HOUR, Confidence.VERIFIED),
        (LONG, 2, MOMENT, timedelta(0), Confidence.OBSERVED),
        (LONG, 2, timedelta(0), -MOMENT, Confidence.OBSERVED),
        (HOUR, 1, MOMENT, -MOMENT, Confidence.VERIFIED),
    ],
)
def test_readings_of_several_times_are_one_figure_only_if_the_log_covers_them_all(
    org, between, syncs, log_since, log_to, confidence
):
    """`log_since` is seen from the first reading, `log_to` from the last."""
    first, last = READ_AT, READ_AT + between
    org.execute(
        "UPDATE subject_read SET read_at = ?, sync = ? WHERE subject = 'grace'",
        iso_text(last), syncs,
    )  # fmt: skip
    org.execute("UPDATE subject_read SET sync = 1 WHERE subject = 'ada'")
    if log_since is not None:
        org.execute(
            "INSERT INTO log_cursor VALUES (1, 'next', 'filter', ?, ?)",
            iso_text(first + log_since), iso_text(last + log_to),
        )  # fmt: skip

    assert org.facts()["mfa_coverage"].confidence == confidence


def test_a_hole_in_the_log_after_the_first_reading_leaves_them_apart(org):
    org.execute("UPDATE subject_read SET sync = 2 WHERE subject = 'grace'")
    org.execute(
        "INSERT INTO log_cursor VALUES (1, 'next', 'filter', ?, ?)",
        iso_text(READ_AT - HOUR), iso_text(READ_AT + HOUR),
    )  # fmt: skip
    assert org.facts()["mfa_coverage"].confidence == Confidence.VERIFIED

    until = iso_text(READ_AT + timedelta(seconds=1))
    org.execute("INSERT INTO log_hole VALUES (?, ?)", iso_text(READ_AT), until)

    assert org.facts()["mfa_coverage"].confidence == Confidence.OBSERVED


def test_a_reading_that_could_not_be_repeated_is_told(org):
    org.execute("UPDATE subject_read SET failure = 'Okta kept failing' WHERE subject = 'grace'")

    coverage = org.facts()["mfa_coverage"]

    assert coverage.confidence == Confidence.OBSERVED
    assert "1 users could not be read anew" in coverage.evidence.note


DOUBTS = {
    "doubted": "UPDATE dataset SET doubt = 'It may lack some.' WHERE name = ?",
    "a record left out": "UPDATE dataset SET unreadable = 1 WHERE name = ?",
}


OF_SUBJECTS = {
    "a subject that could not be read": "UPDATE subject_read SET failure = 'Okta kept failing'"
    " WHERE dataset = ? AND subject <> '*'",
    "a subject that was never read": "DELETE FROM subject_read"
    " WHERE dataset = ? AND subject <> '*'",
}
HAVING_SUBJECTS = [name for name, it in DATASETS.items() if it.subjects and name != "factors"]


@pytest.mark.parametrize(
    ("dataset", "statement"),
    [
        *(pytest.param(name, it, id=f"{how}-{name}")
          for how, it in DOUBTS.items() for name in DATASETS),
        *(pytest.param(name, it, id=f"{how}-{name}")
          for how, it in OF_SUBJECTS.items() for name in HAVING_SUBJECTS),
    ],
)  # fmt: skip
def test_no_figure_is_verified_of_a_list_that_may_lack_some(org, dataset, statement):
    org.app("chat")
    org.group("staff", "Staff", "ada")
    org.app("robot", "OPENID_CONNECT", application_type="service")
    org.group("admins", "Admins", "ada", has_admin_role=1)
    org.rule("policy", "OKTA_SIGN_ON")
    org.administrator("linus", role="CUSTOM")
    org.add("assignee", user_id="linus")
    org.execute("UPDATE role SET custom_role_id = 'cr1', resource_set_id = 'iam1'")
    org.read_the_rest()
    org.execute(statement, dataset)

    told = enrich_snapshot(org.context)

    with Snapshot.to_read(org.folder) as snapshot:
        assert not Standings.of(snapshot).datasets[dataset].complete
    verified = {
        fact.key for fact in told.facts
        if dataset in fact.evidence.datasets and fact.confidence == Confidence.VERIFIED
    }  # fmt: skip
    assert verified <= {"tool"}  # that there is an org needs no whole list
    assert not [gap.id for gap in told.gaps if not gap.complete and not gap.count]


CHANGED = {"at": NOW + MOMENT}


@pytest.mark.parametrize(
    ("entry", "is_drift"),
    [
        (CHANGED, False),
        (CHANGED | NO_USER | {"actor": "ada"}, False),
        (CHANGED | {"targets": (("User", "grace"),)}, True),
        (CHANGED | {"kind": "zone.create"}, True),  # of another dataset
        ({"at": NOW - MOMENT}, True),  # from before the reading that knew otherwise
        ({"at": NOW + HOUR + MOMENT}, True),  # from after the one that found it
        (CHANGED | {"kind": ACCOUNT_EVENT, "targets": ()}, True),
    ],
)
def test_what_the_log_tells_after_all_is_no_drift(org, entry, is_drift):
    org.execute(
        "INSERT INTO drift VALUES ('factors', 'ada', ?, ?, 1, 0)",
        iso_text(NOW), iso_text(NOW + HOUR),
    )  # fmt: skip
    log(org, **entry)

    with Snapshot.to_read(org.folder) as snapshot:
        assert snapshot.number("SELECT count(*) FROM drifted") == is_drift


def test_who_was_not_found_before_everybody_was_listed_may_be_somebody_again(org):
    org.read("users", "*")
    org.read("users", "ghost", "gone")
    gone = "SELECT count(*) FROM gone_user"
    with Snapshot.to_read(org.folder) as snapshot:
        assert snapshot.number(gone) == 1

    org.execute("UPDATE subject_read SET read_at = ? WHERE subject = '*'", iso_text(NOW + MOMENT))

    with Snapshot.to_read(org.folder) as snapshot:
        assert snapshot.number(gone) == 0
