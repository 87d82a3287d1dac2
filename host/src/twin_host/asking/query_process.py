"""Somebody's SQL, run in a process of its own: it reads the lists and nothing else, within limits
of memory and size, and writes nowhere. The parent ends it at its deadline.

    python -m twin_host.asking.query_process < request.json
"""

import json
import math
import re
import resource
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from twin_host.asking.catalogue import Catalogue
from twin_host.asking.tables import open_tables
from twin_host.database import as_text
from twin_host.errors import HostError
from twin_host.known import known_list

MEMORY = 512 * 1024 * 1024
"""Bytes of address space; the interpreter itself takes less than a third."""
LONGEST_VALUE = 1_000_000
LONGEST_SQL = 100_000
LONGEST_ANSWER = 32_000_000
MOST_COLUMNS = 500
LIMITS = {
    resource.RLIMIT_AS: MEMORY,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NPROC: 0,
}
FUNCTIONS = frozenset(
    """
    -> ->> abs avg ceil ceiling char coalesce count cume_dist date datetime dense_rank exp
    first_value floor folded format glob group_concat hex iif ifnull instr json json_array
    json_array_length json_extract json_group_array json_group_object json_object
    json_quote json_type json_valid julianday lag last_value lead length like likely ln log lower
    ltrim max min mod nth_value ntile nullif percent_rank pow power printf rank replace round
    row_number rtrim sign sqrt strftime substr substring sum time total trim trunc typeof unicode
    unixepoch unlikely upper
    """.split()  # noqa: SIM905  to be read, not to be quoted
)
READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|--[^\n]*|/\*.*?(?:\*/|$)|"(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`|\w+|\S""",
    re.DOTALL,
)
_SIGN = re.compile(r"\W")
_GIVEN_A_NAME = re.compile(r"(\S+) (?:\( [^()]*\) )?as (?:not )?(?:materialized )?\(")


def main() -> None:
    """Read a request and answer with one JSON value a line: the names of the columns, then each
    row, then whether there are more; or what is wrong."""
    request = json.loads(sys.stdin.read())
    size = 0
    for answer in _answers(request):
        line = json.dumps(answer) + "\n"
        size += len(line)
        if size > LONGEST_ANSWER:
            line = json.dumps({"error": "the answer is too long: ask for less"}) + "\n"
        sys.stdout.write(line)
        if size > LONGEST_ANSWER:
            return


def _answers(request: dict[str, Any]) -> Iterator[Any]:
    sql, limit = request["sql"], request["limit"]
    try:
        catalogue = Catalogue([known_list(row) for row in request["lists"]])
        connection = open_tables(Path(request["folder"]), catalogue, in_memory=True)
        _confine(connection, request["deadline_s"])
        own = _names_given(sql)
        if taken := own & _names(connection, catalogue, "table", "view"):
            yield {"error": f"the name {min(taken)} is taken: give what you define another one"}
            return
        views = _names(connection, catalogue, "view")
        connection.set_authorizer(_authorizer(_readable(catalogue, own), views))
        yield from _rows(connection.execute(sql), limit)
    except MemoryError:
        yield {"error": "it needs too much memory"}
    except UnicodeError:
        yield {"error": "it is no text in UTF-8"}
    except (sqlite3.Error, sqlite3.Warning, HostError) as error:
        yield {"error": str(error) or type(error).__name__}


def _rows(found: sqlite3.Cursor, limit: int) -> Iterator[Any]:
    if not found.description:
        yield {"error": "it is no SELECT, and nothing else can be asked"}
        return
    yield [column[0] for column in found.description]
    for number, row in enumerate(found):
        if number == limit:
            yield {"more": True}
            return
        yield [_shown(value) for value in row]
    yield {"more": False}


def _readable(catalogue: Catalogue, own: Collection[str]) -> dict[str, set[str]]:
    """What may be read, by the database that it is in; of what a query defines itself, and of what
    it does not say the place of, SQLite names none."""
    kinds = {kind.table for kind in catalogue.kinds}
    found = {"": kinds | set(own), "temp": kinds}
    for known in catalogue.lists:
        found.setdefault(known.source, set()).add(known.about.kind)
    return found


def _authorizer(
    readable: Mapping[str, Collection[str]], views: Collection[str]
) -> Callable[..., int]:
    """What a query may do: read lists and what it defines itself, and call functions that touch
    nothing but their arguments. What a connector's own view reads and calls is its own affair."""

    def decide(
        action: int,
        first: str | None,
        second: str | None,
        database: str | None,
        within: str | None,
    ) -> int:
        if action in READS or (within or "").lower() in views:
            is_allowed = action in (*READS, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
        elif action == sqlite3.SQLITE_FUNCTION:
            is_allowed = (second or "").lower() in FUNCTIONS
        else:
            known = readable.get(database or "", ())
            is_allowed = action == sqlite3.SQLITE_READ and (first or "").lower() in known
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY

    return decide


def _names(connection: sqlite3.Connection, catalogue: Catalogue, *kinds: str) -> set[str]:
    """What the connectors' snapshots hold of these kinds; the lists are views, too."""
    return {
        name
        for source in catalogue.sources
        for name, kind in connection.execute(
            f'SELECT lower(name), type FROM "{source}".sqlite_master'
        )
        if kind in kinds
    }


def _names_given(sql: str) -> set[str]:
    """The names that a query gives to what it defines itself. SQLite says within which name
    something is read, and cannot tell such a one from a view."""
    tokens = [token for token in _TOKEN.findall(sql) if not token.startswith(("--", "/*"))]
    plain = (  # what stands in quotes is one word, whatever is in it
        _SIGN.sub("_", token[1:-1]) if token[0] in "\"[`'" and len(token) > 1 else token
        for token in tokens
    )
    return set(_GIVEN_A_NAME.findall(" ".join(plain).lower()))


def _confine(connection: sqlite3.Connection, deadline_s: float) -> None:
    """From here on: no more memory than this, no file, no process, no value without end; and an
    end of its own, should the parent be gone by then."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, LONGEST_SQL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, MOST_COLUMNS)
    for limit, most in (*LIMITS.items(), (resource.RLIMIT_CPU, math.ceil(deadline_s) + 1)):
        _, hard = resource.getrlimit(limit)
        is_free = hard == resource.RLIM_INFINITY
        resource.setrlimit(limit, (most if is_free else min(most, hard), hard))


def _shown(value: Any) -> Any:
    """What JSON can have: bytes as text, and no number that is none."""
    return None if isinstance(value, float) and not math.isfinite(value) else as_text(value)


if __name__ == "__main__":
    main()
