"""The command line: a simulated org on a loopback port."""

import threading
from typing import Any

import click

from okta_sandbox.api.app import Sandbox, create_app
from okta_sandbox.api.faults import FaultKind
from okta_sandbox.api.settings import Settings
from okta_sandbox.org.org import Org
from okta_sandbox.serving import serve

_EPILOG = """\b
Examples:
  okta-sandbox --users 2000 --seed 7 --port 8100
  okta-sandbox --users 50000 --plan enterprise --latency-s 0.25
  okta-sandbox --edition classic --other-load 0.4 --token-share 1 --window-s 6
  okta-sandbox --fault server-error:/api/v1/users/*/factors:0.05 --fault hang:/api/v1/logs
"""


def _faults(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> list[tuple[FaultKind, str, float | None]]:
    """Read `kind[:path[:probability]]`; without a probability the fault hits once."""
    return [_fault(text) for text in given]


def _fault(text: str) -> tuple[FaultKind, str, float | None]:
    kind, _, rest = text.partition(":")
    path, _, probability = rest.partition(":")
    try:
        return FaultKind(kind), path or "*", float(probability) if probability else None
    except ValueError:
        known = ", ".join(kind.value for kind in FaultKind)
        raise click.BadParameter(
            f"{text!r} is not KIND[:PATH[:PROBABILITY]]; kinds are {known}"
        ) from None


@click.command(epilog=_EPILOG, context_settings={"show_default": True, "max_content_width": 100})
@click.option("--users", default=2000, type=click.IntRange(1), help="How many accounts.")
@click.option("--groups", default=24, type=click.IntRange(4), help="How many groups.")
@click.option("--apps", default=40, type=click.IntRange(1), help="How many applications.")
@click.option(
    "--admins", default=12, type=click.IntRange(1), help="How many direct administrators."
)
@click.option("--seed", default=7, help="Another seed is another org; the same gives the same.")
@click.option(
    "--edition", default="identity-engine", type=click.Choice(["identity-engine", "classic"])
)
@click.option(
    "--plan",
    default="workforce",
    type=click.Choice(["workforce", "enterprise", "integrator"]),
    help="Whose published rate limits apply.",
)
@click.option("--variety", is_flag=True, help="Add whom and what a definition can go wrong on.")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", default=8100, help="The port to listen on; 0 picks a free one.")
@click.option(
    "--token-share",
    default=0.5,
    type=click.FloatRange(0, 1),
    help="The part of each bucket that one token may use.",
)
@click.option(
    "--window-s",
    default=60,
    type=click.IntRange(1),
    help="Length of a rate window; limits are per window.",
)
@click.option(
    "--latency-s", default=0.0, type=click.FloatRange(0), help="How long each answer takes."
)
@click.option(
    "--search-lag-s",
    default=0.0,
    type=click.FloatRange(0),
    help="How long a change to a user or device takes to show in a search.",
)
@click.option("--skew-s", default=0.0, help="How far the org's clock is ahead.")
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    help="Requests under way at once.  [default: the plan's]",
)
@click.option(
    "--other-load",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="The part of each bucket other clients use.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_faults,
    metavar="KIND[:PATH[:PROBABILITY]]",
    help="Something that goes wrong, once or with a probability. May be repeated.",
)
def main(**options: Any) -> None:
    """Serve a simulated Okta org; print its address, its API tokens and what to type next."""
    org = Org(**{name: options[name] for name in _ORG_OPTIONS})
    sandbox = create_app(org, Settings(**{name: options[name] for name in _SETTINGS}))
    for kind, path, probability in options["faults"]:
        if probability is None:
            sandbox.faults.add(kind, path)
        else:
            sandbox.faults.add(kind, path, times=None, probability=probability)
    try:
        with serve(sandbox, port=options["port"], host=options["host"]) as url:
            _announce(sandbox, url)
            threading.Event().wait()
    except OSError as error:
        raise click.ClickException(f"Port {options['port']} cannot be used: {error}") from None
    except KeyboardInterrupt:
        click.echo("\nStopped.")


_ORG_OPTIONS = ("users", "groups", "apps", "admins", "seed", "edition", "variety")
_SETTINGS = (
    "plan", "token_share", "window_s", "latency_s", "skew_s", "concurrency", "other_load",
    "search_lag_s",
)  # fmt: skip


def _announce(sandbox: Sandbox, url: str) -> None:
    org = sandbox.org
    click.echo(f"{org.name}: {org.people.size} users, {org.edition}, at {url}")
    click.echo("Tokens (Authorization: SSWS ...):")
    for token in sandbox.credentials.tokens:
        click.echo(f"  {token.name:<16} {token.secret}")
    click.echo(_NEXT.format(token=sandbox.token(), url=url))


_NEXT = """
To read it, type in another terminal (a twin of its own; yours is not touched):
  export TWIN_HOME=sandbox-twin
  echo {token} | twin configure okta --domain {url} --allow-loopback-http --token-stdin
  twin test okta
  twin sync okta --hours-back 168

Stop with Ctrl-C."""
