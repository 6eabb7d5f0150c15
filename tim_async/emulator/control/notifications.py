"""The notification that the phone of an account shows for a message while its app is closed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...models.elements import Element
from ...models.offline_push import OfflinePushInfo
from .context import Control
from .conversations import find_talk, known_account, status_of
from .routes import Asked, NotFoundError, route
from .seen import Status
from .vendor_pushes import VendorPush, push_text, shown_by_vendors


class Notification(msgspec.Struct, kw_only=True):
    """The notification of a message.

    Attributes:
        is_off: whether the message requests none.
        title: the title.
        text: the text; empty if there is nothing to show, and nothing is pushed.
        status: of the account now: only a PushOnline one is reached through a vendor.
        vendors: what each vendor shows and receives.
    """

    is_off: bool
    title: str
    text: str
    status: Status
    vendors: list[VendorPush]


class NotificationQuery(msgspec.Struct, kw_only=True):
    """The message to show.

    Attributes:
        id: its id in the conversation.
        peer: the other account; required unless `group` is given.
        group: the group.
        topic: the topic of the group.
    """

    id: str
    peer: str | None = None
    group: str | None = None
    topic: str | None = None


@route(
    "GET",
    "/accounts/{user_id}/notification",
    query=NotificationQuery,
    answer=Notification,
    summary="A message as a notification, for each vendor.",
)
def notification(control: Control, asked: Asked[NotificationQuery, None]) -> Notification:
    """Return the notification of a message to an account."""
    query = asked.query
    account = known_account(control, asked.path["user_id"])
    if query.group is not None:
        talk = find_talk(control, query.group, query.topic)
        seq = int(query.id) if query.id.isascii() and query.id.isdecimal() else 0
        entry = talk.thread.find(seq, control.state.oldest(control.clock()))
        if entry is None:
            raise NotFoundError(f"message {query.id!r} does not exist", field="id")
        return _notification(control, account.user_id, entry.push, entry.msg_body, talk.topic_name or talk.group.name)
    peer = known_account(control, query.peer or "", field="peer").user_id
    for sender, recipient in ((peer, account.user_id), (account.user_id, peer)):
        found = control.state.find(sender, recipient, query.id, control.clock())
        if found is not None:
            name = control.emulator.accounts[sender].nick or sender
            return _notification(control, recipient, found.push, found.message.msg_body, name)
    raise NotFoundError(f"message {query.id!r} does not exist", field="id")


def _notification(
    control: Control, user_id: str, info: OfflinePushInfo | None, body: Sequence[Element], name: str
) -> Notification:
    given = OfflinePushInfo() if info is None else info
    return Notification(
        is_off=given.push_flag == 1,
        title=given.title or name,
        text=given.desc or push_text(body),
        status=status_of(control, user_id),
        vendors=shown_by_vendors(info, body, name),
    )
