"""Gaps: the weaknesses that rules/gaps.toml describes, with the query that lists those in each."""

from hashlib import sha256
from typing import Any

from twin_host.contract import Gap, Severity
from twin_okta.posture.figures import Figures
from twin_okta.posture.measure import quoted
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
    query = rule["query"].replace(":cutoff", quoted(figures.stale_cutoff())).strip()
    count, digest = _counted(figures, query)
    if as_of is None or (not complete and not count):
        return None
    return Gap(
        id=rule["id"],
        severity=Severity(rule["severity"]),
        title=rule["title"],
        nist=rule["nist"],
        remedy=rule["remedy"],
        count=count,
        kind=rule["kind"],
        query=query,
        digest=digest,
        as_of=as_of,
        complete=complete,
    )


def _counted(figures: Figures, query: str) -> tuple[int, str]:
    """How many subjects a query has, and the SHA-256 of their ids in order."""
    count, digest = 0, sha256()
    for (subject,) in figures.snapshot.stream(f"SELECT id FROM ({query}) ORDER BY id"):
        count += 1
        digest.update(f"{subject}\n".encode())
    return count, digest.hexdigest()
