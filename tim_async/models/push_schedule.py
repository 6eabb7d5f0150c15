"""Scheduled pushes. Source: I78839 to I78843, C130277 to C130281.

Times are texts in UTC, such as "2025-06-01 10:00:00": `utc_text` creates them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_choice, check_given, check_items, check_list, check_range, check_whole
from .._api.wire import Request, Result, WireStruct, always, listed
from ..errors import UsageError
from .offline_push import OfflinePushInfo
from .push import MAX_TARGETS, TimPushCondition

PushType = Literal["All", "Tag", "User"]

OrderBy = Literal["schedAt", "createAt", "schedat", "createat"]
"""What scheduled pushes are ordered by: the time of sending, or of creation."""
if not TYPE_CHECKING:
    OrderBy = listed(OrderBy)

_TYPES: Final = ("All", "Tag", "User")
_FORM: Final = "%Y-%m-%d %H:%M:%S"


def utc_text(when: datetime) -> str:
    """Format a time as these commands expect it: `2025-06-01 10:00:00`, in UTC.

    Raises:
        UsageError: it has no time zone.
    """
    if not isinstance(when, datetime) or when.tzinfo is None:
        raise UsageError("when must be a datetime with a time zone", field="when")
    return when.astimezone(UTC).strftime(_FORM)


def utc_moment(text: str) -> datetime | None:
    """Parse such a text; return None for any other format."""
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def _check_time(field: str, text: str | None) -> None:
    if text is None:
        return
    check_given(field, text)
    if utc_moment(text) is None:
        raise UsageError(f"{field} must be a time in UTC such as '2025-06-01 10:00:00'", field=field)


def _check_type(kind: str) -> None:
    check_choice("type", kind, _TYPES)


class PushContent(WireStruct, kw_only=True):
    """The content of a scheduled push: the fields of the push that its type stands for.

    Attributes:
        from_account: the sender.
        to_account: for the type User: the targets, 1 to 500.
        condition: for the type Tag: the audience.
        offline_push_info: title, text and settings of the notification.
        msg_random: u32.
    """

    from_account: str | None = None
    to_account: Sequence[str] | None = None
    condition: TimPushCondition | None = None
    offline_push_info: OfflinePushInfo | None = None
    msg_random: int | None = None

    @property
    def type(self) -> PushType:
        """The type of push that has these fields."""
        return "User" if self.to_account is not None else "Tag" if self.condition is not None else "All"

    def check(self) -> None:
        """Check targets, audience and settings."""
        if self.from_account is not None:
            check_given("content.from_account", self.from_account)
        if self.to_account is not None:
            check_list("content.to_account", self.to_account)
            check_items("content.to_account", self.to_account, 1, MAX_TARGETS)
            for index, target in enumerate(self.to_account):
                check_given(f"content.to_account[{index}]", target)
        if self.condition is not None:
            self.condition.check("content.condition")
        if self.offline_push_info is not None:
            self.offline_push_info.check("content.offline_push_info")
        check_range("content.msg_random", self.msg_random, 0, U32_MAX)


class _OfApp(Request, kw_only=True):
    _app_field: ClassVar = "sdkappid"
    sdkappid: int | None = None

    def check(self) -> None:
        """Check the app's id, if it is given."""
        check_range("sdkappid", self.sdkappid, 1, 2**53)


class _OfTask(_OfApp, kw_only=True):
    task_id: int = msgspec.field(name="TaskID")

    def check(self) -> None:
        """Check the ids."""
        super().check()
        check_whole("task_id", self.task_id, 0)


class AddScheduledPush(_OfApp, kw_only=True):
    """Schedule a push. Source: I78839, C130277.

    Attributes:
        sdkappid: the app's id, the client's own; filled in if it is not given.
        type: All for every user, Tag for an audience, User for listed users.
        sched_at: time of the push, in UTC, such as "2025-06-01 10:00:00".
        content: the push, in the form that the type requires.
    """

    type: PushType
    sched_at: str
    content: PushContent

    def check(self) -> None:
        """Check type, time and content."""
        super().check()
        _check_type(self.type)
        _check_time("sched_at", self.sched_at)
        self.content.check()
        if self.type == "User" and self.content.to_account is None:
            raise UsageError("content.to_account must be given for the type User", field="content.to_account")
        if self.type == "Tag" and self.content.condition is None:
            raise UsageError("content.condition must be given for the type Tag", field="content.condition")


class ModifyScheduledPush(_OfTask, kw_only=True):
    """Change a push that is still pending; fields that are not given stay unchanged. Source: I78840, C130278.

    Attributes:
        sdkappid: the app's id, the client's own; filled in if it is not given.
        task_id: the scheduled push.
        type: the type it was created with.
        sched_at: the new time, in UTC, such as "2025-06-01 10:00:00".
        content: the new content, in the form that the type requires.
    """

    type: PushType
    sched_at: str | None = None
    content: PushContent | None = None

    def check(self) -> None:
        """Check id, type, time and content."""
        super().check()
        _check_type(self.type)
        _check_time("sched_at", self.sched_at)
        if self.content is not None:
            self.content.check()


class DeleteScheduledPush(_OfTask, kw_only=True):
    """Delete a push that is still pending. Source: I78841, C130279.

    Attributes:
        sdkappid: the app's id, the client's own; filled in if it is not given.
        task_id: the scheduled push.
        type: the type it was created with.
    """

    type: PushType

    def check(self) -> None:
        """Check id and type."""
        super().check()
        _check_type(self.type)


class GetScheduledPush(_OfTask, kw_only=True):
    """Read one scheduled push. Source: I78842, C130280.

    Attributes:
        sdkappid: the app's id, the client's own; filled in if it is not given.
        task_id: the scheduled push.
    """


class ListScheduledPushes(_OfApp, kw_only=True):
    """Read one page of scheduled pushes. Source: I78843, C130281.

    Attributes:
        sdkappid: the app's id, the client's own; filled in if it is not given.
        offset: number to skip, 0 by default.
        want: number of entries to return, at least 1; 20 by default.
        order_by: `schedAt` (the default) or `createAt`; the international page writes both in lower case.
        asc: True for the earliest first (the default).
        begin_time: start of the range, in UTC, such as "2025-06-01 10:00:00".
        end_time: end of the range; the app's settings limit its length.
        keyword: part of the title or text.
    """

    offset: int = always(0)
    want: int = always(20)
    order_by: OrderBy = always("schedAt")
    asc: bool = always(True)
    begin_time: str
    end_time: str
    keyword: str | None = None

    def check(self) -> None:
        """Check place, order and range."""
        super().check()
        check_whole("offset", self.offset, 0)
        check_whole("want", self.want, 1)
        check_given("order_by", self.order_by)
        _check_time("begin_time", self.begin_time)
        _check_time("end_time", self.end_time)
        begin, end = utc_moment(self.begin_time), utc_moment(self.end_time)
        if begin is not None and end is not None and end < begin:
            raise UsageError("end_time is before begin_time", field="end_time")


class ScheduledPushId(Result, kw_only=True):
    """A scheduled push that was created, changed or deleted. Source: I78839 to I78841.

    Attributes:
        task_id: its id, for later calls.
    """

    task_id: int = msgspec.field(name="TaskID", default_factory=int)


class ScheduledPush(WireStruct, kw_only=True):
    """A scheduled push.

    Attributes:
        task_id: its id.
        sdkappid: the app's id.
        create_at: creation time, in UTC.
        type: All, Tag or User.
        sched_at: time of the push, in UTC.
        content: the content as received: the fields of `PushContent` by wire name.
        title: the title of the notification.
        desc: its text.
        status: `pending`; later values are not on the readable pages.
        dispatch_success: whether it was pushed; 0 before.
        dispatch_err: why it was not pushed.
        push_task_id: the TaskId of the push, for revoking it and reading its statistics.
    """

    task_id: int = msgspec.field(name="TaskID", default_factory=int)
    sdkappid: int = always(0)
    create_at: str = always("")
    type: str = always("")
    sched_at: str = always("")
    content: dict[str, object] | None = None
    title: str = always("")
    desc: str = always("")
    status: str = always("")
    dispatch_success: int = always(0)
    dispatch_err: str = always("")
    push_task_id: str = msgspec.field(name="PushTaskID", default_factory=str)

    @property
    def is_pending(self) -> bool:
        """Whether it can still be changed and deleted."""
        return self.status == "pending"

    @property
    def scheduled_for(self) -> datetime | None:
        """The time of the push; None if the text has another format."""
        return utc_moment(self.sched_at)


class FoundScheduledPush(Result, kw_only=True):
    """One scheduled push. Source: I78842, C130280.

    Attributes:
        task_info: the push.
    """

    task_info: ScheduledPush | None = None


class ScheduledPushes(Result, kw_only=True):
    """A page of scheduled pushes. Source: I78843, C130281.

    Attributes:
        total: number of pushes on all pages.
        tasks: the pushes of this page.
    """

    total: int = always(0)
    tasks: list[ScheduledPush] = msgspec.field(default_factory=list)
