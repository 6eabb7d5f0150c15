"""Archives: the app's messages of an hour, and their files. Source: I34885.

What no document says
    - When the file of an hour is ready. Here: as soon as the hour is over.
    - How long an address is valid. Here: for a day.
    - Whether recalled and deleted messages are in it, and notices. Here: recalled ones are, the others are not.
    - Whether a topic's messages name it. Here: by TopicId.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ...models.history import ArchivedC2CMsg, ArchivedGroupMsg, ArchivedMsg
from .core import DAY_S, Part, State
from .group import Group, Groups
from .threads import GroupEntry, Thread

ARCHIVE_PATH: Final = "/msg_history/"
HOUR_S: Final = 3_600
KEPT_DAYS: Final = 7
ADDRESS_S: Final = DAY_S
# The parts of the emulator that messages come from.
_PLATFORM: Final = "RESTAPI"


class StoredFile(msgspec.Struct, kw_only=True):
    """A downloadable file.

    Attributes:
        data: its bytes.
        expires_at: unix seconds until which its address is valid.
    """

    data: bytes
    expires_at: float


class Archives(Part):
    """The files whose addresses were returned.

    Attributes:
        files: by path.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.files: dict[str, StoredFile] = {}

    def keep(self, path: str, data: bytes, now: float) -> StoredFile:
        """Keep a file, and drop those whose address has expired."""
        self.files = {path: file for path, file in self.files.items() if file.expires_at > now}
        self.files[path] = file = StoredFile(data=data, expires_at=now + ADDRESS_S)
        return file

    def messages(self, chat_type: str, start: int, now: float) -> list[ArchivedMsg]:
        """Return the messages of the hour that begins at a unix second, oldest first."""
        every = self._of_groups() if chat_type == "Group" else self._of_accounts(now)
        messages = [message for message in every if start <= message.msg_timestamp < start + HOUR_S]
        return sorted(messages, key=lambda message: message.msg_timestamp)

    def _of_accounts(self, now: float) -> Iterator[ArchivedMsg]:
        for message in self.state.messages(now):
            yield ArchivedC2CMsg(
                from_account=message.from_account,
                to_account=message.to_account,
                msg_timestamp=message.msg_time_stamp,
                msg_seq=message.msg_seq,
                msg_random=message.msg_random,
                msg_body=message.msg_body,
                cloud_custom_data=message.cloud_custom_data,
                msg_key=message.msg_key,
                msg_from_platform=_PLATFORM,
            )

    def _of_groups(self) -> Iterator[ArchivedMsg]:
        for group in self.state.part(Groups).groups.values():
            for topic_id, thread in _threads(group):
                for entry in thread.entries.values():
                    if not entry.is_system:
                        yield _of_group(group.group_id, topic_id, entry)


def _threads(group: Group) -> Iterator[tuple[str | None, Thread]]:
    yield None, group.thread
    for topic_id, topic in group.topics.items():
        yield topic_id, topic.thread


def _of_group(group_id: str, topic_id: str | None, entry: GroupEntry) -> ArchivedGroupMsg:
    return ArchivedGroupMsg(
        from_account=entry.from_account,
        group_id=group_id,
        topic_id=topic_id,
        msg_timestamp=entry.time,
        msg_seq=entry.seq,
        msg_random=entry.random,
        msg_body=entry.msg_body,
        cloud_custom_data=entry.cloud_custom_data,
        msg_from_platform=_PLATFORM,
    )
