"""What can be done to devices."""

from typing import Any

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting, Json
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.entries import party
from okta_sandbox.org.records import Device


class DeviceActions(Acting):
    """Devices that come, change hands and go."""

    def enrol_device(self, user: int, *, managed: bool) -> Device:
        """The user enrols one more device."""
        devices, owner = self._org.devices, self._org.people.user(user)
        index = devices.first_late + len(self._changes.devices)
        chance = Chance(self._org.seed, "device", index)
        made = devices.described(index, owner, chance, users=(user,), at_s=int(self._at_s))
        made = evolve(made, managed=managed)
        self._changes.past_devices.note(index, self._at_s, None)
        self._changes.devices.append(made)
        self._changes.version += 1
        self._log("device.enrollment.create", _device_party(made), by=self._party(user))
        return made

    def suspend_device(self, device: Device) -> None:
        """The device no longer counts and keeps its users."""
        self._change_device(device, status="SUSPENDED")
        self._log("device.lifecycle.suspend", _device_party(device))

    def unsuspend_device(self, device: Device) -> None:
        """The device counts again."""
        self._change_device(device, status="ACTIVE")
        self._log("device.lifecycle.unsuspend", _device_party(device))

    def deactivate_device(self, device: Device) -> None:
        """The device loses its users."""
        self._change_device(device, status="DEACTIVATED")
        self._log("device.lifecycle.deactivate", _device_party(device))

    def delete_device(self, device: Device) -> None:
        """The device is gone: no longer listed."""
        self._note_device(device)
        self._changes.deleted_devices.add(device.index)
        self._changes.version += 1
        self._log("device.lifecycle.delete", _device_party(device))

    def add_device_user(self, device: Device, user: int) -> None:
        """One more person uses the device."""
        self._set_device_users(device, "device.user.add", user)

    def remove_device_user(self, device: Device, user: int) -> None:
        """The person no longer uses the device."""
        self._set_device_users(device, "device.user.remove", user)

    def manage_device(self, device: Device, *, managed: bool) -> None:
        """Management software is put on the device or taken off, of which the log says nothing."""
        self._change_device(device, managed=managed)

    def _set_device_users(self, device: Device, event_type: str, user: int) -> None:
        now = self._org.devices.at(device.index) or device
        others = tuple(each for each in now.users if each != user)
        users = (*others, user) if event_type == "device.user.add" else others
        self._change_device(device, users=users)
        self._log(event_type, _device_party(device), self._party(user))

    def _change_device(self, device: Device, **fields: Any) -> None:
        self._note_device(device)
        changed = self._changes.device_fields.setdefault(device.index, {})
        changed |= {**fields, "updated_s": int(self._at_s)}
        self._changes.version += 1

    def _note_device(self, device: Device) -> None:
        """Remember the record as it is, for the search index that lags behind."""
        self._changes.past_devices.note(
            device.index, self._at_s, self._org.devices.at(device.index)
        )


def _device_party(device: Device) -> Json:
    return party(device.id, "Device", device.name)
