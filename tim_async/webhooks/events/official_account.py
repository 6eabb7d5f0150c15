"""Events of official accounts. Their commands are known from a third-party SDK and from mirrored pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from ...models.elements import Element
from .._event import BeforeEvent, Event


class OfficialAccountBeforeCreateOfficialAccount(BeforeEvent, kw_only=True):
    """An official account is about to be created. Answers: allow, refuse.

    Attributes:
        operator_account: who requests it.
        owner_account: its future owner.
        name: its name.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackBeforeCreateOfficialAccount"
    operator_account: str = always("")
    owner_account: str = always("")
    name: str = always("")
    event_time: int | None = None


class OfficialAccountAfterCreateOfficialAccount(Event, kw_only=True):
    """An official account was created.

    Attributes:
        official_account: the official account.
        operator_account: who created it.
        owner_account: its owner.
        name: its name.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterCreateOfficialAccount"
    official_account: str = always("")
    operator_account: str = always("")
    owner_account: str = always("")
    name: str = always("")
    event_time: int | None = None


class OfficialAccountAfterOfficialAccountInfoChanged(Event, kw_only=True):
    """An official account's profile changed. Only changed fields are given.

    Attributes:
        official_account: the official account.
        operator_account: who changed it.
        name: its name now.
        introduction: its introduction now.
        face_url: its avatar's URL now.
        organization: its organisation now.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterOfficialAccountInfoChanged"
    official_account: str = always("")
    operator_account: str = always("")
    name: str | None = None
    introduction: str | None = None
    face_url: str | None = None
    organization: str | None = None
    event_time: int | None = None


class OfficialAccountAfterOfficialAccountDestroyed(Event, kw_only=True):
    """An official account was removed.

    Attributes:
        official_account: the official account.
        owner_account: its owner.
        name: its name.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterOfficialAccountDestroyed"
    official_account: str = always("")
    owner_account: str = always("")
    name: str = always("")
    event_time: int | None = None


class SubscriberRef(WireStruct, kw_only=True):
    """A subscriber.

    Attributes:
        subscriber_account: the account.
    """

    subscriber_account: str = always("")


class OfficialAccountBeforeAddSubscriber(BeforeEvent, kw_only=True):
    """Accounts are about to subscribe. Answers: allow, refuse, refuse some.

    Attributes:
        official_account: the official account.
        operator_account: who subscribes them.
        subscribe_account_list: the future subscribers.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackBeforeAddSubscriber"
    official_account: str = always("")
    operator_account: str = always("")
    subscribe_account_list: list[SubscriberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class OfficialAccountAfterAddSubscriber(Event, kw_only=True):
    """Accounts subscribed.

    Attributes:
        official_account: the official account.
        operator_account: who subscribed them.
        subscribe_account_list: the new subscribers.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterAddSubscriber"
    official_account: str = always("")
    operator_account: str = always("")
    subscribe_account_list: list[SubscriberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class OfficialAccountAfterDeleteSubscriber(Event, kw_only=True):
    """Subscriptions ended.

    Attributes:
        official_account: the official account.
        operator_account: who ended them.
        subscribe_account_list: the former subscribers.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterDeleteSubscriber"
    official_account: str = always("")
    operator_account: str = always("")
    subscribe_account_list: list[SubscriberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class OfficialAccountAfterOfficialAccountFull(Event, kw_only=True):
    """An official account has reached its maximum number of subscribers.

    Attributes:
        official_account: the official account.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterOfficialAccountFull"
    official_account: str = always("")
    event_time: int | None = None


class OfficialAccountBeforeSendMsg(BeforeEvent, kw_only=True):
    """An official account is about to send.

    Answers: allow, refuse (10016, or a code of 120001 to 130000), drop, replace.

    Attributes:
        official_account: the official account.
        online_only_flag: 1 for a message to online subscribers only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackBeforeSendMsg"
    official_account: str = always("")
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int | None = None


class OfficialAccountAfterSendMsg(Event, kw_only=True):
    """An official account sent a message.

    Attributes:
        official_account: the official account.
        msg_key: the key of the message.
        msg_time: unix seconds.
        online_only_flag: 1 for a message to online subscribers only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterSendMsg"
    _marks: ClassVar[tuple[str, ...]] = ("official_account", "msg_key")
    official_account: str = always("")
    msg_key: str = always("")
    msg_time: int = always(0)
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int | None = None


class MsgKeyRef(WireStruct, kw_only=True):
    """A reference to a message.

    Attributes:
        msg_key: the key of the message.
    """

    msg_key: str = always("")


class OfficialAccountAfterMsgWithDraw(Event, kw_only=True):
    """An official account recalled messages.

    Attributes:
        official_account: the official account.
        withdraw_msg_list: the messages.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "OfficialAccount.CallbackAfterMsgWithDraw"
    official_account: str = always("")
    withdraw_msg_list: list[MsgKeyRef] = msgspec.field(default_factory=list)
    event_time: int | None = None
