"""What an org consists of, without its log and without what may be done to it."""

from attrs import frozen

from okta_sandbox.org.admins import Admins
from okta_sandbox.org.apps import Apps
from okta_sandbox.org.changes import Changes
from okta_sandbox.org.devices import Devices
from okta_sandbox.org.factors import Factors
from okta_sandbox.org.groups import Groups
from okta_sandbox.org.people import People
from okta_sandbox.org.security import Security


@frozen(eq=False)
class Directory:
    """Everybody and everything that a log entry can name, and the changes since."""

    seed: int
    as_of_s: int
    changes: Changes
    people: People
    groups: Groups
    admins: Admins
    factors: Factors
    devices: Devices
    apps: Apps
    security: Security
