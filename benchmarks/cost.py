"""What a call costs: CPU against raw aiohttp, encoding against bare msgspec, import, memory of waiting calls."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal

import aiohttp
import msgspec

from tim_async import TextElem, TimClient, encode
from tim_async.models.c2c import SendMsg

from .processes import SECRET_KEY, remote
from .report import Row

APP = 1400000000


# Parallel calls, and the budgets: with the client's own connections, and through aiohttp's session.
_TOGETHER: Final = {1: (0.75, 1.35), 20: (0.75, 1.35), 32: (0.75, 1.35), 200: (0.75, 1.45)}


Way = Literal["connection", "session"]
Send = Callable[[], Awaitable[None]]


async def overhead(way: Way) -> list[Row]:
    """CPU of a send against a bare post of the same bytes with msgspec decoding, both to the same bare server."""
    async with _raw_and_ours(way) as (raw, ours):
        return [
            await _overhead_row(raw, ours, together, way, budgets[way == "session"])
            for together, budgets in _TOGETHER.items()
        ]


@asynccontextmanager
async def _raw_and_ours(way: Way) -> AsyncIterator[tuple[Send, Send]]:
    """Yield a bare post of a message and a send of it, both to the same bare server.

    Through a proxy the client uses aiohttp's session; the bare server also acts as the proxy.
    """
    async with remote("bare") as server:
        body = encode(SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="hi, beauty")]))
        proxy = server.url if way == "session" else None
        host = "http://127.0.0.1:9" if way == "session" else server.url
        limits = {"openim/sendmsg": 10_000_000}
        client = TimClient(APP, SECRET_KEY, base_url=host, rate_limits=limits, proxy=proxy, pool_size=200)
        sig = "A" * 150
        address = f"{host}/v4/openim/sendmsg?sdkappid={APP}&identifier=administrator&usersig={sig}&contenttype=json"
        headers = {"Content-Type": "application/json"}
        connector = aiohttp.TCPConnector(limit=200)
        async with client, aiohttp.ClientSession(headers=headers, proxy=proxy, connector=connector) as session:

            async def raw() -> None:
                url = f"{address}&random={random.getrandbits(32)}"
                async with session.post(url, data=body) as response:
                    msgspec.json.decode(await response.read())

            async def ours() -> None:
                await client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi, beauty")])

            yield raw, ours


async def throughput() -> list[Row]:
    """Sends per CPU second of tasks that send one message after another, against the same with a bare post."""
    rows = []
    async with _raw_and_ours("connection") as (raw, ours):
        for tasks in (50, 200):
            pairs = []
            for index in range(12):
                first, second = (raw, ours) if index % 2 else (ours, raw)
                figures = {first: await _per_cpu_second(first, tasks)}
                figures[second] = await _per_cpu_second(second, tasks)
                pairs.append((figures[ours], figures[raw]))
            ratio = statistics.median(own / base for own, base in pairs)
            baseline = statistics.median(base for _, base in pairs)
            loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
            rows.append(
                Row(
                    name=f"sends per CPU second against bare posts, {tasks} tasks, {loop}",
                    value=ratio * baseline,
                    unit="a second",
                    baseline=baseline,
                    limit=1.35,
                    sense=">=",
                    note=f"median of {len(pairs)} pairs",
                )
            )
    return rows


async def _per_cpu_second(call: Send, tasks: int, count: int = 2_000) -> float:
    numbers = iter(range(count))

    async def work() -> None:
        for _ in numbers:
            await call()

    start = time.process_time()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return count / (time.process_time() - start)


async def _overhead_row(raw: Send, ours: Send, together: int, way: Way, limit: float) -> Row:
    count = max(20, together)
    for _ in range(400 // count):
        await _cpu(raw, together, count)
        await _cpu(ours, together, count)
    pairs = []
    for index in range(max(60, 8000 // count)):
        # Small batches that take turns going first, so that other load on the machine affects both alike.
        first, second = (raw, ours) if index % 2 else (ours, raw)
        figures = {first: await _cpu(first, together, count)}
        figures[second] = await _cpu(second, together, count)
        pairs.append((figures[ours], figures[raw]))
    ratio = statistics.median(own / base for own, base in pairs)
    baseline = statistics.median(base for _, base in pairs)
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    manner = "one after the other" if together == 1 else f"{together} at a time"
    return Row(
        name=f"CPU of c2c.send against a bare post{' through a proxy' * (way == 'session')}, {manner}, {loop}",
        value=ratio * baseline,
        unit="us",
        baseline=baseline,
        limit=limit,
        note=f"median of {len(pairs)} pairs of {count} calls",
    )


async def _cpu(call: Send, together: int, count: int) -> float:
    """Return the CPU of one call in microseconds."""
    start = time.process_time()
    for _ in range(count // together):
        if together == 1:
            await call()
        else:
            await asyncio.gather(*(call() for _ in range(together)))
    return (time.process_time() - start) / count * 1e6


class _Content(msgspec.Struct):
    Text: str


class _Element(msgspec.Struct):
    MsgType: str
    MsgContent: _Content


class _Bare(msgspec.Struct, omit_defaults=True, kw_only=True):
    SyncOtherMachine: int | None = None
    From_Account: str | None = None
    To_Account: str
    OnlineOnlyFlag: int | None = None
    MsgLifeTime: int | None = None
    MsgSeq: int | None = None
    MsgRandom: int | None = None
    MsgTimeStamp: int | None = None
    ForbidCallbackControl: list[str] | None = None
    SendMsgControl: list[str] | None = None
    MsgBody: list[_Element]
    CloudCustomData: str | None = None
    SupportMessageExtension: int | None = None
    OfflinePushInfo: dict[str, str] | None = None
    IsNeedReadReceipt: int | None = None


async def encoding() -> list[Row]:
    """Encode one text message, against a bare msgspec struct of the same shape."""
    bare = _Bare(To_Account="bob", MsgSeq=1, MsgRandom=2, MsgBody=[_Element("TIMTextElem", _Content("hi, beauty"))])
    ours = SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=[TextElem(text="hi, beauty")])
    encoder = msgspec.json.Encoder()
    if msgspec.json.decode(encoder.encode(bare)) != msgspec.json.decode(encode(ours)):
        raise AssertionError("the two must encode to the same fields")
    pairs = [
        (timeit.timeit(lambda: encode(ours), number=20_000), timeit.timeit(lambda: encoder.encode(bare), number=20_000))
        for _ in range(31)
    ]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    baseline = statistics.median(theirs for _, theirs in pairs) / 20_000 * 1e9
    return [
        Row(
            name="encode one text message against a bare struct",
            value=ratio * baseline,
            unit="ns",
            baseline=baseline,
            limit=1.3,
            note="median of 31 pairs",
        )
    ]


def _import_cpu(statement: str, compiled: str) -> float:
    """Return the CPU seconds of a fresh process; `compiled` is a folder for the modules' byte code."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], env={**environment, "PYTHONPYCACHEPREFIX": compiled}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


async def import_time() -> list[Row]:
    """Import the client, against importing the package's three dependencies; CPU of fresh processes.

    The package itself imports nothing until one of its names is used. Both are compiled, as pip does when it installs:
    the first pair, which does not count, does that.
    """
    own, base = "from tim_async import TimClient", "import aiohttp, msgspec, aiolimiter"
    with tempfile.TemporaryDirectory() as compiled:
        pairs = [(_import_cpu(own, compiled), _import_cpu(base, compiled)) for _ in range(16)][1:]
    ratio = statistics.median(own / base for own, base in pairs)
    baseline = statistics.median(base for _, base in pairs)
    return [
        Row(
            name="import TimClient against its dependencies",
            value=ratio * baseline * 1e3,
            unit="ms",
            baseline=baseline * 1e3,
            limit=1.3,
            note="median of 15 pairs of processes",
        )
    ]


async def memory() -> list[Row]:
    """Memory of 10,000 calls that wait for their turn, against as many tasks that wait for an event."""
    count = 10_000

    async def traced(make: Callable[[int], Awaitable[object]]) -> float:
        gc.collect()
        tracemalloc.start()
        tasks = [asyncio.ensure_future(make(index)) for index in range(count)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return used / count

    never = asyncio.Event()

    async def idle(_: int) -> object:
        return await never.wait()

    async with remote("bare") as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        await client.c2c.send_text("bob", "hi")
        baseline = await traced(idle)
        own = await traced(lambda index: client.c2c.send_text(f"user{index}", "hi"))
    return [
        Row(
            name="memory of a waiting call",
            value=own / 1024,
            unit="KiB",
            limit=3.5,
            note=f"{count:,} at once, {own * count / 2**20:.1f} MiB in all; a waiting task {baseline / 1024:.2f} KiB",
        )
    ]


async def enqueueing(count: int = 100_000) -> list[Row]:
    """100,000 calls at once: how long they block the loop, against as many tasks that wait for an event."""

    async def blocked(make: Callable[[int], Awaitable[object]]) -> tuple[float, float]:
        """Return the longest time in which no other task ran, and the CPU until all wait."""
        longest, last, cpu = 0.0, time.monotonic(), time.process_time()
        tasks = [asyncio.ensure_future(make(index)) for index in range(count)]
        for _ in range(3):
            await asyncio.sleep(0)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        used = time.process_time() - cpu
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return longest, used

    never = asyncio.Event()

    async def idle(_: int) -> object:
        return await never.wait()

    async with remote("bare") as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        await client.c2c.send_text("bob", "hi")
        base_s, base_cpu = await blocked(idle)
        own_s, own_cpu = await blocked(lambda index: client.c2c.send_text(f"user{index}", "hi"))
    return [
        Row(
            name=f"enqueueing {count:,} calls",
            value=own_cpu,
            unit="s of CPU",
            note=f"the loop is blocked for {own_s:.1f} s; by waiting tasks {base_s:.1f} s, {base_cpu:.1f} s of CPU",
        )
    ]
