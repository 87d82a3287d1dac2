"""Times as a person types them: a day, a moment, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

from attrs import frozen

from twin_host.errors import UsageError

_AGO = re.compile(r"(\d{1,6})\s*(d|h|m|w)")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@frozen
class Span:
    """What a person meant by a time: a moment, or a whole day from its start to its end."""

    start: datetime
    end: datetime


def span_of(text: str, now: datetime) -> Span:
    """The moment or day that `text` says: `2026-01-31`, `2026-01-31T12:00Z`, or `7d`, `24h`, `30m`
    and `2w` ago. Without an offset it is UTC. Raises UsageError for what is none of them."""
    text = text.strip()
    try:
        if ago := _AGO.fullmatch(text.lower()):
            moment = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return Span(moment, moment)
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        return Span(moment, moment + timedelta(days=1) if _DAY.fullmatch(text) else moment)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no time: write 2026-01-31, 2026-01-31T12:00Z, or how long ago as 7d or "
            "24h."
        ) from None


def since(text: str, now: datetime) -> datetime:
    """From when on, by what a person typed."""
    return span_of(text, now).start
