"""An emulator for code without an event loop: it runs in a loop of its own in a separate thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable


class OwnThread:
    """Starts something in an event loop, and stops it there.

    Args:
        start: starts it.
        stop: stops it.
    """

    def __init__(self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]) -> None:
        self._start = start
        self._stop = stop
        self._has_started = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="tim_async: emulator", daemon=True)

    def begin(self) -> None:
        """Start it, and wait until it has started; raise what that raises."""
        self._thread.start()
        self._has_started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def end(self) -> None:
        """Stop it, and wait until its thread has ended."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - it is raised in `begin`
            self._failure = error
        finally:
            self._has_started.set()

    async def _serve(self) -> None:
        await self._start()
        self._loop = asyncio.get_running_loop()
        self._has_started.set()
        await self._end.wait()
        await self._stop()
