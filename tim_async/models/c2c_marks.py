"""Stored one-to-one messages: import, recall, change, delete, read marks, receipts, extensions. Source: c2c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_account, check_accounts, check_choice, check_items, check_range, check_text
from .._api.wire import PartialResult, Request, WireStruct, always
from ..errors import UsageError
from .elements import Element, check_body
from .extension import GetExtensions, SetExtensions
from .message import next_msg_random, next_msg_seq

MAX_KEYS: Final = 30
MAX_PEERS: Final = 10
KEY_MAX_BYTES: Final = 50

# SyncFromOldSystem of an import.
LIVE: Final = 5
HISTORY: Final = 2


def check_msg_key(field: str, key: str) -> None:
    """Raise `UsageError` unless a MsgKey has 1 to 50 bytes."""
    check_text(field, key, KEY_MAX_BYTES, low=1)


class ImportMsg(Request, kw_only=True):
    """Import one message; no webhook fires. Import a conversation in chronological order. Source: I35014.

    A second import with the MsgSeq, MsgRandom and MsgTimeStamp of an earlier one is dropped, whatever its content and
    whichever of the two accounts is the sender. If `msg_seq` or `msg_random` is not given, the call fills it in.

    Attributes:
        sync_from_old_system: 5 live: counted as unread and pushed; 2 history: read, and not pushed; 1 is known from
            pages of 2020 instead of 5.
        from_account: the sender.
        to_account: the recipient.
        msg_seq: u32; orders messages inside one second.
        msg_random: u32.
        msg_time_stamp: unix seconds at which the message was sent.
        msg_body: 1 or more elements, at most one of them a custom element.
        cloud_custom_data: stored with the message.
    """

    _identity: ClassVar = {"msg_seq": next_msg_seq, "msg_random": next_msg_random}
    sync_from_old_system: Literal[1, 2, 5]
    from_account: str
    to_account: str
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_time_stamp: int
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None

    def check(self) -> None:
        """Check accounts, ranges and elements."""
        check_choice("sync_from_old_system", self.sync_from_old_system, (1, HISTORY, LIVE))
        check_account("from_account", self.from_account)
        check_account("to_account", self.to_account)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        check_range("msg_time_stamp", self.msg_time_stamp, 0, 2**53)
        check_body(self.msg_body)


class RecallMsg(Request, kw_only=True):
    """Recall a message of any age that is still stored. Source: I35015.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_key: the message's key, 1 to 50 bytes.
    """

    from_account: str
    to_account: str
    msg_key: str

    def check(self) -> None:
        """Check accounts and key."""
        check_account("from_account", self.from_account)
        check_account("to_account", self.to_account)
        check_msg_key("msg_key", self.msg_key)


class ModifyMsg(Request, kw_only=True):
    """Change a stored message; this cannot be undone, and does not work for push messages. Source: I47722.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_key: the message's key, 1 to 50 bytes.
        msg_body: replaces its elements; absent keeps them.
        cloud_custom_data: replaces the app's own data; absent keeps it.
    """

    from_account: str
    to_account: str
    msg_key: str
    msg_body: Sequence[Element] | None = None
    cloud_custom_data: str | None = None

    def check(self) -> None:
        """Check accounts, key and elements, and that something changes."""
        check_account("from_account", self.from_account)
        check_account("to_account", self.to_account)
        check_msg_key("msg_key", self.msg_key)
        if self.msg_body is not None:
            check_body(self.msg_body)
        elif self.cloud_custom_data is None:
            raise UsageError("nothing would change: set msg_body, cloud_custom_data or both", field="msg_body")


class DeleteMsgs(Request, kw_only=True):
    """Delete messages from one side's history; the other side keeps them. Source: C101439.

    Attributes:
        operator_account: the side that no longer sees them.
        peer_account: the other side.
        msg_key_list: the messages' keys, 1 to 30.
    """

    operator_account: str
    peer_account: str
    msg_key_list: Sequence[str]

    def check(self) -> None:
        """Check accounts and keys."""
        check_account("operator_account", self.operator_account)
        check_account("peer_account", self.peer_account)
        if isinstance(self.msg_key_list, str):
            raise UsageError("msg_key_list must be a list of keys, not a single text", field="msg_key_list")
        check_items("msg_key_list", self.msg_key_list, 1, MAX_KEYS)
        for index, key in enumerate(self.msg_key_list):
            check_msg_key(f"msg_key_list[{index}]", key)


class DeletedMsgs(PartialResult, kw_only=True):
    """The messages that were not deleted. Source: C101439, whose answer was not read; the field is known from an SDK.

    Attributes:
        invalid_msg_key_list: the keys that match no message of the conversation; empty if all were deleted.
    """

    invalid_msg_key_list: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """The keys of the messages that were not deleted."""
        return self.invalid_msg_key_list


class MarkRead(Request, kw_only=True):
    """Mark the messages that an account received from another one as read, clearing its unread count. Source: I38996.

    Attributes:
        report_account: the account that has read.
        peer_account: the account that wrote.
        msg_read_time: unix seconds, a number or (in older pages) a text of digits: messages up to this time are read;
            absent is now.
    """

    report_account: str
    peer_account: str
    msg_read_time: int | str | None = None

    def check(self) -> None:
        """Check accounts and time."""
        check_account("report_account", self.report_account)
        check_account("peer_account", self.peer_account)
        if isinstance(self.msg_read_time, str):
            if not (self.msg_read_time.isascii() and self.msg_read_time.isdigit() and len(self.msg_read_time) <= 16):
                raise UsageError("msg_read_time must be unix seconds, in digits", field="msg_read_time")
        else:
            check_range("msg_read_time", self.msg_read_time, 0, 2**53)


class GetUnread(Request, kw_only=True):
    """Query how many messages an account has not read. Source: I41046.

    Attributes:
        to_account: the account.
        peer_account: 1 to 10 accounts: the number from each of them; absent is the total.
    """

    to_account: str
    peer_account: Sequence[str] | None = None

    def check(self) -> None:
        """Check the accounts."""
        check_account("to_account", self.to_account)
        check_accounts("peer_account", self.peer_account, 1, MAX_PEERS)


class UnreadCount(WireStruct, kw_only=True):
    """The number of unread messages from one account.

    Attributes:
        peer_account: the sender.
        c2c_unread_msg_num: their number.
    """

    peer_account: str = always("")
    c2c_unread_msg_num: int = always(0)


class UnreadFailure(WireStruct, kw_only=True):
    """An account whose count could not be read.

    Attributes:
        peer_account: the account.
        error_code: why, such as 70107 for one that is not imported.
    """

    peer_account: str = always("")
    error_code: int = always(0)


class Unread(PartialResult, kw_only=True):
    """Numbers of unread messages. Source: I41046.

    Attributes:
        all_c2c_unread_msg_num: the total over all conversations; None if the numbers of some accounts were requested.
        c2c_unread_msg_num_list: the number for each requested account.
        error_list: accounts whose count could not be read.
    """

    all_c2c_unread_msg_num: int | None = None
    c2c_unread_msg_num_list: list[UnreadCount] = msgspec.field(default_factory=list)
    error_list: list[UnreadFailure] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[UnreadFailure]:
        """The accounts whose count could not be read."""
        return self.error_list


class ReadMsg(WireStruct, kw_only=True):
    """A message that was read.

    Attributes:
        from_account: the sender, the request's `peer_account`.
        to_account: the recipient, the request's `operator_account`.
        msg_key: the message's key, 1 to 50 bytes.
    """

    from_account: str
    to_account: str
    msg_key: str


class SendReadReceipts(Request, kw_only=True):
    """Report to the sender that messages were read; sets `is_peer_read` of the history to 1. Source: I77776.

    Attributes:
        operator_account: the account that has read.
        peer_account: the account that wrote.
        c2c_msg_info: the messages, all from `peer_account` to `operator_account`.
    """

    operator_account: str
    peer_account: str
    c2c_msg_info: Sequence[ReadMsg]

    def check(self) -> None:
        """Check accounts, and that the messages are of this conversation and direction."""
        check_account("operator_account", self.operator_account)
        check_account("peer_account", self.peer_account)
        check_items("c2c_msg_info", self.c2c_msg_info, 1, 2**31)
        for index, message in enumerate(self.c2c_msg_info):
            where = f"c2c_msg_info[{index}]"
            check_msg_key(f"{where}.msg_key", message.msg_key)
            if message.from_account != self.peer_account:
                raise UsageError(
                    f"{where}.from_account must be the same as peer_account", field=f"{where}.from_account"
                )
            if message.to_account != self.operator_account:
                raise UsageError(
                    f"{where}.to_account must be the same as operator_account", field=f"{where}.to_account"
                )


class GetMsgExtensions(GetExtensions, kw_only=True):
    """Read one page of a message's key/values. Source: I51194.

    Attributes:
        from_account: the message's sender; absent is the admin.
        to_account: the recipient.
        msg_key: the message's key, 1 to 50 bytes.
        start_seq: only pairs of this version and later ones.
    """

    from_account: str | None = None
    to_account: str
    msg_key: str

    def check(self) -> None:
        """Check accounts, key and version."""
        _check_place(self)
        super().check()


class SetMsgExtensions(SetExtensions, kw_only=True):
    """Set, delete or clear a message's key/values. Source: I51195.

    The message must have been sent with `support_message_extension` 1.

    Attributes:
        from_account: the message's sender; absent is the admin.
        to_account: the recipient.
        msg_key: the message's key, 1 to 50 bytes.
        operate_type: 1 set, 2 delete, 3 clear all.
        extension_list: 1 to 20 pairs, for 1 and 2.
    """

    from_account: str | None = None
    to_account: str
    msg_key: str

    def check(self) -> None:
        """Check accounts, key and pairs."""
        _check_place(self)
        super().check()


def _check_place(request: GetMsgExtensions | SetMsgExtensions) -> None:
    if request.from_account is not None:
        check_account("from_account", request.from_account)
    check_account("to_account", request.to_account)
    check_msg_key("msg_key", request.msg_key)
