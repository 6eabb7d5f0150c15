"""Tagged values: how profiles and friendships name their fields. Source: I33520, I33521.

A field is a tag and a value. The tags that the service defines are members of `ProfileTag` and `SnsTag`; custom ones
are plain text, such as `Tag_Profile_Custom_Level` or `Tag_SNS_Custom_Since`. A value keeps its type: text stays text, a
number stays a number, and the friend lists of a friend are an array of text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from .._api.checks import U32_MAX, check_range, check_text, quoted
from .._api.wire import WireStruct, always
from ..errors import UsageError

VALUE_MAX_BYTES: Final = 500
MAX_FRIEND_LISTS: Final = 32
FRIEND_LIST_NAME_MAX_BYTES: Final = 30
REMARK_MAX_BYTES: Final = 96
WORDING_MAX_BYTES: Final = 256

TagValue = str | int | list[str]
"""The type of a tag's value, as it comes from the service."""


class ProfileTag(StrEnum):
    """The profile tags that the service defines; their values are text unless noted otherwise.

    Attributes:
        NICK: nickname, at most 500 bytes.
        GENDER: `Gender_Type_Unknown`, `Gender_Type_Female` or `Gender_Type_Male`; some pages have a number.
        BIRTHDAY: number, such as 19900612.
        LOCATION: text of the app's choice.
        SELF_SIGNATURE: signature, at most 500 bytes.
        ALLOW_TYPE: who may add the user as a friend: `AllowType_Type_NeedConfirm`, `AllowType_Type_AllowAny` or
            `AllowType_Type_DenyAny`.
        LANGUAGE: number.
        IMAGE: avatar URL, at most 500 bytes.
        MSG_SETTINGS: number; bit 0 set means that no messages are wanted.
        ADMIN_FORBID_TYPE: `AdminForbid_Type_None`, or `AdminForbid_Type_SendOut` for a user who may not send friend
            requests.
        LEVEL: number.
        ROLE: number.
    """

    NICK = "Tag_Profile_IM_Nick"
    GENDER = "Tag_Profile_IM_Gender"
    BIRTHDAY = "Tag_Profile_IM_BirthDay"
    LOCATION = "Tag_Profile_IM_Location"
    SELF_SIGNATURE = "Tag_Profile_IM_SelfSignature"
    ALLOW_TYPE = "Tag_Profile_IM_AllowType"
    LANGUAGE = "Tag_Profile_IM_Language"
    IMAGE = "Tag_Profile_IM_Image"
    MSG_SETTINGS = "Tag_Profile_IM_MsgSettings"
    ADMIN_FORBID_TYPE = "Tag_Profile_IM_AdminForbidType"
    LEVEL = "Tag_Profile_IM_Level"
    ROLE = "Tag_Profile_IM_Role"


class SnsTag(StrEnum):
    """The friendship tags that the service defines; their values are text unless noted otherwise.

    Attributes:
        GROUP: array of text: the friend lists that contain the friend, at most 32 names of 1 to 30 bytes.
        REMARK: the user's own name for the friend, at most 96 bytes.
        ADD_SOURCE: `AddSource_Type_` and a keyword of 1 to 8 letters.
        ADD_WORDING: the text of the friend request, at most 256 bytes.
        ADD_TIME: number, unix seconds.
    """

    GROUP = "Tag_SNS_IM_Group"
    REMARK = "Tag_SNS_IM_Remark"
    ADD_SOURCE = "Tag_SNS_IM_AddSource"
    ADD_WORDING = "Tag_SNS_IM_AddWording"
    ADD_TIME = "Tag_SNS_IM_AddTime"


PROFILE_NUMBERS: Final = frozenset(
    {ProfileTag.BIRTHDAY, ProfileTag.LANGUAGE, ProfileTag.MSG_SETTINGS, ProfileTag.LEVEL, ProfileTag.ROLE}
)
PROFILE_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    ProfileTag.GENDER: ("Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"),
    ProfileTag.ALLOW_TYPE: ("AllowType_Type_NeedConfirm", "AllowType_Type_AllowAny", "AllowType_Type_DenyAny"),
    ProfileTag.ADMIN_FORBID_TYPE: ("AdminForbid_Type_None", "AdminForbid_Type_SendOut"),
}
_PROFILE_TAGS: Final = frozenset(ProfileTag)
_SNS_TEXTS: Final = {SnsTag.REMARK: REMARK_MAX_BYTES, SnsTag.ADD_WORDING: WORDING_MAX_BYTES}
_ADD_SOURCE: Final = re.compile(r"AddSource_Type_[A-Za-z]{1,8}")


class Tagged(WireStruct, kw_only=True):
    """A tag and its value, as returned by the service.

    Attributes:
        tag: a member of `ProfileTag` or `SnsTag`, or a custom one.
        value: text, number or array of text, depending on the tag.
    """

    tag: str = always("")
    value: TagValue = always("")


class TaggedStruct(WireStruct):
    """Base class of the results that contain tagged values."""

    @property
    def tagged(self) -> Sequence[Tagged]:
        """The tags and their values as received."""
        raise NotImplementedError

    @property
    def values(self) -> dict[str, TagValue]:
        """The values by tag."""
        return {item.tag: item.value for item in self.tagged}

    def value_of(self, tag: str) -> TagValue | None:
        """Return the value of a tag; None if it has none."""
        for item in self.tagged:
            if item.tag == tag:
                return item.value
        return None

    def text_of(self, tag: str) -> str | None:
        """Return the value of a tag as text, a number in digits; None if it has none, or an array."""
        value = self.value_of(tag)
        return None if isinstance(value, list) or value is None else str(value)

    def number_of(self, tag: str) -> int | None:
        """Return the value of a tag as a number, even if it is text; None if it has none."""
        value = self.value_of(tag)
        if isinstance(value, str):
            return int(value) if re.fullmatch(r"-?[0-9]{1,20}", value) else None
        return value if isinstance(value, int) else None


def check_profile_value(field: str, tag: str, value: object) -> None:
    """Raise `UsageError` unless a value has the type of a profile tag; unknown tags accept any."""
    if tag not in _PROFILE_TAGS:
        _check_own_value(field, value)
    elif tag in PROFILE_NUMBERS or (tag == ProfileTag.GENDER and _is_number(value)):
        _check_number(field, tag, value, U32_MAX)
    else:
        choices = PROFILE_CHOICES.get(ProfileTag(tag))
        text = _text(field, tag, value)
        if choices is not None and text not in choices:
            raise UsageError(f"{field}: {tag} must be {' or '.join(choices)}", field=field)
        check_text(field, text, VALUE_MAX_BYTES)


def check_sns_value(field: str, tag: str, value: object) -> None:
    """Raise `UsageError` unless a value has the type of a friendship tag; unknown tags accept any."""
    if tag == SnsTag.GROUP:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise UsageError(f"{field}: {tag} must be a list of names", field=field)
        check_friend_lists(field, value, low=0)
    elif tag == SnsTag.ADD_TIME:
        _check_number(field, tag, value, 2**53)
    elif tag == SnsTag.ADD_SOURCE:
        check_add_source(field, _text(field, tag, value))
    elif tag in _SNS_TEXTS:
        check_text(field, _text(field, tag, value), _SNS_TEXTS[SnsTag(tag)])
    else:
        _check_own_value(field, value)


def check_friend_lists(field: str, names: Sequence[str] | None, *, low: int) -> None:
    """Raise `UsageError` unless names of friend lists are None, or low..32 names of 1 to 30 bytes."""
    if names is None:
        return
    if isinstance(names, str):
        raise UsageError(f"{field} must be a list of names, not a single text", field=field)
    if not low <= len(names) <= MAX_FRIEND_LISTS:
        raise UsageError(f"{field} has {len(names)} names; it must have {low} to {MAX_FRIEND_LISTS}", field=field)
    for index, name in enumerate(names):
        check_text(f"{field}[{index}]", name, FRIEND_LIST_NAME_MAX_BYTES, low=1)


def check_add_source(field: str, source: str) -> None:
    """Raise `UsageError` unless a text is `AddSource_Type_` and a keyword of 1 to 8 letters."""
    if not _ADD_SOURCE.fullmatch(source):
        raise UsageError(f"{field} must be AddSource_Type_ followed by a keyword of 1 to 8 letters", field=field)


def check_tag(field: str, tag: str, prefixes: tuple[str, ...]) -> None:
    """Raise `UsageError` unless a tag has a prefix of its kind."""
    if not isinstance(tag, str) or not tag.startswith(prefixes):
        raise UsageError(f"{field} must begin with {' or '.join(prefixes)}", field=field)


def check_tag_list(field: str, tags: Sequence[str], prefixes: tuple[str, ...]) -> None:
    """Raise `UsageError` unless a list has at least one tag, and all of them have a prefix of their kind."""
    if isinstance(tags, str):
        raise UsageError(f"{field} must be a list of tags, not a single text", field=field)
    if not tags:
        raise UsageError(f"{field} is empty; it must have at least one tag", field=field)
    for index, tag in enumerate(tags):
        check_tag(f"{field}[{index}]", tag, prefixes)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_number(field: str, tag: str, value: object, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{field}: {tag} must be a number, not {quoted(value)}", field=field)
    check_range(field, value, 0, high)


def _text(field: str, tag: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{field}: {tag} must be text, not {quoted(value)}", field=field)
    return value


def _check_own_value(field: str, value: object) -> None:
    """Check the value of a custom tag: text of at most 500 bytes, or a number."""
    if isinstance(value, str):
        check_text(field, value, VALUE_MAX_BYTES)
    elif not _is_number(value):
        raise UsageError(f"{field} must be text or a number, not {quoted(value)}", field=field)
