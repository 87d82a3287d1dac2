"""Somebody's SQL over all lists, run where it can do no harm and keep nobody waiting."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from twin_host.asking.catalogue import Catalogue
from twin_host.errors import UsageError
from twin_host.known import list_row

DEADLINE_S = 10.0
MOST_ROWS = 1000
COMMAND = (sys.executable, "-P", "-m", "twin_host.asking.query_process")
CUT_OFF: Mapping[str, Any] = {"error": "it was cut off, since it needs too much memory or time"}
"""What stands for the end of an answer that has none."""
_NO_SUCH = re.compile(r"no such (table|column): (\S+)")
_NOT_READING = re.compile(r"authoriz|cannot modify|one statement at a time|no SELECT")
_FORBIDDEN = re.compile(r"access to (\S+)\.\S* is prohibited")


@frozen
class Answer:
    """The rows of a query, each by its columns in their order; `more` when some were left out."""

    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    more: bool


def ask(
    sql: str,
    catalogue: Catalogue,
    folder: Path,
    *,
    limit: int = MOST_ROWS,
    deadline_s: float = DEADLINE_S,
) -> Answer:
    """The first rows of one SELECT over the lists; `folder` holds the connectors' state.

    It can change nothing, and is ended at its deadline. Raises UsageError with what is wrong.
    """
    if not catalogue.lists:
        raise UsageError("Nothing can be asked yet: sync a connector first.")
    lists = [list_row(known.source, known.about, 0) for known in catalogue.lists]
    request = {
        "sql": sql,
        "folder": str(folder.absolute()),
        "limit": limit,
        "deadline_s": deadline_s,
        "lists": lists,
    }
    answers: list[Any] = [json.loads(line) for line in _run(request, deadline_s).splitlines()]
    last = cast("dict[str, Any]", answers[-1]) if _has_an_end(answers) else CUT_OFF
    if "more" not in last:
        raise UsageError(_explained(str(last["error"]), catalogue))
    columns = _each_once(answers[0])
    rows = [dict(zip(columns, row, strict=True)) for row in answers[1:-1]]
    return Answer(columns, rows, more=last["more"])


def _run(request: Mapping[str, Any], deadline_s: float) -> str:
    with subprocess.Popen(  # noqa: S603  a command of our own
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            answer, _ = process.communicate(json.dumps(request), timeout=deadline_s)
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"The query takes longer than {deadline_s:g} s: ask for less."
            ) from None
        finally:
            process.kill()
    return answer


def _has_an_end(answers: Sequence[Any]) -> bool:
    return bool(answers) and isinstance(answers[-1], dict)


def _explained(reason: str, catalogue: Catalogue) -> str:
    """What SQLite says, with the nearest name that there is."""
    kinds = [kind.table for kind in catalogue.kinds]
    if hidden := _FORBIDDEN.search(reason):
        return f"{hidden[1]!r} is no list: known are {', '.join(kinds)}."
    if missing := _NO_SUCH.search(reason):
        what, name = missing.groups()
        columns = sorted({name for kind in catalogue.kinds for name in kind.names})
        known = kinds if what == "table" else columns
        near = get_close_matches(name.rpartition(".")[2].lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "twin query --schema lists them all."
        return f"There is no {'list' if what == 'table' else 'column'} {name!r}: {hint}"
    if _NOT_READING.search(reason):
        return f"A query can only read the lists, by SELECT ({reason.rstrip('.')})."
    return f"The query cannot be run: {reason.rstrip('.')}."


def _each_once(names: Sequence[str]) -> list[str]:
    """Columns of one name get a number, so that none hides another."""
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return found
