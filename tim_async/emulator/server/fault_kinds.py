"""The kinds of planned faults: which requests each strikes, and how it answers them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final, TypedDict

from aiohttp import web

from ... import _codes
from ...errors import UsageError
from ..dispatch import fail

ENDLESS_MAX_BYTES: Final = 256 * 1024 * 1024
_CHUNK: Final = b"x" * 65_536


class When(TypedDict, total=False):
    """Which requests a fault strikes; all of them when nothing is said.

    Attributes:
        command: only this command; None is every one.
        times: how often it strikes, at least 1, then it is gone; None is without end.
        rate: the part of the requests that is struck, 0.0 to 1.0, drawn for each; None is all.
        seed: makes the drawing repeatable.
        after_calls: how many requests of that command are let pass first.
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
        hits: how many requests it struck.
        after: whether it strikes when the request has taken effect.
        command: the only command that it strikes, None for all.
    """

    def __init__(self, forget: Forget, *, after: bool, when: When) -> None:
        self.hits = 0
        self.after = after
        self._forget = forget
        self.command = when.get("command")
        self._times = when.get("times")
        self._rate = when.get("rate")
        self._random = random.Random(when.get("seed"))
        self._skip = when.get("after_calls", 0)
        if self._times is not None and self._times < 1:
            raise UsageError(f"times must be at least 1, not {self._times}", field="times")
        if self._rate is not None and not 0 <= self._rate <= 1:
            raise UsageError(f"rate must be 0 to 1, not {self._rate}", field="rate")
        if self._skip < 0:
            raise UsageError(f"after_calls must be at least 0, not {self._skip}", field="after_calls")

    def remove(self) -> None:
        """Strike no more; what was struck already stays so."""
        self._forget(self)

    def strikes(self, command: str) -> bool:
        """Decide whether a request is struck, and count it."""
        if self.command is not None and command != self.command:
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        if self._rate is not None and self._random.random() >= self._rate:
            return False
        self.hits += 1
        if self.hits == self._times:
            self._forget(self)
        return True

    def code(self, code: int | None) -> int | None:
        """Return the ErrorCode that the client is shown instead of `code`; None where it is shown none."""
        return None

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer a request, or do not.

        Args:
            request: the request.
            body: the answer it would get; b"" when it was not carried out.
        """
        raise NotImplementedError


class AnswerFault(Fault):
    """Answers with a code."""

    def __init__(self, forget: Forget, code: int, info: str, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        self._code = code
        self._info = info

    def code(self, code: int | None) -> int | None:
        """Return the planned code."""
        return self._code

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer with the planned code."""
        service = request.path.removeprefix("/v4/").partition("/")[0]
        row = _codes.lookup(service, self._code)
        info = self._info or (row.meaning if row is not None else "planned fault")
        return web.Response(body=fail(self._code, info), content_type="application/json")


class DelayFault(Fault):
    """Answers late."""

    def __init__(self, forget: Forget, seconds: float, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        if not seconds >= 0:
            raise UsageError(f"seconds must be at least 0, not {seconds}", field="seconds")
        self.seconds = seconds


class DropFault(Fault):
    """Closes the connection without an answer."""

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Close the connection."""
        return hang_up(request)


class StatusFault(Fault):
    """Answers with an HTTP status and a body of one's own: a gateway's error page, or garbage with a 200."""

    def __init__(self, forget: Forget, status: int, body: bytes, content_type: str, *, after: bool, when: When) -> None:
        super().__init__(forget, after=after, when=when)
        self._status = status
        self._body = body
        self._content_type = content_type

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer with the planned body."""
        return web.Response(status=self._status, body=self._body, content_type=self._content_type)


class TruncateFault(Fault):
    """Promises the whole answer, sends half of it, and closes the connection."""

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Send half of the answer."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(body)
        response.force_close()
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        return response


class EndlessFault(Fault):
    """Answers with a body that does not end before the client goes, or 256 MiB are sent."""

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Send and send."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        response.force_close()
        await response.prepare(request)
        try:
            await response.write(b'{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"')
            for _ in range(ENDLESS_MAX_BYTES // len(_CHUNK)):
                await response.write(_CHUNK)
                # The client of an in-process test needs its turn, too.
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        return hang_up(request)


class StallFault(Fault):
    """Carries requests out and keeps their answers back until `release`."""

    def __init__(self, forget: Forget, *, when: When) -> None:
        super().__init__(forget, after=True, when=when)
        self._event = asyncio.Event()

    def release(self) -> None:
        """Send all answers that were kept back, and strike no more."""
        self.remove()
        self._event.set()

    def code(self, code: int | None) -> int | None:
        """Return the code of the answer itself."""
        return code

    async def respond(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """Answer when released."""
        await self._event.wait()
        return web.Response(body=body, content_type="application/json")


def hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close a request's connection at once; the response is for the caller to return and goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    request.protocol.force_close()
    return web.Response()
