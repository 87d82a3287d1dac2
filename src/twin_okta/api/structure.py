"""From Okta's JSON to models: leniently, record by record.

Any attrs class is a model. What is odd in a record costs that record and says which field and why;
what is no list at all is an unreadable answer, never an empty one.
"""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, get_args, get_origin

import attrs
import cattrs
import orjson
from attrs import frozen
from cattrs.cols import list_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from twin_okta.api.errors import UnreadableAnswer
from twin_okta.api.models import NULL_TELLS, Id, Time, Word

Model = TypeVar("Model")
NO_ID = "(no id)"
WRITTEN_OTHERWISE = {"resource_set": "resource-set", "application_type": "application_type"}
"""The names that Okta does not write in camel case."""
WORDS = {str: "text", int: "a whole number", bool: "true or false", Id: "an id", Word: "text",
         Time: "a time", list: "a list"}  # fmt: skip
"""What a field should have been, for a person."""
LARGEST = 2**63 - 1
"""What SQLite can store; nothing that Okta counts comes near it."""
LONGEST_REASON = 200
LONGEST_TEXT = 2000

AN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
"""What may stand in an address and in a filter, whoever sent it; longer than any id of Okta's."""


@frozen
class Unreadable:
    """A record that could not be understood: its id as far as it has one, and why."""

    id: str
    reason: str


def structure(records: Any, model: type[Model]) -> tuple[list[Model], list[Unreadable]]:
    """Records as models, and beside them those that are not: one bad one never costs the rest.

    Raises UnreadableAnswer when `records` is no list.
    """
    if not isinstance(records, list):
        raise UnreadableAnswer(
            f"Okta's answer is {json_kind(records)} where a list of {model.__name__} belongs."
        )
    records = cast("list[Any]", records)
    shallow = _is_shallow(records)
    good: list[Model] = []
    bad: list[Unreadable] = []
    for record in records:
        if not (shallow or _is_shallow(record)):
            bad.append(Unreadable(_id_of(record), "nested too deeply"))
            continue
        try:
            good.append(_quick.structure(record, model))
        except (ValueError, TypeError, KeyError):
            bad.append(Unreadable(_id_of(record), _why(record, model)))
    return good, bad


def json_kind(value: Any) -> str:
    """What a JSON value is, with its article."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "text"
    return (
        "nothing" if value is None else "true or false" if isinstance(value, bool) else "a number"
    )


def _is_shallow(value: Any) -> bool:
    """Whether it can be written as JSON again, and walked through: 250 levels deep at most."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def _id_of(record: Any) -> str:
    fields = cast("dict[str, Any]", record) if isinstance(record, dict) else {}
    name = fields.get("id") or fields.get("uuid")
    if not isinstance(name, str | int):
        return NO_ID
    return "".join(c for c in str(name)[:200] if c.isprintable())[:100] or NO_ID


def _why(record: Any, model: type[Any]) -> str:
    """One line: what is wrong and where, in Okta's names and without the value."""
    try:
        _explaining.structure(record, model)
    except (cattrs.BaseValidationError, ValueError, TypeError, KeyError) as error:
        kind = None if isinstance(error, cattrs.BaseValidationError) else model
        first = cattrs.transform_error(error, "$", _expected) if kind is None else []
        what, _, path = (first[0] if first else f"{_expected(error, kind)} @ $").rpartition(" @ ")
        return f"{what} @ {'.'.join(map(_okta_name, path.split('.')))}"[:LONGEST_REASON]
    return "could be read only at a second try"


def _expected(error: BaseException, kind: type[Any] | None) -> str:
    if isinstance(error, KeyError):
        return "required field missing"
    plain: Any = get_origin(kind) or kind
    arguments = [a for a in get_args(kind) if a is not type(None)]
    if plain not in WORDS and arguments:
        plain = get_origin(arguments[0]) or arguments[0]
    return f"invalid value for type, expected {WORDS.get(plain, 'an object')}"


def _text(value: Any, _type: Any) -> str:
    """A number is no text: nobody has the status 7. What is far too long is cut."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    raise TypeError


def _word(value: Any, _type: Any) -> str:
    if isinstance(value, str) and value:
        return value[:LONGEST_TEXT]
    raise TypeError


def _an_id(value: Any, _type: Any) -> str:
    if isinstance(value, str) and AN_ID.fullmatch(value):
        return value
    raise ValueError


def _whole_number(value: Any, _type: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not abs(value) <= LARGEST or value != int(value):
        raise ValueError
    return int(value)


def _flag(value: Any, _type: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError


def _time(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    moment = datetime.fromisoformat(value)
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError from None
    if len(value) == 24 and (value[4], value[10], value[19], value[23]) == ("-", "T", ".", "Z"):
        return value  # as Okta writes it
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _okta_name(name: str) -> str:
    """`last_login` as `lastLogin`."""
    if name in WRITTEN_OTHERWISE:
        return WRITTEN_OTHERWISE[name]
    first, *rest = name.lstrip("_").split("_")
    return ("_" if name.startswith("_") else "") + first + "".join(map(str.capitalize, rest))


def _of_class(model: type[Any], converter: cattrs.BaseConverter) -> Any:
    """How one model is read: null counts as absent, so that a field's own default stands, but
    where null says something."""
    telling = {_okta_name(a.name) for a in attrs.fields(model) if a.metadata.get(NULL_TELLS)}
    renames: dict[str, Any] = {
        a.name: override(rename=_okta_name(a.name)) for a in attrs.fields(model)
    }
    read: Any = make_dict_structure_fn(model, cast("cattrs.Converter", converter), **renames)

    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError
        present: dict[str, Any] = {k: v for k, v in value.items() if v is not None or k in telling}  # pyright: ignore[reportUnknownVariableType]
        return read(present, kind)

    return hook


def _of_list(kind: Any, converter: cattrs.BaseConverter) -> Any:
    """A list is a list: neither the letters of a text nor the names of an object."""
    read: Any = list_structure_factory(kind, cast("cattrs.Converter", converter))

    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError
        return read(value, kind)

    return hook


def _object(value: Any, _type: Any) -> dict[str, Any]:
    """An object of many shapes, kept as it is."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise TypeError


def _converter(*, explaining: bool) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=explaining)
    hooks: dict[Any, Any] = {
        str: _text, Word: _word, int: _whole_number, bool: _flag,
        Id: _an_id, Time: _time,
    }  # fmt: skip
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(lambda kind: get_origin(kind) is list)(_of_list)
    converter.register_structure_hook_func(lambda kind: get_origin(kind) is dict, _object)
    converter.register_structure_hook_factory(attrs.has)(_of_class)
    return converter


_quick, _explaining = _converter(explaining=False), _converter(explaining=True)
"""One reads; the other, twice as slow, reads again what the first could not, to say why."""
