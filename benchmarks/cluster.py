"""One cap for many processes: its use, its worst second, the round trips to Redis, and how fairly it is shared.

Each process records when its claims are granted, by the monotonic clock that all processes of a machine share. The
benchmark starts its own Redis server.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.services import OwnRedis

from .report import Row, worst_window
from .sharing import CAP

TASKS = 10  # waiting in each process; polling engines would send more requests with more

Disturb = Callable[[float, list[asyncio.subprocess.Process], OwnRedis], Coroutine[None, None, None]]


async def _requests(url: str) -> int:
    """Return how many commands clients have sent, not counting those that scripts run."""
    async with Redis.from_url(url) as redis:
        stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "eval"))


async def _run(
    kind: str, processes: int, seconds: float, disturb: Disturb | None = None
) -> tuple[list[dict[str, Any]], float, float]:
    """Run processes concurrently; return their results, when they began, and the number of requests to Redis."""
    with tempfile.TemporaryDirectory() as folder, OwnRedis(Path(folder)) as server:
        children = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.sharing", kind, server.url, str(seconds), str(TASKS)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(processes)
        ]
        try:
            for child in children:
                assert child.stdout is not None
                if await child.stdout.readline() != b"ready\n":
                    raise RuntimeError(f"a process of {kind} did not start")
            begin = time.monotonic() + 0.5
            disturbing = None if disturb is None else asyncio.create_task(disturb(begin, children, server))
            answers = await asyncio.gather(*(child.communicate(f"{begin}\n".encode()) for child in children))
            if disturbing is not None:
                await disturbing
        finally:
            for child in children:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        results = [json.loads(out) for out, _ in answers]
        for each in results:
            if each["errors"]:
                raise RuntimeError(each["errors"][0])
        asked = sum(each["stats"].get("round_trips", 0) for each in results) or await _requests(server.url)
    return results, begin, asked


async def _judge(name: str, processes: int, seconds: float, disturb: Disturb | None = None) -> list[Row]:
    results, begin, asked = await _run("shared", processes, seconds, disturb)
    grants = sorted(when for each in results for when in each["grants"])
    shares = [len(each["grants"]) for each in results]
    counts = {key: sum(each["stats"][key] for each in results) for key in ("expired", "given_back", "outages")}
    # From the first to the last moment at which all processes ask; anything in between is part of it.
    inside = [when for when in grants if begin + 1 <= when <= begin + seconds]
    return [
        Row(
            name=f"{name}: use of the cap",
            value=100 * len(inside) / (seconds - 1) / CAP,
            unit="%",
            limit=97,
            sense=">=",
            note=f"{len(grants):,} grants, "
            + ", ".join(f"{count} {key.replace('_', ' ')}" for key, count in counts.items()),
        ),
        Row(
            name=f"{name}: worst second over all",
            value=worst_window(grants),
            unit="grants",
            limit=CAP,
            note=f"longest gap {1000 * max(b - a for a, b in pairwise(inside)):.0f} ms",
        ),
        Row(name=f"{name}: Redis", value=asked / len(grants), unit="round trips/message", limit=0.5),
        Row(
            name=f"{name}: smallest share",
            value=100 * min(shares) * processes / len(grants),
            unit="%",
            limit=60,
            sense=">=",
            note=f"of its even part; the largest has {100 * max(shares) * processes / len(grants):.0f} %",
        ),
    ]


async def steady() -> list[Row]:
    """8 processes for 30 s."""
    return await _judge("8 processes", 8, 30)


async def stopped() -> list[Row]:
    """8 processes for 30 s, one of them stopped for 5 s."""

    async def disturb(begin: float, children: list[asyncio.subprocess.Process], _: OwnRedis) -> None:
        await asyncio.sleep(begin + 10 - time.monotonic())
        os.kill(children[0].pid, signal.SIGSTOP)
        await asyncio.sleep(5)
        os.kill(children[0].pid, signal.SIGCONT)

    return await _judge("8 processes, one stopped for 5 s", 8, 30, disturb)


async def restarted() -> list[Row]:
    """8 processes for 30 s, with Redis killed and restarted in the middle, losing its data."""

    async def disturb(begin: float, _: list[asyncio.subprocess.Process], server: OwnRedis) -> None:
        await asyncio.sleep(begin + 15 - time.monotonic())
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)

    return await _judge("8 processes, Redis restarted", 8, 30, disturb)


async def compare(kind: str, name: str, processes: int) -> list[Row]:
    """One of several engines, 12 s each."""
    seconds = 12.0
    results, begin, asked = await _run(kind, processes, seconds)
    grants = sorted(when for each in results for when in each["grants"])
    inside = [when for when in grants if begin + 1 <= when <= begin + seconds]
    shares = [len(each["grants"]) for each in results]
    return [
        Row(
            name=f"{processes} x {name}: use of the cap",
            value=100 * len(inside) / (seconds - 1) / CAP,
            unit="%",
            note=f"smallest share {100 * min(shares) * processes / max(1, len(grants)):.0f} %",
        ),
        Row(name=f"{processes} x {name}: worst second", value=worst_window(grants), unit="grants"),
        Row(name=f"{processes} x {name}: Redis", value=asked / max(1, len(grants)), unit="commands/message"),
    ]
