"""Four processes with one store, and a service that refuses some of their calls, in virtual time."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

import pytest

from tests.clock import worst_window
from tests.core.simulation import Service, even, poisson
from tests.shared_limits.script import PLAIN, SECOND, START, Caller, Store
from tim_async import Rate
from tim_async._shared_limits.buckets import _REFUSAL_DELAY_S
from tim_async._shared_limits.shared_bucket import unit_s

LIMIT = Rate(200)
TOLERANCE_S = 0.01
LEAD_S = 0.02  # more is requested when the last reservation is this near
Event: TypeAlias = Callable[[float, int, float], None]
"""What happens at a time to a process, with the moment of the call's reservation."""
ENDLESS = 1_000_000  # a limit that no client reaches


class World:
    """Four processes that always have more to send, a way, and a service, whose seconds others use too.

    Args:
        redis: keeps what the processes share.
        service: counts the calls.
        others: when others call it.
    """

    def __init__(self, store: Store, service: Service, others: Iterator[float] | None = None) -> None:
        store.lose()
        self.sent: list[float] = []
        self.taken: list[float] = []
        self.refused: list[float] = []
        self.requests = 0
        self._service = service
        self._others = iter(()) if others is None else others
        self._next_other = next(self._others, None)
        self._callers = [Caller(store, name, (unit_s(LIMIT, TOLERANCE_S) * SECOND,)) for name in "abcd"]
        self._reports: list[list[tuple[int, float]]] = [[] for _ in self._callers]
        self._random = random.Random(1)
        self._events: list[tuple[float, int, Event, int, float]] = []
        self._tie = count().__next__

    def rate(self, times: list[float], start: float, end: float) -> float:
        return (bisect_right(times, end) - bisect_right(times, start)) / (end - start)

    def run(self, seconds: float) -> None:
        for index in range(len(self._callers)):
            self._at(0.001 * index, self._request, index)
        while self._events[0][0] <= seconds:
            when, _, event, who, at = heappop(self._events)
            event(when, who, at)

    def _at(self, when: float, event: Event, who: int, at: float = 0.0) -> None:
        heappush(self._events, (when, self._tie(), event, who, at))

    def _way(self, now: float) -> float:
        return now + 0.04 * self._random.uniform(0.7, 1.3)

    def _ask(self, now: float, who: int, *batches: object) -> list[list[float]]:
        self.requests += 1
        reported, self._reports[who] = self._reports[who], []
        answer = self._callers[who].reserve(START + now * SECOND, *batches, refused=reported)
        batches_made: list[list[float]] = answer["batches"]
        return batches_made

    def _request(self, now: float, who: int, _: float) -> None:
        for at in self._ask(now, who, [10, PLAIN])[0]:
            when = (at - START) / SECOND
            self._at(when + self._random.uniform(0.0, TOLERANCE_S / 5), self._send, who, at)
        self._at(max(when - LEAD_S, now + 0.001), self._request, who)

    def _send(self, now: float, who: int, at: float) -> None:
        self.sent.append(now)
        self._at(self._way(now), self._arrive, who, at)

    def _arrive(self, now: float, who: int, at: float) -> None:
        while self._next_other is not None and self._next_other <= now:
            self._service.takes(self._next_other)
            self._next_other = next(self._others, None)
        self._at(self._way(now), self._be_taken if self._service.takes(now) else self._be_refused, who, at)

    def _be_taken(self, now: float, who: int, at: float) -> None:
        self.taken.append(now)

    def _be_refused(self, now: float, who: int, at: float) -> None:
        self.refused.append(now)
        self._reports[who].append((1, at))
        if len(self._reports[who]) == 1:
            self._at(now + _REFUSAL_DELAY_S, self._report, who)

    def _report(self, now: float, who: int, _: float) -> None:
        if self._reports[who]:
            self._ask(now, who)


def simulate(store: Store, service: Service, *, seconds: float, others: Iterator[float] | None = None) -> World:
    world = World(store, service, others)
    world.run(seconds)
    return world


@pytest.mark.parametrize(
    ("limit", "error_part", "others", "free", "use", "refused"),
    [
        pytest.param(200, 0.0, None, 197.5, 0.97, 0.005, id="nobody-else"),
        pytest.param(200, 0.0, partial(even, 80), 120, 0.93, 0.01, id="others-take-80-evenly"),
        pytest.param(200, 0.0, partial(poisson, 80), 120, 0.85, 0.025, id="others-take-80-at-random"),
        pytest.param(100, 0.0, None, 100, 0.93, 0.01, id="half-of-what-is-configured"),
        pytest.param(ENDLESS, 0.003, None, 197.5, 0.90, 0.005, id="random-0.3-percent"),
        pytest.param(ENDLESS, 0.01, None, 197.5, 0.85, 0.015, id="random-1-percent"),
    ],
)
def test_four_processes_find_the_rate_that_is_free(
    store: Store,
    limit: int,
    error_part: float,
    others: Callable[[], Iterator[float]] | None,
    free: float,
    use: float,
    refused: float,
) -> None:
    world = simulate(
        store, Service(limit, error_part=error_part), seconds=80.0, others=None if others is None else others()
    )
    assert world.rate(world.taken, 20, 80) >= use * free
    assert world.rate(world.refused, 20, 80) <= refused * world.rate(world.sent, 20, 80)
    assert worst_window(world.sent) <= 200
    assert world.requests <= 0.5 * len(world.sent)


def test_outage_slows_all_processes_and_they_come_back(store: Store) -> None:
    world = simulate(store, Service(200, is_down=lambda now: 20.0 <= now < 30.0), seconds=55.0)
    assert world.rate(world.sent, 26.0, 30.0) <= 12
    assert max(later - earlier for earlier, later in itertools.pairwise(world.sent)) < 1.0
    assert world.rate(world.taken, 50.0, 54.0) >= 0.9 * 197.5


def test_processes_make_room_for_others_and_take_it_back(store: Store) -> None:
    world = simulate(store, Service(200), seconds=80.0, others=even(120, 20.0, 50.0))
    assert world.rate(world.taken, 26.0, 50.0) >= 0.9 * 80
    assert world.rate(world.sent, 24.0, 26.0) <= 1.15 * 80, "down within 5 s"
    assert world.rate(world.taken, 68.0, 79.0) >= 0.9 * 197.5, "back within 20 s"
