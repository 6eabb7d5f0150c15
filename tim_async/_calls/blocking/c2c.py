"""One-to-one messages.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Unpack

from ...families._blocking import BlockingFamily, BlockingStream
from ...families._chunks import Chunked
from ...families._fan_out import Deliveries, Delivery
from ...families.c2c import C2C
from ...models.c2c import BatchSendMsgResult, RoamMsg, RoamMsgs, SendMsgResult
from ...models.c2c_marks import DeletedMsgs, ReadMsg, Unread
from ...models.c2c_stream import SendStreamMsgResult
from ...models.common import Empty
from ...models.elements import Element
from ...models.extension import Extension, ExtensionItem, Extensions, SetExtensionsResult
from ...models.message import MessageOptions
from ...models.offline_push import OfflinePushInfo


class BlockingC2CCalls(BlockingFamily[C2C], table=C2C):
    """One-to-one messages."""

    def send(
        self,
        *,
        to_account: str,
        msg_body: Sequence[Element],
        from_account: str | None = None,
        sync_other_machine: Literal[1, 2] | None = None,
        online_only_flag: Literal[0, 1] | None = None,
        msg_life_time: int | None = None,
        msg_seq: int | None = None,
        msg_random: int | None = None,
        msg_time_stamp: int | None = None,
        forbid_callback_control: Sequence[Literal["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]] | None = None,
        send_msg_control: Sequence[Literal["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"]] | None = None,
        cloud_custom_data: str | None = None,
        support_message_extension: Literal[0, 1] | None = None,
        offline_push_info: OfflinePushInfo | None = None,
        is_need_read_receipt: Literal[0, 1] | None = None,
    ) -> SendMsgResult:
        """Send one message to one account.

        Send a one-to-one message, 单发单聊消息: `openim/sendmsg`.

        Friendship, block list and mute are not checked, and webhooks fire. If `msg_seq` or `msg_random` is not given,
        the call fills it in before the first attempt; every attempt then sends the same bytes.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            msg_body: 1 or more elements, at most one of them a custom element.
            from_account: the shown sender; absent is the admin; at most 32 bytes.
            sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the sender's history only.
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

        Returns:
            SendMsgResult: the outcome of a sent message.
                msg_time: unix seconds at which the service accepted the message.
                msg_key: the message's key, for recall and read receipts; opaque, at most 50 characters.
                msg_id: the message's id on clients; "" if the answer does not have it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            20002: UserSig or the internal login ticket is expired or invalid.
            20003: Sender or recipient account is invalid or unknown.
            20006: The before-send webhook forbade the message.
            90001: The message service could not parse the JSON body.
            90002: MsgBody does not follow the message format or is not an array.
            90003: To_Account is missing, not a string, or unknown.
            90005: MsgRandom is missing or not an integer.
            90007: MsgBody is not an array.
            90009: The identifier in the URL is not an admin.
            90010: The JSON body does not follow the message format.
            90012: To_Account is not registered.
            90026: MsgLifeTime is too large (7 days at most).
            90031: SyncOtherMachine is not an integer.
            90044: MsgLifeTime is not an integer.
            90048: The account does not exist (perhaps deleted).
            93000: The JSON body is over the limit. (varies: 8 KB in tables up to 2023, 12 KB now)

        Limits: 200/s. A repeat with the same marks is dropped by the service.
        Page: https://www.tencentcloud.com/document/product/1047/34919
        Page: https://cloud.tencent.com/document/product/269/2282
        """

    def send_batch(
        self,
        *,
        to_account: Sequence[str],
        msg_body: Sequence[Element],
        from_account: str | None = None,
        sync_other_machine: Literal[1, 2] | None = None,
        online_only_flag: Literal[0, 1] | None = None,
        msg_life_time: int | None = None,
        msg_seq: int | None = None,
        msg_random: int | None = None,
        send_msg_control: Sequence[Literal["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"]] | None = None,
        cloud_custom_data: str | None = None,
        offline_push_info: OfflinePushInfo | None = None,
        is_need_read_receipt: Literal[0, 1] | None = None,
    ) -> BatchSendMsgResult:
        """Send one message to 1 to 500 accounts; `failed` lists those who did not get it.

        Send one-to-one messages to many users, 批量发单聊消息: `openim/batchsendmsg`.

        The checks are those of `SendMsg`; no webhook fires. Every recipient counts as one delivery. All of them get the
        same MsgSeq and MsgRandom, so that a repeat within 120 seconds is not delivered twice.

        Args:
            to_account: the recipients, 1 to 500 accounts of 1 to 32 bytes.
            msg_body: 1 or more elements, at most one of them a custom element.
            from_account: the shown sender; absent is the admin; at most 32 bytes.
            sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the sender's history only.
            online_only_flag: 1 neither counted as unread nor stored, and faster; 0 is the default.
            msg_life_time: seconds kept for offline recipients, 0 to 604800; 0 is online only, absent is 7 days.
            msg_seq: u32; orders messages inside one second. Part of the message's identity.
            msg_random: u32. Part of the message's identity.
            send_msg_control: NoUnread, NoLastMsg, WithMuteNotifications, NoMsgCheck.
            cloud_custom_data: stored with the message and delivered.
            offline_push_info: offline push settings.
            is_need_read_receipt: 1 asks for a read receipt; 0 is the default.

        Returns:
            BatchSendMsgResult: the outcome of a message to many.
                msg_key: the message's key, the same for all recipients; opaque, at most 50 characters.
                msg_id: the message's id on clients; "" if the answer does not have it.
                error_list: the recipients who did not get it; empty if all did. If none did, the call raises (90012).

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            70107: The account does not exist in the Chat system; import it first.
            90001: The message service could not parse the JSON body.
            90002: MsgBody does not follow the message format or is not an array.
            90004: MsgSeq is invalid.
            90007: MsgBody is not an array.
            90008: From_Account is missing, of the wrong type, or unknown.
            90009: The identifier in the URL is not an admin.
            90010: The JSON body does not follow the message format.
            90011: More than 500 recipients in one batch.
            90012: To_Account is not registered.
            90026: MsgLifeTime is too large (7 days at most).
            90028: To_Account of a batch send is not an array.
            90029: To_Account of a batch send is empty.
            90048: The account does not exist (perhaps deleted).
            90055: The body of a batch send is too long. (varies: 8 KB in 2023, 12 KB now)
            90057: batchsendmsg delivered more messages than its per-minute limit (12,000 a minute by default, one per
                recipient).
            93000: The JSON body is over the limit. (varies: 8 KB in tables up to 2023, 12 KB now)

        Limits: 12,000 to_account/60 s, 200/s. A repeat with the same marks is dropped by the service.
        Page: https://www.tencentcloud.com/document/product/1047/34920
        Page: https://cloud.tencent.com/document/product/269/1612
        """

    def get_roam_msgs(
        self,
        *,
        operator_account: str,
        peer_account: str,
        max_cnt: int,
        min_time: int,
        max_time: int,
        last_msg_key: str | None = None,
    ) -> RoamMsgs:
        """Read one page of a conversation's history.

        Read one-to-one history, 查询单聊消息: `openim/admin_getroammsg`.

        Args:
            operator_account: the side whose view is read; at most 32 bytes.
            peer_account: the other side; at most 32 bytes.
            max_cnt: number of messages to return, at least 1. An answer is cut at 13 KB and may contain fewer.
            min_time: unix seconds, the first second to include.
            max_time: unix seconds, the last second to include; to continue, `last_msg_time` of the previous answer.
            last_msg_key: only to continue, `last_msg_key` of the previous answer.

        Returns:
            RoamMsgs: a page of a conversation's history, older messages first; pages walk backwards in time.
                complete: 0 more to read, 1 done.
                msg_cnt: messages in this page.
                last_msg_time: `max_time` for the next page.
                last_msg_key: `last_msg_key` for the next page.
                msg_list: the messages.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90008: From_Account is missing, of the wrong type, or unknown.
            90009: The identifier in the URL is not an admin.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/35478
        Page: https://cloud.tencent.com/document/product/269/42794
        """

    def import_msg(
        self,
        *,
        sync_from_old_system: Literal[1, 2, 5],
        from_account: str,
        to_account: str,
        msg_time_stamp: int,
        msg_body: Sequence[Element],
        msg_seq: int | None = None,
        msg_random: int | None = None,
        cloud_custom_data: str | None = None,
    ) -> Empty:
        """Import one past message, or a live one from another system.

        Import a one-to-one message, 导入单聊消息: `openim/importmsg`.

        Import a conversation in chronological order.

        A second import with the MsgSeq, MsgRandom and MsgTimeStamp of an earlier one is dropped, whatever its content
        and whichever of the two accounts is the sender. If `msg_seq` or `msg_random` is not given, the call fills it
        in.

        Args:
            sync_from_old_system: 5 live: counted as unread and pushed; 2 history: read, and not pushed; 1 is known from pages of 2020 instead of 5.
            from_account: the sender; at most 32 bytes.
            to_account: the recipient; at most 32 bytes.
            msg_time_stamp: unix seconds at which the message was sent.
            msg_body: 1 or more elements, at most one of them a custom element.
            msg_seq: u32; orders messages inside one second.
            msg_random: u32.
            cloud_custom_data: stored with the message.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/35014
        Page: https://cloud.tencent.com/document/product/269/2568
        """

    def recall(
        self,
        *,
        from_account: str,
        to_account: str,
        msg_key: str,
    ) -> Empty:
        """Recall one message.

        Recall a one-to-one message, 撤回单聊消息: `openim/admin_msgwithdraw`.

        Args:
            from_account: the sender; at most 32 bytes.
            to_account: the recipient; at most 32 bytes.
            msg_key: the message's key, 1 to 50 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20022: The message to recall does not exist.
            20023: The message was recalled before.
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90008: From_Account is missing, of the wrong type, or unknown.
            90009: The identifier in the URL is not an admin.
            90054: MsgKey is missing or malformed.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/35015
        Page: https://cloud.tencent.com/document/product/269/38980
        """

    def modify(
        self,
        *,
        from_account: str,
        to_account: str,
        msg_key: str,
        msg_body: Sequence[Element] | None = None,
        cloud_custom_data: str | None = None,
    ) -> Empty:
        """Change a stored message.

        Edit a stored one-to-one message, 修改单聊历史消息: `openim/modify_c2c_msg`.

        Args:
            from_account: the sender; at most 32 bytes.
            to_account: the recipient; at most 32 bytes.
            msg_key: the message's key, 1 to 50 bytes.
            msg_body: replaces its elements; absent keeps them.
            cloud_custom_data: replaces the app's own data; absent keeps it.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            20002: UserSig or the internal login ticket is expired or invalid.
            20003: Sender or recipient account is invalid or unknown.
            20027: The message changed meanwhile; read the newest version first, then try again.
            90001: The message service could not parse the JSON body.
            90002: MsgBody does not follow the message format or is not an array.
            90003: To_Account is missing, not a string, or unknown.
            90007: MsgBody is not an array.
            90009: The identifier in the URL is not an admin.
            90010: The JSON body does not follow the message format.
            90012: To_Account is not registered.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/47722
        Page: https://cloud.tencent.com/document/product/269/74740
        """

    def delete(
        self,
        *,
        operator_account: str,
        peer_account: str,
        msg_key_list: Sequence[str],
    ) -> DeletedMsgs:
        """Delete 1 to 30 messages from one side's history.

        Delete one-to-one messages for one side, 单向删除单聊消息: `openim/delete_c2c_msg_ramble`.

        Args:
            operator_account: the side that no longer sees them; at most 32 bytes.
            peer_account: the other side; at most 32 bytes.
            msg_key_list: the messages' keys, 1 to 30; at most 50 bytes each.

        Returns:
            DeletedMsgs: the messages that were not deleted.
                invalid_msg_key_list: the keys that match no message of the conversation; empty if all were deleted.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Not read of its page: its answer and its codes.
        Page: https://cloud.tencent.com/document/product/269/101439
        """

    def mark_read(
        self,
        *,
        report_account: str,
        peer_account: str,
        msg_read_time: int | str | None = None,
    ) -> Empty:
        """Mark the messages that an account received from another one as read.

        Mark one-to-one messages read, 设置单聊消息已读: `openim/admin_set_msg_read`.

        Args:
            report_account: the account that has read; at most 32 bytes.
            peer_account: the account that wrote; at most 32 bytes.
            msg_read_time: unix seconds, a number or (in older pages) a text of digits: messages up to this time are read; absent is now.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90008: From_Account is missing, of the wrong type, or unknown.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/38996
        Page: https://cloud.tencent.com/document/product/269/50349
        """

    def get_unread(
        self,
        *,
        to_account: str,
        peer_account: Sequence[str] | None = None,
    ) -> Unread:
        """Query the number of unread messages: of all, or from each of 1 to 10 accounts.

        Unread one-to-one counts, 查询单聊未读消息计数: `openim/get_c2c_unread_msg_num`.

        Args:
            to_account: the account; at most 32 bytes.
            peer_account: 1 to 10 accounts: the number from each of them; absent is the total; at most 32 bytes each.

        Returns:
            Unread: numbers of unread messages.
                all_c2c_unread_msg_num: the total over all conversations; None if the numbers of some accounts were
                    requested.
                c2c_unread_msg_num_list: the number for each requested account.
                error_list: accounts whose count could not be read.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90003: To_Account is missing, not a string, or unknown.
            90008: From_Account is missing, of the wrong type, or unknown.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/41046
        Page: https://cloud.tencent.com/document/product/269/56043
        """

    def send_read_receipts(
        self,
        *,
        operator_account: str,
        peer_account: str,
        c2c_msg_info: Sequence[ReadMsg],
    ) -> Empty:
        """Report to the sender that messages were read.

        Send read receipts for one-to-one messages, 发送单聊消息已读回执: `openim/c2c_msg_read_receipt`.

        Args:
            operator_account: the account that has read; at most 32 bytes.
            peer_account: the account that wrote; at most 32 bytes.
            c2c_msg_info: the messages, all from `peer_account` to `operator_account`.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            20002: UserSig or the internal login ticket is expired or invalid.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: most of its codes.
        Page: https://trtc.io/document/77776
        Page: https://cloud.tencent.com/document/product/269/104121
        """

    def get_extensions(
        self,
        *,
        to_account: str,
        msg_key: str,
        from_account: str | None = None,
        start_seq: int | None = None,
    ) -> Extensions:
        """Read one page of a message's key/values.

        Read the extension key/values of a one-to-one message, 拉取单聊消息扩展: `openim_msg_ext_http_svc/get_key_values`.

        Args:
            to_account: the recipient; at most 32 bytes.
            msg_key: the message's key, 1 to 50 bytes.
            from_account: the message's sender; absent is the admin; at most 32 bytes.
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
        Page: https://www.tencentcloud.com/document/product/1047/51194
        """

    def set_extensions(
        self,
        *,
        to_account: str,
        msg_key: str,
        operate_type: Literal[1, 2, 3],
        from_account: str | None = None,
        extension_list: Sequence[ExtensionItem] | None = None,
    ) -> SetExtensionsResult:
        """Set, delete or clear a message's key/values.

        Set, delete or clear extension key/values of a one-to-one message, 设置单聊消息扩展:
        `openim_msg_ext_http_svc/set_key_values`.

        The message must have been sent with `support_message_extension` 1.

        Args:
            to_account: the recipient; at most 32 bytes.
            msg_key: the message's key, 1 to 50 bytes.
            operate_type: 1 set, 2 delete, 3 clear all.
            from_account: the message's sender; absent is the admin; at most 32 bytes.
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
        Page: https://www.tencentcloud.com/document/product/1047/51195
        """

    def send_stream(
        self,
        *,
        to_account: str,
        msg_body: Sequence[Element],
        sync_other_machine: Literal[1, 2] | None = None,
        from_account: str | None = None,
        msg_seq: int | None = None,
        msg_random: int | None = None,
    ) -> SendStreamMsgResult:
        """Start a streamed message, or add to one; `stream` does both, and ends it.

        Native streaming one-to-one message, 发送单聊流式消息: `stream_msg/send_c2c_stream_msg`.

        The first call has no `stream_msg_id` in its element; its answer gives it, and all later calls send it.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            msg_body: one `StreamElem`; at most 1 items.
            sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender; absent is the sender's history only.
            from_account: the shown sender; absent is the admin; at most 32 bytes.
            msg_seq: u32; filled in for every call if it is not given.
            msg_random: u32; filled in for every call if it is not given.

        Returns:
            SendStreamMsgResult: the outcome of a piece of a streamed message.
                stream_msg_id: id of the stream, for later calls.
                msg_time: unix seconds at which the message began; if the answer has it, as for `SendMsgResult`.
                msg_key: the message's key, for recall and read receipts, if the answer has it.
                msg_id: the message's id on clients, if the answer has it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s per stream_msg_id, 200/s.
        Not read of its page: its answer's table and its codes.
        Page: https://cloud.tencent.com/document/product/269/128596
        """

    def send_text(
        self,
        to_account: str,
        text: str,
        *,
        from_account: str | None = None,
    ) -> SendMsgResult:
        """Send a text: `send` with a single text element; raises the same errors.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            text: the content.
            from_account: the shown sender; None is the admin.
        """
        return self.client.wait(self.family.send_text, to_account, text, from_account=from_account)

    def send_to_all(
        self,
        to_accounts: Iterable[str],
        msg_body: Sequence[Element],
        *,
        chunk_size: int = 500,
        on_delivery: Callable[[Delivery], object] | None = None,
        **options: Unpack[MessageOptions],
    ) -> Deliveries:
        """Send one message to any number of accounts; return the outcome for each of them.

        It uses `send_batch`, as fast as both of its limits allow: 12,000 deliveries a minute, which any `chunk_size`
        can use fully, and 200 calls a second. An account given twice is sent to once. All chunks carry the same MsgSeq
        and MsgRandom, so the service does not deliver a retried chunk twice. An account with an unknown outcome is
        reported as `unknown`. Within 120 seconds it can be sent to again, with the same marks:

            sent = client.c2c.send_to_all(accounts, body)
            again = [delivery.account for delivery in sent.unknown]
            client.c2c.send_to_all(again, body, msg_seq=sent.msg_seq, msg_random=sent.msg_random)

        When cancelled, it starts no further call; accounts of calls in flight are reported to `on_delivery` as failed
        or unknown. When `to_accounts` raises, the accounts it yielded before are sent to and reported to `on_delivery`,
        then the error is raised.

        Args:
            to_accounts: accounts of 1 to 32 bytes, consumed lazily.
            msg_body: 1 or more elements.
            chunk_size: accounts per call, 1 to 500. Smaller chunks leave fewer accounts unknown when an answer is lost;
                larger ones leave more calls for other work.
            on_delivery: called with each outcome as soon as it is known; a plain function, not awaited.
            options: further fields of `BatchSendMsg`.

        Raises:
            UsageError: the message cannot be sent to any account; nothing was sent.
        """
        return self.client.wait(
            self.family.send_to_all,
            self.client.feed(to_accounts),
            msg_body,
            chunk_size=chunk_size,
            on_delivery=on_delivery,
            **options,
        )

    def stream(
        self,
        to_account: str,
        *,
        from_account: str | None = None,
        sync_other_machine: Literal[1, 2] | None = None,
        compatible_text: str | None = None,
        pace: float = 0.2,
        keep_alive: float | None = 10.0,
        end_timeout: float = 5.0,
    ) -> BlockingStream[SendStreamMsgResult]:
        """Stream a text that grows while it is displayed:

            with client.c2c.stream("bob", from_account="bot") as stream:
                for words in answer:
                    stream.write(words)

        See `MessageStream` for error handling.

        Args:
            to_account: the recipient, 1 to 32 bytes.
            from_account: the shown sender; None is the admin.
            sync_other_machine: 1 also to the sender's online devices and history, 2 not to the sender.
            compatible_text: shown by clients that do not support streamed messages.
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
                to_account,
                from_account=from_account,
                sync_other_machine=sync_other_machine,
                compatible_text=compatible_text,
                pace=pace,
                keep_alive=keep_alive,
                end_timeout=end_timeout,
            ),
        )

    def iter_roam_msgs(
        self,
        operator_account: str,
        peer_account: str,
        *,
        min_time: int = 0,
        max_time: int | None = None,
        page_size: int = 100,
    ) -> Iterator[RoamMsg]:
        """Read a conversation's history, newest message first, fetching pages on demand.

        Args:
            operator_account: the side whose view is read.
            peer_account: the other side.
            min_time: unix seconds, the oldest second to include.
            max_time: unix seconds, the newest second to include; None for no end, independent of this host's clock.
            page_size: messages per call.

        Raises:
            ReplyDecodeError: there are more messages, but a page does not say where, or names a place that was already
                read. The messages before it are valid, but not complete.
        """
        return self.client.walk(
            self.family.iter_roam_msgs,
            operator_account,
            peer_account,
            min_time=min_time,
            max_time=max_time,
            page_size=page_size,
        )

    def recall_msg(
        self,
        message: RoamMsg,
    ) -> Empty:
        """Recall a message returned by the history: `recall` with its accounts and its key."""
        return self.client.wait(self.family.recall_msg, message)

    def confirm_read(
        self,
        messages: Sequence[RoamMsg],
    ) -> Empty:
        """Report to the sender that messages returned by the history were read: `send_read_receipts`.

        Args:
            messages: one or more, all from the same sender to the same recipient.
        """
        return self.client.wait(self.family.confirm_read, messages)

    def delete_all(
        self,
        operator_account: str,
        peer_account: str,
        msg_keys: Iterable[str],
    ) -> Chunked[str, DeletedMsgs]:
        """Delete any number of messages from one side's history, 30 per call.

        Args:
            operator_account: the side that no longer sees them.
            peer_account: the other side.
            msg_keys: the messages' keys.
        """
        return self.client.wait(self.family.delete_all, operator_account, peer_account, self.client.feed(msg_keys))

    def get_unread_from(
        self,
        to_account: str,
        peer_accounts: Iterable[str],
    ) -> Chunked[str, Unread]:
        """Query the number of unread messages from any number of accounts, 10 accounts per call.

        Args:
            to_account: the account that has not read them.
            peer_accounts: the senders.
        """
        return self.client.wait(self.family.get_unread_from, to_account, self.client.feed(peer_accounts))

    def iter_extensions(
        self,
        to_account: str,
        msg_key: str,
        *,
        from_account: str | None = None,
        start_seq: int = 0,
    ) -> Iterator[Extension]:
        """Read a message's key/values by version, fetching pages on demand.

        Args:
            to_account: the message's recipient.
            msg_key: the message's key.
            from_account: its sender; None is the admin.
            start_seq: only pairs of this version and later ones.
        """
        return self.client.walk(
            self.family.iter_extensions,
            to_account,
            msg_key,
            from_account=from_account,
            start_seq=start_seq,
        )
