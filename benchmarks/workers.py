"""A campaign over many worker processes that are killed repeatedly, while RabbitMQ is restarted once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from tests.services import OwnRedis, own_database
from tim_async import TimClient
from tim_async.bulk import Template
from tim_async.cluster import ClusterCampaign
from tim_async.emulator import DEFAULT_SDK_APP_ID

from . import noted
from .processes import SECRET_KEY, Remote, remote
from .rabbit import OwnRabbit, own_rabbit
from .report import Row, worst_window

RECIPIENTS = 20_000
WORKERS = 4
CAP = 200


class Workers:
    """Worker processes, some of which are killed."""

    def __init__(self, *, service: str, ledger: str, broker: str, redis: str, grants: str = os.devnull) -> None:
        self._environment = {
            **os.environ,
            "TIM_SDK_APP_ID": str(DEFAULT_SDK_APP_ID),
            "TIM_SECRET_KEY": SECRET_KEY,
            "TIM_BASE_URL": service,
            "TIM_LEDGER": ledger,
            "TIM_BROKER_URL": broker,
            "TIM_REDIS_URL": redis,
            "TIM_GRANTS_FILE": grants,
        }
        self._log = Path(os.environ.get("TIM_WORKER_LOG", os.devnull))
        self.processes: list[asyncio.subprocess.Process] = []
        self.killed = 0
        self.restarts = 0  # of RabbitMQ

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.processes.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "benchmarks.noted", "worker", "--tasks", "8"),
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                )
            )

    async def kill_one(self) -> None:
        """Kill a worker and start a replacement."""
        victim = random.choice(self.processes)
        self.processes.remove(victim)
        if victim.returncode is None:
            victim.kill()
            self.killed += 1
        await victim.wait()
        await self.start()

    async def end(self) -> list[int | None]:
        """Stop all of them in an orderly way; return their exit codes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                async with asyncio.timeout(40):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        return [process.returncode for process in self.processes]


class Services(NamedTuple):
    """The services that workers need, all private to the benchmark."""

    folder: Path
    redis: OwnRedis
    rabbit: OwnRabbit
    ledger: str
    server: Remote


@asynccontextmanager
async def services() -> AsyncIterator[Services]:
    """Start a Redis, a RabbitMQ and an emulator, and create a database."""
    with (
        tempfile.TemporaryDirectory() as redis_folder,
        tempfile.TemporaryDirectory() as rabbit_folder,
        OwnRedis(Path(redis_folder)) as redis,
        own_rabbit(Path(rabbit_folder)) as rabbit,
    ):
        async with own_database() as ledger, remote("emulator") as server:
            yield Services(Path(redis_folder), redis, rabbit, ledger, server)


async def survive(recipients: int = RECIPIENTS, kill_every_s: float = 6.0) -> list[Row]:
    """20,000 personal messages over 4 workers at the real limit."""
    async with services() as (folder, redis, rabbit, ledger, server):
        grants = folder / "grants"
        workers = Workers(service=server.url, ledger=ledger, broker=rabbit.url, redis=redis.url, grants=str(grants))
        campaign = ClusterCampaign(
            "survival",
            ledger=ledger,
            recipients=({"account": f"user{index}", "name": f"名字 {index}"} for index in range(recipients)),
            message=Template("你好 $name"),
        )
        try:
            async with TimClient(DEFAULT_SDK_APP_ID, SECRET_KEY, base_url=server.url) as client:
                await campaign.submit(client, broker=rabbit.url)
            began = time.monotonic()
            for _ in range(WORKERS):
                await workers.start()
            trouble = asyncio.create_task(_make_trouble(workers, rabbit, campaign, kill_every_s))
            report = await campaign.watch()
            took = time.monotonic() - began
            trouble.cancel()
            await asyncio.gather(trouble, return_exceptions=True)
            counts = await server.request()
        finally:
            codes = await workers.end()
        worst = worst_window(noted.read(grants))
    return [
        Row(
            name=f"{recipients:,} recipients, {WORKERS} workers: messages in the histories",
            value=counts["messages"],
            unit="messages",
            baseline=recipients,
            limit=1.0,
            note=f"{counts['count']:,} calls",
        ),
        Row(
            name=f"{recipients:,} recipients, {WORKERS} workers: without exactly one",
            value=counts["doubled"] + recipients - counts["recipients"] + recipients - report.sent,
            unit="recipients",
            limit=0,
            note=f"report: {report.sent:,} sent, {report.failed} failed, {report.unknown} unknown",
        ),
        Row(
            name=f"{recipients:,} recipients, {WORKERS} workers: worst second",
            value=worst,
            unit="turns",
            limit=CAP,
            note=f"{recipients / took:.0f} a second in all, {took:.0f} s",
        ),
        Row(
            name=f"{recipients:,} recipients, {WORKERS} workers: worst second at the service",
            value=counts["worst"],
            unit="arrivals",
            limit=CAP * 1.05,
            note=f"its loop was up to {counts['lag_ms']} ms late",
        ),
        Row(
            name=f"{recipients:,} recipients, {WORKERS} workers: refused calls",
            value=counts["refused"],
            unit="calls",
            limit=0,
        ),
        # Without kills and restarts the result proves nothing.
        Row(name="workers that were killed", value=workers.killed, unit="workers", limit=5, sense=">="),
        Row(name="restarts of RabbitMQ", value=workers.restarts, unit="restarts", limit=1, sense=">="),
        Row(
            name="workers that did not end in order",
            # One that was still starting cannot end in an orderly way yet, and need not.
            value=sum(code not in (0, -signal.SIGTERM) for code in codes),
            unit="workers",
            limit=0,
        ),
    ]


async def _make_trouble(workers: Workers, rabbit: OwnRabbit, campaign: ClusterCampaign, every_s: float) -> None:
    while (await campaign.status()).sent < 100:  # noqa: ASYNC110 - the first worker is at work; there is no event
        await asyncio.sleep(1)
    for number in range(1000):
        if number == 3:
            await asyncio.to_thread(rabbit.stop)
            await asyncio.to_thread(rabbit.start)
            workers.restarts += 1
        await workers.kill_one()
        await asyncio.sleep(every_s * random.uniform(0.5, 1.5))
