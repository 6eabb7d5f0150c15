"""State of recent sends to groups."""

from __future__ import annotations

import itertools
from typing import Final

from ...models.group_msg import BroadcastMsgResult, ImportOutcome, SendGroupMsgResult
from .core import Part, State
from .duplicates import Duplicates

DUPLICATE_WINDOW_S: Final = 300.0

Identity = tuple[str, str | None, str, int]
"""Group, topic, sender and Random."""


class GroupSends(Part):
    """The sends to groups in the last five minutes.

    Attributes:
        sent: messages.
        imported: imported messages.
        broadcasts: broadcasts.
        broadcast_seqs: numbers broadcasts.
    """

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.sent: Duplicates[Identity, SendGroupMsgResult] = Duplicates(DUPLICATE_WINDOW_S)
        self.imported: Duplicates[Identity, ImportOutcome] = Duplicates(DUPLICATE_WINDOW_S)
        self.broadcasts: Duplicates[tuple[str, int], BroadcastMsgResult] = Duplicates(DUPLICATE_WINDOW_S)
        self.broadcast_seqs: itertools.count[int] = itertools.count(1)
