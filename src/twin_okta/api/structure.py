"""From Okta's JSON to models: leniently, record by record."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import cattrs
from attrs import fields as attrs_fields
from attrs import frozen
from cattrs.gen import make_dict_structure_fn, override
from cattrs.preconf.orjson import make_converter

from twin_okta.api.models import MODELS

Model = TypeVar("Model")
NO_ID = "(no id)"
WRITTEN_OTHERWISE = {"resource_set": "resource-set", "application_type": "application_type"}
"""The names that Okta does not write in camel case."""


@frozen
class Unreadable:
    """A record that could not be understood: its id as far as it has one, and why."""

    id: str
    reason: str


def structure(records: list[Any], model: type[Model]) -> tuple[list[Model], list[Unreadable]]:
    """Records as models, and beside them those that are not: one bad one never costs the rest."""
    good: list[Model] = []
    bad: list[Unreadable] = []
    for record in records:
        try:
            good.append(_converter.structure(record, model))
        except (
            cattrs.BaseValidationError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as error:
            bad.append(Unreadable(_id_of(record), type(error).__name__))
    return good, bad


def _id_of(record: Any) -> str:
    if not isinstance(record, dict):
        return NO_ID
    return str(record.get("id") or record.get("uuid") or NO_ID)[:100]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _text(value: Any, _type: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise TypeError(f"text expected, not {type(value).__name__}")


def _moment(value: Any, _type: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _okta_name(name: str) -> str:
    """`last_login` as `lastLogin`."""
    if name in WRITTEN_OTHERWISE:
        return WRITTEN_OTHERWISE[name]
    first, *rest = name.lstrip("_").split("_")
    return ("_" if name.startswith("_") else "") + first + "".join(map(str.capitalize, rest))


def _make_converter() -> cattrs.Converter:
    """A lenient converter: JSON null counts as absent where a field has a default of its own."""
    converter = make_converter(detailed_validation=False, prefer_attrib_converters=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(datetime, _moment)
    for model in MODELS:
        renames: dict[str, Any] = {
            a.name: override(rename=_okta_name(a.name)) for a in attrs_fields(model)
        }
        structure_fn: Callable[[Any, Any], Any] = make_dict_structure_fn(
            model, converter, **renames
        )
        converter.register_structure_hook(model, _without_nulls(structure_fn))
    return converter


def _without_nulls(structure_fn: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError("an object expected")
        present: dict[str, Any] = {k: v for k, v in value.items() if v is not None}  # pyright: ignore[reportUnknownVariableType]
        return structure_fn(present, kind)

    return hook


_converter = _make_converter()
