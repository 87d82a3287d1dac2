"""What this connector says of itself, read from the `plugin.toml` beside this file."""

import tomllib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import cattrs

from twin_host.contract import ConnectorInfo, OptionValue, SettingValue

NAME = "okta"

_converter = cattrs.Converter(forbid_extra_keys=True)


def _as_it_is(value: Any, _type: Any) -> Any:
    """TOML has already typed the defaults."""
    return value


_converter.register_structure_hook_func(
    lambda kind: kind in (OptionValue, SettingValue, SettingValue | None), _as_it_is
)


@cache
def connector_info() -> ConnectorInfo:
    """The manifest as the host's type, with the installed distribution's version."""
    text = files("twin_okta").joinpath("plugin.toml").read_text(encoding="utf-8")
    manifest = tomllib.loads(text)
    return _converter.structure(manifest | {"version": version("twin-okta")}, ConnectorInfo)
