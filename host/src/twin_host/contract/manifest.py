"""What a connector says of itself, and the reading of the TOML manifest that says it."""

import tomllib
from collections.abc import Mapping
from typing import Any

import cattrs
from attrs import Factory, evolve, fields, frozen

from twin_host.contract.values import Environment, Filled, LongText, Name
from twin_host.contract.words import Activity, FieldKind, OptionType, SectionShape

CONTRACT = 1
"""The version of this contract. It rises when an older connector could no longer work."""

OptionValue = bool | int
SettingValue = str | bool | int | float | list[str]
Config = Mapping[str, SettingValue]
"""A connector's settings as `configure` normalised them; TOML values, never a secret."""


class CannotGoOn(Exception):
    """A failure that the connector foresaw. The message is a sentence for a person, who is shown
    it as it is; any other exception of a hook counts as a fault in the connector."""


@frozen(kw_only=True)
class ConfigField:
    """One setting a connector asks for.

    `env` names the environment variable that wins over a stored secret. `choices` holds the
    allowed values of a choice. `when` limits the field to one value of another field, as in
    {"auth": "oauth"}. `advanced` fields are never asked for, only taken when named. `origin` marks
    the setting that says which product a secret is for: when it changes, secrets are asked anew.
    """

    name: Name
    title: Filled
    kind: FieldKind
    help: str = ""
    required: bool = False
    default: SettingValue | None = None
    env: Environment = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    when: Mapping[str, str] = Factory(dict[str, str])
    advanced: bool = False
    origin: bool = False


@frozen(kw_only=True)
class SyncOption:
    """One argument of a sync; `minimum` and `maximum` bound integers."""

    name: Name
    type: OptionType
    default: OptionValue
    title: str = ""
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None


@frozen(kw_only=True)
class Provision:
    """One thing a connector brings, for the overview page."""

    title: str
    detail: str


@frozen(kw_only=True)
class Permission:
    """One permission a credential needs, what is lost without it, where to click to grant it."""

    name: str
    needed_for: str
    grant: str = ""


@frozen(kw_only=True)
class Section:
    """A heading under which figures stand; facts name it by its title. The manifest's order is
    the order on the page."""

    title: str
    shown: SectionShape = SectionShape.NUMBERS


@frozen(kw_only=True)
class ConnectorInfo:
    """A connector as its manifest describes it; everything the host shows comes from here.

    `contract` is the version of this contract that it was written against. `event_entry` is a
    SELECT over the connector's `snapshot.db` that gives the product's own entry of the event
    `:id` as JSON text. `activities` say of which kind the product's event types are, by their
    names or patterns of them with `*`, the first that fits; an event of none of them is a finding.
    `notes` say what of the manifest was not understood.
    """

    name: Name
    title: Filled
    category: str
    summary: str
    version: str
    contract: int = CONTRACT
    provides: tuple[Provision, ...] = ()
    enriches: tuple[str, ...] = ()
    fields: tuple[ConfigField, ...] = ()
    permissions: tuple[Permission, ...] = ()
    options: tuple[SyncOption, ...] = ()
    sections: tuple[Section, ...] = ()
    event_entry: LongText = ""
    activities: Mapping[Activity, tuple[str, ...]] = Factory(dict[Activity, tuple[str, ...]])
    notes: tuple[str, ...] = ()


def read_manifest(text: str, *, version: str) -> ConnectorInfo:
    """The manifest in `text` (TOML), with the installed distribution's version.

    A key that this host does not know is left out with a note. Raises CannotGoOn when the manifest
    needs a newer contract than this host's, which is looked at before anything else, or cannot be
    understood.
    """
    try:
        manifest = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotGoOn(f"The manifest is no TOML: {error}.") from None
    needed = manifest.get("contract", CONTRACT)
    if not isinstance(needed, int) or isinstance(needed, bool) or needed > CONTRACT:
        raise CannotGoOn(
            f"It needs version {needed!r} of the host's contract, and this host has {CONTRACT}: "
            "upgrade the host."
        )
    try:
        info = _converter.structure(manifest | {"version": version}, ConnectorInfo)
    except cattrs.BaseValidationError as error:
        raise CannotGoOn(
            f"The manifest is wrong: {'; '.join(cattrs.transform_error(error, path='manifest'))}."
        ) from None
    unknown = sorted(manifest.keys() - {field.name for field in fields(ConnectorInfo)})
    notes = tuple(f"The manifest's key {key!r} is not known to this host." for key in unknown)
    return evolve(info, notes=notes)


def _as_it_is(value: Any, _type: Any) -> Any:
    """TOML has already typed the defaults."""
    return value


_converter = cattrs.Converter()
_converter.register_structure_hook_func(
    lambda kind: kind in (OptionValue, SettingValue, SettingValue | None), _as_it_is
)
