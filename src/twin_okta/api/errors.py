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

No message holds a credential: they are made of our own words, the path, Okta's error code and
the request id. Okta's `errorSummary` may echo user input, so only its printable start is shown.
"""

from typing import Any

import httpx
import orjson

from twin_host.contract import MissingKind


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


def from_response(status: int, body: bytes, headers: httpx.Headers, path: str) -> OktaError:
    """The error that a final, unsuccessful answer means."""
    code, summary = error_body(body)
    where = _where(path, code, headers)
    if status == 401 and code == "E0000015":
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
        target = httpx.URL(headers.get("location", "")).host or "another address"
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


def error_body(body: bytes) -> tuple[str, str]:
    """`errorCode` and the printable start of `errorSummary`; empty when it is no Okta error."""
    try:
        fields: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(fields, dict):
        return "", ""
    code, summary = (str(fields.get(name) or "") for name in ("errorCode", "errorSummary"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]
    return code[:20], "".join(c for c in summary if c.isprintable())[:200]


def _where(path: str, code: str, headers: httpx.Headers) -> str:
    request_id = "".join(
        c for c in headers.get("x-okta-request-id", "") if c.isalnum() or c in "-_"
    )
    parts = [path, code, f"request {request_id[:64]}" if request_id else ""]
    return ", ".join(part for part in parts if part)
