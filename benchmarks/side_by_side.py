"""Comparison with other packages: the same messages, the same service with its real limit, one after another."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any, Final

from .processes import remote
from .report import Row
from .rivals import CAP, WAYS

COUNT: Final = 2_400  # twelve seconds at the cap
WAY_S: Final = 0.04  # round trip


async def _run(way: str, url: str, count: int) -> dict[str, Any]:
    """Send in a separate process; return its report."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.rivals", way, url, str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert process.stdout is not None
    try:
        ready: dict[str, Any] = json.loads(await process.stdout.readline())
        if "skipped" in ready:
            return ready
        out, _ = await process.communicate(b"go\n")
        result: dict[str, Any] = json.loads(out)
        return result
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def side_by_side(count: int = COUNT) -> list[Row]:
    """All messages at once: how fast they are delivered, how many are refused or lost, and the cost."""
    rows: list[Row] = []
    by_hand_us: float | None = None
    for way in ("by-hand", *(way for way in WAYS if way != "by-hand")):
        name = WAYS[way][0]
        async with remote("counting", limit=CAP, way_s=WAY_S) as server:
            result = await _run(way, server.url, count)
            if "skipped" in result:
                rows.append(Row(name=name, value=None, unit="", note=result["skipped"]))
                continue
            counts = await server.request()
        arrivals = [is_taken for each in counts["arrivals"].values() for _, is_taken in each]
        delivered, refused = counts["delivered"], arrivals.count(False)
        cpu_us = result["cpu_s"] / delivered * 1e6
        if way == "by-hand":
            by_hand_us = cpu_us
        errors = f", raised {', '.join(result['errors'])}" if result["errors"] else ""
        rows += [
            Row(
                name=f"{name}: delivered",
                value=delivered / result["seconds"],
                unit="a second",
                sense=">=",
                note=f"{delivered:,} of {count:,} in {result['seconds']:.1f} s",
            ),
            Row(
                name=f"{name}: refused",
                value=100 * refused / len(arrivals),
                unit="% of the calls",
                note=f"{refused:,} of {len(arrivals):,}",
            ),
            Row(
                name=f"{name}: lost",
                value=count - delivered,
                unit="messages",
                # The policy that retries refusals loses nothing.
                limit=0 if way == "own-official" else None,
                note=f"{result['sent']:,} reported as sent, {counts['doubled']} delivered twice{errors}",
            ),
            Row(name=f"{name}: CPU of a delivered message", value=cpu_us, unit="us", baseline=by_hand_us),
        ]
    return rows
