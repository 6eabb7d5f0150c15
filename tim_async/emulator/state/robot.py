"""What the emulator knows of chatbots."""

from __future__ import annotations

import itertools

import msgspec

from ...models.c2c import RoamMsg
from ...models.elements import StreamChunk
from .core import Part, State


class Stream(msgspec.Struct, kw_only=True):
    """A message that is being streamed.

    Attributes:
        message: as it stands in the history.
        chunks: the pieces so far.
        is_finished: whether the last one came.
    """

    message: RoamMsg
    chunks: list[StreamChunk]
    is_finished: bool = False


class Chatbots(Part):
    """Chatbots and what they stream.

    Attributes:
        accounts: their accounts, in the order they were created.
        streams: streamed messages by MsgKey.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.accounts: dict[str, None] = {}
        self.streams: dict[str, Stream] = {}
        self.numbers = itertools.count(1)

    def forget_account(self, user_id: str) -> None:
        """Forget a chatbot whose account is deleted, and every stream of the account."""
        self.accounts.pop(user_id, None)
        self.streams = {
            key: stream
            for key, stream in self.streams.items()
            if user_id not in (stream.message.from_account, stream.message.to_account)
        }
