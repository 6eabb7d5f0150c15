"""A client of the control API, and an emulator to steer."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tim_async import TimClient
from tim_async.emulator import Emulator

PREFIX = "/_emulator/v1"


class Remote:
    """What a program in any language has: the address."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession, client: TimClient) -> None:
        self.emulator = emulator
        self.session = session
        self.client = client

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Return the status and the answer."""
        url = self.emulator.url + PREFIX + path
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = headers if body is None else {"Content-Type": "application/json", **headers}
        async with self.session.request(method, url, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Any:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    async def do(self, method: str, path: str, body: object = None) -> Any:
        status, answer = await self.ask(method, path, body)
        assert status == 200, answer
        return answer


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        emulator.add_accounts("alice", "bob")
        async with TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
            yield Remote(emulator, session, client)
