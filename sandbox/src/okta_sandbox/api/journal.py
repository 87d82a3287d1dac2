"""What was asked of the service, so that a test can say what a client did."""

from collections import Counter

from attrs import Factory, define


@define
class Entry:
    """One request. `status` is 0 while it is under way and when it was cut off without an answer.

    `in_flight` counts the requests under way when this one arrived, itself included. `fault` names
    what was done to it on purpose.
    """

    method: str
    path: str
    target: str
    started_s: float
    in_flight: int
    caller: str = "anonymous"
    bucket: str = ""
    status: int = 0
    ended_s: float | None = None
    fault: str = ""


@define
class Journal:
    """Every request since the start or the last `clear`."""

    entries: list[Entry] = Factory(list[Entry])

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()

    def count(self, *, path: str = "", status: int | None = None) -> int:
        """How many requests went to a path that contains this text, with this status."""
        return sum(
            1
            for entry in self.entries
            if path in entry.path and (status is None or entry.status == status)
        )

    @property
    def throttled(self) -> int:
        """How many requests were answered 429."""
        return self.count(status=429)

    @property
    def most_in_flight(self) -> int:
        """The most requests that were ever under way at once."""
        return max((entry.in_flight for entry in self.entries), default=0)

    def repeated(self) -> list[str]:
        """Calls that were answered 200 more than once, each as `GET /path?query`."""
        answered = Counter(f"{e.method} {e.target}" for e in self.entries if e.status == 200)
        return [call for call, times in answered.items() if times > 1]
