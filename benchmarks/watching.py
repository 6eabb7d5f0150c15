"""The cost of a watching page for the emulator: its CPU per call with and without a listener of its events."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Final

import aiohttp

from tim_async import TextElem, TimClient

from .processes import SECRET_KEY, Remote, remote
from .report import Row

APP: Final = 1400000000
PER_SECOND: Final = 500
CALLS: Final = 2500
ROUNDS: Final = 4
TASKS: Final = 20


async def watched() -> list[Row]:
    """Send at a pace, alternately with and without a listener; compare the emulator's CPU."""
    alone: list[float] = []
    with_page: list[float] = []
    async with (
        remote("emulator", limit=1_000_000) as emulator,
        TimClient(APP, SECRET_KEY, base_url=emulator.url, rate_limits={"openim/sendmsg": PER_SECOND}) as client,
    ):
        await _send(client, 500)  # loads modules and grows caches
        for _ in range(ROUNDS):
            for costs, page in ((alone, nullcontext()), (with_page, _listener(emulator))):
                async with page:
                    before = _cpu_s(emulator.pid)
                    await _send(client, CALLS)
                    costs.append(1e6 * (_cpu_s(emulator.pid) - before) / CALLS)
    ratios = [each / baseline for baseline, each in zip(alone, with_page, strict=True)]
    return [
        Row(
            name=f"emulator's CPU a call, a page watches {PER_SECOND} calls a second",
            value=statistics.median(with_page),
            unit="us",
            baseline=statistics.median(alone),
            limit=1.1,
            note=f"{ROUNDS} rounds, {min(ratios):.3f} to {max(ratios):.3f}",
        )
    ]


async def _send(client: TimClient, calls: int) -> None:
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await client.c2c.send(
                to_account=f"bob{number % 100}", msg_body=[TextElem(text="Your parcel is on its way")]
            )

    await asyncio.gather(*(work() for _ in range(TASKS)))


@asynccontextmanager
async def _listener(emulator: Remote) -> AsyncIterator[None]:
    """Read the emulator's events, as a page does."""

    async def read() -> None:
        async for _ in response.content.iter_any():
            pass

    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.get(f"{emulator.url}/_emulator/v1/events") as response,
    ):
        reading = asyncio.create_task(read())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.wait((reading,))


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds of another process; Linux has a clock for each."""
    return time.clock_gettime(~pid << 3 | 2)
