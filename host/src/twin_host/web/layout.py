"""How figures are laid out on the pages: sections, titles, bars and the lines of their history."""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

from twin_host.figures import Figure

SPARK_WIDTH, SPARK_HEIGHT = 120, 28
OTHER = "Other figures"


@frozen
class Section:
    """Figures that belong together. `shown` is meters, bars or numbers."""

    title: str
    shown: str
    figures: tuple[Figure, ...]


def sections(figures: Sequence[Figure]) -> list[Section]:
    """Every figure in the first section that names it; the others last."""
    left = {figure.key: figure for figure in figures}
    found: list[Section] = []
    for wanted in _layout()["sections"]:
        keys = [key for pattern in wanted["keys"] for key in _matching(pattern, left)]
        chosen = tuple(left.pop(key) for key in dict.fromkeys(keys))
        if wanted["shown"] == "bars":
            chosen = tuple(sorted(chosen, key=lambda f: -(percent(f.best["value"]) or 0.0)))
        if chosen:
            found.append(Section(wanted["title"], wanted["shown"], chosen))
    if left:
        found.append(Section(OTHER, "numbers", tuple(left.values())))
    return found


def headlines(figures: Iterable[Figure], *, most: int = 4) -> list[Figure]:
    """The few that say most, for a card."""
    order: list[str] = _layout()["headlines"]
    counted = [f for f in figures if f.best["evidence"].get("numerator") is not None]
    known = sorted((f for f in counted if f.key in order), key=lambda f: order.index(f.key))
    others = [f for f in counted if f.key not in order]
    return [*known, *others][:most]


def title(key: str) -> str:
    """A key in words."""
    words = key.removeprefix("mfa_factor_").replace("_", " ").replace(":", " ")
    return _layout()["titles"].get(key) or words[:1].upper() + words[1:]


def percent(value: str) -> float | None:
    """The number of a share such as `87%`; None for anything else."""
    number = value.removesuffix("%")
    if number == value or not number.replace(".", "", 1).isdecimal():
        return None
    return min(100.0, float(number))


def spark(values: Sequence[str]) -> str:
    """The points of a small line through a figure's history, for an SVG polyline; empty when
    there is nothing to compare."""
    numbers = [number for value in values if (number := _number(value)) is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    step, span = (SPARK_WIDTH - 4) / (len(numbers) - 1), (high - low) or 1
    rows = (
        (2 + step * i, SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * (number - low) / span)
        for i, number in enumerate(numbers)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in rows)


def change(values: Sequence[str]) -> str:
    """How far a figure moved at its last change, such as `+3`; empty when it did not."""
    numbers = [number for value in values if (number := _number(value)) is not None]
    if len(numbers) < 2 or numbers[-1] == numbers[-2]:
        return ""
    return f"{numbers[-1] - numbers[-2]:+g}"


def _number(value: str) -> float | None:
    try:
        return float(value.removesuffix("%"))
    except ValueError:
        return None


def _matching(pattern: str, keys: Iterable[str]) -> list[str]:
    if pattern.endswith("*"):
        return [key for key in keys if key.startswith(pattern[:-1])]
    return [key for key in keys if key == pattern]


@cache
def _layout() -> dict[str, Any]:
    text = files("twin_host.web").joinpath("posture.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
