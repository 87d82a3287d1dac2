"""Who may see the pages: the browser that was given the session secret, from this origin only."""

import hmac
import secrets
from collections.abc import Set
from urllib.parse import parse_qsl, urlencode

from attrs import field, frozen
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "twin_session"
LONGEST_FORM_BYTES = 256 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, forms would send the origin null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REFUSED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Twin: {title}</title>
<h1>{title}</h1><p>{message}</p></html>"""


@frozen
class Guard:
    """Lets a request through to `app` when its host, origin and session are right.

    The host check keeps a page on another name that resolves to this machine out (DNS rebinding);
    the origin check keeps other pages from pressing buttons here.
    """

    app: ASGIApp
    session_secret: str
    hosts: Set[str]
    _cookie: str = field(factory=lambda: secrets.token_urlsafe(32))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await (refusal or self.app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        if headers.get("host", "") not in self.hosts:
            return _refused(400, "Wrong address", "Open the address that twin serve printed.")
        if request.method not in ("GET", "HEAD"):
            if not self._is_own_origin(headers):
                return _refused(403, "Refused", "This request came from another page.")
            if not _is_short(headers.get("content-length", "")):
                return _refused(413, "Refused", "The form is larger than any of ours.")
        if request.url.path.startswith("/static/"):
            return None
        if _same(request.query_params.get("token", ""), self.session_secret):
            return self._welcome(request)
        if _same(request.cookies.get(COOKIE, ""), self._cookie):
            return None
        return _refused(
            403,
            "The session secret is missing",
            "Open the whole address that <code>twin serve</code> printed when it started, with "
            "<code>?token=…</code> at its end.",
        )

    def _welcome(self, request: Request) -> Response:
        """Trade the secret in the address for a cookie, and take it out of the address."""
        rest = [pair for pair in parse_qsl(request.url.query) if pair[0] != "token"]
        target = request.url.path + (f"?{urlencode(rest)}" if rest else "")
        response = RedirectResponse("/" + target.lstrip("/\\"), status_code=303)
        response.set_cookie(COOKIE, self._cookie, httponly=True, samesite="strict")
        return response

    def _is_own_origin(self, headers: Headers) -> bool:
        origin = headers.get("origin", "")
        return origin.startswith("http://") and origin.removeprefix("http://") in self.hosts


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _is_short(length: str) -> bool:
    return length.isdecimal() and len(length) < 10 and int(length) <= LONGEST_FORM_BYTES


def _refused(status: int, title: str, message: str) -> Response:
    return HTMLResponse(REFUSED.format(title=title, message=message), status_code=status)
