"""Pushes to all users, and the attributes and tags that pick an audience."""

from __future__ import annotations

from typing import Final

from .._api.endpoint import DAY_S, Endpoint, Family, Rate
from ..models.all_member_push import (
    MAX_USERS,
    AttrNames,
    AttrsOfUsers,
    ChangeTags,
    PushTask,
    PushToAll,
    PushUsers,
    RemoveAttrs,
    SetAttrNames,
    SetAttrs,
    TagsOfUsers,
    UserAttrNames,
    UserAttrs,
    UserTags,
)
from ..models.common import Empty, NoFields
from ._chunks import Chunked, Items, in_chunks

# The service's default (I37166).
PUSHES_A_DAY: Final = 100
_SLOW = (Rate(100),)


class AllMemberPush(Family, name="all_member_push"):
    """Pushes to all users, and the attributes and tags that pick an audience."""

    send: Final = Endpoint(
        "all_member_push/im_push",
        PushToAll,
        PushTask,
        doc="I37166",
        limits=(Rate(1), Rate(PUSHES_A_DAY, per=DAY_S)),
        repeat="identity",
        danger="reaches_all",
    )
    """Push to every user, or to those selected by a condition: once a second, and by default 100 times a day.

    A push that exceeds the daily quota raises `WaitTooLongError` with the time; the quota counts the last 24 hours.
    """
    set_attr_names: Final = Endpoint(
        "all_member_push/im_set_attr_name", SetAttrNames, Empty, doc="I37167", limits=_SLOW, repeat="always"
    )
    """Set the names of the app's attributes."""
    get_attr_names: Final = Endpoint(
        "all_member_push/im_get_attr_name", NoFields, AttrNames, doc="I37168", limits=_SLOW, repeat="always"
    )
    """Read the names of the app's attributes."""
    get_attrs: Final = Endpoint(
        "all_member_push/im_get_attr", PushUsers, AttrsOfUsers, doc="I37169", limits=_SLOW, repeat="always"
    )
    """Read the attributes of 1 to 100 users."""
    set_attrs: Final = Endpoint(
        "all_member_push/im_set_attr", SetAttrs, Empty, doc="I37170", limits=_SLOW, repeat="always"
    )
    """Set attributes of 1 to 100 users."""
    remove_attrs: Final = Endpoint(
        "all_member_push/im_remove_attr",
        RemoveAttrs,
        Empty,
        doc="I37171",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove attributes from 1 to 100 users."""
    get_tags: Final = Endpoint(
        "all_member_push/im_get_tag", PushUsers, TagsOfUsers, doc="I37172", limits=_SLOW, repeat="always"
    )
    """Read the tags of 1 to 100 users."""
    add_tags: Final = Endpoint(
        "all_member_push/im_add_tag", ChangeTags, Empty, doc="I37173", limits=_SLOW, repeat="always"
    )
    """Add tags to 1 to 100 users, up to 10 each."""
    remove_tags: Final = Endpoint(
        "all_member_push/im_remove_tag",
        ChangeTags,
        Empty,
        doc="I37174",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove tags from 1 to 100 users, up to 10 each."""
    clear_tags: Final = Endpoint(
        "all_member_push/im_remove_all_tags",
        PushUsers,
        Empty,
        doc="I37175",
        limits=_SLOW,
        repeat="always",
        danger="deletes",
    )
    """Remove all tags from 1 to 100 users."""

    async def get_attrs_all(self, accounts: Items[str]) -> Chunked[str, AttrsOfUsers]:
        """Read the attributes of any number of users, 100 per call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_attrs(to_account=chunk))

    async def set_attrs_all(self, user_attrs: Items[UserAttrs]) -> Chunked[UserAttrs, Empty]:
        """Set attributes of any number of users, 100 per call; name each user once, because calls run concurrently."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.set_attrs(user_attrs=chunk))

    async def remove_attrs_all(self, user_attrs: Items[UserAttrNames]) -> Chunked[UserAttrNames, Empty]:
        """Remove attributes from any number of users, 100 per call."""
        return await in_chunks("user_attrs", user_attrs, MAX_USERS, lambda chunk: self.remove_attrs(user_attrs=chunk))

    async def get_tags_all(self, accounts: Items[str]) -> Chunked[str, TagsOfUsers]:
        """Read the tags of any number of users, 100 per call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.get_tags(to_account=chunk))

    async def add_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, Empty]:
        """Add tags to any number of users, 100 per call."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.add_tags(user_tags=chunk))

    async def remove_tags_all(self, user_tags: Items[UserTags]) -> Chunked[UserTags, Empty]:
        """Remove tags from any number of users, 100 per call."""
        return await in_chunks("user_tags", user_tags, MAX_USERS, lambda chunk: self.remove_tags(user_tags=chunk))

    async def clear_tags_all(self, accounts: Items[str]) -> Chunked[str, Empty]:
        """Remove all tags from any number of users, 100 per call."""
        return await in_chunks("accounts", accounts, MAX_USERS, lambda chunk: self.clear_tags(to_account=chunk))
