"""How many requests a sync makes after so many changes, beside a first one of the same org.

Run: python benchmarks/delta.py [--users 10000 --changes 0,10,50,100,1000]

A tenth of the changes are joiners of groups that open applications, a tenth leavers; the rest are
factors that were reset or enrolled, profiles, suspensions and sign-ins. The simulated org and the
connector share one virtual time, so that only requests count. More than 15 for nothing, or 90 for
50 changes, is a miss.
"""

import argparse
import random
import sys
from pathlib import Path
from typing import Any

MOST = {0: 15, 50: 90}
HOUR_S = 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--changes", default="0,10,50,100,1000")
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.support.virtual_org import virtual_org

    org = virtual_org(users=asked.users, apps=60, groups=60)
    first = org.sync()
    print(f"{'changes':>8}{'requests':>10}{'of a first sync':>18}")
    print(f"{'(first)':>8}{first.requests:>10}{1:>18.2%}")
    missed = False
    for changes in map(int, asked.changes.split(",")):
        org.clock.advance(HOUR_S)
        change(org, changes)
        report = org.sync()
        print(f"{changes:>8}{report.requests:>10}{report.requests / first.requests:>18.2%}")
        missed |= report.requests > MOST.get(changes, first.requests)
        missed |= report.status != "complete"
    if missed:
        sys.exit("more requests than they may be, or not complete")


def change(org: Any, changes: int) -> None:
    """Do so many things to an org, a minute ago."""
    simulated = org.sandbox.org
    act = simulated.act(at_s=org.clock.epoch_s() - 60)
    chance = random.Random(changes)
    people = [user for user in simulated.people.indexes() if simulated.people.can_sign_in(user)]
    used = {group.id for app in simulated.apps.all for group in app.groups}
    opening = [group for group in simulated.groups.all[1:] if group.id in used]
    deeds = (
        lambda user: act.join_group(user, chance.choice(opening)),
        lambda user: act.leave_group(user, chance.choice(opening)),
        act.reset_factors,
        lambda user: act.enrol_factor(user, "security_key"),
        act.reset_factors,
        lambda user: act.update_profile(user, department="Legal"),
        lambda user: act.update_profile(user, title="Director"),
        act.suspend_user,
        act.sign_in,
        act.reset_factors,
    )
    for number in range(changes):
        deeds[number % len(deeds)](chance.choice(people))


if __name__ == "__main__":
    main()
