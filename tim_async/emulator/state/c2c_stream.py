"""State of streamed one-to-one messages."""

from __future__ import annotations

from typing import Final

import msgspec

from ...models.c2c_stream import MAX_GAP_S, SendStreamMsgResult
from ...models.elements import StreamChunk
from .core import Duplicates, Entry, Part, State

_DUPLICATE_WINDOW_S: Final = 120.0


class Stream(msgspec.Struct, kw_only=True):
    """A streamed message.

    Attributes:
        entry: where it is stored.
        answer: the answer to each of its calls.
        compatible_text: shown by clients without streaming.
        chunks: the chunks so far.
        size: bytes of its texts.
        last_at: unix seconds of the last call.
        is_ended: whether the last chunk has arrived.
    """

    entry: Entry
    answer: SendStreamMsgResult
    compatible_text: str | None
    chunks: list[StreamChunk] = msgspec.field(default_factory=list)
    size: int = 0
    last_at: float
    is_ended: bool = False

    def is_open(self, now: float) -> bool:
        """Return whether further chunks are accepted."""
        return not self.is_ended and now - self.last_at <= MAX_GAP_S


class Streams(Part):
    """The streamed messages.

    Attributes:
        streams: by StreamMsgID.
        first_calls: the first calls of the last two minutes.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.streams: dict[str, Stream] = {}
        self.first_calls: Duplicates[tuple[str, str, int, int, int], Stream] = Duplicates(_DUPLICATE_WINDOW_S)

    def forget_account(self, user_id: str) -> None:
        """Remove the streams from and to an account that is being deleted."""
        for name, stream in list(self.streams.items()):
            if user_id in (stream.entry.message.from_account, stream.entry.message.to_account):
                del self.streams[name]
