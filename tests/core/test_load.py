"""Five thousand tasks at once, through the real client on a clock that jumps. The same over sockets: benchmarks/."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import tracemalloc
from typing import Any

import pytest

from tests import clock
from tests.scripted import OK, refusal, scripted
from tim_async import RetryPolicy, TextElem, TimClient, TimError
from tim_async.testing import FakePool, Sent

TASKS = 5_000
FAULTS = (20004, 20005, 91000, 90992)


def flaky(rate: float, seed: int) -> Any:
    """Answer with one of the four codes at a rate, after a few milliseconds on the way."""
    rng = random.Random(seed)

    async def answer(_: Sent) -> bytes:
        await asyncio.sleep(rng.uniform(0.001, 0.05))
        return refusal(rng.choice(FAULTS)) if rng.random() < rate else OK

    return answer


async def crowd(client: TimClient, tasks: int = TASKS, *, cancel: float = 0.0) -> list[Any]:
    """Run that many sends at once; cancel a part of them at random moments; return outcomes in order."""
    rng = random.Random(11)
    running = [
        asyncio.create_task(client.c2c.send(to_account=f"u{index}", msg_body=[TextElem(text="hi")]))
        for index in range(tasks)
    ]

    async def cancel_some() -> None:
        for task in rng.sample(running, int(tasks * cancel)):
            await asyncio.sleep(rng.uniform(0, 0.01))
            task.cancel()

    await asyncio.gather(cancel_some(), *running, return_exceptions=True)
    return [None if task.cancelled() else task.exception() or task.result() for task in running]


def steady_use(pool: FakePool, limit: int = 200) -> float:
    """Return the part of the cap that was used while calls waited, without the first and the last second."""
    times = [sent.at for sent in pool.sent]
    # Once everyone had a first attempt, only repeats are left, and those may be between two attempts.
    newcomers = {sent.fields["To_Account"]: sent.at for sent in reversed(pool.sent)}
    inside = [when for when in times if times[0] + 1 <= when <= max(newcomers.values()) - 1]
    return (len(inside) - 1) / (inside[-1] - inside[0]) / limit


def first_sends(pool: FakePool) -> list[int]:
    """Return the recipients in the order of their first attempts."""
    return list(dict.fromkeys(int(sent.fields["To_Account"][1:]) for sent in pool.sent))


def test_five_thousand_tasks_use_the_cap_and_never_cross_it() -> None:
    client, pool = scripted(flaky(0.0, 1))
    outcomes = clock.run(crowd(client))
    assert len(pool.sent) == TASKS == sum(not isinstance(each, BaseException) for each in outcomes)
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200
    assert steady_use(pool) >= 0.985
    assert first_sends(pool) == list(range(TASKS))


def test_the_same_after_ten_idle_seconds() -> None:
    client, pool = scripted(flaky(0.0, 1))

    async def main() -> None:
        await crowd(client, 1000)
        await asyncio.sleep(10)
        await crowd(client, 1000)

    clock.run(main())
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200


def test_the_same_with_a_third_of_the_waiters_cancelled() -> None:
    client, pool = scripted(flaky(0.0, 1))
    outcomes = clock.run(crowd(client, cancel=1 / 3))
    cancelled = sum(each is None for each in outcomes)
    assert cancelled > 500
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200
    assert steady_use(pool) >= 0.985
    served = first_sends(pool)
    assert served == sorted(served)
    assert pool.busy == 0


def test_the_same_with_a_fifth_of_the_answers_transient() -> None:
    client, pool = scripted(flaky(0.2, 5), retry=RetryPolicy(max_attempts=10))
    outcomes = clock.run(crowd(client))
    assert not [each for each in outcomes if isinstance(each, BaseException)]
    assert len(pool.sent) > TASKS * 1.2
    assert clock.worst_window([sent.at for sent in pool.sent]) <= 200
    assert steady_use(pool) >= 0.985
    served = first_sends(pool)
    assert served == sorted(served)  # repeats go before later calls, and do not change the order
    bodies: dict[str, set[bytes]] = {}
    for sent in pool.sent:
        bodies.setdefault(sent.fields["To_Account"], set()).add(sent.body)
    assert all(len(each) == 1 for each in bodies.values())


def test_a_pool_smaller_than_the_crowd_starves_no_one() -> None:
    client, pool = scripted(flaky(0.1, 9), retry=RetryPolicy(max_attempts=10))
    pool.size = 3
    outcomes = clock.run(crowd(client, 500))
    assert not [each for each in outcomes if isinstance(each, TimError)]
    assert len(first_sends(pool)) == 500


@pytest.mark.parametrize("crowd_size", [10_000])
def test_interactive_call_behind_a_crowd_of_background_calls(crowd_size: int) -> None:
    client, pool = scripted(flaky(0.0, 1))
    background = client.with_options(priority="background")

    async def main() -> int:
        tasks = [
            asyncio.create_task(background.c2c.send(to_account=f"u{index}", msg_body=[TextElem(text="hi")]))
            for index in range(crowd_size)
        ]
        await asyncio.sleep(2)
        before = len(pool.sent)
        await client.c2c.send_text("urgent", "now")
        served_after = next(
            index for index, sent in enumerate(pool.sent[before:], 1) if sent.fields["To_Account"] == "urgent"
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return served_after

    assert clock.run(main()) <= 5


@pytest.mark.skipif(sys.gettrace() is not None, reason="frames that are traced keep more")
def test_call_that_waits_keeps_little() -> None:
    """3.5 KiB with its task, which is 0.9 of them; the pool without sockets keeps about 0.1 less than the real one."""

    async def main() -> float:
        client, _ = scripted(OK, rate_limits={"openim/sendmsg": 1})
        await client.c2c.send_text("bob", "hi")
        gc.collect()
        tracemalloc.start()
        try:
            tasks = [asyncio.create_task(client.c2c.send_text(f"u{index}", "hi")) for index in range(2_000)]
            await asyncio.sleep(0)
            return tracemalloc.get_traced_memory()[0] / len(tasks)
        finally:
            tracemalloc.stop()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    assert clock.run(main()) <= 3.5 * 1024
