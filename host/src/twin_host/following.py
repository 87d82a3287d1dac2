"""Events as the twin learns of them, each told once, for a collector that goes on where it
stopped."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

from attrs import frozen

from twin_host.errors import UsageError
from twin_host.home import replace_file
from twin_host.known import KnownEvent
from twin_host.twin import Twin

AT_ONCE = 1000
"""Events between two marks: at most so many are told twice when a follower is killed."""


@frozen
class Mark:
    """A file that says up to which event a follower has been told."""

    path: Path

    def read(self) -> tuple[int, str]:
        """The event's number and its id; 0 at the beginning. Raises UsageError for a file that is
        something else."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return int(found["number"]), str(found["id"])
        except FileNotFoundError:
            return 0, ""
        except (ValueError, TypeError, KeyError):
            raise UsageError(
                f"{self.path} is no mark of a follower: name another file, or remove it to begin "
                "anew."
            ) from None

    def keep(self, number: int, event_id: str) -> None:
        """Everything up to this event was told."""
        replace_file(self.path, json.dumps({"number": number, "id": event_id}) + "\n")


@frozen(kw_only=True)
class Follower:
    """Tells the events that `asked` names by an EventFilter's questions, in the order in which the
    twin learns of them, until it is stopped."""

    twin: Twin
    mark: Mark
    asked: Mapping[str, str | None]
    tell: Callable[[Iterator[KnownEvent]], None]
    stopped: Event
    wait: Callable[[float], object]
    every_s: float

    def run(self) -> None:
        """Tell and wait, again and again. Raises UsageError, before it waits, for a time that is
        none and for a mark that is none."""
        self.mark.read()
        with self.twin.moment() as now:
            now.events_between(0, 0, **self.asked)
        while not self.stopped.is_set():
            if not self._tell_some():
                self.wait(self.every_s)

    def _tell_some(self) -> bool:
        """Tell what follows the mark, up to so many; whether there may be more."""
        with self.twin.moment() as now:
            newest = now.store.newest_event()
            number = self._told_to(now.store.event_numbered, newest)
            if number == newest:
                return False
            last = min(number + AT_ONCE, newest)
            self.tell(now.events_between(number, last, **self.asked))
            self.mark.keep(last, now.store.event_numbered(last))
        return last < newest

    def _told_to(self, event_numbered: Callable[[int], str], newest: int) -> int:
        """The number up to which everything was told. The mark of another twin, or of one that was
        forgotten since, is none: its events are others."""
        number, event_id = self.mark.read()
        is_this_twins = number <= newest and event_numbered(number) in (event_id, "")
        return number if is_this_twins else 0
