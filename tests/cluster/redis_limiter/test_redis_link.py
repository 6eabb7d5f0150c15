"""The server's clock in terms of the local one, and outages: waited out, or reported."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("redis")

from redis.asyncio import Redis

from tests.cluster.conftest import now, settled
from tests.services import OwnRedis, free_port
from tests.shared_limits.claims import FAST, FreeSlot, claim, grant
from tim_async import LimiterSetupError, LimiterUnavailableError, RetryPolicy, TimClient
from tim_async._shared_limits.link import US_PER_S, ServerClock
from tim_async.cluster import RedisRateLimiter
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator


def test_bounds_of_many_replies_are_tighter_than_those_of_one() -> None:
    clock, rng, offset = ServerClock(), random.Random(1), 1.7e9
    for second in range(200):
        sent = second * 0.05
        there, back = rng.uniform(0.0001, 0.008), rng.uniform(0.0001, 0.008)
        clock.observe(sent, sent + there + back, sent + there + offset)
        assert clock.low <= offset <= clock.high
    assert clock.spread < 0.002
    assert clock.resets == 0


def test_reservation_is_used_neither_early_nor_late() -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.004, 1010.001)  # the difference is 999.997 to 1000.001... seconds
    at = 1010.5 * US_PER_S
    assert clock.earliest(at) == pytest.approx(10.503)
    assert clock.latest(at) == pytest.approx(10.499)
    assert clock.server_time(10.0) == pytest.approx(1010.001 * US_PER_S)


def test_slow_reply_does_not_widen_the_bounds() -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.001, 110.0005)
    clock.observe(11.0, 16.0, 111.5)  # stopped for five seconds while it waited
    assert clock.spread == pytest.approx(0.001 + 2 * 0.0005 * 6, abs=1e-4)
    assert clock.resets == 0


def test_drift_of_a_slewed_clock_is_followed() -> None:
    clock = ServerClock()
    for second in range(1000):
        clock.observe(float(second), second + 0.001, second * 1.0004 + 50.0005)
    assert clock.resets == 0
    assert clock.low <= 999 * 0.0004 + 50.0005 <= clock.high + 0.001


@pytest.mark.parametrize("jump", [pytest.param(5.0, id="forward"), pytest.param(-5.0, id="back")])
def test_clock_that_is_set_is_noticed(jump: float) -> None:
    clock = ServerClock()
    clock.observe(10.0, 10.001, 110.0005)
    clock.observe(11.0, 11.001, 111.0005 + jump)
    assert clock.resets == 1
    assert clock.low <= 100 + jump <= clock.high


async def test_redis_gone_fails_calls_after_a_bounded_wait_and_then_at_once() -> None:
    async with RedisRateLimiter(f"redis://:geheim@127.0.0.1:{free_port()}/0", outage_wait_s=0.2) as limiter:
        start = now()
        slots = [FreeSlot() for _ in range(50)]
        results = await asyncio.gather(*(limiter.acquire(claim(FAST), slot) for slot in slots), return_exceptions=True)
        assert 0.2 <= now() - start < 4
        assert {type(each) for each in results} == {LimiterUnavailableError}
        assert all(slot.taken == 0 for slot in slots)
        assert "geheim" not in str(results[0])
        assert "127.0.0.1" in str(results[0])
        refused = asyncio.ensure_future(grant(limiter, claim(FAST)))
        await asyncio.sleep(0)
        assert isinstance(refused.exception(), LimiterUnavailableError)
        assert limiter.stats().outages == 1


async def test_missing_replies_end_the_wait_too() -> None:
    """Each attempt takes longer than the whole wait, and the call fails all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        async with RedisRateLimiter(url, reply_timeout_s=0.1, outage_wait_s=0.05) as limiter:
            with pytest.raises(LimiterUnavailableError):
                async with asyncio.timeout(5):
                    await grant(limiter, claim(FAST))


async def test_error_of_the_client_says_that_nothing_was_sent() -> None:
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
            await settled(lambda: bool(caplog.records), "the outage is not logged")
            await asyncio.to_thread(server.start)
            await asyncio.gather(*waiting)
    logged = [record.getMessage() for record in caplog.records]
    assert any("cannot be reached" in each for each in logged)
    assert any("is available again after" in each for each in logged)
    assert any("lost its state" in each for each in logged)


async def test_server_that_refuses_for_a_while_is_waited_for(
    server: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    from redis.asyncio import Redis

    async with RedisRateLimiter(server.url) as limiter, Redis.from_url(server.url) as redis:
        await grant(limiter, claim(FAST))
        await redis.config_set("min-replicas-to-write", 1)
        with caplog.at_level(logging.WARNING, "tim_async"):
            waiting = asyncio.ensure_future(grant(limiter, claim(FAST)))
            await settled(lambda: "refuses to serve: NOREPLICAS" in caplog.text, "the refusal is not logged")
            await redis.config_set("min-replicas-to-write", 0)
            await waiting
        assert "is available again after" in caplog.text


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


async def test_wrong_password_fails_at_once(tmp_path: Path) -> None:
    with OwnRedis(tmp_path, "--requirepass", "richtig") as server:
        url = server.url.replace("redis://", "redis://:geheim@")
        async with RedisRateLimiter(url) as limiter:
            start = now()
            with pytest.raises(LimiterSetupError) as caught:
                await grant(limiter, claim(FAST))
            assert now() - start < 1
            assert caught.value.field == "url"
            assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("database", ["16", "-1", "99999999999999999999"])
async def test_database_that_does_not_exist_fails_at_once(server: OwnRedis, database: str) -> None:
    url = server.url.removesuffix("/0") + f"/{database}"
    async with RedisRateLimiter(url, outage_wait_s=10.0) as limiter:
        start = now()
        with pytest.raises(LimiterSetupError, match="out of range") as caught:
            await grant(limiter, claim(FAST))
        assert now() - start < 1
        assert caught.value.field == "url"
        assert limiter.stats().outages == 0


async def test_server_that_is_too_far_away_fails(server: OwnRedis) -> None:
    async with RedisRateLimiter(server.url, tolerance_s=1e-6) as limiter:
        with pytest.raises(LimiterSetupError, match="too far away") as caught:
            await grant(limiter, claim(FAST))
        assert caught.value.field == "tolerance_s"


async def test_ping_says_whether_redis_answers_now(limiter: Callable[..., Any], redis_url: str) -> None:
    shared = await limiter()
    await shared.ping()
    assert shared.stats().round_trips == 0
    async with RedisRateLimiter("redis://127.0.0.1:1/0") as away:
        with pytest.raises(LimiterUnavailableError, match=r"Redis at redis://127.0.0.1:1/0 does not answer: "):
            await away.ping()
        assert away.stats().outages == 0
    async with Redis.from_url(redis_url) as client, RedisRateLimiter(client) as borrowed:
        await borrowed.ping()


async def test_refusals_that_cannot_be_reported_are_logged(server: OwnRedis, caplog: pytest.LogCaptureFixture) -> None:
    async with RedisRateLimiter(server.url, outage_wait_s=0.05) as one:
        granted = claim(FAST)
        await grant(one, granted)
        await asyncio.to_thread(server.stop)
        with caplog.at_level(logging.WARNING, "tim_async"):
            one.refused(granted, 60007)
            await settled(lambda: "could not report refused calls" in caplog.text, "it is not logged")
