"""A log entry as the snapshot keeps it: its columns, its targets, and the entry itself, without
what somebody may have typed into the user-name field by mistake."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
from attrs import frozen

from twin_okta.api.json_path import at, objects
from twin_okta.api.structure import Unreadable
from twin_okta.rules import load
from twin_okta.snapshot import iso_text

MASKED = "(masked: not a user name)"
UNKNOWN_ACTORS = ("User", None)
"""Types of an actor whose name somebody typed; every other one is named by Okta."""
WRITTEN_BY_OKTA = {"uuid", "eventType", "published", "severity", "version", "outcome"}
LONGEST_TEXT = 2000

_WRITTEN_BY_OKTA_AS_NAME = re.compile(r"0oa\w+|unknown|system", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,24})", re.IGNORECASE)

Target = tuple[int, str | None, str | None, str | None, str | None]


@frozen
class Entry:
    """One entry of the System Log, taken apart."""

    uuid: str
    published: str
    event_type: str
    outcome: str | None
    actor_id: str | None
    targets: tuple[Target, ...]
    raw: bytes


def entries(
    records: list[Any], is_known: Callable[[str], bool]
) -> tuple[list[Entry], list[Unreadable]]:
    """The entries of a page, and beside them the records that are none.

    `is_known` tells whether an id is a user's of the org.
    """
    good: list[Entry] = []
    bad: list[Unreadable] = []
    for record in records:
        try:
            good.append(_entry(record, is_known))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            bad.append(Unreadable(_name_of(record), str(error)))
    return good, bad


def mask(raw: dict[str, Any], is_known: Callable[[str], bool]) -> dict[str, Any]:
    """The entry without what may be a password.

    An entry that is no success and whose actor Okta does not know holds what was typed as user name
    (Sigma's rule "Okta password in AlternateID field"). It is kept if it is an address in a real
    domain; else it is taken out wherever it stands in the entry.
    """
    typed = at(raw, "actor.alternateId")
    if not isinstance(typed, str) or not typed or at(raw, "actor.type") not in UNKNOWN_ACTORS:
        return raw
    if at(raw, "outcome.result") == "SUCCESS" or is_known(str(at(raw, "actor.id") or "")):
        return raw
    if _WRITTEN_BY_OKTA_AS_NAME.fullmatch(typed) or _is_address(typed):
        return raw
    hide = _hider(typed)
    return {
        name: value if name in WRITTEN_BY_OKTA else _without(value, hide)
        for name, value in raw.items()
    }


def _entry(record: Any, is_known: Callable[[str], bool]) -> Entry:
    if not isinstance(record, dict):
        raise TypeError("an entry is no object")
    return Entry(
        uuid=_text(record, "uuid"),  # pyright: ignore[reportUnknownArgumentType]
        published=_moment(_text(record, "published")),  # pyright: ignore[reportUnknownArgumentType]
        event_type=_text(record, "eventType"),  # pyright: ignore[reportUnknownArgumentType]
        outcome=_text_or_none(at(record, "outcome.result")),
        actor_id=_text_or_none(at(record, "actor.id")),
        targets=tuple(_targets(at(record, "target"))),
        raw=orjson.dumps(mask(record, is_known)),  # pyright: ignore[reportUnknownArgumentType]
    )


def _targets(value: Any) -> Iterator[Target]:
    for position, target in enumerate(objects(value)):
        names = ("type", "id", "alternateId", "displayName")
        kind, its_id, name, label = (_text_or_none(target.get(each)) for each in names)
        yield position, kind, its_id, name, label


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise TypeError(f"{name} is no text")
    return value


def _text_or_none(value: Any) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return iso_text(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))


def _name_of(record: Any) -> str:
    name = record.get("uuid") if isinstance(record, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return name[:100] if isinstance(name, str) else "(no uuid)"


def _is_address(text: str) -> bool:
    found = _ADDRESS.fullmatch(text)
    return bool(found) and found[1].lower() in load("addresses")["top_level_domains"]


def _hider(typed: str) -> Callable[[str], str]:
    """What takes a typed text out of others, however it is written there."""
    forms = {typed, quote(typed, safe=""), quote(typed), quote_plus(typed)}
    telling = sorted((form for form in forms if len(form) > 3), key=len, reverse=True)
    if not telling:  # so short a text would be found everywhere
        return lambda text: MASKED if text in forms else text
    pattern = re.compile("|".join(map(re.escape, telling)), re.IGNORECASE)
    return lambda text: MASKED if text in forms else pattern.sub(MASKED, text)


def _without(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, list):
        return [_without(item, hide) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {key: _without(item, hide) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value
