"""What accounts see on their devices: their conversations and the messages in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple

import msgspec

from ..._api.wire import encode
from ...models.elements import Element, TextElem
from ...models.recent_contact import C2C
from ..state.conversation import Entry
from ..state.core import Account
from ..state.group import Group, Groups
from ..state.login import LoginState
from ..state.recent_contact import RecentContacts
from ..state.threads import GroupEntry, Thread
from .context import Control
from .routes import Asked, NotFoundError, route
from .seen import (
    ConversationList,
    ConversationQuery,
    ConversationView,
    Inbox,
    InboxList,
    InboxQuery,
    Preview,
    SeenConversation,
    SeenMessage,
    Status,
)

# Unread messages are counted up to this number; beyond it is "more", as on a phone.
_MOST_UNREAD: Final = 100
_PREVIEW_CHARACTERS: Final = 120


@route(
    "GET",
    "/inboxes",
    query=InboxQuery,
    answer=InboxList,
    summary="Accounts, by their newest message.",
)
def inboxes(control: Control, asked: Asked[InboxQuery, None]) -> InboxList:
    """Return a page of the accounts."""
    query, accounts = asked.query, control.emulator.accounts
    newest = dict.fromkeys(control.state.part(RecentContacts).newest_accounts())
    ordered = chain((accounts[each] for each in newest if each in accounts),
                    (each for user_id, each in accounts.items() if user_id not in newest))  # fmt: skip
    if query.text is None:
        page = islice(ordered, query.offset, query.offset + query.limit)
        return InboxList(total=len(accounts), inboxes=[_inbox(control, each) for each in page])
    text = query.text.lower()
    fitting = [each for each in ordered if text in each.user_id.lower() or text in (each.nick or "").lower()]
    fitting.sort(key=lambda each: each.user_id.lower() != text)  # an exact match comes first
    found = fitting[query.offset : query.offset + query.limit]
    return InboxList(total=len(fitting), inboxes=[_inbox(control, each) for each in found])


@route(
    "GET",
    "/accounts/{user_id}/conversations",
    answer=ConversationList,
    summary="The conversations on an account's list, the newest first.",
)
def conversations(control: Control, asked: Asked[None, None]) -> ConversationList:
    """Return the conversations of an account."""
    user_id = known_account(control, asked.path["user_id"]).user_id
    contacts = control.state.part(RecentContacts)
    found: list[ConversationView] = []
    for pinned in (True, False):
        for (kind, end), session in contacts.newest(user_id, pinned=pinned):
            if kind == C2C:
                view = _with_account(control, user_id, end)
            elif (group := control.state.part(Groups).groups.get(end)) is not None:
                view = _with_group(control, user_id, Talk(group, group.thread, None, None))
            else:
                continue  # a group that was disbanded
            view.is_pinned = session.is_pinned
            found.append(view)
    return ConversationList(conversations=found)


@route(
    "GET",
    "/accounts/{user_id}/conversation",
    query=ConversationQuery,
    answer=SeenConversation,
    summary="A conversation as an account sees it, oldest message first.",
)
def conversation(control: Control, asked: Asked[ConversationQuery, None]) -> SeenConversation:
    """Return a part of a conversation, the newest messages without `before`."""
    query = asked.query
    user_id = known_account(control, asked.path["user_id"]).user_id
    if query.group is not None:
        talk = find_talk(control, query.group, query.topic)
        view = _with_group(control, user_id, talk)
        found = _seen_of_group(control, user_id, talk, query.before)
    else:
        peer = known_account(control, query.peer or "", field="peer").user_id
        view = _with_account(control, user_id, peer)
        entries = control.state.backwards(user_id, peer, now=control.clock(), before_key=query.before)
        found = (_seen_of_account(control, user_id, each) for each in entries)
    page = list(islice(found, query.limit + 1))
    messages = page[: query.limit][::-1]
    return SeenConversation(**msgspec.structs.asdict(view), messages=messages, has_more=len(page) > query.limit)


def known_account(control: Control, user_id: str, *, field: str = "user_id") -> Account:
    """Return an account; raise `NotFoundError` if it is not imported."""
    account = control.emulator.accounts.get(user_id)
    if account is None:
        raise NotFoundError(f"{user_id!r} is not imported", field=field)
    return account


class Talk(NamedTuple):
    """A group or one of its topics.

    Attributes:
        group: the group.
        thread: its messages, or those of the topic.
        topic_id: the topic; None for the group itself.
        topic_name: the topic's name.
    """

    group: Group
    thread: Thread
    topic_id: str | None
    topic_name: str | None


def find_talk(control: Control, group_id: str, topic_id: str | None) -> Talk:
    """Return a group or a topic; raise `NotFoundError` if it does not exist."""
    group = control.emulator.groups.get(group_id)
    if group is None:
        raise NotFoundError(f"group {group_id!r} does not exist", field="group")
    if topic_id is None:
        return Talk(group, group.thread, None, None)
    topic = group.topics.get(topic_id)
    if topic is None:
        raise NotFoundError(f"the group has no topic {topic_id!r}", field="topic")
    return Talk(group, topic.thread, topic_id, topic.name)


def status_of(control: Control, user_id: str) -> Status:
    """Return the best status that an account has on any platform."""
    return control.state.part(LoginState).status(user_id)  # type: ignore[return-value] # one of the three


def _inbox(control: Control, account: Account) -> Inbox:
    user_id = account.user_id
    sessions = control.state.part(RecentContacts).newest(user_id)
    unread = control.state.unread(user_id, control.clock())
    groups = control.state.part(Groups).groups
    unread += sum(
        unread_of(groups[end].thread, user_id) for (kind, end), _ in sessions if kind != C2C and end in groups
    )
    return Inbox(
        user_id=user_id,
        nick=account.nick,
        status=status_of(control, user_id),
        is_admin=account.is_admin,
        unread=unread,
        conversations=len(sessions),
        newest=_newest(control, user_id, *sessions[0][0]) if sessions else None,
    )


def _newest(control: Control, user_id: str, kind: int, end: str) -> Preview | None:
    if kind == C2C:
        return _newest_of_account(control, user_id, end)
    group = control.state.part(Groups).groups.get(end)
    return None if group is None else newest_of_group(control, user_id, group.thread)


def _newest_of_account(control: Control, user_id: str, peer: str) -> Preview | None:
    entry = next(control.state.backwards(user_id, peer, now=control.clock()), None)
    if entry is None:
        return None
    message = entry.message
    return _preview(message.from_account, message.msg_time_stamp, message.msg_body, is_recalled=message.is_recalled)


def newest_of_group(control: Control, user_id: str, thread: Thread) -> Preview | None:
    """Return the newest message of a group that an account sees, without notices."""
    entry = next((each for each in _backwards(control, user_id, thread, None) if not each.is_system), None)
    if entry is None:
        return None
    return _preview(entry.from_account, entry.time, entry.msg_body, is_recalled=entry.place == 2)


def _preview(sender: str, second: int, body: Sequence[Element], *, is_recalled: bool) -> Preview:
    text = " ".join(each.text for each in body if isinstance(each, TextElem))
    return Preview(
        from_account=sender,
        sent_at=second,
        kind=body[0].msg_type if body else "",
        text="" if is_recalled else text[:_PREVIEW_CHARACTERS],
        is_recalled=is_recalled,
    )


def _with_account(control: Control, user_id: str, peer: str) -> ConversationView:
    account = control.emulator.accounts.get(peer)
    unread = 0
    if control.state.unread(user_id, control.clock()):
        entries = control.state.backwards(user_id, peer, now=control.clock())
        waiting = (each for each in entries if each.is_unread and each.message.to_account == user_id)
        unread = sum(1 for _ in islice(waiting, _MOST_UNREAD))
    return ConversationView(
        peer=peer,
        name=None if account is None else account.nick,
        status=status_of(control, peer),
        unread=unread,
        newest=_newest_of_account(control, user_id, peer),
    )


def _with_group(control: Control, user_id: str, talk: Talk) -> ConversationView:
    return ConversationView(
        group_id=talk.group.group_id,
        topic_id=talk.topic_id,
        name=talk.topic_name or talk.group.name,
        members=len(talk.group.members),
        unread=unread_of(talk.thread, user_id) if user_id in talk.group.members else 0,
        newest=newest_of_group(control, user_id, talk.thread),
    )


def unread_of(thread: Thread, user_id: str) -> int:
    """Count the unread messages of an account in a group, up to a maximum."""
    last = thread.next_seq - 1
    if last - max(thread.read.get(user_id, 0), thread.cleared_seq) <= _MOST_UNREAD:
        return thread.unread(user_id)
    recent = range(last, max(last - _MOST_UNREAD, thread.read.get(user_id, 0), thread.cleared_seq), -1)
    count = sum(seq in thread.entries and thread.entries[seq].counts_for(user_id) for seq in recent)
    return count if thread.unread_set.get(user_id) is None else thread.unread(user_id)


def _backwards(control: Control, user_id: str, thread: Thread, before: int | None) -> Iterator[GroupEntry]:
    """Yield what an account sees of a group, newest first."""
    oldest = control.state.oldest(control.clock())
    for seq in range((before or thread.next_seq) - 1, thread.cleared_seq, -1):
        entry = thread.find(seq, oldest)
        if entry is None:
            if not thread.entries or seq < next(iter(thread.entries)):
                return
            continue
        if entry.to_accounts is None or user_id == entry.from_account or user_id in entry.to_accounts:
            yield entry


def _seen_of_account(control: Control, user_id: str, entry: Entry) -> SeenMessage:
    message = entry.message
    sender = control.emulator.accounts.get(message.from_account)
    return SeenMessage(
        id=message.msg_key,
        from_account=message.from_account,
        name=None if sender is None else sender.nick,
        sent_at=message.msg_time_stamp,
        msg_seq=message.msg_seq,
        msg_body=wire(message.msg_body),
        cloud_custom_data=message.cloud_custom_data,
        is_recalled=message.is_recalled,
        is_edited=entry.is_edited,
        is_unread=entry.is_unread and message.to_account == user_id,
        is_read_by_peer=message.is_peer_read == 1,
        has_push=entry.push is None or entry.push.push_flag != 1,
    )


def _seen_of_group(control: Control, user_id: str, talk: Talk, before: str | None) -> Iterator[SeenMessage]:
    group, thread = talk.group, talk.thread
    number = int(before) if before is not None and before.isascii() and before.isdecimal() else None
    read = thread.read.get(user_id, 0)
    for entry in _backwards(control, user_id, thread, number):
        member = group.members.get(entry.from_account)
        account = control.emulator.accounts.get(entry.from_account)
        nick = None if account is None else account.nick
        wanted = None if not entry.needs_receipt else group.members if entry.to_accounts is None else entry.to_accounts
        yield SeenMessage(
            id=str(entry.seq),
            from_account=entry.from_account,
            name=(member.name_card if member is not None else "") or nick,
            sent_at=entry.time,
            msg_seq=entry.seq,
            msg_body=wire(entry.msg_body),
            cloud_custom_data=entry.cloud_custom_data,
            is_recalled=entry.place == 2,
            is_edited=entry.is_edited,
            is_unread=user_id in group.members and entry.seq > read and entry.counts_for(user_id),
            is_notice=entry.is_system,
            read_by=None if wanted is None else len(entry.read_by),
            read_of=None if wanted is None else len(set(wanted) - {entry.from_account}),
            mentions=entry.mentions,
            has_push=entry.push is None or entry.push.push_flag != 1,
        )


def wire(body: Sequence[Element]) -> list[msgspec.Raw]:
    """Return elements as they are on the wire."""
    return [msgspec.Raw(encode(each)) for each in body]
