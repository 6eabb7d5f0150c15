"""What all kinds of messages have in common: their marks, and the parts that need checks. Source: c2c."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypedDict

from .._api.checks import U32_MAX, check_account, check_choice, check_range
from .._api.wire import Request, listed
from .._randomness import random_u32
from .elements import Element, check_body
from .offline_push import OfflinePushInfo

MAX_LIFE_TIME_S: Final = 604_800  # 7 days

ForbidCallback = Literal["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]
"""A webhook that a message should not trigger."""
if not TYPE_CHECKING:
    ForbidCallback = listed(ForbidCallback)

SendMsgControl = Literal["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"]
"""What a message should skip: the unread count, the conversation list, the push, the moderation."""
if not TYPE_CHECKING:
    SendMsgControl = listed(SendMsgControl)

# The service orders a conversation by seconds, and within a second by MsgSeq. Milliseconds increase over time across
# processes; a u32 of them wraps around every seven weeks, and cutting the range at a whole number of seconds moves the
# wrap between two seconds, where MsgSeq does not matter.
SEQ_RANGE: Final = U32_MAX // 1000 * 1000
_seq_lock = threading.Lock()
_last_seq = 0


def next_msg_seq() -> int:
    """Return a MsgSeq: milliseconds of the clock, unique and never decreasing within a process."""
    global _last_seq  # noqa: PLW0603 - one sequence for the whole process is the point
    with _seq_lock:
        _last_seq = max(int(time.time() * 1000), _last_seq + 1)
        return _last_seq % SEQ_RANGE


def next_msg_random() -> int:
    """Return a random u32 for MsgRandom."""
    return random_u32()


# The service treats two messages of a group with the same Random within five minutes as one message (I34959), whatever
# their content. A group may have 12,000 messages in that time, and among so many random u32 a collision occurs once in
# sixty times: so they are counted from a random start, and no two in a process are equal.
_numbers = itertools.count(random_u32())


def _restart_numbers() -> None:
    global _numbers  # noqa: PLW0603 - a forked process must not repeat what its parent sends
    _numbers = itertools.count(random_u32())


if hasattr(os, "register_at_fork"):  # not on Windows
    # Runs after the hook of `_randomness`, which was registered earlier, so the start differs from the parent's.
    os.register_at_fork(after_in_child=_restart_numbers)


def next_random() -> int:
    """Return a u32 for the Random of a group message, unique within a process until all were used."""
    return next(_numbers) & U32_MAX


class Outgoing(Request, kw_only=True):
    """Base class of the requests that send a one-to-one message, to one account or to many.

    Attributes:
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        from_account: the shown sender; absent is the admin.
        online_only_flag: 1 not stored, only online recipients get it; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
        msg_seq: u32; orders messages inside one second. Part of the message's identity.
        msg_random: u32. Part of the message's identity.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        msg_body: 1 or more elements, at most one of them a custom element.
        cloud_custom_data: stored with the message and delivered.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 asks for a read receipt; 0 is the default.
    """

    _identity: ClassVar = {"msg_seq": next_msg_seq, "msg_random": next_msg_random}
    sync_other_machine: Literal[1, 2] | None = None
    from_account: str | None = None
    online_only_flag: Literal[0, 1] | None = None
    msg_life_time: int | None = None
    msg_seq: int | None = None
    msg_random: int | None = None
    send_msg_control: Sequence[SendMsgControl] | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None
    offline_push_info: OfflinePushInfo | None = None
    is_need_read_receipt: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check sender, ranges and elements."""
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        # Most messages have none of these: testing first keeps a plain text cheap.
        if self.sync_other_machine is not None:
            check_choice("sync_other_machine", self.sync_other_machine, (1, 2))
        if self.online_only_flag is not None:
            check_choice("online_only_flag", self.online_only_flag, (0, 1))
        if self.is_need_read_receipt is not None:
            check_choice("is_need_read_receipt", self.is_need_read_receipt, (0, 1))
        if self.msg_life_time is not None:
            check_range("msg_life_time", self.msg_life_time, 0, MAX_LIFE_TIME_S)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        check_body(self.msg_body)
        if self.offline_push_info is not None:
            self.offline_push_info.check()


class MessageOptions(TypedDict, total=False):
    """The options of a message besides its elements and recipients; see `Outgoing`."""

    sync_other_machine: Literal[1, 2] | None
    from_account: str | None
    online_only_flag: Literal[0, 1] | None
    msg_life_time: int | None
    msg_seq: int | None
    msg_random: int | None
    send_msg_control: Sequence[SendMsgControl] | None
    cloud_custom_data: str | None
    offline_push_info: OfflinePushInfo | None
    is_need_read_receipt: Literal[0, 1] | None
