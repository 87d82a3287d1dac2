"""The gaps that rules/gaps.toml describes, each judged by its figure."""

from collections.abc import Sequence
from hashlib import sha256

from twin_host.contract import Gap, Severity
from twin_okta.posture.book import GapRule
from twin_okta.posture.measure import Measuring

STRONGEST = "SELECT coalesce(min(coalesce(tier, 0)), 0) FROM ({query})"
IDS = "SELECT id FROM ({query}) ORDER BY 1"


def gaps(measuring: Measuring, rules: Sequence[GapRule]) -> tuple[Gap, ...]:
    """Every gap that can be judged; one without anybody closes what was open.

    A gap is left out when its data was never read, or when it was read in part and shows nobody:
    that would be a false all-clear.
    """
    found = [_judge(measuring, rule) for rule in rules]
    return tuple(gap for gap in found if gap is not None)


def _judge(measuring: Measuring, rule: GapRule) -> Gap | None:
    figure, standings = rule.figure, measuring.standings
    as_of = standings.as_of(figure.needs)
    if as_of is None or figure.edition not in ("", standings.edition):
        return None
    tally = measuring.tally(figure)
    complete = standings.are_complete(figure.needs) and not tally.undecided
    if not complete and not tally.count:
        return None
    query = measuring.subjects(figure)
    return Gap(
        id=rule.id,
        severity=_severity(measuring, rule, query),
        title=rule.title,
        nist=rule.nist,
        remedy=rule.remedy,
        count=tally.count,
        as_of=as_of,
        kind=figure.kind,
        query=query,
        digest=_digest(measuring, query),
        complete=complete,
        note="" if complete else f"At least this many. {measuring.doubt(figure, tally)}",
    )


def _severity(measuring: Measuring, rule: GapRule, query: str) -> Severity:
    if len(rule.severities) == 1:
        return rule.severities[0]
    return rule.severities[measuring.snapshot.number(STRONGEST.format(query=query))]


def _digest(measuring: Measuring, query: str) -> str:
    digest = sha256()
    for (subject_id,) in measuring.snapshot.stream(IDS.format(query=query)):
        digest.update(f"{subject_id}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
