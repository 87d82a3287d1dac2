"""The one retry policy of the whole client: what is tried again, how often, after how long.

Everything this client sends is a GET or a token request, so trying again is always safe.
"""

import random
from collections.abc import Awaitable, Callable

import httpx
from attrs import frozen
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from twin_okta.api.errors import (
    NotOkta,
    OktaError,
    ServerTrouble,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from twin_okta.api.spoken import KnownSecrets


@frozen
class Patience:
    """How often one kind of trouble is met before it is an error, and how long between."""

    tries: int
    first_wait_s: float
    longest_wait_s: float


#                                   tries  first  longest wait
POLICY: dict[str, Patience] = {
    "throttled":          Patience(8,   1.0,   60.0),  # 429; the pacer waits for the reset
    "too many at once":   Patience(12,  0.25,  8.0),   # 429 with limit 0
    "server error":       Patience(6,   0.5,   20.0),  # 500, 502, 503, 504
    "broken answer":      Patience(6,   0.5,   10.0),  # cut off, half a JSON, reset, time-out
    "no connection":      Patience(3,   0.5,   4.0),   # name not found, refused, TLS
    "not JSON":           Patience(3,   1.0,   4.0),   # a web page where Okta sends JSON
}  # fmt: skip


class Transient(Exception):
    """One try failed in a way that may pass. `final` is the error if it does not; `paced` says that
    the pacer knows how long to wait."""

    def __init__(self, kind: str, final: OktaError, *, paced: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.final = final
        self.paced = paced


def tries(
    sleep: Callable[[float], Awaitable[None]], on_retry: Callable[[], None], *, patient: bool
) -> AsyncRetrying:
    """Attempts under the policy; `on_retry` is called before each but the first.

    Without patience a server's failure is taken as its answer, and only the rate limit is waited
    for.
    """

    def before_sleep(_state: RetryCallState) -> None:
        on_retry()

    return AsyncRetrying(
        retry=retry_if_exception_type(Transient),
        stop=_out_of_patience if patient else _failed_or_out_of_patience,
        wait=_wait_s,
        sleep=sleep,
        before_sleep=before_sleep,
        reraise=True,
    )


def from_transport_error(
    error: httpx.RequestError | TimeoutError, host: str, secrets: KnownSecrets
) -> Transient:
    """What a failure below HTTP means."""
    said = secrets.fit(str(error).split("\n")[0], 120) or type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        reason = (
            "took too long to connect"
            if isinstance(error, httpx.TimeoutException)
            else "cannot be reached"
        )
        sentence = f"{host} {reason}: check the domain and this machine's network ({said})."
        return Transient("no connection", Unreachable(sentence))
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Transient(
            "broken answer", ServerTrouble(f"{host} did not finish its answer in time.")
        )
    return Transient("broken answer", ServerTrouble(f"{host} broke off its answer ({said})."))


def from_throttling(path: str, *, too_many_at_once: bool, paced: bool) -> Transient:
    """What a 429 means."""
    kind = "too many at once" if too_many_at_once else "throttled"
    sentence = f"Okta kept refusing {path} because of its rate limit: try again later."
    return Transient(kind, Throttled(sentence), paced=paced)


def from_server_error(status: int, path: str) -> Transient:
    """What a 5xx means."""
    sentence = f"Okta kept failing on {path} with status {status}: try again later."
    return Transient("server error", ServerTrouble(sentence))


def from_broken_json(body: bytes, path: str) -> Transient:
    """What a successful answer means that is not JSON."""
    if body.lstrip()[:1] == b"<":
        sentence = (
            f"The host answered {path} with a web page instead of JSON: Okta is under maintenance, "
            "or the domain is not an Okta org."
        )
        return Transient("not JSON", NotOkta(sentence))
    if body.lstrip()[:1] in (b"", b"{", b"["):
        cut_off = ServerTrouble(f"Okta's answer to {path} was cut off.")
        return Transient("broken answer", cut_off)
    return Transient("not JSON", UnreadableAnswer(f"Okta's answer to {path} is no JSON."))


def _out_of_patience(state: RetryCallState) -> bool:
    return state.attempt_number >= POLICY[_transient(state).kind].tries


def _failed_or_out_of_patience(state: RetryCallState) -> bool:
    return _transient(state).kind == "server error" or _out_of_patience(state)


def _wait_s(state: RetryCallState) -> float:
    trouble = _transient(state)
    if trouble.paced and state.attempt_number == 1:
        return 0.0  # met again, it was told wrongly: then the policy's waits come on top
    patience = POLICY[trouble.kind]
    longest_s = min(
        patience.longest_wait_s, patience.first_wait_s * 2 ** (state.attempt_number - 1)
    )
    return longest_s * random.uniform(0.5, 1.0)  # noqa: S311  jitter, not a secret


def _transient(state: RetryCallState) -> Transient:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Transient)  # noqa: S101  the only kind that is retried
    return error
