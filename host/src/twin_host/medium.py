"""The names of settings and options in a sentence, as each medium calls them.

A connector writes `name` in backticks for one of its own settings or options. The command line has
flags, a page has titles, and everywhere else the name itself is understood.
"""

import re
from collections.abc import Callable

from twin_host.contract import ConfigField, ConnectorInfo, SyncOption

_NAMED = re.compile(r"`([a-z][a-z0-9_]*)`")


def flag(named: ConfigField | SyncOption) -> str:
    """What the command line calls it."""
    name = "--" + named.name.replace("_", "-")
    is_switch = isinstance(named, SyncOption) and named.type == "boolean"
    return name.replace("--sync-", "--") if is_switch else name


def for_the_command_line(info: ConnectorInfo, sentence: str) -> str:
    """The sentence with flags."""
    return _with_names(info, sentence, flag)


def for_a_page(info: ConnectorInfo, sentence: str) -> str:
    """The sentence with titles."""
    return _with_names(info, sentence, lambda named: f"“{named.title or named.name}”")


def _with_names(
    info: ConnectorInfo, sentence: str, call: Callable[[ConfigField | SyncOption], str]
) -> str:
    known = {named.name: named for named in (*info.fields, *info.options)}
    return _NAMED.sub(
        lambda found: call(known[found[1]]) if found[1] in known else found[0], sentence
    )
