"""`/api/v1/logs`: polling and bounded queries of the System Log."""

from attrs import evolve

from okta_sandbox.api.answers import (
    Answer,
    ApiError,
    invalid_log_filter,
    query_timeout,
    validation_failed,
)
from okta_sandbox.api.calls import Call
from okta_sandbox.api.expressions import expression_of
from okta_sandbox.api.pages import cursor, limit_of, position_of
from okta_sandbox.filters import COMPARISONS, Dialect, epoch_s
from okta_sandbox.org.log import Key, Page, Query, QueryTooLargeError
from okta_sandbox.times import DAY_S

_DEFAULT = 100
_MAX = 1000
_LOOKBACK_S = 7 * DAY_S
_SINCE_MAX_S = 180 * DAY_S
_KEYWORDS = 10
_KEYWORD_LENGTH = 40
_NONE: frozenset[str] = frozenset()
_FIELDS = Dialect(
    {
        "published": _NONE,
        "debugContext.debugData.url": COMPARISONS - {"co"},
        "debugContext.debugData.requestUri": COMPARISONS - {"co"},
        **dict.fromkeys(
            ("uuid", "eventType", "legacyEventType", "version", "severity", "displayMessage"),
            COMPARISONS,
        ),
    },
    others=COMPARISONS,
    prefixes=(
        "actor.",
        "authenticationContext.",
        "client.",
        "debugContext.",
        "device.",
        "outcome.",
        "request.",
        "securityContext.",
        "target.",
        "transaction.",
    ),
    never=("target.changeDetails",),
    negation=True,
    presence=True,
)


def list_logs(call: Call) -> Answer:
    """GET /logs. Without `until` and ascending it polls, and a `next` link is always there."""
    query = _query(call)
    try:
        page = call.org.log.read(query)
    except QueryTooLargeError:
        raise query_timeout() from None
    return Answer.json(page.entries, headers=_links(call, query, page))


def _query(call: Call) -> Query:
    order = call.query.get("sortOrder", "ASCENDING").upper()
    if order not in {"ASCENDING", "DESCENDING"}:
        raise validation_failed("sortOrder", "sortOrder: must be ASCENDING or DESCENDING.")
    if "after" in call.query and "since" in call.query:
        raise validation_failed("after", "The 'after' and 'since' parameters are exclusive.")
    until_s = _time(call, "until")
    bounded = until_s is not None or order == "DESCENDING"
    end_s = call.now_s if until_s is None else until_s
    query = Query(
        now_ms=int(call.now_s * 1000),
        since_ms=_since_ms(call, end_s),
        until_ms=int(end_s * 1000) if bounded else None,
        descending=order == "DESCENDING",
        limit=limit_of(call, default=_DEFAULT, maximum=_MAX, minimum=0),
        expression=expression_of(call, refusal=invalid_log_filter, filter=_FIELDS),
        keywords=_keywords(call),
    )
    place = position_of(call, length=6)
    if place is None:
        return query
    until_ms = place[5] if bounded else None
    return evolve(query, after=place[:4], since_ms=place[4], until_ms=until_ms)


def _since_ms(call: Call, end_s: float) -> int:
    since_s = _time(call, "since")
    if since_s is None:
        return int((end_s - _LOOKBACK_S) * 1000)
    if since_s < call.now_s - _SINCE_MAX_S:
        raise ApiError(
            400,
            "E0000053",
            "Invalid time range: The since parameter is over 180 days prior to the current day.",
            ("The since parameter is over 180 days prior to the current day.",),
        )
    return int(since_s * 1000)


def _time(call: Call, name: str) -> float | None:
    text = call.query.get(name)
    if text is None:
        return None
    # A "+" of a zone that was not encoded arrives as a space.
    at_s = epoch_s(text.replace(" ", "+"))
    if at_s is None:
        raise validation_failed(name, f"{name}: The timestamp is not in ISO 8601 format.")
    return at_s


def _keywords(call: Call) -> tuple[str, ...]:
    keywords = tuple(call.query.get("q", "").split())
    if len(keywords) > _KEYWORDS or any(len(word) > _KEYWORD_LENGTH for word in keywords):
        raise validation_failed("q", "q: at most 10 keywords of at most 40 characters.")
    return keywords


def _links(call: Call, query: Query, page: Page) -> tuple[tuple[str, str], ...]:
    links = [call.request.link("self")]
    polling = query.until_ms is None
    if not (polling or page.more):
        return tuple(links)
    place = page.last or _edge(query)
    if polling and not page.more:
        # Nothing readable now lies beyond this, and what comes later is persisted later; an event
        # of this very millisecond still sorts after the place.
        place = max(place, (query.now_ms, -1, 0, 0))
    after = cursor(call, *place, query.since_ms, query.until_ms or 0)
    links.append(call.request.link("next", without=("since",), after=after))
    return tuple(links)


def _edge(query: Query) -> Key:
    """The place before the first entry of a query."""
    if query.descending:
        return ((query.until_ms or 0) + 1, 0, 0, 0)
    return (query.since_ms, -1, 0, 0)
