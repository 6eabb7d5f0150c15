"""Redis gone, flushed, restarted: refused or carried on, never over the cap, and told."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("redis")

from tests.clock import worst_window
from tests.cluster.conftest import FreeSlot, claim, grant, now, settled
from tests.services import OwnRedis, free_port, own_redis
from tim_async import LimiterSetupError, LimiterUnavailableError, Rate, RetryPolicy, TimClient
from tim_async.cluster import RedisRateLimiter
from tim_async.cluster._redis_limiter.limiter import _divide
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

FAST = Rate(40, per=0.2)


async def test_redis_gone_is_told_after_a_bounded_wait_and_then_at_once() -> None:
    async with RedisRateLimiter(f"redis://:geheim@127.0.0.1:{free_port()}/0", outage_wait_s=0.2) as limiter:
        start = now()
        slots = [FreeSlot() for _ in range(50)]
        results = await asyncio.gather(*(limiter.acquire(claim(FAST), slot) for slot in slots), return_exceptions=True)
        assert 0.2 <= now() - start < 1.5
        assert {type(each) for each in results} == {LimiterUnavailableError}
        assert all(slot.taken == 0 for slot in slots)
        assert "geheim" not in str(results[0])
        assert "127.0.0.1" in str(results[0])
        start = now()
        with pytest.raises(LimiterUnavailableError):
            await grant(limiter, claim(FAST))
        assert now() - start < 0.2
        assert limiter.stats().outages == 1


async def test_answers_that_never_come_end_the_wait_too() -> None:
    """Each attempt takes longer than the whole patience, and the outage ends all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        async with RedisRateLimiter(url, reply_timeout_s=0.1, outage_wait_s=0.05) as limiter:
            with pytest.raises(LimiterUnavailableError):
                async with asyncio.timeout(5):
                    await grant(limiter, claim(FAST))


async def test_client_tells_that_nothing_was_sent() -> None:
    async with (
        Emulator(auto_import=True) as emulator,
        RedisRateLimiter(f"redis://127.0.0.1:{free_port()}/0", outage_wait_s=0.05) as limiter,
        TimClient(
            emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, limiter=limiter, retry=RetryPolicy.off()
        ) as client,
    ):
        with pytest.raises(LimiterUnavailableError, match="nothing was sent") as caught:
            await client.c2c.send_text("bob", "hi")
        assert (caught.value.attempts, caught.value.maybe_delivered) == (0, False)
        assert caught.value.command == "openim/sendmsg"
        assert not emulator.arrivals


async def test_short_outage_is_waited_out(server: OwnRedis, caplog: pytest.LogCaptureFixture) -> None:
    async with RedisRateLimiter(server.url, outage_wait_s=10.0) as limiter:
        await grant(limiter, claim(FAST))
        await asyncio.to_thread(server.stop)
        with caplog.at_level(logging.WARNING, "tim_async"):
            waiting = [asyncio.ensure_future(grant(limiter, claim(FAST))) for _ in range(5)]
            await settled(lambda: bool(caplog.records), "the outage is not told")
            await asyncio.to_thread(server.start)
            await asyncio.gather(*waiting)
    told = [record.getMessage() for record in caplog.records]
    assert any("cannot be reached" in each for each in told)
    assert any("serves again after" in each for each in told)
    assert any("lost its state" in each for each in told)


async def test_server_that_refuses_for_a_while_is_waited_for(
    server: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    from redis.asyncio import Redis

    async with RedisRateLimiter(server.url) as limiter, Redis.from_url(server.url) as redis:
        await grant(limiter, claim(FAST))
        await redis.config_set("min-replicas-to-write", 1)
        with caplog.at_level(logging.WARNING, "tim_async"):
            waiting = asyncio.ensure_future(grant(limiter, claim(FAST)))
            await settled(lambda: "does not serve: NOREPLICAS" in caplog.text, "the refusal is not told")
            await redis.config_set("min-replicas-to-write", 0)
            await waiting
        assert "serves again after" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "ERR something that only a later Redis says",
    ],
    ids=lambda answer: answer.partition(" ")[0],
)
async def test_refusal_is_an_outage(answer: str) -> None:
    is_closed = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(f"-{answer}\r\n".encode() * 3)
        writer.close()
        is_closed.set()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        async with RedisRateLimiter(url, outage_wait_s=0.05) as limiter:
            with pytest.raises(LimiterUnavailableError, match="nothing was sent"):
                await grant(limiter, claim(FAST))
        await is_closed.wait()


async def test_wrong_password_is_told_at_once(tmp_path: Path) -> None:
    with own_redis(tmp_path, "--requirepass", "richtig") as server:
        url = server.url.replace("redis://", "redis://:geheim@")
        async with RedisRateLimiter(url) as limiter:
            start = now()
            with pytest.raises(LimiterSetupError) as caught:
                await grant(limiter, claim(FAST))
            assert now() - start < 1
            assert caught.value.field == "url"
            assert "geheim" not in str(caught.value)


async def test_server_that_is_too_far_away_is_told(server: OwnRedis) -> None:
    async with RedisRateLimiter(server.url, tolerance_s=1e-6) as limiter:
        with pytest.raises(LimiterSetupError, match="too far away") as caught:
            await grant(limiter, claim(FAST))
        assert caught.value.field == "tolerance_s"


async def test_flushed_in_mid_run_the_cap_holds(server: OwnRedis, caplog: pytest.LogCaptureFixture) -> None:
    from redis.asyncio import Redis

    log: list[float] = []
    async with (
        RedisRateLimiter(server.url) as one,
        RedisRateLimiter(server.url) as two,
        Redis.from_url(server.url) as redis,
    ):
        tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(70)]
        for count in (30, 70):
            await settled(lambda count=count: len(log) >= count, "nothing is granted")
            with caplog.at_level(logging.WARNING, "tim_async"):
                await redis.flushall()
        await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit
    assert sum("lost its state" in record.getMessage() for record in caplog.records) >= 2


async def test_script_is_loaded_again_when_it_was_forgotten(server: OwnRedis) -> None:
    from redis.asyncio import Redis

    async with RedisRateLimiter(server.url) as limiter, Redis.from_url(server.url) as redis:
        await grant(limiter, claim(FAST))
        await redis.script_flush()
        await grant(limiter, claim(FAST))


async def test_without_redis_each_process_goes_on_with_its_part(
    server: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[float] = []
    options = {"outage_wait_s": 0.1, "fallback_processes": 2}
    async with RedisRateLimiter(server.url, **options) as one, RedisRateLimiter(server.url, **options) as two:
        await grant(one, claim(FAST))
        await asyncio.to_thread(server.stop)
        tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(120)]
        with caplog.at_level(logging.WARNING, "tim_async"):
            await settled(lambda: len(log) >= 60, "nothing is granted", within=10)
            alone = one.stats().fallback_granted + two.stats().fallback_granted
            assert alone >= 55
            await asyncio.to_thread(server.start)
            await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit + 2
    told = [record.getMessage() for record in caplog.records]
    assert any("going on with 1/2 of the limits" in each for each in told)
    assert any("is back; the limits are shared again" in each for each in told)
    # Some were left to Redis again.
    assert one.stats().fallback_granted + two.stats().fallback_granted < 240


async def test_pause_and_priorities_hold_without_redis_too() -> None:
    async with RedisRateLimiter(
        f"redis://127.0.0.1:{free_port()}/0", outage_wait_s=0.01, fallback_processes=1
    ) as limiter:
        await grant(limiter, claim(FAST))
        assert limiter.pause(claim(FAST), 60007) == 1.0
        waiting = asyncio.ensure_future(grant(limiter, claim(FAST)))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize(
    ("rate", "processes"),
    [
        pytest.param(Rate(200), 8, id="200 by 8"),
        pytest.param(Rate(1), 8, id="1 by 8"),
        pytest.param(Rate(12_000, 60.0, cost="to_account", max_cost=500), 8, id="deliveries by 8"),
        pytest.param(Rate(12_000, 60.0, cost="to_account", max_cost=500), 100, id="deliveries by 100"),
    ],
)
def test_parts_together_are_no_more_than_the_whole(rate: Rate, processes: int) -> None:
    part = _divide(rate, processes)
    assert part.limit / part.per * processes <= rate.limit / rate.per * 1.000001
    assert part.max_cost == rate.max_cost


async def test_many_processes_one_stopped_and_redis_restarted(server: OwnRedis) -> None:
    """The scaled version of `python -m benchmarks --only cluster`: real processes, one clock, one cap."""
    seconds, count = 4.0, 4
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.sharing", "shared", server.url, str(seconds), "20"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"
    begin = time.monotonic() + 0.2

    async def disturb() -> None:
        await asyncio.sleep(begin + 1.0 - time.monotonic())
        os.kill(processes[0].pid, signal.SIGSTOP)
        await asyncio.sleep(0.7)
        os.kill(processes[0].pid, signal.SIGCONT)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)

    async def read(process: asyncio.subprocess.Process) -> dict[str, object]:
        out, _ = await process.communicate(f"{begin}\n".encode())
        assert process.returncode == 0
        return json.loads(out)

    *results, _ = await asyncio.gather(*(read(process) for process in processes), disturb())
    grants = sorted(when for result in results for when in result["grants"])
    assert [result["errors"] for result in results] == [[]] * count
    assert worst_window(grants) <= 200
    # Missing are the time for which Redis was away or new, and for one process that for which it was stopped.
    assert len(grants) >= 0.75 * 200 * seconds
    assert min(len(result["grants"]) for result in results) >= 0.6 * len(grants) / count
    assert sum(result["told"]["round_trips"] for result in results) <= 0.3 * len(grants)
