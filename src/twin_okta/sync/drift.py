"""Drift: what reading again by age finds otherwise than it was known, though no log entry told.

A delta that misses things must show. An entry that comes late is told after all: the view `drifted`
leaves out what the log has since explained.
"""

from twin_okta.changes import Difference
from twin_okta.sync.run import Run
from twin_okta.sync.subjects import Question

NOTE = "INSERT OR REPLACE INTO drift VALUES (?, ?, ?, ?, ?, ?)"
FOUND = "SELECT dataset, count(*) FROM drifted WHERE found_at >= ? GROUP BY 1 ORDER BY 1"
FORGET_OLD = "DELETE FROM drift WHERE julianday(?) - julianday(found_at) > 90"


def note_drift(run: Run, question: Question, since: str, found: Difference) -> None:
    """Remember that a subject is otherwise than when it was read at `since`, though the log
    reaches back to then and names it in nothing."""
    row = (question.dataset, question.subject, since, question.read_at)
    run.snapshot.write(FORGET_OLD, [(question.read_at,)])
    run.snapshot.write(NOTE, [(*row, found.appeared, found.went)])


def told_of_drift(run: Run, since: str) -> str:
    """What a person should know of the drift that a sync has found; empty where there is none."""
    found = run.snapshot.rows(FOUND, (since,))
    if not found:
        return ""
    of_what = ", ".join(f"{number} of {dataset}" for dataset, number in found)
    return f"Reading again found changes that no log entry told of: {of_what}."
