"""Pushes to all users, and the attributes and tags that pick an audience.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.all_member_push import AllMemberPush
from ...models.all_member_push import (
    AttrNames,
    AttrsOfUsers,
    Condition,
    PushTask,
    TagsOfUsers,
    UserAttrNames,
    UserAttrs,
    UserTags,
)
from ...models.common import Empty
from ...models.elements import Element
from ...models.offline_push import OfflinePushInfo


class BlockingAllMemberPushCalls(BlockingFamily[AllMemberPush], table=AllMemberPush):
    """Pushes to all users, and the attributes and tags that pick an audience."""

    def send(
        self,
        *,
        msg_body: Sequence[Element],
        condition: Condition | None = None,
        msg_random: int | None = None,
        msg_life_time: int | None = None,
        from_account: str | None = None,
        offline_push_info: OfflinePushInfo | None = None,
    ) -> PushTask:
        """Push to every user, or to those selected by a condition: once a second, and by default 100 times a day.

        Push to all users or an audience, 全员推送: `all_member_push/im_push`.

        A push that exceeds the daily quota raises `WaitTooLongError` with the time; the quota counts the last 24 hours.

        One push a second, and by default 100 a day: more are refused with 90047. The request has at most 10 KB.

        Args:
            msg_body: 1 or more elements.
            condition: the audience; absent is everyone.
            msg_random: u32, by which the service recognises the push for 7 days: a second one with the same value is dropped. Filled in if it is not given, so that every attempt of a call is the same push.
            msg_life_time: seconds kept for offline users, 0 to 604800; 0 is the default.
            from_account: the shown sender; at most 32 bytes.
            offline_push_info: offline push settings.

        Returns:
            PushTask: a push that was accepted.
                task_id: id of the push, for reports and to revoke it.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90002: MsgBody does not follow the message format or is not an array.
            90005: MsgRandom is missing or not an integer.
            90007: MsgBody is not an array.
            90009: The identifier in the URL is not an admin.
            90010: The JSON body does not follow the message format.
            90020: A tag is over 50 bytes.
            90022: A tag is repeated in TagsOr and TagsAnd.
            90024: Pushes to all users need more than 1 s between them.
            90026: MsgLifeTime is too large (7 days at most).
            90032: More than 10 tags in a push condition or tag request.
            90033: The user attribute is invalid.
            90039: Push by tag and push by attribute exclude each other.
            90040: A tag in the push condition is empty.
            90045: Push to all users, by tag or single push is not enabled.
            90047: The day's pushes are used up (100 by default).

        Limits: 1/s, 100/day. A repeat with the same marks is dropped by the service. It reaches everyone.
        Page: https://www.tencentcloud.com/document/product/1047/37166
        Page: https://cloud.tencent.com/document/product/269/45934
        """

    def set_attr_names(
        self,
        *,
        attr_names: Mapping[str, str],
    ) -> Empty:
        """Set the names of the app's attributes.

        Name the app's user attributes, 设置应用属性名称: `all_member_push/im_set_attr_name`.

        Args:
            attr_names: "0" to "9" with the name of each, 1 to 50 bytes; numbers that are left out keep their names.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37167
        Page: https://cloud.tencent.com/document/product/269/45935
        """

    def get_attr_names(
        self,
    ) -> AttrNames:
        """Read the names of the app's attributes.

        Read the app's attribute names, 获取应用属性名称: `all_member_push/im_get_attr_name`.

        Returns:
            AttrNames: the names of the app's attributes.
                attr_names: "0" to "9" with the name of each.

        Raises:
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37168
        Page: https://cloud.tencent.com/document/product/269/45936
        """

    def get_attrs(
        self,
        *,
        to_account: Sequence[str],
    ) -> AttrsOfUsers:
        """Read the attributes of 1 to 100 users.

        Read attributes of users, 获取用户属性: `all_member_push/im_get_attr`.

        Args:
            to_account: the users, 1 to 100; at most 32 bytes each.

        Returns:
            AttrsOfUsers: the attributes of users.
                user_attrs: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37169
        Page: https://cloud.tencent.com/document/product/269/45937
        """

    def set_attrs(
        self,
        *,
        user_attrs: Sequence[UserAttrs],
    ) -> Empty:
        """Set attributes of 1 to 100 users.

        Set attributes of users, 设置用户属性: `all_member_push/im_set_attr`.

        Args:
            user_attrs: users with their attributes, 1 to 100; attributes that are left out stay unchanged.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.
            90033: The user attribute is invalid.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37170
        Page: https://cloud.tencent.com/document/product/269/45938
        """

    def remove_attrs(
        self,
        *,
        user_attrs: Sequence[UserAttrNames],
    ) -> Empty:
        """Remove attributes from 1 to 100 users.

        Remove attributes of users, 删除用户属性: `all_member_push/im_remove_attr`.

        Args:
            user_attrs: users with the names of the attributes to remove, 1 to 100.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.
            90033: The user attribute is invalid.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/37171
        Page: https://cloud.tencent.com/document/product/269/45939
        """

    def get_tags(
        self,
        *,
        to_account: Sequence[str],
    ) -> TagsOfUsers:
        """Read the tags of 1 to 100 users.

        Read tags of users, 获取用户标签: `all_member_push/im_get_tag`.

        Args:
            to_account: the users, 1 to 100; at most 32 bytes each.

        Returns:
            TagsOfUsers: the tags of users.
                user_tags: one entry per user.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37172
        Page: https://cloud.tencent.com/document/product/269/45940
        """

    def add_tags(
        self,
        *,
        user_tags: Sequence[UserTags],
    ) -> Empty:
        """Add tags to 1 to 100 users, up to 10 each.

        Add tags to users (10 per user per call), 添加用户标签: `all_member_push/im_add_tag`.

        Args:
            user_tags: users with 1 to 10 tags each, 1 to 100.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/37173
        Page: https://cloud.tencent.com/document/product/269/45941
        """

    def remove_tags(
        self,
        *,
        user_tags: Sequence[UserTags],
    ) -> Empty:
        """Remove tags from 1 to 100 users, up to 10 each.

        Remove tags from users, 删除用户标签: `all_member_push/im_remove_tag`.

        Args:
            user_tags: users with 1 to 10 tags each, 1 to 100.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/37174
        Page: https://cloud.tencent.com/document/product/269/45942
        """

    def clear_tags(
        self,
        *,
        to_account: Sequence[str],
    ) -> Empty:
        """Remove all tags from 1 to 100 users.

        Remove every tag of users, 删除用户所有标签: `all_member_push/im_remove_all_tags`.

        Args:
            to_account: the users, 1 to 100; at most 32 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            90001: The message service could not parse the JSON body.
            90009: The identifier in the URL is not an admin.
            90018: Too many accounts in the request.

        Limits: 100/s. A repeat is harmless. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/37175
        Page: https://cloud.tencent.com/document/product/269/45943
        """

    def get_attrs_all(
        self,
        accounts: Iterable[str],
    ) -> Chunked[str, AttrsOfUsers]:
        """Read the attributes of any number of users, 100 per call."""
        return self.client.wait(self.family.get_attrs_all, self.client.feed(accounts))

    def set_attrs_all(
        self,
        user_attrs: Iterable[UserAttrs],
    ) -> Chunked[UserAttrs, Empty]:
        """Set attributes of any number of users, 100 per call; name each user once, because calls run concurrently."""
        return self.client.wait(self.family.set_attrs_all, self.client.feed(user_attrs))

    def remove_attrs_all(
        self,
        user_attrs: Iterable[UserAttrNames],
    ) -> Chunked[UserAttrNames, Empty]:
        """Remove attributes from any number of users, 100 per call."""
        return self.client.wait(self.family.remove_attrs_all, self.client.feed(user_attrs))

    def get_tags_all(
        self,
        accounts: Iterable[str],
    ) -> Chunked[str, TagsOfUsers]:
        """Read the tags of any number of users, 100 per call."""
        return self.client.wait(self.family.get_tags_all, self.client.feed(accounts))

    def add_tags_all(
        self,
        user_tags: Iterable[UserTags],
    ) -> Chunked[UserTags, Empty]:
        """Add tags to any number of users, 100 per call."""
        return self.client.wait(self.family.add_tags_all, self.client.feed(user_tags))

    def remove_tags_all(
        self,
        user_tags: Iterable[UserTags],
    ) -> Chunked[UserTags, Empty]:
        """Remove tags from any number of users, 100 per call."""
        return self.client.wait(self.family.remove_tags_all, self.client.feed(user_tags))

    def clear_tags_all(
        self,
        accounts: Iterable[str],
    ) -> Chunked[str, Empty]:
        """Remove all tags from any number of users, 100 per call."""
        return self.client.wait(self.family.clear_tags_all, self.client.feed(accounts))
