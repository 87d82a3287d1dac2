"""Pages of a list: limits, opaque cursors and links."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import TypeVar

from okta_sandbox.api.answers import Answer, invalid_cursor, validation_failed
from okta_sandbox.api.calls import Call

Item = TypeVar("Item")

_NOT_PART_OF_THE_QUERY = {"after", "limit", "since"}


def limit_of(
    call: Call, *, default: int, maximum: int, minimum: int = 1, clamps: bool = False
) -> int:
    """The page size asked for. Too large a one is an error, or is lowered where Okta does so."""
    text = call.query.get("limit")
    if text is None:
        return default
    limit = int(text) if text.isascii() and text.lstrip("-").isdigit() else None
    if limit is None or limit < minimum or (limit > maximum and not clamps):
        raise validation_failed(
            "limit", f"limit: The limit must be between {minimum} and {maximum}."
        )
    return min(limit, maximum)


def _seal(call: Call, payload: str) -> str:
    query = sorted((k, v) for k, v in call.query.items() if k not in _NOT_PART_OF_THE_QUERY)
    key = repr((call.org.seed, call.request.path, query, payload)).encode()
    return blake2b(key, digest_size=6).hexdigest()


def cursor(call: Call, *position: int) -> str:
    """An opaque text for a place in this very query."""
    payload = ".".join(map(str, position))
    return urlsafe_b64encode(f"{payload}.{_seal(call, payload)}".encode()).decode().rstrip("=")


def position_of(call: Call, length: int = 1) -> tuple[int, ...] | None:
    """The place an `after` parameter names, or None without one. Raises for any other text."""
    text = call.query.get("after")
    if text is None:
        return None
    try:
        opened = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        payload, _, seal = opened.rpartition(".")
        position = tuple(int(part) for part in payload.split("."))
    except (ValueError, BinasciiError):
        raise invalid_cursor() from None
    if seal != _seal(call, payload) or len(position) != length:
        raise invalid_cursor()
    return position


def start_of(call: Call) -> int:
    """Where a list goes on: the place the cursor names, or its beginning."""
    position = position_of(call)
    return position[0] if position else 0


def take(items: Iterator[tuple[int, Item]], limit: int) -> tuple[list[Item], int | None]:
    """The next `limit` items and the place of the one after them, or None at the end."""
    taken: list[Item] = []
    for position, item in items:
        if len(taken) == limit:
            return taken, position
        taken.append(item)
    return taken, None


def listed(
    call: Call,
    items: Iterator[tuple[int, Item]],
    render: Callable[[Item], object],
    *,
    limit: int,
) -> Answer:
    """A page as an array, with `Link` headers to itself and to the next page."""
    taken, following = take(items, limit)
    links = [call.request.link("self", limit=str(limit))]
    if following is not None:
        after = cursor(call, following)
        links.append(call.request.link("next", after=after, limit=str(limit)))
    return Answer.json([render(item) for item in taken], headers=tuple(links))
