"""Rate limits: buckets by path, windows from the first request on, and each caller's share."""

from fnmatch import fnmatchcase
from math import ceil, floor

from attrs import define, field, frozen

from okta_sandbox.api.settings import Settings
from okta_sandbox.org.tables import table


@define
class _Window:
    """One window of one bucket: from a whole second, for everybody."""

    start_s: int
    end_s: int
    used: dict[str, int] = field(factory=dict[str, int])
    others: int = 0
    """Requests that `Limits.use` charged to the org's other clients."""


@frozen
class Verdict:
    """What the limits say of one request, and what the headers say of the limits."""

    bucket: str
    allowed: bool
    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The three rate-limit headers."""
        return (
            ("x-rate-limit-limit", str(self.limit)),
            ("x-rate-limit-remaining", str(self.remaining)),
            ("x-rate-limit-reset", str(self.reset_s)),
        )


class Limits:
    """The buckets of one org. `buckets` may be changed while the service runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.buckets: dict[str, int] = dict(table("limits")[settings.plan])
        self._windows: dict[str, _Window] = {}
        self._names: dict[str, str] = {}

    def set(self, bucket: str, limit: int) -> None:
        """Change what the whole org may use of a bucket in one window, from this moment on.

        A bucket that does not exist yet is made; `/api/v1/users/*/factors` is a fine name.
        """
        self.buckets[bucket] = limit
        self._names.clear()

    def use(self, bucket: str, count: int, *, now_s: float) -> None:
        """Let the org's other clients make so many requests at once."""
        self._window(bucket, now_s).others += count

    def bucket_of(self, path: str) -> str:
        """The bucket a path belongs to: exact names first, then the longest prefix."""
        name = self._names.get(path)
        if name is None:
            name = self._find(path)
            if len(self._names) < 10_000:
                self._names[path] = name
        return name

    def _find(self, path: str) -> str:
        exact = [name for name in self.buckets if _is_exactly(name, path)]
        if exact:
            return max(exact, key=len)
        return max((n for n in self.buckets if fnmatchcase(path, n)), key=len, default="/*")

    def check(self, path: str, caller: str, *, now_s: float) -> Verdict:
        """Count a request and say whether it may pass."""
        bucket = self.bucket_of(path)
        limit = self.buckets.get(bucket, 0)
        window = self._window(bucket, now_s)
        share = max(floor(limit * self._settings.token_share), 1)
        own = window.used.get(caller, 0)
        everybody = sum(window.used.values()) + window.others + self._steady(limit, window, now_s)
        left = min(share - own, limit - everybody)
        if left > 0:
            window.used[caller] = own + 1
        return Verdict(
            bucket=bucket,
            allowed=left > 0,
            limit=share,
            remaining=max(left - 1, 0),
            reset_s=window.end_s,
        )

    def _steady(self, limit: int, window: _Window, now_s: float) -> int:
        """What other clients have used so far, spread evenly over the window."""
        length_s = window.end_s - window.start_s
        elapsed = min(max((now_s - window.start_s) / length_s, 0), 1)
        return floor(limit * self._settings.other_load * elapsed)

    def _window(self, bucket: str, now_s: float) -> _Window:
        window = self._windows.get(bucket)
        if window is None or not window.start_s <= now_s < window.end_s:
            start_s = floor(now_s)
            window = _Window(start_s, ceil(start_s + self._settings.window_s))
            self._windows[bucket] = window
        return window


def _is_exactly(name: str, path: str) -> bool:
    """Whether a bucket's name is this very path, where `{id}` stands for any one part."""
    wanted, given = name.split("/"), path.split("/")
    if "*" in name or len(wanted) != len(given):
        return False
    return all(w in ("{id}", g) for w, g in zip(wanted, given, strict=True))
