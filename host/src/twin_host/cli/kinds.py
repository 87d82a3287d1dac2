"""What a person types for an option that is neither a word nor a number."""

from typing import Any

import click

from twin_host.plain_text import seconds_in


class TimeSpan(click.ParamType[float]):
    """A time span such as `90s`, `10m` or `1h30m`, in seconds."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds; fails with a sentence for what is no time span."""
        if isinstance(value, int | float):
            return float(value)
        seconds = seconds_in(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no time span: write 90s, 10m or 1h30m.", param, ctx)
        return seconds
