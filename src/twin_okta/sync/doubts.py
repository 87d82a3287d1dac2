"""Cross-checks: why a list that was read to its end may be wrong all the same.

`rules/doubts.toml` says what is doubted and what ends it. A doubt is worked out anew whenever more
is known: when the list has been read, and when the log has been.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve

from twin_host.contract import DatasetState
from twin_okta.datasets import DATASETS
from twin_okta.reading import Reading
from twin_okta.rules import load
from twin_okta.snapshot import iso_text
from twin_okta.sync.run import Run
from twin_okta.sync.strangers import strangers

LISTED = "SELECT count(*) FROM shown_user WHERE status IS NOT 'DEPROVISIONED'"
TOLD = """
SELECT count(DISTINCT coalesce(t.id, e.uuid)) FROM log_event e
LEFT JOIN target t ON t.event = e.number AND t.position = 0
WHERE e.published >= ? AND e.event_type IN (SELECT value FROM json_each(?))
"""
COUNTS = "SELECT count_before, counted_at FROM dataset WHERE name = ?"
AS_OF = "SELECT as_of FROM dataset WHERE name = ?"
FORGET_COUNT = "UPDATE dataset SET count_before = NULL, counted_at = NULL WHERE name = ?"
KEEP = "UPDATE dataset SET doubt = ?, doubted_at = ? WHERE name = ?"


def settle_doubts(run: Run, only: str = "") -> None:
    """Work out what is doubted of the lists that this sync has read, or of one of them, and report
    it."""
    for name, report in list(run.reports.items()):
        if only not in ("", name):
            continue
        read_now = report.state in (DatasetState.COMPLETE, DatasetState.PARTIAL)
        dataset = DATASETS[name]
        has_rows = dataset.tables and not dataset.counts_subjects
        if not has_rows or not read_now:
            continue
        if is_finished := name not in run.unfinished:
            doubts = list(_doubts(run, name))
        elif dataset.tables[0] in dataset.listed:  # which is shown, whatever broke off then
            doubts = list(_shrinking(run, name))
        else:
            doubts = []
        if not (is_finished or doubts):
            continue
        since = run.doubted_before.get(name, ("", ""))[1] or iso_text(run.okta_now())
        run.snapshot.write(KEEP, [(" ".join(doubts), since if doubts else None, name)])
        if not is_finished:
            continue
        if doubts:
            said = " ".join(filter(None, (run.read_as[name].reason, *doubts)))
            run.reports[name] = evolve(report, state=DatasetState.PARTIAL, reason=said)
        else:
            run.reports[name] = run.read_as[name]
        run.snapshot.note(name, run.reports[name])


def forget_counts(run: Run) -> None:
    """A sync has ended: by what was counted before it the lists that it read to their end were
    judged."""
    judged = (name for name in run.reports if name not in run.unfinished)
    run.snapshot.write(FORGET_COUNT, ((name,) for name in judged))


def _doubts(run: Run, name: str) -> Iterator[str]:
    rules = load("doubts")
    yield from _shrinking(run, name)
    if name == "users":
        yield from _fewer_than_everybody(run)
        yield from _strangers(run)
    for rule in rules["doubt"]:
        if rule["dataset"] == name and run.snapshot.number(rule["query"]):
            yield f"{rule['cause']} {rule['end']}"


def _shrinking(run: Run, name: str) -> Iterator[str]:
    rule = load("doubts")["shrinking"]
    before, now, counted_at = _counts(run, name)
    said, since = run.doubted_before.get(name, ("", ""))
    if before is not None and before >= rule["least"]:
        told = _told(run, rule["deletions"].get(name, []), counted_at)
        allowed = rule["share"] + sum(_fall(run, it) for it in rule["hangs_on"].get(name, []))
        if before - now - told > allowed * before:
            yield f"{rule['cause'].format(before=before, now=now)} {rule['end']}"
            return
    patience = timedelta(hours=rule["believed_after_hours"])
    if rule["end"] in said and run.okta_now() - datetime.fromisoformat(since) < patience:
        yield said


def _counts(run: Run, name: str) -> tuple[int | None, int, str | None]:
    """How many rows a dataset had before it was read, and has now; and of when the first is."""
    ((before, counted_at),) = run.snapshot.rows(COUNTS, (name,))
    return before, Reading.shown(run.snapshot, name).count(), counted_at


def _fall(run: Run, name: str) -> float:
    """The share by which a dataset has become smaller."""
    before, now, _ = _counts(run, name)
    return max(0.0, 1 - now / before) if before else 0.0


def _fewer_than_everybody(run: Run) -> Iterator[str]:
    rule = load("doubts")["everyone"]
    if run.everybody is None:
        return
    ((began,),) = run.snapshot.rows(AS_OF, ("users",))
    listed = run.snapshot.number(LISTED)
    missing = run.everybody - listed - _told(run, rule["joiners"], began)
    if missing > max(rule["least"], rule["share"] * run.everybody):
        yield f"{rule['cause'].format(everybody=run.everybody, listed=listed)} {rule['end']}"


def _strangers(run: Run) -> Iterator[str]:
    rule = load("doubts")["strangers"]
    count = len(strangers(run, most=rule["most"] + 1))
    if count:
        told = f"More than {rule['most']}" if count > rule["most"] else count
        yield f"{rule['cause'].format(count=told)} {rule['end']}"


def _told(run: Run, event_types: list[str], since: str | None) -> int:
    """How many such things the log tells of since then."""
    types = "[" + ",".join(f'"{each}"' for each in event_types) + "]"
    return run.snapshot.number(TOLD, (since or "9999", types)) if event_types else 0
