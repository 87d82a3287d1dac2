"""A small org that a demo connects to, and that changes when asked."""

from collections.abc import Generator
from contextlib import contextmanager

from attrs import Factory, frozen

from okta_sandbox.api.app import Sandbox, create_app
from okta_sandbox.api.settings import Settings
from okta_sandbox.org.org import Org
from okta_sandbox.serving import serve

_USERS = 300
_APPS = 15
_GROUPS = 20
_ADMINS = 10
_WINDOW_S = 6


@frozen
class RunningOrg:
    """An org that is being served.

    title: one line that says what it is.
    values: the connector's settings, as a person would type them.
    options: options of a first sync.
    """

    title: str
    values: dict[str, str]
    sandbox: Sandbox
    options: dict[str, bool | int] = Factory(lambda: {"hours_back": 168})

    def pass_time(self) -> str:
        """Let something happen in the org. Returns a sentence that says what."""
        org = self.sandbox.org
        act = org.act(at_s=self.sandbox.now())
        active = [u for u in org.people.indexes() if org.people.status(u) == "ACTIVE"]
        privileged = org.admins.privileged()
        plain = [user for user in active if user not in privileged]
        bare = [user for user in plain if not org.factors.of(user)]
        covered = [user for user in plain if any(f.type == "push" for f in org.factors.of(user))]
        enrolled, lost, promoted = bare[0], covered[0], covered[1]
        act.enrol_factor(enrolled, "security_key")
        act.reset_factors(lost)
        act.grant_role(promoted, "SUPER_ADMIN")
        newcomer = act.add_user("Robin", "Newcomer")
        name = org.people.user
        return (
            f"{name(enrolled).name} enrolled a security key, an administrator reset the factors of "
            f"{name(lost).name}, {newcomer.name} joined, and {name(promoted).name} became a super "
            "administrator."
        )


@contextmanager
def running_org() -> Generator[RunningOrg]:
    """Serve the demo's org on a free loopback port while the block runs."""
    org = Org(users=_USERS, apps=_APPS, groups=_GROUPS, admins=_ADMINS)
    sandbox = create_app(org, Settings(window_s=_WINDOW_S))
    with serve(sandbox) as url:
        yield RunningOrg(
            title=(
                f"a simulated Okta org of {_USERS} users and {_APPS} applications; its rate limits "
                f"are Okta's, counted in windows of {_WINDOW_S} s instead of 60 s"
            ),
            values={"domain": url, "token": sandbox.token(), "allow_loopback_http": "true"},
            sandbox=sandbox,
        )
