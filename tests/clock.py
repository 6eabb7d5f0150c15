"""Time that a test controls: a clock that jumps to the next timer instead of waiting, and a real one put forward.

`run` is for tests without sockets: nothing is waited for, so nothing outside of the process may be. `skip` is for tests
with them: time passes as it does, but what would take a while (a timeout, a lease that runs out) happens at once, and
at the moment that the test picks, not at one that depends on a busy machine.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    loop: ClockLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits and no timer is set: this would hang")
            self.loop.now += max(timeout, 0)
        return ready


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop without waiting; for tests without sockets."""

    def __init__(self) -> None:
        selector = _JumpingSelector()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def run(main: Coroutine[Any, Any, T], *, debug: bool = False) -> T:
    """Run a coroutine on its own clock; without asyncio's debug mode, which slows many tasks down."""
    with asyncio.Runner(loop_factory=ClockLoop, debug=debug) as runner:
        return runner.run(main)


def jumping(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Decorate an asynchronous test that runs on its own clock, in asyncio's debug mode."""

    @functools.wraps(test)
    def run_test(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(test(*args, **kwargs), debug=True)

    return run_test


def skip(seconds: float) -> None:
    """Put the running loop's clock forward: its timers that are due by then fire at once."""
    loop = asyncio.get_running_loop()
    time = loop.time
    loop.time = lambda: time() + seconds  # type: ignore[method-assign]  # for the rest of the test, whose loop it is


def worst_window(times: list[float], per: float = 1.0, costs: list[int] | None = None) -> int:
    """Return the most units in any window of `per` seconds, both ends included."""
    pairs = sorted(zip(times, costs or [1] * len(times), strict=True))
    worst = total = first = 0
    for when, cost in pairs:
        total += cost
        while pairs[first][0] < when - per:
            total -= pairs[first][1]
            first += 1
        worst = max(worst, total)
    return worst
