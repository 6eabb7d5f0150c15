"""Use of the cap and its worst window: grants of the limiter, and the emulator's own count of arrivals."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tim_async import Claim, ConnectionSlot, LocalRateLimiter, RetryPolicy, TimClient

from .processes import SECRET_KEY, Remote, remote
from .report import Row, worst_window

APP = 1400000000
CAP = 200
SECONDS = 12


class Watched(LocalRateLimiter):
    """The client's own limiter, which also records its grants."""

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[float] = []
        self.newest = 0.0  # the last grant to a call's first attempt
        self.own = 0  # grants up to and including the newest interactive one

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        await super().acquire(claim, slot)
        now = time.monotonic()
        self.grants.append(now)
        if not claim.is_repeat:
            self.newest = now
        if claim.priority == "interactive":
            self.own = len(self.grants)

    def use(self, grants: list[float] | None = None) -> float:
        """Return the part of the cap used while calls waited, without the first two seconds and the last one.

        Once every call had a first attempt, only retries are left, and those may be between two attempts.
        """
        times = grants if grants is not None else self.grants
        # The first burst stays in the window for more than a second; and from one grant to another would count a burst
        # at each end.
        first, last = times[0] + 2, self.newest - 1
        return sum(first <= when < last for when in times) / (last - first) / CAP


@asynccontextmanager
async def _set_up(kind: str = "emulator", **options: object) -> AsyncIterator[tuple[Remote, TimClient, Watched]]:
    limiter = Watched()
    async with (
        remote(kind) as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, limiter=limiter, **options) as client,  # type: ignore[arg-type]
    ):
        yield server, client, limiter


async def _judge(name: str, server: Remote, limiter: Watched, note: str = "", *, use: float | None = None) -> list[Row]:
    counts = await server.request()
    beside = f"arrivals: worst {counts['worst']}, {counts['refused']} refused of {counts['count']:,}"
    return [
        Row(
            name=f"{name}: use of the cap",
            value=100 * (limiter.use() if use is None else use),
            unit="%",
            limit=98.5,
            sense=">=",
            note=note,
        ),
        Row(
            name=f"{name}: worst second",
            value=worst_window(limiter.grants),
            unit="grants",
            limit=CAP,
            note=beside,
        ),
    ]


async def steady(tasks: int) -> list[Row]:
    """Keep a number of tasks sending one message after another."""
    async with _set_up() as (server, client, limiter):
        end = time.monotonic() + SECONDS

        async def sender(index: int) -> None:
            # Tasks still waiting at the end are cancelled: the last second does not count.
            while time.monotonic() < end:
                await client.c2c.send_text(f"u{index}", "hi")

        senders = [asyncio.create_task(sender(index)) for index in range(tasks)]
        await asyncio.wait(senders, timeout=SECONDS + 0.5)
        for each in senders:
            each.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
        return await _judge(f"{tasks:,} waiting, {loop}", server, limiter)


async def _crowd(client: TimClient, count: int, *, cancel: float = 0.0) -> list[int]:
    """Send from many tasks at once; return who was served, in order."""
    served: list[int] = []

    async def one(index: int) -> None:
        await client.c2c.send_text(f"u{index}", "hi")
        served.append(index)

    tasks = [asyncio.create_task(one(index)) for index in range(count)]
    rng = random.Random(3)
    for index in rng.sample(range(count), int(count * cancel)):
        await asyncio.sleep(rng.uniform(0, 0.004))
        tasks[index].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return served


async def at_once() -> list[Row]:
    """5,000 tasks at once."""
    async with _set_up() as (server, client, limiter):
        served = await _crowd(client, 5000)
        late = max(abs(place - index) for place, index in enumerate(served))
        return await _judge("5,000 at once", server, limiter, f"{len(served):,} served, none over {late} places late")


async def after_idle() -> list[Row]:
    """A crowd of calls, ten idle seconds, another crowd."""
    async with _set_up() as (server, client, limiter):
        await _crowd(client, 2000)
        await asyncio.sleep(10)
        before = len(limiter.grants)
        await _crowd(client, 3000)
        return await _judge("after 10 s idle", server, limiter, use=limiter.use(limiter.grants[before:]))


async def cancelled() -> list[Row]:
    """5,000 tasks at once, a third of them cancelled at random moments."""
    async with _set_up() as (server, client, limiter):
        served = await _crowd(client, 5000, cancel=1 / 3)
        return await _judge("a third cancelled", server, limiter, f"{len(served):,} served")


async def faults() -> list[Row]:
    """5,000 tasks at once, a fifth of the answers one of the four transient codes."""
    async with _set_up(retry=RetryPolicy(max_attempts=10)) as (server, client, limiter):
        await server.request("faults 0.2")
        served = await _crowd(client, 5000)
        note = f"{len(served):,} served, {client.stats()['openim/sendmsg'].retries:,} repeats"
        return await _judge("a fifth transient codes", server, limiter, note)


async def stall() -> list[Row]:
    """A service that answers nothing for 2 s and then everything at once, with a full pool and thousands waiting."""
    # The bare server records arrivals immediately; the emulator would be busy with a hundred answers at the release.
    async with _set_up("bare") as (server, client, limiter):
        tasks = [asyncio.create_task(client.c2c.send_text(f"u{index}", "hi")) for index in range(3000)]
        await asyncio.sleep(2)
        await server.request("stall")
        await asyncio.sleep(2)
        await server.request("release")
        await asyncio.sleep(4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        counts = await server.request()
        return [
            Row(
                name="2 s stall with a full pool: worst second at the service",
                value=counts["worst"],
                unit="arrivals",
                limit=CAP * 1.02,
                note=f"{worst_window(limiter.grants)} grants in the worst second, {counts['count']:,} in all",
            )
        ]


async def priority() -> list[Row]:
    """An interactive call behind 10,000 background calls."""
    worst = 0
    async with _set_up() as (_, client, limiter):
        background = client.with_options(priority="background")
        crowd = [asyncio.create_task(background.c2c.send_text(f"u{index}", "hi")) for index in range(10_000)]
        await asyncio.sleep(2)
        for _ in range(20):
            before = len(limiter.grants)
            await client.c2c.send_text("urgent", "now")
            # Its own grant is among them; those during its round trip to the service were not before it.
            worst = max(worst, len(limiter.grants) - before)
            await asyncio.sleep(0.1)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
    return [
        Row(
            name="interactive call behind 10,000 background calls",
            value=worst,
            unit="tokens",
            limit=5,
            note="grants until it was answered, worst of 20",
        )
    ]
