"""Two campaigns and an interactive sender under one cap, over worker processes: each one's share and latency."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tim_async import TimClient
from tim_async.bulk import Template
from tim_async.cluster import ClusterCampaign, RedisRateLimiter
from tim_async.emulator import DEFAULT_SDK_APP_ID

from .processes import SECRET_KEY, Remote
from .report import Row
from .workers import CAP, Workers, services

WORKERS = 2
EVERY_S = 0.05  # between two calls of the interactive sender


class Sender:
    """Like a web process: sends a message from time to time, and waits for each."""

    def __init__(self, client: TimClient) -> None:
        self._client = client
        self.latencies: list[float] = []

    async def run(self) -> None:
        calls: set[asyncio.Task[None]] = set()
        try:
            for number in range(1_000_000):
                call = asyncio.create_task(self._call(f"visitor{number}"))
                calls.add(call)
                call.add_done_callback(calls.discard)
                await asyncio.sleep(EVERY_S)
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _call(self, account: str) -> None:
        began = time.monotonic()
        await self._client.c2c.send_text(account, "hi")
        self.latencies.append(time.monotonic() - began)


async def share(recipients: int = 20_000, seconds: float = 20.0) -> list[Row]:
    """Both campaigns and the sender for some seconds, then with one campaign paused."""
    async with services() as (_, redis, rabbit, ledger, server):
        campaigns = [
            ClusterCampaign(
                name,
                ledger=ledger,
                recipients=({"account": f"{name}{index}"} for index in range(recipients)),
                message=Template("hi $account"),
            )
            for name in ("one", "two")
        ]
        async with (
            RedisRateLimiter(redis.url) as limiter,
            TimClient(DEFAULT_SDK_APP_ID, SECRET_KEY, base_url=server.url, limiter=limiter) as client,
        ):
            for campaign in campaigns:
                await campaign.submit(client, broker=rabbit.url)
            workers = Workers(service=server.url, ledger=ledger, broker=rabbit.url, redis=redis.url)
            try:
                for _ in range(WORKERS):
                    await workers.start()
                async with asyncio.timeout(60):
                    while min(await _sent(campaigns)) < 2 * CAP:  # noqa: ASYNC110 - there is no event
                        await asyncio.sleep(0.2)
                async with _sending(client) as sender:
                    return await _measure(campaigns, sender, server, seconds)
            finally:
                for campaign in campaigns:
                    await campaign.cancel()
                await workers.end()


@asynccontextmanager
async def _sending(client: TimClient) -> AsyncIterator[Sender]:
    sender = Sender(client)
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sent(campaigns: Sequence[ClusterCampaign]) -> list[int]:
    return [(await campaign.status()).sent for campaign in campaigns]


async def _gained(campaigns: Sequence[ClusterCampaign], sender: Sender, seconds: float) -> tuple[list[int], int, float]:
    """Return what each campaign and the sender sent in some seconds, and the exact seconds."""
    before, called, began = await _sent(campaigns), len(sender.latencies), time.monotonic()
    await asyncio.sleep(seconds)
    after, took = await _sent(campaigns), time.monotonic() - began
    return (
        [late - early for early, late in zip(before, after, strict=True)],
        len(sender.latencies) - called,
        took,
    )


async def _measure(campaigns: Sequence[ClusterCampaign], sender: Sender, server: Remote, seconds: float) -> list[Row]:
    await asyncio.sleep(2)
    both, called, took = await _gained(campaigns, sender, seconds)
    latencies = sender.latencies[-called:]
    left = CAP * took - called
    await campaigns[0].pause("for the other")
    await asyncio.sleep(3)  # let what is in flight end
    (still, other), called_then, took_then = await _gained(campaigns, sender, seconds)
    left_then = CAP * took_then - called_then
    counts = await server.request()
    return [
        Row(
            name="two campaigns and a sender: the smaller campaign's share",
            value=100 * min(both) / left,
            unit="% of what is left",
            limit=35,
            sense=">=",
            note=f"{both[0]:,} and {both[1]:,} messages in {took:.0f} s, {called} calls of the sender",
        ),
        Row(
            name="two campaigns and a sender: use of the cap",
            value=100 * (sum(both) + called) / (CAP * took),
            unit="%",
            limit=95,
            sense=">=",
        ),
        Row(
            name="two campaigns and a sender: a call of the sender, median",
            value=1000 * statistics.median(latencies),
            unit="ms",
            limit=250,
            note=f"{CAP * statistics.median(latencies):.0f} tokens",
        ),
        Row(
            name="two campaigns and a sender: a call of the sender, worst",
            value=1000 * max(latencies),
            unit="ms",
            limit=1000,
            note=f"{CAP * max(latencies):.0f} tokens",
        ),
        Row(
            name="one campaign paused: the other's share",
            value=100 * other / left_then,
            unit="% of what is left",
            limit=90,
            sense=">=",
            note=f"{other:,} messages in {took_then:.0f} s, {called_then} calls of the sender",
        ),
        Row(name="one campaign paused: messages of that one", value=still, unit="messages", limit=0),
        Row(
            name="two campaigns and a sender: worst second at the service",
            value=counts["worst"],
            unit="arrivals",
            limit=CAP * 1.05,
            note=f"its loop was up to {counts['lag_ms']} ms late",
        ),
        Row(name="two campaigns and a sender: refused calls", value=counts["refused"], unit="calls", limit=0),
    ]


if __name__ == "__main__":
    from .report import table

    print(table(asyncio.run(share(int(sys.argv[1]), float(sys.argv[2])))))
