"""Whether a value is what its annotation says, all the way down; if not, where and why.

A check is made once from the annotation and the attrs classes in it, so that a new field of the
contract is checked without a line here. Nothing is converted: a connector hears what is wrong.
"""

import math
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import evolve, frozen

from twin_host.border.rules import RULES
from twin_host.contract.values import LONGEST_TEXT, AtLeast, Like, Longest

LARGEST_INT = 2**63
"""What SQLite and JSON readers hold."""
MOST_NAMED = 12
"""Of the words that would be right so many are told."""

_shortened = reprlib.Repr()
_shortened.maxstring = _shortened.maxother = 60


@frozen
class Check:
    """`takes` a value of its kind, which is `what`; `fault` is what is wrong with one, beginning
    with the path to it (`[3].key is 'a b', not one word`), or empty."""

    what: str
    takes: Callable[[Any], bool]
    fault: Callable[[Any], str] = lambda _value: ""

    def __call__(self, value: object) -> str:
        """What is wrong with a value of any kind."""
        return self.fault(value) if self.takes(value) else f" is {shown(value)}, not {self.what}"


def shown(value: object) -> str:
    """A value in a sentence, whatever its class does when asked."""
    try:
        return _shortened.repr(value)
    except Exception:  # noqa: BLE001  a connector's own __repr__
        return f"a {type(value).__name__}"


@cache
def check_of(hint: Any) -> Check:
    """The check of an annotation. Raises TypeError for one that no contract may use."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if attrs.has(hint):
        return _class_check(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        values = [str(member.value) for member in hint]
        more = ["…"] if len(values) > MOST_NAMED else []
        members = ", ".join([*values[:MOST_NAMED], *more])
        return Check(f"{hint.__name__} ({members})", lambda value: isinstance(value, hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _ruled(check_of(arguments[0]), arguments[1:])
    if origin in (Union, UnionType):
        return _one_of([check_of(argument) for argument in arguments])
    if origin is Iterable:
        return Check("something to read one by one", _is_stream)
    if origin in (tuple, list):
        return _sequence(origin, check_of(arguments[0]))
    if origin is Mapping:
        return _dictionary(check_of(arguments[0]), check_of(arguments[1]))
    raise TypeError(f"The contract has no check of {hint!r}.")


@cache
def streams_of(cls: type) -> dict[str, Check]:
    """The fields of a class that are read as they come, each with the check of one item."""
    return {
        name: check_of(get_args(hint)[0])
        for name, hint in get_type_hints(cls, include_extras=True).items()
        if get_origin(hint) is Iterable
    }


def _class_check(cls: type[attrs.AttrsInstance]) -> Check:
    hints = get_type_hints(cls, include_extras=True)
    checks = [(field.name, check_of(hints[field.name])) for field in attrs.fields(cls)]
    rules = RULES.get(cls, ())

    def fault(value: object) -> str:
        for name, check in checks:
            if wrong := check(getattr(value, name)):
                return f".{name}{wrong}"
        for rule in rules:
            if wrong := rule(value):
                return wrong
        return ""

    return Check(cls.__name__, lambda value: type(value) is cls, fault)


def _sequence(kind: type, item: Check) -> Check:
    def fault(values: Iterable[object]) -> str:
        for number, value in enumerate(values):
            if wrong := item(value):
                return f"[{number}]{wrong}"
        return ""

    return Check(f"a {kind.__name__}", lambda value: isinstance(value, kind), fault)


def _dictionary(key: Check, item: Check) -> Check:
    def fault(values: Mapping[object, object]) -> str:
        for name, value in values.items():
            if wrong := key(name):
                return f"'s key{wrong}"
            if wrong := item(value):
                return f"[{shown(name)}]{wrong}"
        return ""

    return Check("a dict", lambda value: isinstance(value, dict), fault)


def _one_of(checks: list[Check]) -> Check:
    def fault(value: object) -> str:
        return next(check for check in checks if check.takes(value)).fault(value)

    what = " or ".join(check.what for check in checks)
    return Check(what, lambda value: any(check.takes(value) for check in checks), fault)


def _ruled(check: Check, rules: Iterable[object]) -> Check:
    for rule in rules:
        if isinstance(rule, Longest):
            check = evolve(check, fault=partial(_text_fault, longest=rule.characters))
        elif isinstance(rule, Like):
            check = _also(check, partial(_unlike, rule, re.compile(rule.pattern)))
        elif isinstance(rule, AtLeast):
            check = _also(check, partial(_below, rule.number))
        else:
            raise TypeError(f"The contract has no check of the rule {rule!r}.")
    return check


def _also(check: Check, rule: Callable[[Any], str]) -> Check:
    def both(value: object) -> str:
        return check.fault(value) or rule(value)

    return evolve(check, fault=both)


def _unlike(rule: Like, pattern: re.Pattern[str], text: str) -> str:
    return "" if pattern.fullmatch(text) else f" is {shown(text)}, not {rule.what}"


def _below(smallest: int, number: float) -> str:
    return f" is {number}, less than {smallest}" if number < smallest else ""


def _text_fault(text: str, longest: int = LONGEST_TEXT) -> str:
    if len(text) > longest:
        return f" has {len(text):,} characters, more than {longest:,}"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return f" is {shown(text)}, which holds half a character"
    return ""


def _int_fault(number: int) -> str:
    return "" if -LARGEST_INT <= number < LARGEST_INT else " is a number beyond 64 bits"


def _float_fault(number: float) -> str:
    if isinstance(number, int):
        return _int_fault(number)
    return "" if math.isfinite(number) else f" is {number}, which is not finite"


def _time_fault(moment: datetime) -> str:
    if moment.tzinfo is UTC or moment.utcoffset() == timedelta(0):
        return ""
    return f" is {moment.isoformat()}, not in UTC" + ("" if moment.tzinfo else " (no time zone)")


def _is_stream(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


_SCALARS: dict[Any, Check] = {
    NoneType: Check("None", lambda value: value is None),
    bool: Check("true or false", lambda value: type(value) is bool),
    int: Check("a whole number", lambda value: type(value) is int, _int_fault),
    float: Check("a number", lambda value: type(value) in (int, float), _float_fault),
    str: Check("text", lambda value: isinstance(value, str), _text_fault),
    datetime: Check("a time", lambda value: isinstance(value, datetime), _time_fault),
}
