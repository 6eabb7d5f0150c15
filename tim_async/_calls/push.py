"""Pushes of the push service, with the attributes and tags that select an audience.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ..families.push import Push
from ..models.all_member_push import PushTask, UserAttrNames, UserAttrs, UserTags
from ..models.common import Empty
from ..models.offline_push import OfflinePushInfo
from ..models.push import (
    AttrsOrFailures,
    PushBatchTask,
    PushOutcome,
    TagsOrFailures,
    TimPushCondition,
    TypedAttrNames,
    WebInfo,
)
from ..models.push_schedule import FoundScheduledPush, PushContent, ScheduledPushId, ScheduledPushes
from ..models.push_statistics import MessagePushFigures, MessagePushLosses, PushFigures, PushLosses, PushTrace


class PushCalls(Push):
    """Pushes of the push service, with the attributes and tags that select an audience."""

    async def send(
        self,
        *,
        from_account: str,
        offline_push_info: OfflinePushInfo,
        msg_random: int | None = None,
        condition: TimPushCondition | None = None,
        data_id: str | None = None,
    ) -> PushTask:
        """Push to every user, or to those selected by a condition: once a second, and 10 times a day.

        Push to all users or to an audience (new push service), 全员/标签推送: `timpush/push`.

        10 a day is the quota of the free and trial editions. The standard and advanced editions have 100: pass
        `rate_limits={"timpush/push": (Rate(1), Rate(100, per=86_400))}` to the client. A push that exceeds the quota
        raises `WaitTooLongError` with the time; the quota counts the last 24 hours.

        Args:
            from_account: the sender, a user id or a RegistrationID.
            offline_push_info: title, text and settings of the notification.
            msg_random: u32, by which the service recognises a repeated push; for how long is not documented. Filled in if it is not given.
            condition: the audience; absent is everyone.
            data_id: the app's own id for the push, at most 64 bytes.

        Returns:
            PushTask: a push that was accepted.
                task_id: id of the push, for reports and to revoke it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90024: Pushes to all users need more than 1 s between them.
            90047: The day's pushes are used up (100 by default).

        Limits: 1/s, 10/day. It reaches everyone.
        Page: https://www.tencentcloud.com/document/product/1047/60561
        """

    async def send_batch(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        offline_push_info: OfflinePushInfo,
        msg_random: int | None = None,
        data_id: str | None = None,
    ) -> PushBatchTask:
        """Push to 1 to 500 users; `failed` lists those it does not go to.

        Push to listed users (new push service), 单发推送（指定 UserID）: `timpush/batch`.

        30 users a second is the limit of the free and trial editions, so a call may have 30 of them. The standard
        edition allows 500 and the advanced one 800: pass `rate_limits={"timpush/batch": Rate(500, cost="to_account",
        max_cost=500)}` to the client.

        Args:
            from_account: the sender, a user id or a RegistrationID.
            to_account: the targets, 1 to 500 user ids or RegistrationIDs.
            offline_push_info: title, text and settings of the notification.
            msg_random: u32; within one second, a push with the same value is dropped. Filled in if it is not given.
            data_id: the app's own id for the push, at most 64 bytes.

        Returns:
            PushBatchTask: a push to listed users that was accepted.
                error_list: the targets it does not go to; empty if it goes to all.
                task_id: id of the push, for reports and to revoke it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90045: Push to all users, by tag or single push is not enabled.
            90057: batchsendmsg delivered more messages than its per-minute limit (12,000 a minute by default, one per
                recipient).

        Limits: 30 to_account/s, 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/67553
        Page: https://cloud.tencent.com/document/product/269/108906
        """

    async def send_web_batch(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        msg_random: int | None = None,
        web_info: WebInfo | None = None,
        message: Mapping[str, object] | None = None,
        data_id: str | None = None,
        task_name: str | None = None,
    ) -> PushBatchTask:
        """Push to the browsers of 1 to 500 users; the limits are those of `send_batch`.

        Web push to listed users, 单发推送（Web）: `timpush/webbatch`.

        With both, `message` goes to open pages, and `web_info` to the others.

        Args:
            from_account: the sender.
            to_account: the targets, 1 to 500 user ids.
            msg_random: u32; within one second, a push with the same value is dropped. Filled in if it is not given.
            web_info: the browser notification; it or `message` is required.
            message: the message for open pages; its fields were not readable, so it is sent unchanged.
            data_id: the app's own id for the push, at most 64 bytes.
            task_name: the name of the task in the console, at most 20 bytes.

        Returns:
            PushBatchTask: a push to listed users that was accepted.
                error_list: the targets it does not go to; empty if it goes to all.
                task_id: id of the push, for reports and to revoke it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 30 to_account/s, 200/s.
        Not read of its page: what Message holds, and its list of failures.
        Page: https://trtc.io/zh/document/80441
        """

    async def revoke(
        self,
        *,
        task_id: str,
        offline_push_info: OfflinePushInfo,
    ) -> Empty:
        """Stop or revoke a push, within 24 hours.

        Stop or recall a push task of the last 24 hours, 撤回推送: `timpush/revoke`.

        Args:
            task_id: the push.
            offline_push_info: shown instead of the notification.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90049: The TaskId is not valid or has no push record.
            90050: The push task was withdrawn before.
            90051: Withdrawals are limited to one per second.

        Limits: 1/s. It deletes what is stored.
        Page: https://trtc.io/document/67824
        Page: https://cloud.tencent.com/document/product/269/105123
        """

    async def set_attr_names(
        self,
        *,
        attr_names: Mapping[str, str],
        attr_types: Mapping[str, Literal[0, 1]] | None = None,
    ) -> Empty:
        """Set the names of the app's attributes.

        Name the app's user attributes (new push service), 设置应用属性名称: `timpush/set_attr_name`.

        Args:
            attr_names: "0" to "9" with the name of each, 1 to 50 bytes; numbers that are left out keep their names.
            attr_types: the same numbers with the owner of the attribute: 0 a user id, 1 a RegistrationID.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90033: The user attribute is invalid.

        Limits: 100/s. A repeat is harmless.
        Page: https://trtc.io/document/60563
        Page: https://trtc.io/zh/document/67816
        """

    async def get_attr_names(
        self,
    ) -> TypedAttrNames:
        """Read the names of the app's attributes.

        Read the app's attribute names (new push service), 获取应用属性名称: `timpush/get_attr_name`.

        Returns:
            TypedAttrNames: the names of the app's attributes.
                attr_names: "0" to "9" with the name of each.
                attr_types: the same numbers with the owner of the attribute: 0 a user id, 1 a RegistrationID.

        Raises:
            ApiError: the service refused it.

        Limits: 100/s. A repeat is harmless.
        Page: https://trtc.io/document/67815
        """

    async def get_attrs(
        self,
        *,
        to_account: Sequence[str],
    ) -> AttrsOrFailures:
        """Read the attributes of 1 to 100 users.

        Read attributes of users (new push service), 获取用户属性: `timpush/get_attr`.

        Args:
            to_account: the users, 1 to 100: user ids, or RegistrationIDs of 36 bytes.

        Returns:
            AttrsOrFailures: the attributes of users.
                error_list: the users whose attributes could not be read; empty if all could.
                user_attrs: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://trtc.io/document/67817
        """

    async def set_attrs(
        self,
        *,
        user_attrs: Sequence[UserAttrs],
    ) -> PushOutcome:
        """Set attributes of 1 to 100 users.

        Set attributes of users (new push service), 设置用户属性: `timpush/set_attr`.

        Args:
            user_attrs: users, or RegistrationIDs, with their attributes, 1 to 100; attributes left out stay unchanged.

        Returns:
            PushOutcome: outcome for many users.
                error_list: the users for whom it failed; empty if it succeeded for all.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.
            90033: The user attribute is invalid.

        Limits: 100/s. A repeat is harmless.
        Page: https://trtc.io/document/60565
        Page: https://cloud.tencent.com/document/product/269/100638
        """

    async def remove_attrs(
        self,
        *,
        user_attrs: Sequence[UserAttrNames],
    ) -> PushOutcome:
        """Remove attributes from 1 to 100 users.

        Remove attributes of users (new push service), 删除用户属性: `timpush/remove_attr`.

        Args:
            user_attrs: users, or RegistrationIDs, with the names of the attributes to remove, 1 to 100.

        Returns:
            PushOutcome: outcome for many users.
                error_list: the users for whom it failed; empty if it succeeded for all.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/60566
        """

    async def get_tags(
        self,
        *,
        to_account: Sequence[str],
    ) -> TagsOrFailures:
        """Read the tags of 1 to 100 users.

        Read tags of users (new push service), 获取用户标签: `timpush/get_tag`.

        Args:
            to_account: the users, 1 to 100: user ids, or RegistrationIDs of 36 bytes.

        Returns:
            TagsOrFailures: the tags of users.
                error_list: the users whose tags could not be read; empty if all could.
                user_tags: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/60567
        Page: https://cloud.tencent.com/document/product/269/100640
        """

    async def add_tags(
        self,
        *,
        user_tags: Sequence[UserTags],
    ) -> PushOutcome:
        """Add tags to 1 to 100 users, up to 10 each.

        Add tags to users (new push service), 添加用户标签: `timpush/add_tag`.

        Args:
            user_tags: users, or RegistrationIDs, with 1 to 10 tags each, 1 to 100.

        Returns:
            PushOutcome: outcome for many users.
                error_list: the users for whom it failed; empty if it succeeded for all.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 100/s. A repeat is harmless.
        Not read of its page: its answer and its codes.
        Page: https://trtc.io/document/60568
        Page: https://trtc.tencentcloud.com/zh/document/60568
        """

    async def remove_tags(
        self,
        *,
        user_tags: Sequence[UserTags],
    ) -> PushOutcome:
        """Remove tags from 1 to 100 users, up to 10 each.

        Remove tags from users (new push service), 删除用户标签: `timpush/remove_tag`.

        Args:
            user_tags: users, or RegistrationIDs, with 1 to 10 tags each, 1 to 100.

        Returns:
            PushOutcome: outcome for many users.
                error_list: the users for whom it failed; empty if it succeeded for all.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/67822
        """

    async def clear_tags(
        self,
        *,
        to_account: Sequence[str],
    ) -> PushOutcome:
        """Remove all tags from 1 to 100 users.

        Remove every tag of users (new push service), 清空用户标签: `timpush/clear_all_tags`.

        Args:
            to_account: the users, 1 to 100: user ids, or RegistrationIDs of 36 bytes.

        Returns:
            PushOutcome: outcome for many users.
                error_list: the users for whom it failed; empty if it succeeded for all.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/67823
        """

    async def add_scheduled(
        self,
        *,
        type: Literal["All", "Tag", "User"],
        sched_at: str,
        content: PushContent,
        sdkappid: int | None = None,
    ) -> ScheduledPushId:
        """Schedule a push; `schedule` takes a datetime and determines the type.

        Create a scheduled push, 创建定时任务: `timpush/add_sched_task`.

        Args:
            type: All for every user, Tag for an audience, User for listed users.
            sched_at: time of the push, in UTC, such as "2025-06-01 10:00:00"; at most 19 bytes.
            content: the push, in the form that the type requires.
            sdkappid: the app's id, the client's own; filled in if it is not given.

        Returns:
            ScheduledPushId: a scheduled push that was created, changed or deleted.
                task_id: its id, for later calls.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s. It reaches everyone.
        Not read of its page: its codes.
        Page: https://www.tencentcloud.com/document/product/1047/78839
        Page: https://cloud.tencent.com/document/product/269/130277
        """

    async def modify_scheduled(
        self,
        *,
        task_id: int,
        type: Literal["All", "Tag", "User"],
        sdkappid: int | None = None,
        sched_at: str | None = None,
        content: PushContent | None = None,
    ) -> ScheduledPushId:
        """Change a scheduled push that is still pending.

        Change a scheduled push that is still pending, 修改定时任务: `timpush/modify_sched_task`.

        Args:
            task_id: the scheduled push.
            type: the type it was created with.
            sdkappid: the app's id, the client's own; filled in if it is not given.
            sched_at: the new time, in UTC, such as "2025-06-01 10:00:00"; at most 19 bytes.
            content: the new content, in the form that the type requires.

        Returns:
            ScheduledPushId: a scheduled push that was created, changed or deleted.
                task_id: its id, for later calls.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s. A repeat is harmless. It reaches everyone.
        Not read of its page: its answer and its codes.
        Page: https://www.tencentcloud.com/document/product/1047/78840
        Page: https://cloud.tencent.com/document/product/269/130278
        """

    async def delete_scheduled(
        self,
        *,
        task_id: int,
        type: Literal["All", "Tag", "User"],
        sdkappid: int | None = None,
    ) -> ScheduledPushId:
        """Delete a scheduled push that is still pending.

        Delete a scheduled push that is still pending, 删除定时任务: `timpush/delete_sched_task`.

        Args:
            task_id: the scheduled push.
            type: the type it was created with.
            sdkappid: the app's id, the client's own; filled in if it is not given.

        Returns:
            ScheduledPushId: a scheduled push that was created, changed or deleted.
                task_id: its id, for later calls.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90104: Parameters of a scheduled push are invalid.
            90107: The scheduled push is being sent or was sent, and cannot be changed any more.

        Limits: 5/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/78841
        """

    async def get_scheduled(
        self,
        *,
        task_id: int,
        sdkappid: int | None = None,
    ) -> FoundScheduledPush:
        """Read one scheduled push: its state, and the TaskId of its push.

        Read one scheduled push, 获取定时任务详情: `timpush/get_sched_task`.

        Args:
            task_id: the scheduled push.
            sdkappid: the app's id, the client's own; filled in if it is not given.

        Returns:
            FoundScheduledPush: one scheduled push.
                task_info: the push.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s. A repeat is harmless.
        Not read of its page: the later values of Status, and its codes.
        Page: https://www.tencentcloud.com/document/product/1047/78842
        Page: https://cloud.tencent.com/document/product/269/130280
        """

    async def list_scheduled(
        self,
        *,
        begin_time: str,
        end_time: str,
        sdkappid: int | None = None,
        offset: int = 0,
        want: int = 20,
        order_by: Literal["schedAt", "createAt", "schedat", "createat"] = "schedAt",
        asc: bool = True,
        keyword: str | None = None,
    ) -> ScheduledPushes:
        """Read one page of scheduled pushes.

        Page through scheduled pushes, 获取定时任务列表: `timpush/list_sched_task`.

        Args:
            begin_time: start of the range, in UTC, such as "2025-06-01 10:00:00"; at most 19 bytes.
            end_time: end of the range; the app's settings limit its length; at most 19 bytes.
            sdkappid: the app's id, the client's own; filled in if it is not given.
            offset: number to skip, 0 by default.
            want: number of entries to return, at least 1; 20 by default.
            order_by: `schedAt` (the default) or `createAt`; the international page writes both in lower case.
            asc: True for the earliest first (the default).
            keyword: part of the title or text.

        Returns:
            ScheduledPushes: a page of scheduled pushes.
                total: number of pushes on all pages.
                tasks: the pushes of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 5/s. A repeat is harmless.
        Not read of its page: what Tasks hold, and its codes.
        Page: https://www.tencentcloud.com/document/product/1047/78843
        Page: https://cloud.tencent.com/document/product/269/130281
        """

    async def get_figures(
        self,
        *,
        start_time: int,
        end_time: int,
        task_id: Sequence[str] = (),
    ) -> PushFigures:
        """Read how many pushes of up to 5 tasks were sent, delivered and clicked.

        Figures of pushes to all users or an audience, 全员/标签推送数据统计: `timpush/all_member_push_statistics`.

        Args:
            start_time: unix seconds, start of the range.
            end_time: unix seconds, end of the range, which may span at most 30 days; at least 1741104000.
            task_id: up to 5 tasks; none for the whole range.

        Returns:
            PushFigures: counts task by task.
                results: one entry per task.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: the numbers of PushPlatform.
        Page: https://trtc.io/document/71894
        """

    async def get_losses(
        self,
        *,
        start_time: int,
        end_time: int,
        task_id: Sequence[str] = (),
    ) -> PushLosses:
        """Read why pushes of up to 5 tasks failed.

        Why pushes to all users or an audience were lost, 全员/标签推送折损分析: `timpush/all_member_push_loss`.

        Args:
            start_time: unix seconds, start of the range.
            end_time: unix seconds, end of the range, which may span at most 7 days; at least 1741104000.
            task_id: up to 5 tasks; none for the whole range.

        Returns:
            PushLosses: losses task by task.
                results: one entry per task.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: the numbers of PushPlatform.
        Page: https://trtc.io/document/71895
        """

    async def get_trace(
        self,
        *,
        task_id: str,
        user_id: str,
    ) -> PushTrace:
        """Trace a task's push to the devices of one user.

        Trace a push to all users or an audience for one user, 全员/标签推送消息链路: `timpush/all_member_push_trace`.

        Args:
            task_id: the task.
            user_id: the user, 1 to 32 bytes.

        Returns:
            PushTrace: the trace of a push, device by device.
                instance_trace: one entry per device.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: what OnlinePushStat holds, and its numbers.
        Page: https://trtc.io/document/71893
        Page: https://trtc.io/zh/document/71893
        """

    async def get_message_figures(
        self,
        *,
        start_time: int,
        end_time: int,
    ) -> MessagePushFigures:
        """Read how many pushes of chat messages were sent, delivered and clicked.

        Figures of pushes of chat messages, 普通推送数据统计: `timpush/normal_push_statistics`.

        Args:
            start_time: unix seconds, start of the range.
            end_time: unix seconds, end of the range, which may span at most 30 days; at least 1741104000.

        Returns:
            MessagePushFigures: counts of the pushes of chat messages.
                total_count: number that could be sent.
                sent_count: number sent.
                delivered_count: number delivered.
                click_count: number clicked.
                platform_statistics: the same for each channel.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: the numbers of PushPlatform.
        Page: https://www.tencentcloud.com/document/product/1047/71897
        Page: https://trtc.io/zh/document/71897
        """

    async def get_message_losses(
        self,
        *,
        start_time: int,
        end_time: int,
    ) -> MessagePushLosses:
        """Read why pushes of chat messages failed.

        Why pushes of chat messages were lost, 普通推送折损分析: `timpush/normal_push_loss`.

        Args:
            start_time: unix seconds, start of the range.
            end_time: unix seconds, end of the range, which may span at most 7 days; at least 1741104000.

        Returns:
            MessagePushLosses: losses of the pushes of chat messages.
                ready_to_send_loss: losses before sending.
                post_send_delivered_loss: losses after sending.
                platform_ready_to_send_loss: losses before sending, per channel.
                platform_post_send_delivered_loss: losses after sending, per channel.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: the numbers of PushPlatform.
        Page: https://www.tencentcloud.com/document/product/1047/71898
        Page: https://trtc.io/zh/document/71898
        """

    async def get_message_trace(
        self,
        *,
        push_id: str,
    ) -> PushTrace:
        """Trace the push of a chat message to the devices it went to.

        Trace the push of one chat message, 普通推送消息链路: `timpush/normal_push_trace`.

        Args:
            push_id: the message's MsgId (`SendMsgResult.msg_id`).

        Returns:
            PushTrace: the trace of a push, device by device.
                instance_trace: one entry per device.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 1/s. A repeat is harmless.
        Not read of its page: what OnlinePushStat holds, and its numbers.
        Page: https://www.tencentcloud.com/document/product/1047/71896
        Page: https://trtc.io/zh/document/71896
        """
