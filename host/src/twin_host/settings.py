"""The host's own settings: `settings.toml` in the twin's folder, which need not be there."""

from typing import Any

from attrs import asdict, field, fields_dict, frozen

from twin_host.errors import UsageError
from twin_host.home import Home, read_toml

FILE_NAME = "settings.toml"


@frozen(kw_only=True)
class Settings:
    """`stale_figure_days`: how old a figure's data may be for it to be shown as verified.

    `watch_every_s` and `watch_idle_s`: how often `twin watch` looks while something changes, and
    how seldom when nothing does.
    """

    stale_figure_days: int = field(default=7, metadata={"most": 3650})
    watch_every_s: int = field(default=10, metadata={"most": 3600})
    watch_idle_s: int = field(default=15, metadata={"most": 3600})


def read_settings(home: Home) -> Settings:
    """The settings, or their defaults. Raises UsageError for one that will not do."""
    found = read_toml(home.path / FILE_NAME) or {}
    known = asdict(Settings())
    if unknown := found.keys() - known.keys():
        raise UsageError(
            f"{home.path / FILE_NAME} has no setting {', '.join(sorted(unknown))}: known are "
            f"{', '.join(known)}."
        )
    return Settings(**{name: _number(home, name, value) for name, value in found.items()})


def _number(home: Home, name: str, value: Any) -> int:
    most = fields_dict(Settings)[name].metadata["most"]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise UsageError(
            f"{home.path / FILE_NAME}: {name} must be a whole number from 1 to {most}."
        )
    return value
