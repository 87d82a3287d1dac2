"""Things that go wrong on purpose: which requests are hit, how often, and by what."""

from collections.abc import Callable
from enum import StrEnum
from fnmatch import fnmatchcase

from attrs import define

from okta_sandbox.api.answers import Answer
from okta_sandbox.api.requests import Request
from okta_sandbox.org.chance import Chance


class FaultKind(StrEnum):
    """What can go wrong. Those of the edge happen before Okta sees the request."""

    # At the edge:
    BAD_GATEWAY = "bad-gateway"
    """502 with a short HTML body."""
    MAINTENANCE = "maintenance"
    """503 with an HTML page."""
    MAINTENANCE_200 = "maintenance-200"
    """200 with an HTML page."""
    BARE_429 = "bare-429"
    """429 without any header or body."""
    RESET = "reset"
    """The connection is cut without an answer."""
    HANG = "hang"
    """Nothing is answered for `seconds`."""
    REDIRECT = "redirect"
    """302 to another host."""
    # In Okta:
    SERVER_ERROR = "server-error"
    """500 E0000009."""
    READ_ONLY = "read-only"
    """503 E0000010."""
    CUT_BODY = "cut-body"
    """Fewer bytes than Content-Length says, then the connection ends."""
    HALF_JSON = "half-json"
    """A complete response whose JSON stops in the middle."""
    TRICKLE = "trickle"
    """The body arrives in small parts over `seconds`."""
    SLOW = "slow"
    """The answer takes `seconds` longer."""
    FOREIGN_NEXT = "foreign-next"
    """The `next` link leads to another host."""
    DENIED = "denied"
    """403 E0000006."""
    GONE = "gone"
    """404 E0000007, as for a user deleted after being listed."""
    REVOKED = "revoked"
    """401 E0000011, as for a token that has just ended."""
    UNKNOWN_VALUES = "unknown-values"
    """Factor types and sign-on modes that no specification lists."""
    BAD_RECORD = "bad-record"
    """The first record of a list is malformed."""


EDGE = frozenset(
    {
        FaultKind.BAD_GATEWAY,
        FaultKind.MAINTENANCE,
        FaultKind.MAINTENANCE_200,
        FaultKind.BARE_429,
        FaultKind.RESET,
        FaultKind.HANG,
        FaultKind.REDIRECT,
    }
)


Trick = Callable[[Request, Answer], Answer]
"""Whatever can be done to an answer; see `okta_sandbox.api.tricks`."""


@define(eq=False)
class Fault:
    """One fault, of a kind or a trick, and whom it hits.

    path: a pattern as `/api/v1/users/*/factors`; `*` stands for anything.
    query: a text that the query must contain.
    times: how many requests are hit; None for all.
    skip: how many matching requests pass before the first is hit.
    probability: how likely each further one is to be hit; decided by the seed.
    part: which part of the paths is hit, each always or never; decided by the seed.
    seconds: how long, for the faults that take time.
    """

    kind: FaultKind | None
    path: str = "*"
    query: str = ""
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    part: float = 1.0
    seconds: float = 3600.0
    trick: Trick | None = None
    seen: int = 0
    hits: int = 0

    def matches(self, request: Request) -> bool:
        """Whether the request is of the kind that may be hit."""
        return fnmatchcase(request.path, self.path) and self.query in request.query_text


class Faults:
    """The faults in force, in the order in which they were added."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._all: list[Fault] = []

    def add(
        self,
        kind: FaultKind | str,
        path: str = "*",
        *,
        query: str = "",
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1.0,
        seconds: float = 3600.0,
    ) -> Fault:
        """Put a fault in force; see `Fault` for the arguments. Its `hits` tell what it did."""
        fault = Fault(
            FaultKind(kind),
            path=path,
            query=query,
            times=times,
            skip=skip,
            probability=probability,
            seconds=seconds,
        )
        self._all.append(fault)
        return fault

    def play(
        self,
        trick: Trick,
        path: str = "*",
        *,
        query: str = "",
        times: int | None = None,
        skip: int = 0,
        probability: float = 1.0,
        part: float = 1.0,
    ) -> Fault:
        """Play a trick on every answer, unless the arguments (see `Fault`) say on which."""
        fault = Fault(
            None,
            path=path,
            query=query,
            times=times,
            skip=skip,
            probability=probability,
            part=part,
            trick=trick,
        )
        self._all.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go well again."""
        self._all.clear()

    def strike(self, request: Request) -> Fault | None:
        """The first fault of a kind that hits this request, if any."""
        kinds = (number for number, fault in enumerate(self._all) if fault.kind)
        return next((self._all[n] for n in kinds if self._hits(n, request)), None)

    def tricks(self, request: Request) -> list[Trick]:
        """Every trick that is played on the answer to this request, in order."""
        return [
            fault.trick
            for number, fault in enumerate(self._all)
            if fault.trick and self._hits(number, request)
        ]

    def _hits(self, number: int, request: Request) -> bool:
        """Whether the fault hits; counts what it saw and hit."""
        fault = self._all[number]
        if not fault.matches(request):
            return False
        if not Chance(self._seed, "part", number, request.path).happens(fault.part):
            return False
        fault.seen += 1
        spent = fault.times is not None and fault.hits >= fault.times
        if fault.seen <= fault.skip or spent:
            return False
        hit = Chance(self._seed, "fault", number, fault.seen).happens(fault.probability)
        fault.hits += hit
        return hit
