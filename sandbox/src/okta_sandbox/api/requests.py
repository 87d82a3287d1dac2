"""A request as it came: method, path, query, headers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from attrs import frozen

Scope = Mapping[str, Any]


@frozen
class Request:
    """One HTTP request: what is asked and by which words. Header names are lower-case."""

    method: str
    path: str
    raw_path: str
    query_text: str
    query: dict[str, str]
    headers: dict[str, str]
    base: str
    """Scheme and host as the caller named them, e.g. `http://127.0.0.1:8100`."""
    body: bytes = b""

    @classmethod
    def of(cls, scope: Scope, body: bytes = b"") -> "Request":
        """The request that an ASGI scope describes."""
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query_text: str = scope["query_string"].decode("latin-1")
        return cls(
            method=scope["method"],
            path=scope["path"],
            raw_path=raw_path.decode("latin-1").partition("?")[0],
            query_text=query_text,
            query=dict(parse_qsl(query_text, keep_blank_values=True)),
            headers=headers,
            base=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
            body=body,
        )

    @property
    def target(self) -> str:
        """Path and query, as the journal notes them."""
        return f"{self.raw_path}?{self.query_text}" if self.query_text else self.raw_path

    @property
    def url(self) -> str:
        """The URL without query, as a DPoP proof names it."""
        return self.base + self.raw_path

    def segments(self) -> list[str]:
        """The path's parts, each decoded on its own (a login may hold an encoded slash)."""
        return [unquote(part) for part in self.raw_path.strip("/").split("/")]

    def link(
        self, relation: str, *, without: tuple[str, ...] = (), **changed: str
    ) -> tuple[str, str]:
        """A `Link` header to this request with some parameters changed or left out."""
        kept = {name: value for name, value in self.query.items() if name not in without}
        query = urlencode({**kept, **changed})
        url = f"{self.base}{self.raw_path}?{query}" if query else self.base + self.raw_path
        return ("link", f'<{url}>; rel="{relation}"')
