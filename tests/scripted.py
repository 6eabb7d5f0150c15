"""A pool without sockets: the real client above it, and answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tim_async import TimClient, UsageError

SECRET_KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
OK = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MsgTime":1572870301,"MsgKey":"89541_2574206_1572870301"}'

Answer = bytes | BaseException | int | Callable[["Sent"], Awaitable[bytes]]


def refusal(code: int, info: str = "") -> bytes:
    """Return the envelope of a refusal."""
    return msgspec.json.encode({"ActionStatus": "FAIL", "ErrorCode": code, "ErrorInfo": info})


class Sent:
    """One request as the pool saw it."""

    def __init__(self, command: str, query: str, body: bytes, timeout: float) -> None:
        self.command = command
        self.query = {name: values[0] for name, values in parse_qs(query).items()}
        self.body = body
        self.timeout = timeout
        self.at = asyncio.get_running_loop().time()

    @property
    def fields(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)


class ScriptedSlot:
    def __init__(self, pool: ScriptedPool) -> None:
        self._pool = pool
        self.is_taken = False

    def take_nowait(self) -> bool:
        self._pool.open()
        if self._pool.busy >= self._pool.size:
            return False
        self._pool.busy += 1
        self.is_taken = True
        return True

    async def take(self) -> None:
        while not self.take_nowait():  # noqa: ASYNC110 - time is free on a clock that jumps
            await asyncio.sleep(0.001)

    def release(self) -> None:
        if self.is_taken:
            self.is_taken = False
            self._pool.busy -= 1

    def __enter__(self) -> ScriptedSlot:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class ScriptedPool:
    """Answers from a list; the last answer is repeated. A number is a code, an exception is raised."""

    def __init__(self, *script: Answer, size: int = 100) -> None:
        self.script = list(script) or [OK]
        self.sent: list[Sent] = []
        self.size = size
        self.busy = 0
        self.is_closed = False
        self.open_connections = 0

    def open(self) -> asyncio.AbstractEventLoop:
        if self.is_closed:
            raise UsageError("the client is closed")
        return asyncio.get_running_loop()

    def slot(self, rank: tuple[int, int]) -> ScriptedSlot:
        return ScriptedSlot(self)

    async def post(self, slot: ScriptedSlot, command: str, query: str, body: bytes, *, timeout: float) -> bytes:
        assert slot.is_taken
        sent = Sent(command, query, body, timeout)
        self.sent.append(sent)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, int):
            return refusal(answer)
        return answer if isinstance(answer, bytes) else await answer(sent)

    async def close(self) -> None:
        self.is_closed = True


def scripted(*script: Answer, **options: Any) -> tuple[TimClient, ScriptedPool]:
    """Make a client over a scripted pool."""
    client = TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", **options)
    pool = ScriptedPool(*script)
    client._core.pool = pool
    return client, pool
