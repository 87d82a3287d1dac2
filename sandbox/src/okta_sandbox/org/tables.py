"""The data tables that shape an org: names, catalogues and mixes, read once from TOML."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table of this name from the package's data folder, e.g. `people`."""
    text = files("okta_sandbox").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
