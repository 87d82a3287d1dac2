"""The host's own settings: `settings.toml` in the twin's folder, which need not be there."""

from typing import Any

from attrs import asdict, frozen

from twin_host.errors import UsageError
from twin_host.home import Home, read_toml

FILE_NAME = "settings.toml"


@frozen(kw_only=True)
class Settings:
    """`stale_figure_days`: how old a figure's data may be for it to be shown as verified."""

    stale_figure_days: int = 7


def read_settings(home: Home) -> Settings:
    """The settings, or their defaults. Raises UsageError for one that will not do."""
    found = read_toml(home.path / FILE_NAME) or {}
    known = asdict(Settings())
    if unknown := found.keys() - known.keys():
        raise UsageError(
            f"{home.path / FILE_NAME} has no setting {', '.join(sorted(unknown))}: known are "
            f"{', '.join(known)}."
        )
    return Settings(**{name: _days(home, name, value) for name, value in found.items()})


def _days(home: Home, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3650:
        raise UsageError(f"{home.path / FILE_NAME}: {name} must be a number of days from 1 on.")
    return value
