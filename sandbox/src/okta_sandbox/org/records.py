"""What single accounts, enrolments and log entries are: the records that changes are made of."""

from typing import Any

from attrs import Factory, frozen


@frozen
class User:
    """One account. Times are epoch seconds, None where Okta answers null."""

    index: int
    id: str
    login: str
    first_name: str
    last_name: str
    kind: str
    status: str
    department: str
    title: str | None
    manager: int | None
    provider_type: str
    provider_name: str
    created_s: int
    activated_s: int | None
    status_changed_s: int | None
    last_login_s: int | None
    last_updated_s: int
    password_changed_s: int | None

    @property
    def name(self) -> str:
        """How a person would write the name."""
        return f"{self.first_name} {self.last_name}"


@frozen
class Factor:
    """One enrolled factor. `detail` is what its profile shows: a number, a device, a question."""

    id: str
    type: str
    provider: str
    status: str
    created_s: int
    updated_s: int
    detail: str


@frozen
class Event:
    """A System Log entry written because the org was changed, not computed.

    at_ms is when it happened, persisted_ms from when on it can be read.
    """

    at_ms: int
    persisted_ms: int
    entry: dict[str, Any] = Factory(dict[str, Any])


@frozen
class Device:
    """One enrolled device. `users` are those linked to it; nobody, once it is deactivated."""

    index: int
    id: str
    name: str
    platform: str
    status: str
    users: tuple[int, ...]
    managed: bool
    registered: bool
    screen_lock: str
    encryption: str
    secure_hardware: bool
    manufacturer: str
    model: str
    os_version: str
    serial: str
    created_s: int
    updated_s: int
