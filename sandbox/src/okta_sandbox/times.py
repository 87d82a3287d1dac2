"""Times as Okta writes them."""

from datetime import UTC, datetime
from email.utils import formatdate

DAY_S = 86_400


def iso(at_s: float | None) -> str | None:
    """`2024-05-01T09:30:00.000Z`, or None for a time that never was."""
    if at_s is None:
        return None
    return iso_ms(int(at_s * 1000))


def iso_ms(at_ms: int) -> str:
    """The same from milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def http_date(at_s: float) -> str:
    """The value of a `Date` header; whole seconds, rounded down."""
    return formatdate(int(at_s), usegmt=True)
