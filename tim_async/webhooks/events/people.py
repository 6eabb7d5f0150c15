"""Events of relationships, profiles and login states."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from .._event import BeforeEvent, Event
from .._message import AccountPair


class FriendItem(WireStruct, kw_only=True):
    """An account that is about to become a friend.

    Attributes:
        to_account: the account.
        remark: the remark to set for it.
        group_name: the list to put it on.
        add_source: where the request comes from, such as AddSource_Type_Android.
        add_wording: the text of the request.
    """

    to_account: str = always("")
    remark: str | None = None
    group_name: str | None = None
    add_source: str | None = None
    add_wording: str | None = None


class PrevFriendAdd(BeforeEvent, kw_only=True):
    """Friends are about to be added. Source: I43468. Answers: allow, refuse, refuse some (38000 to 39000).

    Attributes:
        requester_account: who makes the request.
        from_account: the account that gets new friends.
        friend_item: the future friends.
        add_type: Add_Type_Single or Add_Type_Both.
        force_add_flags: 1 when an admin adds them without their consent.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Sns.CallbackPrevFriendAdd"
    requester_account: str = always("")
    from_account: str = always("")
    friend_item: list[FriendItem] = msgspec.field(default_factory=list)
    add_type: str = always("")
    force_add_flags: int = always(0)
    event_time: int | None = None


class ResponseFriendItem(WireStruct, kw_only=True):
    """An answer to a friend request.

    Attributes:
        to_account: who is answered.
        remark: the remark to set for it.
        tag_name: the list to put it on.
        response_action: Response_Action_AgreeAndAdd, Response_Action_Agree or Response_Action_Reject.
    """

    to_account: str = always("")
    remark: str | None = None
    tag_name: str | None = None
    response_action: str = always("")


class PrevFriendResponse(BeforeEvent, kw_only=True):
    """Friend requests are about to be answered. Source: I43467. Answers: allow, refuse, refuse some (38000 to 39000).

    Attributes:
        requester_account: who makes the request.
        from_account: who answers.
        response_friend_item: the answers.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Sns.CallbackPrevFriendResponse"
    requester_account: str = always("")
    from_account: str = always("")
    response_friend_item: list[ResponseFriendItem] = msgspec.field(default_factory=list)
    event_time: int | None = None


class FriendAdd(Event, kw_only=True):
    """Friends were added. Source: I34359.

    Attributes:
        pair_list: the pairs that became friends.
        client_cmd: what caused it: friend_add, friend_response ...
        admin_account: the admin who did it, "" if it was not an admin.
        force_flag: 1 when an admin added them without their consent.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Sns.CallbackFriendAdd"
    pair_list: list[AccountPair] = msgspec.field(default_factory=list)
    client_cmd: str = always("")
    admin_account: str = always("")
    force_flag: int = always(0)
    event_time: int | None = None


class FriendDelete(Event, kw_only=True):
    """Friends were deleted. Source: I34360.

    Attributes:
        pair_list: the pairs that are no longer friends.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Sns.CallbackFriendDelete"
    pair_list: list[AccountPair] = msgspec.field(default_factory=list)
    event_time: int | None = None


class BlackListAdd(Event, kw_only=True):
    """Accounts were put on a block list. Source: I34361.

    Attributes:
        pair_list: the pairs: an account, and the one it blocks.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Sns.CallbackBlackListAdd"
    pair_list: list[AccountPair] = msgspec.field(default_factory=list)
    event_time: int | None = None


class BlackListDelete(Event, kw_only=True):
    """Accounts were taken off a block list. Source: I34362.

    Attributes:
        pair_list: the pairs: an account, and the one it no longer blocks.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Sns.CallbackBlackListDelete"
    pair_list: list[AccountPair] = msgspec.field(default_factory=list)
    event_time: int | None = None


class FollowItem(WireStruct, kw_only=True):
    """An account that is followed, or was.

    Attributes:
        to_account: the account.
    """

    to_account: str = always("")


class AfterFollowAdd(Event, kw_only=True):
    """Someone follows others. Source: I70355.

    Attributes:
        from_account: who follows.
        follow_list: the accounts.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Follow.CallbackAfterFollowAdd"
    from_account: str = always("")
    follow_list: list[FollowItem] = msgspec.field(default_factory=list)
    event_time: int | None = None


class AfterFollowDelete(Event, kw_only=True):
    """Someone no longer follows others. Source: I70356.

    Attributes:
        from_account: who followed.
        follow_list: the accounts.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Follow.CallbackAfterFollowDelete"
    from_account: str = always("")
    follow_list: list[FollowItem] = msgspec.field(default_factory=list)
    event_time: int | None = None


class ProfileField(WireStruct, kw_only=True):
    """A field of a profile.

    Attributes:
        tag: its name, such as Tag_Profile_IM_Nick.
        value: its value now; text or a number, by the field.
    """

    tag: str = always("")
    value: str | int | None = None


class PortraitSet(Event, kw_only=True):
    """A profile changed. Source: I48733.

    Attributes:
        operator_account: who changed it.
        from_account: whose profile.
        profile_item: the fields that changed.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Profile.CallbackPortraitSet"
    operator_account: str = always("")
    from_account: str = always("")
    profile_item: list[ProfileField] = msgspec.field(default_factory=list)
    event_time: int | None = None


class StateInfo(WireStruct, kw_only=True):
    """A change of a login state.

    Attributes:
        action: Login, Logout or Disconnect.
        to_account: the account.
        reason: Register, Unregister, LinkClose or TimeOut.
    """

    action: str = always("")
    to_account: str = always("")
    reason: str = always("")


class KickedDevice(WireStruct, kw_only=True):
    """A device that a login logged out.

    Attributes:
        platform: its platform.
    """

    platform: str = always("")


class StateChange(Event, kw_only=True):
    """Someone came online or went offline. Source: I34357.

    Attributes:
        event_time: unix milliseconds.
        info: the account, and the change.
        kicked_device: devices that the login logged out.
    """

    callback_command: ClassVar[str] = "State.StateChange"
    event_time: int | None = None
    info: StateInfo = msgspec.field(default_factory=StateInfo)
    kicked_device: list[KickedDevice] = msgspec.field(default_factory=list)
