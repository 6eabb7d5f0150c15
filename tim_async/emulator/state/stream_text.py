"""The text of a streamed message, one-to-one or to a group."""

from __future__ import annotations

import msgspec

from ...models.c2c_stream import MAX_GAP_S, MAX_STREAM_BYTES
from ...models.elements import StreamChunk, StreamElem
from .codes import MessageCode
from .refusal import Refusal


class StreamText(msgspec.Struct, kw_only=True):
    """The text of a streamed message.

    Attributes:
        compatible_text: shown by clients without streaming.
        chunks: the chunks so far.
        size: bytes of its texts.
        last_at: unix seconds of the last call.
        is_ended: whether the last chunk has arrived.
    """

    compatible_text: str | None
    chunks: list[StreamChunk] = msgspec.field(default_factory=list)
    size: int = 0
    last_at: float
    is_ended: bool = False

    def is_open(self, now: float) -> bool:
        """Return whether further chunks are accepted."""
        return not self.is_ended and now - self.last_at <= MAX_GAP_S

    def add(self, element: StreamElem, now: float) -> bool:
        """Add the new chunks; return whether there were any."""
        count = len(self.chunks)
        fresh = [chunk for chunk in element.chunks if chunk.index > count]
        if not fresh:
            return False
        if not self.is_open(now):
            raise Refusal(MessageCode.MSGKEY_INVALID, "the stream has ended")
        if fresh[0].index != count + 1:
            raise Refusal(
                MessageCode.FORMAT_INVALID, f"Index {fresh[0].index} leaves a gap, the next one is {count + 1}"
            )
        self.size = grown(self.size, fresh)
        self.chunks += fresh
        self.last_at = now
        self.is_ended = fresh[-1].is_last is True
        if element.compatible_text is not None:
            self.compatible_text = element.compatible_text
        return True

    def shown(self, stream_msg_id: str) -> StreamElem:
        """Return the element as history has it."""
        return StreamElem(compatible_text=self.compatible_text, chunks=list(self.chunks), stream_msg_id=stream_msg_id)


def check_start(element: StreamElem) -> None:
    """Refuse the first chunks of a stream that do not begin with the first one, or are too long."""
    if element.chunks[0].index != 1:
        raise Refusal(MessageCode.FORMAT_INVALID, "the first chunk of a stream must have Index 1")
    grown(0, list(element.chunks))


def grown(size: int, chunks: list[StreamChunk]) -> int:
    """Return the size of a stream with further chunks; refuse one that is too long."""
    size += sum(len((chunk.markdown or "").encode()) for chunk in chunks)
    if size >= MAX_STREAM_BYTES:
        raise Refusal(
            MessageCode.JSON_TOO_LONG, f"the message would have {size} bytes, it must be under {MAX_STREAM_BYTES}"
        )
    return size
