"""Okta's records: the fields we use, as plain attrs classes.

Okta adds fields and values at any time and leaves null ones out, so unknown fields are ignored,
unknown values are kept as text, and nothing but an id is required.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import cattrs
from attrs import Factory, frozen
from attrs import fields as attrs_fields
from cattrs.gen import make_dict_structure_fn, override
from cattrs.preconf.orjson import make_converter


@frozen
class UserProfile:
    login: str = ""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    department: str | None = None
    manager: str | None = None


@frozen
class CredentialProvider:
    type: str | None = None
    name: str | None = None


@frozen
class UserCredentials:
    provider: CredentialProvider = CredentialProvider()


@frozen
class UserType:
    id: str | None = None


@frozen
class User:
    """A person or account; times are ISO 8601 text as Okta sends them, None when never."""

    id: str
    status: str = ""
    created: str | None = None
    activated: str | None = None
    status_changed: str | None = None
    last_login: str | None = None
    last_updated: str | None = None
    password_changed: str | None = None
    realm_id: str | None = None
    type: UserType = UserType()
    profile: UserProfile = UserProfile()
    credentials: UserCredentials = UserCredentials()


@frozen
class Factor:
    """One factor of one user; enrolled only when its status is ACTIVE."""

    id: str
    factor_type: str = ""
    provider: str | None = None
    vendor_name: str | None = None
    status: str = ""
    created: str | None = None
    last_updated: str | None = None


@frozen
class GroupProfile:
    name: str | None = None
    description: str | None = None


@frozen
class GroupStats:
    """`expand=stats`; Okta's own schema spells the admin flag without its i."""

    users_count: int | None = None
    has_admin_privlege: bool | None = None
    has_admin_privilege: bool | None = None


@frozen
class GroupEmbedded:
    stats: GroupStats = GroupStats()


@frozen
class Group:
    id: str
    type: str = ""
    last_membership_updated: str | None = None
    profile: GroupProfile = GroupProfile()
    _embedded: GroupEmbedded = GroupEmbedded()

    @property
    def stats(self) -> GroupStats:
        """Its counts, when they were asked for."""
        return self._embedded.stats

    @property
    def has_admin_role(self) -> bool | None:
        """Whether members are administrators; None when Okta did not say."""
        spelled_so = self.stats.has_admin_privlege
        return self.stats.has_admin_privilege if spelled_so is None else spelled_so


@frozen
class Member:
    """A user as a group's member list shows it."""

    id: str


@frozen
class RoleAssignee:
    """One row of /iam/assignees/users."""

    id: str


@frozen
class Role:
    """One admin role of a user or group. `role` and `resource_set` are set for custom roles."""

    id: str
    type: str = ""
    label: str | None = None
    status: str = ""
    assignment_type: str = ""
    role: str | None = None
    resource_set: str | None = None


@frozen
class App:
    id: str
    name: str | None = None
    label: str | None = None
    status: str = ""
    sign_on_mode: str | None = None
    created: str | None = None
    last_updated: str | None = None


@frozen
class AppUser:
    """One user of an app; `scope` is USER when assigned directly, GROUP when through a group."""

    id: str
    scope: str | None = None
    status: str | None = None


@frozen
class Org:
    """The org itself, from /api/v1/org."""

    id: str = ""
    company_name: str | None = None
    subdomain: str | None = None
    status: str | None = None


@frozen
class LogActor:
    id: str | None = None
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None


@frozen
class LogPlace:
    city: str | None = None
    country: str | None = None


@frozen
class LogClient:
    ip_address: str | None = None
    geographical_context: LogPlace | None = None


@frozen
class LogOutcome:
    result: str | None = None
    reason: str | None = None


@frozen
class LogEvent:
    """One entry of the System Log; `uuid` is unique to it."""

    uuid: str
    published: datetime
    event_type: str
    display_message: str | None = None
    actor: LogActor | None = None
    client: LogClient | None = None
    outcome: LogOutcome | None = None
    target: list[LogActor] | None = Factory(list[LogActor])


MODELS = (
    UserProfile, CredentialProvider, UserCredentials, UserType, User, Factor, GroupProfile,
    GroupStats, GroupEmbedded, Group, Member, RoleAssignee, Role, App, AppUser, Org, LogActor,
    LogPlace, LogClient, LogOutcome, LogEvent,
)  # fmt: skip

Model = TypeVar("Model")


@frozen
class Unreadable:
    """A record that could not be understood: its id as far as it has one, and why."""

    id: str
    reason: str


def structure(records: list[Any], model: type[Model]) -> tuple[list[Model], list[Unreadable]]:
    """Records as models, and beside them those that are not: one bad one never costs the rest."""
    good: list[Model] = []
    bad: list[Unreadable] = []
    for record in records:
        try:
            good.append(_converter.structure(record, model))
        except (
            cattrs.BaseValidationError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as error:
            bad.append(Unreadable(_id_of(record), type(error).__name__))
    return good, bad


def _id_of(record: Any) -> str:
    if not isinstance(record, dict):
        return "(no id)"
    return str(record.get("id") or record.get("uuid") or "(no id)")[:100]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _text(value: Any, _type: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise TypeError(f"text expected, not {type(value).__name__}")


def _moment(value: Any, _type: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _okta_name(name: str) -> str:
    """`last_login` as `lastLogin`; `resource_set` is the one name Okta writes with a hyphen."""
    if name == "resource_set":
        return "resource-set"
    first, *rest = name.lstrip("_").split("_")
    return ("_" if name.startswith("_") else "") + first + "".join(map(str.capitalize, rest))


def _make_converter() -> cattrs.Converter:
    """A lenient converter: JSON null counts as absent where a field has a default of its own."""
    converter = make_converter(detailed_validation=False, prefer_attrib_converters=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(datetime, _moment)
    for model in MODELS:
        renames: dict[str, Any] = {
            a.name: override(rename=_okta_name(a.name)) for a in attrs_fields(model)
        }
        structure_fn: Callable[[Any, Any], Any] = make_dict_structure_fn(
            model, converter, **renames
        )
        converter.register_structure_hook(model, _without_nulls(structure_fn))
    return converter


def _without_nulls(structure_fn: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError("an object expected")
        present: dict[str, Any] = {k: v for k, v in value.items() if v is not None}  # pyright: ignore[reportUnknownVariableType]
        return structure_fn(present, kind)

    return hook


_converter = _make_converter()
