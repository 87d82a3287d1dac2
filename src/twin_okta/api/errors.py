"""What can go wrong with Okta, each as one sentence that says what to do.

    OktaError
    ├── Unreachable      no answer at all: name, network, TLS, time-out
    ├── NotOkta          an answer that Okta would not give: a web page, a redirect, a foreign link
    ├── UnreadableAnswer JSON, but not what belongs here: no list, too deep, too large
    ├── BadCredential    Okta does not accept the token
    ├── Denied           the credential may not read this: a scope or an admin role is missing
    ├── NotFound         the record is gone
    ├── Refused          Okta calls the request itself wrong
    ├── Throttled        the rate limit, again and again
    └── ServerTrouble    Okta failed, or its answer was cut off, again and again

No message holds a credential: they are made of our own words, and of what the server said only as
far as `KnownSecrets.fit` lets it pass.
"""

import httpx

from twin_host.contract import MissingKind
from twin_okta.api.json_path import at
from twin_okta.api.json_text import loads
from twin_okta.api.spoken import KnownSecrets

NOT_AVAILABLE = {"E0000015", "E0000022"}
"""Okta's codes for a feature that the org does not have, and for a method that it does not support
here: neither is about the credential."""


class BudgetSpent(Exception):
    """As many requests were made as there might be. It is about no request, so that nothing which
    minds one record or one list catches it."""


class OktaError(Exception):
    """Anything that stopped a reading. The message is a sentence for a person."""


class Unreachable(OktaError):
    """Nothing answered."""


class NotOkta(OktaError):
    """Something answered, but not as Okta does."""


class UnreadableAnswer(OktaError):
    """An answer that is not what belongs here. It is never taken for an empty one."""


class BadCredential(OktaError):
    """Okta does not accept the credential."""


class Denied(OktaError):
    """The credential may not read this. `kind` is what it lacks, `where` what was asked; which
    scope or role that is depends on the dataset, and is said there."""

    def __init__(self, kind: MissingKind, where: str) -> None:
        super().__init__(f"The credential may not read {where}: it lacks a {kind}.")
        self.kind = kind
        self.where = where


class NotFound(OktaError):
    """The record does not exist, or no longer."""


class Refused(OktaError):
    """Okta calls the request wrong."""


class Throttled(OktaError):
    """Okta keeps answering 429."""


class ServerTrouble(OktaError):
    """Okta keeps failing, or its answers keep breaking off."""


def from_response(
    status: int, body: bytes, headers: httpx.Headers, path: str, secrets: KnownSecrets
) -> OktaError:
    """The error that a final, unsuccessful answer means."""
    code, summary = error_body(body, secrets)
    where = _where(path, code, headers, secrets)
    if status in (401, 405) and code in NOT_AVAILABLE:
        return Denied(MissingKind.FEATURE, where)
    if status == 401:
        return BadCredential(
            f"Okta does not accept the token ({where}): it is wrong, expired or revoked, "
            "or belongs to another org. Make a new one and configure it again."
        )
    if status == 403:
        lacks_scope = "insufficient_scope" in headers.get("www-authenticate", "")
        return Denied(MissingKind.SCOPE if lacks_scope else MissingKind.ROLE, where)
    if status == 404 and code:
        return NotFound(f"Okta has no such record ({where}).")
    if 300 <= status < 400:
        target = secrets.fit(_host(headers.get("location", ""))) or "another address"
        return NotOkta(
            f"The host answered {path} with a redirect to {target}, which is not followed. "
            "Check the domain: it must be the org's own address."
        )
    if not code:
        return NotOkta(
            f"The host answered {path} with status {status} and no Okta error: "
            "check the domain, it may not be an Okta org."
        )
    return Refused(f"Okta refused the request ({where}): {summary}")


def error_body(body: bytes, secrets: KnownSecrets) -> tuple[str, str]:
    """`errorCode`, and `errorSummary` as it may be shown; empty when it is no Okta error."""
    try:
        fields = loads(body)
    except (ValueError, RecursionError):
        return "", ""
    code, summary = at(fields, "errorCode"), at(fields, "errorSummary")
    if not isinstance(code, str):
        return "", ""
    return secrets.fit(code, 20), secrets.fit(summary) if isinstance(summary, str) else ""


def _where(path: str, code: str, headers: httpx.Headers, secrets: KnownSecrets) -> str:
    request_id = secrets.fit(headers.get("x-okta-request-id", ""), 64)
    parts = [secrets.fit(path), code, f"request {request_id}" if request_id else ""]
    return ", ".join(part for part in parts if part)


def _host(location: str) -> str:
    try:
        return httpx.URL(location).host
    except (httpx.InvalidURL, ValueError):
        return ""
