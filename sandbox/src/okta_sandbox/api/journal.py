"""What was asked of the service, so that a test can say what its clients did.

The service keeps it, so it goes on counting when a client is killed and another takes its place.
"""

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

    @property
    def call(self) -> str:
        """What was asked, as `GET /path?query`."""
        return f"{self.method} {self.target}"


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
        answered = Counter(entry.call for entry in self.entries if entry.status == 200)
        return [call for call, times in answered.items() if times > 1]

    def asked_again(self, since: int) -> list[str]:
        """Calls from entry number `since` on that were answered 200 before it, each once.

        With `since = len(journal.entries)` at the moment when a client was killed: the work that
        its successor did twice. No more than the client had under way may be among them.
        """
        answered = {entry.call for entry in self.entries[:since] if entry.status == 200}
        return list(dict.fromkeys(e.call for e in self.entries[since:] if e.call in answered))

    def under_way(self, at_s: float) -> list[str]:
        """Calls that were under way at an instant of the service's time."""
        return [
            entry.call
            for entry in self.entries
            if entry.started_s <= at_s and (entry.ended_s is None or entry.ended_s >= at_s)
        ]
