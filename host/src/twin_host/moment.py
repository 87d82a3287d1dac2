"""The twin as it is at one moment: whatever is asked of it here belongs together."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import orjson
from attrs import frozen

from twin_host.asking.catalogue import Catalogue
from twin_host.asking.changes import ThingChanges
from twin_host.asking.conditions import conditions
from twin_host.asking.rows import Asker, Question
from twin_host.asking.tables import Tables
from twin_host.asking.things import Thing, Things
from twin_host.contract import DatasetReport, DatasetState, Section
from twin_host.errors import UsageError
from twin_host.event_filter import checked
from twin_host.figures import Figure, figures
from twin_host.home import Home
from twin_host.known import KnownEvent, KnownFact, KnownGap
from twin_host.picture import picture_of
from twin_host.profile import read_profile
from twin_host.registry import Registry
from twin_host.search import Hit, hits
from twin_host.sif import Tier, compile_sif
from twin_host.store import Store
from twin_host.subjects import Listing, Snapshots

NAMES_IN_SIF = 5
NEVER = "never"
UNREAD = (DatasetState.PARTIAL, DatasetState.DENIED)


@frozen
class Explanation:
    """One fact, and those behind it."""

    fact: KnownFact
    subjects: Listing


@frozen
class Moment:
    """An open twin. Its methods answer for the time at which it was opened."""

    home: Home
    registry: Registry
    store: Store
    clock: Callable[[], datetime]
    _snapshots: Snapshots
    _tables: Tables

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._tables.close()
        self._snapshots.__exit__(kind, error, trace)
        self.store.__exit__(kind, error, trace)

    # --- figures ----------------------------------------------------------------------------

    def facts(self, source: str | None = None) -> list[KnownFact]:
        """Every fact, or those of one source."""
        return [fact for fact in self.store.facts() if source in (None, fact.source)]

    def figures(self, source: str | None = None) -> list[Figure]:
        """The same, one figure a key."""
        return figures(self.facts(source))

    def explain(self, key: str) -> list[Explanation]:
        """Every fact of that key (or `key:value`). Raises UsageError when there is none."""
        facts = self.store.facts()
        asked = (key, key.partition(":")[0])  # a key may hold a colon of its own
        found = next(filter(None, ([f for f in facts if f.key == each] for each in asked)), None)
        if not found:
            known = ", ".join(sorted({fact.key for fact in facts})) or "none yet"
            raise UsageError(f"There is no fact {asked[1]!r}. Known facts: {known}.")
        return [Explanation(fact, self._behind(fact)) for fact in found]

    def sections(self) -> list[Section]:
        """The sections of all connectors; those of one title are one."""
        found: dict[str, Section] = {}
        for connector in self.registry.connectors.values():
            for section in connector.info.sections:
                found.setdefault(section.title, section)
        return list(found.values())

    # --- gaps -------------------------------------------------------------------------------

    def gaps(self, gap_id: str | None = None, *, closed_too: bool = False) -> list[KnownGap]:
        """Open gaps, worst first; or those of one id, open or not.

        Raises UsageError when there is none of that id.
        """
        if gap_id is None:
            return self.store.gaps(closed_too=closed_too)
        every = self.store.gaps(closed_too=True)
        found = [gap for gap in every if gap.id == gap_id]
        if not found:
            known = ", ".join(sorted({gap.id for gap in every})) or "none yet"
            raise UsageError(f"There is no gap {gap_id!r}. Known gaps: {known}.")
        return found

    def gap(self, source: str, gap_id: str) -> KnownGap:
        """One gap, open or closed. Raises UsageError when there is none."""
        found = self.store.gap(source, gap_id)
        if found is None:
            raise UsageError("There is no such gap in the twin.")
        return found

    def subjects(self, gap: KnownGap) -> Listing:
        """Those in a gap, as the snapshot has them now."""
        if not gap.count:
            return Listing(iter(()))
        if not gap.query:
            return Listing(iter(()), problem="They are known again after the next sync.")
        return self._snapshots.listing(gap.source, gap.query)

    def in_time(self, patience_s: float) -> AbstractContextManager[None]:
        """Who is behind a figure or gap is asked for so long and no longer, within it."""
        return self._snapshots.until(time.monotonic() + patience_s)

    def gaps_of(self, thing: Thing) -> list[KnownGap]:
        """The open gaps that a thing is in. Raises Late within `in_time`."""
        return [
            gap
            for gap in self.store.gaps()
            if gap.source == thing.known.source
            and gap.kind == thing.known.about.thing
            and gap.query
            and self._snapshots.holds(gap.source, gap.query, thing.id)
        ]

    # --- lists ------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where the connectors keep what they read."""
        return self._tables.folder

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be asked."""
        return Catalogue(self.store.lists())

    @property
    def asker(self) -> Asker:
        """What answers questions on lists."""
        return Asker(self._tables.connection(self.catalogue))

    @property
    def things(self) -> Things:
        """The things that lists tell of."""
        return Things(self.catalogue, self.asker, self.store)

    def thing_changes(self, source: str | None = None) -> ThingChanges:
        """What changed of the things that every connector reads, or one of them."""
        return ThingChanges(self.catalogue, self.asker, source)

    def question(
        self,
        kind: str,
        *,
        where: Sequence[str] = (),
        columns: Sequence[str] = (),
        sort: str = "",
    ) -> Question:
        """What a person asks of a list; with a minus before the column by which it is sorted the
        largest come first. Raises UsageError for what it has not, or cannot be."""
        found, by = self.catalogue.kind(kind), sort.removeprefix("-") or None
        asked = Question(
            kind=found,
            where=conditions(where, found, self.clock()),
            columns=tuple(columns),
            sort=by,
            descending=sort.startswith("-") if by else None,
        )
        return asked.checked()

    # --- events -----------------------------------------------------------------------------

    def events(self, *, limit: int, **asked: str | None) -> Iterator[KnownEvent]:
        """Events, newest first, by what an EventFilter asks. Raises UsageError for a filter that
        can find nothing."""
        wanted = checked(self.store.event_values("category"), asked, self.clock())
        return self.store.events(wanted, limit=limit)

    def events_between(self, after: int, last: int, **asked: str | None) -> Iterator[KnownEvent]:
        """Those of them that the twin learnt of after one number, up to another, in that order;
        the category may be one that none has yet. Raises UsageError for a time that is none."""
        wanted = checked((), asked, self.clock())
        return self.store.events_between(after, last, wanted)

    def event(self, source: str, event_id: str) -> KnownEvent:
        """One event. Raises UsageError when there is none."""
        found = self.store.event(source, event_id)
        if found is None:
            raise UsageError("There is no such event in the twin.")
        return found

    def entry(self, event: KnownEvent) -> Any:
        """The product's own entry of an event; None where it is no longer kept."""
        connector = self.registry.connectors.get(event.source)
        if connector is None or not connector.info.event_entry:
            return None
        text = self._snapshots.entry(event.source, connector.info.event_entry, event.id)
        try:
            return None if text is None else orjson.loads(text)
        except orjson.JSONDecodeError:
            return text

    # --- all of it --------------------------------------------------------------------------

    def search(self, words: str, *, limit: int) -> list[Hit]:
        """Everything in the twin that has all those words, or else any of them."""
        return hits(self.store, words, limit=limit)

    def sif(self, tier: Tier) -> str:
        """The twin compiled for an AI assistant."""
        gaps = self.store.gaps()
        names = {
            (gap.source, gap.id): self.subjects(gap).first(NAMES_IN_SIF).rows
            for gap in gaps
            if tier is Tier.FULL
        }
        infos = [connector.info for connector in self.registry.connectors.values()]
        profile = read_profile(self.home.profile)
        return compile_sif(tier, picture_of(self.store, infos, profile, names, self.unread()))

    def unread(self) -> dict[str, dict[str, str]]:
        """By connector, the state of every dataset that its last sync did not read in full; before
        the first sync that is everything."""
        if not self.was_ever_synced():
            return {name: {"everything": NEVER} for name in self.registry.connectors}
        return {
            name: {
                dataset: str(report.state)
                for dataset, report in self.datasets(name).items()
                if report.state in UNREAD
            }
            for name in self.registry.connectors
        }

    def datasets(self, source: str) -> Mapping[str, DatasetReport]:
        """How each dataset of a connector's last sync ended."""
        return self.store.last_datasets(source)

    def due(self, source: str) -> int:
        """How many subjects of a connector its last sync left that are known to be out of date."""
        last = self.store.last_sync(source)
        return last.report.due if last else 0

    def was_ever_synced(self) -> bool:
        """Whether any connector was; else an empty answer says nothing."""
        return any(self.store.last_sync(name) for name in self.registry.connectors)

    # --- inside -----------------------------------------------------------------------------

    def _behind(self, fact: KnownFact) -> Listing:
        query = fact.evidence.query
        return self._snapshots.listing(fact.source, query) if query else Listing(iter(()))
