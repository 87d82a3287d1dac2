"""What the headers of an answer say, each believed only as far as it makes sense.

Sources: Okta's pages "Rate limits overview" and "Pagination", RFC 9110 (Retry-After) and RFC 8288
(Link).
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx

from twin_okta.api.pacing import LONGEST_WINDOW_S, RateHeaders

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]*))?)*)')
_IS_NEXT = re.compile(
    r'(?:^|;)\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)', re.IGNORECASE
)


def server_time_s(headers: httpx.Headers) -> float | None:
    """When the server wrote the answer, by its own clock; None when it does not say."""
    return _date_s(headers.get("date", ""))


def rate_headers(headers: httpx.Headers) -> RateHeaders | None:
    """What an answer says of its bucket; None when it says nothing that can be believed."""
    limit = _integer(headers, "x-rate-limit-limit")
    remaining = _integer(headers, "x-rate-limit-remaining")
    reset = _integer(headers, "x-rate-limit-reset")
    date_s = server_time_s(headers)
    if limit is None or remaining is None or reset is None or date_s is None:
        return None
    if reset - date_s > LONGEST_WINDOW_S:
        return None
    return RateHeaders(limit, min(remaining, limit), reset, reset - date_s)


def too_many_at_once(headers: httpx.Headers) -> bool:
    """Whether a 429 is of the concurrency limit: it says that the limit is 0."""
    return _integer(headers, "x-rate-limit-limit") == 0


def retry_after_s(headers: httpx.Headers) -> float | None:
    """How long `Retry-After` asks to wait; None when it does not, or names no time to come."""
    asked = headers.get("retry-after", "").strip()
    try:
        wait_s = float(asked)
    except ValueError:
        at_s, now_s = _date_s(asked), server_time_s(headers)
        wait_s = at_s - now_s if at_s is not None and now_s is not None else 0.0
    return wait_s if wait_s > 0 else None


def knows_its_wait(headers: httpx.Headers) -> bool:
    """Whether the headers of a 429 tell the pacer how long to wait."""
    rate = rate_headers(headers)
    return bool(retry_after_s(headers) or (rate and rate.limit and rate.reset_in_s > 0))


def next_link(headers: httpx.Headers) -> str | None:
    """Where a list goes on; None at its end, and nothing when it goes on but not where."""
    links = ", ".join(headers.get_list("link"))
    for address, parameters in _LINK.findall(links):
        if _IS_NEXT.search(parameters):
            return address
    return "" if _IS_NEXT.search(links) else None


def has_links(headers: httpx.Headers) -> bool:
    """Whether an answer links to itself or onwards, as every page of Okta's does."""
    return bool(_LINK.search(", ".join(headers.get_list("link"))))


@lru_cache(maxsize=8)  # most answers are written in the same second as the one before
def _date_s(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _integer(headers: httpx.Headers, name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None
