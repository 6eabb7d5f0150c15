"""A page's server on this machine, behind a token: for commands whose page can control a real app.

request                        who gets an answer
the URL with its token         anyone who has it: with the cookie
/, files of the page           every page of this server: they contain no data
everything else                requests with the cookie

A request whose Host or Origin is another site's is refused before any of this.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias

import msgspec
from aiohttp import web

from ..errors import UsageError
from .assets import PREFIX as ASSETS_PREFIX
from .assets import Assets
from .guard import why_refused
from .page import respond
from .policy import HEADERS
from .token import PageToken

Serve: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
_HOST: Final = "127.0.0.1"
_SHUTDOWN_TIMEOUT_S: Final = 1.0


class PageServer:
    """Serves a page on a loopback port within its `async with` block.

    Args:
        document: the page.
        assets: its files.
        serve: answers all other requests that have the cookie; None if it has nothing at that path.
        port: the port; 0 picks a free one.
        hosts: host names of the server besides loopback.

    Attributes:
        token: the token.

    Raises:
        UsageError: the port is taken (on `async with`).
    """

    def __init__(
        self, document: bytes, assets: Assets, serve: Serve, *, port: int = 0, hosts: Collection[str] = ()
    ) -> None:
        self.token = PageToken()
        self._document = document
        self._assets = assets
        self._serve_data = serve
        self._port = port
        self._hosts = hosts
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self._running: set[asyncio.Task[object]] = set()

    @property
    def url(self) -> str:
        """The URL without the token."""
        return f"http://{_HOST}:{self._port}"

    @property
    def address(self) -> str:
        """The URL to print."""
        return self.token.address(self.url)

    async def __aenter__(self) -> PageServer:
        # No access log: its lines would contain the token.
        server = web.Server(self._serve, access_log=None)
        try:
            self._listener = await asyncio.get_running_loop().create_server(server, _HOST, self._port)
        except OSError as error:
            problem = os.strerror(error.errno) if error.errno else str(error)
        else:
            self._server = server
            self._port = self._listener.sockets[0].getsockname()[1]
            return self
        raise UsageError(f"cannot listen on {_HOST} port {self._port}: {problem}", field="port")

    async def __aexit__(self, *problem: object) -> None:
        assert self._server is not None  # noqa: S101 - it was entered
        assert self._listener is not None  # noqa: S101 - it was entered
        self._listener.close()
        await asyncio.sleep(0)  # let connections that are just being accepted register
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        # Event streams never end, and aiohttp lets running requests finish.
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._server.shutdown(_SHUTDOWN_TIMEOUT_S)
        await self._listener.wait_closed()
        await asyncio.sleep(0)  # the loop closes the sockets of aborted connections in its next iteration

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        problem = why_refused(request, self._hosts)
        if problem is not None:
            return _refuse(403, problem)
        exchanged = self.token.exchange(request)
        if exchanged is not None:
            return exchanged
        if request.path.startswith(ASSETS_PREFIX):
            return self._assets.serve(request)
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return respond(self._document)
        if not self.token.is_known(request):
            return _refuse(401, "open the URL that the command printed")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiohttp runs every request in one
        self._running.add(task)
        try:
            answer = await self._serve_data(request)
        finally:
            self._running.discard(task)
        return _refuse(404, f"{request.path} not found") if answer is None else answer


def _refuse(status: int, problem: str) -> web.Response:
    body = msgspec.json.encode({"message": problem})
    return web.Response(status=status, body=body, content_type="application/json", headers=HEADERS)
