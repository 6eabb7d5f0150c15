"""The cost of a message for workers on busy processors, compared with idle ones.

Workers, services and busy loops share two cores, whatever the machine has: a worker that is to send at a moment runs
some milliseconds later, and a reservation of the limiter can be used only for a limited time.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis

from tim_async import TimClient
from tim_async.bulk import Template
from tim_async.cluster import ClusterCampaign
from tim_async.emulator import DEFAULT_SDK_APP_ID

from . import noted
from .processes import SECRET_KEY
from .report import Row, worst_window
from .workers import CAP, Services, Workers, services

WORKERS = 4
CORES = 2
SETTLE_S = 6.0
SECONDS = 15.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep cores busy during the block."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
        for each in loops:
            each.wait()


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class Sample:
    """CPU used and messages sent up to a moment."""

    def __init__(self, workers: Workers, grants: Path, requests: int) -> None:
        self.at = time.monotonic()
        self.cpu_s = sum(cpu_s(each.pid) for each in workers.processes)
        self.sent = len(noted.read(grants))
        self.requests = requests


async def _sample(workers: Workers, grants: Path, url: str) -> Sample:
    async with Redis.from_url(url) as redis:
        stats = await redis.info("commandstats")
    requests = sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "eval"))
    return Sample(workers, grants, requests)


async def _measure(workers: Workers, grants: Path, url: str, hogs: int) -> tuple[float, float, float]:
    """Return CPU microseconds and Redis requests per message, and messages a second."""
    with busy(hogs):
        await asyncio.sleep(SETTLE_S)
        first = await _sample(workers, grants, url)
        await asyncio.sleep(SECONDS)
        last = await _sample(workers, grants, url)
    sent = max(1, last.sent - first.sent)
    return (
        1e6 * (last.cpu_s - first.cpu_s) / sent,
        (last.requests - first.requests) / sent,
        sent / (last.at - first.at),
    )


async def starved(rounds: int = 2) -> list[Row]:
    """4 workers on two cores, idle and with two busy loops in turn."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:CORES]))
    try:
        async with services() as found:
            # The service is not starved: it would count late arrivals wrongly.
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, found.server.pid, -15)
            return await _compare(found, rounds)
    finally:
        os.sched_setaffinity(0, allowed)


async def _compare(found: Services, rounds: int) -> list[Row]:
    grants = found.folder / "grants"
    workers = Workers(
        service=found.server.url,
        ledger=found.ledger,
        broker=found.rabbit.url,
        redis=found.redis.url,
        grants=str(grants),
    )
    recipients = int(CAP * (2 * rounds + 1) * (SETTLE_S + SECONDS + 5))
    campaign = ClusterCampaign(
        "starved",
        ledger=found.ledger,
        recipients=({"account": f"user{index}"} for index in range(recipients)),
        message=Template("hi $account"),
    )
    figures: dict[int, list[tuple[float, float, float]]] = {0: [], CORES: []}
    try:
        async with TimClient(DEFAULT_SDK_APP_ID, SECRET_KEY, base_url=found.server.url) as client:
            await campaign.submit(client, broker=found.rabbit.url)
        for _ in range(WORKERS):
            await workers.start()
        async with asyncio.timeout(60):
            while not grants.exists() or len(noted.read(grants)) < CAP:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.2)
        for _ in range(rounds):
            for hogs, each in figures.items():
                each.append(await _measure(workers, grants, found.redis.url, hogs))
    finally:
        await campaign.cancel()
        await workers.end()
    (cpu, asked, rate), (late_cpu, late_asked, late_rate) = (
        [statistics.median(values) for values in zip(*each, strict=True)] for each in figures.values()
    )
    load = f"load {os.getloadavg()[0]:.1f}"
    name = f"{WORKERS} workers on {CORES} cores, {CORES} busy loops"
    counts = await found.server.request()
    return [
        Row(name=f"{name}: CPU a message", value=late_cpu, unit="us", baseline=cpu, limit=2.0, note=load),
        Row(name=f"{name}: Redis", value=late_asked, unit="requests/message", baseline=asked, limit=2.0, note=load),
        Row(name=f"{name}: messages a second", value=late_rate, unit="/s", note=f"{rate:.0f} on idle cores, {load}"),
        Row(name=f"{name}: worst second", value=worst_window(noted.read(grants)), unit="turns", limit=CAP),
        Row(
            name=f"{name}: worst second at the service",
            value=counts["worst"],
            unit="arrivals",
            limit=CAP * 1.05,
            note=f"its loop was up to {counts['lag_ms']} ms late",
        ),
        Row(name=f"{name}: refused calls", value=counts["refused"], unit="calls"),
    ]
