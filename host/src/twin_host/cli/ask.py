"""Getting settings and secrets from a person, a pipe or the environment; never from a flag."""

import os
import select
import stat
import sys
from collections.abc import Collection, Mapping
from typing import Any

import click

from twin_host.cli.root import is_terminal
from twin_host.contract import ConfigField, ConnectorInfo, FieldKind, Secret
from twin_host.secrets import SecretStore
from twin_host.twin import applies, defaults

PIPE_WAIT_S = 0.3
"""How long a pipe may take to bring a secret that nobody announced."""
LONGEST_SECRET = 64 * 1024


def secrets_for(
    store: SecretStore,
    values: Mapping[str, str],
    *,
    from_stdin: str | None,
    anew: Collection[str],
    keep_environment: bool,
) -> dict[str, Secret]:
    """The secrets that this `configure` brings: those read now, those in `anew` asked again though
    one is kept, and those of the environment only with `keep_environment`."""
    found: dict[str, Secret] = {}
    for wanted in store.info.fields:
        if wanted.kind is not FieldKind.SECRET:
            continue
        if wanted.name == from_stdin:
            secret = Secret(sys.stdin.read().strip())
        elif in_environment := store.from_environment(wanted.name):
            secret = in_environment if keep_environment else None
        elif store.stored(wanted.name) and wanted.name not in anew:
            secret = None
        else:
            secret = _asked(wanted, store, values)
        if secret:
            found[wanted.name] = secret
    return found


def missing_values(
    info: ConnectorInfo, present: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, str]:
    """Ask on a terminal for the plain settings that are still missing."""
    if not is_terminal():
        return {}
    asked: dict[str, str] = {}
    for wanted in info.fields:
        known = wanted.name in present or wanted.name in values
        if wanted.kind is FieldKind.SECRET or wanted.advanced or known:
            continue
        if applies(wanted, {**defaults(info), **present, **values, **asked}):
            asked[wanted.name] = _ask(wanted)
    return asked


def _asked(wanted: ConfigField, store: SecretStore, values: Mapping[str, str]) -> Secret | None:
    settings = {**defaults(store.info), **(store.home.config(store.info.name) or {}), **values}
    if not wanted.required or not applies(wanted, settings):
        return None
    if is_terminal():
        return Secret(click.prompt(wanted.title, hide_input=True, err=True).strip())
    return _from_pipe()


def _from_pipe() -> Secret | None:
    """What a pipe or file on standard input holds at once; nothing is waited for."""
    try:
        handle = sys.stdin.fileno()
        kind = os.fstat(handle).st_mode
    except (OSError, ValueError, AttributeError):
        return None
    if not (stat.S_ISFIFO(kind) or stat.S_ISREG(kind) or stat.S_ISSOCK(kind)):
        return None
    if not select.select([handle], [], [], PIPE_WAIT_S)[0]:
        return None
    text = os.read(handle, LONGEST_SECRET).decode(errors="replace").strip()
    return Secret(text) if text else None


def _ask(wanted: ConfigField) -> str:
    hint = f" ({wanted.help})" if wanted.help else ""
    example = f", for example {wanted.example}" if wanted.example else ""
    default = "" if not wanted.required else None
    return click.prompt(
        f"{wanted.title}{hint}{example}", default=default, show_default=False, err=True
    )
