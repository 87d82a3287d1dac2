"""The commands that ask the twin about anyone and anything: list, show and query."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import click

from twin_host import shapes
from twin_host.asking.catalogue import Catalogue
from twin_host.asking.csv_text import csv_lines
from twin_host.asking.query import DEADLINE_S, MOST_ROWS, ask
from twin_host.asking.rows import Question, Row
from twin_host.asking.things import Thing
from twin_host.cli import show, streams
from twin_host.cli.root import echo_json, examples, is_terminal, json_option, twin
from twin_host.errors import HostError, UsageError
from twin_host.moment import Moment

TABLE_ROWS = 50
PART_ROWS = 20


def _kinds(context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """For the shell's completion."""
    return [kind.table for kind in _catalogue(context).kinds if kind.table.startswith(start)]


def _columns(context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """The columns of the kind that was typed; after a comma the next one."""
    before, comma, last = start.rpartition(",")
    kind = context.params.get("kind") or next(iter(context.args), "")  # an option is unfinished
    kinds = {found.table: found for found in _catalogue(context).kinds}
    names = kinds[kind].names if kind in kinds else []
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


def _catalogue(context: click.Context) -> Catalogue:
    """What can be asked; nothing while the twin cannot be read: a shell is no place to say so."""
    try:
        with context.scope(cleanup=False), twin().moment() as now:
            return now.catalogue
    except HostError:
        return Catalogue(())


csv_option = click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values on stdout.")


@click.command("list")
@click.argument("kind", shell_complete=_kinds)
@click.option(
    "--where", "where", multiple=True, metavar="CONDITION", shell_complete=_columns,
    help='Only those: "column op value" with = != < <= > >= ~ (contains) in; all must hold.',
)  # fmt: skip
@click.option("--columns", metavar="A,B", shell_complete=_columns, help="These columns only.")
@click.option(
    "--sort", metavar="COLUMN", shell_complete=_columns, help="By this; -COLUMN the largest first."
)
@click.option(
    "--limit", type=click.IntRange(1), help=f"At most so many; a table shows {TABLE_ROWS}."
)
@click.option("--count", "only_count", is_flag=True, help="Only how many there are.")
@csv_option
@json_option
@examples(
    'twin list users --where "status = ACTIVE" --where "last_login < 90d"',
    "twin list administrators --where \"strength != phishing-resistant\" --sort tier",
    "twin list apps --where \"assigned_users = 0\" --columns id,label",
    "twin list users --csv",
)  # fmt: skip
def list_command(  # noqa: PLR0913  one for each option
    *,
    kind: str,
    where: tuple[str, ...],
    columns: str | None,
    sort: str | None,
    limit: int | None,
    only_count: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """What the twin knows, row by row: people, factors, apps, roles, rules and more.

    A time is 2026-01-31, 2026-01-31T12:00Z, or how long ago as 7d or 24h; yes and no are words, and
    null is what is not known.
    """
    with twin().moment() as now:
        chosen = [name.strip() for name in columns.split(",")] if columns else []
        asked = now.question(kind, where=where, columns=chosen, sort=sort or "")
        if only_count:
            streams.out(str(now.asker.count(asked)))
        elif as_json:
            echo_json(now.asker.rows(asked, limit=limit))
        elif as_csv:
            _out_csv(asked.selected, (row.values() for row in now.asker.rows(asked, limit=limit)))
        else:
            _table(now, asked, limit or TABLE_ROWS)
        for note in asked.kind.notes:
            streams.say(f"Not everything was read: {note}")


def _table(now: Moment, asked: Question, limit: int) -> None:
    columns = list(asked.columns or asked.kind.about.shown)
    rows = list(now.asker.rows(asked, limit=limit + 1))
    show.rows(columns, rows[:limit])
    if not rows:
        streams.say("None.")
    if len(rows) > limit:
        streams.say(f"… and more, {now.asker.count(asked)} in all: see --limit, --json or --csv.")


@click.command("show")
@click.argument("what")
@click.option("--limit", type=click.IntRange(1), help=f"At most so many a section ({PART_ROWS}).")
@json_option
@examples("twin show alice@example.com", "twin show Salesforce", "twin show 00u1a2b3 --json")
def show_command(what: str, limit: int | None, as_json: bool) -> None:  # noqa: FBT001
    """One person or thing, with all that belongs to it.

    WHAT is an id, an e-mail address, a login or a name, or its beginning.
    """
    with twin().moment() as now:
        thing = _chosen(what, now.things.meant(what))
        if as_json:
            echo_json(shapes.thing(thing, now, limit=limit))
        else:
            _show(now, thing, limit or PART_ROWS)
        for note in thing.known.about.notes:
            streams.say(f"Not everything was read: {note}")


def _chosen(what: str, found: Sequence[Thing]) -> Thing:
    """The one that was meant: asked for on a terminal where several fit."""
    if len(found) == 1:
        return found[0]
    for number, thing in enumerate(found, 1):
        streams.say(f"{number:>3}  {thing.known.about.thing} {thing.label}  ({thing.id})")
    if not is_terminal():
        raise UsageError(f"{what!r} means {len(found)} things: name one by its id.")
    number = click.prompt("Which", type=click.IntRange(1, len(found)), err=True)
    return found[number - 1]


def _show(now: Moment, thing: Thing, limit: int) -> None:
    show.line(f"{thing.label}  ({thing.known.about.thing} of {thing.known.source})", "bold")
    show.values({name: value for name, value in thing.row.items() if value not in (None, "")})
    for title, columns, rows in _sections(now, thing):
        shown = list(islice(rows, limit + 1))
        if shown:
            show.heading(title)
            show.rows(columns, shown[:limit])
        if len(shown) > limit:
            show.line("… and more: see --limit.", "dim")


def _sections(now: Moment, thing: Thing) -> Iterator[tuple[str, list[str], Iterable[Row]]]:
    elsewhere = [shapes.account(other) for other in now.things.same_elsewhere(thing)]
    yield "The same person elsewhere", ["source", "label", "status"], elsewhere
    gaps = [shapes.gap_of_thing(gap) for gap in now.gaps_of(thing)]
    yield "Gaps", ["id", "severity", "title"], gaps
    for part in now.things.parts(thing):
        yield part.part.title, part.columns, now.asker.rows(part.question)


@click.command("query")
@click.argument("sql", required=False)
@click.option("--schema", is_flag=True, help="Every list with its columns, and what they mean.")
@click.option("--limit", type=click.IntRange(1), default=MOST_ROWS, show_default=True)
@click.option(
    "--deadline-s", type=click.FloatRange(0.1, 600), default=DEADLINE_S, show_default=True,
    help="How long it may take, in seconds.",
)  # fmt: skip
@csv_option
@json_option
@examples(
    'twin query "SELECT department, count(*) AS n FROM users GROUP BY department"',
    "twin query --schema",
)
def query_command(
    *,
    sql: str | None,
    schema: bool,
    limit: int,
    deadline_s: float,
    as_csv: bool,
    as_json: bool,
) -> None:
    """One SELECT over every list of the twin; it can only read."""
    with twin().moment() as now:
        catalogue, folder = now.catalogue, now.folder
    if schema:
        _schema(shapes.schema(catalogue), as_json=as_json)
        return
    if not sql:
        raise UsageError("What is asked? Give a SELECT, or --schema for what there is.")
    answer = ask(sql, catalogue, folder, limit=limit, deadline_s=deadline_s)
    if as_json:
        echo_json(list(answer.rows))
    elif as_csv:
        _out_csv(answer.columns, (row.values() for row in answer.rows))
    else:
        show.rows(list(answer.columns), answer.rows)
    if answer.more:
        streams.say(f"Only the first {limit} rows: see --limit.")


def _schema(lists: Sequence[shapes.Json], *, as_json: bool) -> None:
    if as_json:
        echo_json(lists)
        return
    for found in lists:
        show.heading(f"{found['kind']} ({', '.join(found['sources'])})")
        show.line(found["meaning"])
        show.rows(["name", "type", "meaning"], found["columns"])


def _out_csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    for line in csv_lines(columns, rows):
        streams.out(line)
