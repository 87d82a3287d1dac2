"""Whether a 401 is about the credential or about one endpoint.

Okta answers 401 for a credential that is dead, and may do so for an endpoint that this one may not
use. It is dead only when nothing is let in any more.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from attrs import define, field

NEEDS_NO_CREDENTIAL = "/.well-known/"
SURE_TO_ASK = ("/api/v1/org", "/api/v1/users/me")
"""Asked while nothing has been let in yet: every credential gets some answer to them but 401."""


@define
class Standing:
    """What one org has made of the credential so far. Times are the event loop's."""

    origin: httpx.URL
    _let_in_at_s: float = -1.0
    """When the last request was sent that was let in."""
    _easiest: httpx.URL | None = None
    """The address with the shortest answer among those that were let in."""
    _easiest_bytes: int = 0
    _is_dead: bool = False
    _turn: asyncio.Lock = field(factory=asyncio.Lock)

    def note(self, url: httpx.URL, status: int, body: bytes, *, sent_at_s: float) -> None:
        """Learn from an answer: 403 and 404 are for those who were let in, too."""
        if status in (401, 429) or status >= 500 or url.path.startswith(NEEDS_NO_CREDENTIAL):
            return
        self._let_in_at_s = max(self._let_in_at_s, sent_at_s)
        if self._easiest is None or len(body) < self._easiest_bytes:
            self._easiest, self._easiest_bytes = url, len(body)

    async def is_good_elsewhere(
        self, *, refused_at_s: float, status_of: Callable[[httpx.URL], Awaitable[int]]
    ) -> bool:
        """After a 401 to a request sent at `refused_at_s`: whether another one is let in."""
        async with self._turn:  # many may be refused together: one question answers them all
            if self._let_in_at_s > refused_at_s:
                return True
            if self._is_dead:
                return False
            known = [self._easiest] if self._easiest else []
            for url in known or [self.origin.join(path) for path in SURE_TO_ASK]:
                if await status_of(url) != 401:
                    return True
            self._is_dead = True
            return False
