"""Bursts and random arrivals at an idle, warm client, compared with bare aiohttp in the same run and on one server.

The server is another process and answers immediately. It records the arrival times of both.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import aiohttp
import msgspec

from tim_async import Claim, ConnectionSlot, LocalRateLimiter, TextElem, TimClient, encode
from tim_async.models.c2c import SendMsg

from .processes import SECRET_KEY, Remote, remote
from .report import Row, percentile, spread_ms

APP: Final = 1400000000
CAP: Final = 200
SIZES: Final = (10, 50, 100, 200)
RATES: Final = (100, 150, 180)
ROUNDS: Final = 7
SECONDS: Final = 12.0
IDLE_S: Final = 1.2  # longer than a burst stays in the window
_OWN, _BARE = "administrator", "bare"

Call = Callable[[], Awaitable[object]]


class _Timed(LocalRateLimiter):
    """The client's own limiter, which also records how long each call waited for its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        began = time.monotonic()
        await super().acquire(claim, slot)
        self.waits.append(time.monotonic() - began)


class _Both(NamedTuple):
    """The warmed-up client and bare aiohttp, with their server.

    Attributes:
        server: the server that both send to.
        limiter: the client's limiter.
        own: sends one message through the client.
        bare: posts the same bytes, and decodes the answer.
    """

    server: Remote
    limiter: _Timed
    own: Call
    bare: Call


@asynccontextmanager
async def _both() -> AsyncIterator[_Both]:
    body = encode(SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="hi, beauty")]))
    limiter = _Timed()
    async with (
        remote("bare") as server,
        TimClient(APP, SECRET_KEY, base_url=server.url, limiter=limiter) as client,
        aiohttp.ClientSession(headers={"Content-Type": "application/json"}) as session,
    ):
        address = f"{server.url}/v4/openim/sendmsg?sdkappid={APP}&identifier={_BARE}&usersig={'A' * 150}"

        async def own() -> None:
            await client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi, beauty")])

        async def bare() -> None:
            url = f"{address}&random={random.getrandbits(32)}&contenttype=json"
            async with session.post(url, data=body) as response:
                msgspec.json.decode(await response.read())

        await client.warm_up(100)
        await own()  # after this, everything that the first call creates exists
        await asyncio.gather(*(bare() for _ in range(100)))
        await asyncio.sleep(IDLE_S)
        await server.request("clear")
        limiter.waits.clear()
        yield _Both(server, limiter, own, bare)


async def _burst(call: Call, size: int) -> list[float]:
    """Make calls concurrently; return when each one ended, in seconds from the start."""
    began = time.monotonic()

    async def timed() -> float:
        await call()
        return time.monotonic() - began

    return await asyncio.gather(*(timed() for _ in range(size)))


async def at_once(rounds: int = ROUNDS) -> list[Row]:
    """10, 50, 100 and 200 at once, taking turns."""
    rows = []
    async with _both() as both:
        for size in SIZES:
            own, bare = [], []
            for _ in range(rounds):
                # Rest before each: the caches still hold what has just run.
                own.append(await _burst(both.own, size))
                await asyncio.sleep(IDLE_S / 2)
                bare.append(await _burst(both.bare, size))
                await asyncio.sleep(IDLE_S / 2)
            last, base = (1000 * statistics.median(max(each) for each in bursts) for bursts in (own, bare))
            every, every_bare = (spread_ms([each for burst in bursts for each in burst]) for bursts in (own, bare))
            rows.append(
                Row(
                    name=f"{size} at once on an idle client: the last is back",
                    value=last,
                    unit="ms",
                    limit=1.5 * base + 10,
                    note=f"bare {base:.1f}, median of {rounds}; all: {every}; bare {every_bare}",
                )
            )
        worst = (await both.server.request())["worst_of"]
    return [*rows, _worst("bursts on an idle client", worst)]


def _worst(name: str, worst: dict[str, int]) -> Row:
    return Row(
        name=f"{name}: worst second at the server",
        value=worst[_OWN],
        unit="arrivals",
        limit=CAP,
        note=f"bare {worst[_BARE]}",
    )


async def _arrivals(call: Call, times: list[float]) -> list[float]:
    """Call at these times from now; return how long each took, from its due time."""
    began = time.monotonic()

    async def timed(due: float) -> float:
        await call()
        return time.monotonic() - began - due

    tasks = []
    for due in times:
        await asyncio.sleep(max(0.0, began + due - time.monotonic()))
        tasks.append(asyncio.create_task(timed(due)))
    return await asyncio.gather(*tasks)


async def poisson(seconds: float = SECONDS) -> list[Row]:
    """Random arrivals, 100, 150 and 180 a second on average; the same ones for both, one after the other."""
    rows = []
    async with _both() as both:
        for rate in RATES:
            dice, times = random.Random(rate), [0.0]
            while times[-1] < seconds:
                times.append(times[-1] + dice.expovariate(rate))
            own = await _arrivals(both.own, times)
            bare = await _arrivals(both.bare, times)
            waits = both.limiter.waits.copy()
            both.limiter.waits.clear()
            worst = (await both.server.request("report"))["worst_of"]
            await asyncio.sleep(IDLE_S)
            await both.server.request("clear")
            rows += [
                Row(
                    name=f"Poisson {rate}/s: wait at the limiter, p99",
                    value=1000 * percentile(waits, 0.99),
                    unit="ms",
                    limit=3.0 if rate == 150 else None,
                    note=f"longest {1000 * max(waits):.1f} ms of {len(waits):,}; "
                    f"answers: {spread_ms(own)}; bare {spread_ms(bare)}",
                ),
                _worst(f"Poisson {rate}/s", worst),
            ]
    return rows
