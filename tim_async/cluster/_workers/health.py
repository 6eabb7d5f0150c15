"""A worker's port for its operators: `/healthz`, `/readyz` and `/metrics`.

`/healthz` answers while the worker's event loop runs, even while it waits for unavailable services, because a restart
would not help. `/readyz` checks whether everything that a chunk needs is available. A running or very recent check
answers all requests, so the services are not kept busy from outside.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from aiohttp import web

from ...errors import UsageError

logger = logging.getLogger("tim_async")

Check = Callable[[], Awaitable[object]]

# For a health check, a service that takes longer than this is unreachable.
_CHECK_TIMEOUT_S: Final = 2.0
_REUSE_S: Final = 1.0
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Readiness(msgspec.Struct, kw_only=True, frozen=True):
    """Whether a worker can work on chunks.

    Attributes:
        is_ready: whether every check is `ok`.
        checks: by name: `ok`, or what is wrong.
    """

    is_ready: bool
    checks: Mapping[str, str]


class ReadinessChecks:
    """Checks whether everything that a worker needs is available.

    Args:
        checks: by name; each raises if something is wrong.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._running: dict[str, asyncio.Task[str]] = {}
        self._found: tuple[float, Readiness] | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> Readiness:
        """Return the current or very recent state."""
        now = asyncio.get_running_loop().time
        async with self._looking:
            if self._found is None or now() - self._found[0] >= _REUSE_S:
                self._found = (now(), await self._look())
            return self._found[1]

    async def _look(self) -> Readiness:
        for name, check in self._checks.items():
            # A check without an answer may still be waiting: do not start it twice.
            if name not in self._running:
                self._running[name] = asyncio.create_task(_outcome(check), name=f"tim_async: check {name}")
        await asyncio.wait(self._running.values(), timeout=_CHECK_TIMEOUT_S)
        found = {}
        for name, task in list(self._running.items()):
            found[name] = task.result() if task.done() else f"no answer within {_CHECK_TIMEOUT_S:g} s"
            if task.done():
                del self._running[name]
        return Readiness(is_ready=all(each == "ok" for each in found.values()), checks=found)

    async def close(self) -> None:
        """End the checks that still wait."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()


async def _outcome(check: Check) -> str:
    try:
        await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker is not ready, and the answer says why
        # Only the first line, because drivers append statements; this library's errors contain no secrets.
        return (str(error).splitlines() or [""])[0] or type(error).__name__
    return "ok"


@asynccontextmanager
async def served(
    address: str, port: int, checks: Mapping[str, Check], metrics: Callable[[], bytes]
) -> AsyncIterator[str]:
    """Serve a worker's health on a port during the block; yield the URL.

    Args:
        address: the address to listen on.
        port: the port; 0 picks a free one.
        checks: what the worker needs, see `ReadinessChecks`.
        metrics: returns the text for `/metrics`.

    Raises:
        UsageError: it cannot listen there.
    """
    readiness = ReadinessChecks(checks)

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n", headers=_HEADERS)

    async def readyz(_: web.Request) -> web.Response:
        found = await readiness.look()
        return web.Response(
            body=msgspec.json.encode(found) + b"\n",
            status=200 if found.is_ready else 503,
            content_type="application/json",
            headers=_HEADERS,
        )

    async def show_metrics(_: web.Request) -> web.Response:
        from .metrics import CONTENT_TYPE

        return web.Response(body=metrics(), headers={**_HEADERS, "Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        problem = ""
        try:
            await web.TCPSite(runner, address, port).start()
        except (OSError, OverflowError) as error:
            problem = getattr(error, "strerror", None) or str(error)
        if problem:
            raise UsageError(f"health_port: cannot listen on {address} port {port}: {problem}", field="health_port")
        host, bound = runner.addresses[0][:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        logger.info("health and metrics of this worker: %s", url)
        yield url
    finally:
        await readiness.close()
        await runner.cleanup()
