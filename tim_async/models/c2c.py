"""One-to-one messages: requests and results. Source: c2c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_account, check_accounts, check_choice, check_range
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from .elements import Element
from .message import ForbidCallback, Outgoing

MAX_BATCH: Final = 500


class SendMsg(Outgoing, kw_only=True):
    """Send one message to one account. Source: I34919.

    Friendship, block list and mute are not checked, and webhooks fire. If `msg_seq` or `msg_random` is not given, the
    call fills it in before the first attempt; every attempt then sends the same bytes.

    Attributes:
        to_account: the recipient, 1 to 32 bytes.
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; absent is the admin.
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        online_only_flag: 1 not stored, only online recipients get it; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
        msg_seq: u32; orders messages inside one second. Part of the message's identity.
        msg_random: u32. Part of the message's identity.
        msg_time_stamp: unix seconds; known from pages of 2020, later removed.
        forbid_callback_control: webhooks to leave out: ForbidBeforeSendMsgCallback, ForbidAfterSendMsgCallback.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        support_message_extension: 1 allows message extensions; 0 is the default.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 asks for a read receipt; 0 is the default.
    """

    to_account: str
    msg_time_stamp: int | None = None
    forbid_callback_control: Sequence[ForbidCallback] | None = None
    support_message_extension: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check accounts, ranges and elements."""
        check_account("to_account", self.to_account)
        if self.support_message_extension is not None:
            check_choice("support_message_extension", self.support_message_extension, (0, 1))
        if self.msg_time_stamp is not None:
            check_range("msg_time_stamp", self.msg_time_stamp, 0, 2**53)
        super().check()


class SendMsgResult(Result, kw_only=True):
    """The outcome of a sent message. Source: I34919.

    Attributes:
        msg_time: unix seconds at which the service accepted the message.
        msg_key: the message's key, for recall and read receipts; opaque, at most 50 characters.
        msg_id: the message's id on clients; "" if the answer does not have it.
    """

    msg_time: int = always(0)
    msg_key: str = always("")
    msg_id: str = ""


class BatchSendMsg(Outgoing, kw_only=True):
    """Send one message to 1 to 500 accounts. Source: I34920.

    The checks are those of `SendMsg`; no webhook fires. Every recipient counts as one delivery. All of them get the
    same MsgSeq and MsgRandom, so that a repeat within 120 seconds is not delivered twice.

    Attributes:
        to_account: the recipients, 1 to 500 accounts of 1 to 32 bytes.
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; absent is the admin.
        sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the
            sender's history only.
        online_only_flag: 1 neither counted as unread nor stored, and faster; 0 is the default.
        msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
        msg_seq: u32; orders messages inside one second. Part of the message's identity.
        msg_random: u32. Part of the message's identity.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        offline_push_info: offline push settings.
        is_need_read_receipt: 1 asks for a read receipt; 0 is the default.
    """

    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts, ranges and elements."""
        check_accounts("to_account", self.to_account, 1, MAX_BATCH)
        super().check()


class BatchFailure(WireStruct, kw_only=True):
    """A recipient who did not get the message.

    Attributes:
        to_account: the account.
        error_code: why, such as 70107 for an account that is not imported.
    """

    to_account: str = always("")
    error_code: int = always(0)


class BatchSendMsgResult(PartialResult, kw_only=True):
    """The outcome of a message to many. Source: I34920.

    Attributes:
        msg_key: the message's key, the same for all recipients; opaque, at most 50 characters.
        msg_id: the message's id on clients; "" if the answer does not have it.
        error_list: the recipients who did not get it; empty if all did. If none did, the call raises (90012).
    """

    msg_key: str = always("")
    msg_id: str = ""
    error_list: list[BatchFailure] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[BatchFailure]:
        """The recipients who did not get the message."""
        return self.error_list


class GetRoamMsgs(Request, kw_only=True):
    """Read a conversation's history. Source: I35478.

    Attributes:
        operator_account: the side whose view is read.
        peer_account: the other side.
        max_cnt: number of messages to return, at least 1. An answer is cut at 13 KB and may contain fewer.
        min_time: unix seconds, the first second to include.
        max_time: unix seconds, the last second to include; to continue, `last_msg_time` of the previous answer.
        last_msg_key: only to continue, `last_msg_key` of the previous answer.
    """

    _older: ClassVar = {"From_Account": "Operator_Account", "To_Account": "Peer_Account"}
    operator_account: str
    peer_account: str
    max_cnt: int
    min_time: int
    max_time: int
    last_msg_key: str | None = None

    def check(self) -> None:
        """Check accounts and ranges."""
        check_account("operator_account", self.operator_account)
        check_account("peer_account", self.peer_account)
        check_range("max_cnt", self.max_cnt, 1, U32_MAX)
        check_range("min_time", self.min_time, 0, 2**53)
        check_range("max_time", self.max_time, self.min_time, 2**53)


class RoamMsg(WireStruct, kw_only=True):
    """One message in a history.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_seq: u32.
        msg_random: u32.
        msg_time_stamp: unix seconds.
        msg_flag_bits: 0 normal, 8 recalled.
        is_peer_read: 1 when the recipient sent a read receipt.
        msg_key: the message's key.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        msg_client_time: unix seconds on the sending client; seen in third-party code only.
    """

    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_time_stamp: int = always(0)
    msg_flag_bits: int = always(0)
    is_peer_read: int = always(0)
    msg_key: str = always("")
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    msg_client_time: int | None = None

    @property
    def is_recalled(self) -> bool:
        """Whether the message was recalled; it stays in the history."""
        return bool(self.msg_flag_bits & 8)


class RoamMsgs(Result, kw_only=True):
    """A page of a conversation's history, older messages first; pages walk backwards in time. Source: I35478.

    Attributes:
        complete: 0 more to read, 1 done.
        msg_cnt: messages in this page.
        last_msg_time: `max_time` for the next page.
        last_msg_key: `last_msg_key` for the next page.
        msg_list: the messages.
    """

    complete: int = always(0)
    msg_cnt: int = always(0)
    last_msg_time: int = always(0)
    last_msg_key: str = always("")
    msg_list: list[RoamMsg] = msgspec.field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.complete == 1
