"""Recording and replaying what the real client says to an org; nothing secret or personal is kept.

Recorded through the real client by `pytest --record`: against the sandbox, or against a real org
when OKTA_RECORD_DOMAIN and OKTA_API_TOKEN are set. Replayed by default, with no network.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import vcr
from attrs import frozen

from okta_sandbox import Org, Settings, create_app, serve

FOLDER = Path(__file__).parents[2] / "cassettes"
HOST = "acme.okta.com"
"""What every recorded host is called afterwards."""
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""When the cassettes were recorded, as far as the connector's clock knows."""
SCRUBBED_TOKEN = "00scrubbed"

KEPT_HEADERS = {
    "content-type", "date", "link", "x-rate-limit-limit", "x-rate-limit-remaining",
    "x-rate-limit-reset", "x-okta-request-id", "www-authenticate",
}  # fmt: skip
PERSONAL = {
    "login", "email", "secondEmail", "firstName", "lastName", "middleName", "nickName",
    "displayName", "alternateId", "mobilePhone", "primaryPhone", "phoneNumber", "manager",
    "managerId", "employeeNumber", "streetAddress", "companyName", "ipAddress", "ip",
    "credentialId", "city", "postalCode", "userName", "value", "serialNumber",
    "imei", "meid", "udid", "sid", "tpmPublicKeyHash",
}  # fmt: skip
NOT_PERSONAL = re.compile(r"0oa\w+|unknown|system|Okta.*", re.IGNORECASE)


@frozen
class Recorded:
    """How to reach what a cassette plays."""

    values: dict[str, str]
    token: str


@contextmanager
def cassette(name: str, *, record: bool, token: str = "super_admin") -> Iterator[Recorded]:
    """Play a cassette while the block runs, or record it."""
    path = FOLDER / f"{name}.yaml"
    if not record:
        with _player("none").use_cassette(str(path)):
            yield Recorded({"domain": HOST}, SCRUBBED_TOKEN)
        return
    path.unlink(missing_ok=True)
    with _org_to_record(token) as recorded, _player("once").use_cassette(str(path)):
        yield recorded


@contextmanager
def _org_to_record(token: str) -> Iterator[Recorded]:
    if domain := os.environ.get("OKTA_RECORD_DOMAIN"):
        yield Recorded({"domain": domain}, os.environ["OKTA_API_TOKEN"])
        return
    org = Org(users=24, apps=9, groups=6, admins=4, as_of_s=AT.timestamp())
    app = create_app(org, Settings(), clock=AT.timestamp)
    with serve(app) as url:
        yield Recorded({"domain": url, "allow_loopback_http": "true"}, app.token(token))


def _player(mode: str) -> vcr.VCR:
    return vcr.VCR(
        record_mode=vcr.record_mode.RecordMode(mode),
        match_on=("method", "path", "query"),
        before_record_request=_scrub_request,
        before_record_response=_scrub_response,
        decode_compressed_response=True,
    )


def _scrub_request(request: Any) -> Any:
    request.uri = _on_our_host(request.uri)
    request.headers = {"Accept": "application/json"}
    request.body = b""
    return request


def _scrub_response(response: Any) -> Any:
    headers = {name.lower(): values for name, values in response["headers"].items()}
    kept = {name: headers[name] for name in sorted(KEPT_HEADERS & headers.keys())}
    response["headers"] = {name: [_on_our_host(v) for v in values] for name, values in kept.items()}
    body = response["body"]["string"]
    text = body.decode() if isinstance(body, bytes) else body
    try:
        text = json.dumps(_without_people(json.loads(_on_our_host(text))))
    except ValueError:
        text = _on_our_host(text)
    response["body"]["string"] = text.encode()
    return response


def _on_our_host(text: str) -> str:
    return re.sub(r"https?://[\w.-]+(:\d+)?", f"https://{HOST}", text)


def _without_people(value: Any, name: str = "") -> Any:
    """The same JSON with a pseudonym for everything personal; the same one for the same text."""
    if isinstance(value, dict):
        return {key: _without_people(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_people(item, name) for item in value]
    if name in PERSONAL and isinstance(value, str) and not NOT_PERSONAL.fullmatch(value):
        return _pseudonym(name, value)
    return value


def _pseudonym(name: str, value: str) -> str:
    mark = hashlib.sha256(f"twin-okta {value}".encode()).hexdigest()[:8]
    if name in ("ipAddress", "ip"):
        return f"192.0.2.{int(mark, 16) % 254 + 1}"  # RFC 5737: for documentation
    return f"person-{mark}@example.com" if "@" in value else f"Name {mark}"
