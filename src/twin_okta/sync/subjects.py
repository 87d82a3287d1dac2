"""When something was asked of one subject, and what came of it: what `due` is worked out from."""

from datetime import timedelta

from attrs import frozen

from twin_okta.snapshot import iso_text
from twin_okta.sync.run import Run

SLACK = timedelta(minutes=1)
"""How much earlier than a reading a change may be published that the reading did not show."""

NOTE = "INSERT OR REPLACE INTO subject_read VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
LAST_EVENT = "SELECT max(number) FROM log_event"


@frozen
class Question:
    """What is asked of one subject. `read_at` is when, by Okta's clock; `after_event` the last log
    entry that was stored by then: no entry up to it can make this reading out of date."""

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
        iso_text(now - SLACK),
        run.snapshot.number(LAST_EVENT),
        in_order,
    )


def note(run: Run, question: Question, outcome: str, reason: str = "") -> None:
    """What came of it: read, gone, unreadable or denied. Written together with what was read."""
    row = (
        question.dataset,
        question.subject,
        outcome,
        reason,
        question.read_at,
        question.newer_from,
        question.after_event,
        question.in_order,
        run.number,
    )
    run.snapshot.write(NOTE, [row])
