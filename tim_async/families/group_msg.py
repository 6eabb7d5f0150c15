"""Group messages: sending, history, recall, receipts, key/values."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from .._api.endpoint import Endpoint, Family, Rate
from ..models.common import Empty
from ..models.elements import StreamElem, TextElem
from ..models.extension import Extension, Extensions, SetExtensionsResult
from ..models.group_msg import (
    MAX_HISTORY,
    MAX_READERS,
    MAX_RECALLS,
    MAX_RECEIPTS,
    BroadcastMsg,
    BroadcastMsgResult,
    ClearGroupMsgs,
    DeleteMsgsBySender,
    GetGroupExtensions,
    GetGroupMsgReceipts,
    GetGroupMsgs,
    GetReceiptDetail,
    GroupMsg,
    GroupMsgReceipts,
    GroupMsgs,
    ImportGroupMsgs,
    ImportGroupMsgsResult,
    ModifyGroupMsg,
    MsgSeqItem,
    RecallGroupMsgs,
    RecallGroupMsgsResult,
    ReceiptDetail,
    ReportReceipts,
    SendGroupMsg,
    SendGroupMsgResult,
    SendSystemNotification,
    SetGroupExtensions,
    SetUnreadMsgNum,
)
from ..models.group_stream import SendGroupStreamMsg, SendGroupStreamMsgResult
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_once, pages
from ._streaming import END_TIMEOUT_S, KEEP_ALIVE_S, PACE_S, MessageStream

# Deleting by sender reaches back 1,000 messages (I34970): this many empty places in a row mean expired history, which
# extends down to the group's first message without any remaining message.
MAX_GONE_IN_A_ROW: Final = 1_000


class GroupMessages(Family, name="group_msg"):
    """Group messages, their history and receipts."""

    send: Final = Endpoint(
        "group_open_http_svc/send_group_msg",
        SendGroupMsg,
        SendGroupMsgResult,
        doc="I34959",
        limits=(Rate(40, key="group_id"), Rate(200)),
        repeat="identity",
        has_body_limit=True,
    )
    """Send a message to a group."""
    send_system_notification: Final = Endpoint(
        "group_open_http_svc/send_group_system_notification", SendSystemNotification, Empty, doc="I34958"
    )
    """Send a notice to the online members of a group."""
    recall: Final = Endpoint(
        "group_open_http_svc/group_msg_recall",
        RecallGroupMsgs,
        RecallGroupMsgsResult,
        doc="I34965",
        repeat="always",
        danger="deletes",
    )
    """Recall 1 to 10 messages."""
    import_msgs: Final = Endpoint(
        "group_open_http_svc/import_group_msg", ImportGroupMsgs, ImportGroupMsgsResult, doc="I34968"
    )
    """Import 1 to 7 messages."""
    set_unread_num: Final = Endpoint(
        "group_open_http_svc/set_unread_msg_num", SetUnreadMsgNum, Empty, doc="I34909", repeat="always"
    )
    """Set a member's number of unread messages."""
    delete_by_sender: Final = Endpoint(
        "group_open_http_svc/delete_group_msg_by_sender", DeleteMsgsBySender, Empty, doc="I34970", danger="deletes"
    )
    """Delete one sender's messages among the last 1,000."""
    get_history: Final = Endpoint(
        "group_open_http_svc/group_msg_get_simple", GetGroupMsgs, GroupMsgs, doc="I34971", repeat="always"
    )
    """Read one page of a group's history."""
    broadcast: Final = Endpoint(
        "group_open_http_svc/send_broadcast_msg",
        BroadcastMsg,
        BroadcastMsgResult,
        doc="I49440",
        limits=(Rate(1),),
        repeat="identity",
        has_body_limit=True,
        danger="reaches_all",
    )
    """Send a message to every live group."""
    modify: Final = Endpoint(
        "openim/modify_group_msg", ModifyGroupMsg, Empty, doc="I47948", repeat="always", has_body_limit=True
    )
    """Change a stored message."""
    get_receipts: Final = Endpoint(
        "group_open_http_svc/get_group_msg_receipt",
        GetGroupMsgReceipts,
        GroupMsgReceipts,
        doc="I49439",
        repeat="always",
    )
    """Query how many members have read messages."""
    get_receipt_detail: Final = Endpoint(
        "group_open_http_svc/get_group_msg_receipt_detail",
        GetReceiptDetail,
        ReceiptDetail,
        doc="I49438",
        repeat="always",
    )
    """Read one page of the members who have read a message, or have not."""
    report_receipts: Final = Endpoint(
        "group_open_http_svc/group_msg_receipt", ReportReceipts, Empty, doc="C107478", repeat="always"
    )
    """Report that a member has read 1 to 50 messages."""
    clear: Final = Endpoint(
        "group_open_http_svc/clear_group_msg", ClearGroupMsgs, Empty, doc="I65970", danger="deletes"
    )
    """Hide stored messages from clients."""
    get_extensions: Final = Endpoint(
        "openim_msg_ext_http_svc/group_get_key_values",
        GetGroupExtensions,
        Extensions,
        doc="I52169",
        repeat="always",
    )
    """Read one page of a message's key/values."""
    set_extensions: Final = Endpoint(
        "openim_msg_ext_http_svc/group_set_key_values",
        SetGroupExtensions,
        SetExtensionsResult,
        doc="I52170",
        repeat="always",
        danger="deletes",
    )
    """Set, delete or clear a message's key/values."""

    send_stream: Final = Endpoint(
        "stream_msg/send_group_stream_msg",
        SendGroupStreamMsg,
        SendGroupStreamMsgResult,
        doc="C128597",
        not_read="its answer and its codes",
        limits=(Rate(5, key="stream_msg_id"), Rate(200)),
    )
    """Start a streamed message, or add to one; `stream` does both, and ends it."""

    def stream(
        self,
        group_id: str,
        *,
        from_account: str | None = None,
        compatible_text: str | None = None,
        cloud_custom_data: str | None = None,
        pace: float = PACE_S,
        keep_alive: float | None = KEEP_ALIVE_S,
        end_timeout: float = END_TIMEOUT_S,
    ) -> MessageStream[SendGroupStreamMsgResult]:
        """Stream a growing text to a group, as `client.c2c.stream` does to an account.

        Args:
            group_id: the group.
            from_account: the shown sender; None is the admin.
            compatible_text: shown by clients that do not support streamed messages.
            cloud_custom_data: stored with the message and delivered.
            pace: minimum seconds between two calls; text written meanwhile is sent together.
            keep_alive: seconds without a call after which an empty piece is sent, because the service ends a stream
                that gets nothing for 15 s; None sends none.
            end_timeout: seconds that the end may take if the block was left by an exception or is cancelled.

        Raises:
            UsageError: an argument is invalid.
        """
        message = SendGroupStreamMsg(
            group_id=group_id, from_account=from_account, cloud_custom_data=cloud_custom_data, msg_body=()
        )

        async def call(element: StreamElem) -> SendGroupStreamMsgResult:
            request = copy.copy(message)  # each call has its own identity
            request.msg_body = [element]
            request.stream_msg_id = element.stream_msg_id  # as in the reference; another client has it in the element
            return await self.client.call(GroupMessages.send_stream, request)

        def check(element: StreamElem) -> None:
            msgspec.structs.replace(message, msg_body=[element]).check()

        return MessageStream(
            call,
            check,
            compatible_text=compatible_text,
            pace=pace,
            keep_alive=keep_alive,
            end_timeout=end_timeout,
        )

    async def send_text(
        self, group_id: str, text: str, *, from_account: str | None = None, topic_id: str | None = None
    ) -> SendGroupMsgResult:
        """Send a text: `send` with a single text element; raises the same errors.

        Args:
            group_id: the group.
            text: the content.
            from_account: the shown sender; None is the admin.
            topic_id: the topic, in a community with topics.
        """
        return await self.send(
            group_id=group_id, topic_id=topic_id, from_account=from_account, msg_body=[TextElem(text=text)]
        )

    async def iter_history(
        self,
        group_id: str,
        *,
        topic_id: str | None = None,
        newest_seq: int | None = None,
        with_recalled: bool = False,
        page_size: int = MAX_HISTORY,
    ) -> AsyncIterator[GroupMsg]:
        """Read a group's history, newest message first, fetching pages on demand.

        Deleted and expired messages are left out. It ends at the group's first message, or after 1,000 such gaps in a
        row.

        Args:
            group_id: the group.
            topic_id: the topic, in a community with topics.
            newest_seq: the highest MsgSeq to include; None for the newest message.
            with_recalled: whether to include recalled messages; those have `is_recalled`.
            page_size: messages per call, 1 to 20.
        """

        async def fetch(seq: int) -> GroupMsgs:
            return await self.get_history(
                group_id=group_id,
                topic_id=topic_id,
                req_msg_number=page_size,
                req_msg_seq=None if seq == _NEWEST else seq,
                with_recalled_msg=1 if with_recalled else None,
            )

        gone = 0
        lowest: int | None = None
        first = _NEWEST if newest_seq is None else newest_seq
        async for page in pages(GroupMessages.get_history.command, fetch, first, lambda page: page.next_req_msg_seq):
            for message in sorted(page.rsp_msg_list, key=lambda message: message.msg_seq, reverse=True):
                if lowest is not None and message.msg_seq >= lowest:
                    continue  # a page may overlap the previous one
                lowest = message.msg_seq
                gone = gone + 1 if message.is_gone else 0
                if not message.is_gone and (with_recalled or not message.is_recalled):
                    yield message
            if gone >= MAX_GONE_IN_A_ROW:
                return

    async def recall_all(
        self, group_id: str, msg_seqs: Items[int], *, topic_id: str | None = None, reason: str | None = None
    ) -> Chunked[int, RecallGroupMsgsResult]:
        """Recall any number of messages, 10 per call.

        Args:
            group_id: the group.
            msg_seqs: the messages' numbers.
            topic_id: the topic, in a community with topics.
            reason: up to 100 bytes.
        """

        async def recall(some: Sequence[int]) -> RecallGroupMsgsResult:
            return await self.recall(group_id=group_id, topic_id=topic_id, msg_seq_list=_items(some), reason=reason)

        return await in_chunks("msg_seqs", msg_seqs, MAX_RECALLS, recall)

    async def report_all_receipts(self, group_id: str, from_account: str, msg_seqs: Items[int]) -> Chunked[int, Empty]:
        """Report that a member has read any number of messages, 50 per call.

        Args:
            group_id: the group.
            from_account: the member.
            msg_seqs: the messages' numbers.
        """

        async def report(some: Sequence[int]) -> Empty:
            return await self.report_receipts(group_id=group_id, from_account=from_account, msg_seq_list=_items(some))

        return await in_chunks("msg_seqs", msg_seqs, MAX_RECEIPTS, report)

    async def iter_readers(
        self, group_id: str, msg_seq: int, *, unread: bool = False, page_size: int = MAX_READERS
    ) -> AsyncIterator[str]:
        """Read the members who have read a message, fetching pages on demand.

        Args:
            group_id: the group.
            msg_seq: the message.
            unread: whether to return those who have not read it instead.
            page_size: members per call, 1 to 200.
        """

        async def fetch(cursor: str) -> ReceiptDetail:
            return await self.get_receipt_detail(
                group_id=group_id, msg_seq=msg_seq, filter=1 if unread else 0, cursor=cursor, count=page_size
            )

        async for page in pages(GroupMessages.get_receipt_detail.command, fetch, "", lambda page: page.next_cursor):
            for account in page.accounts:
                yield account

    async def iter_extensions(self, group_id: str, msg_seq: int, *, start_seq: int = 0) -> AsyncIterator[Extension]:
        """Read a message's key/values by version, fetching pages on demand.

        Args:
            group_id: the group.
            msg_seq: the message.
            start_seq: only pairs of this version and later ones.
        """

        async def fetch(seq: int) -> Extensions:
            return await self.get_extensions(group_id=group_id, msg_seq=msg_seq, start_seq=seq)

        async for pair in entries_once(
            GroupMessages.get_extensions.command,
            fetch,
            start_seq,
            lambda page: page.next_start_seq,
            lambda page: page.extension_list,
            lambda pair: (pair.key, pair.seq),
        ):
            yield pair


# Stands for "the newest message"; no message has this number.
_NEWEST: Final = -1


def _items(msg_seqs: Sequence[int]) -> list[MsgSeqItem]:
    return [MsgSeqItem(msg_seq=seq) for seq in msg_seqs]
