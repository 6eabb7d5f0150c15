"""Workers, each with its own client and limiter, and everything they need; all services are real."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aio_pika
import pytest

from tests.services import RABBITMQ_URL, need_port, own_database
from tim_async import Rate, TimClient, encode
from tim_async.bulk import Report, Template
from tim_async.cluster import ClusterCampaign, RedisRateLimiter, Worker, make_broker
from tim_async.cluster._workers import worker as worker_module
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

FAST = {"openim/sendmsg": 2000, "openim/batchsendmsg": (Rate(60_000, 60.0, cost="to_account", max_cost=500), Rate(500))}


class Deployment:
    """Everything that a cluster needs, and its workers."""

    def __init__(self, stack: AsyncExitStack, emulator: Emulator, ledger: str, redis_url: str, prefix: str) -> None:
        self._stack = stack
        self.emulator = emulator
        self.ledger = self.worker_ledger = ledger
        self._redis_url = redis_url
        self.prefix = prefix
        self.workers: list[Worker] = []
        self._tasks: list[asyncio.Task[None]] = []

    def broker(self) -> Any:
        return make_broker(RABBITMQ_URL, self.emulator.sdk_app_id, prefix=self.prefix, prefetch=4)

    async def client(self, *, shared: bool = True, **options: Any) -> TimClient:
        if shared:
            options["limiter"] = await self._stack.enter_async_context(
                RedisRateLimiter(self._redis_url, prefix=self.prefix, tolerance_s=0.1)  # all share one busy loop
            )
        options = {"rate_limits": FAST, "base_url": self.emulator.url, **options}
        return await self._stack.enter_async_context(TimClient(self.emulator.sdk_app_id, DEFAULT_SECRET_KEY, **options))

    async def work(self, count: int = 1, **options: Any) -> list[Worker]:
        """Let some workers begin."""
        client_options = options.pop("client", {})
        fresh = [
            Worker(
                await self.client(**client_options),
                ledger=self.worker_ledger,
                broker=self.broker(),
                **{"tasks": 4, "lease_s": 2.0, **options},
            )
            for _ in range(count)
        ]
        self.workers += fresh
        self._tasks += [asyncio.create_task(each.run()) for each in fresh]
        return fresh

    async def command(
        self, *arguments: str, program: tuple[str, ...] = ("-m", "tim_async")
    ) -> asyncio.subprocess.Process:
        """Run the command line in a separate process."""
        environment = {
            **os.environ,
            "TIM_SDK_APP_ID": str(self.emulator.sdk_app_id),
            "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
            "TIM_BASE_URL": self.emulator.url,
            "TIM_LEDGER": self.ledger,
            "TIM_BROKER_URL": RABBITMQ_URL,
            "TIM_REDIS_URL": self._redis_url,
        }
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *program, *arguments),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def process(self, *options: str, **more: Any) -> asyncio.subprocess.Process:
        """Start a worker in a separate process."""
        return await self.command("worker", "--lease", "1", "--queue-prefix", self.prefix, *options, **more)

    async def drain(self) -> None:
        for worker in self.workers:
            worker.stop()
        tasks, self.workers, self._tasks = self._tasks, [], []
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            # A worker that was stopped twice ends as cancelled. A CancelledError from a fixture would keep pytest from
            # tearing down the outer fixtures, and fail later tests.
            if not task.cancelled():
                task.result()

    def campaign(self, name: str = "spring", count: int = 100, **options: Any) -> ClusterCampaign:
        return ClusterCampaign(
            name,
            ledger=self.ledger,
            **{
                "recipients": [{"account": f"user{index}", "name": f"名{index}"} for index in range(count)],
                "message": Template("你好 $name"),
                "batch_size": 10,
                **options,
            },
        )

    async def submit(self, campaign: ClusterCampaign, **options: Any) -> None:
        broker = self.broker()
        await broker.startup()
        try:
            await campaign.submit(await self.client(shared=False), broker=broker, **{"parallel": 8, **options})
        finally:
            await broker.shutdown()

    async def dead_letters(self) -> list[dict[str, Any]]:
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(f"{self.prefix}.{self.emulator.sdk_app_id}.dead", passive=True)
            found = []
            while (message := await queue.get(fail=False)) is not None:
                found.append(json.loads(message.body))
                await message.ack()
            return found

    async def purge(self) -> None:
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(f"{self.prefix}.{self.emulator.sdk_app_id}", passive=True)
            await queue.purge()

    def messages(self, text: str = "") -> Counter[str]:
        """Return how many messages each account has."""
        return Counter(
            message.to_account for message in self.emulator.messages() if text in encode(message.msg_body[0]).decode()
        )


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after campaigns more often than a cluster does."""
    monkeypatch.setattr(worker_module, "_WATCH_INTERVAL_S", 0.1)
    monkeypatch.setattr(worker_module, "_RETRY_INTERVAL_S", 0.1)
    monkeypatch.setattr("tim_async.cluster._workers.campaign_worker._POLL_INTERVAL_S", 0.1)
    monkeypatch.setattr("tim_async.bulk._engine.runner.LOOK_INTERVAL_S", 0.1)


@asynccontextmanager
async def open_deployment(redis_url: str, prefix: str) -> AsyncIterator[Deployment]:
    need_port(RABBITMQ_URL, "RabbitMQ")
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(own_database())
        emulator = await stack.enter_async_context(Emulator(auto_import=True, rate_limits=dict.fromkeys(FAST, 100_000)))
        made = Deployment(stack, emulator, ledger, redis_url, prefix)
        yield made
        await made.drain()
        connection = await aio_pika.connect(RABBITMQ_URL)
        async with connection:
            channel = await connection.channel()
            for suffix in ("", ".dead"):
                await channel.queue_delete(f"{prefix}.{emulator.sdk_app_id}{suffix}")
            await channel.exchange_delete(prefix)


def once_each(count: int) -> Counter[str]:
    return Counter(f"user{index}" for index in range(count))


async def ended(campaign: ClusterCampaign, within: float = 60.0) -> Report:
    async with asyncio.timeout(within):
        return await campaign.watch(every_s=0.05)
