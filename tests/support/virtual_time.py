"""An event loop whose clock jumps: what would be a wait takes no time, and is counted all the same.

Whatever runs in it must be in this process (httpx's ASGITransport, not sockets).
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

START_EPOCH_S = 1_800_000_000.0
"""What the wall clock shows when the loop's clock is at 0."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Time passes only when nothing is left to do before the next timer."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(selector=_JumpingSelector(self))

    def time(self) -> float:
        return self._now_s

    def jump(self, seconds: float) -> None:
        self._now_s += seconds

    def epoch_s(self) -> float:
        """The wall clock that goes with this loop."""
        return START_EPOCH_S + self._now_s


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            ready = super().select(0)
            if not ready:
                self._loop.jump(timeout)
            return ready
        return super().select(timeout)


def run(main: Coroutine[Any, Any, Result], loop: VirtualTimeLoop | None = None) -> Result:
    """Run a coroutine to its end in virtual time."""
    loop = loop or VirtualTimeLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
