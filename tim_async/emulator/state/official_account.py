"""What the emulator knows of official accounts."""

from __future__ import annotations

import itertools
from typing import Final

import msgspec

from ...models.official_account import OfficialAccountInfo, SentOfficialMsg, Subscriber
from .codes import OfficialAccountCode
from .core import Duplicates, Part, State
from .refusal import Refusal

_SAME_S: Final = 300.0


class Channel(msgspec.Struct, kw_only=True):
    """An official account.

    Attributes:
        info: what it tells of itself.
        max_subscriber_num: the most subscribers it may have.
        subscribers: by user.
        messages: when each was sent, by MsgKey.
        recalled: MsgKeys of those that were recalled.
    """

    info: OfficialAccountInfo
    max_subscriber_num: int
    subscribers: dict[str, Subscriber] = msgspec.field(default_factory=dict)
    messages: dict[str, float] = msgspec.field(default_factory=dict)
    recalled: set[str] = msgspec.field(default_factory=set)


class Channels(Part):
    """Official accounts.

    Attributes:
        by_id: the accounts by id.
        sent: the messages of the last five minutes, by account and Random.
        numbers: counts ids and messages.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.by_id: dict[str, Channel] = {}
        self.sent: Duplicates[tuple[str, int], SentOfficialMsg] = Duplicates(_SAME_S)
        self.numbers = itertools.count(1)

    def forget_account(self, user_id: str) -> None:
        """End an account's subscriptions."""
        for channel in self.by_id.values():
            channel.subscribers.pop(user_id, None)

    def find(self, official_account: str) -> Channel:
        """Return an official account; refuse one that is not there."""
        channel = self.by_id.get(official_account)
        if channel is None:
            raise Refusal(OfficialAccountCode.NOT_FOUND, f"there is no official account {official_account!r}")
        return channel
