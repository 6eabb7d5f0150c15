"""Events of a community's topics.

EventTime is unix milliseconds, which the service writes as text in some events and as a number in others.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..._api.wire import always
from .._event import BeforeEvent, Event
from .._message import UserDefinedData


class GroupBeforeCreateTopic(BeforeEvent, kw_only=True):
    """A topic is about to be created. Source: I49463. Answers: allow, refuse.

    Attributes:
        operator_account: who requests it.
        type: the group's type, Community.
        name: the topic's name.
        group_id: the community; not on every page.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeCreateTopic"
    operator_account: str = always("")
    type: str = always("")
    name: str = always("")
    group_id: str | None = None
    event_time: int | None = None


class GroupAfterCreateTopic(Event, kw_only=True):
    """A topic was created. Source: I49464.

    Attributes:
        group_id: the community.
        topic_id: the topic.
        operator_account: who created it.
        owner_account: the community's owner.
        type: the group's type, Community.
        name: the topic's name.
        user_defined_data_list: its custom fields.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterCreateTopic"
    group_id: str = always("")
    topic_id: str = always("")
    operator_account: str = always("")
    owner_account: str = always("")
    type: str = always("")
    name: str = always("")
    user_defined_data_list: list[UserDefinedData] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterTopicDestroyed(Event, kw_only=True):
    """Topics were removed. Source: I49465.

    Attributes:
        group_id: the community.
        type: the group's type, Community.
        topic_id_list: the topics.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterTopicDestroyed"
    group_id: str = always("")
    type: str = always("")
    topic_id_list: list[str] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterTopicInfoChanged(Event, kw_only=True):
    """A topic's profile changed. Source: I49466. Only changed fields are given.

    Attributes:
        group_id: the community.
        type: the group's type, Community.
        operator_account: who changed it.
        topic_id: the topic; not on every page.
        name: its name now.
        introduction: its introduction now.
        notification: its announcement now.
        face_url: its avatar's URL now.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterTopicInfoChanged"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    topic_id: str | None = None
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    event_time: int | None = None
