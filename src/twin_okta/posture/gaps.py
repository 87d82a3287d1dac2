"""Gaps: the weaknesses that rules/gaps.toml describes, with the people behind each."""

from typing import Any

from twin_host.contract import Gap, Severity, Subject
from twin_okta.posture.figures import Figures
from twin_okta.rules import load


def gaps(figures: Figures) -> tuple[Gap, ...]:
    """Every gap that can be judged; one without anybody closes what was open.

    A gap is left out when its data was never read, or when it was read in part and shows nobody:
    that would be a false all-clear.
    """
    found = [_judge(figures, rule) for rule in load("gaps")["gap"]]
    return tuple(gap for gap in found if gap is not None)


def _judge(figures: Figures, rule: dict[str, Any]) -> Gap | None:
    if rule.get("edition", figures.edition) != figures.edition:
        return None
    needs: list[str] = rule["needs"]
    as_of, complete = figures.as_of(needs), figures.complete(needs)
    subjects = _subjects(figures, rule["query"])
    if as_of is None or (not complete and not subjects):
        return None
    return Gap(
        id=rule["id"],
        severity=Severity(rule["severity"]),
        title=rule["title"],
        nist=rule["nist"],
        remedy=rule["remedy"],
        count=len(subjects),
        subjects=subjects,
        as_of=as_of,
        complete=complete,
    )


def _subjects(figures: Figures, query: str) -> tuple[Subject, ...]:
    cutoff = {"cutoff": figures.stale_cutoff()}
    return tuple(figures.snapshot.records(query, cutoff))
