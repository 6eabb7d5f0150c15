"""Processes that come late to their reservations: when they ask for more time, and that no window pays for it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count

import pytest

from tests.clock import worst_window
from tests.shared_limits.script import PLAIN, SECOND, START, Caller, Store
from tim_async import Rate
from tim_async._shared_limits.lateness import Lateness
from tim_async._shared_limits.link import BucketState, ShareState
from tim_async._shared_limits.shared_bucket import SharedBucket

LIMIT = Rate(200)
USUAL_S, LATE_S = 0.01, 0.08


class Judged:
    """A process's lateness, on a clock of the test."""

    def __init__(self, late_s: float = LATE_S) -> None:
        self.now = 100.0
        self.lateness = Lateness(USUAL_S, late_s, lambda: self.now)

    def second(self, *, expired: int = 0, late: int = 0, total: int = 50) -> bool:
        """Simulate a second with this many expired and late reservations; return the verdict."""
        self.now += 1.0
        for index in range(total):
            if index < expired:
                self.lateness.expire()
            else:
                self.lateness.use(USUAL_S + 0.001 if index < expired + late else 0.0)
        return self.lateness.is_starved


def test_one_stall_is_no_starvation() -> None:
    judged = Judged()
    assert not any(judged.second(expired=each) for each in (50, 0, 50, 4, 4, 4, 0))
    assert judged.lateness.in_force == USUAL_S


def test_tenth_that_expires_twice_in_a_row_asks_for_more_time(caplog: pytest.LogCaptureFixture) -> None:
    judged = Judged()
    assert [judged.second(expired=5) for _ in range(2)] == [False, True]
    assert judged.lateness.in_force == LATE_S
    [expired, starved] = [each.getMessage() for each in caplog.records]
    assert expired.startswith("5 of 50 reservations expired: ")
    assert "for 80 ms instead of 10" in starved


def test_process_that_is_in_time_for_half_a_minute_goes_back(caplog: pytest.LogCaptureFixture) -> None:
    judged = Judged()
    for _ in range(2):
        judged.second(expired=10)
    assert all(judged.second(late=1) for _ in range(40)), "what the usual tolerance would not have saved counts"
    assert all(judged.second() for _ in range(29))
    judged.second(late=1)
    verdicts = [judged.second() for _ in range(32)]
    assert verdicts == [True] * 30 + [False] * 2
    assert judged.lateness.in_force == USUAL_S
    assert "on time again" in caplog.text


def test_few_reservations_are_judged_when_there_are_enough() -> None:
    judged = Judged()
    verdicts = [judged.second(expired=10, total=10) for _ in range(10)]
    assert verdicts == [False] * 9 + [True]


def test_many_in_a_moment_are_judged_by_the_second() -> None:
    judged = Judged()
    for _ in range(1000):
        judged.lateness.expire()
    assert not judged.lateness.is_starved
    assert [judged.second(expired=50) for _ in range(2)] == [False, True]


def test_process_may_be_set_to_keep_its_tolerance() -> None:
    judged = Judged(late_s=USUAL_S / 2)
    assert not any(judged.second(expired=90) for _ in range(5))
    assert judged.lateness.late_tolerance == USUAL_S


def test_expired_reservations_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    judged = Judged(late_s=0.0)
    with caplog.at_level(logging.WARNING):
        for _ in range(61):
            judged.second(expired=6)
        judged.second(expired=1)
    lines = [each.getMessage().partition(":")[0] for each in caplog.records]
    assert lines == ["6 of 50 reservations expired", "360 of 3000 reservations expired"]


# What a bucket makes of it


def bucket(rate: Rate = LIMIT, **options: float) -> tuple[SharedBucket, Lateness]:
    lateness = Lateness(USUAL_S, options.get("late_s", LATE_S), lambda: 0.0)
    return SharedBucket(rate, "name", "label", lateness), lateness


@pytest.mark.parametrize(
    ("rate", "late_s"),
    [(Rate(200), 0.08), (Rate(40, per=0.2), 0.02), (Rate(1, per=0.05), 0.01)],
    ids=["a second", "a fifth of it", "a twentieth of it"],
)
def test_more_time_takes_a_tenth_of_a_limit_at_most(rate: Rate, late_s: float) -> None:
    own, lateness = bucket(rate)
    usual = own.unit
    lateness.is_starved = True
    assert own.unit - usual == pytest.approx((late_s - USUAL_S) * SECOND / rate.limit)
    own.note_spacing(own.unit, 0.0, sent_at=0.0, received_at=0.0)
    assert own.tolerance_at(2.0 * SECOND) == pytest.approx(late_s)


def test_larger_tolerance_is_for_what_was_reserved_after_it_was_asked_for() -> None:
    own, lateness = bucket()
    own.note_spacing(own.unit, 5.0 * SECOND, sent_at=4.9, received_at=5.0)
    lateness.is_starved = True
    assert own.tolerance_at(99.0 * SECOND) == USUAL_S, "nothing was asked for yet"
    own.note_spacing(own.unit, 6.0 * SECOND, sent_at=5.9, received_at=6.0)
    own.note_spacing(own.unit, 6.5 * SECOND, sent_at=6.4, received_at=6.5)
    assert own.tolerance_at(5.99 * SECOND) == USUAL_S
    assert own.tolerance_at(6.0 * SECOND) == LATE_S
    own.note_spacing(own.unit, 9.0 * SECOND, sent_at=8.9, received_at=9.0)  # a pause of 2.6 s
    assert own.tolerance_at(8.9 * SECOND) == USUAL_S
    assert own.tolerance_at(9.0 * SECOND) == LATE_S
    own.forget_spacing()
    assert own.tolerance_at(9.0 * SECOND) == USUAL_S


def test_smaller_limit_of_another_process_allows_no_more_time() -> None:
    own, lateness = bucket()
    lateness.is_starved = True
    own.note_spacing(own.unit, 0.0, sent_at=0.0, received_at=0.0)
    share = ShareState(base=1.0, cut_at=0.0, beat=1.0, was_cut=False)
    for unit, expected in ((own.unit, LATE_S), (own.unit * 1.2, USUAL_S)):
        own.update(BucketState(tail=0.0, unit=unit, length=unit, room=0.0, bursts_until=0.0, share=share), now=0.0)
        assert own.tolerance_at(2.0 * SECOND) == expected
        assert own.has_smaller_limit_elsewhere == (expected == USUAL_S)


# Over the script, in virtual time


class Process:
    """A process that uses its reservations as late as it may, where the test stops it."""

    def __init__(self, store: Store, name: str) -> None:
        self.bucket, self.lateness = bucket()
        self._caller = Caller(store, name, limits=(200,))

    def reserve(self, now: float) -> list[float]:
        units = (self.bucket.unit,)
        self._caller.units, self._caller.window = units, self.bucket.window_s * SECOND
        answer = self._caller.reserve(START + now * SECOND, [10, PLAIN])
        tail, unit, length, room, until, share = answer["buckets"][0]
        self.bucket.note_spacing(units[0], tail - START, sent_at=now, received_at=now)
        self.bucket.update(
            BucketState(tail=tail, unit=unit, length=length, room=room, bursts_until=until, share=ShareState(*share)),
            now,
        )
        return [at - START for at in answer["batches"][0]]


Step = tuple[float, Callable[[], None]]


def run(processes: Sequence[Process], steps: Sequence[Step], seconds: float, stalls: Sequence[float]) -> list[float]:
    """Return when calls were made: at each of `stalls` all that may be late by then, the others at their moments."""
    events: list[tuple[float, int, Callable[[float], None]]] = []
    tie, sent = count().__next__, list[float]()

    def at(when: float, what: Callable[[float], None]) -> None:
        heappush(events, (when, tie(), what))

    def request(process: Process) -> Callable[[float], None]:
        def ask(now: float) -> None:
            moments = process.reserve(now)
            for each in moments:
                when = each / SECOND
                late = max((stall for stall in stalls if when < stall <= when + LATE_S), default=when)
                at(late, use(process, each))
            at(max(moments[-1] / SECOND - 0.02, now + 0.001), ask)

        return ask

    def use(process: Process, moment: float) -> Callable[[float], None]:
        def send(now: float) -> None:
            due = moment / SECOND
            sent.append(now if now <= due + process.bucket.tolerance_at(moment) else due)

        return send

    for index, process in enumerate(processes):
        at(0.3 * index / len(processes), request(process))
    for when, step in steps:
        at(when, lambda _, step=step: step())  # type: ignore[misc]  # a default argument of a lambda
    while events[0][0] <= seconds:
        when, _, what = heappop(events)
        what(when)
    return sent


@pytest.fixture
def processes(store: Store) -> list[Process]:
    store.lose()
    return [Process(store, name) for name in "abcd"]


def stalls(seconds: float) -> list[float]:
    """Return moments at which all processes go on after they stood still."""
    chance = random.Random(14)
    found, now = list[float](), 0.5
    while now < seconds:
        found.append(now)
        now += chance.uniform(0.4, 1.3)
    return found


def starve(some: Sequence[Process], *, is_starved: bool = True) -> Callable[[], None]:
    def change() -> None:
        for each in some:
            each.lateness.is_starved = is_starved

    return change


@pytest.mark.parametrize("count", [1, 4])
def test_no_window_holds_more_while_processes_begin_and_end_to_be_late(processes: list[Process], count: int) -> None:
    some = processes[:count]
    steps = [
        (5.0, starve(some)),
        (12.0, starve(some, is_starved=False)),
        (12.6, starve(some[:1])),
        (20.0, starve(some)),
    ]
    sent = run(processes, steps, 28.0, stalls(28.0))
    assert worst_window(sent) <= 200


@pytest.mark.parametrize("offset", [0.02, 0.05, 0.08, 0.11, 0.14, 0.17])
def test_what_was_reserved_before_is_not_used_later(processes: list[Process], offset: float) -> None:
    sent = run(processes, [(2.0, starve(processes))], 3.5, [2.0 + offset])
    assert worst_window(sent) <= 200


def test_late_calls_are_made_by_those_that_are_starved(processes: list[Process]) -> None:
    sent = run(processes, [(1.0, starve(processes))], 6.0, [5.0])
    assert sum(each == 5.0 for each in sent) >= 13, "80 ms of reservations"
    assert sum(2.0 <= each < 4.0 for each in sent) / 2 == pytest.approx(184.5, rel=0.01)


def test_usual_processes_make_few_late_calls(processes: list[Process]) -> None:
    sent = run(processes, [], 6.0, [5.0])
    assert sum(each == 5.0 for each in sent) <= 3
    assert sum(2.0 <= each < 4.0 for each in sent) / 2 == pytest.approx(197.5, rel=0.01)
