"""A streamed message: text written piece by piece, which its readers see grow. Source: C128596, C128597.

Words. A *piece* is the text of one call: everything written since the previous call. The answer to the first call names
the stream, which goes on until its last piece.

What the service does. It accepts five calls a second per stream, ends a stream that gets nothing for 15 seconds,
refuses pieces after the end, and keeps a message under 128 KB.

What we do. A separate task makes the calls, one at a time, so that the writer does not wait for the pace and a
cancelled writer leaves no call half made. Only the first `write` waits for its answer: an error of the message itself
(an unknown account, for example) is raised there. The end is always sent when the block is left; if that happens
through an exception, or leaving is itself cancelled, it gets `end_timeout` seconds, and then the exception propagates.
Only a stream whose first call got no answer cannot be ended, because its name is unknown; the service ends it.

A piece that was refused, or certainly did not arrive, is sent again with the end. A piece with an unknown outcome is
sent again too, with the same Index: that identifies it, as when the client's retry policy repeats a call. So a text is
complete when the end was accepted, whatever happened before, and leaving the block then raises nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

from .._api.checks import check_text, quoted
from .._clocks import sleep
from .._printable import one_line
from ..errors import ApiError, BodyTooLargeError, TimError, UsageError
from ..models.c2c_stream import MAX_GAP_S, MAX_STREAM_BYTES
from ..models.elements import StreamChunk, StreamElem

PACE_S: Final = 0.2
KEEP_ALIVE_S: Final = 10.0
END_TIMEOUT_S: Final = 5.0

_logger = logging.getLogger("tim_async")


class StreamAnswer(Protocol):
    """The answer to a call of a stream."""

    @property
    def stream_msg_id(self) -> str:
        """The name of the stream."""
        ...


AnswerT = TypeVar("AnswerT", bound=StreamAnswer)


class MessageStream(Generic[AnswerT]):
    """A streamed message; created by `client.c2c.stream` or `client.group_msg.stream`, and used with `async with`.

    Nothing is sent before something is written. Leaving the block sends the end and waits until it is accepted. It
    raises the error of the failed call if the text may not have arrived completely. A block left by its own exception
    raises that one; if the stream could not be ended, this is logged, and the service ends it after 15 seconds.

    Attributes:
        result: the answer to the first call, None before it: `stream_msg_id`, and the message's key or number.
        text: the text that the service has accepted so far, in the end the whole text.
        is_ended: whether the service accepted the end.
    """

    def __init__(
        self,
        call: Callable[[StreamElem], Awaitable[AnswerT]],
        check: Callable[[StreamElem], None],
        *,
        compatible_text: str | None,
        pace: float,
        keep_alive: float | None,
        end_timeout: float,
    ) -> None:
        for field, seconds, low, high in (
            ("pace", pace, 0.0, MAX_GAP_S),
            ("keep_alive", keep_alive, 0.1, MAX_GAP_S),
            ("end_timeout", end_timeout, 0.0, 3600.0),
        ):
            if seconds is not None and not low <= seconds <= high:
                raise UsageError(f"{field} must be {low:g} to {high:g} seconds, not {seconds!r}", field=field)
        check_text("compatible_text", compatible_text, MAX_STREAM_BYTES - 1)
        self.result: AnswerT | None = None
        self.text: str = ""
        self.is_ended: bool = False
        self._call = call
        self._compatible_text = compatible_text
        self._pace = pace
        self._keep_alive = keep_alive
        self._end_timeout = end_timeout
        self._written: list[str] = []  # not yet sent
        self._size = len((compatible_text or "").encode())
        self._open: list[StreamChunk] = []  # sent, with unknown outcome
        self._index = 0  # of the last accepted chunk
        self._next_at = 0.0
        self._state = "new"  # then entered, and left
        self._wake = asyncio.Event()
        self._answered = asyncio.Event()  # the first call ended, successfully or not
        self._sender: asyncio.Task[None] | None = None
        self._failure: TimError | None = None
        check(self._element(self._chunks("", is_last=False)))

    def __repr__(self) -> str:
        name = one_line(str(self.result.stream_msg_id)) if self.result else None
        return f"<MessageStream {name}, {len(self.text)} characters sent, {'ended' if self.is_ended else 'not ended'}>"

    async def __aenter__(self) -> Self:
        if self._state != "new":
            raise UsageError("a stream can be entered only once: create a new one")
        self._state = "entered"
        return self

    async def write(self, text: str) -> None:
        """Add text. It is sent at the stream's pace, together with other text written until then.

        The first text is sent immediately, and its answer awaited. A `write` cancelled at that point has written.

        Raises:
            BodyTooLargeError: the message would reach 128 KB; nothing was added, and the stream continues.
            UsageError: the argument is not text, or the stream was not entered or was left.
            TimError: a call failed; the stream accepts nothing more, and leaving the block ends it.
        """
        if self._state != "entered":
            raise UsageError("write to a stream inside its `async with` block")
        if self._failure is not None:
            raise self._failure
        if not isinstance(text, str):
            raise UsageError(f"text must be text, not {quoted(text)}", field="text")
        check_text("text", text, 2**53)
        size = len(text.encode())
        if self._size + size >= MAX_STREAM_BYTES:
            raise BodyTooLargeError(
                actual=self._size + size,
                limit=MAX_STREAM_BYTES - 1,
                field="text",
                field_bytes=size,
                what="the streamed message",
            )
        if not text:
            return
        self._size += size
        self._written.append(text)
        self._wake.set()
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="tim_async: stream")
        if self.result is None:
            await self._answered.wait()
            if self._failure is not None:
                raise self._failure

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._state = "left"
        if self._sender is None:
            return
        self._wake.set()
        loop = asyncio.get_running_loop()
        until = None if exc_type is None else loop.time() + self._end_timeout
        cancellation: asyncio.CancelledError | None = None
        ending = asyncio.create_task(self._end(self._sender), name="tim_async: end of stream")
        while not ending.done():
            # `wait` does not cancel the task when it is cancelled itself.
            try:
                await asyncio.wait({ending}, timeout=None if until is None else max(until - loop.time(), 0.0))
            except asyncio.CancelledError as error:
                cancellation = error
                until = loop.time() + self._end_timeout if until is None else until
            if until is not None and loop.time() >= until and not ending.done():
                ending.cancel()
                until = None
        if not ending.cancelled():
            ending.result()  # errors of this module must not be lost
        if not self.is_ended and self.result is not None:
            _logger.warning("%r: no text was written, the service will end it in %g s", self, MAX_GAP_S)
        if cancellation is not None:
            raise cancellation
        if exc_type is None and not self.is_ended and self._failure is not None:
            raise self._failure

    async def _end(self, sender: asyncio.Task[None]) -> None:
        """Wait until the end is sent; send it once more if something failed before."""
        await sender
        if self._failure is None or self.result is None:
            return
        try:
            await self._send(is_last=True)
        except TimError as error:
            _logger.warning("%r: could not end it: %s", self, error)

    async def _send_all(self) -> None:
        """Send what is written until the stream is left or a call fails."""
        try:
            while not self.is_ended:
                is_idle = False
                try:
                    async with asyncio.timeout(self._keep_alive):
                        await self._wake.wait()
                except TimeoutError:
                    is_idle = True
                try:
                    await self._send(is_last=None)
                except ApiError as error:
                    if not is_idle or self._written or error.maybe_delivered:
                        raise
                    _logger.warning("%r: the service refused an empty keep-alive piece: %s", self, error)
        except TimError as error:
            self._failure = error
        finally:
            self._answered.set()

    async def _send(self, *, is_last: bool | None) -> None:
        """Send a piece when the pace allows it; None sends the end if the stream was left meanwhile."""
        loop = asyncio.get_running_loop()
        if self._next_at > loop.time():
            await sleep(self._next_at - loop.time())
        self._next_at = loop.time() + self._pace
        self._wake.clear()
        if is_last is None:
            is_last = self._state == "left"
        chunks = self._chunks("".join(self._written), is_last=is_last)
        self._written.clear()
        try:
            result = await self._call(self._element(chunks))
        except TimError as error:
            # Open chunks stay open; the new chunk becomes open too, or is taken back.
            if error.maybe_delivered:
                self._open = chunks
            elif len(chunks) > len(self._open) and chunks[-1].markdown:
                self._written.insert(0, chunks[-1].markdown)
            raise
        self._index = chunks[-1].index
        self.text += "".join(chunk.markdown or "" for chunk in chunks)
        self._open = []
        self.is_ended = is_last
        self.result = self.result or result
        self._answered.set()

    def _chunks(self, text: str, *, is_last: bool) -> list[StreamChunk]:
        """Return the open chunks, and a chunk of the text after them; an open end is returned unchanged."""
        if self._open and self._open[-1].is_last:
            return self._open
        index = (self._open[-1].index if self._open else self._index) + 1
        return [*self._open, StreamChunk(index=index, markdown=text, is_last=is_last)]

    def _element(self, chunks: list[StreamChunk]) -> StreamElem:
        return StreamElem(
            compatible_text=self._compatible_text,
            chunks=chunks,
            stream_msg_id=self.result.stream_msg_id if self.result else None,
        )
