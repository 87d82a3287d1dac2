"""`/api/v1/devices`, which only an Identity Engine org has."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from okta_sandbox.api.answers import Answer, no_such_feature, validation_failed
from okta_sandbox.api.calls import Call
from okta_sandbox.api.expressions import expression_of
from okta_sandbox.api.pages import limit_of, listed, start_of
from okta_sandbox.api.records.device import device_json
from okta_sandbox.filters import ORDERING, Dialect, Expression, holds, only, span_s
from okta_sandbox.org.devices import Devices
from okta_sandbox.org.records import Device
from okta_sandbox.org.timelines import ascending

_PAGE = 200
_WORDS = ORDERING | {"sw"}
SEARCH = Dialect(
    {
        **dict.fromkeys(("id", "status"), _WORDS),
        "lastUpdated": ORDERING,
        **dict.fromkeys(("profile.displayName", "profile.serialNumber"), _WORDS | {"co"}),
        **dict.fromkeys(("profile.platform", "profile.registered"), _WORDS),
    },
    others=_WORDS,
    prefixes=("profile.",),
)
ATTRIBUTES: dict[str, Callable[[Device], object]] = {
    "id": lambda device: device.id,
    "status": lambda device: device.status,
    "lastUpdated": lambda device: device.updated_s,
    "profile.displayName": lambda device: device.name,
    "profile.serialNumber": lambda device: device.serial,
    "profile.platform": lambda device: device.platform,
    "profile.registered": lambda device: device.registered,
    "profile.diskEncryptionType": lambda device: device.encryption,
    "profile.osVersion": lambda device: device.os_version,
    "profile.manufacturer": lambda device: device.manufacturer,
    "profile.model": lambda device: device.model,
}
"""How a search reads each attribute; times in epoch seconds."""


def list_devices(call: Call) -> Answer:
    """GET /devices, all or by `search`; `expand` adds the users of each."""
    if call.org.edition == "classic":
        raise no_such_feature()
    expand = call.query.get("expand")
    if expand not in {None, "user", "userSummary"}:
        raise validation_failed("expand", "expand: must be user or userSummary.")
    org, base = call.org, call.base
    return listed(
        call,
        _matching(call),
        lambda device: device_json(org, device, base, expand=expand),
        limit=limit_of(call, default=_PAGE, maximum=_PAGE),
    )


def _matching(call: Call) -> Iterator[tuple[int, Device]]:
    devices, expression = call.org.devices, expression_of(call, search=SEARCH)
    behind: Mapping[int, Device | None] = {}
    if expression and call.settings.search_lag_s:
        behind = call.org.changes.past_devices.behind(call.now_s - call.settings.search_lag_s)
    start = start_of(call)
    for index in ascending(start, _candidates(devices, expression, start), sorted(behind)):
        device = behind[index] if index in behind else devices.at(index)
        if device is None:
            continue
        if expression is None or holds(expression, lambda name, d=device: _attribute(name, d)):
            yield index, device


def _candidates(devices: Devices, expression: Expression | None, start: int) -> Iterable[int]:
    """Indexes of what may match, ascending: few, where ids or times say which."""
    if expression is None:
        return devices.indexes(start)
    named = only(expression, "id")
    if named is not None:
        return sorted(device.index for id_ in named if (device := devices.find(id_)))
    recent = devices.within(span_s(expression, "lastUpdated"))
    if recent is None:
        return devices.indexes(start)
    return ascending(start, recent, devices.changed(start))


def _attribute(name: str, device: Device) -> object:
    getter = ATTRIBUTES.get(name)
    return getter(device) if getter else None
