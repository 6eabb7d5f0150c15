"""Campaigns: killed repeatedly, at the real limits, beside interactive calls, and with a million recipients.

Killed ones run as the command line runs them, against an emulator in a separate process, and are killed with SIGKILL at
random moments while they send; `planning` has those that are killed while planning. The results are what all recipients
got in the end, and whether the kills hit running work. Limits are raised just so far that the campaign lasts as long as
the kills.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tim_async import Rate, TimClient
from tim_async.bulk import Campaign, Template

from .cap import APP, CAP, Watched
from .processes import SECRET_KEY, Remote, remote
from .report import Row, worst_window

RECIPIENTS: Final = 20_000
KILLS: Final = 30
LATE_KILLS: Final = 6
# The service forgets identities after 120 s.
AHEAD_S: Final = 300.0
# Recipients per second and lane, so that 20,000 last through 30 kills of half a second each.
PACE: Final = {"single": 1_000, "both": 300}
# The emulator's allowance for network jitter.
TOLERANCE: Final = 1.05
INTERACTIVE: Final = 20
LIMIT: Final = 1_000_000
LIMITS: Final[dict[str, int | Rate | Sequence[Rate]]] = {
    "openim/sendmsg": Rate(LIMIT),
    "openim/batchsendmsg": (Rate(60 * LIMIT, 60, cost="to_account", max_cost=500), Rate(LIMIT)),
    "openim/admin_getroammsg": Rate(LIMIT),
}


def write_people(path: Path, count: int) -> None:
    """Write a file of recipients, each with a name."""
    with path.open("w", encoding="utf-8") as file:
        file.write("account,name\n")
        file.writelines(f"user-{number},Name {number}\n" for number in range(count))


async def _start(server: Remote, *line: str) -> asyncio.subprocess.Process:
    own = {"TIM_BASE_URL": server.url, "TIM_SDK_APP_ID": str(APP), "TIM_SECRET_KEY": SECRET_KEY}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *line,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **own},
    )


def _command_line(folder: Path, pace: int, *args: str) -> list[str]:
    limits = ["--limit", f"openim/sendmsg={pace}", "--limit", f"openim/batchsendmsg={60 * pace}/min"]
    line = ["tim_async", "bulk", "run", str(folder / "people.csv"), "--name", "spring"]
    return [*line, "--ledger", str(folder / "spring.db"), *limits, *args]


async def _strike(server: Remote, process: asyncio.subprocess.Process, rng: random.Random) -> bool:
    """Kill a process some time after its first message of this run; return whether it was still working."""
    before = (await server.request("count"))["arrivals"]
    while process.returncode is None and (await server.request("count"))["arrivals"] == before:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(rng.uniform(0.0, 0.6))
    is_at_work = process.returncode is None
    if is_at_work:
        process.kill()
    await process.communicate()
    return is_at_work


async def _judge(name: str, server: Remote, words: str, count: int, note: str) -> list[Row]:
    counts = await server.request()
    facts = (counts["recipients"] == count, not counts["doubled"], f"{count:,} of {count:,} recipients sent" in words)
    if not all(facts):
        print(f"{name}: {words}", file=sys.stderr)
    note = f"{note}; {counts['messages']:,} messages, {counts['doubled']} doubled"
    what = f"{name}: all have it, none twice, and it says so"
    return [Row(name=what, value=sum(facts), unit="of 3", limit=3, sense=">=", note=note)]


async def killed(name: str, trouble: float, lanes: str, *args: str) -> list[Row]:
    """20,000 recipients, killed 30 times while working, restarted immediately."""
    rng, hits = random.Random(7), 0
    async with remote("emulator", LIMIT) as server:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_people(folder / "people.csv", RECIPIENTS)
            if trouble:
                await server.request(f"trouble {trouble}")
            began = time.perf_counter()
            line = _command_line(folder, PACE[lanes], *args)
            for _ in range(KILLS):
                hits += await _strike(server, await _start(server, *line), rng)
            process = await _start(server, *_command_line(folder, LIMIT, *args))
            words = b"".join(await process.communicate()).decode()
            note = f"{time.perf_counter() - began:.0f} s"
            return [
                *await _judge(name, server, words, RECIPIENTS, note),
                Row(name=f"{name}: met at work", value=hits, unit="kills", limit=0.8 * KILLS, sense=">="),
            ]


async def late(name: str, *args: str) -> list[Row]:
    """20,000 recipients, killed six times, restarted after the service has forgotten every identity."""
    rng, hits, ahead = random.Random(8), 0, 0.0
    async with remote("emulator", LIMIT) as server:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_people(folder / "people.csv", RECIPIENTS)
            began = time.perf_counter()
            for _ in range(LATE_KILLS):
                process = await _start(server, "benchmarks.campaign", str(folder), str(ahead), *args)
                hits += await _strike(server, process, rng)
                ahead += AHEAD_S
                await server.request(f"ahead {ahead}")
            process = await _start(server, "benchmarks.campaign", str(folder), str(ahead), *args)
            words = b"".join(await process.communicate()).decode()
            note = f"{time.perf_counter() - began:.0f} s"
            return [
                *await _judge(name, server, words, RECIPIENTS, note),
                Row(name=f"{name}: met at work", value=hits, unit="kills", limit=LATE_KILLS / 2, sense=">="),
            ]


async def _later(folder: Path, ahead: float, lanes: Any) -> None:  # noqa: ANN401
    """Run the campaign with a clock that is ahead, like the emulator's."""
    campaign = Campaign(
        "spring",
        ledger=folder / "spring.db",
        recipients=folder / "people.csv",
        message="Hi",
        lanes=lanes,
        clock=lambda: time.time() + ahead,
    )
    limits = dict.fromkeys(("openim/sendmsg", "openim/batchsendmsg", "openim/admin_getroammsg"), LIMIT)
    async with TimClient.from_env(rate_limits=limits) as client:
        print(await campaign.run(client))


async def at_the_limits(lanes: str) -> list[Row]:
    """3,000 recipients at the limits of the service."""
    limiter = Watched()
    async with (
        remote("emulator") as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, limiter=limiter) as client,
    ):
        with tempfile.TemporaryDirectory() as place:
            everybody = [f"user-{number}" for number in range(3_000)]
            campaign = Campaign(
                "spring",
                ledger=Path(place) / "spring.db",
                recipients=everybody,
                message="Hi",
                lanes=lanes,  # type: ignore[arg-type]
            )
            await campaign.plan(client=client)
            report = await campaign.run(client)
        counts = await server.request()
    note = f"{report.duration_s:.1f} s in all"
    seen = [
        Row(
            name=f"campaign of 3,000, {lanes}: {what}, as the service counts",
            value=counts[key],
            unit=unit,
            limit=limit,
            note=note,
        )
        for what, key, unit, limit, note in (
            ("worst second one by one", "worst", "arrivals", TOLERANCE * CAP, ""),
            ("worst second of batches", "worst_batch", "arrivals", TOLERANCE * CAP, ""),
            ("worst minute of batches", "worst_minute", "recipients", 12_000, "all of them: it is over in seconds"),
            ("refused", "refused", "calls", 0, ""),
        )
        if lanes == "both" or "batch" not in what
    ]
    if lanes == "single":
        span = limiter.grants[-1] - limiter.grants[0]
        return [
            Row(
                name="campaign of 3,000 one by one: use of the cap",
                value=100 * (len(limiter.grants) - 1) / span / CAP,
                unit="%",
                limit=97,
                sense=">=",
                note=note,
            ),
            Row(
                name="campaign of 3,000 one by one: worst second",
                value=worst_window(limiter.grants),
                unit="grants",
                limit=CAP,
            ),
            *seen,
        ]
    return [
        Row(
            name="campaign of 3,000 by both lanes, against one by one at the cap",
            value=report.rate,
            unit="a second",
            baseline=0.97 * CAP,
            limit=1.9,
            sense=">=",
            note=note,
        ),
        *seen,
    ]


async def interactive(recipients: int = 50_000, calls: int = INTERACTIVE) -> list[Row]:
    """Interactive calls at random moments while a campaign of 50,000 runs in the same process at the real limit."""
    limiter, rng, waits, seconds = Watched(), random.Random(9), list[int](), list[float]()
    async with (
        remote("emulator") as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, limiter=limiter) as client,
    ):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_people(folder / "people.csv", recipients)
            campaign = Campaign(
                "spring", ledger=folder / "spring.db", recipients=folder / "people.csv", message=Template("Hi $name")
            )
            await campaign.plan(client=client)
            running = asyncio.create_task(campaign.run(client))
            while len(limiter.grants) < CAP and not running.done():  # noqa: ASYNC110 - a grant sets no event
                await asyncio.sleep(0.01)
            for number in range(calls):
                await asyncio.sleep(rng.uniform(0.0, 1.0))
                before, began = len(limiter.grants), time.perf_counter()
                await client.c2c.send_text(f"urgent-{number}", "now")
                waits.append(limiter.own - before)
                seconds.append(time.perf_counter() - began)
            campaign.stop()
            report = await running
    span = limiter.grants[-1] - limiter.grants[0]
    use = (len(limiter.grants) - 1) / span / CAP
    assert report.left > 0, "the campaign was over before the calls were"
    note = f"worst of {calls}, their own among them; answered within {1000 * max(seconds):.0f} ms; {use:.1%} of the cap"
    return [
        Row(
            name=f"interactive call beside a campaign of {recipients:,}",
            value=max(waits),
            unit="tokens",
            limit=5,
            note=note,
        )
    ]


async def million(what: str) -> list[Row]:
    """A million recipients, in a separate process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.million", what, stdout=asyncio.subprocess.PIPE
    )
    counts = json.loads((await process.communicate())[0])
    name = f"campaign of {counts['count']:,}, {counts['what']}"
    return [
        Row(name=f"{name}: memory grows by", value=counts["grown_mb"], unit="MB", limit=60, note=counts["note"]),
        Row(name=f"{name}: recipients", value=counts["rate"], unit="a second", limit=counts["least"], sense=">="),
    ]


if __name__ == "__main__":
    asyncio.run(_later(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
