"""Rows as comma-separated values, whoever opens them."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """As RFC 4180 has it, each line without its end; a cell that a spreadsheet would take for a
    formula begins with '."""
    yield _line(map(_harmless, columns))
    yield from csv_rows(rows)


def csv_rows(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The same of rows alone."""
    for row in rows:
        yield _line([_harmless(value) for value in row])


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    start = value.lstrip()[:1] if isinstance(value, str) else ""
    is_formula = start in ("=", "+", "-", "@")
    return f"'{value}" if is_formula else value
