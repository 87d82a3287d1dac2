"""Devices, their users, and whether each is managed for them; a Classic org has no such list."""

from collections.abc import Iterator

from twin_okta.api.models import Device, DeviceUser
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing
from twin_okta.sync.merge import Since

ADVISED_PAGE = 20
"""What Okta's API reference recommends ("List all devices"), though a page may hold 200."""
ACTIVE, INACTIVE = ("ACTIVE", "UNSUSPENDED"), ("SUSPENDED", "DEACTIVATED")
MANAGED = {"MANAGED": True, "NOT_MANAGED": False}


def _row(device: Device) -> Record:
    profile = device.profile
    managed = {_is_managed(link) for link in device.users or ()}
    return {
        "id": device.id,
        "name": profile.display_name,
        "platform": profile.platform,
        "status": device.status,
        "registered": profile.registered,
        "disk_encryption": profile.disk_encryption_type,
        "in_use": _is_in_use(device),
        "managed": False if False in managed else managed == {True} or None,
    }


def _users(device: Device) -> Iterator[Record]:
    for link in device.users or ():
        yield {"device_id": device.id, "user_id": link.user.id, "managed": _is_managed(link)}


def _is_managed(link: DeviceUser) -> bool | None:
    """None when Okta did not say, or says something new."""
    return MANAGED.get(link.management_status or "")


def _is_in_use(device: Device) -> bool | None:
    """Whether it is active and somebody uses it; None where what Okta sent leaves that open."""
    if device.status in INACTIVE or device.users == []:
        return False
    return True if device.status in ACTIVE and device.users else None


DEVICES = Listing(
    path="/api/v1/devices",
    params={"expand": "userSummary", "limit": ADVISED_PAGE},
    model=Device,
    table="device",
    row=_row,
    parts={"device_user": _users},
)
LOST_THEIR_USER = """
SELECT DISTINCT u.device_id FROM log_event e JOIN target t ON t.event = e.number AND t.type = 'User'
JOIN shown_device_user u ON u.user_id = t.id
JOIN subject_read r ON r.dataset = 'devices' AND r.subject = '*'
WHERE e.event_type IN ('user.lifecycle.delete.completed', 'user.lifecycle.deactivate')
    AND e.outcome IS NOT 'FAILURE' AND e.number > r.after_event AND e.published >= r.newer_from
"""
CHANGED_DEVICES = Since(
    listing=DEVICES, parameter="search", moved=("lastUpdated",), named_too=LOST_THEIR_USER
)
