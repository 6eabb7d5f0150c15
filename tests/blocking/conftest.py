"""The emulator for tests without a loop: it runs in a separate thread."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from tests.blocking.interruption import Interruption
from tests.blocking.test_process import threads
from tim_async.blocking import TimClient
from tim_async.blocking._portal import CLOSED, Portal
from tim_async.emulator import Emulator


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Raise an `Interruption` in the main thread, which the test runs in, from another one."""

    def handler(number: int, frame: FrameType | None) -> None:
        raise Interruption

    before = signal.signal(signal.SIGUSR1, handler)
    yield lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def emulator_thread() -> Iterator[Portal]:
    portal = Portal()
    portal._thread.name = "emulator"
    portal.start()
    yield portal
    portal.stop(CLOSED)
    portal.join(10)
    assert not portal._thread.is_alive()


@pytest.fixture
def emulator(emulator_thread: Portal) -> Iterator[Emulator]:
    async def make() -> Emulator:
        emulator = Emulator()
        emulator.add_accounts("alice", "bob")
        return await emulator.__aenter__()

    emulator = emulator_thread.run(make)

    async def stop() -> None:
        await emulator.stop()
        loop: Any = asyncio.get_running_loop()
        end = loop.time() + 60
        while len(loop._selector.get_map()) > 1 and loop.time() < end:  # noqa: ASYNC110 - its connections end later
            await asyncio.sleep(0.002)

    yield emulator
    emulator_thread.run(stop)


@pytest.fixture
def make_client(emulator: Emulator) -> Iterator[Callable[..., TimClient]]:
    """Make clients for the emulator, which are closed after the test; then no thread is left."""
    made: list[TimClient] = []

    def make(**options: Any) -> TimClient:
        made.append(TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
    assert threads() == 0
    gc.collect()
    for thread in threading.enumerate():
        if "ledger" in thread.name:  # it ends when nothing refers to its ledger
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def client(make_client: Callable[..., TimClient]) -> TimClient:
    return make_client()
