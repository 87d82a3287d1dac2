"""The members of ordinary groups: the smallest first, so many a sync, at no figure's cost."""

import pytest
from attrs import evolve

from okta_sandbox.api import tricks
from tests.support.afresh import afresh, differences
from tests.support.small_snapshot import SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import Budget, DatasetState, SyncMode, SyncStatus
from twin_okta.datasets import DATASETS
from twin_okta.snapshot import Snapshot

HOUR_S, DAY_S = 3600, 86400


@pytest.fixture
def few_a_sync(monkeypatch):
    """Not enough for all groups of the small org."""
    _let_a_sync_read(monkeypatch, 6)
    return 6


def _let_a_sync_read(monkeypatch, requests):
    monkeypatch.setitem(DATASETS, "members", evolve(DATASETS["members"], most_requests=requests))


def an_org(**how):
    return virtual_org(**({"users": 120, "groups": 22, "apps": 16} | how))


def rows(org, sql, **values):
    with Snapshot.to_read(org.state_dir) as snapshot:
        return snapshot.records(sql, values)


def ordinary(org):
    """Groups that are neither Everyone nor privileged, with their sizes."""
    groups, privileged = (
        org.sandbox.org.groups,
        {g.id for g in org.sandbox.org.admins.admin_groups()},
    )
    return {g: groups.size(g) for g in groups.all[1:] if g.id not in privileged}


def true_members(org):
    """Everybody in each group but Everyone, by the ids."""
    groups, ids = org.sandbox.org.groups, org.sandbox.org.people.ids
    return {g.id: {ids.encode(user) for _, user in groups.members(g)} for g in groups.all[1:]}


def listed(org):
    found = {row["id"]: set() for row in read_groups(org)}
    for row in rows(org, "SELECT * FROM members"):
        found[row["group_id"]].add(row["user_id"])
    return found


def read_groups(org):
    return rows(org, "SELECT * FROM groups WHERE members_read_at IS NOT NULL")


def members(org, group):
    return [user for _, user in org.sandbox.org.groups.members(group)]


def somebody_outside(org, group):
    inside, people = {*members(org, group)}, org.sandbox.org.people
    return next(user for user in people.indexes() if user not in inside)


def by_size(org):
    """Ordinary groups, the smallest first."""
    return sorted(ordinary(org), key=ordinary(org).get)


def act(org, **how):
    return org.sandbox.org.act(at_s=org.clock.epoch_s() - 60, **how)


def asked_for(org):
    """The groups whose members were asked for, in that order, each request."""
    return [e.path.split("/")[-2] for e in org.sandbox.journal.entries
            if e.path.startswith("/api/v1/groups/") and e.path.endswith("/users")]  # fmt: skip


@pytest.mark.parametrize("edition", ["identity-engine", "classic"])
def test_every_group_but_everyone_has_the_members_that_it_has(edition):
    org = an_org(edition=edition)

    report = org.sync()

    assert report.status == SyncStatus.COMPLETE
    assert listed(org) == true_members(org)
    told = report.datasets["members"]
    assert (told.read, told.expected, told.reason) == (len(ordinary(org)), len(ordinary(org)), "")
    everyone = org.sandbox.org.groups.all[0]
    (row,) = rows(org, "SELECT * FROM groups WHERE id = :id", id=everyone.id)
    assert row["members_read_at"] is None


def test_a_built_in_group_without_a_name_is_not_read_for_its_members():
    """It may be Everyone, whose members are all there are."""
    org = an_org()
    everyone = org.sandbox.org.groups.all[0]

    def unnamed(found):
        return [{**it, "profile": {}} if it["id"] == everyone.id else it for it in found]

    org.sandbox.faults.play(tricks.records(unnamed), "/api/v1/groups")

    org.sync()

    assert everyone.id not in asked_for(org)
    assert len(listed(org)) > 1


def test_the_smallest_are_read_first_and_no_more_than_a_sync_may(few_a_sync):
    org = an_org()

    report = org.sync()

    sizes = {group.id: size for group, size in ordinary(org).items()}
    asked = [group for group in asked_for(org) if group in sizes]
    assert sorted(sizes[group] for group in asked) == sorted(sizes.values())[:few_a_sync]
    assert len(asked) == few_a_sync
    assert report.status == SyncStatus.COMPLETE
    told = report.datasets["members"]
    assert (told.state, told.read, told.expected) == (DatasetState.COMPLETE, few_a_sync, len(sizes))
    assert told.reason == (
        f"{few_a_sync} of {len(sizes)} groups' members were read; a later sync goes on."
    )
    assert report.due == 0


def test_groups_that_wait_are_not_known_and_the_list_says_how_many(few_a_sync):
    org = an_org()
    org.sync()

    waiting = {group.id for group in ordinary(org)} - {row["id"] for row in read_groups(org)}
    assert waiting
    assert not waiting & {row["group_id"] for row in rows(org, "SELECT * FROM members")}
    through = {row["through"] for row in rows(org, "SELECT * FROM assignments")}
    unknown = {row["name"] for row in rows(org, "SELECT * FROM groups") if row["id"] in waiting}
    assert not unknown & {name for names in through if names for name in names.split(", ")}
    notes = {found.kind: found.notes for found in org.enrich().lists}["members"]
    assert notes == (
        f"members: {few_a_sync} of {len(ordinary(org))} groups' members were read;"
        " a later sync goes on.",
    )


def test_later_syncs_go_on_until_all_are_read_and_then_ask_for_none(few_a_sync):
    org = an_org()
    while org.sync().datasets["members"].reason:
        org.clock.advance(HOUR_S)
    assert listed(org) == true_members(org)
    assert len(asked_for(org)) == len({*asked_for(org)})
    before = len(asked_for(org))
    org.clock.advance(HOUR_S)

    report = org.sync()

    assert len(asked_for(org)) == before
    assert report.requests <= 15
    assert report.datasets["members"].mode == SyncMode.NOTHING


def test_figures_are_as_complete_with_groups_that_wait(monkeypatch, few_a_sync):
    org = an_org()
    org.sync()
    _let_a_sync_read(monkeypatch, 1000)
    whole = an_org()
    whole.sync()

    told = {key: (fact.value, fact.confidence) for key, fact in org.facts().items()}
    assert told == {key: (fact.value, fact.confidence) for key, fact in whole.facts().items()}


def test_who_joins_and_leaves_is_found_and_costs_a_request_a_group():
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    joined, left = by_size(org)[-2:]
    doing = act(org)
    doing.join_group(somebody_outside(org, joined), joined)
    doing.leave_group(members(org, left)[0], left)
    before = len(asked_for(org))

    report = org.sync()

    assert {*asked_for(org)[before:]} == {joined.id, left.id}
    assert len(asked_for(org)) == before + 2
    assert report.datasets["members"].changed == 2
    assert listed(org) == true_members(org)
    fresh = afresh(org)
    fresh.sync()
    assert differences(org, fresh) == {}


def test_what_changed_is_read_before_what_never_was(few_a_sync):
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    known = {row["id"] for row in read_groups(org)}
    changed = next(group for group in ordinary(org) if group.id in known)
    act(org).join_group(somebody_outside(org, changed), changed)
    before = len(asked_for(org))

    org.sync()

    assert changed.id in asked_for(org)[before:]
    assert listed(org).items() <= true_members(org).items()


def test_changed_groups_that_wait_are_told_and_due(monkeypatch):
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    _let_a_sync_read(monkeypatch, 1)
    doing = act(org)
    for group in by_size(org)[-3:]:
        doing.leave_group(members(org, group)[0], group)

    report = org.sync()

    told = report.datasets["members"]
    assert (told.state, report.due) == (DatasetState.COMPLETE, 2)
    assert (
        f"{told.read} of {told.expected} groups' members were read, 2 of them before" in told.reason
    )
    for _ in range(2):
        org.clock.advance(HOUR_S)
        report = org.sync()
    assert (report.due, report.datasets["members"].reason) == (0, "")
    assert listed(org) == true_members(org)


def test_a_change_that_the_log_has_not_told_yet_is_told_by_the_list_of_groups():
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    group, size = max(ordinary(org).items(), key=lambda found: found[1])
    act(org, log_delay_s=900).leave_group(members(org, group)[0], group)
    before = len(asked_for(org))

    org.sync()

    assert asked_for(org)[before:] == [group.id]
    assert len(listed(org)[group.id]) == size - 1


def test_a_group_s_members_are_read_again_by_age():
    org = an_org()
    org.sync()
    first = len(asked_for(org))

    for _ in range(7):
        org.clock.advance(DAY_S)
        org.sync()

    assert {*asked_for(org)[first:]} >= {group.id for group in ordinary(org)}


def test_a_group_that_becomes_privileged_is_listed_once_and_leaves_the_ordinary():
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    group = by_size(org)[-1]
    act(org).grant_group_role(group, "USER_ADMIN")

    org.sync()

    assert listed(org) == true_members(org)
    assert not rows(org, "SELECT 1 FROM shown_member WHERE group_id = :id", id=group.id)
    keys = rows(org, "SELECT group_id, user_id, count(*) AS n FROM members GROUP BY 1, 2")
    assert {row["n"] for row in keys} == {1}


def test_a_deleted_group_and_a_deleted_person_are_in_no_list_though_no_group_tells():
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    long_ago = tricks.replace("lastMembershipUpdated", "2020-01-01T00:00:00.000Z")
    org.sandbox.faults.play(long_ago, "/api/v1/groups")
    group = by_size(org)[-1]
    user = members(org, by_size(org)[-2])[0]
    act(org).delete_group(group)
    act(org).delete_user(user)

    org.sync()

    assert group.id not in listed(org)
    assert listed(org) == true_members(org)


def test_a_deleted_person_is_in_no_list_of_a_privileged_group_either():
    org = an_org()
    org.sync()
    org.clock.advance(HOUR_S)
    org.sandbox.faults.play(
        tricks.replace("lastMembershipUpdated", "2020-01-01T00:00:00.000Z"), "/api/v1/groups"
    )
    group = org.sandbox.org.admins.admin_groups()[0].id
    user_id = rows(org, "SELECT user_id FROM members WHERE group_id = :id", id=group)[0]["user_id"]
    act(org).delete_user(org.sandbox.org.people.ids.decode(user_id))

    org.sync()

    assert not rows(org, "SELECT 1 FROM members WHERE user_id = :id", id=user_id)
    through = "holder_id = :id AND via <> 'direct'"
    assert not rows(org, f"SELECT 1 FROM roles WHERE {through}", id=user_id)


def test_a_group_of_more_than_a_page_costs_its_pages(monkeypatch):
    org = virtual_org(users=2600, groups=12, apps=4)
    sizes = sorted(ordinary(org).values())
    assert sizes[-1] > 1000
    _let_a_sync_read(monkeypatch, len(sizes) - 1)

    org.sync(sync_logs=False, sync_apps=False)

    assert sum(size <= 1000 for size in sizes) <= len({*asked_for(org)})
    assert {len(members) for members in listed(org).values()} >= {*sizes[:-1]}


def test_within_a_budget_of_the_host_what_figures_need_comes_first():
    org = an_org()
    whole = an_org()
    needed = whole.sync().requests - len(ordinary(whole))
    org.budget = Budget(requests=needed)

    report = org.sync()

    others = {name: each.state for name, each in report.datasets.items() if name != "members"}
    assert {name for name, state in others.items() if state != DatasetState.COMPLETE} <= {"logs"}


def test_a_group_that_may_not_be_read_is_named_and_costs_no_other():
    org = an_org()
    group = by_size(org)[-1]
    org.sandbox.faults.play(tricks.error(403, "E0000006"), f"/api/v1/groups/{group.id}/users")

    report = org.sync()

    told = report.datasets["members"]
    assert (told.state, told.read) == (DatasetState.PARTIAL, len(ordinary(org)) - 1)
    assert "1 groups' members could not be read" in told.reason
    assert group.id in told.reason
    (row,) = rows(org, "SELECT * FROM groups WHERE id = :id", id=group.id)
    assert row["members_read_at"] is None
    figures = {key: fact.confidence for key, fact in org.facts().items()}
    assert {*figures.values()} == {"verified"}


def test_a_group_that_two_datasets_know_for_a_while_is_listed_once(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    for table in ("group_member", "member"):
        org.add(table, group_id="g1", user_id="u1")

    with Snapshot.to_read(tmp_path) as snapshot:
        assert snapshot.number("SELECT count(*) FROM members") == 1


def test_a_plan_counts_the_pages_of_groups_that_changed():
    org = virtual_org(users=2600, groups=12, apps=4)
    org.sync(sync_apps=False)
    org.clock.advance(HOUR_S)
    large = by_size(org)[-1]
    act(org).leave_group(members(org, large)[0], large)
    before = len(asked_for(org))

    plan = org.plan(sync_apps=False).datasets["members"]

    assert (plan.mode, plan.reason) == (SyncMode.DELTA, "1 groups' members are due.")
    org.sync(sync_apps=False)
    assert plan.requests == len(asked_for(org)) - before > 1
