"""Group messages, their history and receipts: requests and results. Source: I34959 and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import (
    U32_MAX,
    check_account,
    check_accounts,
    check_choice,
    check_group_id,
    check_items,
    check_range,
    check_text,
)
from .._api.lints import log_lints
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError
from .elements import Element, check_body
from .extension import GetExtensions, SetExtensions
from .message import ForbidCallback, SendMsgControl, next_random
from .offline_push import OfflinePushInfo

MAX_RECALLS: Final = 10
MAX_IMPORTS: Final = 7
MAX_HISTORY: Final = 20
MAX_NOTIFIED: Final = 500
MAX_TARGETS: Final = 50
MAX_MENTIONS: Final = 30
MAX_RECEIPTS: Final = 50
MAX_READERS: Final = 200
REASON_MAX_BYTES: Final = 100


class GroupAt(WireStruct, kw_only=True):
    """One mention in a message.

    Attributes:
        group_at_all_flag: 1 mentions everyone, 0 the account.
        group_at_account: the mentioned account.
    """

    # A number, not a Literal: answers have it too, and a new value must not break decoding a history.
    group_at_all_flag: int | None = None
    group_at_account: str | None = None


class SendGroupMsg(Request, kw_only=True):
    """Send a message to a group. Source: I34959.

    The sender need not be a member. If `random` is not given, the call fills it in before the first attempt; every
    attempt then sends the same bytes, and the service drops the repeat.

    Attributes:
        group_id: the group.
        random: u32; the message's identity: the service drops a second message with the same value within five minutes.
        msg_priority: High, Normal (default), Low or Lowest; over the group's limit, lower ones are dropped first.
        msg_body: 1 or more elements, at most one of them a custom element.
        from_account: the shown sender; absent is the admin.
        offline_push_info: offline push settings.
        forbid_callback_control: webhooks to leave out: ForbidBeforeSendMsgCallback, ForbidAfterSendMsgCallback.
        online_only_flag: 1 not stored, only online members get it; 0 is the default. Not for live groups.
        send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
        cloud_custom_data: stored with the message and delivered.
        group_at_info: mentions, at most 30.
        support_message_extension: 1 allows message extensions; 0 is the default.
        to_account: only these members get it, 1 to 50; it is not counted as unread.
        topic_id: the topic, in a community with topics.
        need_read_receipt: 1 asks for read receipts; 0 is the default.
    """

    _identity: ClassVar = {"random": next_random}
    _older: ClassVar = {"MsgRandom": "Random", "MsgOnlineOnlyFlag": "OnlineOnlyFlag"}
    group_id: str
    from_account: str | None = None
    random: int | None = None
    msg_priority: Literal["High", "Normal", "Low", "Lowest"] | None = None
    topic_id: str | None = None
    to_account: Sequence[str] | None = None
    online_only_flag: Literal[0, 1] | None = None
    need_read_receipt: Literal[0, 1] | None = None
    forbid_callback_control: Sequence[ForbidCallback] | None = None
    send_msg_control: Sequence[SendMsgControl] | None = None
    group_at_info: Sequence[GroupAt] | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None
    support_message_extension: Literal[0, 1] | None = None
    offline_push_info: OfflinePushInfo | None = None

    def check(self) -> None:
        """Check ids, accounts, ranges, mentions and elements."""
        check_group_id("group_id", self.group_id)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        check_range("random", self.random, 0, U32_MAX)
        check_choice("msg_priority", self.msg_priority, ("High", "Normal", "Low", "Lowest"))
        check_accounts("to_account", self.to_account, 1, MAX_TARGETS)
        for name in ("online_only_flag", "need_read_receipt", "support_message_extension"):
            check_choice(name, getattr(self, name), (0, 1))
        if self.group_at_info is not None:
            _check_mentions(self.group_at_info)
        check_body(self.msg_body)
        if self.offline_push_info is not None:
            self.offline_push_info.check()


def _check_mentions(mentions: Sequence[GroupAt]) -> None:
    check_items("group_at_info", mentions, 0, MAX_MENTIONS)
    for index, mention in enumerate(mentions):
        where = f"group_at_info[{index}]"
        check_choice(f"{where}.group_at_all_flag", mention.group_at_all_flag, (0, 1))
        if mention.group_at_account is not None:
            check_account(f"{where}.group_at_account", mention.group_at_account)
        elif mention.group_at_all_flag != 1:
            raise UsageError(
                f"{where} mentions no member: set group_at_account, or group_at_all_flag to 1", field=where
            )


class SendGroupMsgResult(PartialResult, kw_only=True):
    """The outcome of a message. Source: I34959.

    Attributes:
        msg_time: unix seconds at which the service accepted the message.
        msg_seq: its number in the group, or in the topic; counts up from 1.
        msg_drop_reason: why the message was dropped although the answer is OK, such as `MsgFreqCtrl` (too many messages
            in the group); None or "" if it was not.
    """

    msg_time: int = always(0)
    msg_seq: int = always(0)
    msg_drop_reason: str | None = None

    @property
    def failed(self) -> list[str]:
        """The reason why the message was dropped; empty if it was not."""
        return [self.msg_drop_reason] if self.msg_drop_reason else []


class SendSystemNotification(Request, kw_only=True):
    """Send a notification to a group: not a message, not stored, only for online members. Source: I34958.

    Attributes:
        group_id: the group.
        to_members_account: the members who get it, 1 to 500; absent is everyone.
        content: the text.
        topic_id: the topic, in a community with topics.
    """

    group_id: str
    to_members_account: Sequence[str] | None = None
    content: str
    topic_id: str | None = None

    def check(self) -> None:
        """Check ids and accounts; an empty list is refused, because for the service it means everyone."""
        check_group_id("group_id", self.group_id)
        check_accounts("to_members_account", self.to_members_account, 1, MAX_NOTIFIED)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)


class MsgSeqItem(WireStruct, kw_only=True):
    """Identifies one message of a group.

    Attributes:
        msg_seq: its number.
    """

    msg_seq: int


def _check_seqs(items: Sequence[MsgSeqItem], high: int) -> None:
    check_items("msg_seq_list", items, 1, high)
    for index, item in enumerate(items):
        check_range(f"msg_seq_list[{index}].msg_seq", item.msg_seq, 0, U32_MAX)


class RecallGroupMsgs(Request, kw_only=True):
    """Recall 1 to 10 messages of a group. Source: I34965.

    Attributes:
        group_id: the group.
        msg_seq_list: the messages.
        topic_id: the topic, in a community with topics.
        reason: stored and not displayed, up to 100 bytes.
    """

    group_id: str
    topic_id: str | None = None
    msg_seq_list: Sequence[MsgSeqItem]
    reason: str | None = None

    def check(self) -> None:
        """Check ids, the number of messages, and the reason's length."""
        check_group_id("group_id", self.group_id)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)
        _check_seqs(self.msg_seq_list, MAX_RECALLS)
        check_text("reason", self.reason, REASON_MAX_BYTES)


class RecallOutcome(WireStruct, kw_only=True):
    """Outcome for one message.

    Attributes:
        msg_seq: its number.
        ret_code: 0 is success; 10030 no such message, 10032 it cannot be recalled.
    """

    msg_seq: int = always(0)
    ret_code: int = always(0)


class RecallGroupMsgsResult(PartialResult, kw_only=True):
    """Outcome message by message. Source: I34965.

    Attributes:
        recall_ret_list: one entry per message.
    """

    recall_ret_list: list[RecallOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[RecallOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.recall_ret_list if outcome.ret_code != 0]


class ImportedGroupMsg(WireStruct, kw_only=True):
    """One message of an import.

    Attributes:
        from_account: the sender.
        send_time: unix seconds.
        random: u32; of two messages with the same value within five minutes the later one is dropped.
        msg_body: 1 or more elements, at most one of them a custom element.
    """

    from_account: str
    send_time: int
    random: int | None = None
    msg_body: Sequence[Element]


class ImportGroupMsgs(Request, kw_only=True):
    """Import 1 to 7 messages, the oldest first; they fire no webhook and are not pushed. Source: I34968.

    Attributes:
        group_id: the group.
        recent_contact_flag: 1 brings the group to the top of its members' conversations; 0 is the default.
        msg_list: the messages.
        topic_id: the topic, in a community with topics.
    """

    group_id: str
    topic_id: str | None = None
    recent_contact_flag: Literal[0, 1] | None = None
    msg_list: Sequence[ImportedGroupMsg]

    def check(self) -> None:
        """Check ids, the number of messages, and each of them."""
        check_group_id("group_id", self.group_id)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)
        check_choice("recent_contact_flag", self.recent_contact_flag, (0, 1))
        check_items("msg_list", self.msg_list, 1, MAX_IMPORTS)
        for index, message in enumerate(self.msg_list):
            where = f"msg_list[{index}]"
            check_account(f"{where}.from_account", message.from_account)
            check_range(f"{where}.send_time", message.send_time, 0, 2**53)
            check_range(f"{where}.random", message.random, 0, U32_MAX)
            check_body(message.msg_body, field=f"{where}.msg_body")


class ImportOutcome(WireStruct, kw_only=True):
    """Outcome for one message of an import.

    Attributes:
        result: 0 is success; 10004 the time is invalid, 80001 the text was blocked, 80002 the message is too long.
        msg_time: unix seconds.
        msg_seq: the number of the message.
    """

    result: int = always(0)
    msg_time: int = always(0)
    msg_seq: int = always(0)


class ImportGroupMsgsResult(PartialResult, kw_only=True):
    """Outcome message by message, in the order of the request. Source: I34968.

    Attributes:
        import_msg_result: one entry per message.
    """

    import_msg_result: list[ImportOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[ImportOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.import_msg_result if outcome.result != 0]


class SetUnreadMsgNum(Request, kw_only=True):
    """Set a member's number of unread messages in a group. Source: I34909.

    Attributes:
        group_id: the group; not a live group.
        member_account: the member.
        unread_msg_num: the count, 0 or more.
    """

    group_id: str
    member_account: str
    unread_msg_num: int

    def check(self) -> None:
        """Check id, account and count."""
        check_group_id("group_id", self.group_id)
        check_account("member_account", self.member_account)
        check_range("unread_msg_num", self.unread_msg_num, 0, U32_MAX)


class DeleteMsgsBySender(Request, kw_only=True):
    """Delete one sender's messages among a group's last 1,000; this cannot be undone. Source: I34970.

    Attributes:
        group_id: the group; not a live group.
        sender_account: the sender.
        topic_id: the topic, in a community with topics.
    """

    group_id: str
    sender_account: str
    topic_id: str | None = None

    def check(self) -> None:
        """Check ids and account."""
        check_group_id("group_id", self.group_id)
        check_account("sender_account", self.sender_account)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)


class GetGroupMsgs(Request, kw_only=True):
    """Read a page of a group's history. Source: I34971.

    Attributes:
        group_id: the group; a live group has no history.
        req_msg_number: number of messages to return, 1 or more; an answer has at most 20.
        req_msg_seq: the highest number to include; absent is the newest.
        with_recalled_msg: 1 includes recalled messages; 0 is the default.
        topic_id: the topic, in a community with topics.
    """

    group_id: str
    topic_id: str | None = None
    req_msg_number: int
    req_msg_seq: int | None = None
    with_recalled_msg: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check ids and ranges."""
        check_group_id("group_id", self.group_id)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)
        check_range("req_msg_number", self.req_msg_number, 1, U32_MAX)
        if self.req_msg_number > MAX_HISTORY:
            log_lints(("group_msg_get_simple for more than 20 messages: an answer has at most 20 (I34971)",))
        check_range("req_msg_seq", self.req_msg_seq, 0, U32_MAX)
        check_choice("with_recalled_msg", self.with_recalled_msg, (0, 1))


class GroupMsg(WireStruct, kw_only=True):
    """One message of a group's history.

    Attributes:
        from_account: the sender.
        is_place_msg: 0 a message; 1 the place of one that was deleted or has expired, without content; 2 recalled.
        is_system_msg: 1 for a system message.
        msg_priority: 1 high, 2 normal, 3 low, 4 lowest; text if the service sends text, such as High.
        msg_random: u32; the sender's Random.
        msg_seq: its number in the group, or in the topic.
        msg_time_stamp: unix seconds.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
    """

    from_account: str = always("")
    is_place_msg: int = always(0)
    is_system_msg: int | None = None
    msg_priority: int | str = always(0)
    msg_random: int = always(0)
    msg_seq: int = always(0)
    msg_time_stamp: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether this is only the place of a message that was deleted or has expired."""
        return self.is_place_msg == 1

    @property
    def is_recalled(self) -> bool:
        """Whether the message was recalled."""
        return self.is_place_msg == 2


class GroupMsgs(Result, kw_only=True):
    """A page of a group's history, newer messages first. Source: I34971.

    Attributes:
        group_id: the group.
        is_finished: 1 all requested messages are here, 0 they did not fit into one answer, 2 they did not fit and all
            have expired. None of them says whether there are older messages.
        rsp_msg_list: the messages.
    """

    group_id: str = always("")
    is_finished: int = always(0)
    rsp_msg_list: list[GroupMsg] = msgspec.field(default_factory=list)

    @property
    def next_req_msg_seq(self) -> int | None:
        """The `req_msg_seq` of the page before this one in time; None if there cannot be one."""
        if self.is_finished == 2 or not self.rsp_msg_list:
            return None
        lowest = min(message.msg_seq for message in self.rsp_msg_list)
        return lowest - 1 if lowest > 1 else None


class BroadcastMsg(Request, kw_only=True):
    """Send a message to every live group of the app. Source: I49440.

    Attributes:
        from_account: the shown sender; absent is the admin.
        random: u32; the message's identity: the service drops a second message with the same value within five minutes.
        msg_body: 1 or more elements, at most one of them a custom element.
        cloud_custom_data: delivered with the message.
    """

    _identity: ClassVar = {"random": next_random}
    from_account: str | None = None
    random: int | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None

    def check(self) -> None:
        """Check account, range and elements."""
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        check_range("random", self.random, 0, U32_MAX)
        check_body(self.msg_body)


class BroadcastMsgResult(Result, kw_only=True):
    """The outcome of a broadcast. Source: I49440.

    Attributes:
        msg_seq: its number.
    """

    msg_seq: int = always(0)


class ModifyGroupMsg(Request, kw_only=True):
    """Change a stored message; this cannot be undone. Fields that are not given stay unchanged. Source: I47948.

    Attributes:
        group_id: the group; not a live group.
        msg_seq: the message.
        msg_body: the new elements.
        cloud_custom_data: the app's new data.
        topic_id: the topic, in a community with topics.
    """

    group_id: str
    topic_id: str | None = None
    msg_seq: int
    msg_body: Sequence[Element] | None = None
    cloud_custom_data: str | None = None

    def check(self) -> None:
        """Check ids and elements, and that something changes."""
        check_group_id("group_id", self.group_id)
        if self.topic_id is not None:
            check_group_id("topic_id", self.topic_id)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
        if self.msg_body is not None:
            check_body(self.msg_body)
        elif self.cloud_custom_data is None:
            raise UsageError("nothing would change: set msg_body, cloud_custom_data or both", field="msg_body")


class GetGroupMsgReceipts(Request, kw_only=True):
    """Query how many members have read messages of a group. Source: I49439.

    Attributes:
        group_id: the group.
        msg_seq_list: the messages, at least 1.
    """

    group_id: str
    msg_seq_list: Sequence[MsgSeqItem]

    def check(self) -> None:
        """Check id and messages."""
        check_group_id("group_id", self.group_id)
        _check_seqs(self.msg_seq_list, U32_MAX)


class GroupMsgReceipt(WireStruct, kw_only=True):
    """Receipt of one message.

    Attributes:
        code: 0 is success; 10062 if no receipt was requested.
        msg_seq: the message.
        read_num: members who have read it.
        unread_num: members who have not.
    """

    code: int = always(0)
    msg_seq: int = always(0)
    read_num: int = always(0)
    unread_num: int = always(0)


class GroupMsgReceipts(PartialResult, kw_only=True):
    """Receipts message by message. Source: I49439.

    Attributes:
        group_msg_receipt_list: one entry per message.
    """

    group_msg_receipt_list: list[GroupMsgReceipt] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[GroupMsgReceipt]:
        """The entries that failed."""
        return [receipt for receipt in self.group_msg_receipt_list if receipt.code != 0]


class GetReceiptDetail(Request, kw_only=True):
    """Query who has read a message of a group, or who has not. Source: I49438.

    Attributes:
        group_id: the group.
        msg_seq: the message.
        filter: 0 those who have read it, 1 those who have not.
        cursor: "" for the first page, then the `cursor` of the previous page.
        count: members per page, 1 to 200.
    """

    group_id: str
    msg_seq: int
    filter: Literal[0, 1]
    cursor: str
    count: int

    def check(self) -> None:
        """Check id and ranges."""
        check_group_id("group_id", self.group_id)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
        check_choice("filter", self.filter, (0, 1))
        check_range("count", self.count, 1, MAX_READERS)


class ReadItem(WireStruct, kw_only=True):
    """A member who has read a message.

    Attributes:
        read_account: the member.
    """

    read_account: str = always("")


class UnreadItem(WireStruct, kw_only=True):
    """A member who has not read a message.

    Attributes:
        unread_account: the member.
    """

    unread_account: str = always("")


class ReceiptDetail(Result, kw_only=True):
    """A page of the members who have read a message, or have not. Source: I49438.

    Attributes:
        is_finish: 1 for the last page; the spelling `IsFinished` in the document's table is accepted too.
        msg_seq: the message.
        read_list: those who have read it, with filter 0.
        unread_list: those who have not, with filter 1.
        cursor: `cursor` of the next page.
    """

    _older: ClassVar = {"IsFinished": "IsFinish"}
    is_finish: int = always(0)
    msg_seq: int = always(0)
    read_list: list[ReadItem] = msgspec.field(default_factory=list)
    unread_list: list[UnreadItem] = msgspec.field(default_factory=list)
    cursor: str = always("")

    @property
    def accounts(self) -> list[str]:
        """The members, of the requested kind."""
        return [*(item.read_account for item in self.read_list), *(item.unread_account for item in self.unread_list)]

    @property
    def next_cursor(self) -> str | None:
        """The `cursor` of the next page; None after the last one."""
        return None if self.is_finish == 1 or not self.cursor else self.cursor


class ReportReceipts(Request, kw_only=True):
    """Report that a member has read 1 to 50 messages, in a group of at most 200 members. Source: C107478.

    Attributes:
        group_id: the group.
        from_account: the member.
        msg_seq_list: the messages.
    """

    group_id: str
    from_account: str
    msg_seq_list: Sequence[MsgSeqItem]

    def check(self) -> None:
        """Check id, account and the number of messages."""
        check_group_id("group_id", self.group_id)
        check_account("from_account", self.from_account)
        _check_seqs(self.msg_seq_list, MAX_RECEIPTS)


class ClearGroupMsgs(Request, kw_only=True):
    """Hide stored messages from clients; the admin can still read them. Source: I65970.

    Attributes:
        group_id: the group.
        msg_seq: messages up to this one; absent is all.
    """

    group_id: str
    msg_seq: int | None = None

    def check(self) -> None:
        """Check id and range."""
        check_group_id("group_id", self.group_id)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)


class GetGroupExtensions(GetExtensions, kw_only=True):
    """Read the key/values of a message of a group. Source: I52169.

    Attributes:
        group_id: the group.
        msg_seq: the message.
        start_seq: only pairs of this version and later ones.
    """

    group_id: str
    msg_seq: int

    def check(self) -> None:
        """Check id and ranges."""
        super().check()
        check_group_id("group_id", self.group_id)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)


class SetGroupExtensions(SetExtensions, kw_only=True):
    """Set, delete or clear the key/values of a message of a group. Source: I52170.

    Attributes:
        group_id: the group.
        msg_seq: the message.
        operate_type: 1 set, 2 delete, 3 clear all.
        extension_list: 1 to 20 pairs, for 1 and 2.
    """

    group_id: str
    msg_seq: int

    def check(self) -> None:
        """Check id, range and pairs."""
        super().check()
        check_group_id("group_id", self.group_id)
        check_range("msg_seq", self.msg_seq, 0, U32_MAX)
