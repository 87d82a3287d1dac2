"""What this connector says of itself, read from the `plugin.toml` beside this file."""

from functools import cache
from importlib.metadata import version
from importlib.resources import files

from twin_host.contract import ConnectorInfo, read_manifest

NAME = "okta"


@cache
def connector_info() -> ConnectorInfo:
    """The manifest as the host's type, with the installed distribution's version."""
    text = files("twin_okta").joinpath("plugin.toml").read_text(encoding="utf-8")
    return read_manifest(text, version=version("twin-okta"))
