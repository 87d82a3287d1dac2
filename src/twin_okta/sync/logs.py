"""The System Log, by a polling request.

Okta's page "System Log query": a request without `until`, ascending, returns every event in the
order in which Okta stored them and always has a `next` link; an empty page means that there is no
more for now. That link is the cursor, kept in the same transaction as the events it covers.
Okta promises no absence of duplicates: the uuid sorts them out.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from attrs import frozen

from twin_host.contract import DatasetReport, DatasetState
from twin_okta.api import NotFound, Page, Refused
from twin_okta.api.json_path import at, objects
from twin_okta.api.models import LogEvent
from twin_okta.api.structure import structure
from twin_okta.rules import load
from twin_okta.snapshot import iso_text
from twin_okta.sync.run import Run

PAGE = 1000  # Okta's most
RETENTION = timedelta(days=90)
OVERLAP = timedelta(minutes=15)
"""How far before the last known event a reading starts when the cursor is no longer accepted."""

INSERT_EVENT = (
    "INSERT OR IGNORE INTO log_event (uuid, published, event_type, raw) VALUES (?, ?, ?, ?)"
)
SET_CURSOR = """
INSERT INTO log_cursor VALUES (1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    next_url = excluded.next_url, filter = excluded.filter, since = excluded.since,
    read_to = excluded.read_to
"""
GET_CURSOR = "SELECT next_url, filter, since, read_to FROM log_cursor"
LAST_EVENT = "SELECT max(published) FROM log_event"
PRUNE = "DELETE FROM log_event WHERE published < ?"

MASKED = "(masked: not a user name)"
_WRITTEN_BY_OKTA = {"uuid", "eventType", "published", "severity", "version", "outcome"}
_USER_NAME = re.compile(r"[^@\s]+@[^@\s]+|0oa\w+|unknown|system", re.IGNORECASE)


@frozen
class Start:
    """Where a reading starts, and how far back the events then reach."""

    since: str
    url: str | None = None


async def read_logs(run: Run) -> DatasetReport:
    """Read what happened since the last sync, or in the hours that were asked for."""
    wanted = server_filter()
    start = _start(run, wanted)
    try:
        read, left_out = await _read_from(run, start, wanted)
    except (Refused, NotFound):
        if start.url is None:
            raise
        run.notes.append("Okta no longer accepted the log cursor: the log was read anew.")
        read, left_out = await _read_from(run, Start(_restart_since(run, start.since)), wanted)
    run.snapshot.write(PRUNE, [(iso_text(run.now() - RETENTION),)])
    _show(run)
    if left_out:
        reason = f"{left_out} entries could not be understood and were left out."
        return DatasetReport(
            state=DatasetState.PARTIAL, read=read, expected=read + left_out, reason=reason
        )
    return DatasetReport(state=DatasetState.COMPLETE, read=read, expected=read)


def server_filter() -> str:
    """Okta's filter for the event types that the rules watch, and nothing else."""
    any_outcome: set[str] = set()
    by_outcome: set[tuple[str, str]] = set()
    for rule in load("notable_events")["rule"]:
        for event_type in rule["event_types"]:
            if "outcomes" in rule:
                by_outcome |= {(event_type, outcome) for outcome in rule["outcomes"]}
            else:
                any_outcome.add(event_type)
    terms = [f'eventType eq "{event_type}"' for event_type in sorted(any_outcome)]
    terms += [
        f'(eventType eq "{event_type}" and outcome.result eq "{outcome}")'
        for event_type, outcome in sorted(by_outcome)
        if event_type not in any_outcome
    ]
    return " or ".join(terms)


def _start(run: Run, wanted: str) -> Start:
    since = iso_text(run.now() - timedelta(hours=run.asked.hours_back))
    for next_url, its_filter, covered_since, read_to in run.snapshot.rows(GET_CURSOR):
        fresh = datetime.fromisoformat(read_to) > run.now() - RETENTION
        reaches_back = covered_since <= since
        if fresh and reaches_back and its_filter == wanted:
            return Start(covered_since, next_url)
    return Start(since)


def _restart_since(run: Run, since: str) -> str:
    ((last,),) = run.snapshot.rows(LAST_EVENT)
    if not last:
        return since
    return iso_text(max(datetime.fromisoformat(last) - OVERLAP, run.now() - RETENTION))


async def _read_from(run: Run, start: Start, wanted: str) -> tuple[int, int]:
    """Follow the log to its present end: how many entries were read, how many left out."""
    params: dict[str, str | int] | None = None
    if start.url is None:
        params = {"since": start.since, "filter": wanted, "limit": PAGE, "sortOrder": "ASCENDING"}
    read = left_out = 0
    url: str | None = start.url or "/api/v1/logs"
    while url:
        page = await run.client.page(url, params)
        params = None
        events, unreadable = structure(page.records, LogEvent)
        _store(run, page, events, start.since, wanted)
        read, left_out = read + len(events), left_out + len(unreadable)
        run.progress("logs", read)
        url = page.next_url if page.records else None
    return read, left_out


def _store(run: Run, page: Page, events: Iterable[LogEvent], since: str, wanted: str) -> None:
    raw_by_uuid = {record.get("uuid"): record for record in objects(page.records)}
    rows = [
        (
            event.uuid,
            iso_text(event.published),
            event.event_type,
            orjson.dumps(mask(raw_by_uuid[event.uuid])),
        )
        for event in events
    ]
    with run.snapshot.together():
        run.snapshot.write(INSERT_EVENT, rows)
        if page.next_url:
            cursor = (page.next_url, wanted, since, iso_text(run.now()))
            run.snapshot.write(SET_CURSOR, [cursor])


def mask(raw: dict[str, Any]) -> dict[str, Any]:
    """The entry without what somebody may have typed into the user-name field by mistake.

    A failed sign-in whose actor is neither an address nor an app id may carry a password
    (Sigma's rule "Okta password in AlternateID field"); it must not be stored or shown.
    """
    if raw.get("eventType") not in load("notable_events")["typed_user_name"]["event_types"]:
        return raw
    typed = at(raw, "actor.alternateId")
    failed = at(raw, "outcome.result") == "FAILURE"
    if not failed or not typed or _USER_NAME.fullmatch(str(typed)):
        return raw
    return {
        field: value if field in _WRITTEN_BY_OKTA else _without(value, str(typed))
        for field, value in raw.items()
    }


def _without(value: Any, typed: str) -> Any:
    """`value` with that text masked wherever it occurs in it."""
    if isinstance(value, str):
        return (
            value.replace(typed, MASKED) if len(typed) > 3 else MASKED if value == typed else value
        )
    if isinstance(value, list):
        return [_without(item, typed) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {key: _without(item, typed) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


def _show(run: Run) -> None:
    now = iso_text(run.now())
    run.snapshot.write("UPDATE dataset SET shown = 1, as_of = ? WHERE name = 'logs'", [(now,)])
