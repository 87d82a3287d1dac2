"""When something was asked of one subject, and what came of it: what `due` is worked out from."""

import random
from datetime import timedelta

from attrs import frozen

from twin_okta.datasets import DATASETS
from twin_okta.snapshot import iso_text
from twin_okta.sync.run import Run

WHOLE = "*"
"""The subject that stands for a whole list, and for all subjects of its dataset."""
READ, GONE, UNREADABLE, DENIED = "read", "gone", "unreadable", "denied"
"""How the reading of a subject ended."""

COLUMNS = """
(dataset, subject, outcome, read_at, newer_from, after_event, in_order, sync, failure, spread)
"""
NOTE = f"""
INSERT OR REPLACE INTO subject_read {COLUMNS} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
    coalesce((SELECT nullif(r.spread, 0.5) FROM subject_read r
        WHERE r.dataset = ?1 AND r.subject = ?2), ?10))
"""
"""Where a subject falls at random is drawn once, so that a sample by it stays the same."""
NOTE_FAILURE = f"""
INSERT INTO subject_read {COLUMNS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    failure = excluded.failure,
    outcome = CASE WHEN outcome = 'read' THEN outcome ELSE excluded.outcome END
"""
NOTE_LEFT_OUT = "UPDATE subject_read SET left_out = 1 WHERE dataset = ? AND subject = ?"
CATCH_UP = """
UPDATE subject_read SET newer_from = ?, after_event = ?, sync = ? WHERE dataset = ? AND subject = ?
"""
LAST_EVENT = "SELECT max(number) FROM log_event"


@frozen
class Question:
    """What is asked of one subject. `read_at` is when, by Okta's clock; an entry published from
    `newer_from` on may be newer than that; `after_event` is the last log entry that was stored by
    then: no entry up to it can make this reading out of date."""

    dataset: str
    subject: str
    read_at: str
    newer_from: str
    after_event: int
    in_order: int


def ask(run: Run, dataset: str, subject: str, *, in_order: int = 0) -> Question:
    """Call it right before the request is sent."""
    now = run.okta_now()
    return Question(
        dataset,
        subject,
        iso_text(now),
        iso_text(now - timedelta(seconds=DATASETS[dataset].lag_s)),
        run.snapshot.number(LAST_EVENT),
        in_order,
    )


def note(run: Run, question: Question, outcome: str) -> None:
    """What came of it: read, or gone. Written together with what was read."""
    run.snapshot.write(NOTE, [_row(run, question, outcome, "")])


def note_failure(run: Run, question: Question, outcome: str, reason: str) -> None:
    """It could not be read: denied, or unreadable. What an earlier reading brought stays as it
    was, and as old as it was."""
    run.snapshot.write(NOTE_FAILURE, [_row(run, question, outcome, reason or outcome)])


def note_left_out(run: Run, question: Question, reason: str) -> None:
    """It was read, but for records that could not be understood."""
    with run.snapshot.together():
        note_failure(run, question, UNREADABLE, reason)
        run.snapshot.write(NOTE_LEFT_OUT, [(question.dataset, question.subject)])


def note_news(run: Run, question: Question) -> None:
    """What the log told of it has been read, and nothing else: it is as old as it was."""
    run.snapshot.write(
        CATCH_UP,
        [
            (
                question.newer_from,
                question.after_event,
                run.number,
                question.dataset,
                question.subject,
            )
        ],
    )


def _row(run: Run, question: Question, outcome: str, failure: str) -> tuple[str | int | float, ...]:
    return (
        question.dataset,
        question.subject,
        outcome,
        question.read_at,
        question.newer_from,
        question.after_event,
        question.in_order,
        run.number,
        failure,
        random.random(),  # noqa: S311  spreads the next reading over time, no secret
    )
