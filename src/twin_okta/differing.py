"""The query of the rows of a table that differ, with what is told of each.

`rules/changes.toml` says what that is.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from attrs import Factory, frozen

from twin_okta.datasets import DATASETS
from twin_okta.rules import load
from twin_okta.snapshot import Snapshot

MOVES_UNTOLD = (
    "generation",
    "last_updated",
    "last_login",
    "last_used",
    "expires",
    "membership_updated",
)
"""Columns that move though nobody changes anything."""
NOTHING = "0"
"""The condition that no row meets."""
UNTOLD = ", ".join(["NULL"] * 8)

NAME = re.compile(r"\{(\w+) ([\w.]+)\}")
NAME_OF = r"coalesce((SELECT n.name FROM thing_name n WHERE n.kind = '\1' AND n.id = \2), \2)"
DIFFERING = """
SELECT CASE WHEN o.generation IS NULL THEN 'appeared' ELSE 'changed' END AS change, {told}
FROM (SELECT * FROM {table} WHERE {now}) r LEFT JOIN (SELECT * FROM {table} WHERE {before}) o
    ON {same} WHERE o.generation IS NULL OR {otherwise}
UNION ALL
SELECT 'went', {told_gone}
FROM (SELECT * FROM {table} WHERE {before}) r LEFT JOIN (SELECT * FROM {table} WHERE {now}) o
    ON {same} WHERE o.generation IS NULL
"""


@frozen(kw_only=True)
class Kind:
    """A kind of thing of which changes are told, as `rules/changes.toml` explains."""

    name: str
    table: str
    id: str
    label: str
    appeared: str
    went: str
    follows: str = ""
    key: tuple[str, ...] | None = None
    columns: dict[str, str] = Factory(dict[str, str])
    may_be_none: tuple[str, ...] = ()

    def knows(self, column: str, value: Any) -> bool:
        """Whether a value says something; else Okta did not say it, or nobody understands it."""
        return value != "" and (value is not None or column in self.may_be_none)


@frozen
class Found:
    """A row that differs from before. `severities` are those of its columns, if they changed."""

    change: str
    key: str
    subject: str
    id: str | None
    label: str | None
    severity: str
    severities: str
    before: str | None
    after: str | None


@cache
def kinds() -> dict[str, Kind]:
    """Each kind by its table."""
    found = (Kind(name=name, **told) for name, told in load("changes").items())
    return {kind.table: kind for kind in found}


def differing(snapshot: Snapshot, table: str, kind: Kind | None, now: str, before: str) -> str:
    """The query of the rows that differ; without a kind there is nothing to tell of them."""
    info = snapshot.rows(f"PRAGMA table_info({table})")
    columns = [row[1] for row in info if row[1] not in MOVES_UNTOLD]
    key = [row[1] for row in info if row[5] and row[1] != "generation"]
    if table in kinds() and kinds()[table].key is not None:
        key = list(kinds()[table].key or ())
    return DIFFERING.format(
        table=table,
        now=now,
        before=before,
        same=" AND ".join(f"o.{name} = r.{name}" for name in key) or "1",
        otherwise=" OR ".join(f"r.{name} IS NOT o.{name}" for name in columns if name not in key)
        or NOTHING,
        told=_told_of(kind, key, "after") if kind else UNTOLD,
        told_gone=_told_of(kind, key, "before") if kind else UNTOLD,
    )


def _told_of(kind: Kind, key: Sequence[str], when: str) -> str:
    """What is told of a row `r`, as it is after or as it was before."""
    hang_on = next(it.hang_on for it in DATASETS.values() if kind.table in it.tables)
    subject = hang_on.get(kind.table) or (key[0] if key else "")
    its = {alias: _json({name: f"{alias}.{name}" for name in kind.columns}) for alias in "ro"}
    was = f"CASE WHEN o.generation IS NOT NULL THEN {its['o']} END"
    told = (
        f"json_array({', '.join(f'r.{name}' for name in key)})",
        f"r.{subject}" if subject else "''",
        kind.id,
        kind.label,
        kind.appeared if when == "after" else kind.went,
        _json(kind.columns),
        was if when == "after" else its["r"],
        its["r"] if when == "after" else "NULL",
    )
    return NAME.sub(NAME_OF, ", ".join(told))


def _json(values: Mapping[str, str]) -> str:
    pairs = ", ".join(f"'{name}', {value}" for name, value in values.items())
    return f"json_object({pairs})"
