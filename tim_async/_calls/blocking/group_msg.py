"""Group messages, their history and receipts.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily, BlockingStream
from ...families._chunks import Chunked
from ...families.group_msg import GroupMessages
from ...models.common import Empty
from ...models.elements import Element
from ...models.extension import Extension, ExtensionItem, Extensions, SetExtensionsResult
from ...models.group_msg import (
    BroadcastMsgResult,
    GroupAt,
    GroupMsg,
    GroupMsgReceipts,
    GroupMsgs,
    ImportGroupMsgsResult,
    ImportedGroupMsg,
    MsgSeqItem,
    RecallGroupMsgsResult,
    ReceiptDetail,
    SendGroupMsgResult,
)
from ...models.group_stream import SendGroupStreamMsgResult
from ...models.offline_push import OfflinePushInfo


class BlockingGroupMessagesCalls(BlockingFamily[GroupMessages], table=GroupMessages):
    """Group messages, their history and receipts."""

    def send(
        self,
        *,
        group_id: str,
        msg_body: Sequence[Element],
        random: int | None = None,
        msg_priority: Literal["High", "Normal", "Low", "Lowest"] | None = None,
        from_account: str | None = None,
        offline_push_info: OfflinePushInfo | None = None,
        forbid_callback_control: Sequence[Literal["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]] | None = None,
        online_only_flag: Literal[0, 1] | None = None,
        send_msg_control: Sequence[Literal["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"]] | None = None,
        cloud_custom_data: str | None = None,
        group_at_info: Sequence[GroupAt] | None = None,
        support_message_extension: Literal[0, 1] | None = None,
        to_account: Sequence[str] | None = None,
        topic_id: str | None = None,
        need_read_receipt: Literal[0, 1] | None = None,
    ) -> SendGroupMsgResult:
        """Send a message to a group.

        Send a group message, 在群组中发送普通消息: `group_open_http_svc/send_group_msg`.

        The sender need not be a member. If `random` is not given, the call fills it in before the first attempt; every
        attempt then sends the same bytes, and the service drops the repeat.

        Args:
            group_id: the group.
            msg_body: 1 or more elements, at most one of them a custom element.
            random: u32; the message's identity: the service drops a second message with the same value within five minutes.
            msg_priority: High, Normal (default), Low or Lowest; over the group's limit, lower ones are dropped first.
            from_account: the shown sender; absent is the admin; at most 32 bytes.
            offline_push_info: offline push settings.
            forbid_callback_control: webhooks to leave out: ForbidBeforeSendMsgCallback, ForbidAfterSendMsgCallback.
            online_only_flag: 1 not stored, only online members get it; 0 is the default. Not for live groups.
            send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
            cloud_custom_data: stored with the message and delivered.
            group_at_info: mentions, at most 30.
            support_message_extension: 1 allows message extensions; 0 is the default.
            to_account: only these members get it, 1 to 50; it is not counted as unread; at most 32 bytes each.
            topic_id: the topic, in a community with topics.
            need_read_receipt: 1 asks for read receipts; 0 is the default.

        Returns:
            SendGroupMsgResult: the outcome of a message.
                msg_time: unix seconds at which the service accepted the message.
                msg_seq: its number in the group, or in the topic; counts up from 1.
                msg_drop_reason: why the message was dropped although the answer is OK, such as `MsgFreqCtrl` (too many
                    messages in the group); None or "" if it was not.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10016: The app's webhook refused the operation.
            10017: The sender is muted.
            10023: Message rate limit (40 messages a second for one group).
            80001: Text was rejected by content moderation.
            80002: The message body is over the limit. (varies: 8 KB in tables up to 2023, 12 KB now)

        Limits: 40/s per group_id, 200/s. A repeat with the same marks is dropped by the service.
        Page: https://www.tencentcloud.com/document/product/1047/34959
        Page: https://cloud.tencent.com/document/product/269/1629
        """

    def send_system_notification(
        self,
        *,
        group_id: str,
        content: str,
        to_members_account: Sequence[str] | None = None,
        topic_id: str | None = None,
    ) -> Empty:
        """Send a notice to the online members of a group.

        Send a group system notice, 在群组中发送系统通知: `group_open_http_svc/send_group_system_notification`.

        Args:
            group_id: the group.
            content: the text.
            to_members_account: the members who get it, 1 to 500; absent is everyone; at most 32 bytes each.
            topic_id: the topic, in a community with topics.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34958
        Page: https://cloud.tencent.com/document/product/269/1630
        """

    def recall(
        self,
        *,
        group_id: str,
        msg_seq_list: Sequence[MsgSeqItem],
        topic_id: str | None = None,
        reason: str | None = None,
    ) -> RecallGroupMsgsResult:
        """Recall 1 to 10 messages.

        Recall group messages, 撤回群消息: `group_open_http_svc/group_msg_recall`.

        Args:
            group_id: the group.
            msg_seq_list: the messages; at most 10 items.
            topic_id: the topic, in a community with topics.
            reason: stored and not displayed, up to 100 bytes.

        Returns:
            RecallGroupMsgsResult: outcome message by message.
                recall_ret_list: one entry per message.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10030: The message to recall does not exist.
            10031: Past the recall time limit (2 minutes by default).
            10032: This message cannot be recalled.
            10033: This group type does not support recall.
            10041: The app is set not to recall group messages.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34965
        Page: https://cloud.tencent.com/document/product/269/12341
        """

    def import_msgs(
        self,
        *,
        group_id: str,
        msg_list: Sequence[ImportedGroupMsg],
        recent_contact_flag: Literal[0, 1] | None = None,
        topic_id: str | None = None,
    ) -> ImportGroupMsgsResult:
        """Import 1 to 7 messages.

        Import old group messages, 导入群消息: `group_open_http_svc/import_group_msg`.

        Args:
            group_id: the group.
            msg_list: the messages; at most 7 items.
            recent_contact_flag: 1 brings the group to the top of its members' conversations; 0 is the default.
            topic_id: the topic, in a community with topics.

        Returns:
            ImportGroupMsgsResult: outcome message by message, in the order of the request.
                import_msg_result: one entry per message.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10020: The message is over 12 KB (import page).

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34968
        Page: https://cloud.tencent.com/document/product/269/1635
        """

    def set_unread_num(
        self,
        *,
        group_id: str,
        member_account: str,
        unread_msg_num: int,
    ) -> Empty:
        """Set a member's number of unread messages.

        Set a member's unread count, 设置成员未读消息计数: `group_open_http_svc/set_unread_msg_num`.

        Args:
            group_id: the group; not a live group.
            member_account: the member; at most 32 bytes.
            unread_msg_num: the count, 0 or more.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34909
        Page: https://cloud.tencent.com/document/product/269/1637
        """

    def delete_by_sender(
        self,
        *,
        group_id: str,
        sender_account: str,
        topic_id: str | None = None,
    ) -> Empty:
        """Delete one sender's messages among the last 1,000.

        Remove recent messages of one sender, 删除指定用户发送的消息: `group_open_http_svc/delete_group_msg_by_sender`.

        Args:
            group_id: the group; not a live group.
            sender_account: the sender; at most 32 bytes.
            topic_id: the topic, in a community with topics.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34970
        Page: https://cloud.tencent.com/document/product/269/2359
        """

    def get_history(
        self,
        *,
        group_id: str,
        req_msg_number: int,
        req_msg_seq: int | None = None,
        with_recalled_msg: Literal[0, 1] | None = None,
        topic_id: str | None = None,
    ) -> GroupMsgs:
        """Read one page of a group's history.

        Read group history, 拉取群历史消息: `group_open_http_svc/group_msg_get_simple`.

        Args:
            group_id: the group; a live group has no history.
            req_msg_number: number of messages to return, 1 or more; an answer has at most 20.
            req_msg_seq: the highest number to include; absent is the newest.
            with_recalled_msg: 1 includes recalled messages; 0 is the default.
            topic_id: the topic, in a community with topics.

        Returns:
            GroupMsgs: a page of a group's history, newer messages first.
                group_id: the group.
                is_finished: 1 all requested messages are here, 0 they did not fit into one answer, 2 they did not fit and
                    all have expired. None of them says whether there are older messages.
                rsp_msg_list: the messages.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34971
        Page: https://cloud.tencent.com/document/product/269/2738
        """

    def broadcast(
        self,
        *,
        msg_body: Sequence[Element],
        from_account: str | None = None,
        random: int | None = None,
        cloud_custom_data: str | None = None,
    ) -> BroadcastMsgResult:
        """Send a message to every live group.

        Broadcast one message to every live group of the app, 直播群广播消息: `group_open_http_svc/send_broadcast_msg`.

        Args:
            msg_body: 1 or more elements, at most one of them a custom element.
            from_account: the shown sender; absent is the admin; at most 32 bytes.
            random: u32; the message's identity: the service drops a second message with the same value within five minutes.
            cloud_custom_data: delivered with the message.

        Returns:
            BroadcastMsgResult: the outcome of a broadcast.
                msg_seq: its number.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10023: Message rate limit (40 messages a second for one group).

        Limits: 1/s. A repeat with the same marks is dropped by the service. It reaches everyone.
        Page: https://www.tencentcloud.com/document/product/1047/49440
        """

    def modify(
        self,
        *,
        group_id: str,
        msg_seq: int,
        msg_body: Sequence[Element] | None = None,
        cloud_custom_data: str | None = None,
        topic_id: str | None = None,
    ) -> Empty:
        """Change a stored message.

        Edit a stored group message, 修改群聊历史消息: `openim/modify_group_msg`.

        Fields that are not given stay unchanged.

        Args:
            group_id: the group; not a live group.
            msg_seq: the message.
            msg_body: the new elements.
            cloud_custom_data: the app's new data.
            topic_id: the topic, in a community with topics.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            20002: UserSig or the internal login ticket is expired or invalid.
            90001: The message service could not parse the JSON body.
            90002: MsgBody does not follow the message format or is not an array.
            90003: To_Account is missing, not a string, or unknown.
            90007: MsgBody is not an array.
            90009: The identifier in the URL is not an admin.
            90010: The JSON body does not follow the message format.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/47948
        Page: https://cloud.tencent.com/document/product/269/74741
        """

    def get_receipts(
        self,
        *,
        group_id: str,
        msg_seq_list: Sequence[MsgSeqItem],
    ) -> GroupMsgReceipts:
        """Query how many members have read messages.

        Read/unread counts for group messages, 拉取群消息已读回执信息: `group_open_http_svc/get_group_msg_receipt`.

        Args:
            group_id: the group.
            msg_seq_list: the messages, at least 1.

        Returns:
            GroupMsgReceipts: receipts message by message.
                group_msg_receipt_list: one entry per message.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10062: No read receipt for this message; it must be asked for when sending.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/49439
        Page: https://cloud.tencent.com/document/product/269/77694
        """

    def get_receipt_detail(
        self,
        *,
        group_id: str,
        msg_seq: int,
        filter: Literal[0, 1],
        cursor: str,
        count: int,
    ) -> ReceiptDetail:
        """Read one page of the members who have read a message, or have not.

        Members who read, or did not read, one group message, 拉取群消息已读回执详情:
        `group_open_http_svc/get_group_msg_receipt_detail`.

        Args:
            group_id: the group.
            msg_seq: the message.
            filter: 0 those who have read it, 1 those who have not.
            cursor: "" for the first page, then the `cursor` of the previous page.
            count: members per page, 1 to 200.

        Returns:
            ReceiptDetail: a page of the members who have read a message, or have not.
                is_finish: 1 for the last page; the spelling `IsFinished` in the document's table is accepted too.
                msg_seq: the message.
                read_list: those who have read it, with filter 0.
                unread_list: those who have not, with filter 1.
                cursor: `cursor` of the next page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10062: No read receipt for this message; it must be asked for when sending.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/49438
        Page: https://cloud.tencent.com/document/product/269/77693
        """

    def report_receipts(
        self,
        *,
        group_id: str,
        from_account: str,
        msg_seq_list: Sequence[MsgSeqItem],
    ) -> Empty:
        """Report that a member has read 1 to 50 messages.

        Report that a member has read group messages, 群消息已读回执: `group_open_http_svc/group_msg_receipt`.

        Args:
            group_id: the group.
            from_account: the member; at most 32 bytes.
            msg_seq_list: the messages; at most 50 items.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/107478
        """

    def clear(
        self,
        *,
        group_id: str,
        msg_seq: int | None = None,
    ) -> Empty:
        """Hide stored messages from clients.

        Hide stored group messages from clients (admin can still read them), 清空群聊历史消息:
        `group_open_http_svc/clear_group_msg`.

        Args:
            group_id: the group.
            msg_seq: messages up to this one; absent is all.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: https://trtc.io/document/65970
        Page: https://cloud.tencent.com/document/product/269/95617
        """

    def get_extensions(
        self,
        *,
        group_id: str,
        msg_seq: int,
        start_seq: int | None = None,
    ) -> Extensions:
        """Read one page of a message's key/values.

        Read the extension key/values of a group message, 拉取群消息扩展: `openim_msg_ext_http_svc/group_get_key_values`.

        Args:
            group_id: the group.
            msg_seq: the message.
            start_seq: only pairs of this version and later ones.

        Returns:
            Extensions: a page of the pairs of a message, by version; at most 200.
                extension_list: the pairs.
                complete_flag: 1 when this is the last page.
                latest_seq: the highest version.
                clear_seq: a client's pairs of this version and before are void.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10008: The app's plan does not include message extension. In group APIs the same number means a signature
                problem.
            23004: The message does not exist.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/52169
        """

    def set_extensions(
        self,
        *,
        group_id: str,
        msg_seq: int,
        operate_type: Literal[1, 2, 3],
        extension_list: Sequence[ExtensionItem] | None = None,
    ) -> SetExtensionsResult:
        """Set, delete or clear a message's key/values.

        Set, delete or clear extension key/values of a group message, 设置群消息扩展:
        `openim_msg_ext_http_svc/group_set_key_values`.

        Args:
            group_id: the group.
            msg_seq: the message.
            operate_type: 1 set, 2 delete, 3 clear all.
            extension_list: 1 to 20 pairs, for 1 and 2.

        Returns:
            SetExtensionsResult: outcome pair by pair.
                extension_list: one entry per pair.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10008: The app's plan does not include message extension. In group APIs the same number means a signature
                problem.
            23001: The key changed meanwhile; pull the newest Seq and try again.
            23002: The message was not sent with SupportMessageExtension.
            23003: More than 200 extension writes a minute on one message.
            23004: The message does not exist.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/52170
        """

    def send_stream(
        self,
        *,
        group_id: str,
        msg_body: Sequence[Element],
        from_account: str | None = None,
        msg_random: int | None = None,
        cloud_custom_data: str | None = None,
        stream_msg_id: str | None = None,
    ) -> SendGroupStreamMsgResult:
        """Start a streamed message, or add to one; `stream` does both, and ends it.

        Native streaming group message, 发送群流式消息: `stream_msg/send_group_stream_msg`.

        The first call has no `stream_msg_id`; its answer returns it, and all later calls send it. Whether it belongs in
        the request or in its element is unclear: `stream` of the family sends it in both.

        Args:
            group_id: the group.
            msg_body: one `StreamElem`; at most 1 items.
            from_account: the shown sender; absent is the admin. Not in the part of the page that was readable; at most 32 bytes.
            msg_random: u32; filled in for every call if it is not given.
            cloud_custom_data: stored with the message and delivered.
            stream_msg_id: from the first call's answer; absent on the first call.

        Returns:
            SendGroupStreamMsgResult: the outcome of a piece of a streamed group message.
                stream_msg_id: id of the stream, for later calls.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s per stream_msg_id, 200/s.
        Not read of its page: its answer and its codes.
        Page: https://cloud.tencent.com/document/product/269/128597
        """

    def stream(
        self,
        group_id: str,
        *,
        from_account: str | None = None,
        compatible_text: str | None = None,
        cloud_custom_data: str | None = None,
        pace: float = 0.2,
        keep_alive: float | None = 10.0,
        end_timeout: float = 5.0,
    ) -> BlockingStream[SendGroupStreamMsgResult]:
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
        return BlockingStream(
            self.client,
            self.family.stream(
                group_id,
                from_account=from_account,
                compatible_text=compatible_text,
                cloud_custom_data=cloud_custom_data,
                pace=pace,
                keep_alive=keep_alive,
                end_timeout=end_timeout,
            ),
        )

    def send_text(
        self,
        group_id: str,
        text: str,
        *,
        from_account: str | None = None,
        topic_id: str | None = None,
    ) -> SendGroupMsgResult:
        """Send a text: `send` with a single text element; raises the same errors.

        Args:
            group_id: the group.
            text: the content.
            from_account: the shown sender; None is the admin.
            topic_id: the topic, in a community with topics.
        """
        return self.client.wait(self.family.send_text, group_id, text, from_account=from_account, topic_id=topic_id)

    def iter_history(
        self,
        group_id: str,
        *,
        topic_id: str | None = None,
        newest_seq: int | None = None,
        with_recalled: bool = False,
        page_size: int = 20,
    ) -> Iterator[GroupMsg]:
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
        return self.client.walk(
            self.family.iter_history,
            group_id,
            topic_id=topic_id,
            newest_seq=newest_seq,
            with_recalled=with_recalled,
            page_size=page_size,
        )

    def recall_all(
        self,
        group_id: str,
        msg_seqs: Iterable[int],
        *,
        topic_id: str | None = None,
        reason: str | None = None,
    ) -> Chunked[int, RecallGroupMsgsResult]:
        """Recall any number of messages, 10 per call.

        Args:
            group_id: the group.
            msg_seqs: the messages' numbers.
            topic_id: the topic, in a community with topics.
            reason: up to 100 bytes.
        """
        return self.client.wait(
            self.family.recall_all,
            group_id,
            self.client.feed(msg_seqs),
            topic_id=topic_id,
            reason=reason,
        )

    def report_all_receipts(
        self,
        group_id: str,
        from_account: str,
        msg_seqs: Iterable[int],
    ) -> Chunked[int, Empty]:
        """Report that a member has read any number of messages, 50 per call.

        Args:
            group_id: the group.
            from_account: the member.
            msg_seqs: the messages' numbers.
        """
        return self.client.wait(self.family.report_all_receipts, group_id, from_account, self.client.feed(msg_seqs))

    def iter_readers(
        self,
        group_id: str,
        msg_seq: int,
        *,
        unread: bool = False,
        page_size: int = 200,
    ) -> Iterator[str]:
        """Read the members who have read a message, fetching pages on demand.

        Args:
            group_id: the group.
            msg_seq: the message.
            unread: whether to return those who have not read it instead.
            page_size: members per call, 1 to 200.
        """
        return self.client.walk(self.family.iter_readers, group_id, msg_seq, unread=unread, page_size=page_size)

    def iter_extensions(
        self,
        group_id: str,
        msg_seq: int,
        *,
        start_seq: int = 0,
    ) -> Iterator[Extension]:
        """Read a message's key/values by version, fetching pages on demand.

        Args:
            group_id: the group.
            msg_seq: the message.
            start_seq: only pairs of this version and later ones.
        """
        return self.client.walk(self.family.iter_extensions, group_id, msg_seq, start_seq=start_seq)
