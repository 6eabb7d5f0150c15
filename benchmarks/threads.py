"""The blocking client: its cap over threads, and the cost of a call against `requests` and asyncio."""

from __future__ import annotations

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from tim_async import TextElem
from tim_async.blocking import TimClient
from tim_async.blocking._home import portal
from tim_async.models.c2c import SendMsg

from .cap import APP, CAP, Watched
from .processes import SECRET_KEY, remote
from .report import Row, worst_window

THREADS = 64
SENDS = 5_000
_HI = [TextElem(text="hi, beauty")]

Call = Callable[[], object]


async def cap() -> list[Row]:
    """Share one client between threads that send as fast as they can."""
    limiter = Watched()
    async with remote("emulator") as server:
        client = TimClient(APP, SECRET_KEY, base_url=server.url, limiter=limiter)
        before = threading.active_count()
        await asyncio.to_thread(_from_threads, partial(_send, client), THREADS, SENDS)
        await asyncio.to_thread(client.close)
        counts = await server.request()
    own = sum("tim_async" in thread.name for thread in threading.enumerate())
    beside = f"arrivals: worst {counts['worst']}, {counts['refused']} refused of {counts['count']:,}"
    name = f"{SENDS:,} sends from {THREADS} threads"
    return [
        Row(name=f"{name}: use of the cap", value=100 * limiter.use(), unit="%", limit=98.0, sense=">="),
        Row(name=f"{name}: worst second", value=worst_window(limiter.grants), unit="grants", limit=CAP, note=beside),
        Row(name=f"{name}: threads left", value=own, unit="threads", limit=0, note=f"{before} before"),
    ]


def _send(client: TimClient) -> None:
    client.c2c.send(to_account="bob", msg_body=_HI)


def _from_threads(call: Call, threads: int, count: int) -> None:
    """Make calls from several threads."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if next(numbers, None) is None:
                    return
            call()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


async def cost() -> list[Row]:
    """CPU of a send against `requests.Session`, one per thread, to the same bare server."""
    async with remote("bare") as server:
        return await asyncio.to_thread(_compare_with_requests, server.url)


def _compare_with_requests(url: str) -> list[Row]:
    import requests

    body = msgspec.to_builtins(SendMsg(to_account="bob", msg_seq=1, msg_random=2, msg_body=_HI))
    sig = "A" * 150
    address = f"{url}/v4/openim/sendmsg?sdkappid={APP}&identifier=administrator&usersig={sig}&contenttype=json"
    sessions = threading.local()

    def by_requests() -> None:
        session: requests.Session | None = getattr(sessions, "own", None)
        if session is None:
            session = sessions.own = requests.Session()
        session.post(f"{address}&random={random.getrandbits(32)}", json=body, timeout=10).json()

    limits = {"openim/sendmsg": 10_000_000}
    with TimClient(APP, SECRET_KEY, base_url=url, rate_limits=limits) as client:
        own = partial(_send, client)
        return [
            _against(own, by_requests, threads, "a blocking send against a requests.Session's post", 1.0)
            for threads in (1, 8)
        ]


def _against(own: Call, other: Call, threads: int, what: str, limit: float, count: int = 200) -> Row:
    for call in (own, other):
        _cpu(call, threads, count)
    pairs = []
    for index in range(20):
        # Small batches that take turns going first, so that other load on the machine affects both alike.
        first, second = (own, other) if index % 2 else (other, own)
        figures = {first: _cpu(first, threads, count)}
        figures[second] = _cpu(second, threads, count)
        pairs.append((figures[own], figures[other]))
    ratio = statistics.median(mine / base for mine, base in pairs)
    baseline = statistics.median(base for _, base in pairs)
    return Row(
        name=f"CPU of {what}, {threads} thread{'s' * (threads > 1)}",
        value=ratio * baseline,
        unit="us",
        baseline=baseline,
        limit=limit,
        note=f"median of {len(pairs)} pairs of {count} calls",
    )


def _cpu(call: Call, threads: int, count: int) -> float:
    """Return the CPU of one call in microseconds, including the loop's thread."""
    start = time.process_time()
    if threads == 1:
        for _ in range(count):
            call()
    else:
        _from_threads(call, threads, count)
    return (time.process_time() - start) / count * 1e6


async def handing_over() -> list[Row]:
    """CPU of an empty call in the loop's thread, against asyncio.run_coroutine_threadsafe."""
    return await asyncio.to_thread(_compare_with_asyncio)


def _compare_with_asyncio() -> list[Row]:
    with portal() as own, _loop() as loop:
        return [
            _against(
                partial(own.run, _nothing),
                lambda: asyncio.run_coroutine_threadsafe(_nothing(), loop).result(),
                threads,
                "a blocking call of nothing against asyncio.run_coroutine_threadsafe",
                0.9,
                count=2_000,
            )
            for threads in (1, 8)
        ]


async def _nothing() -> None: ...


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
