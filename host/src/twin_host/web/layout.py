"""How figures are laid out on the pages: sections, bars and the lines of their history."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from twin_host.contract import Section, SectionShape
from twin_host.figures import Figure

SPARK_WIDTH, SPARK_HEIGHT = 120, 28
OTHER = "Other figures"


@frozen
class Panel:
    """The figures of one section."""

    title: str
    shown: SectionShape
    figures: tuple[Figure, ...]


def panels(figures: Iterable[Figure], sections: Iterable[Section]) -> list[Panel]:
    """Every figure in the section that it names; those without one last.

    A section that no connector names (any longer) is shown as numbers.
    """
    ordered = sorted(figures, key=lambda figure: (figure.best.place, figure.key))
    shapes = {section.title: section.shown for section in sections}
    for figure in ordered:
        if figure.section:
            shapes.setdefault(figure.section, SectionShape.NUMBERS)
    shapes.setdefault(OTHER, SectionShape.NUMBERS)
    found = [
        Panel(title, shape, _within(shape, [f for f in ordered if (f.section or OTHER) == title]))
        for title, shape in shapes.items()
    ]
    return [panel for panel in found if panel.figures]


def headlines(figures: Iterable[Figure], *, most: int = 4) -> list[Figure]:
    """The few that say most, for a card: first those that the connector calls so."""
    counted = [figure for figure in figures if figure.best.is_counted]
    return sorted(counted, key=_weight)[:most]


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


def _within(shape: SectionShape, figures: Sequence[Figure]) -> tuple[Figure, ...]:
    if shape != SectionShape.BARS:
        return tuple(figures)
    return tuple(sorted(figures, key=lambda figure: -(percent(figure.best.value) or 0.0)))


def _weight(figure: Figure) -> tuple[bool, int, int]:
    rank = figure.headline
    return (rank is None, rank or 0, figure.best.place)


def _number(value: str) -> float | None:
    try:
        return float(value.removesuffix("%"))
    except ValueError:
        return None
