"""Full-text search over everything in the twin."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from attrs import frozen

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
    """One thing found: a fact, gap, event or piece of the profile."""

    kind: str
    source: str
    reference: str
    title: str
    excerpt: str


def hits(store: Store, words: str, *, people: Iterable[Hit] = (), limit: int) -> list[Hit]:
    """What has all the words; if nothing has, what has any. Knowledge first, then the `people`
    behind it who were found by those words, then events."""
    wanted = quoted(words)
    if not wanted:
        return []
    everything = " AND ".join(wanted)
    found = _knowledge(store, everything, limit)
    seen = {(hit.kind, hit.source, hit.reference) for hit in found}
    others = (hit for hit in people if (hit.kind, hit.source, hit.reference) not in seen)
    found += islice(others, limit - len(found))
    found += _events(store, everything, limit - len(found))
    if found:
        return found
    anything = " OR ".join(wanted)
    found = _knowledge(store, anything, limit)
    return found + _events(store, anything, limit - len(found))


def index_knowledge(store: Store, profile: Path) -> None:
    """Index facts, gaps and the profile; events index themselves."""
    store.replace_knowledge([*_of_facts(store), *_of_gaps(store), *_of_profile(profile)])


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
