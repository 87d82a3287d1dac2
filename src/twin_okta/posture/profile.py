"""The identity-posture section of the twin's profile, in Markdown."""

from collections.abc import Sequence

from twin_host.contract import Confidence, Fact, Gap, markdown_text
from twin_okta.posture.standing import Standings

UNREAD = {"denied", "partial"}


def profile(standings: Standings, facts: Sequence[Fact], gaps: Sequence[Gap]) -> str:
    """What a person wants to read about the org's identities."""
    by_key = {fact.key: fact for fact in facts}
    lines = [f"## Identity posture: Okta ({markdown_text(standings.org_name)})", ""]
    lines += _sentences(by_key)
    open_gaps = [gap for gap in gaps if gap.count]
    if open_gaps:
        lines += ["", "### Gaps", ""]
        lines += [
            f"- **{gap.severity}** {gap.title}: {'' if gap.complete else 'at least '}{gap.count}"
            f" ({gap.nist})"
            for gap in open_gaps
        ]
    unread = {n: d for n, d in standings.datasets.items() if d.state in UNREAD}
    if unread:
        lines += ["", "### What could not be read", ""]
        lines += [
            f"- {name}: {dataset.state}. {markdown_text(dataset.reason)}"
            for name, dataset in unread.items()
        ]
    return "\n".join(lines) + "\n"


def _sentences(facts: dict[str, Fact]) -> list[str]:
    templates = {
        "users": "- Users: {value}{mark}",
        "mfa_coverage": "- MFA coverage: {value}{mark}{detail}",
        "mfa_coverage_strong": "- Strong MFA: {value}{mark}",
        "mfa_coverage_phishing_resistant": "- Phishing-resistant MFA: {value}{mark}",
        "privileged_users": "- Privileged users: {value}{mark}",
        "sso_apps": "- SSO: Okta (SSO for {value} apps){mark}",
        "sso_apps_federated": "- Federated: {value}{mark}",
        "sso_apps_password": "- Password-based: {value}{mark}",
        "stale_accounts": "- Stale accounts: {value}{mark}",
    }
    return [
        template.format(
            value=markdown_text(facts[key].value),
            mark=_mark(facts[key]),
            detail=_detail(facts[key]),
        )
        for key, template in templates.items()
        if key in facts
    ]


def _mark(fact: Fact) -> str:
    return "" if fact.confidence == Confidence.VERIFIED else f" ({fact.confidence})"


def _detail(fact: Fact) -> str:
    evidence = fact.evidence
    margin = f", ±{evidence.margin:g} points" if evidence.margin else ""
    return f" ({evidence.numerator} of {evidence.denominator} users{margin})"
