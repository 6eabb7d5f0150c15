"""The answers about what accounts see on their devices, and the parameters of those requests."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .views import Page

Status = Literal["Online", "PushOnline", "Offline"]


class Preview(msgspec.Struct, kw_only=True):
    """The newest message of a conversation, as shown in a list.

    Attributes:
        from_account: the sender.
        sent_at: unix seconds.
        kind: the MsgType of its first element, "" without one.
        text: the beginning of its texts, "" without text.
        is_recalled: whether it was recalled.
    """

    from_account: str
    sent_at: int
    kind: str
    text: str
    is_recalled: bool


class Inbox(msgspec.Struct, kw_only=True):
    """An account and its newest message.

    Attributes:
        user_id: the account.
        nick: its nickname, None without one.
        status: the best status on any of its platforms.
        is_admin: whether it may call the REST API.
        unread: messages that it has not read; 100 is 100 or more, in groups.
        conversations: how many conversations are on its list.
        newest: the newest message of the newest one, None without one.
    """

    user_id: str
    nick: str | None
    status: Status
    is_admin: bool
    unread: int
    conversations: int
    newest: Preview | None


class InboxList(msgspec.Struct, kw_only=True):
    """Accounts and their newest messages.

    Attributes:
        total: how many accounts match.
        inboxes: those of this page, the one with the newest message first.
    """

    total: int
    inboxes: list[Inbox]


class InboxQuery(Page, kw_only=True):
    """The accounts to list.

    Attributes:
        text: a part of their ids or nicknames, None for all.
    """

    text: str | None = None


class ConversationView(msgspec.Struct, kw_only=True):
    """A conversation of an account.

    Attributes:
        peer: the other account, None for a group.
        group_id: the group, None for another account.
        topic_id: the topic, None outside of topics.
        name: the nickname, or the name of the group or the topic; None without one.
        status: of the other account; None for a group.
        members: the number of members of the group; None for another account.
        is_pinned: whether it is pinned.
        unread: messages that the account has not read; 100 is 100 or more.
        newest: the newest message, None if none is left.
    """

    peer: str | None = None
    group_id: str | None = None
    topic_id: str | None = None
    name: str | None = None
    status: Status | None = None
    members: int | None = None
    is_pinned: bool = False
    unread: int = 0
    newest: Preview | None = None


class ConversationList(msgspec.Struct, kw_only=True):
    """The conversations of an account.

    Attributes:
        conversations: the pinned ones first, then those with the newest messages.
    """

    conversations: list[ConversationView]


class SeenMessage(msgspec.Struct, kw_only=True):
    """A message as an account sees it.

    Attributes:
        id: identifies it in the conversation.
        from_account: the sender.
        name: the sender's name in the group, or nickname; None without one.
        sent_at: unix seconds.
        msg_seq: its MsgSeq.
        msg_body: its elements in their wire form; empty for a notice, and for a message that is not kept whole.
        cloud_custom_data: the app's own data, None without.
        is_recalled: whether it was recalled.
        is_edited: whether it was changed after it was sent.
        is_unread: whether the account has not read it.
        is_notice: whether the service wrote it: a member joined or left.
        is_read_by_peer: whether the other account sent a read receipt.
        read_by: how many members read it; None if it requests no receipts.
        read_of: how many members it is for; None likewise.
        mentions: the mentioned members; "" stands for everyone.
        has_push: whether it may be pushed to offline members.
    """

    id: str
    from_account: str
    name: str | None = None
    sent_at: int
    msg_seq: int
    msg_body: list[msgspec.Raw]
    cloud_custom_data: str | None = None
    is_recalled: bool = False
    is_edited: bool = False
    is_unread: bool = False
    is_notice: bool = False
    is_read_by_peer: bool = False
    read_by: int | None = None
    read_of: int | None = None
    mentions: list[str] = msgspec.field(default_factory=list)
    has_push: bool = True


class SeenConversation(ConversationView, kw_only=True):
    """A conversation as an account sees it.

    Attributes:
        messages: some of its messages, oldest first.
        has_more: whether there are older ones.
    """

    messages: list[SeenMessage]
    has_more: bool


class ConversationQuery(msgspec.Struct, kw_only=True):
    """The conversation, and the messages, to return.

    Attributes:
        peer: the other account; required unless `group` is given.
        group: the group.
        topic: the topic of the group.
        limit: the most messages to return.
        before: only those before the message with this id.
    """

    peer: str | None = None
    group: str | None = None
    topic: str | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    before: str | None = None
