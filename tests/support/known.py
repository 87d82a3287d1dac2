"""What the twin knows, made for a test: name only what matters to it."""

from datetime import UTC, datetime

from twin_host.contract import Confidence, Evidence, Severity
from twin_host.known import KnownEvent, KnownFact, KnownGap, in_words

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def a_known_fact(key="mfa_coverage", value="87%", counted=(87, 100), note="", **changes):
    numerator, denominator = counted or (None, None)
    evidence = Evidence(
        complete=True, numerator=numerator, denominator=denominator, note=note, datasets=("users",)
    )
    told = {
        "source": "okta",
        "confidence": Confidence.VERIFIED,
        "as_of": AT,
        "evidence": evidence,
        "title": in_words(key),
    }
    return KnownFact(**(told | changes), key=key, value=value)


def a_known_gap(id="g", count=5, **changes):  # noqa: A002
    told = {
        "source": "okta",
        "severity": Severity.HIGH,
        "title": "Without MFA",
        "nist": "PR.AA-03",
        "remedy": "Enrol.",
        "kind": "user",
        "query": "SELECT 1 AS id",
        "digest": "d",
        "as_of": AT,
        "complete": True,
        "opened_at": AT,
        "changed_at": AT,
        "closed_at": None,
    }
    return KnownGap(**(told | changes), id=id, count=count)


def a_known_event(id="e", text="x", **changes):  # noqa: A002
    told = {
        "number": 1,
        "source": "okta",
        "time": AT,
        "event_type": text,
        "severity": Severity.LOW,
        "category": text,
        "title": text,
        "outcome": text,
        "reason": text,
        "actor": text,
        "targets": (text,),
        "source_ip": text,
        "country": text,
        "mitre": (),
    }
    return KnownEvent(**(told | changes), id=id)
