"""What holds for everything that can be done to a running org, told or silent."""

from collections.abc import Callable
from inspect import getmembers, isfunction

import pytest

from okta_sandbox.org.actions import Actions
from okta_sandbox.org.tables import table
from okta_sandbox.times import iso
from tests.sandbox.calling import NOW_S, a_caller
from tests.sandbox.changing import LATER_S, Changing, do_everything

ADD, REMOVE = "application.user_membership.add", "application.user_membership.remove"


@pytest.fixture
def changing() -> Changing:
    return Changing()


def _gone_from_group(changing: Changing) -> None:
    group = next(
        g for g in changing.org.groups.base[4:] if changing.org.groups.has(g, changing.user)
    )
    changing.act.leave_group_silently(changing.user, group)


@pytest.mark.parametrize(
    ("action", "path"),
    [
        (lambda c: c.act.change_status_silently(c.user, "PASSWORD_EXPIRED"), ""),
        (lambda c: c.act.grant_role_silently(c.user, "SUPER_ADMIN"), "/roles"),
        (_gone_from_group, "/groups"),
        (
            lambda c: c.act.withdraw_factor_silently(c.user, c.org.factors.of(c.user)[0].type),
            "/factors",
        ),
    ],
    ids=["status", "role", "membership", "factor"],
)
def test_drift_is_found_only_by_looking(
    changing: Changing, action: Callable[[Changing], None], path: str
) -> None:
    before = changing.caller.get(changing.path + path).json()
    updated = {user["id"]: user["lastUpdated"] for user in changing.caller.all("/api/v1/users")}
    groups = [g["lastMembershipUpdated"] for g in changing.caller.all("/api/v1/groups")]
    action(changing)
    assert changing.caller.get(changing.path + path).json() != before
    assert changing.entries() == []
    listed = changing.caller.all("/api/v1/users")
    assert {user["id"]: user["lastUpdated"] for user in listed} == updated
    assert [g["lastMembershipUpdated"] for g in changing.caller.all("/api/v1/groups")] == groups


def test_everything_that_can_be_done_is_done_in_these_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: set[str] = set()
    every = {name for name, _ in getmembers(Actions, isfunction) if not name.startswith("_")}
    for name in every:
        whole = getattr(Actions, name)
        monkeypatch.setattr(
            Actions, name, lambda *a, _n=name, _w=whole, **k: (done.add(_n), _w(*a, **k))[1]
        )
    org = a_caller(users=150, groups=22, apps=30).sandbox.org
    do_everything(org, org.act(at_s=LATER_S))
    assert every - done == set()


def test_every_entry_of_every_action_can_be_late(changing: Changing) -> None:
    do_everything(changing.org, changing.org.act(at_s=LATER_S, log_delay_s=600))
    assert changing.entries() == []
    changing.caller.clock.now_s = LATER_S + 600
    entries = changing.entries()
    assert {entry["published"] for entry in entries} == {iso(LATER_S)}
    assert {entry["eventType"] for entry in entries} == set(table("actions"))


def test_what_the_log_once_said_it_says_for_ever() -> None:
    caller = a_caller(users=150, groups=22, apps=30, variety=True)
    window = {"since": iso(NOW_S - 3e5), "until": iso(NOW_S), "limit": 1000}
    before = caller.all("/api/v1/logs", **window)
    do_everything(caller.sandbox.org, caller.sandbox.org.act(at_s=LATER_S))
    assert caller.all("/api/v1/logs", **window) == before


def test_only_changes_tell_of_changes_once_the_org_runs() -> None:
    caller = a_caller(users=400)
    caller.clock.now_s = NOW_S + 20 * 86_400
    found = caller.all_polled("/api/v1/logs", since=iso(NOW_S + 1300), limit=1000)
    quiet = set(table("actions")) - {"user.session.start"}
    assert found
    assert not [entry for entry in found if entry["eventType"] in quiet]
    signed_in = [e for e in found if e["eventType"] == "user.session.start"]
    assert {entry["outcome"]["result"] for entry in signed_in} == {"FAILURE"}
