"""The real client and the real emulator without sockets between them, so that both can live on a clock that jumps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

from aiohttp import web
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from tim_async import ConnectionLostError, ReplyDecodeError, ReplyTimeoutError, TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.testing import FakePool
from tim_async.testing.fake_pool import FakeSlot


def loop_clock() -> Callable[[], float]:
    """Return unix seconds that pass as the running loop's time does."""
    loop = asyncio.get_running_loop()
    offset = time.time() - loop.time()
    return lambda: offset + loop.time()


class InsidePool(FakePool):
    """Hands requests to an emulator that does not listen.

    Attributes:
        busiest: the most requests that were on their way at a time.
    """

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._service = emulator._service
        self.on_their_way = self.busiest = 0

    async def post(self, slot: FakeSlot, command: str, query: str, body: bytes, *, timeout: float) -> bytes:
        self.on_their_way += 1
        self.busiest = max(self.busiest, self.on_their_way)
        # A request that was sent is executed, whatever happens to the client.
        answering = asyncio.create_task(self._answer(command, query, body))
        try:
            async with asyncio.timeout(timeout):
                response, is_cut = await asyncio.shield(answering)
        except TimeoutError:
            raise ReplyTimeoutError("no answer in time", timeout=timeout) from None
        finally:
            self.on_their_way -= 1
        if is_cut:
            raise ConnectionLostError("the connection broke")
        if response.status != 200:
            raise ReplyDecodeError("not the service", status=response.status)
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        return response.body

    async def _answer(self, command: str, query: str, body: bytes) -> tuple[web.StreamResponse, bool]:
        loop = asyncio.get_running_loop()
        payload = StreamReader(mock.Mock(), 2**20, loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
        transport = mock.Mock()
        request = make_mocked_request(
            "POST", f"/v4/{command}?{query}", payload=payload, transport=transport, client_max_size=2**20
        )
        await asyncio.sleep(0.02)
        return await self._service.serve(request), transport.abort.called


@asynccontextmanager
async def inside(
    *accounts: str, emulated: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[TimClient, Emulator]]:
    """Give a client and the emulator behind it, both on the running loop's time."""
    emulator = Emulator(clock=loop_clock(), **(emulated or {}))
    emulator.add_accounts(*accounts)
    pool = InsidePool(emulator)
    async with TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, pool=pool, **options) as client:
        yield client, emulator
    await emulator._service.cancel_all()
