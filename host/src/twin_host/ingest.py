"""What a connector says, taken over into the twin."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from twin_host.contract import Enrichment, Fact, Gap, List
from twin_host.known import event_row, fact_row, gap_row, list_row
from twin_host.orgs import show_org
from twin_host.store import Store

KEEP_FACT = """
INSERT INTO fact (source, key, value, confidence, as_of, evidence, title, section, short, headline,
    detail, definition_version, place)
VALUES (:source, :key, :value, :confidence, :as_of, :evidence, :title, :section, :short, :headline,
    :detail, :definition_version, :place)
"""
KEEP_READING = """
INSERT INTO reading (source, key, as_of, definition_version, value, confidence)
VALUES (:source, :key, :as_of, :definition_version, :value, :confidence)
ON CONFLICT DO UPDATE SET value = excluded.value, confidence = excluded.confidence
"""
KEEP_GAP = """
INSERT INTO gap (source, id, severity, title, nist, remedy, count, kind, query, digest, as_of,
    complete, opened_at, changed_at, closed_at)
VALUES (:source, :id, :severity, :title, :nist, :remedy, :count, :kind, :query, :digest, :as_of,
    :complete, :now, :now, NULL)
ON CONFLICT DO UPDATE SET
    severity = excluded.severity, title = excluded.title, nist = excluded.nist,
    remedy = excluded.remedy, as_of = excluded.as_of, complete = excluded.complete,
    kind = excluded.kind, query = excluded.query,
    opened_at = CASE WHEN gap.closed_at IS NULL THEN gap.opened_at ELSE excluded.opened_at END,
    changed_at = CASE WHEN gap.closed_at IS NULL AND gap.count = excluded.count
        AND gap.digest IN ('', excluded.digest)  -- none is known of what an older version kept
        THEN gap.changed_at ELSE excluded.changed_at END,
    count = excluded.count, digest = excluded.digest, closed_at = NULL
"""
CLOSE_GAP = """
UPDATE gap SET count = 0, digest = '', as_of = :as_of, complete = 1, changed_at = :now,
    closed_at = :now
WHERE source = :source AND id = :id AND closed_at IS NULL
"""
KEEP_EVENT = """
INSERT INTO event (source, id, time, event_type, severity, category, title, outcome, reason, actor,
    targets, source_ip, country, mitre)
VALUES (:source, :id, :time, :event_type, :severity, :category, :title, :outcome, :reason, :actor,
    :targets, :source_ip, :country, :mitre) ON CONFLICT DO NOTHING
"""
KEEP_LIST = "INSERT INTO list VALUES (:source, :kind, :place, :definition)"
KEEP_BOOKMARK = "INSERT OR REPLACE INTO bookmark VALUES (?, ?)"


@frozen
class Ingested:
    """What an enrichment changed."""

    facts: int
    open_gaps: int
    new_events: int


def ingest(store: Store, source: str, enrichment: Enrichment, now: datetime) -> Ingested:
    """Take over everything a connector says, all of it or nothing. What is kept of another org is
    set aside first."""
    with store.together():
        show_org(store, source, enrichment.org)
        _replace_facts(store, source, enrichment.facts)
        _replace_lists(store, source, enrichment.lists)
        for gap in enrichment.gaps:
            _keep_gap(store, source, gap, now)
        new_events = store.write(
            KEEP_EVENT, (event_row(source, event) for event in enrichment.events)
        )
        store.write(KEEP_BOOKMARK, [(source, enrichment.bookmark)])
        open_gaps = store.number("SELECT count(*) FROM gap WHERE closed_at IS NULL")
    return Ingested(len(enrichment.facts), open_gaps, new_events)


def _replace_facts(store: Store, source: str, facts: Sequence[Fact]) -> None:
    rows = [fact_row(source, fact, place) for place, fact in enumerate(facts)]
    store.write("DELETE FROM fact WHERE source = ?", [(source,)])
    store.write(KEEP_FACT, rows)
    store.write(KEEP_READING, rows)


def _replace_lists(store: Store, source: str, lists: Sequence[List]) -> None:
    store.write("DELETE FROM list WHERE source = ?", [(source,)])
    store.write(KEEP_LIST, [list_row(source, found, place) for place, found in enumerate(lists)])


def _keep_gap(store: Store, source: str, gap: Gap, now: datetime) -> None:
    if gap.count:
        store.write(KEEP_GAP, [gap_row(source, gap, now)])
    elif gap.complete:  # else nobody was found in a part of the data, which closes nothing
        store.write(CLOSE_GAP, [gap_row(source, gap, now)])
