"""Full-text search over everything in the twin."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from twin_host.asking.names import Named, beginning, called, holding, nearest
from twin_host.full_text import quoted
from twin_host.profile import read_profile
from twin_host.store import Store

KNOWLEDGE = """
SELECT kind, source, reference, title, snippet(search_knowledge, 4, '', '', '…', 12) AS excerpt
FROM search_knowledge WHERE search_knowledge MATCH ? ORDER BY bm25(search_knowledge, 0, 0, 0, 8, 1)
LIMIT ?
"""
EVENTS = """
SELECT 'event' AS kind, e.source, e.id AS reference, e.title,
    e.time || ' ' || e.actor || ' ' || e.source_ip AS excerpt
FROM search_event s JOIN event e ON e.number = s.rowid
WHERE search_event MATCH ? ORDER BY e.time DESC LIMIT ?
"""


@frozen
class Hit:
    """One thing found: a fact, gap, event, piece of the profile, or a thing by its list."""

    kind: str
    source: str
    reference: str
    title: str
    excerpt: str


def hits(store: Store, words: str, *, limit: int) -> list[Hit]:
    """What has all the words, best first: things of that name, what the twin knows, things that
    begin so or hold them, events; where nothing does, what is spelt nearest, and what has any of
    the words."""
    wanted = quoted(words)
    if not wanted:
        return []
    everything = " AND ".join(wanted)
    found = (
        *_things(called(store, words, limit=limit)),
        *_knowledge(store, everything, limit),
        *_things(beginning(store, words, limit=limit)),
        *_things(holding(store, words.split(), limit=limit)),
        *_events(store, everything, limit),
    ) or (
        *_things(nearest(store, words, limit=limit)),
        *_knowledge(store, " OR ".join(wanted), limit),
        *_events(store, " OR ".join(wanted), limit),
    )
    once = {(hit.kind, hit.source, hit.reference): hit for hit in reversed(found)}
    return list(reversed(once.values()))[:limit]


def index_knowledge(store: Store, profile: Path) -> None:
    """Index facts, gaps and the profile; events index themselves."""
    store.replace_knowledge([*_of_facts(store), *_of_gaps(store), *_of_profile(profile)])


def _things(found: Iterable[Named]) -> Iterator[Hit]:
    for named in found:
        others = ", ".join(named.names[1:])
        yield Hit(named.kind, named.source, named.id, named.label, others)


def _knowledge(store: Store, query: str, limit: int) -> list[Hit]:
    return [Hit(**row) for row in store.rows(KNOWLEDGE, (query, limit))]


def _events(store: Store, query: str, limit: int) -> list[Hit]:
    return [Hit(**row) for row in store.rows(EVENTS, (query, limit))]


def _of_facts(store: Store) -> Iterator[tuple[str, ...]]:
    for fact in store.facts():
        title = f"{fact.key.replace('_', ' ')}: {fact.value}"
        words = f"{fact.title} {fact.evidence.definition}"
        body = f"{fact.key}:{fact.value} {fact.confidence} {words}"
        yield ("fact", fact.source, fact.key, title, body)


def _of_gaps(store: Store) -> Iterator[tuple[str, ...]]:
    for gap in store.gaps():
        body = f"{gap.id} {gap.severity} {gap.nist} {gap.remedy}"
        yield ("gap", gap.source, gap.id, f"{gap.title}: {gap.count}", body)


def _of_profile(profile: Path) -> Iterator[tuple[str, ...]]:
    for part in re.split(r"(?m)^(?=#)", read_profile(profile)):
        title, _, body = part.strip().partition("\n")
        if title:
            yield ("profile", "profile", "profile.md", title.lstrip("# "), body)
