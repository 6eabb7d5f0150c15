"""State of streamed one-to-one messages."""

from __future__ import annotations

from typing import Final

from ...models.c2c_stream import SendStreamMsgResult
from .conversation import Entry
from .core import Part, State
from .duplicates import Duplicates
from .stream_text import StreamText

_DUPLICATE_WINDOW_S: Final = 120.0


class Stream(StreamText, kw_only=True):
    """A streamed message.

    Attributes:
        entry: where it is stored.
        answer: the answer to each of its calls.
    """

    entry: Entry
    answer: SendStreamMsgResult


class Streams(Part):
    """The streamed messages.

    Attributes:
        streams: by StreamMsgID.
        first_calls: the first calls of the last two minutes.
    """

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.streams: dict[str, Stream] = {}
        self.first_calls: Duplicates[tuple[str, str, int, int, int], Stream] = Duplicates(_DUPLICATE_WINDOW_S)

    def forget_account(self, user_id: str) -> None:
        """Remove the streams from and to an account that is being deleted."""
        for name, stream in list(self.streams.items()):
            if user_id in (stream.entry.message.from_account, stream.entry.message.to_account):
                del self.streams[name]
