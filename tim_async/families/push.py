"""Pushes of the push service, with the attributes and tags that pick an audience."""

from __future__ import annotations

from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
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
    SetTypedAttrNames,
    TagsOrFailures,
    TimPushChangeTags,
    TimPushRemoveAttrs,
    TimPushSetAttrs,
    TimPushUsers,
    TypedAttrNames,
)
from ._chunks import Chunked, Items, in_chunks

_SLOW = (Rate(100),)
# The free edition; 30 in the standard and 40 in the advanced one.
BATCH_A_SECOND: Final = 10


class Push(Family, name="push"):
    """Pushes of the push service, with the attributes and tags that pick an audience."""

    # Both kinds recognise a repeated MsgRandom, but one for an undocumented time, and the other for one second only:
    # a repeat may be a second push.
    send = Endpoint("timpush/push", SendPush, PushTask, doc="I60561")
    """Push to every user, or to those a condition picks. How often it may be called depends on the edition."""
    send_batch = Endpoint("timpush/batch", SendPushBatch, PushBatchTask, doc="I67553", limits=(Rate(BATCH_A_SECOND),))
    """Push to 1 to 500 users; `failed` names those it does not go to.

    10 calls a second is the free edition's limit. The standard edition has 30 and the advanced one 40: give the client
    `rate_limits={"timpush/batch": 30}`.
    """
    revoke = Endpoint("timpush/revoke", Revoke, Empty, doc="I60571", limits=(Rate(1),))
    """Stop a push, or take it back, within 24 hours."""
    set_attr_names = Endpoint(
        "timpush/set_attr_name", SetTypedAttrNames, Empty, doc="I60563", limits=_SLOW, repeat="always"
    )
    """Name the app's attributes."""
    get_attr_names = Endpoint(
        "timpush/get_attr_name",
        NoFields,
        TypedAttrNames,
        doc="I60562",
        limits=_SLOW,
        repeat="always",
    )
    """Read the names of the app's attributes."""
    get_attrs = Endpoint("timpush/get_attr", TimPushUsers, AttrsOrFailures, doc="I60564", limits=_SLOW, repeat="always")
    """Read the attributes of 1 to 100 users."""
    set_attrs = Endpoint("timpush/set_attr", TimPushSetAttrs, PushOutcome, doc="I60565", limits=_SLOW, repeat="always")
    """Give attributes to 1 to 100 users."""
    remove_attrs = Endpoint(
        "timpush/remove_attr",
        TimPushRemoveAttrs,
        PushOutcome,
        doc="I60566",
        limits=_SLOW,
        repeat="always",
    )
    """Take attributes from 1 to 100 users."""
    get_tags = Endpoint(
        "timpush/get_tag",
        TimPushUsers,
        TagsOrFailures,
        doc="I60567",
        limits=_SLOW,
        repeat="always",
    )
    """Read the tags of 1 to 100 users."""
    add_tags = Endpoint(
        "timpush/add_tag",
        TimPushChangeTags,
        PushOutcome,
        doc="I60568",
        not_read="its answer and its codes",
        limits=_SLOW,
        repeat="always",
    )
    """Give tags to 1 to 100 users, 10 each."""
    remove_tags = Endpoint(
        "timpush/remove_tag", TimPushChangeTags, PushOutcome, doc="I60569", limits=_SLOW, repeat="always"
    )
    """Take tags from 1 to 100 users, 10 each."""
    clear_tags = Endpoint(
        "timpush/clear_all_tags", TimPushUsers, PushOutcome, doc="I60570", limits=_SLOW, repeat="always"
    )
    """Take all tags from 1 to 100 users."""

    async def send_batch_all(
        self,
        to_account: Items[str],
        *,
        from_account: str,
        offline_push_info: OfflinePushInfo,
        data_id: str | None = None,
    ) -> Chunked[str, PushBatchTask]:
        """Push to any number of users, 500 a call.

        Every call is a task of its own, with a MsgRandom of its own (by one and the same the service would drop all
        but the first) and a TaskId of its own: to take it all back, revoke each of `results`. A user who is named twice
        may get it twice.

        Args:
            to_account: the targets, user ids or RegistrationIDs.
            from_account: the sender, a user id or a RegistrationID.
            offline_push_info: title, text and settings of the notification.
            data_id: the app's own id of the business behind it, at most 64 bytes; what the tasks have in common.
        """
        return await in_chunks(
            "to_account",
            to_account,
            MAX_TARGETS,
            lambda chunk: self.send_batch(
                from_account=from_account, to_account=chunk, offline_push_info=offline_push_info, data_id=data_id
            ),
        )

    async def get_attrs_all(self, accounts: Items[str]) -> Chunked[str, AttrsOrFailures]:
        """Read the attributes of any number of users, 100 a call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_attrs(to_account=chunk))

    async def set_attrs_all(self, user_attrs: Items[UserAttrs]) -> Chunked[UserAttrs, PushOutcome]:
        """Give attributes to any number of users, 100 a call, each of them named once: calls run side by side."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.set_attrs(user_attrs=chunk))

    async def remove_attrs_all(self, user_attrs: Items[UserAttrNames]) -> Chunked[UserAttrNames, PushOutcome]:
        """Take attributes from any number of users, 100 a call. Experimental, as `remove_attrs` is."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.remove_attrs(user_attrs=chunk))

    async def get_tags_all(self, accounts: Items[str]) -> Chunked[str, TagsOrFailures]:
        """Read the tags of any number of users, 100 a call. Experimental, as `get_tags` is."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_tags(to_account=chunk))

    async def add_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, PushOutcome]:
        """Give tags to any number of users, 100 a call. Experimental, as `add_tags` is."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.add_tags(user_tags=chunk))

    async def remove_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, PushOutcome]:
        """Take tags from any number of users, 100 a call."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.remove_tags(user_tags=chunk))

    async def clear_tags_all(self, accounts: Items[str]) -> Chunked[str, PushOutcome]:
        """Take all tags from any number of users, 100 a call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.clear_tags(to_account=chunk))
