"""The push service: immediate and scheduled pushes, their statistics, and audience attributes and tags."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

from .._api.endpoint import DAY_S, Endpoint, Family, Rate
from ..models.all_member_push import (
    MAX_USERS,
    PushTask,
    UserAttrNames,
    UserAttrs,
    UserTags,
)
from ..models.common import Empty, NoFields
from ..models.offline_push import OfflinePushInfo
from ..models.push import (
    MAX_TARGETS,
    AttrsOrFailures,
    PushBatchTask,
    PushOutcome,
    Revoke,
    SendPush,
    SendPushBatch,
    SendWebPush,
    SetTypedAttrNames,
    TagsOrFailures,
    TimPushChangeTags,
    TimPushRemoveAttrs,
    TimPushSetAttrs,
    TimPushUsers,
    TypedAttrNames,
    WebInfo,
)
from ..models.push_schedule import (
    AddScheduledPush,
    DeleteScheduledPush,
    FoundScheduledPush,
    GetScheduledPush,
    ListScheduledPushes,
    ModifyScheduledPush,
    OrderBy,
    PushContent,
    ScheduledPush,
    ScheduledPushes,
    ScheduledPushId,
    utc_text,
)
from ..models.push_statistics import (
    GetMessagePushFigures,
    GetMessagePushLosses,
    GetMessagePushTrace,
    GetPushFigures,
    GetPushLosses,
    GetPushTrace,
    MessagePushFigures,
    MessagePushLosses,
    PushFigures,
    PushLosses,
    PushTrace,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_by_offset

PAGE_SIZE: Final = 100

_SLOW = (Rate(100),)
_SCHEDULED = (Rate(5),)
_ONE = (Rate(1),)
# Users a second in the free and trial editions; 500 in the standard and 800 in the advanced edition (C137903).
USERS_A_SECOND: Final = 30
# Pushes a day in the free and trial editions; 100 in the standard and advanced editions (C137903).
PUSHES_A_DAY: Final = 10
_USERS = (Rate(USERS_A_SECOND, cost="to_account", max_cost=USERS_A_SECOND), Rate(200))


class Push(Family, name="push"):
    """Pushes of the push service, with the attributes and tags that select an audience."""

    # Both recognise a repeated MsgRandom, but one for an undocumented time and the other for only one second: a repeat
    # may be a second push.
    send: Final = Endpoint(
        "timpush/push",
        SendPush,
        PushTask,
        doc="I60561",
        limits=(Rate(1), Rate(PUSHES_A_DAY, per=DAY_S)),
        danger="reaches_all",
    )
    """Push to every user, or to those selected by a condition: once a second, and 10 times a day.

    10 a day is the quota of the free and trial editions. The standard and advanced editions have 100: pass
    `rate_limits={"timpush/push": (Rate(1), Rate(100, per=86_400))}` to the client. A push that exceeds the quota raises
    `WaitTooLongError` with the time; the quota counts the last 24 hours.
    """
    send_batch: Final = Endpoint("timpush/batch", SendPushBatch, PushBatchTask, doc="I67553", limits=_USERS)
    """Push to 1 to 500 users; `failed` lists those it does not go to.

    30 users a second is the limit of the free and trial editions, so a call may have 30 of them. The standard edition
    allows 500 and the advanced one 800: pass `rate_limits={"timpush/batch": Rate(500, cost="to_account",
    max_cost=500)}` to the client.
    """
    send_web_batch: Final = Endpoint(
        "timpush/webbatch",
        SendWebPush,
        PushBatchTask,
        doc="I80441",
        not_read="what Message holds, and its list of failures",
        limits=_USERS,
    )
    """Push to the browsers of 1 to 500 users; the limits are those of `send_batch`."""
    revoke: Final = Endpoint("timpush/revoke", Revoke, Empty, doc="I60571", limits=_ONE, danger="deletes")
    """Stop or revoke a push, within 24 hours."""
    set_attr_names: Final = Endpoint(
        "timpush/set_attr_name", SetTypedAttrNames, Empty, doc="I60563", limits=_SLOW, repeat="always"
    )
    """Set the names of the app's attributes."""
    get_attr_names: Final = Endpoint(
        "timpush/get_attr_name",
        NoFields,
        TypedAttrNames,
        doc="I60562",
        limits=_SLOW,
        repeat="always",
    )
    """Read the names of the app's attributes."""
    get_attrs: Final = Endpoint(
        "timpush/get_attr", TimPushUsers, AttrsOrFailures, doc="I60564", limits=_SLOW, repeat="always"
    )
    """Read the attributes of 1 to 100 users."""
    set_attrs: Final = Endpoint(
        "timpush/set_attr", TimPushSetAttrs, PushOutcome, doc="I60565", limits=_SLOW, repeat="always"
    )
    """Set attributes of 1 to 100 users."""
    remove_attrs: Final = Endpoint(
        "timpush/remove_attr",
        TimPushRemoveAttrs,
        PushOutcome,
        doc="I60566",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove attributes from 1 to 100 users."""
    get_tags: Final = Endpoint(
        "timpush/get_tag",
        TimPushUsers,
        TagsOrFailures,
        doc="I60567",
        limits=_SLOW,
        repeat="always",
    )
    """Read the tags of 1 to 100 users."""
    add_tags: Final = Endpoint(
        "timpush/add_tag",
        TimPushChangeTags,
        PushOutcome,
        doc="I60568",
        not_read="its answer and its codes",
        limits=_SLOW,
        repeat="always",
    )
    """Add tags to 1 to 100 users, up to 10 each."""
    remove_tags: Final = Endpoint(
        "timpush/remove_tag",
        TimPushChangeTags,
        PushOutcome,
        doc="I60569",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove tags from 1 to 100 users, up to 10 each."""
    clear_tags: Final = Endpoint(
        "timpush/clear_all_tags",
        TimPushUsers,
        PushOutcome,
        doc="I60570",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove all tags from 1 to 100 users."""

    # Scheduled pushes

    add_scheduled: Final = Endpoint(
        "timpush/add_sched_task",
        AddScheduledPush,
        ScheduledPushId,
        doc="I78839",
        not_read="its codes",
        limits=_SCHEDULED,
        danger="reaches_all",
    )
    """Schedule a push; `schedule` takes a datetime and determines the type."""
    modify_scheduled: Final = Endpoint(
        "timpush/modify_sched_task",
        ModifyScheduledPush,
        ScheduledPushId,
        doc="I78840",
        not_read="its answer and its codes",
        limits=_SCHEDULED,
        repeat="always",
        danger="reaches_all",
    )
    """Change a scheduled push that is still pending."""
    delete_scheduled: Final = Endpoint(
        "timpush/delete_sched_task",
        DeleteScheduledPush,
        ScheduledPushId,
        doc="I78841",
        limits=_SCHEDULED,
        danger="deletes",
    )
    """Delete a scheduled push that is still pending."""
    get_scheduled: Final = Endpoint(
        "timpush/get_sched_task",
        GetScheduledPush,
        FoundScheduledPush,
        doc="I78842",
        not_read="the later values of Status, and its codes",
        limits=_SCHEDULED,
        repeat="always",
    )
    """Read one scheduled push: its state, and the TaskId of its push."""
    list_scheduled: Final = Endpoint(
        "timpush/list_sched_task",
        ListScheduledPushes,
        ScheduledPushes,
        doc="I78843",
        not_read="what Tasks hold, and its codes",
        limits=_SCHEDULED,
        repeat="always",
    )
    """Read one page of scheduled pushes."""

    # Statistics

    get_figures: Final = Endpoint(
        "timpush/all_member_push_statistics",
        GetPushFigures,
        PushFigures,
        doc="I71894",
        not_read="the numbers of PushPlatform",
        limits=_ONE,
        repeat="always",
    )
    """Read how many pushes of up to 5 tasks were sent, delivered and clicked."""
    get_losses: Final = Endpoint(
        "timpush/all_member_push_loss",
        GetPushLosses,
        PushLosses,
        doc="I71895",
        not_read="the numbers of PushPlatform",
        limits=_ONE,
        repeat="always",
    )
    """Read why pushes of up to 5 tasks failed."""
    get_trace: Final = Endpoint(
        "timpush/all_member_push_trace",
        GetPushTrace,
        PushTrace,
        doc="I71893",
        not_read="what OnlinePushStat holds, and its numbers",
        limits=_ONE,
        repeat="always",
    )
    """Trace a task's push to the devices of one user."""
    get_message_figures: Final = Endpoint(
        "timpush/normal_push_statistics",
        GetMessagePushFigures,
        MessagePushFigures,
        doc="I71897",
        not_read="the numbers of PushPlatform",
        limits=_ONE,
        repeat="always",
    )
    """Read how many pushes of chat messages were sent, delivered and clicked."""
    get_message_losses: Final = Endpoint(
        "timpush/normal_push_loss",
        GetMessagePushLosses,
        MessagePushLosses,
        doc="I71898",
        not_read="the numbers of PushPlatform",
        limits=_ONE,
        repeat="always",
    )
    """Read why pushes of chat messages failed."""
    get_message_trace: Final = Endpoint(
        "timpush/normal_push_trace",
        GetMessagePushTrace,
        PushTrace,
        doc="I71896",
        not_read="what OnlinePushStat holds, and its numbers",
        limits=_ONE,
        repeat="always",
    )
    """Trace the push of a chat message to the devices it went to."""

    def _most_targets(self, endpoint: Endpoint[..., PushBatchTask]) -> int:
        """Return the maximum number of users per call, by the limits in force."""
        return min([MAX_TARGETS, *(rate.max_cost for rate in self.client.limits_of(endpoint) if rate.cost)])

    async def schedule(self, content: PushContent, at: datetime) -> ScheduledPushId:
        """Schedule a push for a time: `add_scheduled` with the type that matches the content.

        Args:
            content: the push; with `to_account` to the listed users, with `condition` to an audience, otherwise to
                every user.
            at: the time, with a time zone.
        """
        return await self.add_scheduled(type=content.type, sched_at=utc_text(at), content=content)

    async def iter_scheduled(
        self,
        begin: datetime,
        end: datetime,
        *,
        order_by: OrderBy = "schedAt",
        asc: bool = True,
        keyword: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[ScheduledPush]:
        """Read the scheduled pushes of a time range, fetching pages on demand.

        Args:
            begin: start of the range, with a time zone.
            end: end of the range; the app's settings limit its length.
            order_by: `schedAt`, or `createAt`, which the range then applies to.
            asc: whether the earliest comes first.
            keyword: part of the title or text.
            page_size: pushes per call.
        """

        async def fetch(offset: int) -> ScheduledPushes:
            return await self.list_scheduled(
                offset=offset,
                want=page_size,
                order_by=order_by,
                asc=asc,
                begin_time=utc_text(begin),
                end_time=utc_text(end),
                keyword=keyword,
            )

        command = Push.list_scheduled.command
        async for task in entries_by_offset(command, fetch, lambda page: page.tasks, lambda page: page.total):
            yield task

    async def send_web_batch_all(
        self,
        to_account: Items[str],
        *,
        from_account: str,
        web_info: WebInfo | None = None,
        message: Mapping[str, object] | None = None,
        data_id: str | None = None,
        task_name: str | None = None,
    ) -> Chunked[str, PushBatchTask]:
        """Push to the browsers of any number of users; every call is a separate task.

        A call has 500 users, or as many as the limit allows per second.

        Args:
            to_account: the targets, user ids.
            from_account: the sender.
            web_info: the browser notification; it or `message` is required.
            message: the message for open pages.
            data_id: the app's own id for the push, at most 64 bytes.
            task_name: the name of the tasks in the console, at most 20 bytes.
        """
        return await in_chunks(
            "to_account",
            to_account,
            self._most_targets(Push.send_web_batch),
            lambda chunk: self.send_web_batch(
                from_account=from_account,
                to_account=chunk,
                web_info=web_info,
                message=message,
                data_id=data_id,
                task_name=task_name,
            ),
        )

    async def send_batch_all(
        self,
        to_account: Items[str],
        *,
        from_account: str,
        offline_push_info: OfflinePushInfo,
        data_id: str | None = None,
    ) -> Chunked[str, PushBatchTask]:
        """Push to any number of users, with the maximum per call: 500, or as many as the limit allows per second.

        Every call is a separate task, with its own MsgRandom (with a common one the service would drop all but the
        first) and its own TaskId: to revoke everything, revoke each of `results`. A user who is named twice may get the
        push twice.

        Args:
            to_account: the targets, user ids or RegistrationIDs.
            from_account: the sender, a user id or a RegistrationID.
            offline_push_info: title, text and settings of the notification.
            data_id: the app's own id for the push, at most 64 bytes; common to all tasks.
        """
        return await in_chunks(
            "to_account",
            to_account,
            self._most_targets(Push.send_batch),
            lambda chunk: self.send_batch(
                from_account=from_account, to_account=chunk, offline_push_info=offline_push_info, data_id=data_id
            ),
        )

    async def get_attrs_all(self, accounts: Items[str]) -> Chunked[str, AttrsOrFailures]:
        """Read the attributes of any number of users, 100 per call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_attrs(to_account=chunk))

    async def set_attrs_all(self, user_attrs: Items[UserAttrs]) -> Chunked[UserAttrs, PushOutcome]:
        """Set attributes of any number of users, 100 per call; name each user once, because calls run concurrently."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.set_attrs(user_attrs=chunk))

    async def remove_attrs_all(self, user_attrs: Items[UserAttrNames]) -> Chunked[UserAttrNames, PushOutcome]:
        """Remove attributes from any number of users, 100 per call. Experimental, like `remove_attrs`."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.remove_attrs(user_attrs=chunk))

    async def get_tags_all(self, accounts: Items[str]) -> Chunked[str, TagsOrFailures]:
        """Read the tags of any number of users, 100 per call. Experimental, like `get_tags`."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_tags(to_account=chunk))

    async def add_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, PushOutcome]:
        """Add tags to any number of users, 100 per call. Experimental, like `add_tags`."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.add_tags(user_tags=chunk))

    async def remove_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, PushOutcome]:
        """Remove tags from any number of users, 100 per call."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.remove_tags(user_tags=chunk))

    async def clear_tags_all(self, accounts: Items[str]) -> Chunked[str, PushOutcome]:
        """Remove all tags from any number of users, 100 per call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.clear_tags(to_account=chunk))
