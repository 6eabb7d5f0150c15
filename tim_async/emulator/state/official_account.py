"""State of official accounts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import msgspec

from ...models.elements import Element
from ...models.official_account import OfficialAccountInfo, SentOfficialMsg, Subscriber
from .codes import OfficialAccountCode
from .core import Part, State
from .duplicates import Duplicates
from .refusal import Refusal

_DUPLICATE_WINDOW_S: Final = 300.0


class ChannelMsg(msgspec.Struct, kw_only=True):
    """A message of an official account.

    Attributes:
        seq: its number.
        at: unix time.
        body: its elements; None for one that went to online subscribers only and is not stored.
    """

    seq: int
    at: float
    body: Sequence[Element] | None


class Channel(msgspec.Struct, kw_only=True):
    """An official account.

    Attributes:
        info: its profile.
        max_subscriber_num: the maximum number of subscribers.
        subscribers: by user.
        messages: by MsgKey, in the order they were sent.
        recalled: MsgKeys of recalled messages.
    """

    info: OfficialAccountInfo
    max_subscriber_num: int
    subscribers: dict[str, Subscriber] = msgspec.field(default_factory=dict)
    messages: dict[str, ChannelMsg] = msgspec.field(default_factory=dict)
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
        self.sent: Duplicates[tuple[str, int], SentOfficialMsg] = Duplicates(_DUPLICATE_WINDOW_S)
        self.numbers: itertools.count[int] = itertools.count(1)

    def forget_account(self, user_id: str) -> None:
        """End an account's subscriptions."""
        for channel in self.by_id.values():
            channel.subscribers.pop(user_id, None)

    def find(self, official_account: str) -> Channel:
        """Return an official account; refuse an unknown one."""
        channel = self.by_id.get(official_account)
        if channel is None:
            raise Refusal(OfficialAccountCode.NOT_FOUND, f"official account {official_account!r} does not exist")
        return channel
