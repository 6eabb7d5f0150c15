"""The side of an app: a bare server that receives webhooks and answers as a test asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

TOKEN = "hook-token-55aa"
OK = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}


class Receiver:
    """An app's side: keeps what comes, and answers with what `answers` has for the command."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        self.url = ""
        self.over = asyncio.Event()

    async def never(self) -> web.Response:
        """Give no answer before the test is over."""
        await self.over.wait()
        return web.Response(status=503)

    async def take(self, request: web.BaseRequest) -> web.Response:
        query = dict(request.query)
        assert request.method == "POST"
        assert request.content_type == "application/json"
        self.got.append((query, msgspec.json.decode(await request.read())))
        answer = self.answers.get(query["CallbackCommand"], OK)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, web.Response):
            return answer
        return web.json_response(answer)

    @property
    def commands(self) -> list[str]:
        return [query["CallbackCommand"] for query, _ in self.got]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = web.Server(receiver.take)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        receiver.over.set()
        listener.close()
        await server.shutdown(0.1)
        await listener.wait_closed()
