"""The commands on the twin itself."""

import os
import secrets
import sys

import click

from twin_host import shapes
from twin_host.cli import asking, changing, connectors, show, streams, syncing
from twin_host.cli.demo import demo
from twin_host.cli.events import events_command
from twin_host.cli.listen import LOOPBACK, listening, serve_on
from twin_host.cli.root import Root, echo_json, examples, json_option, optional, twin
from twin_host.cli.watch import watch_command
from twin_host.errors import UsageError
from twin_host.sif import Tier

TABLE_ROWS = 20
GAP_ROWS = 200


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twin-host")
def cli() -> None:
    """A security digital twin, fed by connectors.

    It lives in .twin here, or in the folder that TWIN_HOME names.

    \b
    Exit status: 0 done, 1 failed, 2 bad usage or configuration, 3 done in part.

    \b
    Examples:
      twin demo                       all of it against a simulated organisation
      twin connectors                 what can be connected
      twin configure NAME             then: twin test NAME, twin sync NAME
      twin explain KEY                who is behind a figure
    """


cli.add_command(
    connectors.PerConnector("configure", connectors.configure_command, "Set up a connector.")
)
cli.add_command(connectors.PerConnector("test", connectors.test_command, "Test a connection."))
cli.add_command(
    connectors.PerConnector("sync", syncing.sync_command, "Read a product into the twin.")
)
cli.add_command(
    connectors.PerConnector("enrich", connectors.enrich_command, "Run the intelligence loop again.")
)
cli.add_command(
    connectors.PerConnector("status", connectors.status_command, "How a connector stands.")
)
cli.add_command(
    connectors.PerConnector("watch", watch_command, "Follow a product and tell what changes.")
)
cli.add_command(asking.list_command)
cli.add_command(events_command)
cli.add_command(asking.show_command)
cli.add_command(asking.query_command)
cli.add_command(changing.changes_command)
cli.add_command(connectors.PerConnector("forget", connectors.forget_command, "Forget a connector."))
cli.add_command(demo)


@cli.command("connectors")
@json_option
def list_connectors(as_json: bool) -> None:  # noqa: FBT001
    """List the installed connectors, and those that cannot be used."""
    found, broken = twin().connectors(), twin().registry.broken
    if as_json:
        echo_json([*map(shapes.connector, found), *map(shapes.broken, broken)])
        return
    show.connectors(found)
    for each in found:
        for note in each.notes:
            show.line(f"{each.connector.info.name}: {note}", "yellow")
    for each in broken:
        show.line(f"{each.entry_point} ({each.distribution}) cannot be used: {each.reason}", "red")


@cli.command()
@json_option
@examples("twin facts", "twin facts --json")
def facts(as_json: bool) -> None:  # noqa: FBT001
    """Every figure, with its confidence and evidence."""
    with twin().moment() as now:
        found = now.facts()
        show.if_nothing_was_synced(now, as_json=as_json)
    if as_json:
        echo_json([shapes.fact(fact) for fact in found])
    else:
        show.facts(found)


@cli.command()
@click.argument("gap_id", required=False)
@click.option("--all", "closed_too", is_flag=True, help="Show the closed ones too.")
@click.option(
    "--limit", type=click.IntRange(1), default=None, help="At most so many people of a gap."
)
@json_option
@examples("twin gaps", "twin gaps GAP_ID", "twin gaps --all --json")
def gaps(
    gap_id: str | None,
    closed_too: bool,  # noqa: FBT001
    limit: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Weaknesses, worst first; or one of them, with the people in it."""
    with twin().moment() as now:
        found = now.gaps(gap_id, closed_too=closed_too)
        show.if_nothing_was_synced(now, as_json=as_json)
        if as_json:
            listed = (shapes.gap(gap, now.subjects(gap), limit=limit) for gap in found)
            echo_json(listed)
            return
        show.gaps(found)
        for gap in found if gap_id else ():
            show.line(gap.remedy)
            show.people(now.subjects(gap).first(limit or GAP_ROWS))
        show.not_read(now.unread() if now.was_ever_synced() else {})


@cli.command()
@json_option
def profile(as_json: bool) -> None:  # noqa: FBT001
    """The profile, as people and connectors wrote it."""
    text = twin().profile()
    if as_json:
        echo_json({"profile": text})
    else:
        streams.out(text.rstrip())


@cli.command()
@click.option(
    "--tier",
    type=click.Choice([tier.value for tier in Tier]),
    default="standard",
    show_default=True,
)
@json_option
@examples("twin sif --tier executive")
def sif(tier: str, as_json: bool) -> None:  # noqa: FBT001
    """The twin compiled for an AI assistant (SIF)."""
    with twin().moment() as now:
        text = now.sif(Tier(tier))
    if as_json:
        echo_json({"tier": tier, "sif": text})
    else:
        streams.out(text.rstrip())


@cli.command()
@click.argument("key")
@click.option("--limit", type=click.IntRange(1), default=None, help="At most so many people.")
@json_option
@examples("twin explain KEY", "twin explain KEY --json")
def explain(key: str, limit: int | None, as_json: bool) -> None:  # noqa: FBT001
    """What a figure means, how it was counted, and who is behind it."""
    with twin().moment() as now:
        found = now.explain(key)
        if as_json:
            shaped = (shapes.explanation(e.fact, e.subjects, limit=limit) for e in found)
            echo_json(next(shaped) if len(found) == 1 else shaped)
            return
        for each in found:
            show.explanation(each.fact, each.subjects.first(limit or TABLE_ROWS))


@cli.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=TABLE_ROWS, show_default=True)
@json_option
@examples('twin search "weak factor"', "twin search ada@example.com")
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Search everything in the twin."""
    with twin().moment() as now:
        hits = now.search(" ".join(words), limit=limit)
        show.if_nothing_was_synced(now, as_json=as_json)
    if as_json:
        echo_json([shapes.hit(hit) for hit in hits])
        return
    if not hits:
        show.line("Nothing found.")
    for hit in hits:
        show.line(f"{hit.kind} {hit.reference}: {hit.title}", "bold")
        if hit.excerpt:
            show.line(f"  {' '.join(hit.excerpt.split())}")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@examples("twin serve", "twin serve --port 9000")
def serve(host: str, port: int) -> None:
    """The twin's pages in a browser, on this machine only.

    Prints an address with a secret in it; nobody without it sees anything. Stop with Ctrl-C.
    """
    web = optional("twin_host.web", extra="web")
    session_secret = secrets.token_urlsafe(24)
    with listening(host, port) as (listener, address):
        streams.say(f"Open {address}/?token={session_secret}")
        port = listener.getsockname()[1]
        names = frozenset(f"{name}:{port}" for name in (*LOOPBACK, host))
        serve_on(listener, web.pages(twin(), session_secret, names))


@cli.command()
@click.option("--http", is_flag=True, help="Streamable HTTP instead of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True)
@examples("twin mcp", "twin mcp --http --port 8766")
def mcp(http: bool, host: str, port: int) -> None:  # noqa: FBT001
    """The twin as tools of an AI assistant (MCP).

    Over standard input and output, for an assistant that starts it; or over HTTP, where callers
    show the token that is printed at start, or that TWIN_MCP_TOKEN holds.
    """
    assistant = optional("twin_host.assistant", extra="mcp")
    if not http:
        if isinstance(sys.stdout, streams.Closed):
            raise UsageError(
                "An assistant talks over standard input and output, and one is closed."
            )
        assistant.assistant(twin()).run("stdio")
        return
    token = os.environ.get("TWIN_MCP_TOKEN") or secrets.token_urlsafe(24)
    with listening(host, port) as (listener, address):
        streams.say(f"Address: {address}/mcp\nHeader:  Authorization: Bearer {token}")
        app = assistant.over_http(twin(), token, host, listener.getsockname()[1])
        serve_on(listener, app)


@cli.command()
@click.argument("key")
@click.argument("value", required=False)
@click.option("--remove", is_flag=True, help="Take back what was declared of this key.")
@examples("twin declare KEY 100%", "twin declare KEY --remove")
def declare(key: str, value: str | None, remove: bool) -> None:  # noqa: FBT001
    """Say what you hold to be so; a verified figure that disagrees is shown as a contradiction."""
    if remove == bool(value):
        raise UsageError("Give a value to declare, or --remove to take it back.")
    if value is None:
        twin().take_back(key)
        streams.say(f"{key} is no longer declared.")
        return
    declared = twin().declare(key, value)
    streams.say(f"Declared {key}:{value}.")
    if not declared.is_known:
        likely = ", ".join(declared.likely) or "see twin facts"
        streams.say(f"No connector says anything of {key}: did you mean {likely}?")
