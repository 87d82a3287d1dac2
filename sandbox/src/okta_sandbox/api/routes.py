"""Which path is answered by what, and what a caller needs for it."""

from collections.abc import Callable

from attrs import frozen

from okta_sandbox.api import apps, devices, groups, logs, oauth, orgs, roles, security, users
from okta_sandbox.api.answers import Answer
from okta_sandbox.api.calls import Call

Handler = Callable[[Call], Answer]


@frozen
class Route:
    """An endpoint. `scope` is the permission it takes, None for one that is open to all."""

    pattern: str
    scope: str | None
    handler: Handler
    method: str = "GET"


ROUTES = (
    Route("/.well-known/okta-organization", None, orgs.get_well_known),
    Route("/oauth2/v1/token", None, oauth.issue_token, method="POST"),
    Route("/api/v1/org", "okta.orgs.read", orgs.get_org),
    Route("/api/v1/users", "okta.users.read", users.list_users),
    Route("/api/v1/users/{}", "okta.users.read", users.get_user),
    Route("/api/v1/users/{}/factors", "okta.users.read", users.list_factors),
    Route("/api/v1/users/{}/authenticator-enrollments", "okta.users.read", users.list_enrollments),
    Route("/api/v1/users/{}/groups", "okta.users.read", users.list_user_groups),
    Route("/api/v1/users/{}/roles", "okta.roles.read", users.list_user_roles),
    Route("/api/v1/groups", "okta.groups.read", groups.list_groups),
    Route("/api/v1/groups/{}", "okta.groups.read", groups.get_group),
    Route("/api/v1/groups/{}/users", "okta.groups.read", groups.list_group_users),
    Route("/api/v1/groups/{}/apps", "okta.groups.read", groups.list_group_apps),
    Route("/api/v1/groups/{}/roles", "okta.roles.read", groups.list_group_roles),
    Route("/api/v1/apps", "okta.apps.read", apps.list_apps),
    Route("/api/v1/apps/{}", "okta.apps.read", apps.get_app),
    Route("/api/v1/apps/{}/users", "okta.apps.read", apps.list_app_users),
    Route("/api/v1/apps/{}/users/{}", "okta.apps.read", apps.get_app_user),
    Route("/api/v1/apps/{}/groups", "okta.apps.read", apps.list_app_groups),
    Route("/api/v1/apps/{}/groups/{}", "okta.apps.read", apps.get_app_group),
    Route("/api/v1/devices", "okta.devices.read", devices.list_devices),
    Route("/api/v1/iam/assignees/users", "okta.roles.read", roles.list_assignees),
    Route("/api/v1/iam/roles", "okta.roles.read", roles.list_roles),
    Route("/api/v1/iam/roles/{}", "okta.roles.read", roles.get_role),
    Route("/api/v1/iam/roles/{}/permissions", "okta.roles.read", roles.list_permissions),
    Route("/api/v1/iam/resource-sets", "okta.roles.read", security.list_resource_sets),
    Route("/api/v1/iam/resource-sets/{}/resources", "okta.roles.read", security.list_resources),
    Route("/oauth2/v1/clients/{}/roles", "okta.roles.read", security.list_client_roles),
    Route("/api/v1/policies", "okta.policies.read", security.list_policies),
    Route("/api/v1/policies/{}", "okta.policies.read", security.get_policy),
    Route("/api/v1/policies/{}/rules", "okta.policies.read", security.list_rules),
    Route("/api/v1/authenticators", "okta.authenticators.read", security.list_authenticators),
    Route("/api/v1/zones", "okta.networkZones.read", security.list_zones),
    Route(
        "/api/v1/threats/configuration",
        "okta.threatInsights.read",
        security.get_threat_configuration,
    ),
    Route("/api/v1/logs", "okta.logs.read", logs.list_logs),
    Route("/api/v1/api-tokens", "okta.apiTokens.read", orgs.list_api_tokens),
    Route(
        "/api/v1/principal-rate-limits",
        "okta.principalRateLimits.read",
        orgs.list_principal_rate_limits,
    ),
)

_BY_SHAPE: dict[tuple[int, ...], dict[tuple[str, ...], Route]] = {}
for _route in ROUTES:
    _parts = _route.pattern.strip("/").split("/")
    # Routes by which parts are fixed; within, by what the fixed parts are.
    _fixed = tuple(place for place, part in enumerate(_parts) if part != "{}")
    _key = tuple(_parts[place] for place in _fixed)
    _BY_SHAPE.setdefault((len(_parts), *_fixed), {})[_key] = _route


def find(segments: list[str]) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a path given in parts, with what stands in its open places."""
    for (length, *fixed), routes in _BY_SHAPE.items():
        if length != len(segments):
            continue
        route = routes.get(tuple(segments[place] for place in fixed))
        if route:
            taken = set(fixed)
            return route, tuple(s for place, s in enumerate(segments) if place not in taken)
    return None
