"""State of chatbots and their streamed answers."""

from __future__ import annotations

import itertools

import msgspec

from ...models.c2c import RoamMsg
from ...models.elements import StreamChunk
from .core import Part, State


class Stream(msgspec.Struct, kw_only=True):
    """A message that is being streamed.

    Attributes:
        message: the message in the history.
        chunks: the chunks so far.
        is_finished: whether the last chunk has arrived.
    """

    message: RoamMsg
    chunks: list[StreamChunk]
    is_finished: bool = False


class Chatbots(Part):
    """Chatbots and their streams.

    Attributes:
        accounts: their accounts, in the order of creation.
        streams: streamed messages by MsgKey.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.accounts: dict[str, None] = {}
        self.streams: dict[str, Stream] = {}
        self.numbers: itertools.count[int] = itertools.count(1)

    def forget_account(self, user_id: str) -> None:
        """Remove a chatbot whose account is deleted, and every stream of the account."""
        self.accounts.pop(user_id, None)
        self.streams = {
            key: stream
            for key, stream in self.streams.items()
            if user_id not in (stream.message.from_account, stream.message.to_account)
        }
