"""Pushes of the push service (timpush), with its attributes and tags. Source: I60561 to I60571, I67553, I80441.

It succeeds the older pushes to all users: the same attributes, tags and requests, plus a list of failed users. Users
are addressed by their user id or by the RegistrationID that the push service assigned to a device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_choice, check_given, check_items, check_list, check_range, check_text
from .._api.wire import PartialResult, Request, WireStruct, always
from ..errors import UsageError
from .all_member_push import (
    AttrNames,
    AttrsOfUser,
    ChangeTags,
    Condition,
    PushUsers,
    RemoveAttrs,
    SetAttrNames,
    SetAttrs,
    TagsOfUser,
)
from .message import next_msg_random
from .offline_push import OfflinePushInfo

MAX_TARGETS: Final = 500
# A RegistrationID, which is longer than an account may be (I60565 to I60568).
REGISTRATION_ID_BYTES: Final = 36
MAX_DATA_ID_BYTES: Final = 64
MAX_TASK_NAME_BYTES: Final = 20


class TimPushCondition(Condition, kw_only=True):
    """The audience of a push: by tags or by attributes, not both. All given conditions must hold.

    Attributes:
        attrs_or: attribute names with values, one of which a user must have.
        attrs_and: attribute names with values, all of which a user must have.
        tags_or: 1 to 10 tags, one of which a user must have.
        tags_and: 1 to 10 tags, all of which a user must have; none of them is in `tags_or`.
        tags_not: 1 to 10 tags, none of which a user may have.
    """

    tags_not: Sequence[str] | None = None


class _Push(Request, kw_only=True):
    """The fields that both kinds of push share.

    Attributes:
        from_account: the sender, a user id or a RegistrationID.
        msg_random: u32, by which the service recognises a repeated push.
        offline_push_info: title, text and settings of the notification.
        data_id: the app's own id for the push, at most 64 bytes.
    """

    _identity: ClassVar = {"msg_random": next_msg_random}
    from_account: str
    msg_random: int | None = None
    offline_push_info: OfflinePushInfo
    data_id: str | None = None

    def check(self) -> None:
        """Check sender, ranges and sizes."""
        check_given("from_account", self.from_account)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        self.offline_push_info.check()
        check_text("data_id", self.data_id, MAX_DATA_ID_BYTES)


class SendPush(_Push, kw_only=True):
    """Push to every user, or to those selected by a condition. Source: I60561.

    Attributes:
        from_account: the sender, a user id or a RegistrationID.
        msg_random: u32, by which the service recognises a repeated push; for how long is not documented. Filled in if
            it is not given.
        condition: the audience; absent is everyone.
        offline_push_info: title, text and settings of the notification.
        data_id: the app's own id for the push, at most 64 bytes.
    """

    condition: TimPushCondition | None = None

    def check(self) -> None:
        """Check sender, audience, ranges and sizes."""
        super().check()
        if self.condition is not None:
            self.condition.check()


class SendPushBatch(_Push, kw_only=True):
    """Push to 1 to 500 users. Source: I67553.

    Attributes:
        from_account: the sender, a user id or a RegistrationID.
        to_account: the targets, 1 to 500 user ids or RegistrationIDs.
        msg_random: u32; within one second, a push with the same value is dropped. Filled in if it is not given.
        offline_push_info: title, text and settings of the notification.
        data_id: the app's own id for the push, at most 64 bytes.
    """

    to_account: Sequence[str]

    def check(self) -> None:
        """Check sender, targets, ranges and sizes."""
        super().check()
        check_list("to_account", self.to_account)
        check_items("to_account", self.to_account, 1, MAX_TARGETS)
        for index, target in enumerate(self.to_account):
            check_given(f"to_account[{index}]", target)


class WebInfo(WireStruct, kw_only=True):
    """A browser notification.

    Attributes:
        title: its title.
        desc: its text.
        url: the page that it opens.
    """

    title: str | None = None
    desc: str | None = None
    url: str | None = msgspec.field(name="URL", default=None)


class SendWebPush(Request, kw_only=True):
    """Push to the browsers of 1 to 500 users. Source: I80441.

    With both, `message` goes to open pages, and `web_info` to the others.

    Attributes:
        from_account: the sender.
        to_account: the targets, 1 to 500 user ids.
        msg_random: u32; within one second, a push with the same value is dropped. Filled in if it is not given.
        web_info: the browser notification; it or `message` is required.
        message: the message for open pages; its fields were not readable, so it is sent unchanged.
        data_id: the app's own id for the push, at most 64 bytes.
        task_name: the name of the task in the console, at most 20 bytes.
    """

    _identity: ClassVar = {"msg_random": next_msg_random}
    from_account: str
    to_account: Sequence[str]
    msg_random: int | None = None
    web_info: WebInfo | None = None
    message: Mapping[str, object] | None = None
    data_id: str | None = None
    task_name: str | None = None

    def check(self) -> None:
        """Check sender, targets, ranges and sizes."""
        check_given("from_account", self.from_account)
        check_list("to_account", self.to_account)
        check_items("to_account", self.to_account, 1, MAX_TARGETS)
        for index, target in enumerate(self.to_account):
            check_given(f"to_account[{index}]", target)
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        if self.web_info is None and self.message is None:
            raise UsageError("web_info or message must be given", field="web_info")
        check_text("data_id", self.data_id, MAX_DATA_ID_BYTES)
        check_text("task_name", self.task_name, MAX_TASK_NAME_BYTES)


class PushFailure(WireStruct, kw_only=True):
    """A user for whom the call failed.

    Attributes:
        to_account: the user.
        error_code: why.
        error_info: the reason as text; may be empty.
    """

    to_account: str = always("")
    error_code: int = always(0)
    error_info: str = always("")


class PushOutcome(PartialResult, kw_only=True):
    """Outcome for many users. Source: I60565, I60569, I60570.

    Attributes:
        error_list: the users for whom it failed; empty if it succeeded for all.
    """

    error_list: list[PushFailure] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[PushFailure]:
        """The users for whom it failed."""
        return self.error_list


class PushBatchTask(PushOutcome, kw_only=True):
    """A push to listed users that was accepted. Source: I67553, I80441.

    Attributes:
        task_id: id of the push, for reports and to revoke it.
        error_list: the targets it does not go to; empty if it goes to all.
    """

    task_id: str = always("")


class Revoke(Request, kw_only=True):
    """Stop or revoke a push, within 24 hours. Source: I60571.

    Attributes:
        task_id: the push.
        offline_push_info: shown instead of the notification.
    """

    task_id: str
    offline_push_info: OfflinePushInfo

    def check(self) -> None:
        """Check the task's id and the text."""
        check_given("task_id", self.task_id)
        self.offline_push_info.check()


class SetTypedAttrNames(SetAttrNames, kw_only=True):
    """Set the names of the app's attributes. Source: I60563.

    Attributes:
        attr_names: "0" to "9" with the name of each, 1 to 50 bytes; numbers that are left out keep their names.
        attr_types: the same numbers with the owner of the attribute: 0 a user id, 1 a RegistrationID.
    """

    attr_types: Mapping[str, Literal[0, 1]] | None = None

    def check(self) -> None:
        """Check numbers, names and types."""
        super().check()
        for number, kind in (self.attr_types or {}).items():
            if number not in self.attr_names:
                raise UsageError("attr_types has a number that attr_names does not have", field="attr_types")
            check_choice(f"attr_types[{number!r}]", kind, (0, 1))


class TypedAttrNames(AttrNames, kw_only=True):
    """The names of the app's attributes. Source: I60562.

    Attributes:
        attr_names: "0" to "9" with the name of each.
        attr_types: the same numbers with the owner of the attribute: 0 a user id, 1 a RegistrationID.
    """

    attr_types: dict[str, int] = msgspec.field(default_factory=dict)


class TimPushUsers(PushUsers, kw_only=True):
    """Read or remove the attributes or tags of 1 to 100 users. Source: I60564, I60567, I60570.

    Attributes:
        to_account: the users, 1 to 100: user ids, or RegistrationIDs of 36 bytes.
    """

    _user_max_bytes: ClassVar = REGISTRATION_ID_BYTES


class TimPushSetAttrs(SetAttrs, kw_only=True):
    """Set values of named attributes for 1 to 100 users. Source: I60565.

    Attributes:
        user_attrs: users, or RegistrationIDs, with their attributes, 1 to 100; attributes left out stay unchanged.
    """

    _user_max_bytes: ClassVar = REGISTRATION_ID_BYTES


class TimPushRemoveAttrs(RemoveAttrs, kw_only=True):
    """Remove attributes from 1 to 100 users. Source: I60566.

    Attributes:
        user_attrs: users, or RegistrationIDs, with the names of the attributes to remove, 1 to 100.
    """

    _user_max_bytes: ClassVar = REGISTRATION_ID_BYTES


class TimPushChangeTags(ChangeTags, kw_only=True):
    """Add or remove tags of 1 to 100 users. Source: I60568, I60569.

    Attributes:
        user_tags: users, or RegistrationIDs, with 1 to 10 tags each, 1 to 100.
    """

    _user_max_bytes: ClassVar = REGISTRATION_ID_BYTES


class AttrsOrFailures(PushOutcome, kw_only=True):
    """The attributes of users. Source: I60564.

    Attributes:
        user_attrs: one entry per user.
        error_list: the users whose attributes could not be read; empty if all could.
    """

    user_attrs: list[AttrsOfUser] = msgspec.field(default_factory=list)


class TagsOrFailures(PushOutcome, kw_only=True):
    """The tags of users. Source: I60567.

    Attributes:
        user_tags: one entry per user.
        error_list: the users whose tags could not be read; empty if all could.
    """

    user_tags: list[TagsOfUser] = msgspec.field(default_factory=list)
