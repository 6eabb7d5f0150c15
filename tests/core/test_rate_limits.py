"""The limiter alone, on a clock that jumps: windows, use, order, priorities, cancellation, deadlines, pauses."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest

from tests.clock import run, worst_window
from tim_async import LocalRateLimiter, Rate, UsageError, WaitTooLongError
from tim_async._core.bucket import Bucket, Waiter, shape
from tim_async._core.rate_limits import BucketCost, Claim, next_order
from tim_async.testing import FakePool

SEND = Rate(200)


class FreeSlot:
    """A pool that always has a place."""

    def __init__(self) -> None:
        self.taken = 0

    def take_nowait(self) -> bool:
        self.taken += 1
        return True

    async def take(self) -> None:
        raise AssertionError("there is a place, nobody needs to wait")

    def release(self) -> None:
        self.taken -= 1


class GatedSlot:
    """A pool whose places are given out by the test."""

    def __init__(self, gate: asyncio.Semaphore) -> None:
        self.gate = gate
        self.is_taken = False

    def take_nowait(self) -> bool:
        if self.gate.locked():
            return False
        self.gate._value -= 1
        self.is_taken = True
        return True

    async def take(self) -> None:
        await self.gate.acquire()
        self.is_taken = True

    def release(self) -> None:
        if self.is_taken:
            self.is_taken = False
            self.gate.release()


def claim(
    *rates: Rate,
    command: str = "openim/sendmsg",
    key: str = "",
    cost: int = 1,
    priority: str = "interactive",
    deadline: float | None = None,
    order: int | None = None,
    is_repeat: bool = False,
    app: int = 1,
) -> Claim:
    costs = tuple(
        BucketCost(rate=rate, units=cost if rate.cost else 1, key=key if rate.key else "", command=command)
        for rate in rates or (SEND,)
    )
    return Claim(
        app=app,
        command=command,
        costs=costs,
        priority=priority,
        order=next_order() if order is None else order,
        is_repeat=is_repeat,
        deadline=deadline,
    )


async def use_up(limiter: LocalRateLimiter, *rates: Rate, count: int = 200) -> None:
    """Make this many calls at once, as is allowed after idle time: the next one has to wait."""
    await asyncio.gather(*(grant(limiter, claim(*rates)) for _ in range(count)))


async def grant(limiter: LocalRateLimiter, request: Claim, log: list[float] | None = None) -> float:
    await limiter.acquire(request, FreeSlot())
    now = asyncio.get_running_loop().time()
    if log is not None:
        log.append(now)
    return now


@pytest.mark.parametrize(
    "rate",
    [
        pytest.param(Rate(200), id="200 a second"),
        pytest.param(Rate(1), id="1 a second"),
        pytest.param(Rate(5), id="5 a second"),
        pytest.param(Rate(40), id="40 a second"),
        pytest.param(Rate(1_000_000), id="a million a second"),
        pytest.param(Rate(12_000, 60.0, max_cost=500), id="12,000 deliveries a minute"),
        pytest.param(Rate(3, 0.5, max_cost=3), id="cost as large as the limit"),
    ],
)
def test_shape_never_lets_a_window_hold_more_than_the_limit(rate: Rate) -> None:
    burst, flow = shape(rate)
    assert burst >= rate.max_cost
    assert burst + flow * rate.per < rate.limit + 1
    assert flow > 0


@pytest.mark.parametrize(
    ("rate", "least"),
    [
        pytest.param(Rate(200), 0.985, id="200 a second"),
        pytest.param(Rate(1), 0.985, id="1 a second"),
        pytest.param(Rate(5), 0.985, id="5 a second"),
        pytest.param(Rate(1000), 0.985, id="1000 a second"),
    ],
)
def test_cap_holds_and_is_used_in_steady_state(rate: Rate, least: float) -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        count = min(rate.limit * 20, 3000)
        await asyncio.gather(*(grant(limiter, claim(rate), log) for _ in range(count)))
        return log

    log = run(main())
    assert worst_window(log) <= rate.limit
    steady = log[rate.limit :]  # without the burst that an idle client begins with
    assert (len(steady) - 1) / (steady[-1] - steady[0]) >= least * rate.limit


def call_in_a_row(tasks: int, pause: Callable[[], float]) -> list[float]:
    """Return the grants of tasks that call one after the other, for a minute."""

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []

        async def sender() -> None:
            while not log or log[-1] < log[0] + 65:
                await grant(limiter, claim(), log)
                await asyncio.sleep(pause())

        await asyncio.gather(*(sender() for _ in range(tasks)))
        return log

    return run(main())


def use_of_the_cap(log: list[float]) -> float:
    """Return the part of the cap used in a minute, long after the burst that an idle client begins with."""
    return sum(log[0] + 4 <= when < log[0] + 64 for when in log) / (200 * 60)


@pytest.mark.parametrize(
    ("tasks", "seconds"),
    [
        pytest.param(1, 0.001, id="one task, 1 ms a call"),
        pytest.param(1, 0.0045, id="one task, 4.5 ms a call"),
        pytest.param(5, 0.02, id="5 tasks, 20 ms a call"),
        pytest.param(10, 0.048, id="10 tasks, 48 ms a call"),
    ],
)
def test_cap_is_used_by_tasks_that_ask_for_a_little_more(tasks: int, seconds: float) -> None:
    log = call_in_a_row(tasks, lambda: seconds)
    assert worst_window(log) <= 200
    assert use_of_the_cap(log) >= 0.985


def test_cap_is_used_by_tasks_whose_calls_take_random_times() -> None:
    """What a gap makes the pace lose goes as a small burst."""
    rng = random.Random(5)
    log = call_in_a_row(20, lambda: rng.lognormvariate(-2.85, 0.8))  # 80 ms on average: 250 calls a second
    assert worst_window(log) <= 200
    assert use_of_the_cap(log) >= 0.96


def test_burst_goes_at_once_again_when_demand_was_lower() -> None:
    async def main() -> list[float]:
        limiter = LocalRateLimiter()
        await asyncio.gather(*(grant(limiter, claim()) for _ in range(250)))  # the last 50 at the pace
        await asyncio.sleep(1.0)
        began = asyncio.get_running_loop().time()
        return [when - began for when in await asyncio.gather(*(grant(limiter, claim()) for _ in range(140)))]

    assert max(run(main())) == 0.0


def test_cap_holds_after_idle_time() -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        for _ in range(3):
            await asyncio.gather(*(grant(limiter, claim(), log) for _ in range(450)))
            await asyncio.sleep(10)
        return log

    assert worst_window(run(main())) <= 200


def test_cap_holds_with_random_arrivals_and_cancellations() -> None:
    rng = random.Random(7)

    async def main() -> tuple[list[float], int]:
        limiter, log, cancelled = LocalRateLimiter(), [], 0
        tasks = [asyncio.create_task(grant(limiter, claim(), log)) for _ in range(3000)]
        waiting = list(tasks)
        rng.shuffle(waiting)
        for task in waiting[:1000]:
            await asyncio.sleep(rng.random() * 0.005)
            cancelled += task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return log, cancelled

    log, cancelled = run(main())
    assert cancelled > 500
    assert len(log) == 3000 - cancelled
    assert worst_window(log) <= 200
    assert (len(log) - 1) / (log[-1] - log[0]) >= 0.985 * 200


def test_late_timers_of_up_to_five_milliseconds_lose_nothing() -> None:
    class LateSlot(FreeSlot):
        pass

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        loop = asyncio.get_running_loop()

        async def busy() -> None:  # every now and then the loop is held up for 4 ms
            while True:
                await asyncio.sleep(0.05)
                loop.now += 0.004

        hog = asyncio.create_task(busy())
        await asyncio.gather(*(grant(limiter, claim(), log) for _ in range(2000)))
        hog.cancel()
        return log

    log = run(main())
    assert (len(log) - 1) / (log[-1] - log[0]) >= 0.985 * 200
    assert worst_window(log) <= 200


def test_first_come_first_served() -> None:
    async def main() -> list[int]:
        limiter, served = LocalRateLimiter(), []

        async def one(index: int) -> None:
            await grant(limiter, claim())
            served.append(index)

        await asyncio.gather(*(one(index) for index in range(300)))
        return served

    assert run(main()) == list(range(300))


def test_interactive_goes_before_ten_thousand_background_waiters() -> None:
    async def main() -> int:
        limiter, log = LocalRateLimiter(), []
        crowd = [asyncio.create_task(grant(limiter, claim(priority="background"), log)) for _ in range(10_000)]
        await asyncio.sleep(1)
        before = len(log)
        await grant(limiter, claim())
        behind = len(log) - before
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        return behind

    assert run(main()) <= 2


def test_large_background_cost_lets_an_interactive_call_by() -> None:
    deliveries = Rate(12_000, 60.0, cost="to_account", max_cost=500)

    async def main() -> tuple[float, float]:
        limiter = LocalRateLimiter()
        start = await grant(limiter, claim(deliveries, cost=500))
        batch = asyncio.create_task(grant(limiter, claim(deliveries, cost=500, priority="background")))
        await asyncio.sleep(0.5)
        single = await grant(limiter, claim(deliveries, cost=1))
        return single - start, await batch - start

    single, batch = run(main())
    assert single <= 0.51
    assert batch == pytest.approx(500 / 191.66, abs=0.02)


def test_claim_knows_the_moment_that_the_limits_count() -> None:
    """A busy loop continues a granted call later; a refusal is judged by the moment at which the tokens were taken."""

    async def main() -> tuple[float, float]:
        limiter, loop = LocalRateLimiter(), asyncio.get_running_loop()
        await use_up(limiter)
        request = claim()
        waiting = asyncio.ensure_future(limiter.acquire(request, FreeSlot()))
        await asyncio.sleep(0.9)
        [bucket] = limiter._buckets.values()
        assert bucket._timer is not None
        turn = bucket._timer.when()

        def fall_behind() -> None:
            asyncio.get_running_loop().now += 0.3  # type: ignore[attr-defined]

        loop.call_at(math.nextafter(turn, math.inf), fall_behind)
        await waiting
        return turn, request.granted_at

    turn, granted_at = run(main())
    assert granted_at == pytest.approx(turn, abs=1e-6)


def test_small_costs_do_not_starve_a_large_one() -> None:
    deliveries = Rate(12_000, 60.0, cost="to_account", max_cost=500)

    async def main() -> float:
        limiter = LocalRateLimiter()
        start = await grant(limiter, claim(deliveries, cost=500))
        large = asyncio.create_task(grant(limiter, claim(deliveries, cost=500)))
        await asyncio.sleep(0)
        small = [asyncio.create_task(grant(limiter, claim(deliveries, cost=1))) for _ in range(2000)]
        took = await large - start
        for task in small:
            task.cancel()
        await asyncio.gather(*small, return_exceptions=True)
        return took

    assert run(main()) < 3


def test_weighted_costs_hold_the_cap_in_every_window() -> None:
    deliveries = Rate(12_000, 60.0, cost="to_account", max_cost=500)
    rng = random.Random(3)

    async def main() -> tuple[list[float], list[int]]:
        limiter, times, costs = LocalRateLimiter(), [], []

        async def one(cost: int) -> None:
            times.append(await grant(limiter, claim(deliveries, SEND, cost=cost)))
            costs.append(cost)

        await asyncio.gather(*(one(rng.randint(1, 500)) for _ in range(300)))
        return times, costs

    times, costs = run(main())
    assert worst_window(times, 60.0, costs) <= 12_000
    assert sum(costs[1:]) / (times[-1] - times[0]) >= 0.94 * 200


def test_repeat_waits_at_the_head_of_its_priority() -> None:
    async def main() -> list[str]:
        limiter, served = LocalRateLimiter(), []

        async def one(name: str, request: Claim) -> None:
            await grant(limiter, request)
            served.append(name)

        early = next_order()
        await use_up(limiter)
        tasks = [asyncio.create_task(one(f"new {index}", claim())) for index in range(3)]
        tasks.append(asyncio.create_task(one("background", claim(priority="background"))))
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(one("repeat", claim(order=early, is_repeat=True))))
        await asyncio.gather(*tasks)
        return served

    assert run(main()) == ["repeat", "new 0", "new 1", "new 2", "background"]


def test_slot_is_taken_before_the_token() -> None:
    """A pool that is full for two seconds must not leave a pile of granted calls behind."""

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        gate = asyncio.Semaphore(0)
        loop = asyncio.get_running_loop()

        async def one() -> None:
            await limiter.acquire(claim(), GatedSlot(gate))
            log.append(loop.time())

        tasks = [asyncio.create_task(one()) for _ in range(1000)]
        await asyncio.sleep(2)
        for _ in range(1000):
            gate.release()
        await asyncio.gather(*tasks)
        return log

    log = run(main())
    assert log[0] >= 1002
    assert worst_window(log) <= 200


def test_waiting_claims_hold_no_slots() -> None:
    async def main() -> int:
        limiter = LocalRateLimiter()
        gate = asyncio.Semaphore(50)

        async def one() -> None:
            slot = GatedSlot(gate)
            await limiter.acquire(claim(priority="background"), slot)
            await asyncio.sleep(0.001)
            slot.release()

        tasks = [asyncio.create_task(one()) for _ in range(1000)]
        await asyncio.sleep(1.0001)
        free = gate._value
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gate._value == 50
        return free

    assert run(main()) >= 49


def test_cancelling_a_waiting_claim_frees_its_place_at_once() -> None:
    async def main() -> tuple[float, int]:
        limiter = LocalRateLimiter()
        tasks = [asyncio.create_task(grant(limiter, claim())) for _ in range(1000)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        start = asyncio.get_running_loop().time()
        wait = await grant(limiter, claim()) - start
        (bucket,) = limiter._buckets.values()
        return wait, sum(bucket.queued)

    wait, queued = run(main())
    assert wait == pytest.approx(0.95)  # when the burst of the first 200 leaves the window
    assert queued == 0


def test_cancelled_claims_leave_no_memory_behind() -> None:
    async def main() -> int:
        limiter = LocalRateLimiter()
        await use_up(limiter)
        holder = asyncio.create_task(grant(limiter, claim()))
        await asyncio.sleep(0)
        for _ in range(100):
            tasks = [asyncio.create_task(grant(limiter, claim())) for _ in range(100)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        (bucket,) = limiter._buckets.values()
        size = len(bucket._queue)
        await holder
        return size

    assert run(main()) < 200


def test_cancelled_in_the_moment_of_its_turn_passes_the_turn_on() -> None:
    async def main() -> list[str]:
        limiter, served = LocalRateLimiter(), []

        async def one(name: str) -> None:
            await grant(limiter, claim())
            served.append(name)

        await use_up(limiter)

        class Slot(FreeSlot):
            def take_nowait(self) -> bool:
                asyncio.get_running_loop().call_soon(first.cancel)  # granted, and cancelled before it runs
                return super().take_nowait()

        slot = Slot()
        first = asyncio.create_task(limiter.acquire(claim(), slot))
        await asyncio.sleep(0)
        await asyncio.gather(first, one("second"), one("third"), return_exceptions=True)
        assert first.cancelled()
        assert slot.taken == 0
        (bucket,) = limiter._buckets.values()
        assert (bucket.claims, bucket.queued, bucket.passed) == (0, [0, 0], [0, 0])
        return served

    assert run(main()) == ["second", "third"]


def test_hopeless_wait_is_refused_before_waiting() -> None:
    async def main() -> tuple[WaitTooLongError, float, int]:
        limiter = LocalRateLimiter()
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(grant(limiter, claim())) for _ in range(1000)]
        await asyncio.sleep(0)
        start = loop.time()
        with pytest.raises(WaitTooLongError) as caught:
            await grant(limiter, claim(deadline=start + 4.9))
        waited = loop.time() - start
        on_time = asyncio.create_task(grant(limiter, claim(deadline=start + 5.2)))
        await asyncio.gather(*tasks)
        assert await on_time <= start + 5.2
        return caught.value, waited, len(tasks)

    error, waited, _ = run(main())
    assert waited == 0
    assert error.wait == pytest.approx(1.05 + 800 / 198.5, abs=0.03)
    assert error.remaining == pytest.approx(4.9)


def test_narrow_bucket_does_not_hold_up_other_keys() -> None:
    group, wide = Rate(40, key="group_id"), Rate(200)

    async def main() -> tuple[list[float], list[float]]:
        limiter, crowded, other = LocalRateLimiter(), [], []
        start = asyncio.get_running_loop().time()
        tasks = [asyncio.create_task(grant(limiter, claim(group, wide, key="crowded"), crowded)) for _ in range(200)]
        tasks += [asyncio.create_task(grant(limiter, claim(group, wide, key="other"), other)) for _ in range(40)]
        await asyncio.gather(*tasks)
        return [when - start for when in crowded], [when - start for when in other]

    crowded, other = run(main())
    assert worst_window(crowded) <= 40
    assert other[-1] <= 1.05
    assert crowded[-1] == pytest.approx(5, abs=0.1)


def test_wide_bucket_caps_all_keys_together() -> None:
    group, wide = Rate(40, key="group_id"), Rate(200)

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        await asyncio.gather(*(grant(limiter, claim(group, wide, key=str(index % 20)), log) for index in range(1200)))
        return log

    log = run(main())
    assert worst_window(log) <= 200
    assert (len(log) - 1) / (log[-1] - log[0]) >= 0.98 * 200


def test_holder_that_queues_for_a_wide_bucket_makes_way() -> None:
    """A background claim with its command's turn, stuck behind others in the app's bucket, blocks no other call."""
    everything = Rate(100)

    def both(command: str, priority: str) -> Claim:
        costs = (
            BucketCost(rate=SEND, units=1, key="", command=command),
            BucketCost(rate=everything, units=1, key="", command="*"),
        )
        return Claim(app=1, command=command, costs=costs, priority=priority, order=next_order())

    async def main() -> tuple[float, int]:
        limiter = LocalRateLimiter()
        loop = asyncio.get_running_loop()
        end = loop.time() + 5

        async def busy() -> None:
            while loop.time() < end:
                await grant(limiter, both("openim/busy", "interactive"))

        crowd = [asyncio.create_task(busy()) for _ in range(20)]
        await asyncio.sleep(1.5)
        background = asyncio.create_task(grant(limiter, both("openim/sendmsg", "background")))
        await asyncio.sleep(0.1)
        start = loop.time()
        took = await grant(limiter, both("openim/sendmsg", "interactive")) - start
        queued = sum(sum(bucket.queued) for bucket in limiter._buckets.values())
        await asyncio.gather(*crowd, background)
        assert all((bucket.queued, bucket.passed) == ([0, 0], [0, 0]) for bucket in limiter._buckets.values())
        return took, queued

    took, _ = run(main())
    assert took < 0.3


def test_bucket_in_use_is_not_forgotten() -> None:
    """A claim that waits in its first bucket still counts on the second, which is idle meanwhile."""
    first, second = Rate(1, key="group_id"), Rate(1, per=100.0, key="topic_id")

    def pair(group: str) -> Claim:
        costs = (
            BucketCost(rate=first, units=1, key=group, command="openim/sendmsg"),
            BucketCost(rate=second, units=1, key="same topic", command="openim/sendmsg"),
        )
        return Claim(app=1, command="openim/sendmsg", costs=costs, priority="interactive", order=next_order())

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        busy = pair("busy")
        await grant(limiter, msgspec.structs.replace(busy, costs=busy.costs[:1]))
        waiting = asyncio.create_task(grant(limiter, pair("busy"), log))
        await asyncio.sleep(0.1)
        limiter._sweep_at = 1
        await grant(limiter, pair("free"), log)
        await waiting
        return log

    assert worst_window(run(main()), 99.0) == 1


def test_deadline_that_has_passed_is_refused_even_when_there_is_room() -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        with pytest.raises(WaitTooLongError):
            await grant(limiter, claim(deadline=asyncio.get_running_loop().time()))
        assert await grant(limiter, claim()) == asyncio.get_running_loop().time()

    run(main())


def test_keyed_buckets_are_forgotten_when_idle() -> None:
    group, wide = Rate(40, key="group_id"), Rate(1_000_000)

    async def main() -> int:
        limiter = LocalRateLimiter()
        for index in range(5000):
            await grant(limiter, claim(group, wide, key=f"group {index}"))
            await asyncio.sleep(0.01)
        return len(limiter._buckets)

    assert run(main()) <= 600


def test_bucket_over_all_commands_is_shared_by_them() -> None:
    everything = Rate(100)

    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []

        async def one(command: str) -> None:
            both = (
                BucketCost(rate=SEND, units=1, key="", command=command),
                BucketCost(rate=everything, units=1, key="", command="*"),
            )
            await grant(
                limiter, Claim(app=1, command=command, costs=both, priority="interactive", order=next_order()), log
            )

        await asyncio.gather(*(one(f"openim/c{index % 4}") for index in range(500)))
        return log

    assert worst_window(run(main())) <= 100


def test_commands_and_apps_have_buckets_of_their_own() -> None:
    async def main() -> float:
        limiter = LocalRateLimiter()
        start = asyncio.get_running_loop().time()
        await asyncio.gather(
            *(grant(limiter, claim(command=f"openim/c{index % 2}", app=index % 4 // 2)) for index in range(800))
        )
        return asyncio.get_running_loop().time() - start

    assert run(main()) == 0.0


def refuse(limiter: LocalRateLimiter, request: Claim, code: int | None, count: int = 50) -> None:
    """Make the service refuse this many granted calls at once."""
    for _ in range(count):
        limiter.refused(request, code)


def slowed(limiter: LocalRateLimiter, now: float) -> set[tuple[str, int]]:
    """Return command and position of the buckets that use less than the whole of their limit."""
    return {key[1:3] for key, bucket in limiter._buckets.items() if bucket.flow(now) < bucket.configured_flow}


def test_refusals_slow_down_and_the_rate_comes_back() -> None:
    async def main() -> tuple[float, float, float]:
        limiter, log = LocalRateLimiter(), []
        loop = asyncio.get_running_loop()
        crowd = [asyncio.create_task(grant(limiter, claim(), log)) for _ in range(6000)]
        await asyncio.sleep(3)
        request = claim()
        request.granted_at = start = loop.time()
        refuse(limiter, request, 60007)
        (in_force,) = limiter.rates(1, "openim/sendmsg")
        assert in_force.limit == Rate(200)
        assert in_force.configured_rate == pytest.approx(198.5, abs=0.1)
        assert 0.5 <= in_force.share <= 0.7
        await asyncio.gather(*crowd)
        rates = [sum(start + first <= when < start + first + 1 for when in log) for first in (0.1, 5, 20)]
        return rates[0], rates[1], rates[2]

    after, later, back = run(main())
    assert 95 <= after <= 140
    assert after < later < 170
    assert back >= 197


def test_one_refusal_costs_nothing() -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        crowd = [asyncio.create_task(grant(limiter, claim(), log)) for _ in range(2000)]
        await asyncio.sleep(3)
        request = claim()
        request.granted_at = asyncio.get_running_loop().time()
        assert limiter.refused(request, 60007) == 0.5
        await asyncio.gather(*crowd)
        return log

    log = run(main())
    assert worst_window(log) <= 200
    assert max(later - earlier for earlier, later in pairwise(log)) < 1.06


@pytest.mark.parametrize(
    ("code", "held"),
    [
        pytest.param(60007, {("openim/sendmsg", 2)}, id="60007 the command"),
        pytest.param(None, {("openim/sendmsg", 2)}, id="HTTP 429 the command"),
        pytest.param(90057, {("openim/sendmsg", 1)}, id="90057 the deliveries"),
        pytest.param(10023, {("openim/sendmsg", 0)}, id="10023 the group"),
        pytest.param(
            60018,
            {("openim/sendmsg", 0), ("openim/sendmsg", 1), ("openim/sendmsg", 2), ("openim/other", 0)},
            id="60018 the app",
        ),
    ],
)
def test_refusals_slow_down_what_the_code_speaks_of(code: int | None, held: set[tuple[str, int]]) -> None:
    deliveries = Rate(12_000, 60.0, cost="to_account", max_cost=500)
    group = Rate(40, key="group_id")

    async def main() -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        limiter = LocalRateLimiter()
        request = claim(group, deliveries, SEND, key="g")
        await grant(limiter, request)
        await grant(limiter, claim(command="openim/other"))
        await grant(limiter, claim(command="openim/other", app=2))
        refuse(limiter, request, code)
        now = asyncio.get_running_loop().time()
        found = slowed(limiter, now)
        await grant(limiter, claim(command="openim/later"))
        return found, slowed(limiter, now)

    found, later = run(main())
    assert found == held
    assert later - found == ({("openim/later", 0)} if code == 60018 else set())


@pytest.mark.parametrize("code", [60007, 90057, 10023])
def test_refusals_of_a_command_leave_the_bucket_over_all_commands(code: int) -> None:
    async def main() -> set[tuple[str, int]]:
        limiter = LocalRateLimiter()
        request = claim(Rate(10), command="timpush/batch")
        request.costs += (BucketCost(rate=Rate(500), units=1, key="", command="*"),)
        await grant(limiter, request)
        refuse(limiter, request, code)
        return slowed(limiter, asyncio.get_running_loop().time())

    assert run(main()) == {("timpush/batch", 0)}


def test_a_cut_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        request = claim()
        await grant(limiter, request)
        refuse(limiter, request, 60007)

    run(main())
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "openim/sendmsg: too many calls for the service (60007), slowing down to 123 of 199 a second"
    )


@pytest.mark.parametrize("code", [60007, 60018], ids=["the command", "the app"])
def test_a_cut_that_comes_with_a_granted_call_is_one_warning_too(code: int, caplog: pytest.LogCaptureFixture) -> None:
    """Refusals are judged when their beat is over; the first call after that may be granted."""

    async def main() -> list[str]:
        limiter = LocalRateLimiter()
        request = claim()
        await grant(limiter, request)
        refuse(limiter, request, code, 1)  # a beat begins
        refuse(limiter, request, code, 4)
        assert caplog.messages == []
        await asyncio.sleep(20)  # the app has had one call: its beat is that of ten
        await grant(limiter, claim())
        return [message.partition(":")[0] for message in caplog.messages]

    assert run(main()) == ["openim/sendmsg" if code == 60007 else "all commands of app 1"]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([], id="one limit"),
        pytest.param(
            [Rate(9_000, 60.0, cost="to_account", max_cost=500), Rate(500, key="group_id")], id="three limits"
        ),
        pytest.param([Rate(10_000, 10.0)], id="two of calls"),
    ],
)
@pytest.mark.parametrize("has_app_limit", [False, True], ids=["", "and one of the app"])
def test_app_counts_a_call_once_however_many_limits_it_has(others: list[Rate], has_app_limit: bool) -> None:
    def request() -> Claim:
        made = claim(*others, Rate(1000), key="g")
        if has_app_limit:
            made.costs += (BucketCost(rate=Rate(2000), units=1, key="", command="*"),)
        return made

    async def main() -> tuple[float, float]:
        limiter = LocalRateLimiter()
        first = request()
        await asyncio.gather(grant(limiter, first), *(grant(limiter, request()) for _ in range(99)))
        refuse(limiter, first, 60018, 1)  # the app had 100 calls in the last second
        (share,) = limiter._app_shares.values()
        flow = share.flow
        await asyncio.sleep(2)
        last = request()
        await grant(limiter, last)
        refuse(limiter, last, 60018, 1)  # a beat begins
        await asyncio.gather(*(grant(limiter, request()) for _ in range(49)))
        refuse(limiter, last, 60018, 4)
        await asyncio.sleep(0.5)
        await grant(limiter, request())
        return flow, share.share(asyncio.get_running_loop().time())

    flow, share = run(main())
    assert flow == 100
    # Of the 50 calls of the beat 4 were refused; 0.3 % are forgiven, and two were before.
    assert share == pytest.approx(1 - 1.5 * (4 - 0.006 - 0.15) / 50 - 0.02, abs=0.001)


def test_app_that_is_as_fast_as_ever_is_measured_again() -> None:
    async def main() -> list[float]:
        limiter, flows = LocalRateLimiter(), []
        for count in (50, 100):
            await asyncio.sleep(60)
            request = claim()
            await asyncio.gather(grant(limiter, request), *(grant(limiter, claim()) for _ in range(count - 1)))
            refuse(limiter, request, 60018)
            (share,) = limiter._app_shares.values()
            flows.append(share.flow)
        return flows

    assert run(main()) == [50, 100]


def test_group_that_a_warning_names_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        request = claim(Rate(40, key="group_id"), key="g\x1b[2J")
        await grant(limiter, request)
        refuse(limiter, request, 10023)

    run(main())
    (message,) = caplog.messages
    assert message.startswith("openim/sendmsg of g\\x1b[2J: too many calls for the service (10023)")


def test_slot_is_given_back_when_the_turn_is_over_before_it_is_there() -> None:
    async def main() -> tuple[float, int]:
        limiter = LocalRateLimiter()
        gate = asyncio.Semaphore(0)
        start = asyncio.get_running_loop().time()
        slow = Rate(1)
        task = asyncio.create_task(limiter.acquire(claim(slow, priority="background"), GatedSlot(gate)))
        await asyncio.sleep(0.1)
        await grant(limiter, claim(slow))  # goes first, and takes what was available
        gate.release()
        await asyncio.sleep(0.1)
        free = gate._value
        await task
        return asyncio.get_running_loop().time() - start, free

    took, free = run(main())
    assert free == 1
    assert took == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize("count", [10, 50, 100, 200])
def test_burst_within_the_cap_goes_at_once_after_idle_time(count: int) -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        for _ in range(3):
            await asyncio.sleep(5)
            start = asyncio.get_running_loop().time()
            log += await asyncio.gather(*(grant(limiter, claim()) for _ in range(count)))
            assert set(log[-count:]) == {start}
        return log

    assert worst_window(run(main())) == count


def test_calls_behind_a_burst_go_at_the_pace() -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(grant(limiter, claim(), log) for _ in range(1000)))
        return [when - start for when in log]

    log = run(main())
    assert log[:200] == [0.0] * 200
    assert log[200] == pytest.approx(1.05)
    assert worst_window(log) <= 200
    assert sum(1.05 <= when < 1.55 for when in log) <= 103, "no second burst"


def test_background_never_goes_as_a_burst() -> None:
    async def main() -> list[float]:
        limiter, log = LocalRateLimiter(), []
        await asyncio.gather(*(grant(limiter, claim(priority="background"), log) for _ in range(200)))
        return log

    log = run(main())
    assert log[-1] - log[0] == pytest.approx(199 / 198.5, abs=0.02)


def test_burst_that_waits_for_slots_does_not_wait_for_its_turn() -> None:
    async def main() -> float:
        limiter = LocalRateLimiter()
        gate = asyncio.Semaphore(10)
        start = asyncio.get_running_loop().time()

        async def one() -> None:
            slot = GatedSlot(gate)
            await limiter.acquire(claim(), slot)
            await asyncio.sleep(0.01)
            slot.release()

        await asyncio.gather(*(one() for _ in range(100)))
        return asyncio.get_running_loop().time() - start

    assert run(main()) == pytest.approx(0.1, abs=0.01)


def test_weighted_and_grouped_limits_allow_bursts_as_well() -> None:
    deliveries = Rate(12_000, 60.0, cost="to_account", max_cost=500)
    group = Rate(40, key="group_id")

    async def main() -> tuple[list[float], list[float]]:
        limiter = LocalRateLimiter()
        start = asyncio.get_running_loop().time()
        batches = await asyncio.gather(*(grant(limiter, claim(deliveries, cost=500)) for _ in range(19)))
        grouped = await asyncio.gather(
            *(
                grant(limiter, claim(group, SEND, key="g", command="group_open_http_svc/send_group_msg"))
                for _ in range(41)
            )
        )
        return [when - start for when in batches], [when - grouped[0] for when in grouped]

    batches, grouped = run(main())
    assert batches[:18] == [0.0] * 18
    assert 0.0 < batches[18] < 12.0, "a quarter of the minute is left, and dealt out"
    assert grouped[:40] == [0.0] * 40
    assert grouped[40] == pytest.approx(1.05)


@pytest.mark.parametrize("rate", [100, 150, 180])
def test_random_arrivals_below_the_cap_hardly_wait(rate: int) -> None:
    rng = random.Random(3)

    async def main() -> tuple[list[float], list[float]]:
        limiter, waits, log = LocalRateLimiter(), [], []
        loop = asyncio.get_running_loop()

        async def one() -> None:
            start = loop.time()
            waits.append(await grant(limiter, claim(), log) - start)

        tasks = []
        for _ in range(rate * 30):
            await asyncio.sleep(rng.expovariate(rate))
            tasks.append(asyncio.create_task(one()))
        await asyncio.gather(*tasks)
        return sorted(waits), log

    waits, log = run(main())
    assert worst_window(log) <= 200
    assert waits[len(waits) // 2] == 0.0
    assert waits[int(len(waits) * 0.99)] <= (0.003 if rate <= 150 else 0.25)


def test_two_clients_must_agree_on_a_limit() -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        await grant(limiter, claim(Rate(200)))
        with pytest.raises(UsageError, match="200 per 1 s") as caught:
            await grant(limiter, claim(Rate(300)))
        assert caught.value.field == "rate_limits"

    run(main())


def test_cost_over_the_most_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="1 to 500, not 501"):
            await grant(LocalRateLimiter(), claim(Rate(12_000, 60.0, cost="to_account", max_cost=500), cost=501))

    run(main())


@pytest.mark.parametrize("waits", [0.0, 0.4], ids=["its clock goes back", "its clock goes on"])
def test_second_loop_knows_what_was_granted_in_the_first(waits: float) -> None:
    limiter = LocalRateLimiter()

    async def first() -> None:
        await asyncio.sleep(7.0 if waits == 0.0 else 0.0)  # so that the next clock begins behind this one
        await use_up(limiter)
        stuck = asyncio.create_task(grant(limiter, claim()))
        await asyncio.sleep(0)
        stuck.cancel()

    run(first())

    async def second() -> float:
        await asyncio.sleep(waits)
        start = asyncio.get_running_loop().time()
        return await grant(limiter, claim()) - start

    assert run(second()) == pytest.approx(1.05 - waits)


def test_second_loop_knows_what_was_granted_to_a_group_in_the_first() -> None:
    limiter, group = LocalRateLimiter(), Rate(40, key="group_id")

    async def burst(count: int) -> float:
        start = asyncio.get_running_loop().time()
        log = await asyncio.gather(*(grant(limiter, claim(group, key="@TGS#1")) for _ in range(count)))
        return log[-1] - start

    assert run(burst(40)) == 0.0
    assert run(burst(1)) > 0.9


@pytest.mark.parametrize(("since", "first"), [pytest.param(0.0, 1.05, id="now"), pytest.param(1.5, 0.0, id="long-ago")])
def test_limit_that_others_may_have_used_up_begins_when_that_is_over(since: float, first: float) -> None:
    async def main() -> list[float]:
        start = asyncio.get_running_loop().time()
        limiter = LocalRateLimiter(used_until=start - since)
        log = await asyncio.gather(*(grant(limiter, claim()) for _ in range(100)))
        await asyncio.sleep(2)
        log += await asyncio.gather(*(grant(limiter, claim()) for _ in range(100)))
        return [when - start for when in log]

    log = run(main())
    assert log[0] == pytest.approx(first, abs=0.01)
    # No bursts, now or later.
    for part in (log[:100], log[100:]):
        assert part[-1] - part[0] == pytest.approx(100 / 198.5, abs=0.02)


def test_long_limit_that_others_may_have_used_up_goes_on_slower() -> None:
    async def main() -> float:
        start = asyncio.get_running_loop().time()
        limiter = LocalRateLimiter(used_until=start)
        await asyncio.gather(*(grant(limiter, claim(Rate(60, per=60.0))) for _ in range(10)))
        return asyncio.get_running_loop().time() - start

    assert run(main()) == pytest.approx(10 * 4, abs=2)


def test_pace_and_slowness_hold_in_the_next_loop() -> None:
    limiter = LocalRateLimiter(used_until=900.0)

    async def main() -> None:
        await grant(limiter, claim())
        limiter.slow_down(1, "openim/sendmsg", rate=100, seconds=60)

    async def next_main() -> list[float]:
        return await asyncio.gather(*(grant(limiter, claim()) for _ in range(50)))

    run(main())
    log = run(next_main())
    assert log[-1] - log[0] == pytest.approx(0.49, abs=0.03)


async def test_waiters_of_one_order_queue_side_by_side() -> None:
    """As two processes, or claims that users make themselves, may have given them the same."""
    bucket = Bucket(Rate(200), "openim/sendmsg", now=0.0)
    for _ in range(3):
        bucket.push(Waiter([(bucket, 1)], FakePool().slot((0, 0)), 0, 7), 1)
    assert len(bucket._queue) == 3


async def test_other_running_loop_is_refused() -> None:
    limiter = LocalRateLimiter()
    await grant(limiter, claim())

    def elsewhere() -> None:
        with pytest.raises(UsageError, match="another event loop"):
            run(grant(limiter, claim()))

    await asyncio.to_thread(elsewhere)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"limit": 0}, "limit", id="limit 0"),
        pytest.param({"limit": 1.5}, "limit", id="limit not whole"),
        pytest.param({"limit": 1, "per": 0}, "per", id="per 0"),
        pytest.param({"limit": 1, "per": float("nan")}, "per", id="per not a number"),
        pytest.param({"limit": 1, "max_cost": 2}, "max_cost", id="cost over the limit"),
    ],
)
def test_rate_is_checked(fields: dict[str, float], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        Rate(**fields)
    assert caught.value.field == field


def rate_of(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("in_a_row", [True, False], ids=["in a row", "at once"])
@pytest.mark.parametrize("limit", [20, 200])
def test_no_second_of_a_slowed_down_command_holds_more_than_was_asked_for(limit: int, in_a_row: bool) -> None:
    async def main() -> list[float]:
        limiter, rate, log = LocalRateLimiter(), Rate(limit), []
        await use_up(limiter, rate, count=limit)
        limiter.slow_down(1, "openim/sendmsg", rate=limit / 2, seconds=60)
        if in_a_row:
            for _ in range(3 * limit):
                await grant(limiter, claim(rate), log)
        else:
            await asyncio.gather(*(grant(limiter, claim(rate), log) for _ in range(3 * limit)))
        return log

    log = run(main())
    assert worst_window(log) == limit / 2
    assert log[-1] - log[0] < 6.1, "the rate is used"


def test_slowed_down_command_flows_as_asked_and_then_as_before() -> None:
    limiter = LocalRateLimiter()
    log: list[float] = []

    async def main() -> None:
        await grant(limiter, claim(), log)
        limiter.slow_down(1, "openim/sendmsg", rate=50, seconds=4)
        limiter.slow_down(2, "openim/sendmsg", rate=1, seconds=60)
        limiter.slow_down(1, "openim/batchsendmsg", rate=1, seconds=60)
        await asyncio.gather(*(grant(limiter, claim(), log) for _ in range(1_000)))

    run(main())
    slow = [when for when in log if 1000 < when < 1004]
    fast = [when for when in log if when > 1004.1]
    assert rate_of(slow) == pytest.approx(50, rel=0.02)
    assert rate_of(fast) == pytest.approx(198.5, rel=0.01)
    assert worst_window(log) <= 200


def test_slowing_down_never_speeds_up_and_the_last_word_counts() -> None:
    limiter = LocalRateLimiter()
    log: list[float] = []

    async def main() -> None:
        await grant(limiter, claim(), log)
        limiter.slow_down(1, "openim/sendmsg", rate=1, seconds=60)
        limiter.slow_down(1, "openim/sendmsg", rate=500, seconds=60)
        await asyncio.gather(*(grant(limiter, claim(), log) for _ in range(400)))

    run(main())
    assert rate_of(log) == pytest.approx(198.5, rel=0.02)


def test_slowing_down_leaves_limits_by_key_and_cost_alone() -> None:
    limiter = LocalRateLimiter()
    keyed = Rate(40, key="group_id")

    async def main() -> float:
        await grant(limiter, claim(keyed, key="a"))
        limiter.slow_down(1, "openim/sendmsg", rate=1, seconds=60)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(grant(limiter, claim(keyed, key="a")) for _ in range(40)))
        return asyncio.get_running_loop().time() - began

    assert run(main()) < 1.1


@pytest.mark.parametrize(
    ("arguments", "field"), [({"rate": 0, "seconds": 1}, "rate"), ({"rate": 1, "seconds": 0}, "seconds")]
)
def test_slowing_down_needs_numbers_above_zero(arguments: dict[str, float], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        LocalRateLimiter().slow_down(1, "openim/sendmsg", **arguments)
    assert caught.value.field == field


def test_claim_without_limits_waits_for_a_slot_alone() -> None:
    async def main() -> tuple[bool, float]:
        limiter = LocalRateLimiter()
        gate = asyncio.Semaphore(0)
        request = msgspec.structs.replace(claim(), costs=())
        task = asyncio.create_task(limiter.acquire(request, GatedSlot(gate)))
        await asyncio.sleep(0.1)
        was_done = task.done()
        gate.release()
        await task
        return was_done, asyncio.get_running_loop().time()

    assert run(main()) == (False, 1000.1)


def test_unused_limiter_can_be_slowed_down_and_has_no_rates() -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        limiter.slow_down(1, "openim/sendmsg", rate=1, seconds=1)
        assert limiter.rates(1, "openim/sendmsg") == []

    run(main())


def test_share_of_an_app_goes_on_in_the_next_loop() -> None:
    limiter = LocalRateLimiter()

    async def first() -> None:
        await asyncio.sleep(5)
        request = claim()
        await grant(limiter, request)
        refuse(limiter, request, 60018)

    async def second() -> float:
        await grant(limiter, claim())
        (in_force,) = limiter.rates(1, "openim/sendmsg")
        return in_force.share

    run(first())
    assert run(second()) < 0.8


def test_queue_is_served_once_and_at_the_earliest_time_that_was_asked_for() -> None:
    served: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        bucket, start = Bucket(SEND, "openim/sendmsg", now=loop.time()), loop.time()
        for delay in (5, 2, 3):
            bucket.wake_at(start + delay, loop, lambda _: served.append(loop.time() - start))
        await asyncio.sleep(10)

    run(main())
    assert served == pytest.approx([2])
