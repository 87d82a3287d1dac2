"""The System Log, by a polling request.

Okta's page "System Log query": a request without `until`, ascending, returns every event in the
order in which Okta stored them and always has a `next` link; an empty page means that there is no
more for now. That link is the cursor, kept in the same transaction as the events it covers.
Okta promises no absence of duplicates: the uuid sorts them out.
"""

from datetime import datetime, timedelta

from attrs import define, evolve, frozen

from twin_host.contract import DatasetReport, DatasetState
from twin_okta.api import NotFound, Page, Refused, ServerTrouble
from twin_okta.api.json_text import split
from twin_okta.api.structure import Unreadable
from twin_okta.snapshot import Snapshot, iso_text
from twin_okta.sync.log_entries import Entry, entries, keep
from twin_okta.sync.log_filter import server_filter
from twin_okta.sync.run import Run

PAGE = 1000  # Okta's most
RETENTION = timedelta(days=90)
"""Okta's page "System Log": older entries are not returned."""
OVERLAP = timedelta(minutes=15)
"""How far before the end of the last reading a new one starts when its cursor is of no use."""
REPEATS_FOR_A_FAULT = 10 * PAGE
"""So many more entries than are stored cannot be told again unless the pages go round."""

MOST_STORED = """
SELECT (SELECT max(number) FROM log_event) - (SELECT min(number) FROM log_event) + 1
"""
SET_CURSOR = """
INSERT INTO log_cursor VALUES (1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    next_url = excluded.next_url, filter = excluded.filter, since = excluded.since,
    read_to = excluded.read_to
"""
GET_CURSOR = "SELECT next_url, filter, since, read_to FROM log_cursor"
OLDEST_READING = "SELECT min(newer_from) FROM subject_read"
KEEP_HOLE = "INSERT OR IGNORE INTO log_hole VALUES (?, ?)"
FORGET_HOLES = "DELETE FROM log_hole WHERE until < ?"
HOLES = "SELECT since, until FROM log_hole ORDER BY since"
FORGET_TARGETS = (
    "DELETE FROM target WHERE event IN (SELECT number FROM log_event WHERE published < ?)"
)
FORGET_EVENTS = "DELETE FROM log_event WHERE published < ?"
SHOW = "UPDATE dataset SET shown = 1, as_of = ?, unreadable = ? WHERE name = 'logs'"
SIGN_INS = """
UPDATE user SET last_login = s.published FROM (
    SELECT e.actor_id AS id, max(e.published) AS published FROM log_event e
    JOIN subject_read r ON r.dataset = 'users' AND r.subject = '*'
    WHERE e.event_type = 'user.session.start' AND e.outcome = 'SUCCESS'
        AND e.number > r.after_event AND e.published >= r.newer_from
    GROUP BY e.actor_id) s
WHERE user.id = s.id AND user.generation = (SELECT shown FROM dataset WHERE name = 'users')
    AND coalesce(user.last_login, '') < s.published
"""
ADD_UNREADABLE = "UPDATE dataset SET unreadable = unreadable + ? WHERE name = 'logs'"
IS_A_USER = "SELECT 1 FROM user WHERE id = ? LIMIT 1"
USERS_ARE_KNOWN = "SELECT shown FROM dataset WHERE name = 'users'"


@frozen
class Start:
    """Where a reading starts; how far back the entries then reach without a hole."""

    since: str
    url: str | None = None
    covered_since: str = ""


@define
class Told:
    """What a reading has told so far."""

    read: int = 0
    repeated: int = 0
    unreadable: int = 0


async def read_logs(run: Run) -> DatasetReport:
    """Read what happened since the last reading ended, or in the hours that were asked for."""
    wanted = server_filter()
    start = _start(run, wanted)
    try:
        told = await _read_from(run, start, wanted)
    except (Refused, NotFound):
        if start.url is None:
            raise
        run.notes.append("Okta no longer accepted the log cursor: the log was read anew.")
        told = await _read_from(run, _start(run, wanted, cursor_is_good=False), wanted)
    _forget_old(run)
    return _report(run, told)


async def read_news(run: Run) -> DatasetReport:
    """What was written since the log was read in this sync, added to its report."""
    before = run.reports["logs"]
    after = await read_logs(run)
    left_out = (before.expected or before.read) - before.read
    run.snapshot.write(ADD_UNREADABLE, [(left_out,)])
    return evolve(
        after,
        state=max(
            before.state, after.state, key=[DatasetState.COMPLETE, DatasetState.PARTIAL].index
        ),
        read=before.read + after.read,
        expected=(before.expected or 0) + (after.expected or 0),
        reason=" ".join(dict.fromkeys(filter(None, (before.reason, after.reason)))),
    )


def take_sign_ins(snapshot: Snapshot) -> None:
    """Users signed in since their list was read: the log tells when, and the list's own time of
    change does not move."""
    snapshot.write(SIGN_INS, [()])


def _start(run: Run, wanted: str, *, cursor_is_good: bool = True) -> Start:
    """Go on from the cursor if it serves; else from where the last reading ended, as far back as
    Okta keeps entries; and further back if more was asked for than was ever read."""
    now = run.okta_now()
    asked_since = iso_text(now - timedelta(hours=run.asked.hours_back))
    found = run.snapshot.rows(GET_CURSOR)
    if not found:
        return Start(asked_since, covered_since=asked_since)
    ((next_url, its_filter, covered_since, read_to),) = found
    goes_on, kept_since = (
        iso_text(datetime.fromisoformat(read_to) - OVERLAP),
        iso_text(now - RETENTION),
    )
    if read_to < kept_since:
        run.snapshot.write(KEEP_HOLE, [(read_to, kept_since)])
    same = its_filter == wanted
    serves = cursor_is_good and run.is_own(next_url) and read_to >= kept_since
    if same and serves and covered_since <= asked_since:
        return Start(goes_on, next_url, covered_since)
    back_to = [goes_on, asked_since if covered_since > asked_since else goes_on]
    if not same:  # entries of a kind that was not asked for before may have made something due
        back_to += [row[0] for row in run.snapshot.rows(OLDEST_READING) if row[0]]
    since = max(min(back_to), kept_since)
    return Start(since, covered_since=min(since, covered_since) if same else since)


async def newest(run: Run) -> Page:
    """The log's next page; nothing is kept of it."""
    wanted = server_filter()
    start = _start(run, wanted)
    return await run.client.page(
        start.url or "/api/v1/logs", _params(start, wanted), understand=split
    )


def keep_page(run: Run, page: Page) -> None:
    """Keep the entries of a page that `newest` gave."""
    wanted = server_filter()
    good, _ = entries(page.records, lambda user_id: _is_known(run, user_id))
    asked_at = iso_text(run.okta_now())
    _store(run, page, good, (wanted, _start(run, wanted).covered_since, asked_at))


def _params(start: Start, wanted: str) -> dict[str, str | int] | None:
    if start.url is not None:
        return None
    return {"since": start.since, "filter": wanted, "limit": PAGE, "sortOrder": "ASCENDING"}


async def _read_from(run: Run, start: Start, wanted: str) -> Told:
    """Follow the log to its present end."""
    params = _params(start, wanted)
    told = Told()
    most_repeats = run.snapshot.number(MOST_STORED) + REPEATS_FOR_A_FAULT
    url = start.url or "/api/v1/logs"
    while True:
        asked_at = iso_text(run.okta_now())
        page = await run.client.page(url, params, understand=split)
        good, bad = entries(page.records, lambda user_id: _is_known(run, user_id))
        new = _store(run, page, good, (wanted, start.covered_since, asked_at))
        told.read += len(good)
        told.repeated += len(good) - new
        told.unreadable += len(bad)
        _leave_out(run, bad)
        run.progress("logs", told.read)
        if not page.records or page.next_url is None:
            return told
        if page.next_url == url or told.repeated > most_repeats:
            raise ServerTrouble(
                "The pages of the System Log go round: the same entries came again."
            )
        url, params = page.next_url, None


def _store(run: Run, page: Page, found: list[Entry], covers: tuple[str, str, str]) -> int:
    """Keep a page's entries with the cursor behind it; how many of them are new."""
    with run.snapshot.together():
        new = keep(run.snapshot, found)
        if page.next_url:
            run.snapshot.write(SET_CURSOR, [(page.next_url, *covers)])
    return new


def _leave_out(run: Run, bad: list[Unreadable]) -> None:
    run.snapshot.write(
        "INSERT INTO unreadable VALUES ('logs', 1, ?, ?)", [(it.id, it.reason) for it in bad]
    )


def _is_known(run: Run, user_id: str) -> bool:
    """Whether an id is a user's; before the users are read, whether it looks like one."""
    if run.snapshot.number(IS_A_USER, (user_id,)):
        return True
    return user_id.startswith("00u") and not run.snapshot.number(USERS_ARE_KNOWN)


def _forget_old(run: Run) -> None:
    """Entries go when Okta no longer keeps them; that some are missing stays told as long again."""
    kept_since = iso_text(run.okta_now() - RETENTION)
    with run.snapshot.together():
        for statement in (FORGET_TARGETS, FORGET_EVENTS):
            run.snapshot.write(statement, [(kept_since,)])
        run.snapshot.write(FORGET_HOLES, [(iso_text(run.okta_now() - 2 * RETENTION),)])


def _report(run: Run, told: Told) -> DatasetReport:
    run.snapshot.write(SHOW, [(iso_text(run.okta_now()), told.unreadable)])
    reasons = [
        f"Nothing is known of {since[:16]}Z to {until[:16]}Z: Okta no longer keeps those entries."
        for since, until in run.snapshot.rows(HOLES)
    ]
    if told.unreadable:
        reasons.append(f"{told.unreadable} entries could not be understood and were left out.")
    state = DatasetState.PARTIAL if reasons else DatasetState.COMPLETE
    expected = told.read + told.unreadable
    return DatasetReport(state=state, read=told.read, expected=expected, reason=" ".join(reasons))
