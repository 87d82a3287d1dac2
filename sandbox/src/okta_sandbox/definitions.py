"""What is true of an org by the product's definitions, figure by figure, with who is behind each.

Computed from the generator, as `okta_sandbox.truth` is: neither HTTP nor the product takes part.
"""

from collections.abc import Mapping

from okta_sandbox.org.org import Org

Figures = Mapping[str, frozenset[str]]
"""The ids behind each figure, by the figure's key."""

_ENCRYPTED = frozenset({"FULL", "USER", "ALL_INTERNAL_VOLUMES"})
"""Okta: these map to disk encryption being on, all others to its being off."""


def figures(org: Org) -> Figures:
    """Every figure of an org at this moment."""
    return _of_devices(org)


def _of_devices(org: Org) -> Figures:
    """Devices by what is known of them; only an ACTIVE one that somebody uses is managed or not."""
    found = list(org.devices.all())
    in_use = [device for device in found if device.status == "ACTIVE" and device.users]
    unmanaged = [device for device in in_use if not device.managed]
    users = {user for device in unmanaged for user in device.users}
    risky = {u for u in org.admins.privileged() & users if org.people.can_sign_in(u)}
    return {
        "devices": frozenset(device.id for device in found),
        "devices_managed": frozenset(device.id for device in in_use if device.managed),
        "devices_unmanaged": frozenset(device.id for device in unmanaged),
        "devices_unencrypted": frozenset(d.id for d in in_use if d.encryption not in _ENCRYPTED),
        "admins_on_unmanaged_devices": frozenset(org.people.ids.encode(user) for user in risky),
    }
