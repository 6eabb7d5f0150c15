"""A replica that takes over, and Redis Cluster: what changes when the state is kept by more than one server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

pytest.importorskip("redis")

from redis.asyncio import Redis, RedisCluster

from tests.clock import worst_window
from tests.cluster.conftest import claim, grant, settled
from tests.services import free_port, own_redis
from tim_async import Rate
from tim_async.cluster import RedisRateLimiter

FAST = Rate(40, per=0.2)


class Gate:
    """One address for whichever server is in charge, as a virtual IP or a DNS name is."""

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

    def turn(self, port: int) -> None:
        """Lead to another server; what is connected is cut off."""
        self.target = port
        for writer in self._pairs:
            writer.close()


@asynccontextmanager
async def gate_to(port: int) -> AsyncIterator[tuple[Gate, str]]:
    gate = Gate(port)
    async with await asyncio.start_server(gate.serve, "127.0.0.1", 0) as server:
        yield gate, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        gate.turn(port)
        while gate._pairs:  # noqa: ASYNC110 - what was cut off ends by itself
            await asyncio.sleep(0.001)


async def answered(redis: Redis, section: str, name: str, wanted: str) -> None:
    """Wait until a server says something of itself."""
    async with asyncio.timeout(10):
        while (await redis.info(section))[name] != wanted:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.01)


async def test_replica_that_takes_over_crosses_the_cap_by_less_than_a_window(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has not heard of the last turns, answers that it is read-only for a while, and is in charge then."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    log: list[float] = []
    with (
        own_redis(tmp_path / "one", "--repl-diskless-sync-delay", "0") as first,
        own_redis(tmp_path / "two", "--replicaof", "127.0.0.1", str(first.port)) as second,
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
                await replica.replicaof("127.0.0.1", free_port())  # type: ignore[no-untyped-call]
                await settled(lambda: len(log) >= 60, "nothing is granted")
                gate.turn(second.port)
                await asyncio.to_thread(first.stop)
                links = [one._connected(), two._connected()]
                await settled(lambda: all("read only" in link._reason for link in links), "it is in charge already")
                await replica.replicaof("NO", "ONE")  # type: ignore[no-untyped-call]
                await asyncio.gather(*tasks)
                stats = [one.stats(), two.stats()]
    assert len(log) == 200
    assert worst_window(sorted(log), FAST.per) <= 2 * FAST.limit
    # Once it is over, nothing is left of it.
    assert worst_window(sorted(log)[-60:], FAST.per) <= FAST.limit
    assert [each.outages for each in stats] == [1, 1]
    told = [record.getMessage() for record in caplog.records]
    assert sum("cannot be reached" in each or "does not serve" in each for each in told) == 2
    assert sum("serves again after" in each and "read only replica" in each for each in told) == 2


async def test_redis_cluster_keeps_all_keys_of_an_app_together(tmp_path: Path) -> None:
    """One node with all slots refuses, as any does, a command whose keys are of several slots."""
    deliveries, grouped = Rate(100, per=100.0, cost="to_account", max_cost=50), Rate(40, per=1.0, key="group_id")
    with own_redis(tmp_path, "--cluster-enabled", "yes") as server:
        async with Redis.from_url(server.url) as node:
            await node.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            async with asyncio.timeout(10):
                while (await node.execute_command("CLUSTER INFO"))["cluster_state"] != "ok":  # noqa: ASYNC110 - only asking tells
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
            leaving = asyncio.ensure_future(grant(two, claim(deliveries, FAST, cost=50, command="openim/batchsendmsg")))
            await settled(lambda: two.stats().reserved == 2, "no turn is found")
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await settled(lambda: two.stats().round_trips >= 3, "what is given back is not told")
            assert one.pause(claim(FAST), 60007) == 1.0
            await settled(lambda: one.stats().round_trips >= 7, "the pause is not told")
            assert one.stats().outages == two.stats().outages == 0
