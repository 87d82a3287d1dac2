"""How applications and their assignments are answered."""

from typing import Any

from okta_sandbox.org.chance import Chance
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import App, Group, User
from okta_sandbox.times import DAY_S, iso

Json = dict[str, Any]

_PROVISIONS = {"PUSH_NEW_USERS", "IMPORT_PROFILE_UPDATES"}
_HEX = "0123456789abcdef"


def app_json(org: Org, app: App, base: str) -> Json:
    """An application as Okta answers it."""
    itself = f"{base}/api/v1/apps/{app.id}"
    action = "deactivate" if app.status == "ACTIVE" else "activate"
    return {
        "id": app.id,
        "orn": f"orn:okta:idp:{org.id}:apps:{app.name}:{app.id}",
        "name": app.name,
        "label": app.label,
        "status": app.status,
        "lastUpdated": iso(app.updated_s),
        "created": iso(app.created_s),
        "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
        "visibility": {
            "autoLaunch": False,
            "autoSubmitToolbar": False,
            "hide": {"iOS": app.machine, "web": app.machine},
            "appLinks": {"login": True},
        },
        "features": list(app.features),
        "signOnMode": app.mode,
        "credentials": {
            "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
            "signing": {},
        },
        "settings": _settings(app),
        "_links": {
            **_policy_link(org, app, base),
            "self": {"href": itself},
            "users": {"href": f"{itself}/users"},
            "groups": {"href": f"{itself}/groups"},
            action: {"href": f"{itself}/lifecycle/{action}"},
        },
    }


def _policy_link(org: Org, app: App, base: str) -> Json:
    policy = org.security.policy_of(app)
    return {"accessPolicy": {"href": f"{base}/api/v1/policies/{policy.id}"}} if policy else {}


def _settings(app: App) -> Json:
    settings: Json = {
        "app": {},
        "notifications": {
            "vpn": {"network": {"connection": "DISABLED"}, "message": None, "helpUrl": None}
        },
        "manualProvisioning": False,
        "implicitAssignment": False,
        "notes": {"admin": None, "enduser": None},
    }
    if app.mode == "OPENID_CONNECT":
        settings["oauthClient"] = {
            "application_type": "service" if app.machine else "web",
            "grant_types": ["client_credentials" if app.machine else "authorization_code"],
            "response_types": ["token" if app.machine else "code"],
            "redirect_uris": [] if app.machine else ["https://app.example.com/callback"],
            "issuer_mode": "DYNAMIC",
            "dpop_bound_access_tokens": app.machine,
        }
    return settings


def app_user_json(org: Org, app: App, user: User, scope: str, base: str) -> Json:
    """One user's assignment to an application."""
    chance = Chance(org.seed, "app user", app.index, user.index)
    created_s = org.apps.opened_s(app, user.index)
    updated_s = created_s
    if created_s is None:
        since_s = max(user.created_s, app.created_s)
        created_s = since_s + int((max(org.as_of_s, since_s) - since_s) * chance.unit())
        updated_s = created_s + chance.whole(0, 3) * DAY_S
    provisioned = bool(_PROVISIONS & set(app.features))
    return {
        "id": user.id,
        "externalId": chance.text(32, _HEX) if provisioned else None,
        "created": iso(created_s),
        "lastUpdated": iso(updated_s),
        "scope": scope,
        "status": "PROVISIONED" if provisioned else "ACTIVE",
        "statusChanged": iso(created_s),
        "passwordChanged": None,
        "syncState": "SYNCHRONIZED" if provisioned else "DISABLED",
        "credentials": {"userName": user.login},
        "profile": {},
        "_links": {
            "app": {"href": f"{base}/api/v1/apps/{app.id}"},
            "user": {"href": f"{base}/api/v1/users/{user.id}"},
        },
    }


def app_group_json(app: App, group: Group, priority: int, base: str) -> Json:
    """One group's assignment to an application."""
    itself = f"{base}/api/v1/apps/{app.id}"
    return {
        "id": group.id,
        "lastUpdated": iso(app.updated_s),
        "priority": priority,
        "profile": {},
        "_links": {
            "app": {"href": itself},
            "self": {"href": f"{itself}/groups/{group.id}"},
            "group": {"href": f"{base}/api/v1/groups/{group.id}"},
        },
    }
