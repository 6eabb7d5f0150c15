"""Official accounts, their subscribers and messages.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..families.official_account import OfficialAccount
from ..models.common import Empty
from ..models.elements import Element
from ..models.official_account import (
    CreatedOfficialAccount,
    InfoFilter,
    OfficialAccountItem,
    OfficialAccounts,
    OfficialMsgs,
    OfficialRecallOutcomes,
    SentOfficialMsg,
    SubscribedAccounts,
    SubscribedFilter,
    SubscriberItem,
    SubscriberOutcomes,
    Subscribers,
)
from ..models.offline_push import OfflinePushInfo


class OfficialAccountCalls(OfficialAccount):
    """Official accounts, their subscribers and messages."""

    async def create(
        self,
        *,
        owner_account: str,
        name: str,
        official_account_user_id: str | None = None,
        introduction: str | None = None,
        face_url: str | None = None,
        max_subscriber_num: int | None = None,
        organization: str | None = None,
        custom_string: str | None = None,
    ) -> CreatedOfficialAccount:
        """Create an official account.

        Create an official account, 创建公众号: `official_account_open_http_svc/create_official_account`.

        Args:
            owner_account: the account that owns it; at most 32 bytes.
            name: 1 to 150 bytes.
            official_account_user_id: a custom id, which begins with @TOA#_; absent lets the service generate one.
            introduction: at most 400 bytes.
            face_url: avatar URL, at most 500 bytes.
            max_subscriber_num: maximum number of subscribers; 100000 is the default.
            organization: the organization behind it, at most 500 bytes.
            custom_string: the app's own data, at most 3000 bytes.

        Returns:
            CreatedOfficialAccount: an official account that was created.
                official_account_user_id: its id.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/60755
        """

    async def modify(
        self,
        *,
        official_account: str,
        name: str | None = None,
        introduction: str | None = None,
        face_url: str | None = None,
        max_subscriber_num: int | None = None,
        organization: str | None = None,
        custom_string: str | None = None,
    ) -> Empty:
        """Change the profile of an official account.

        Change an official account, 修改公众号资料: `official_account_open_http_svc/modify_official_account_base_info`.

        Args:
            official_account: its id.
            name: 1 to 150 bytes.
            introduction: at most 400 bytes.
            face_url: avatar URL, at most 500 bytes.
            max_subscriber_num: maximum number of subscribers.
            organization: the organization behind it, at most 500 bytes.
            custom_string: the app's own data, at most 3000 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/60757
        Page: https://cloud.tencent.com/document/product/269/102304
        """

    async def destroy(
        self,
        *,
        official_account: str,
    ) -> Empty:
        """Delete an official account.

        Delete an official account, 销毁公众号: `official_account_open_http_svc/destroy_official_account`.

        Args:
            official_account: its id.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            130002: Official account: caller is neither a subscriber nor a manager.
            130004: Official account: does not exist or was closed.
            130007: Official account: id does not fit the format.
            130008: Official account: id is in use.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/60756
        Page: https://cloud.tencent.com/document/product/269/102303
        """

    async def get(
        self,
        *,
        official_account_id_list: Sequence[OfficialAccountItem],
        response_filter: InfoFilter | None = None,
    ) -> OfficialAccounts:
        """Read the profiles of 1 to 50 official accounts.

        Read official accounts, 获取公众号详细资料: `official_account_open_http_svc/get_official_account_info`.

        Args:
            official_account_id_list: the accounts, 1 to 50.
            response_filter: the fields to return; absent is all.

        Returns:
            OfficialAccounts: the profiles of official accounts.
                official_account_info_list: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its answer's table.
        Page: https://trtc.io/document/60758
        Page: https://trtc.io/zh/document/60758
        """

    async def get_subscribers(
        self,
        *,
        official_account: str,
        next: str,
        limit: int | None = None,
    ) -> Subscribers:
        """Read one page of the subscribers.

        Page through subscribers of an official account, 获取公众号的订阅成员资料:
        `official_account_open_http_svc/get_subscriber_info`.

        Args:
            official_account: the account's id.
            next: "" for the first page, then `next` of the previous answer.
            limit: subscribers per page, 1 to 200.

        Returns:
            Subscribers: one page of the subscribers.
                next: the place of the next page; "" after the last one.
                subscriber_num: total number of subscribers.
                subscriber_list: the subscribers of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/60759
        Page: https://trtc.io/zh/document/60759
        """

    async def add_subscribers(
        self,
        *,
        official_account: str,
        subscriber_list: Sequence[SubscriberItem],
    ) -> SubscriberOutcomes:
        """Subscribe 1 to 100 users; users who were already subscribed do not fail.

        Subscribe users to an official account, 添加订阅者: `official_account_open_http_svc/add_subscriber`.

        Args:
            official_account: the account's id.
            subscriber_list: the users, 1 to 100.

        Returns:
            SubscriberOutcomes: outcome user by user.
                subscriber_list: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/60760
        Page: https://cloud.tencent.com/document/product/269/102308
        """

    async def delete_subscribers(
        self,
        *,
        official_account: str,
        subscriber_to_del_account: Sequence[str],
    ) -> SubscriberOutcomes:
        """Unsubscribe users.

        Unsubscribe users, 删除订阅者: `official_account_open_http_svc/delete_subscriber`.

        Args:
            official_account: the account's id.
            subscriber_to_del_account: the users; at most 32 bytes each.

        Returns:
            SubscriberOutcomes: outcome user by user.
                subscriber_list: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            20001: The request packet is invalid.
            130002: Official account: caller is neither a subscriber nor a manager.

        Limits: 200/s. It shuts people out.
        Page: https://trtc.io/document/60761
        Page: https://www.tencentcloud.com/zh/document/product/1047/60761
        """

    async def modify_subscriber(
        self,
        *,
        official_account: str,
        subscriber_account: str,
        custom_string: str,
    ) -> Empty:
        """Change the app's custom data of a subscription.

        Change a subscriber's custom data, 修改订阅者资料: `official_account_open_http_svc/modify_subscriber_info`.

        Args:
            official_account: the account's id.
            subscriber_account: the user; at most 32 bytes.
            custom_string: the data.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/60762
        Page: https://cloud.tencent.com/document/product/269/102310
        """

    async def get_subscribed(
        self,
        *,
        subscriber_account: str,
        limit: int | None = None,
        offset: int | None = None,
        response_filter: SubscribedFilter | None = None,
    ) -> SubscribedAccounts:
        """Read one page of a user's subscribed official accounts.

        Official accounts a user subscribes to, 查询订阅的公众号列表:
        `official_account_open_http_svc/get_subscribed_official_account_list`.

        Args:
            subscriber_account: the user; at most 32 bytes.
            limit: accounts per page, 1 to 200; 200 is the default.
            offset: number to skip, from 0.
            response_filter: the fields to return; absent is all.

        Returns:
            SubscribedAccounts: official accounts that a user has subscribed to.
                total_count: total number of accounts.
                official_account_info_list: those of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its answer's table.
        Page: https://www.tencentcloud.com/document/product/1047/60763
        Page: https://trtc.io/zh/document/60763
        """

    async def send(
        self,
        *,
        official_account: str,
        msg_body: Sequence[Element],
        random: int | None = None,
        offline_push_info: OfflinePushInfo | None = None,
        forbid_callback_control: Sequence[Literal["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]] | None = None,
        online_only_flag: Literal[0, 1] | None = None,
        send_msg_control: Sequence[Literal["NoUnread", "NoLastMsg", "WithMuteNotifications", "NoMsgCheck"]] | None = None,
        cloud_custom_data: str | None = None,
    ) -> SentOfficialMsg:
        """Send a message to all subscribers: one a second, and two an hour per official account.

        Broadcast a message to subscribers, 公众号用户发送广播消息: `official_account_open_http_svc/send_official_account_msg`.

        The third within an hour raises `WaitTooLongError` with the time.

        An account may send one message a second, and two an hour. If `random` is not given, the call fills it in before
        the first attempt; every attempt then sends the same bytes, and the service drops the repeat.

        Args:
            official_account: the account's id.
            msg_body: 1 or more elements, at most one of them a custom element.
            random: u32; the message's identity: the service drops a second message with the same value within five minutes.
            offline_push_info: offline push settings.
            forbid_callback_control: webhooks to leave out.
            online_only_flag: 1 only online subscribers get it; 0 is the default.
            send_msg_control: NoLastMsg leaves the conversation list as it is.
            cloud_custom_data: stored with the message and delivered.

        Returns:
            SentOfficialMsg: a message that was accepted.
                msg_time: unix seconds at which the service accepted it.
                msg_key: the message's key, for recalling it, at most 50 characters.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            BodyTooLargeError: the request is over the setting `body_limit`; nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s per official_account, 2/hour per official_account, 200/s. A repeat with the same marks is dropped by
        the service. It reaches everyone.
        Not read of its page: all of it; the fields are taken from an SDK.
        """

    async def recall(
        self,
        *,
        official_account: str,
        msg_key_list: Sequence[str],
        reason: str | None = None,
    ) -> OfficialRecallOutcomes:
        """Recall 1 to 10 messages.

        Recall official account messages, 撤回公众号消息: `official_account_open_http_svc/official_account_msg_recall`.

        Args:
            official_account: the account's id.
            msg_key_list: the messages, 1 to 10.
            reason: at most 100 bytes.

        Returns:
            OfficialRecallOutcomes: outcome message by message.
                recall_ret_list: one entry per message.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.

        Limits: 200/s. It deletes what is stored.
        Page: https://trtc.io/document/60811
        Page: https://www.tencentcloud.com/zh/document/product/1047/60811
        """

    async def get_messages(
        self,
        *,
        official_account: str,
        last_msg_key: str | None = None,
        req_msg_number: int | None = None,
        with_recalled_msg: Literal[0, 1] | None = None,
    ) -> OfficialMsgs:
        """Read one page of an official account's history, newest messages first.

        Read official account message history, 拉取公众号历史消息:
        `official_account_open_http_svc/official_account_msg_get_simple`.

        Args:
            official_account: the account's id.
            last_msg_key: `last_msg_key` of the previous answer; absent begins at the newest.
            req_msg_number: number of messages to return, at least 1; the default is not documented.
            with_recalled_msg: 1 includes recalled messages; 0 is the default.

        Returns:
            OfficialMsgs: a page of an official account's history, newer messages first.
                official_account: the account's id.
                is_finished: 1 on the last page.
                last_msg_key: `last_msg_key` for the next page.
                rsp_msg_list: the messages.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/60812
        Page: https://cloud.tencent.com/document/product/269/102299
        """
