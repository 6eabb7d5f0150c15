"""The kinds of planned faults: which requests each one affects, and how it answers them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final, Literal, TypedDict

from aiohttp import web

from ... import _codes
from ..._api.checks import check_whole, quoted
from ...errors import UsageError
from ..answers import failed

FaultKind = Literal["answer", "delay", "drop", "status", "garbage", "truncate", "endless", "stall"]
ENDLESS_MAX_BYTES: Final = 256 * 1024 * 1024
_CHUNK: Final = b"x" * 65_536


class When(TypedDict, total=False):
    """Which requests a fault applies to; all by default.

    Attributes:
        command: only this command; None is every command.
        times: how many requests it affects before it ends, at least 1; None is unlimited.
        rate: the share of requests that it affects, 0.0 to 1.0, drawn for each; None is all.
        seed: makes the draws repeatable; None draws differently each time.
        after_calls: how many matching requests pass before it applies, at least 0; 0 by default.
    """

    command: str | None
    times: int | None
    rate: float | None
    seed: int | None
    after_calls: int


Forget = Callable[["Fault"], None]


class Fault:
    """A planned fault, as the methods of `Faults` return it.

    Attributes:
        hits: how many requests it has affected.
        after: whether it applies after the request took effect.
        command: the only command that it applies to, None for all.
        number: counts the faults of an emulator from 1.
        kind: the name of the method of `Faults` that planned it.
        times: how many requests it affects before it ends; None is unlimited.
        rate: the share of requests that it affects; None is all.
        after_calls: how many requests of the command pass before it applies, from now on.
    """

    kind: FaultKind

    def __init__(self, forget: Forget, *, after: bool, when: When) -> None:
        self.number = 0
        self.hits: int = 0
        self.after = after
        self._forget = forget
        self.command: str | None = when.get("command")
        self.times: int | None = when.get("times")
        self.rate: float | None = when.get("rate")
        self._random = random.Random(when.get("seed"))
        self.after_calls: int = when.get("after_calls", 0)
        if self.times is not None:
            check_whole("times", self.times, 1)
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise UsageError(f"rate must be 0 to 1, not {self.rate}", field="rate")
        check_whole("after_calls", self.after_calls, 0)

    def remove(self) -> None:
        """End the fault; requests that it has already affected stay so."""
        self._forget(self)

    def strikes(self, command: str) -> bool:
        """Return whether the fault applies to a request, and count it if so."""
        if self.command is not None and command != self.command:
            return False
        if self.after_calls > 0:
            self.after_calls -= 1
            return False
        if self.rate is not None and self._random.random() >= self.rate:
            return False
        self.hits += 1
        if self.hits == self.times:
            self._forget(self)
        return True

    def code(self, code: int | None) -> int | None:
        """Return the ErrorCode that the client sees instead of `code`; None if it sees none."""
        return None

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer a request, or close its connection.

        Args:
            request: the request.
            body: the answer without the fault; b"" if the request was not executed.
        """
        raise NotImplementedError


class AnswerFault(Fault):
    """Answers with a code.

    Attributes:
        planned_code: the ErrorCode.
    """

    kind: FaultKind = "answer"

    def __init__(self, forget: Forget, code: int, info: str, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        if not isinstance(code, int) or code == 0:
            raise UsageError(f"code must be a whole number that is not 0, not {quoted(code)}", field="code")
        self.planned_code = code
        self._info = info

    def code(self, code: int | None) -> int | None:
        """Return the planned code."""
        return self.planned_code

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer with the planned code."""
        service = request.path.removeprefix("/v4/").partition("/")[0]
        row = _codes.lookup(service, self.planned_code)
        info = self._info or (row.meaning if row is not None else "planned fault")
        return web.Response(body=failed(self.planned_code, info), content_type="application/json")


class DelayFault(Fault):
    """Answers late.

    Attributes:
        seconds: the delay.
    """

    kind: FaultKind = "delay"

    def __init__(self, forget: Forget, seconds: float, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        if not seconds >= 0:
            raise UsageError(f"seconds must be at least 0, not {seconds}", field="seconds")
        self.seconds = seconds


class DropFault(Fault):
    """Closes the connection without an answer."""

    kind: FaultKind = "drop"

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Close the connection."""
        return hang_up(request)


class StatusFault(Fault):
    """Answers with a given HTTP status and body: a gateway's error page.

    Attributes:
        planned_status: the HTTP status.
    """

    kind: FaultKind = "status"

    def __init__(self, forget: Forget, status: int, body: bytes, content_type: str, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        self.planned_status = status
        self._body = body
        self._content_type = content_type

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer with the planned body."""
        return web.Response(status=self.planned_status, body=self._body, content_type=self._content_type)


class GarbageFault(StatusFault):
    """Answers with HTTP 200 and a body that is not an envelope."""

    kind: FaultKind = "garbage"


class TruncateFault(Fault):
    """Announces the length of the whole answer, sends half of it, and closes the connection."""

    kind: FaultKind = "truncate"

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Send half of the answer."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(body)
        response.force_close()
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        return response


class EndlessFault(Fault):
    """Answers with a body that ends only when the client disconnects or 256 MiB are sent."""

    kind: FaultKind = "endless"

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Send until the client disconnects or the maximum is reached."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        response.force_close()
        await response.prepare(request)
        try:
            await response.write(b'{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"')
            for _ in range(ENDLESS_MAX_BYTES // len(_CHUNK)):
                await response.write(_CHUNK)
                # Give the client of an in-process test a turn of the event loop.
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        return hang_up(request)


class StallFault(Fault):
    """Executes requests and holds their answers back until `release`."""

    kind: FaultKind = "stall"

    def __init__(self, forget: Forget, *, when: When) -> None:
        super().__init__(forget, after=True, when=when)
        self._event = asyncio.Event()

    def release(self) -> None:
        """Send all answers that were held back, and end the fault."""
        self.remove()
        self._event.set()

    def code(self, code: int | None) -> int | None:
        """Return the code of the answer."""
        return code

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer when released."""
        await self._event.wait()
        return web.Response(body=body, content_type="application/json")


def hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close a request's connection at once; return a response for aiohttp that is never sent."""
    if request.transport is not None:
        request.transport.abort()
    request.protocol.force_close()
    return web.Response()
