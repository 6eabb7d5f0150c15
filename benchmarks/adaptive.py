"""How clients cope with a smaller or shared limit, and with refusals unrelated to a limit.

Real sockets, real time: a service that counts exactly (`counting`), and clients in separate processes that always have
more to send (`demand`). The scenarios of one case run concurrently, each with its own server. The first 20 seconds, in
which a client finds the rate, are left out.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal

from tests.services import OwnRedis

from .processes import remote
from .report import Row, worst_window

CAP: Final = 200
SETTLED_S: Final = 20.0
SECONDS: Final = 60.0  # at 45, one of 25 simulated runs falls below a budget by chance; at 60, none does
BACK_S: Final = 25.0
PROCESSES_OVER_REDIS: Final = 4

Over = Literal["local", "redis"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """A service and its clients.

    Attributes:
        name: what distinguishes it.
        free: calls a second that are actually available to the clients.
        use: the minimum part of those to be used, in percent; None for any.
        refused: the maximum part of refused calls, in percent; None for any.
        limit: the service's limit in any second, 0 for none.
        error_part: the part of the calls that it refuses at random.
        others_rate: calls a second by others.
        others_stop: whether they stop at the end, so that the clients have to recover.
        processes: number of clients, each in its own process.
        shares: maximum ratio of the largest share to the smallest.
    """

    name: str
    free: float = CAP
    use: float | None = None
    refused: float | None = None
    limit: int = CAP
    error_part: float = 0.0
    others_rate: float = 0.0
    others_stop: bool = False
    processes: int = 1
    shares: float | None = None


_RANDOM: Final = (
    # No limit: at the cap, network jitter alone causes refusals, and these scenarios are about other ones.
    Scenario(name="0.3 % refused at random", limit=0, error_part=0.003, use=90),
    Scenario(name="1 % refused at random", limit=0, error_part=0.01, use=85),
)
_FREE: Final = (
    Scenario(name="100 of the 200 allowed", free=100, limit=100, use=93, refused=1),
    Scenario(name="others take an even 80/s", free=CAP - 80, others_rate=80, others_stop=True, use=93),
)
_TWO: Final = (Scenario(name="two processes, no shared limiter", processes=2, shares=2.0),)

GROUPS: Final = {"random": _RANDOM, "free": _FREE, "two": _TWO}


async def adaptive(group: str, over: Over = "local", seconds: float = SECONDS) -> list[Row]:
    """Run the scenarios of a group concurrently, with a limiter in each process or one over Redis."""
    with ExitStack() as stack:
        redis = None
        scenarios = GROUPS[group]
        if over == "redis":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            redis = stack.enter_context(OwnRedis(Path(folder))).url
            scenarios = tuple(
                dataclasses.replace(each, processes=PROCESSES_OVER_REDIS, shares=2.0) for each in scenarios
            )
        # Every scenario has its own database: to the limiter they are different apps.
        runs = [
            _run(each, seconds, None if redis is None else f"{redis.rpartition('/')[0]}/{index}")
            for index, each in enumerate(scenarios)
        ]
        return [row for rows in await asyncio.gather(*runs) for row in rows]


async def _run(scenario: Scenario, seconds: float, redis: str | None) -> list[Row]:
    async with remote(
        "counting", limit=scenario.limit, error_part=scenario.error_part, others_rate=scenario.others_rate
    ) as server:
        clients = await _start(scenario, server.url, redis)
        begin = time.monotonic() + 0.5
        others_end = begin + seconds
        end = others_end + (BACK_S + 2 if scenario.others_stop else 0.0)
        try:
            if scenario.others_rate:
                await server.request(f"others {begin} {others_end}")
            outputs = await asyncio.gather(*(client.communicate(f"{begin} {end}\n".encode()) for client in clients))
        finally:
            for client in clients:
                if client.returncode is None:
                    client.kill()
                    await client.wait()
        results = [json.loads(out) for out, _ in outputs]
        for result in results:
            if result["failures"]:
                raise RuntimeError(f"{scenario.name}: {result['failures']}")
        arrivals: dict[str, list[tuple[float, bool]]] = (await server.request())["arrivals"]
    name = scenario.name if redis is None else f"{scenario.name}, {len(results)} processes over Redis"
    return judge_scenario(name, scenario, results, arrivals, begin, others_end, is_shared=redis is not None)


async def _start(scenario: Scenario, url: str, redis: str | None) -> list[asyncio.subprocess.Process]:
    clients = []
    for number in range(scenario.processes):
        arguments = (url, f"p{number}", *(() if redis is None else (redis,)))
        clients.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.demand", *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )
    for client in clients:
        assert client.stdout is not None
        if await client.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{scenario.name}: a client did not start")
    return clients


def judge_scenario(
    name: str,
    scenario: Scenario,
    results: list[dict[str, Any]],
    arrivals: dict[str, list[tuple[float, bool]]],
    begin: float,
    until: float,
    *,
    is_shared: bool,
) -> list[Row]:
    """Return the clients' results by the service's own count; `until` is when the others stop, or the end."""
    since = min(begin + SETTLED_S, (begin + until) / 2)  # trial runs may be shorter
    own = {source: each for source, each in arrivals.items() if source != "others"}
    taken = {source: sum(since <= when < until for when, is_taken in own[source] if is_taken) for source in own}
    sent = sum(since <= when < until for each in own.values() for when, _ in each)
    total = sum(taken.values())
    rate = total / (until - since)
    grants = [each["grants"] for each in results]
    # Without a shared limiter, each process has its own cap.
    capped = [[when for each in grants for when in each]] if is_shared else grants
    rows = [
        Row(
            name=f"{name}: use of what is free",
            value=100 * rate / scenario.free,
            unit="%",
            limit=scenario.use,
            sense=">=",
            note=f"{rate:.1f} of {scenario.free:g} a second, from {since - begin:.0f} s to {until - begin:.0f} s",
        ),
        Row(
            name=f"{name}: refused",
            value=100 * (sent - total) / sent,
            unit="%",
            limit=scenario.refused,
            note=f"{sent - total} of {sent:,}",
        ),
        Row(name=f"{name}: worst second at the grants", value=max(map(worst_window, capped)), unit="grants", limit=CAP),
    ]
    if scenario.shares is not None:
        shares = [taken.get(f"p{number}", 0) for number in range(len(results))]
        rows.append(
            Row(
                name=f"{name}: largest share against the smallest",
                value=max(shares) / max(1, min(shares)),
                unit="times",
                limit=scenario.shares,
                note=" : ".join(map(str, shares)),
            )
        )
    if scenario.others_stop:
        every = sorted(when for each in own.values() for when, is_taken in each if is_taken)
        rows.append(
            Row(
                name=f"{name}: back at 90 % of the cap after they stop",
                value=_back_after(every, until),
                unit="s",
                limit=BACK_S,
            )
        )
    return rows


def _back_after(taken: list[float], stop: float) -> float:
    """Return the seconds until nine tenths of the cap were used within a second; infinite if they never were."""
    later = [when for when in taken if when >= stop]
    count = round(0.9 * CAP)
    return min(
        (last - stop for first, last in zip(later, later[count - 1 :], strict=False) if last - first <= 1.0),
        default=float("inf"),
    )
