"""The forms of a connector, made from its manifest, and what a person typed into them."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen
from starlette.datastructures import FormData

from twin_host.contract import ConfigField, ConnectorInfo, OptionValue, Problem, Secret, SyncOption
from twin_host.errors import UsageError
from twin_host.twin import as_typed


@frozen
class Input:
    """One field as it stands: its `value` as text (never a secret's), and what is wrong with it.

    `kept` says where a secret is. `decides` is set when other fields depend on this one.
    """

    field: ConfigField
    value: str
    kept: str = ""
    problem: str = ""
    decides: bool = False

    @property
    def is_shown_first(self) -> bool:
        """Whether it stands above the fold."""
        return not self.field.advanced or self.decides


@frozen
class Typed:
    """What came with a form: secrets are wrapped, and only what was filled in is there."""

    values: dict[str, str]
    secrets: dict[str, Secret] = field(repr=False)


def inputs(
    info: ConnectorInfo,
    config: Mapping[str, Any],
    kept: Mapping[str, str],
    *,
    typed: Mapping[str, str] | None = None,
    problems: Iterable[Problem] = (),
) -> list[Input]:
    """The fields of Step 1. After a rejected try, with what was `typed` and the `problems`."""
    wrong = {problem.field: problem.message for problem in problems}
    deciding = {name for setting in info.fields for name in setting.when}
    return [
        Input(
            setting,
            _value(setting, config, typed or {}),
            kept.get(setting.name, ""),
            wrong.get(setting.name, ""),
            setting.name in deciding,
        )
        for setting in info.fields
    ]


def typed_settings(form: FormData, info: ConnectorInfo, config: Mapping[str, Any]) -> Typed:
    """What a person typed into Step 1. An empty secret stays as it is; an empty text that was
    never set is left to the manifest's default."""
    values: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    for setting in info.fields:
        text = str(form.get(setting.name, "")).strip()
        if setting.kind == "secret":
            if text:
                secrets[setting.name] = Secret(text)
        elif setting.kind == "boolean":
            values[setting.name] = "true" if text else "false"
        elif text or setting.name in config:
            values[setting.name] = text.replace("\r\n", "\n")
    return Typed(values, secrets)


def chosen_options(form: FormData, options: Iterable[SyncOption]) -> dict[str, OptionValue]:
    """What a person chose in Step 3. Raises UsageError for a number that is none."""
    chosen: dict[str, OptionValue] = {}
    for option in options:
        text = str(form.get(option.name, "")).strip()
        if option.type == "boolean":
            chosen[option.name] = bool(text)
        elif text:
            if not (text.isascii() and text.isdecimal() and len(text) < 10):
                raise UsageError(f"{option.name} must be a whole number, not {text[:20]!r}.")
            chosen[option.name] = int(text)
    return chosen


def _value(setting: ConfigField, config: Mapping[str, Any], typed: Mapping[str, str]) -> str:
    if setting.kind == "secret":
        return ""
    if setting.name in typed:
        return typed[setting.name]
    value = config.get(setting.name, setting.default)
    return "" if value is None else as_typed(value)
