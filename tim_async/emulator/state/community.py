"""State of communities: topics and permission groups."""

from __future__ import annotations

import itertools
from collections.abc import Container

import msgspec

from .threads import Thread


def free_id(head: str, taken: Container[str]) -> str:
    """Return an unused id that begins with `head`."""
    return next(made for number in itertools.count(1) if (made := f"{head}{number:08X}") not in taken)


class Topic(msgspec.Struct, kw_only=True):
    """A topic of a community.

    Attributes:
        topic_id: the community's id, `@TOPIC#_` and a name.
        name: its name.
        create_time: unix seconds.
        thread: its messages, mutes and read positions.
        face_url: avatar's address.
        introduction: introduction.
        notification: notice.
        custom_string: the app's own data.
        msg_flags: members' MsgFlag where it is not the default.
    """

    topic_id: str
    name: str
    create_time: int
    thread: Thread
    face_url: str = ""
    introduction: str = ""
    notification: str = ""
    custom_string: str = ""
    msg_flags: dict[str, str] = msgspec.field(default_factory=dict)


class PermissionGroup(msgspec.Struct, kw_only=True):
    """A permission group of a community.

    Attributes:
        permission_group_id: its id.
        name: its name.
        permission: what its members may do, as a bit mask.
        custom_string: the app's own data.
        members: its members, in order of insertion.
        topics: what they may do in topics, by topic id.
    """

    permission_group_id: str
    name: str
    permission: int
    custom_string: str = ""
    members: list[str] = msgspec.field(default_factory=list)
    topics: dict[str, int] = msgspec.field(default_factory=dict)
