"""The server's clock against the local one."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("redis")

from tim_async.cluster._redis_limiter.redis_link import US, ServerClock


def test_bounds_of_many_answers_are_tighter_than_those_of_one() -> None:
    clock, rng, offset = ServerClock(), random.Random(1), 1.7e9
    for second in range(200):
        sent = second * 0.05
        there, back = rng.uniform(0.0001, 0.008), rng.uniform(0.0001, 0.008)
        clock.observe(sent, sent + there + back, sent + there + offset)
        assert clock.low <= offset <= clock.high
    assert clock.spread < 0.002
    assert clock.life == 0


def test_turn_is_used_neither_early_nor_late() -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.004, 1010.001)  # the difference is 999.997 to 1000.001... seconds
    at = 1010.5 * US
    assert clock.earliest(at) == pytest.approx(10.503)
    assert clock.latest(at) == pytest.approx(10.499)
    assert clock.there(10.0) == pytest.approx(1010.001 * US)


def test_slow_answer_does_not_loosen_what_is_known() -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.001, 110.0005)
    clock.observe(11.0, 16.0, 111.5)  # stopped for five seconds while it waited
    assert clock.spread == pytest.approx(0.001 + 2 * 0.0005 * 6, abs=1e-4)
    assert clock.life == 0


def test_drift_of_a_slewed_clock_is_followed() -> None:
    clock = ServerClock()
    for second in range(1000):
        clock.observe(float(second), second + 0.001, second * 1.0004 + 50.0005)
    assert clock.life == 0
    assert clock.low <= 999 * 0.0004 + 50.0005 <= clock.high + 0.001


@pytest.mark.parametrize("jump", [pytest.param(5.0, id="forward"), pytest.param(-5.0, id="back")])
def test_clock_that_is_set_begins_a_new_life(jump: float) -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.001, 110.0005)
    clock.observe(11.0, 11.001, 111.0005 + jump)
    assert clock.life == 1
    assert clock.low <= 100 + jump <= clock.high
