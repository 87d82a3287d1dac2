"""Tables for a terminal of any width: the name first and whole, and nothing left out.

What does not fit beside each other is wrapped at words; what would be a strip of single letters is
a block instead, the name on a line of its own and the rest below it.
"""

from collections.abc import Iterator, Sequence

from attrs import frozen
from rich.cells import cell_len, chop_cells
from rich.text import Text

BETWEEN = "  "
NARROWEST = 18
"""How narrow a column of several words may become before a block is easier to read."""
NUMBERS = ("count", "read", "changed", "requests", "n")


@frozen
class Cell:
    """What stands in one place, and the style of it."""

    text: str
    style: str = ""


def lines(columns: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> Iterator[Text]:
    """The lines of a table; none is wider than `width`. The first column is the name."""
    widths = _widths(columns, rows, width)
    if widths is None:
        yield from _blocks(columns, rows, max(width, 4))
        return
    yield from _row([Cell(name, "bold") for name in columns], columns, widths)
    for row in rows:
        yield from _row(row, columns, widths)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns, at spaces where there are any."""
    if cell_len(text) <= width:
        return [text]
    found: list[str] = []
    line = ""
    for word in text.split():
        for part in chop_cells(word, width) if cell_len(word) > width else [word]:
            longer = f"{line} {part}" if line else part
            if cell_len(longer) > width:
                found.append(line)
                line = part
            else:
                line = longer
    return [*found, line] if line or not found else found


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> list[int] | None:
    """How wide each column is; None where they have no room beside each other."""
    texts = [[name, *(row[at].text for row in rows)] for at, name in enumerate(columns)]
    widths = [max(map(cell_len, column)) for column in texts]
    excess = sum(widths) + len(BETWEEN) * (len(columns) - 1) - width
    prose = [at for at in range(len(columns)) if any(" " in text for text in texts[at])]
    while excess > 0 and prose:
        widest = max(prose, key=lambda at: widths[at])
        others = [widths[at] for at in prose if at != widest]
        step = min(excess, max(1, widths[widest] - max(others, default=0)))
        widths[widest] -= step
        excess -= step
        longest_word = max(map(cell_len, " ".join(texts[widest]).split()), default=0)
        if widths[widest] < max(NARROWEST, longest_word):
            return None
    return None if excess > 0 else widths


def _row(cells: Sequence[Cell], columns: Sequence[str], widths: Sequence[int]) -> Iterator[Text]:
    split = [wrapped(cell.text, size) for cell, size in zip(cells, widths, strict=True)]
    for number in range(max(map(len, split), default=0)):
        line = Text(no_wrap=True)
        for at, parts in enumerate(split):
            part = parts[number] if number < len(parts) else ""
            rest = " " * (widths[at] - cell_len(part))
            if columns[at] in NUMBERS:
                line.append(rest).append(part, cells[at].style)
            else:
                line.append(part, cells[at].style).append(rest)
            line.append(BETWEEN)
        line.rstrip()
        yield line


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> Iterator[Text]:
    indent = "  "
    for number, row in enumerate(rows):
        if number:
            yield Text()
        for part in wrapped(row[0].text, width):
            yield Text(part, "bold")
        for name, cell in zip(columns[1:], row[1:], strict=True):
            for part in wrapped(f"{name}: {cell.text}".rstrip(), width - len(indent)):
                yield Text(indent + part, cell.style)
