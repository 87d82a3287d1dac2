"""The org: a description from which every record is computed, and the changes since."""

import time

from okta_sandbox.org.actions import Actions
from okta_sandbox.org.admins import Admins
from okta_sandbox.org.apps import Apps
from okta_sandbox.org.basis import Basis, Edition
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.devices import Devices
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.factors import Factors
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.log import Log
from okta_sandbox.org.people import People
from okta_sandbox.org.security import Security
from okta_sandbox.org.variety import lay_variety


class Org:
    """A simulated Okta org of any size; making one takes no time and no memory to speak of.

    The same arguments give the same org, record for record. `as_of_s` is the instant (epoch
    seconds) that all dates look back from; by default the moment of making, so give it where two
    runs are to be compared. `admins` counts those with a role of their own; admin groups add more.
    `oddities` are values that no specification lists and real orgs have: a factor type, a sign-on
    mode. `assignees_through_groups` says whether `/iam/assignees/users` lists people who are admins
    only through a group (Okta doesn't say). `variety` adds people, applications and roles on which
    a definition can go wrong (data/variety.toml, and rows marked `variety` in the other tables).
    """

    def __init__(  # noqa: PLR0913  the whole description of an org, all by keyword
        self,
        *,
        seed: int = 7,
        users: int = 2000,
        groups: int = 24,
        apps: int = 40,
        admins: int = 12,
        edition: Edition = "identity-engine",
        as_of_s: float | None = None,
        oddities: bool = True,
        assignees_through_groups: bool = False,
        variety: bool = False,
    ) -> None:
        if users < 1:
            raise ValueError("An org has at least one user.")
        basis = Basis(
            seed=seed,
            as_of_s=int(time.time() if as_of_s is None else as_of_s),
            edition=edition,
            oddities=oddities,
            variety=variety,
        )
        self.seed = seed
        self.edition: Edition = edition
        self.as_of_s = basis.as_of_s
        self.assignees_through_groups = assignees_through_groups
        self.id = "00o" + Chance(seed, "org").text(17, _LETTERS)
        self.name = f"Sandbox {seed}"
        self.changes = basis.changes
        self.people = People(basis, size=users)
        self.groups = Groups(basis, count=groups, people=self.people)
        self.admins = Admins(basis, count=admins, people=self.people, groups=self.groups)
        self.factors = Factors(basis, people=self.people, admins=self.admins)
        self.devices = Devices(basis, people=self.people)
        self.apps = Apps(basis, count=apps, people=self.people, groups=self.groups)
        self.security = Security(basis, apps=self.apps, groups=self.groups, admins=self.admins)
        self._directory = Directory(
            seed=seed,
            as_of_s=self.as_of_s,
            changes=self.changes,
            people=self.people,
            groups=self.groups,
            admins=self.admins,
            factors=self.factors,
            devices=self.devices,
            apps=self.apps,
            security=self.security,
        )
        if variety:
            lay_variety(self._directory, edition=edition)
        self.log = Log(self._directory)

    def act(self, *, at_s: float, log_delay_s: float = 0.0) -> Actions:
        """Change the org as an administrator would at this instant.

        The log says so only after the delay (20 minutes at most), and in the order in which it
        does. Raises ValueError for a longer one.
        """
        return Actions(self._directory, at_s=at_s, log_delay_s=log_delay_s)

    def __repr__(self) -> str:
        return f"Org(seed={self.seed}, users={self.people.size}, edition={self.edition!r})"


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
