"""A service, a way to it, and clients with an `AdaptiveShare`, all in virtual time."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush, merge
from itertools import count
from typing import Literal

from tim_async._core.adaptive_share import AdaptiveShare

Counting = Literal["sliding", "calendar", "token"]


class Service:
    """Counts calls as they arrive and refuses those that are too many.

    Args:
        limit: calls in a window.
        window_s: its length in seconds.
        counting: how it cuts its seconds; `token` is a bucket of `limit` that fills at `limit` a second.
        counts_refused: whether calls that it refuses count as well.
        error_part: the part of the calls that it refuses at random, whatever the rate.
        is_down: the times at which it refuses everything.
    """

    def __init__(
        self,
        limit: int,
        *,
        window_s: float = 1.0,
        counting: Counting = "sliding",
        counts_refused: bool = False,
        error_part: float = 0.0,
        is_down: Callable[[float], bool] = lambda _: False,
    ) -> None:
        self._limit = limit
        self._window_s = window_s
        self._counting = counting
        self._counts_refused = counts_refused
        self._error_part = error_part
        self._is_down = is_down
        self._recent: deque[float] = deque()
        self._tokens, self._filled_at = float(limit), 0.0
        self._random = random.Random(7)

    def takes(self, now: float) -> bool:
        if self._is_down(now) or (self._error_part and self._random.random() < self._error_part):
            return False
        if self._counting == "token":
            self._tokens = min(self._limit, self._tokens + (now - self._filled_at) * self._limit)
            self._filled_at = now
            has_room = self._tokens >= 1
            self._tokens -= 1 if has_room else 0
            return has_room
        start = now - self._window_s if self._counting == "sliding" else int(now)
        while self._recent and self._recent[0] < start:
            self._recent.popleft()
        has_room = len(self._recent) < self._limit
        if has_room or self._counts_refused:
            self._recent.append(now)
        return has_room


class Client:
    """Sends as fast as its share lets it, and remembers what became of each call.

    Args:
        flow: units a second, as configured.
        cost: units of a call.
    """

    def __init__(self, flow: float = 198.5, cost: int = 1) -> None:
        self.share = AdaptiveShare(flow)
        self.flow = flow
        self.cost = cost
        self.sent: list[float] = []
        self.taken: list[float] = []
        self.refused: list[float] = []
        self.cuts = 0

    def rate(self, times: list[float], start: float, end: float) -> float:
        return (bisect_right(times, end) - bisect_right(times, start)) / (end - start)


def even(rate: float, start: float = 0.0, end: float = 1e9) -> Iterator[float]:
    """Yield the arrivals of others that come evenly."""
    for index in count():
        when = start + index / rate
        if when > end:
            return
        yield when


def poisson(rate: float, seed: int = 5) -> Iterator[float]:
    """Yield the arrivals of others that come at random."""
    own, when = random.Random(seed), 0.0
    while True:
        when += own.expovariate(rate)
        yield when


def simulate(
    service: Service,
    clients: list[Client],
    *,
    seconds: float,
    others: list[Iterator[float]] | None = None,
    way_s: float = 0.08,
    seed: int = 1,
) -> None:
    """Let clients that always have more to send call a service, whose seconds others use too."""
    own = random.Random(seed)
    events: list[tuple[float, int, str, Client, float, bool]] = []
    tie = count().__next__
    strangers = merge(*(others or []))
    stranger = next(strangers, None)
    for index, client in enumerate(clients):
        heappush(events, (0.001 * index, tie(), "grant", client, 0.0, False))
    while events:
        now, _, kind, client, granted_at, is_taken = heappop(events)
        if now > seconds:
            return
        if kind == "grant":
            client.share.granted(now, client.cost)
            client.sent.append(now)
            heappush(events, (now + way_s / 2 * own.uniform(0.7, 1.3), tie(), "arrive", client, now, False))
            pace = client.share.share(now) * client.flow / client.cost
            heappush(events, (now + 1 / pace, tie(), "grant", client, 0.0, False))
        elif kind == "arrive":
            while stranger is not None and stranger <= now:
                service.takes(stranger)
                stranger = next(strangers, None)
            is_taken = service.takes(now)
            heappush(events, (now + way_s / 2 * own.uniform(0.7, 1.3), tie(), "answer", client, granted_at, is_taken))
        elif is_taken:
            client.taken.append(now)
        else:
            client.refused.append(now)
            client.cuts += client.share.refused(now, granted_at)
