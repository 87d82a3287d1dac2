"""Lists followed to their end, and given up when they have none."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, cast

import httpx
import orjson
from attrs import define, field, frozen

from twin_okta.api.errors import UnreadableAnswer

NOTHING_NEW = 50
"""So many pages in a row without a new record, and a list is taken for endless. Okta may send empty
pages where a search or a limited role leaves nothing of them, but not so many."""

Params = Mapping[str, str | int]


@frozen
class Page:
    """One answer's records as JSON, and the address of the next page if there is one."""

    records: list[Any]
    next_url: str | None


async def follow(
    read: Callable[[str, Params | None], Awaitable[Page]],
    path: str,
    params: Params | None,
) -> AsyncIterator[Page]:
    """Pages from the first to the last."""
    way = _Way()
    page = await read(path, params)
    while True:
        yield page
        if page.next_url is None:
            return
        way.must_lead_on(page)
        page = await read(page.next_url, None)


def records_in(json: Any, path: str, within: str = "") -> list[Any]:
    """The records of a list's answer; what is no list raises UnreadableAnswer."""
    records: Any = json
    if within:
        records = cast("dict[str, Any]", json).get(within) if isinstance(json, dict) else None
    if not isinstance(records, list):
        raise UnreadableAnswer(f"The answer to {path} is not a list as Okta sends it.")
    return cast("list[Any]", records)


def is_full(records: list[Any], path: str, params: Params | None) -> bool:
    """Whether a page has as many records as were asked for, so that there may be more."""
    limit = (params or {}).get("limit") or httpx.URL(path).params.get("limit", "")
    return str(limit).isdecimal() and len(records) >= int(limit)


def next_in_body(json: Any) -> str | None:
    """Where an `/iam/` list goes on: `_links.next.href`; None at its end, and nothing when it goes
    on but not where."""
    here: Any = json
    for name in ("_links", "next", "href"):
        if not isinstance(here, dict):
            break
        here = cast("dict[str, Any]", here).get(name)
        if here is None and name != "href":
            return None
    return here if isinstance(here, str) else ""


@define
class _Way:
    """Where a list has led so far."""

    _seen: set[bytes] = field(factory=set[bytes])
    _in_a_row: int = 0

    def must_lead_on(self, page: Page) -> None:
        """Raise when the next page has been read already, or the list brings nothing new."""
        address = b"address " + str(page.next_url).encode()
        if self._is_known(address):
            raise UnreadableAnswer(
                "Okta's next-page links lead in a circle: the list cannot be read to its end."
            )
        names = sorted(map(_name_of, page.records))
        brings_news = bool(names) and not self._is_known(b"records " + b"\0".join(names))
        self._in_a_row = 0 if brings_news else self._in_a_row + 1
        if self._in_a_row >= NOTHING_NEW:
            raise UnreadableAnswer(
                f"Okta's list went on for {NOTHING_NEW} pages with no new record: it was given up."
            )

    def _is_known(self, what: bytes) -> bool:
        digest = hashlib.blake2b(what, digest_size=16).digest()
        known = digest in self._seen
        self._seen.add(digest)
        return known


def _name_of(record: Any) -> bytes:
    """What tells a record from others: its id, or all of it."""
    fields = cast("dict[str, Any]", record) if isinstance(record, dict) else {}
    name = fields.get("id") or fields.get("uuid")
    try:
        return name.encode() if isinstance(name, str) else orjson.dumps(record)
    except TypeError:
        return b"nested too deeply"
