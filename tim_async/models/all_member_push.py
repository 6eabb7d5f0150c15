"""Pushes to all users, and the attributes and tags that select an audience. Source: I37166 to I37175.

The app names up to ten attributes, numbered 0 to 9; users have values for some of them. Tags need not be defined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import msgspec

from .._api.checks import (
    ACCOUNT_MAX_BYTES,
    U32_MAX,
    check_account,
    check_accounts,
    check_items,
    check_list,
    check_range,
    check_text,
)
from .._api.wire import Request, Result, WireStruct, always, check_size, encode
from ..errors import UsageError
from .elements import Element, check_body
from .message import MAX_LIFE_TIME_S, next_msg_random
from .offline_push import OfflinePushInfo

MAX_USERS: Final = 100
MAX_TAGS: Final = 10
MAX_ATTRS: Final = 10
MAX_NAME_BYTES: Final = 50
MAX_PUSH_BYTES: Final = 10 * 1024  # C117847; 90056 when it is more

# The numbers of the app's attributes.
ATTR_NUMBERS: Final = frozenset("0123456789")


class Condition(WireStruct, kw_only=True):
    """The audience of a push: by tags or by attributes, not both. All given conditions must hold.

    Attributes:
        attrs_or: attribute names with values, one of which a user must have.
        attrs_and: attribute names with values, all of which a user must have.
        tags_or: 1 to 10 tags, one of which a user must have.
        tags_and: 1 to 10 tags, all of which a user must have; none of them is in `tags_or`.
    """

    attrs_or: Mapping[str, str] | None = None
    attrs_and: Mapping[str, str] | None = None
    tags_or: Sequence[str] | None = None
    tags_and: Sequence[str] | None = None

    def check(self, field: str = "condition") -> None:
        """Check sizes and combinations; raise `UsageError` whose `field` is the path below the request.

        An empty condition, or an empty list in it, would select everyone, which cannot be intended.
        """
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if not given:
            raise UsageError(f"{field} is empty; leave it out to push to all users", field=field)
        if len({name.partition("_")[0] for name in given}) > 1:
            raise UsageError(f"{field} has both tags and attributes; a push takes one of the two", field=field)
        for name in given:
            where, value = f"{field}.{name}", getattr(self, name)
            if isinstance(value, Mapping):
                check_items(where, list(value), 1, MAX_ATTRS)
                check_attrs(where, value)
            else:
                check_items(where, value, 1, MAX_TAGS)
                check_names(where, value)
        both = set(self.tags_or or ()) & set(self.tags_and or ())
        if both:
            raise UsageError(f"{field} has the same tag in tags_or and tags_and", field=f"{field}.tags_and")


class PushToAll(Request, kw_only=True):
    """Push to every user of the app, or to those selected by a condition. Source: I37166.

    One push a second, and by default 100 a day: more are refused with 90047. The request has at most 10 KB.

    Attributes:
        condition: the audience; absent is everyone.
        msg_random: u32, by which the service recognises the push for 7 days: a second one with the same value is
            dropped. Filled in if it is not given, so that every attempt of a call is the same push.
        msg_body: 1 or more elements.
        msg_life_time: seconds kept for offline users, 0 to 604800; 0 is the default.
        from_account: the shown sender.
        offline_push_info: offline push settings.
    """

    _identity: ClassVar = {"msg_random": next_msg_random}
    condition: Condition | None = None
    msg_random: int | None = None
    msg_body: Sequence[Element]
    msg_life_time: int | None = None
    from_account: str | None = None
    offline_push_info: OfflinePushInfo | None = None

    def check(self) -> None:
        """Check audience, ranges, elements and size."""
        if self.condition is not None:
            self.condition.check()
        check_range("msg_random", self.msg_random, 0, U32_MAX)
        check_body(self.msg_body)
        check_range("msg_life_time", self.msg_life_time, 0, MAX_LIFE_TIME_S)
        if self.from_account is not None:
            check_account("from_account", self.from_account)
        if self.offline_push_info is not None:
            self.offline_push_info.check()
        check_size(encode(self), MAX_PUSH_BYTES)


class PushTask(Result, kw_only=True):
    """A push that was accepted. Source: I37166, I60561.

    Attributes:
        task_id: id of the push, for reports and to revoke it.
    """

    task_id: str = always("")


class SetAttrNames(Request, kw_only=True):
    """Set the names of the app's attributes. Source: I37167.

    Attributes:
        attr_names: "0" to "9" with the name of each, 1 to 50 bytes; numbers that are left out keep their names.
    """

    attr_names: Mapping[str, str]

    def check(self) -> None:
        """Check numbers and names."""
        check_attr_names("attr_names", self.attr_names)


class AttrNames(Result, kw_only=True):
    """The names of the app's attributes. Source: I37168.

    Attributes:
        attr_names: "0" to "9" with the name of each.
    """

    attr_names: dict[str, str] = msgspec.field(default_factory=dict)


class PushUsers(Request, kw_only=True):
    """Read or remove the attributes or tags of 1 to 100 users. Source: I37169, I37172, I37175.

    Attributes:
        to_account: the users, 1 to 100.
    """

    _user_max_bytes: ClassVar = ACCOUNT_MAX_BYTES
    to_account: Sequence[str]

    def check(self) -> None:
        """Check the number of users and each of them."""
        check_accounts("to_account", self.to_account, 1, MAX_USERS, self._user_max_bytes)


class UserAttrs(WireStruct, kw_only=True):
    """The attributes to set for one user.

    Attributes:
        to_account: the user.
        attrs: names of attributes with their values, 1 to 50 bytes each.
    """

    to_account: str
    attrs: Mapping[str, str]


class SetAttrs(Request, kw_only=True):
    """Set values of named attributes for 1 to 100 users. Source: I37170.

    Attributes:
        user_attrs: users with their attributes, 1 to 100; attributes that are left out stay unchanged.
    """

    _user_max_bytes: ClassVar = ACCOUNT_MAX_BYTES
    user_attrs: Sequence[UserAttrs]

    def check(self) -> None:
        """Check users, names and values."""
        check_items("user_attrs", self.user_attrs, 1, MAX_USERS)
        for index, item in enumerate(self.user_attrs):
            where = f"user_attrs[{index}]"
            check_account(f"{where}.to_account", item.to_account, self._user_max_bytes)
            check_items(f"{where}.attrs", list(item.attrs), 1, MAX_ATTRS)
            check_attrs(f"{where}.attrs", item.attrs)


class UserAttrNames(WireStruct, kw_only=True):
    """The attributes to remove from one user.

    Attributes:
        to_account: the user.
        attrs: names of attributes.
    """

    to_account: str
    attrs: Sequence[str]


class RemoveAttrs(Request, kw_only=True):
    """Remove attributes from 1 to 100 users. Source: I37171.

    Attributes:
        user_attrs: users with the names of the attributes to remove, 1 to 100.
    """

    _user_max_bytes: ClassVar = ACCOUNT_MAX_BYTES
    user_attrs: Sequence[UserAttrNames]

    def check(self) -> None:
        """Check users and names."""
        check_items("user_attrs", self.user_attrs, 1, MAX_USERS)
        for index, item in enumerate(self.user_attrs):
            where = f"user_attrs[{index}]"
            check_account(f"{where}.to_account", item.to_account, self._user_max_bytes)
            check_items(f"{where}.attrs", item.attrs, 1, MAX_ATTRS)
            check_names(f"{where}.attrs", item.attrs)


class AttrsOfUser(WireStruct, kw_only=True):
    """The attributes of one user.

    Attributes:
        to_account: the user.
        attrs: names of attributes with their values.
    """

    to_account: str = always("")
    attrs: dict[str, str] = msgspec.field(default_factory=dict)


class AttrsOfUsers(Result, kw_only=True):
    """The attributes of users. Source: I37169.

    Attributes:
        user_attrs: one entry per user.
    """

    user_attrs: list[AttrsOfUser] = msgspec.field(default_factory=list)


class UserTags(WireStruct, kw_only=True):
    """The tags to add to or remove from one user.

    Attributes:
        to_account: the user.
        tags: 1 to 10 tags of 1 to 50 bytes.
    """

    to_account: str
    tags: Sequence[str]


class ChangeTags(Request, kw_only=True):
    """Add or remove tags of 1 to 100 users. Source: I37173, I37174.

    Attributes:
        user_tags: users with 1 to 10 tags each, 1 to 100.
    """

    _user_max_bytes: ClassVar = ACCOUNT_MAX_BYTES
    user_tags: Sequence[UserTags]

    def check(self) -> None:
        """Check users and tags."""
        check_items("user_tags", self.user_tags, 1, MAX_USERS)
        for index, item in enumerate(self.user_tags):
            where = f"user_tags[{index}]"
            check_account(f"{where}.to_account", item.to_account, self._user_max_bytes)
            check_items(f"{where}.tags", item.tags, 1, MAX_TAGS)
            check_names(f"{where}.tags", item.tags)


class TagsOfUser(WireStruct, kw_only=True):
    """The tags of one user.

    Attributes:
        to_account: the user.
        tags: the tags.
    """

    to_account: str = always("")
    tags: list[str] = msgspec.field(default_factory=list)


class TagsOfUsers(Result, kw_only=True):
    """The tags of users. Source: I37172.

    Attributes:
        user_tags: one entry per user.
    """

    user_tags: list[TagsOfUser] = msgspec.field(default_factory=list)


def check_names(field: str, names: Sequence[str]) -> None:
    """Raise `UsageError` unless a list holds tags or names of attributes, each of 1 to 50 bytes."""
    check_list(field, names)
    for index, name in enumerate(names):
        check_text(f"{field}[{index}]", name, MAX_NAME_BYTES, low=1)


def check_attrs(field: str, attrs: Mapping[str, str]) -> None:
    """Raise `UsageError` unless names and values of attributes have 1 to 50 bytes each."""
    for name, value in attrs.items():
        check_text(f"{field} (a name)", name, MAX_NAME_BYTES, low=1)
        check_text(f"{field}[{name!r}]", value, MAX_NAME_BYTES, low=1)


def check_attr_names(field: str, names: Mapping[str, str]) -> None:
    """Raise `UsageError` unless "0" to "9" stand with names of 1 to 50 bytes."""
    check_items(field, list(names), 1, MAX_ATTRS)
    for number, name in names.items():
        if number not in ATTR_NUMBERS:
            raise UsageError(f"{field} has a number outside 0 to 9", field=field)
        check_text(f"{field}[{number!r}]", name, MAX_NAME_BYTES, low=1)
