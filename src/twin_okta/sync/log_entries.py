"""A log entry as the snapshot keeps it: its columns, its targets, and the entry itself, without
what somebody may have typed into the user-name field by mistake."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from urllib.parse import quote, quote_plus

import msgspec
import orjson
from attrs import frozen

from twin_okta.api.json_path import objects
from twin_okta.api.json_text import loads
from twin_okta.api.structure import AN_ID, Unreadable
from twin_okta.rules import load
from twin_okta.snapshot import Snapshot, iso_text

MASKED = "(masked: not a user name)"
UNKNOWN_ACTORS = ("User", None)
"""Types of an actor whose name somebody typed; every other one is named by Okta."""
WRITTEN_BY_OKTA = {"uuid", "eventType", "published", "severity", "version", "outcome"}
LONGEST_TEXT = 2000
DEEPEST = 250
"""So many brackets at most, and an entry is not nested so deeply that nothing could show it."""

Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]

INSERT_EVENT = """
INSERT INTO log_event (number, uuid, published, event_type, outcome, reason, actor_id, actor_name,
    source_ip, country, raw)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_TARGET = "INSERT INTO target VALUES (?, ?, ?, ?, ?, ?)"
STORED = "SELECT uuid FROM log_event WHERE uuid IN (SELECT value FROM json_each(?))"
LAST_NUMBER = """
SELECT max(coalesce((SELECT max(number) FROM log_event), 0),
    coalesce((SELECT max(after_event) FROM subject_read), 0))
"""
"""Also when all entries were forgotten: what was read after one was read after it for ever."""

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
    reason: str | None
    actor_id: str | None
    actor_name: str | None
    source_ip: str | None
    country: str | None
    targets: tuple[Target, ...]
    raw: bytes


class _Somebody(msgspec.Struct, rename="camel", gc=False):
    type: Text | None = None
    id: Text | None = None
    alternate_id: Text | None = None
    display_name: Text | None = None


class _Outcome(msgspec.Struct, gc=False):
    result: Text | None = None
    reason: Text | None = None


class _Place(msgspec.Struct, gc=False):
    country: Text | None = None


class _Client(msgspec.Struct, rename="camel", gc=False):
    ip_address: Text | None = None
    geographical_context: _Place | None = None


class _Told(msgspec.Struct, rename="camel", gc=False):
    """What is taken out of an entry."""

    uuid: Word
    published: Word
    event_type: Word
    actor: _Somebody | None = None
    outcome: _Outcome | None = None
    client: _Client | None = None
    target: list[_Somebody] | None = None


_TOLD = msgspec.json.Decoder(_Told)
NOBODY, UNTOLD = _Somebody(), _Outcome()


def entries(
    records: list[Any], is_known: Callable[[str], bool]
) -> tuple[list[Entry], list[Unreadable]]:
    """The entries of a page, and beside them the records that are none.

    A record is the bytes that came, or JSON where those had to be repaired. `is_known` tells
    whether an id is a user's of the org.
    """
    good: list[Entry] = []
    bad: list[Unreadable] = []
    for record in records:
        entry = _as_it_came(record, is_known) if isinstance(record, bytes) else None
        if entry:
            good.append(entry)
            continue
        json = record
        try:
            json = loads(record) if isinstance(record, bytes) else record
            good.append(_with_care(json, is_known))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            bad.append(Unreadable(_name_of(json), str(error)))
    return good, bad


def mask(raw: dict[str, Any], is_known: Callable[[str], bool]) -> dict[str, Any]:
    """The entry without what may be a password.

    An entry that is no success and whose actor Okta does not know holds what was typed as user name
    (Sigma's rule "Okta password in AlternateID field"). It is kept if it is an address in a real
    domain; else it is taken out wherever it stands in the entry.
    """
    actor, result = _object(raw, "actor"), _object(raw, "outcome").get("result")
    typed, actor_id = actor.get("alternateId"), str(actor.get("id") or "")
    if not isinstance(typed, str) or actor.get("type") not in UNKNOWN_ACTORS:
        return raw
    if not _may_be_a_password(typed, result, actor_id, is_known):
        return raw
    hide = _hider(typed)
    return {
        name: value if name in WRITTEN_BY_OKTA else _without(value, hide)
        for name, value in raw.items()
    }


def _may_be_a_password(
    typed: str, result: object, actor_id: str, is_known: Callable[[str], bool]
) -> bool:
    if not typed or result == "SUCCESS" or _is_address(typed):
        return False
    return not (_WRITTEN_BY_OKTA_AS_NAME.fullmatch(typed) or is_known(actor_id))


def _as_it_came(record: bytes, is_known: Callable[[str], bool]) -> Entry | None:
    """An entry whose fields are as Okta writes them, and in which nothing has to be masked: the
    bytes are kept, and only those fields are taken out of them."""
    if record.count(b"{") + record.count(b"[") > DEEPEST:
        return None
    try:
        told = _TOLD.decode(record)
        actor, outcome = told.actor or NOBODY, told.outcome or UNTOLD
        if actor.type in UNKNOWN_ACTORS and _may_be_a_password(
            actor.alternate_id or "", outcome.result, actor.id or "", is_known
        ):
            return None
        return _made(told, record)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None


def _with_care(record: Any, is_known: Callable[[str], bool]) -> Entry:
    """Any other: what is odd in it is left out, and what may be a password masked."""
    if not isinstance(record, dict):
        raise TypeError("an entry is no object")
    kept = mask(record, is_known)  # pyright: ignore[reportUnknownArgumentType]
    outcome, client = _object(kept, "outcome"), _object(kept, "client")
    country = _text_or_none(_object(client, "geographicalContext").get("country"))
    told = _Told(
        uuid=_text(kept, "uuid"),
        published=_text(kept, "published"),
        event_type=_text(kept, "eventType"),
        outcome=_Outcome(
            result=_text_or_none(outcome.get("result")), reason=_text_or_none(outcome.get("reason"))
        ),
        actor=_somebody(_object(kept, "actor")),
        client=_Client(
            ip_address=_text_or_none(client.get("ipAddress")),
            geographical_context=_Place(country=country),
        ),
        target=[_somebody(target) for target in objects(kept.get("target"))],
    )
    return _made(told, orjson.dumps(kept))


def _somebody(actor: dict[str, Any]) -> "_Somebody":
    its = (_text_or_none(actor.get(name)) for name in ("type", "id", "alternateId", "displayName"))
    return _Somebody(*its)


def _made(told: "_Told", raw: bytes) -> Entry:
    if not AN_ID.fullmatch(told.uuid):
        raise ValueError("uuid is no id")
    if not told.event_type.strip():
        raise ValueError("eventType is no text")
    actor, outcome, client = told.actor or NOBODY, told.outcome or UNTOLD, told.client
    place = client and client.geographical_context
    return Entry(
        uuid=told.uuid,
        published=_moment(told.published),
        event_type=told.event_type,
        outcome=outcome.result,
        reason=outcome.reason,
        actor_id=actor.id,
        actor_name=actor.alternate_id or actor.display_name or actor.id,
        source_ip=client and client.ip_address,
        country=place and place.country,
        targets=tuple(
            (position, it.type, it.id, it.alternate_id, it.display_name)
            for position, it in enumerate(told.target or ())
        ),
        raw=raw,
    )


def keep(snapshot: Snapshot, found: Sequence[Entry]) -> int:
    """Store those that are not stored yet, numbered in their order; how many they are."""
    by_uuid: dict[str, Entry] = {}
    for entry in found:
        by_uuid.setdefault(entry.uuid, entry)
    with snapshot.together():
        for (uuid,) in snapshot.rows(STORED, (orjson.dumps(list(by_uuid)).decode(),)):
            del by_uuid[uuid]
        new = list(enumerate(by_uuid.values(), start=snapshot.number(LAST_NUMBER) + 1))
        snapshot.write(INSERT_EVENT, (_row(number, entry) for number, entry in new))
        snapshot.write(
            INSERT_TARGET, ((number, *target) for number, entry in new for target in entry.targets)
        )
    return len(new)


def _row(number: int, e: Entry) -> tuple[int | str | bytes | None, ...]:
    return (number, e.uuid, e.published, e.event_type, e.outcome, e.reason, e.actor_id,
            e.actor_name, e.source_ip, e.country, e.raw)  # fmt: skip


def _object(record: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of that name; an empty one where there is none."""
    value = record.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise TypeError(f"{name} is no text")
    return value


def _text_or_none(value: Any) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if len(text) == 24 and (text[10], text[19], text[23]) == ("T", ".", "Z"):
        return text  # as Okta writes it
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
