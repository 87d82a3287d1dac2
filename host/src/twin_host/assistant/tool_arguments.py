"""What an assistant may give a tool: only what its schema names, of the type it says.

An argument that was passed over would be worse than a refusal: who asks for the events of one
person must not be answered with everybody's.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from twin_host.plain_text import printable

TYPES: Mapping[str, tuple[type, str]] = {
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "string": (str, "text"),
    "null": (type(None), "null"),
}
Schema = Mapping[str, Any]


def closed(schema: Schema) -> dict[str, Any]:
    """The schema of a tool's arguments that says that there are no others."""
    return {**schema, "additionalProperties": False}


def refusal(arguments: Mapping[str, Any], schema: Schema) -> str:
    """Why the tool is not run with these arguments, in sentences; empty when it is."""
    known: Mapping[str, Schema] = schema.get("properties", {})
    return " ".join(_faults(arguments, known, schema.get("required", ())))


def _faults(
    arguments: Mapping[str, Any], known: Mapping[str, Schema], required: Any
) -> Iterator[str]:
    for name, value in arguments.items():
        if name not in known:
            names = ", ".join(known) or "none"
            yield f"There is no argument {printable(name, 40)!r}: known are {names}."
        elif fault := _fault(value, known[name]):
            yield f"{name} must be {fault}."
    for name in required:
        if name not in arguments:
            yield f"{name} is missing."


def _fault(value: Any, schema: Schema) -> str:
    """What a value would have to be; empty when it is so."""
    if "anyOf" in schema:
        faults = [_fault(value, each) for each in schema["anyOf"]]
        return "" if "" in faults else " or ".join(faults)
    if "enum" in schema:
        return "" if value in schema["enum"] else f"one of {', '.join(map(str, schema['enum']))}"
    if schema["type"] == "array":
        return _fault_of_list(value, schema["items"])
    kind, what = TYPES[schema["type"]]
    if type(value) is not kind:
        return what
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return "text without half a character"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        return f"at least {low}"
    return f"at most {high}" if high is not None and value > high else ""


def _fault_of_list(value: Any, items: Schema) -> str:
    given = cast("list[Any]", value) if isinstance(value, list) else None
    wrong = "none" if given is None else next(filter(None, (_fault(it, items) for it in given)), "")
    return f"a list, each {_fault(None, items)}" if wrong else ""
