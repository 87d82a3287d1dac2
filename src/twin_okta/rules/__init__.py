"""What the figures depend on, as data: factor strengths, app classes, notable log events."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The rules file `name` (without .toml); callers must not change what they get."""
    text = files("twin_okta.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
