"""The way to the one host: directly or through a proxy, and never more bytes than can be kept."""

import ipaddress
import zlib
from collections.abc import AsyncGenerator, Iterator
from urllib.request import getproxies, proxy_bypass

import httpx
from attrs import frozen

from twin_okta.api.errors import Unreachable, UnreadableAnswer

LONGEST_BODY_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
MOST_CONNECTIONS = 40
CODINGS = ("", "identity", "gzip")
"""What is asked for. Codings upon codings turn kilobytes into gigabytes."""


def way_to(origin: httpx.URL) -> tuple[httpx.AsyncBaseTransport, str]:
    """A transport to an origin, and the password of the proxy that it goes through, if any.

    A proxy that cannot be used is told by the first request.
    """
    proxy = _proxy_for(origin)
    limits = httpx.Limits(
        max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS
    )
    try:
        through = httpx.Proxy(proxy) if proxy else None
        return httpx.AsyncHTTPTransport(limits=limits, proxy=through), _password(through)
    except (ImportError, ValueError, httpx.InvalidURL):
        return NoWay(), ""


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy_for(origin: httpx.URL) -> str:
    """What this machine's settings name; nothing for this machine itself, whose traffic and
    credential are nobody else's."""
    if is_this_machine(origin.host) or proxy_bypass(origin.host):
        return ""
    named = getproxies()
    proxy = named.get(origin.scheme) or named.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _password(proxy: httpx.Proxy | None) -> str:
    return proxy.auth[1] if proxy and proxy.auth else ""


class NoWay(httpx.AsyncBaseTransport):
    """Stands where a proxy is set that cannot be used."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Say so."""
        raise Unreachable(
            f"The proxy that this machine's settings name for {request.url.scheme} cannot be used: "
            "only http:// and https:// proxies can. Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
        )


@frozen
class Bounded(httpx.AsyncBaseTransport):
    """Decodes bodies itself, so that none is ever larger than the limit, however it is packed."""

    inner: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and unpack the answer as it comes."""
        response = await self.inner.handle_async_request(request)
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in CODINGS:
            await response.aclose()
            raise UnreadableAnswer(
                f"The answer to {request.url.path} is packed in a way that was not asked for: "
                "something between here and Okta changes its answers."
            )
        headers = [(k, v) for k, v in response.headers.raw if k.lower() != b"content-encoding"]
        body = _Body(response, request.url.path, packed=coding == "gzip")
        return httpx.Response(
            response.status_code, headers=headers, stream=body, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close what it goes through."""
        await self.inner.aclose()


@frozen
class _Body(httpx.AsyncByteStream):
    response: httpx.Response
    path: str
    packed: bool

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        assert isinstance(self.response.stream, httpx.AsyncByteStream)  # noqa: S101  it is async
        left = LONGEST_BODY_BYTES
        packing = _Gzip() if self.packed else None
        async for chunk in self.response.stream:
            for piece in packing.unpack(chunk) if packing else (chunk,):
                left -= len(piece)
                if left < 0:
                    raise UnreadableAnswer(
                        f"The answer to {self.path} is far larger than any of Okta's."
                    )
                yield piece
        if packing and packing.is_cut_off():
            raise httpx.DecodingError("the packed answer was cut off")

    async def aclose(self) -> None:
        await self.response.aclose()


class _Gzip:
    """Unpacks as it comes, a bounded piece at a time: zlib would unpack a whole chunk at once."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._began = False

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        self._began = True
        while chunk:
            try:
                yield self._zlib.decompress(chunk, PIECE_BYTES)
            except zlib.error:
                raise httpx.DecodingError("the packed answer is damaged") from None
            chunk = self._zlib.unconsumed_tail

    def is_cut_off(self) -> bool:
        return self._began and not self._zlib.eof
