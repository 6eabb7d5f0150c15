"""State of streamed group messages."""

from __future__ import annotations

import itertools
from typing import Final

from ...models.group_stream import SendGroupStreamMsgResult
from .core import Part, State
from .duplicates import Duplicates
from .stream_text import StreamText
from .threads import GroupEntry

_DUPLICATE_WINDOW_S: Final = 120.0


class GroupStream(StreamText, kw_only=True):
    """A streamed group message.

    Attributes:
        group_id: the group.
        sender: the account that sends it.
        answer: the answer to each of its calls.
        entry: where it is stored; None in groups that keep no history.
    """

    group_id: str
    sender: str
    answer: SendGroupStreamMsgResult
    entry: GroupEntry | None


class GroupStreams(Part):
    """The streamed group messages.

    Attributes:
        streams: by StreamMsgID.
        first_calls: the first calls of the last two minutes.
    """

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.streams: dict[str, GroupStream] = {}
        self.first_calls: Duplicates[tuple[str, str, int, int], GroupStream] = Duplicates(_DUPLICATE_WINDOW_S)
        self._numbers = itertools.count(1)

    def free_name(self, now: float) -> str:
        """Return the StreamMsgID of a new stream."""
        return f"group-stream-{int(now)}-{next(self._numbers)}"
