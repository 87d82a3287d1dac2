"""Facts on applications, groups, machines, and what guards sign-in."""

from collections.abc import Iterator

from twin_host.contract import Fact
from twin_okta.datasets import CLASSIC
from twin_okta.posture.figures import Figures
from twin_okta.posture.measure import counted, stated

APPS = (
    "SELECT a.id, a.label, a.sign_on_mode, a.class,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id) AS assigned_users,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id AND s.scope = 'USER')"
    " AS assigned_directly,"
    " (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id AND s.scope = 'GROUP')"
    " AS assigned_through_groups,"
    " (SELECT count(*) FROM shown_app_group s WHERE s.app_id = a.id) AS assigned_groups,"
    " (SELECT s.last_used FROM shown_app_use s WHERE s.app_id = a.id) AS last_used,"
    " (SELECT p.name FROM shown_policy p WHERE p.id = a.policy_id) AS policy,"
    " (SELECT s.features FROM shown_app s WHERE s.id = a.id) AS provisioning"
    " FROM sso_app a WHERE {condition} ORDER BY assigned_users DESC, a.label"
)
ALL_APPS = "SELECT id FROM sso_app"
APP_COUNTS = {
    "sso_apps": ("1", ("apps",), "Active applications that are not Okta's own."),
    "sso_apps_federated": (
        "a.class = 'federated'",
        ("apps",),
        "SSO applications that people sign in to by SAML, OpenID Connect or WS-Federation.",
    ),
    "sso_apps_password": (
        "a.class = 'password'",
        ("apps",),
        "SSO applications for which Okta fills in a stored password.",
    ),
    "sso_apps_bookmark": (
        "a.class = 'bookmark'",
        ("apps",),
        "Active applications that are links only: Okta signs nobody in.",
    ),
    "sso_apps_machine": (
        "a.class = 'machine'",
        ("apps",),
        "Active service apps: machines that call Okta's API, which nobody signs in to.",
    ),
    "sso_apps_used": (
        "a.id IN (SELECT app_id FROM shown_app_use WHERE last_used IS NOT NULL)",
        ("apps", "app_use"),
        "SSO applications that somebody signed in to within the log window of the last sync.",
    ),
}
LISTS = {
    "groups": (
        "SELECT id, name AS label, type, users_count, has_admin_role FROM shown_group"
        " ORDER BY users_count DESC, name",
        ("groups",),
        "All groups of the org.",
    ),
    "admin_groups": (
        "SELECT id, name AS label, type, users_count FROM shown_group WHERE has_admin_role"
        " ORDER BY users_count DESC, name",
        ("groups",),
        "Groups whose members hold an admin role.",
    ),
    "privileged_service_apps": (
        "SELECT a.id, a.label, group_concat(coalesce(r.label, r.type)) AS roles"
        " FROM shown_client_role r JOIN shown_app a ON a.id = r.app_id"
        " WHERE r.status <> 'INACTIVE' GROUP BY a.id ORDER BY a.label",
        ("apps", "service_apps"),
        "Active service apps that hold an admin role: administrators that are no person.",
    ),
    "custom_roles": (
        "SELECT r.id, r.label, r.held_by,"
        " (SELECT group_concat(p.permission) FROM shown_role_permission p WHERE p.role_id = r.id)"
        " AS permissions,"
        " (SELECT group_concat(DISTINCT s.resource) FROM shown_set_resource s"
        " WHERE instr(',' || r.sets || ',', ',' || s.resource_set_id || ',')) AS resources"
        " FROM (SELECT custom_role_id AS id, max(label) AS label, count(DISTINCT holder_id)"
        " AS held_by, group_concat(DISTINCT resource_set_id) AS sets FROM"
        " (SELECT custom_role_id, label, holder_id, resource_set_id, type FROM shown_role"
        " UNION ALL SELECT custom_role_id, label, app_id, resource_set_id, type"
        " FROM shown_client_role) WHERE type = 'CUSTOM' GROUP BY custom_role_id) r"
        " ORDER BY r.label",
        ("roles", "custom_roles"),
        "Custom admin roles that somebody holds, with their permissions and what they reach.",
    ),
    "api_tokens": (
        "SELECT t.id, t.name AS label, u.login AS owner, t.last_used, t.connection, t.created"
        " FROM shown_api_token t LEFT JOIN shown_user u ON u.id = t.user_id ORDER BY t.name",
        ("api_tokens",),
        "API tokens of the org, each with the privileges of its owner. Last use is worked out from "
        "the expiry, which every use moves to 30 days later.",
    ),
    "authenticators_enabled": (
        "SELECT id, name AS label, key, type FROM shown_authenticator WHERE status = 'ACTIVE'"
        " ORDER BY name",
        ("authenticators",),
        "Authenticators that the org has switched on.",
    ),
    "network_zones": (
        "SELECT id, name AS label, type, usage FROM shown_zone WHERE status = 'ACTIVE'"
        " ORDER BY name",
        ("zones",),
        "Active network zones.",
    ),
    "session_rules_without_mfa": (
        "SELECT id, policy_name || ': ' || name AS label, idle_minutes, lifetime_minutes"
        " FROM reachable_rule WHERE policy_type = 'OKTA_SIGN_ON' AND access = 'ALLOW'"
        " AND NOT requires_factor ORDER BY label",
        ("policies",),
        "Rules of the global session policies that let somebody in without a second factor.",
    ),
}
LONGEST = (
    "SELECT id, policy_name || ': ' || name AS label, idle_minutes, lifetime_minutes"
    " FROM reachable_rule WHERE policy_type = 'OKTA_SIGN_ON' AND access = 'ALLOW'"
    " ORDER BY lifetime_minutes > 0, lifetime_minutes DESC"
)
OPENED_BY_ONE_FACTOR = (
    "SELECT id, label, sign_on_mode, policy, rule FROM password_alone_app ORDER BY label"
)


def inventory(figures: Figures) -> Iterator[Fact]:
    """Everything but people."""
    for key, (condition, datasets, definition) in APP_COUNTS.items():
        query = APPS.format(condition=condition)
        yield from counted(figures, key, query, datasets, definition, among=ALL_APPS)
    for key, (query, datasets, definition) in LISTS.items():
        yield from counted(figures, key, query, datasets, definition)
    yield from _password_alone(figures)
    yield from _longest_session(figures)
    yield from _threat_insight(figures)


def _password_alone(figures: Figures) -> Iterator[Fact]:
    if figures.edition == CLASSIC:  # its app sign-on policies cannot be read
        return
    yield from counted(
        figures,
        "sso_apps_password_alone",
        OPENED_BY_ONE_FACTOR,
        ("apps", "policies"),
        "SSO applications that a password alone opens, by a rule of their authentication policy "
        "that can be met; on some condition, such as a network zone, or on none.",
        among=ALL_APPS,
    )


def _longest_session(figures: Figures) -> Iterator[Fact]:
    rules = figures.snapshot.records(LONGEST, {})
    if not rules:
        return
    minutes = rules[0]["lifetime_minutes"]
    value = f"{minutes}min" if minutes else "unlimited"
    definition = "The longest that a session may last by a rule of the global session policies."
    yield from stated(
        figures, "session_lifetime_longest", value, ("policies",), definition, LONGEST
    )


def _threat_insight(figures: Figures) -> Iterator[Fact]:
    rows = figures.snapshot.rows("SELECT action FROM shown_threat_insight")
    value = str(rows[0][0]) if rows else ""
    definition = "What Okta does with requests from malicious addresses: none, audit or block."
    yield from stated(figures, "threat_insight", value, ("threat_insight",), definition, "")
