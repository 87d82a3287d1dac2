"""Real Okta answers, recorded by Okta's own SDK tests; they lie beside the checkout, not in it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

FOLDER = Path(__file__).parents[3] / "shared" / "recordings"
present = pytest.mark.skipif(
    not FOLDER.exists(), reason="the recordings are not beside the checkout"
)

KINDS = {
    "user": r"/api/v1/users(/[^/]+(/lifecycle/\w+)?)?|/api/v1/groups/[^/]+/users",
    "factor": r"/api/v1/users/[^/]+/factors(/[^/]+)?",
    "role": r"/api/v1/(users|groups)/[^/]+/roles(/[^/]+)?",
    "group": r"/api/v1/groups(/[^/]+)?|/api/v1/users/[^/]+/groups",
    "app": r"/api/v1/apps(/[^/]+)?|/api/v1/groups/[^/]+/apps",
    "app user": r"/api/v1/apps/[^/]+/users(/[^/]+)?",
    "API token": r"/api/v1/api-tokens(/[^/]+)?",
    "policy": r"/api/v1/policies(/[^/]+)?",
    "policy rule": r"/api/v1/policies/[^/]+/rules(/[^/]+)?",
    "authenticator": r"/api/v1/authenticators(/[^/]+)?",
    "zone": r"/api/v1/zones(/[^/]+)?",
}


@frozen
class Exchange:
    """One recorded request and its answer."""

    file: str
    method: str
    path: str
    status: int
    headers: dict[str, list[str]]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@cache
def exchanges() -> list[Exchange]:
    """All of them, in the order of files and requests."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[Exchange] = []
    for file in sorted(FOLDER.rglob("*.yaml")):
        for interaction in yaml.load(file.read_text(encoding="utf-8"), loader)["interactions"]:
            request, response = interaction["request"], interaction["response"]
            found.append(
                Exchange(
                    file=file.stem,
                    method=request["method"],
                    path=re.sub(r"^https://[^/]+", "", request["uri"]).split("?")[0],
                    status=response["status"]["code"],
                    headers=_lists(response["headers"]),
                    body=response["body"].get("string") or "",
                )
            )
    return found


def _lists(headers: dict[str, Any]) -> dict[str, list[str]]:
    """Some of the recordings write a header that occurs once as plain text."""
    return {
        name.lower(): [values] if isinstance(values, str) else list(map(str, values))
        for name, values in headers.items()
    }


def bodies(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recorded object of a kind, with the path it came from."""
    pattern = re.compile(KINDS[kind])
    for exchange in exchanges():
        if exchange.status not in (200, 201) or not pattern.fullmatch(exchange.path):
            continue
        if not exchange.body.lstrip().startswith(("[", "{")):
            continue
        found = exchange.json
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, dict) and _is(kind, item):
                yield exchange.path, item


def at_path(path: str) -> Iterator[tuple[str, Any]]:
    """Every body recorded at exactly this path, in order."""
    for exchange in exchanges():
        if exchange.method != "GET" or exchange.path != path or exchange.status != 200:
            continue
        if exchange.body[:1] in ("[", "{"):
            yield exchange.path, exchange.json


def _is(kind: str, item: dict[str, Any]) -> bool:
    """Some paths answer with something else, such as an activation link."""
    needed = {
        "user": {"id", "profile", "status"},
        "factor": {"id", "factorType"},
        "role": {"id", "type"},
        "group": {"id", "profile", "type"},
        "app": {"id", "signOnMode"},
        "app user": {"id", "scope"},
        "API token": {"id", "userId"},
        "policy": {"id", "type", "name"},
        "policy rule": {"id", "actions"},
        "authenticator": {"id", "key"},
        "zone": {"id", "usage"},
    }
    return needed[kind] <= item.keys()
