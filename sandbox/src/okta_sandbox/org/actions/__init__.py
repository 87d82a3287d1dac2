"""Changes to a running org: each alters the overlay and writes the log entry Okta would write.

What Okta logs nothing of is said so by the action's name (`..._silently`) or its docstring.
"""

from okta_sandbox.org.actions.apps import AppActions
from okta_sandbox.org.actions.devices import DeviceActions
from okta_sandbox.org.actions.factors import FactorActions
from okta_sandbox.org.actions.groups import GroupActions
from okta_sandbox.org.actions.people import PeopleActions
from okta_sandbox.org.actions.policies import PolicyActions
from okta_sandbox.org.actions.roles import RoleActions

__all__ = ["Actions"]


class Actions(
    PeopleActions,
    FactorActions,
    DeviceActions,
    GroupActions,
    AppActions,
    RoleActions,
    PolicyActions,
):
    """What an administrator does at one instant (epoch seconds). Users are indexes.

    As with Okta, enrolling a factor, granting a role or joining a group does not move the user's
    `lastUpdated`; the System Log is what tells. Doing again what is done already is nothing.
    """
