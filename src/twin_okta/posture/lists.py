"""The lists of rules/lists.toml, each with what of it was not read."""

from collections.abc import Iterator
from typing import Any

from twin_host.contract import Column, ColumnType, List, Part
from twin_okta.datasets import DATASETS
from twin_okta.posture.standing import Standings
from twin_okta.rules import load


def lists(standings: Standings) -> tuple[List, ...]:
    """Every list, in the order in which they are told."""
    return tuple(_list(row, standings) for row in load("lists")["list"])


def _list(row: dict[str, Any], standings: Standings) -> List:
    return List(
        kind=row["kind"],
        thing=row.get("thing", ""),
        title=row["title"],
        meaning=row["meaning"],
        key=tuple(row.get("key", ("id",))),
        label=row.get("label", ""),
        match=row.get("match", ""),
        found_by=tuple(row.get("found_by", ())),
        order=tuple(row["order"]),
        descending=row.get("descending", False),
        shown=tuple(row["shown"]),
        columns=tuple(map(_column, row["columns"])),
        parts=tuple(_part(*part) for part in row.get("parts", ())),
        notes=tuple(_notes(row["needs"], standings)),
    )


def _column(row: list[str]) -> Column:
    name, kind, meaning, of, of_column = [*row, "", ""][:5]
    return Column(name=name, type=ColumnType(kind), meaning=meaning, of=of, of_column=of_column)


def _part(name: str, title: str, kind: str, by: str) -> Part:
    return Part(name=name, title=title, kind=kind, by=by)


def _notes(needs: list[str], standings: Standings) -> Iterator[str]:
    """What was not read, a sentence for each dataset; one that this edition lacks is none."""
    for name in needs:
        if DATASETS[name].edition in ("", standings.edition) and not standings.are_complete([name]):
            yield f"{name}: {standings.why_incomplete([name])}"
