"""Events of one-to-one messages and chatbots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from ..._api.wire import always
from ...models.elements import Element
from .._event import BeforeEvent, Event
from .._message import ExtensionItem


class BeforeSendMsg(BeforeEvent, kw_only=True):
    """A message is about to be sent. Source: I34364, C1632.

    Fired by clients and by `openim/sendmsg`, unless its ForbidCallbackControl says otherwise. Answers: allow, refuse
    (20006 for the sender, or a code of 120001 to 130000), drop, replace.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_seq: u32.
        msg_random: u32.
        msg_time: unix seconds.
        msg_key: the key of the message.
        msg_id: the message's id on clients; known from newer pages.
        online_only_flag: 1 for a message to online recipients only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds; known from newer pages.
    """

    callback_command: ClassVar[str] = "C2C.CallbackBeforeSendMsg"
    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_time: int = always(0)
    msg_key: str = always("")
    msg_id: str | None = None
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int | None = None


class AfterSendMsg(Event, kw_only=True):
    """A message was sent, or sending it failed. Source: I34365, C2716.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_seq: u32.
        msg_random: u32.
        msg_time: unix seconds.
        msg_key: the key of the message.
        msg_id: the message's id on clients; known from newer pages.
        online_only_flag: 1 for a message to online recipients only.
        send_msg_result: 0 delivered, otherwise the code it failed with.
        error_info: "send msg succeed", or the reason for the failure.
        unread_msg_num: all unread one-to-one messages of the recipient; -1 when counting failed.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds; known from newer pages.
    """

    callback_command: ClassVar[str] = "C2C.CallbackAfterSendMsg"
    _marks: ClassVar[tuple[str, ...]] = ("from_account", "to_account", "msg_key")
    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_time: int = always(0)
    msg_key: str = always("")
    msg_id: str | None = None
    online_only_flag: int = always(0)
    send_msg_result: int = always(0)
    error_info: str = always("")
    unread_msg_num: int | None = None
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int | None = None


class AfterMsgReport(Event, kw_only=True):
    """A conversation was marked as read. Source: I43465, C61696.

    Attributes:
        report_account: the account that read.
        peer_account: the sender of the messages.
        last_read_time: unix seconds; messages up to then are read.
        unread_msg_num: one-to-one messages that `report_account` has not read yet.
    """

    callback_command: ClassVar[str] = "C2C.CallbackAfterMsgReport"
    report_account: str = always("")
    peer_account: str = always("")
    last_read_time: int = always(0)
    unread_msg_num: int | None = None


class AfterMsgWithDraw(Event, kw_only=True):
    """A message was recalled. Source: I43466.

    Attributes:
        from_account: the message's sender.
        to_account: its recipient.
        msg_key: the key of the message.
        unread_msg_num: all unread one-to-one messages of the recipient.
    """

    callback_command: ClassVar[str] = "C2C.CallbackAfterMsgWithDraw"
    _marks: ClassVar[tuple[str, ...]] = ("from_account", "to_account", "msg_key")
    from_account: str = always("")
    to_account: str = always("")
    msg_key: str = always("")
    unread_msg_num: int | None = None


class AfterC2CMsgExtension(Event, kw_only=True):
    """A message's extensions changed. Source: I76006.

    Attributes:
        from_account: the message's sender.
        to_account: its recipient.
        msg_key: the key of the message.
        operate_type: 1 set, 2 delete, 3 clear.
        extension_list: the items set or deleted.
        seq: newest version of the message's extensions.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "C2C.CallbackAfterC2CMsgExtension"
    from_account: str = always("")
    to_account: str = always("")
    msg_key: str = always("")
    operate_type: int = always(0)
    extension_list: list[ExtensionItem] = msgspec.field(default_factory=list)
    seq: int = always(0)
    event_time: int = always(0)


class AfterModifyMsg(Event, kw_only=True):
    """A stored message was edited. Source: C128224.

    Attributes:
        operator_account: who edited.
        from_account: the message's sender.
        to_account: its recipient.
        msg_seq: u32.
        msg_random: u32.
        msg_time: unix seconds.
        msg_key: the key of the message.
        msg_body: its elements now.
        cloud_custom_data: the app's own data now.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "C2C.CallbackAfterModifyMsg"
    operator_account: str = always("")
    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_time: int = always(0)
    msg_key: str = always("")
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int = always(0)


class BotOnC2CMessage(Event, kw_only=True):
    """A message was sent to a chatbot. Source: I68952, C90407.

    Attributes:
        from_account: the sender.
        to_account: the chatbot.
        msg_seq: u32.
        msg_random: u32.
        msg_time: unix seconds.
        msg_key: the key of the message.
        msg_id: the message's id on clients.
        online_only_flag: 1 for a message to online recipients only.
        send_msg_result: 0 delivered, otherwise the code it failed with.
        error_info: "send msg succeed", or the reason for the failure.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Bot.OnC2CMessage"
    _marks: ClassVar[tuple[str, ...]] = ("from_account", "to_account", "msg_key")
    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_time: int = always(0)
    msg_key: str = always("")
    msg_id: str | None = None
    online_only_flag: int = always(0)
    send_msg_result: int = always(0)
    error_info: str = always("")
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int = always(0)


class BotOnGroupMessage(Event, kw_only=True):
    """A group message mentioned a chatbot. Source: I68953.

    Attributes:
        group_id: the group.
        type: the group's type.
        from_account: the sender.
        operator_account: who made the request.
        random: u32.
        msg_seq: the message's number in the group.
        msg_time: unix seconds.
        msg_id: the message's id on clients.
        online_only_flag: 1 for a message to online members only.
        msg_body: its elements; unknown kinds are `RawElem`.
        at_robots_account: the chatbots it mentions.
        cloud_custom_data: the app's own data.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Bot.OnGroupMessage"
    _marks: ClassVar[tuple[str, ...]] = ("group_id", "msg_seq", "random")
    group_id: str = always("")
    type: str = always("")
    from_account: str = always("")
    operator_account: str = always("")
    random: int = always(0)
    msg_seq: int = always(0)
    msg_time: int = always(0)
    msg_id: str | None = None
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    at_robots_account: list[str] = msgspec.field(default_factory=list)
    cloud_custom_data: str | None = None
    event_time: int = always(0)


class ChatbotOnC2CSignalMessage(BeforeEvent, kw_only=True):
    """A client sent data to a chatbot, outside the conversation. Source: C103730. Answer: respond.

    Attributes:
        from_account: the sender.
        to_account: the chatbot.
        msg_seq: u32.
        msg_random: u32.
        msg_key: the key of the message.
        event_time: unix milliseconds.
        data: what was sent.
    """

    callback_command: ClassVar[str] = "Chatbot.OnC2CSignalMessage"
    from_account: str = always("")
    to_account: str = always("")
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_key: str = always("")
    event_time: int = always(0)
    data: str = always("")
