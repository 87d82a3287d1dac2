"""How each dataset is read."""

from collections.abc import Awaitable, Callable

from twin_host.contract import DatasetReport
from twin_okta.sync.api_tokens import read_api_tokens
from twin_okta.sync.app_use import read_app_use
from twin_okta.sync.apps import read_apps
from twin_okta.sync.assignments import read_assignments
from twin_okta.sync.authenticators import read_authenticators
from twin_okta.sync.custom_roles import read_custom_roles
from twin_okta.sync.devices import read_devices
from twin_okta.sync.factors import read_factors
from twin_okta.sync.groups import read_groups
from twin_okta.sync.logs import read_logs
from twin_okta.sync.policies import read_policies
from twin_okta.sync.roles import read_roles
from twin_okta.sync.run import Run
from twin_okta.sync.service_apps import read_service_apps
from twin_okta.sync.threat_insight import read_threat_insight
from twin_okta.sync.users import read_users
from twin_okta.sync.zones import read_zones

Read = Callable[[Run], Awaitable[DatasetReport]]

READERS: dict[str, Read] = {
    "users": read_users,
    "factors": read_factors,
    "groups": read_groups,
    "roles": read_roles,
    "custom_roles": read_custom_roles,
    "api_tokens": read_api_tokens,
    "apps": read_apps,
    "assignments": read_assignments,
    "service_apps": read_service_apps,
    "policies": read_policies,
    "authenticators": read_authenticators,
    "devices": read_devices,
    "zones": read_zones,
    "threat_insight": read_threat_insight,
    "logs": read_logs,
    "app_use": read_app_use,
}
