"""Messages in the service's archive files. Source: I34885, and further fields known from SDKs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from .._api.wire import WireStruct, always
from .elements import Element


class HistoryInfo(WireStruct, kw_only=True):
    """The header of a file, before its messages.

    Attributes:
        sdk_app_id: the app.
        chat_type: C2C for one-to-one messages, Group for group messages.
        msg_time: the hour in China time, such as 2015120121 for 21:00 to 22:00.
    """

    sdk_app_id: int = always(0)
    chat_type: str = always("")
    msg_time: str = always("")


class ArchivedC2CMsg(WireStruct, kw_only=True):
    """A one-to-one message in an archive.

    Attributes:
        from_account: the sender.
        to_account: the recipient.
        msg_timestamp: unix seconds.
        msg_seq: u32.
        msg_random: u32.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        msg_key: the message's key; known from an SDK.
        msg_from_platform: the sender's platform, such as iOS or RESTAPI; known from an SDK.
        client_ip: the sender's IP address; known from an SDK.
    """

    _older: ClassVar[Mapping[str, str]] = {"MsgTimeStamp": "MsgTimestamp"}

    from_account: str = always("")
    to_account: str = always("")
    msg_timestamp: int = always(0)
    msg_seq: int = always(0)
    msg_random: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    msg_key: str | None = None
    msg_from_platform: str | None = None
    client_ip: str | None = msgspec.field(name="ClientIP", default=None)


class ArchivedGroupMsg(WireStruct, kw_only=True):
    """A group message in an archive.

    Attributes:
        from_account: the sender.
        group_id: the group.
        topic_id: the topic of a community; not documented.
        msg_timestamp: unix seconds.
        msg_seq: its number in the group.
        msg_random: u32; known from an SDK.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        msg_from_platform: the sender's platform, such as iOS or RESTAPI; known from an SDK.
        client_ip: the sender's IP address; known from an SDK.
    """

    _older: ClassVar[Mapping[str, str]] = {"MsgTimeStamp": "MsgTimestamp"}

    from_account: str = always("")
    group_id: str = always("")
    topic_id: str | None = None
    msg_timestamp: int = always(0)
    msg_seq: int = always(0)
    msg_random: int | None = None
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    msg_from_platform: str | None = None
    client_ip: str | None = msgspec.field(name="ClientIP", default=None)


ArchivedMsg = ArchivedC2CMsg | ArchivedGroupMsg
"""A message in an archive, of either kind."""
