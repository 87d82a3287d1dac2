"""How a device is answered."""

from typing import Any

from okta_sandbox.api.records.user import user_json, user_summary_json
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import Device
from okta_sandbox.times import iso

Json = dict[str, Any]

_ACTIONS = {
    "ACTIVE": ("deactivate", "suspend"),
    "SUSPENDED": ("deactivate", "unsuspend"),
    "DEACTIVATED": ("activate",),
}


def device_json(org: Org, device: Device, base: str, *, expand: str | None = None) -> Json:
    """A device as Okta answers it; with its users, whole or in short, where they are asked for."""
    itself = f"{base}/api/v1/devices/{device.id}"
    record: Json = {
        "id": device.id,
        "status": device.status,
        "created": iso(device.created_s),
        "lastUpdated": iso(device.updated_s),
        "profile": _profile(device),
        "resourceType": "UDDevice",
        "resourceDisplayName": {"value": device.name, "sensitive": False},
        "resourceAlternateId": None,
        "resourceId": device.id,
        "_links": {
            **{
                action: {
                    "href": f"{itself}/lifecycle/{action}",
                    "hints": {"allow": ["POST"]},
                }
                for action in _ACTIONS.get(device.status, ())
            },
            "self": {"href": itself, "hints": {"allow": ["GET", "PUT"]}},
            "users": {"href": f"{itself}/users", "hints": {"allow": ["GET"]}},
        },
    }
    if expand:
        users = [_link_json(org, device, user, base, expand) for user in device.users]
        record["_embedded"] = {"users": users}
    return record


def _profile(device: Device) -> Json:
    profile: Json = {
        "displayName": device.name,
        "platform": device.platform,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "osVersion": device.os_version,
        "serialNumber": device.serial,
        "registered": device.registered,
        "secureHardwarePresent": device.secure_hardware,
        "diskEncryptionType": device.encryption,
    }
    if device.platform in {"IOS", "ANDROID"}:
        profile["integrityJailbreak"] = False
    return profile


def _link_json(org: Org, device: Device, user: int, base: str, expand: str) -> Json:
    """One user of the device, and how the device is managed for that user."""
    record = org.people.user(user)
    shown = user_json if expand == "user" else user_summary_json
    return {
        "managementStatus": "MANAGED" if device.managed else "NOT_MANAGED",
        "created": iso(device.created_s),
        "screenLockType": device.screen_lock,
        "user": shown(org, record, base),
    }
