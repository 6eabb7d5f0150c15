"""State that is lost, or kept by more than one server: flushed, failed over, Redis Cluster."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("redis")

from redis.asyncio import Redis, RedisCluster

from tests.clock import worst_window
from tests.cluster.conftest import settled
from tests.services import OwnRedis, free_port
from tests.shared_limits.claims import FAST, cancel, claim, grant
from tim_async import Rate
from tim_async.cluster import RedisRateLimiter


class Gate:
    """One address that leads to the server in charge, like a virtual IP or a DNS name."""

    def __init__(self, port: int) -> None:
        self.target = port
        self._pairs: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        pair = {writer, out}
        self._pairs |= pair
        await asyncio.gather(self._pump(reader, out), self._pump(there, writer))
        self._pairs -= pair

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except OSError:
            pass  # cut off
        writer.close()

    def lead_to(self, port: int) -> None:
        """Lead to another server, and cut existing connections."""
        self.target = port
        for writer in self._pairs:
            writer.close()


@asynccontextmanager
async def gate_to(port: int) -> AsyncIterator[tuple[Gate, str]]:
    gate = Gate(port)
    async with await asyncio.start_server(gate.serve, "127.0.0.1", 0) as server:
        yield gate, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        gate.lead_to(port)
        while gate._pairs:  # noqa: ASYNC110 - what was cut off ends by itself
            await asyncio.sleep(0.001)


async def answered(redis: Redis, section: str, name: str, wanted: str) -> None:
    """Wait until a server reports a value about itself."""
    async with asyncio.timeout(60):
        while (await redis.info(section))[name] != wanted:  # noqa: ASYNC110 - it can only be polled
            await asyncio.sleep(0.01)


async def test_replica_that_takes_over_crosses_the_cap_by_less_than_a_window(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has not received the last reservations, is read-only for a while, and then takes over."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    log: list[float] = []
    with (
        OwnRedis(tmp_path / "one", "--repl-diskless-sync-delay", "0") as first,
        OwnRedis(tmp_path / "two", "--replicaof", "127.0.0.1", str(first.port)) as second,
    ):
        async with (
            Redis.from_url(second.url) as replica,
            gate_to(first.port) as (gate, url),
            RedisRateLimiter(url, outage_wait_s=10.0) as one,
            RedisRateLimiter(url, outage_wait_s=10.0) as two,
        ):
            await answered(replica, "replication", "master_link_status", "up")
            with caplog.at_level(logging.WARNING, "tim_async"):
                tasks = [
                    asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(100)
                ]
                await settled(lambda: len(log) >= 40, "nothing is granted")
                await replica.replicaof("127.0.0.1", free_port())
                await settled(lambda: len(log) >= 60, "nothing is granted")
                gate.lead_to(second.port)
                await asyncio.to_thread(first.stop)
                links = [one._link, two._link]
                await settled(
                    lambda: all("read only" in link.outage.reason for link in links), "it has taken over already"
                )
                await replica.replicaof("NO", "ONE")
                await asyncio.gather(*tasks)
                stats = [one.stats(), two.stats()]
    assert len(log) == 200
    assert worst_window(sorted(log), FAST.per) <= 2 * FAST.limit
    # Once it is over, nothing is left of it.
    assert worst_window(sorted(log)[-60:], FAST.per) <= FAST.limit
    assert [each.outages for each in stats] == [1, 1]
    logged = [record.getMessage() for record in caplog.records]
    assert sum("cannot be reached" in each or "refuses to serve" in each for each in logged) == 2
    assert sum("is available again after" in each and "read only replica" in each for each in logged) == 2


async def is_up(node: Redis) -> bool:
    """Return whether a node reports that its cluster is up."""
    info = await node.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]
    return bool(info["cluster_state"] == "ok")


async def test_redis_cluster_keeps_all_keys_of_an_app_together(tmp_path: Path) -> None:
    """One node with all slots refuses, as any does, a command whose keys are of several slots."""
    deliveries, grouped = Rate(100, per=100.0, cost="to_account", max_cost=50), Rate(40, per=1.0, key="group_id")
    with OwnRedis(tmp_path, "--cluster-enabled", "yes") as server:
        async with Redis.from_url(server.url) as node:
            await node.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)  # type: ignore[no-untyped-call]
            async with asyncio.timeout(60):
                while not await is_up(node):  # noqa: ASYNC110 - it can only be polled
                    await asyncio.sleep(0.01)
        async with (
            RedisCluster.from_url(server.url) as client,
            RedisRateLimiter(client) as one,
            RedisRateLimiter(client) as two,
        ):
            for number in range(3):
                await grant(one, claim(FAST, app=number))
                await grant(one, claim(grouped, FAST, key=f"@TGS#{number}", app=number))
            await grant(two, claim(deliveries, FAST, cost=50, command="openim/batchsendmsg"))
            reserved = two.stats().reserved  # more than one, where the first was too late
            leaving = asyncio.ensure_future(grant(two, claim(deliveries, FAST, cost=50, command="openim/batchsendmsg")))
            await settled(lambda: two.stats().reserved > reserved, "no reservation is made")
            before = two.stats().round_trips
            await cancel([leaving])
            await settled(lambda: two.stats().round_trips > before, "nothing is given back")
            refused = claim(FAST)
            await grant(one, refused)
            before = one.stats().round_trips
            assert one.refused(refused, 60007) == 0.5
            await settled(lambda: one.stats().round_trips > before, "the refusal is not reported")
            assert one.stats().outages == two.stats().outages == 0


def has(log: list[float], count: int) -> bool:
    """Return whether this many calls are granted."""
    return len(log) >= count


async def test_flushed_in_mid_run_the_cap_holds(server: OwnRedis, caplog: pytest.LogCaptureFixture) -> None:
    log: list[float] = []
    async with (
        RedisRateLimiter(server.url) as one,
        RedisRateLimiter(server.url) as two,
        Redis.from_url(server.url) as redis,
    ):
        tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(70)]
        for count in (30, 70):
            await settled(partial(has, log, count), "nothing is granted")
            with caplog.at_level(logging.WARNING, "tim_async"):
                await redis.flushall()
        await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit
    assert sum("lost its state" in record.getMessage() for record in caplog.records) >= 2


async def test_script_is_loaded_again_when_it_was_forgotten(server: OwnRedis) -> None:
    async with RedisRateLimiter(server.url) as limiter, Redis.from_url(server.url) as redis:
        await grant(limiter, claim(FAST))
        await redis.script_flush()
        await grant(limiter, claim(FAST))


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
        assert process.stdout is not None
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

    async def read(process: asyncio.subprocess.Process) -> dict[str, Any]:
        out, _ = await process.communicate(f"{begin}\n".encode())
        assert process.returncode == 0
        return dict(json.loads(out))

    disturbing = asyncio.create_task(disturb())
    results = await asyncio.gather(*map(read, processes))
    await disturbing
    grants = sorted(when for result in results for when in result["grants"])
    assert [result["errors"] for result in results] == [[]] * count
    assert worst_window(grants) <= 200
    # How much of the cap is used is measured by the benchmarks: a busy machine misses reservations. But all go on.
    assert all(max(result["grants"]) > begin + seconds - 1.0 for result in results)
    assert min(len(result["grants"]) for result in results) >= 0.3 * len(grants) / count
    round_trips, expired = (sum(result["stats"][name] for result in results) for name in ("round_trips", "expired"))
    assert round_trips <= 0.3 * len(grants) + expired
