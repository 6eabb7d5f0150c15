"""One cap for the processes of one machine, stored in a file: its use, its worst second, and its cost.

Each process records when its claims are granted, by the monotonic clock that all processes of a machine share.
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
from typing import Any

from .report import Row, worst_window
from .sharing import CAP

TASKS = 10  # waiting in each process
_SECONDS = 20.0

Disturb = Callable[[float, list[asyncio.subprocess.Process]], Coroutine[None, None, None]]


async def run(processes: int, seconds: float, disturb: Disturb | None = None) -> tuple[list[dict[str, Any]], float]:
    """Run processes concurrently; return the results of those that survived, and when they began."""
    with tempfile.TemporaryDirectory() as folder:
        children = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.sharing", "host", folder, str(seconds), str(TASKS)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(processes)
        ]
        try:
            for child in children:
                assert child.stdout is not None
                if await child.stdout.readline() != b"ready\n":
                    raise RuntimeError("a process did not start")
            begin = time.monotonic() + 0.5
            disturbing = None if disturb is None else asyncio.create_task(disturb(begin, children))
            answers = await asyncio.gather(*(child.communicate(f"{begin}\n".encode()) for child in children))
            if disturbing is not None:
                await disturbing
        finally:
            for child in children:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        results = [json.loads(out) for out, _ in answers if out]
        for each in results:
            if each["errors"]:
                raise RuntimeError(each["errors"][0])
    return results, begin


async def _judge(name: str, processes: int, disturb: Disturb | None = None, *, least_use: float = 97) -> list[Row]:
    results, begin = await run(processes, _SECONDS, disturb)
    grants = sorted(when for each in results for when in each["grants"])
    shares = [len(each["grants"]) for each in results]
    counts = {key: sum(each["stats"][key] for each in results) for key in ("expired", "given_back", "outages")}
    inside = [when for when in grants if begin + 1 <= when <= begin + _SECONDS]
    asked = sum(each["stats"]["round_trips"] for each in results)
    return [
        Row(
            name=f"{name}: use of the cap",
            value=100 * len(inside) / (_SECONDS - 1) / CAP,
            unit="%",
            limit=least_use,
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
        Row(name=f"{name}: the file", value=asked / len(grants), unit="requests/message", limit=0.5),
        Row(
            name=f"{name}: CPU, the loop's and the timers' included",
            value=1e6 * sum(each["cpu_s"] for each in results) / len(grants),
            unit="us/message",
        ),
        Row(
            name=f"{name}: smallest share",
            value=100 * min(shares) * len(results) / len(grants),
            unit="%",
            limit=60,
            sense=">=",
            note=f"of its even part; the largest has {100 * max(shares) * len(results) / len(grants):.0f} %",
        ),
    ]


async def steady(processes: int) -> list[Row]:
    """A number of processes for 20 s."""
    return await _judge(f"{processes} processes of a machine", processes)


async def killed() -> list[Row]:
    """8 processes for 20 s, one stopped for 3 s and another one killed; the killed one is not counted."""

    async def disturb(begin: float, children: list[asyncio.subprocess.Process]) -> None:
        await asyncio.sleep(begin + 5 - time.monotonic())
        os.kill(children[0].pid, signal.SIGSTOP)
        children[1].kill()
        await asyncio.sleep(3)
        os.kill(children[0].pid, signal.SIGCONT)

    return await _judge("8 processes, one stopped and one killed", 8, disturb, least_use=85)
