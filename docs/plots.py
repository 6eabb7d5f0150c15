"""The plots of the pages, made from simulations on a clock that jumps: `python -m docs.plots` writes them."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from matplotlib.figure import Figure

from docs.drawing import LINE, OTHER, OURS, REFUSED, canvas, save
from tests.clock import run
from tests.core.simulation import Client, Service, even, simulate
from tests.shared_limits.script import SECOND, START, FileStore
from tests.shared_limits.test_scenarios import TOLERANCE_S, World
from tim_async import LocalRateLimiter, Rate
from tim_async._core.rate_limits import BucketCost, Claim, next_order

_LIMIT: Final = 200
_CALLS: Final = 1_000
_STOPPED: Final = (3.0, 4.5)  # seconds


def main() -> None:
    """Write all plots."""
    save({"burst": _burst(), "adaptive": _adaptive(), "shared-cap": _shared_cap()})


def _burst() -> Figure:
    """Draw 1,000 calls at once from an idle client: a leaky bucket, and this library."""
    return _side_by_side({"AsyncLimiter(200, 1)": (_leaky(), OTHER), "tim_async": (_ours(), OURS)})[0]


def _side_by_side(cases: Mapping[str, tuple[list[float], str]]) -> tuple[Figure, Sequence[Any]]:
    """Draw the calls in the last second, and those that the service refuses; return the axes as well.

    Args:
        cases: the moments of the calls, in seconds, and a colour, by title.
    """
    figure, axes = canvas(2.8, len(cases), share_y=True)
    for axis, (title, (times, colour)) in zip(axes, cases.items(), strict=True):
        service = Service(_LIMIT)
        refused = [when for when in times if not service.takes(when)]
        axis.plot(*_in_last_second(times), color=colour, linewidth=1.4)
        axis.vlines(refused, 0, 14, color=REFUSED, linewidth=0.6)
        axis.axhline(_LIMIT, color=LINE, linewidth=0.8, linestyle="--")
        axis.set_title(f"{title}: {len(refused)} of {len(times)} refused", fontsize=9)
        axis.set_xlabel("seconds")
        axis.set_ylim(0, 420)
    axes[0].set_ylabel("calls in the last second")
    return figure, axes


def _adaptive() -> Figure:
    """Draw what is sent and refused while others use part of the limit, for a time."""
    figure, axis = canvas(2.8)
    client = Client()
    simulate(Service(_LIMIT), [client], seconds=90, others=[even(100.0, 15.0, 55.0)])
    seconds = range(1, 90)
    axis.plot(seconds, [client.rate(client.taken, each - 1, each) for each in seconds], color=OURS, label="answered")
    axis.plot(
        seconds, [client.rate(client.refused, each - 1, each) for each in seconds], color=REFUSED, label="refused"
    )
    axis.plot(
        [0, 15, 15, 55, 55, 90],
        [200, 200, 100, 100, 200, 200],
        color=LINE,
        linewidth=0.8,
        linestyle="--",
        label="free",
    )
    axis.set_xlabel("seconds")
    axis.set_ylabel("calls a second")
    axis.set_ylim(0, 220)
    axis.legend(frameon=False, loc="lower right", ncols=3)
    return figure


def _shared_cap() -> Figure:
    """Draw four processes that have more to send than is allowed: a counter of seconds, and reservations."""
    figure, axes = _side_by_side({"counter of a second": (_counted(), OTHER), "reservations": (_reserved(), OURS)})
    axes[1].axvspan(*_STOPPED, color=LINE, alpha=0.15, linewidth=0)
    return figure


def _in_last_second(times: list[float]) -> tuple[list[float], list[int]]:
    at = [each / 100 for each in range(601)]
    return at, [bisect_right(times, when) - bisect_left(times, when - 1.0) for when in at]


def _leaky() -> list[float]:
    """Return when a bucket of 200 that leaks 200 a second lets 1,000 calls through that come at once."""
    return [max(number + 1 - _LIMIT, 0) / _LIMIT for number in range(_CALLS)]


def _counted() -> list[float]:
    """Return when a counter of each second lets calls through, asked by many from 0.6 s on."""
    return [max(0.6, second) + 0.1 * number / _LIMIT for second in range(6) for number in range(_LIMIT)]


def _reserved() -> list[float]:
    """Return when four processes send that reserve in one store; one of them is stopped for a while."""
    with TemporaryDirectory() as folder:
        world = _OneStopped(FileStore(Path(folder)), Service(_LIMIT))
        world.run(6.0)
    return world.sent


class _OneStopped(World):
    """Four processes; the first one does nothing for a while, then does at once what it was about to do."""

    def _request(self, now: float, who: int, at: float) -> None:
        if self._is_stopped(now, who):
            self._at(_STOPPED[1], self._request, who)
        else:
            super()._request(now, who, at)

    def _send(self, now: float, who: int, at: float) -> None:
        if self._is_stopped(now, who):
            self._at(_STOPPED[1], self._send, who, at)
        elif now <= (at - START) / SECOND + TOLERANCE_S:  # else it is void
            super()._send(now, who, at)

    def _is_stopped(self, now: float, who: int) -> bool:
        return who == 0 and _STOPPED[0] <= now < _STOPPED[1]


def _ours() -> list[float]:
    limiter = LocalRateLimiter()
    cost = BucketCost(rate=Rate(_LIMIT), units=1, key="", command="openim/sendmsg")

    async def acquire() -> None:
        claim = Claim(app=1, command="openim/sendmsg", costs=(cost,), priority="interactive", order=next_order())
        await limiter.acquire(claim, _Free())

    return run(_times(acquire))


class _Free:
    """A slot that is always free."""

    def take_nowait(self) -> bool:
        return True

    async def take(self) -> None:
        raise AssertionError

    def release(self) -> None:
        pass


async def _times(acquire: Callable[[], Awaitable[None]]) -> list[float]:
    """Return when each of so many calls was let through, in seconds after the first."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    times: list[float] = []

    async def call() -> None:
        await acquire()
        times.append(loop.time() - begun)

    await asyncio.gather(*(call() for _ in range(_CALLS)))
    return sorted(times)


if __name__ == "__main__":
    main()
