"""Reaching into JSON of unknown shape."""

from typing import Any, cast


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of objects; None when any part of the way is missing."""
    for name in path.split("."):
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list; nothing when it is no list."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
