"""Commands on one connector, made from its manifest: `twin configure NAME`, `sync NAME`, …"""

import sys
from collections.abc import Callable
from typing import Any

import click

from twin_host import shapes
from twin_host.cli import ask, show, streams
from twin_host.cli.root import (
    DONE_IN_PART,
    echo_json,
    examples,
    is_terminal,
    json_option,
    twin,
)
from twin_host.cli.syncing import telling
from twin_host.contract import (
    ConfigField,
    ConnectorInfo,
    FieldKind,
)
from twin_host.errors import UsageError
from twin_host.forget import Parts, forget
from twin_host.known import iso
from twin_host.medium import flag, for_the_command_line
from twin_host.registry import Connector
from twin_host.secrets import SecretStore
from twin_host.status import Status
from twin_host.twin import InvalidSettings, as_typed

KEEP_ENVIRONMENT = (
    "Keep the secret that an environment variable holds, too; else it is used where it is set, and "
    "never written down."
)

Maker = Callable[[Connector], click.Command]


class PerConnector(click.Group):
    """A command whose subcommands are the installed connectors."""

    def __init__(self, name: str, make: Maker, help: str) -> None:  # noqa: A002  click's word
        super().__init__(name, help=help, short_help=help.split("\n", maxsplit=1)[0])
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(twin().registry.connectors)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:  # noqa: ARG002
        return self._make(twin().registry.get(cmd_name))


# --- configure --------------------------------------------------------------------------------


def configure_command(connector: Connector) -> click.Command:
    """`twin configure NAME`, with a flag for each setting that is no secret."""
    name, title = connector.info.name, connector.info.title

    @examples(*_configure_examples(connector))
    def configure(*, store_secret: bool = False, **given: Any) -> None:
        secret_fields = [field for field in connector.info.fields if field.kind == "secret"]
        from_stdin = [f.name for f in secret_fields if given.pop(f"{f.name}_stdin")]
        if len(from_stdin) > 1:
            raise UsageError("Standard input can bring one secret at a time.")
        values = {n: as_typed(_listed(it)) for n, it in given.items() if _is_named(it)}
        store = SecretStore(twin().home, connector.info)
        values |= ask.missing_values(connector.info, twin().home.config(name) or {}, values)
        secrets = ask.secrets_for(
            store,
            values,
            from_stdin=next(iter(from_stdin), None),
            anew=twin().to_give_anew(name, values),
            keep_environment=store_secret,
        )
        try:
            kept = twin().configure(name, values, secrets)
        except InvalidSettings as invalid:
            raise UsageError(_each_with_its_flag(connector.info, invalid)) from invalid
        for secret, where in kept.items():
            streams.say(f"{secret}: kept in {where}.")
        streams.say(f"{title} is configured. Next: twin test {name}")

    configure.__doc__ = f"Set up {title}. Settings that are not named stay as they are.\n" + (
        configure.__doc__ or ""
    ).removeprefix("None")
    options: list[click.Parameter] = [
        option for field in connector.info.fields for option in _field_options(field)
    ]
    if any(field.kind is FieldKind.SECRET and field.env for field in connector.info.fields):
        options.append(click.Option(["--store-secret"], is_flag=True, help=KEEP_ENVIRONMENT))
    return click.Command(name, callback=configure, params=options, help=configure.__doc__)


def _each_with_its_flag(info: ConnectorInfo, invalid: InvalidSettings) -> str:
    """What is wrong, a line for each field, and how a secret is given here."""
    secrets = {field.name: field for field in info.fields if field.kind is FieldKind.SECRET}
    lines: list[str] = []
    for problem in invalid.problems:
        line = f"{problem.field}: {for_the_command_line(info, problem.message)}"
        if secret := secrets.get(problem.field):
            variable = f"{secret.env}, or " if secret.env else ""
            line += f" It comes from {variable}standard input ({flag(secret)}-stdin)."
        lines.append(line)
    return "\n".join(lines)


def _configure_examples(connector: Connector) -> list[str]:
    name = connector.info.name
    plain = [f for f in connector.info.fields if f.required and f.kind != "secret" and not f.when]
    flags = " ".join(f"{flag(f)} {f.example}" for f in plain)
    secret = next((f for f in connector.info.fields if f.kind == "secret" and f.env), None)
    lines = [f"twin configure {name} {flags}".strip()]
    if secret:
        lines.append(f"printenv MY_SECRET | {lines[0]} {flag(secret)}-stdin")
    return lines


def _field_options(field: ConfigField) -> list[click.Option]:
    name, text = flag(field), field.help + (f" Default: {field.default}." if field.default else "")
    if field.kind == "secret":
        text = f"Read the {field.title} from standard input. {field.help}"
        source = f" The variable {field.env} wins over what is kept." if field.env else ""
        return [click.Option([f"{name}-stdin"], is_flag=True, help=text + source)]
    if field.kind == "boolean":
        return [click.Option([f"{name}/--no-{name[2:]}"], default=None, help=text)]
    if field.kind == "list":
        return [click.Option([name], multiple=True, help=f"{text} May be given several times.")]
    kind = click.Choice(field.choices) if field.choices else click.STRING
    return [click.Option([name], type=kind, help=text)]


def _is_named(value: Any) -> bool:
    return value is not None and value != ()


def _listed(value: Any) -> Any:
    """Click gives an option that may be named several times as a tuple."""
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


# --- test -------------------------------------------------------------------------------------


def test_command(connector: Connector) -> click.Command:
    """`twin test NAME`."""

    @click.command(connector.info.name, help=f"Test the connection to {connector.info.title}.")
    @json_option
    def test(as_json: bool) -> None:  # noqa: FBT001  click passes it so
        report = twin().test(connector.info.name)
        if as_json:
            echo_json(shapes.connection(report))
        elif report.ok:
            show.connection(report)
        if not report.ok:
            streams.say(f"Error: {report.error}")
            sys.exit(1)

    return test


# --- enrich, status ---------------------------------------------------------------------------


def enrich_command(connector: Connector) -> click.Command:
    """`twin enrich NAME`."""
    text = f"Run the intelligence loop again on what was read of {connector.info.title}."

    @click.command(connector.info.name, help=text)
    @json_option
    def enrich(as_json: bool) -> None:  # noqa: FBT001
        ingested = twin().enrich(connector.info.name)
        if as_json:
            echo_json(shapes.ingested(ingested))
        else:
            streams.out(
                f"{ingested.facts} facts, {ingested.open_gaps} open gaps, "
                f"{ingested.new_events} new events."
            )

    return enrich


def status_command(connector: Connector) -> click.Command:
    """`twin status NAME`."""
    text = f"Settings, last sync and headline facts of {connector.info.title}."

    @click.command(connector.info.name, help=text)
    @json_option
    def status(as_json: bool) -> None:  # noqa: FBT001
        found = twin().status(connector.info.name)
        if as_json:
            echo_json(shapes.status(found))
        else:
            show_status(found)
        if found.stale:
            streams.say(
                f"{len(found.stale)} figures are too old to be called verified: sync again, and "
                "see why nothing has."
            )
            sys.exit(DONE_IN_PART)

    return status


def show_status(found: Status) -> None:
    """How a connector stands."""
    configured = "not configured" if found.config is None else "configured"
    show.line(f"{found.connector.info.title}: {configured}")
    for name, value in (found.config or {}).items():
        show.line(f"  {name}: {value}")
    for name, where in found.secrets.items():
        show.line(f"  {name}: {where or 'missing'}")
    if found.syncing:
        show.line(f"A sync is running ({found.syncing}).", "yellow")
    if last := found.last_sync:
        show.line(f"Last sync: {iso(last.ended_at)}, {last.status}")
        show.datasets(last.report)
        if behind := show.due(last.report):
            show.line(behind, "yellow")
    else:
        show.line("Never synced.")
    show.facts(telling(found.facts))


# --- forget -----------------------------------------------------------------------------------


def forget_command(connector: Connector) -> click.Command:
    """`twin forget NAME`: each part asked for on a terminal, and named by a flag elsewhere."""
    name, title = connector.info.name, connector.info.title
    parts = {
        "settings": f"the settings of {title}",
        "secrets": "the secrets that are kept for it",
        "data": "all that was read of it: the snapshot, figures, gaps, events and their history",
    }

    @examples(f"twin forget {name}", f"twin forget {name} --settings --secrets --data")
    def forget_it(**named: bool) -> None:
        if any(named.values()):
            chosen = named
        elif is_terminal():
            chosen = {
                part: click.confirm(f"Forget {what}?", err=True) for part, what in parts.items()
            }
        else:
            raise UsageError("Say what is to be forgotten: --settings, --secrets, --data.")
        forget(twin().home, connector, Parts(**chosen))
        gone = [part for part, is_chosen in chosen.items() if is_chosen]
        streams.say(f"Forgotten: {', '.join(gone)}." if gone else "Nothing was forgotten.")

    forget_it.__doc__ = f"Forget {title}, or a part of it, for good.\n" + (forget_it.__doc__ or "")
    command = click.command(name)(forget_it)
    for part, what in reversed(parts.items()):
        command = click.option(f"--{part}", is_flag=True, help=f"Forget {what}.")(command)
    return command
