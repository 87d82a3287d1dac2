"""Full-text search over everything in the twin."""

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from twin_host.profile import read_profile
from twin_host.store import Store

_WORD = re.compile(r"\w+(?:[.@'-]\w+)*")

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


def search(store: Store, words: str, *, limit: int) -> list[Hit]:
    """What has all the words; if nothing has, what has any. Knowledge first, then events."""
    terms = quoted(words)
    if not terms:
        return []
    for query in (" AND ".join(terms), " OR ".join(terms)):
        found = store.rows(KNOWLEDGE, (query, limit))
        found += store.rows(EVENTS, (query, limit - len(found)))
        if found:
            return [Hit(**row) for row in found]
    return []


def quoted(words: str) -> list[str]:
    """Each word as SQLite's FTS5 takes it, whatever was typed."""
    return [f'"{word}"' for word in _WORD.findall(words)]


def index_knowledge(store: Store, profile: Path) -> None:
    """Index facts, gaps with their people, and the profile; events index themselves."""
    store.replace_knowledge([*_facts(store), *_gaps(store), *_profile(profile)])


def _facts(store: Store) -> Iterator[tuple[str, ...]]:
    for fact in store.facts():
        key, value = fact["key"], fact["value"]
        title = f"{key.replace('_', ' ')}: {value}"
        body = f"{key}:{value} {fact['confidence']} {fact['evidence'].get('definition', '')}"
        yield ("fact", fact["source"], key, title, body)


def _gaps(store: Store) -> Iterator[tuple[str, ...]]:
    for gap in store.gaps():
        people = " ".join(
            str(subject.get("login") or subject.get("label") or subject.get("id") or "")
            for subject in gap["subjects"]
        )
        body = f"{gap['id']} {gap['severity']} {gap['nist']} {gap['remedy']} {people}"
        yield ("gap", gap["source"], gap["id"], f"{gap['title']}: {gap['count']}", body)


def _profile(profile: Path) -> Iterator[tuple[str, ...]]:
    for part in re.split(r"(?m)^(?=#)", read_profile(profile)):
        title, _, body = part.strip().partition("\n")
        if title:
            yield ("profile", "profile", "profile.md", title.lstrip("# "), body)
