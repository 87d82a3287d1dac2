"""What single accounts, groups, applications, policies and log entries are.

These are the records that changes are made of.
"""

from typing import Any

from attrs import Factory, frozen

from okta_sandbox.org.shuffle import Shuffle


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
    last_login_s: float | None
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


@frozen
class Group:
    """One group; its base members are the positions [start, stop) of its shuffle of live ranks."""

    index: int
    id: str
    name: str
    description: str
    type: str
    roles: tuple[str, ...]
    shuffle: Shuffle
    start: int
    stop: int
    created_s: int
    updated_s: int
    membership_changed_s: int

    @property
    def base_size(self) -> int:
        """How many members the group has before any change."""
        return self.stop - self.start


@frozen
class App:
    """One application; its first `direct` positions of `shuffle` are assigned one by one."""

    index: int
    id: str
    name: str
    label: str
    mode: str | None
    status: str
    machine: bool
    features: tuple[str, ...]
    groups: tuple[Group, ...]
    shuffle: Shuffle
    direct: int
    created_s: int
    updated_s: int
    policy: str | None = None
    """The id of the authentication policy it was put under; None for the one it began with."""


@frozen
class CustomRole:
    """A role made by the org itself."""

    id: str
    label: str
    description: str
    permissions: tuple[str, ...]
    created_s: int
    updated_s: int


@frozen
class Rule:
    """One rule of a policy; `spec` is its row of security.toml."""

    id: str
    spec: dict[str, Any]
    updated_s: int

    @property
    def is_active(self) -> bool:
        """Whether it takes part."""
        return self.spec.get("status", "ACTIVE") == "ACTIVE"

    @property
    def is_for_everybody(self) -> bool:
        """Whether no rule after it is ever reached."""
        return "conditions" not in self.spec

    @property
    def lets_in_by_password(self) -> bool:
        """Whether a password alone satisfies it."""
        if self.spec.get("access", "ALLOW") != "ALLOW" or self.spec["factors"] != "1FA":
            return False
        constraints: list[dict[str, Any]] = self.spec.get("constraints", [])
        return not constraints or any("possession" not in each for each in constraints)


@frozen
class Policy:
    """A policy and its rules in order."""

    id: str
    type: str
    spec: dict[str, Any]
    rules: tuple[Rule, ...]
    updated_s: int

    @property
    def is_active(self) -> bool:
        """Whether it takes part."""
        return self.spec.get("status", "ACTIVE") == "ACTIVE"

    def reachable(self) -> list[Rule]:
        """The active rules up to the first that holds for everybody."""
        found: list[Rule] = []
        for rule in self.rules:
            if rule.is_active:
                found.append(rule)
                if rule.is_for_everybody:
                    break
        return found


@frozen
class ApiToken:
    """An SSWS token and the user it belongs to."""

    id: str
    name: str
    secret: str
    owner: int
    created_s: int
