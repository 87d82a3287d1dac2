"""From bytes to JSON, as far as there is any sense in them."""

import json
from math import isfinite
from typing import Any

import msgspec
import orjson

_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
_LONGEST_INTEGER = 18  # digits that any 64-bit integer can have


def loads(body: bytes) -> Any:
    """The JSON in a body.

    Texts that are no Unicode (half an emoji, another encoding) and numbers that are none are
    repaired one by one, so that one name does not cost a page. Raises ValueError for what is no
    JSON, and RecursionError for what is nested too deeply.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    lenient = json.loads(
        body.decode("utf-8-sig", errors="replace"),
        strict=False,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=lambda _: None,
    )
    return _without_halves(lenient)


def split(body: bytes) -> Any:
    """The records of a list, each as the bytes that came, which costs a tenth of taking them apart;
    what `loads` gives for anything that is no list, or that has to be repaired."""
    try:
        if not body.isascii():
            body.decode()
        if b"\\" in body and (b"\\ud" in body or b"\\uD" in body):
            return loads(body)  # perhaps half an emoji
        return [bytes(record) for record in _RECORDS.decode(body)]
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return loads(body)


def _integer(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _number(digits)


def _number(digits: str) -> float | None:
    return value if isfinite(value := float(digits)) else None


def _without_halves(value: Any) -> Any:
    """Surrogates that stand alone are no characters: nothing could store or show them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_halves(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {_without_halves(name): _without_halves(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value
