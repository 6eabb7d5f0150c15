"""A campaign's own rate, on a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.clock import jumping, worst_window
from tests.in_process import inside
from tim_async import LocalRateLimiter, TextElem
from tim_async.bulk._engine.gate import Gate
from tim_async.bulk._engine.own_rate import OwnRate, Reserve, rate_of
from tim_async.bulk._ledger.schema import Lane
from tim_async.bulk._ledger.timing import StoredTiming, Timing


def now() -> float:
    return asyncio.get_running_loop().time()


class Calls:
    """Calls that wait for their turns, and then for a limit."""

    def __init__(self, rate: OwnRate) -> None:
        self._rate = rate
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.times: list[float] = []
        self.costs: list[int] = []

    async def make(self, units: int = 1) -> None:
        turn = await self._rate.turn(units)
        if turn is None:
            return
        await self.may_go.wait()
        turn.used()
        turn.release()
        self.times.append(now())
        self.costs.append(units)

    async def make_all(self, units: Sequence[int]) -> None:
        await asyncio.gather(*map(self.make, units))

    @property
    def per_second(self) -> float:
        return sum(self.costs[1:]) / (self.times[-1] - self.times[0])


@pytest.mark.parametrize("per_second", [0.5, 1, 2.5, 50, 300])
@jumping
async def test_no_window_holds_more(per_second: float) -> None:
    calls = Calls(OwnRate(lambda: per_second, asyncio.Event()))
    await calls.make_all([1] * max(10, int(4 * per_second)))
    limit = rate_of(per_second)
    assert worst_window(calls.times, limit.per) <= limit.limit
    assert calls.per_second > 0.97 * per_second
    assert calls.times == sorted(calls.times)


@pytest.mark.parametrize("per_second", [50, 400])
@jumping
async def test_what_waits_for_a_limit_does_not_go_in_a_burst(per_second: int) -> None:
    """Interactive calls take the whole limit for a while, and leave it at once."""
    rate = OwnRate(lambda: float(per_second), asyncio.Event())
    calls = Calls(rate)
    calls.may_go.clear()
    going = [asyncio.create_task(calls.make()) for _ in range(2 * per_second)]
    await asyncio.sleep(5)
    assert rate.waiting == 2 * per_second
    calls.may_go.set()
    await asyncio.gather(*going)
    assert worst_window(calls.times) <= per_second
    assert rate.waiting == 0


@jumping
async def test_batches_take_the_time_of_their_recipients() -> None:
    calls = Calls(OwnRate(lambda: 50.0, asyncio.Event()))
    await calls.make_all([100, 100, 10, 100])
    assert [after - before for before, after in zip(calls.times, calls.times[1:], strict=False)] == pytest.approx(
        [2.0, 2.0, 0.2], rel=0.05
    )


@jumping
async def test_rate_follows_its_target() -> None:
    target = 10.0
    calls = Calls(OwnRate(lambda: target, asyncio.Event()))
    going = asyncio.create_task(calls.make_all([1] * 300))
    await asyncio.sleep(2)
    slow = len(calls.times)
    assert slow <= 20
    target = 100.0
    await asyncio.sleep(1.25)
    assert 60 < len(calls.times) - slow <= 126
    target = 1.0
    await asyncio.sleep(0.25)
    fast = len(calls.times)
    await asyncio.sleep(4)
    assert 3 <= len(calls.times) - fast <= 5
    target = 1e6
    await going


@jumping
async def test_nothing_waits_when_it_is_halted_or_another_rate_holds() -> None:
    halted = asyncio.Event()
    rates = [OwnRate(lambda: 0.001, halted) for _ in range(2)]
    for rate in rates:
        assert await rate.turn(1) is not None
    waiting = [asyncio.create_task(rate.turn(1)) for rate in rates]
    await asyncio.sleep(1)
    rates[0].end()
    assert await waiting[0] is None
    halted.set()
    rates[1].wake()
    assert await waiting[1] is None


@jumping
async def test_cancelled_call_and_one_that_gets_no_grant_leave_their_room() -> None:
    rate = OwnRate(lambda: 50.0, asyncio.Event())
    given = await rate.turn(1)
    assert given is not None
    second = asyncio.create_task(rate.turn(1))
    await asyncio.sleep(1)
    assert not second.done()  # the first is neither used nor given back
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    given.release()
    given.release()
    assert rate.waiting == 0
    before = now()
    assert await rate.turn(1) is not None
    assert now() == before


def ledger_of_spans(waits: list[float]) -> Reserve:
    """Return what reserves spans as a ledger does, for any number of processes; note how long each has to wait."""
    reserved_until = 0.0

    async def reserve(seconds: float) -> float:
        nonlocal reserved_until
        await asyncio.sleep(0.003)
        begin = max(reserved_until, now())
        reserved_until = begin + seconds
        waits.append(begin - now())
        return begin - now()

    return reserve


@jumping
async def test_processes_keep_to_one_rate_together() -> None:
    waits: list[float] = []
    reserve = ledger_of_spans(waits)
    processes = [Calls(OwnRate(lambda: 50.0, asyncio.Event(), reserve)) for _ in range(4)]
    await asyncio.gather(*(calls.make_all([1] * 96) for calls in processes))  # four spans each
    times = sorted(time for calls in processes for time in calls.times)
    assert worst_window(times) <= 50
    assert 383 / (times[-1] - times[0]) > 0.93 * 50
    assert len(waits) < 40  # a span is half a second


@jumping
async def test_span_that_is_not_used_in_time_is_void() -> None:
    waits: list[float] = []
    reserve = ledger_of_spans(waits)
    stalled, busy = (Calls(OwnRate(lambda: 50.0, asyncio.Event(), reserve)) for _ in range(2))
    stalled.may_go.clear()
    going = asyncio.create_task(stalled.make_all([1] * 50))
    await asyncio.sleep(10)
    others = asyncio.create_task(busy.make_all([1] * 100))
    await asyncio.sleep(1)
    stalled.may_go.set()
    await asyncio.gather(going, others)
    assert worst_window(stalled.times + busy.times) <= 51  # the call that had its turn before it stalled


@pytest.mark.parametrize("in_force", [None, 40.0], ids=["configured limit", "slowed"])
@jumping
async def test_share_is_of_the_present_rate(in_force: float | None) -> None:
    limiter = LocalRateLimiter()
    stored = StoredTiming(in_force=Timing(share=0.5)).encoded()
    async with inside("bob", limiter=limiter) as (client, emulator):
        await client.c2c.send(to_account="bob", msg_body=[TextElem(text="the limit is in use")])
        if in_force is not None:
            limiter.slow_down(emulator.sdk_app_id, "openim/sendmsg", rate=in_force, seconds=600)
        gate = Gate(client, stored, lambda: 0.0)
        gate.begin(asyncio.Event())
        times: list[float] = []

        async def send() -> None:
            turn = await gate.turn(Lane.SINGLE, 1)
            view = client.with_options(priority="background").with_lease(lambda: gate.until(now() + 1, turn))
            await view.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])
            times.append(now())

        await asyncio.gather(*(send() for _ in range(150)))
    most = 100 if in_force is None else in_force / 2
    assert worst_window(times) <= most
    assert 149 / (times[-1] - times[0]) > 0.93 * most
