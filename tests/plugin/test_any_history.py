"""Whatever happens to an org and to the syncs of it, a sync that says it is complete has found all,
and what all of them told to have changed makes what was into what is.

Changes, syncs, budgets that end in the middle, lost permissions, late log entries, a clock that is
set and rules that change come in any order.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.support.afresh import afresh, differences, wrongly_verified
from tests.support.told_changes import Told
from tests.support.virtual_org import virtual_org
from twin_host.contract import Budget, SyncStatus
from twin_okta.snapshot import Snapshot

LATEST_S = 900
REFUSED = ("/api/v1/users/*/factors", "/api/v1/groups*", "/api/v1/apps*", "/api/v1/logs*",
           "/api/v1/iam/*")  # fmt: skip
CHANCE = st.integers(0, 10**6)


class History(RuleBasedStateMachine):
    """An org that changes, and the one twin that follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.org = virtual_org(users=40, groups=22, apps=12)
        self.org.sync()
        self.told = Told(self.org.state_dir)
        self.told.begin()
        self.found_all = True

    def some(self, chance: int) -> int:
        """Any user who can sign in, but not the one whose token reads."""
        simulated = self.org.sandbox.org
        spared = set(simulated.admins.privileged())
        able = [u for u in simulated.people.indexes()
                if simulated.people.can_sign_in(u) and u not in spared]  # fmt: skip
        return able[chance % len(able)]

    @rule(chance=CHANCE, what=st.integers(0, 11), late_s=st.sampled_from([0, 0, 30, LATEST_S]))
    def something_happens(self, chance, what, late_s):
        self.found_all = False
        simulated, user = self.org.sandbox.org, self.some(chance)
        act = simulated.act(at_s=self.org.clock.epoch_s(), log_delay_s=late_s)
        groups, apps = simulated.groups.all[1:], simulated.apps.all
        group, app = groups[chance % len(groups)], apps[chance % len(apps)]
        (
            lambda: act.reset_factors(user),
            lambda: act.enrol_factor(user, "security_key"),
            lambda: act.suspend_user(user),
            lambda: act.update_profile(user, department=f"Department {chance}"),
            lambda: act.join_group(user, group),
            lambda: act.leave_group(user, group),
            lambda: act.grant_role(user, "HELP_DESK_ADMIN"),
            lambda: act.assign_app(user, app),
            lambda: act.unassign_app(user, app),
            lambda: act.add_user("Robin", f"N{chance}"),
            lambda: act.rename_app(app, f"Renamed {chance}"),
            lambda: act.sign_in(user),
        )[what]()

    @rule(seconds=st.sampled_from([5, 400, 4000, 90_000]))
    def time_passes(self, seconds):
        self.org.clock.advance(seconds)

    @rule(requests=st.integers(1, 30))
    def a_sync_is_cut_off(self, requests):
        self.org.budget = Budget(requests=requests)
        self.org.sync()
        self.org.budget = Budget()
        self.org.budget = Budget()

    @rule(where=st.sampled_from(REFUSED))
    def a_permission_is_missing(self, where):
        self.org.sandbox.faults.add("denied", where, times=None)
        self.org.sync()
        self.org.sandbox.faults.clear()

    @rule()
    def the_rules_change(self):
        with Snapshot.for_sync(self.org.state_dir) as snapshot:
            snapshot.write("UPDATE log_cursor SET filter = 'another'", [()])

    @precondition(lambda self: not self.found_all)
    @rule()
    def everything_is_told_and_read(self):
        self.org.clock.advance(LATEST_S + 60)

        report = self.org.sync()

        assert report.status == SyncStatus.COMPLETE, report
        assert report.due == 0
        fresh = afresh(self.org)
        assert fresh.sync().status == SyncStatus.COMPLETE
        assert differences(self.org, fresh) == {}
        assert wrongly_verified(self.org, fresh) == {}
        self.told.follow()
        assert self.told.differences() == {}
        self.found_all = True


TestAnyHistory = History.TestCase
TestAnyHistory.settings = settings(max_examples=6, stateful_step_count=10, deadline=None)
