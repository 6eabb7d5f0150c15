"""Group messages: sending, history, recall, edits, receipts, extensions. Source: I34959 and its neighbours.

What the service does (documents as named in `models/group_msg`)
    A message is delivered whether or not its sender is a member (I33526), but not when the sender is muted: 10017. Of
    two messages with one Random within five minutes the later is the same message. MsgSeq counts the messages that are
    kept; one for online members only has none. History is read by MsgSeq; a deleted or expired message leaves its
    place, so that nothing in it has a gap. Receipts are there where they were asked for: 10062 otherwise.

What nobody knows (the documents are silent)
    - Whether the sender is part of a Random's identity. Here: the group and the topic are, the sender is not.
    - What a dropped repeat is answered. Here: what the first one was answered.
    - The MsgSeq of a message for online members only. Here: 0.
    - What a From_Account that is not imported is refused with. Here: 10004.
    - Whom "mute all" spares. Here: owner, admins, the admins of a live group, and the app's admins.
    - What a recalled message looks like without WithRecalledMsg. Here: its place (2) without content.
    - What recalling twice answers. Here: 10032 for that message, and 10030 for one that was deleted or has expired.
      Recalling by REST has no age limit, as for one-to-one messages. In a live group every message there was can be
      recalled; nothing is kept of them.
    - How old an imported message may be. Here: as old as it likes, but not newer than now (10004 for that message).
    - Whether history reaches back by SendTime, or by when a message was imported. Here: by when it was imported.
    - Who counts for a receipt. Here: who is a member now, or was addressed, without the sender.
    - What modify_group_msg is refused with: here 90003 for the group or topic, 90010 for anything else.
    - Whether messages stay when a sender's account is deleted. Here: they do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Final

from .._checks import U32_MAX
from .._wire import encode
from ..families.group_msg import GroupMessages
from ..models.common import Empty
from ..models.extension import Extensions, SetExtensionsResult
from ..models.group_msg import (
    MAX_MENTIONS,
    BroadcastMsg,
    BroadcastMsgResult,
    ClearGroupMsgs,
    DeleteMsgsBySender,
    GetGroupExtensions,
    GetGroupMsgReceipts,
    GetGroupMsgs,
    GetReceiptDetail,
    GroupMsg,
    GroupMsgReceipt,
    GroupMsgReceipts,
    GroupMsgs,
    ImportedGroupMsg,
    ImportGroupMsgs,
    ImportGroupMsgsResult,
    ImportOutcome,
    ModifyGroupMsg,
    ReadItem,
    RecallGroupMsgs,
    RecallGroupMsgsResult,
    RecallOutcome,
    ReceiptDetail,
    ReportReceipts,
    SendGroupMsg,
    SendGroupMsgResult,
    SendSystemNotification,
    SetGroupExtensions,
    SetUnreadMsgNum,
    UnreadItem,
)
from .dispatch import Call, Refusal, handles, integer
from .extensions import ExtensionBook
from .group_state import ADMIN, BAD_PARAMS, OWNER, Group, GroupEntry, Groups, Thread
from .recent_contact_state import RecentContacts
from .state import Duplicates, Part, State

MUTED: Final = 10017
RECALL_NOT_FOUND: Final = 10030
RECALL_UNSUPPORTED: Final = 10032
TOO_MANY_MENTIONS: Final = 10053
RECEIPT_TOO_MANY_MEMBERS: Final = 10060
RECEIPT_NOT_FOUND: Final = 10062
EXTENSION_UNSUPPORTED: Final = 23002
EXTENSION_NOT_FOUND: Final = 23004
TOO_LONG: Final = 80002

DUPLICATE_WINDOW_S: Final = 300.0
DELETE_REACH: Final = 1_000
RECEIPT_MEMBERS_MAX: Final = 200
IMPORT_MAX_BYTES: Final = 12 * 1024

_PRIORITIES: Final = {"High": 1, "Normal": 2, "Low": 3, "Lowest": 4}

Identity = tuple[str, str | None, int]


class GroupSends(Part):
    """What was sent to groups in the last five minutes.

    Attributes:
        sent: messages.
        imported: imported messages.
        broadcasts: broadcasts.
        broadcast_seqs: numbers broadcasts.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.sent: Duplicates[Identity, SendGroupMsgResult] = Duplicates(DUPLICATE_WINDOW_S)
        self.imported: Duplicates[Identity, ImportOutcome] = Duplicates(DUPLICATE_WINDOW_S)
        self.broadcasts: Duplicates[int, BroadcastMsgResult] = Duplicates(DUPLICATE_WINDOW_S)
        self.broadcast_seqs = itertools.count(1)


# Sending


@handles(GroupMessages.send)
def send(call: Call) -> SendGroupMsgResult:
    """Take a message: check it, drop it when it is a duplicate, store it."""
    raw, now = call.raw, call.now
    group = call.state.part(Groups).find(raw.get("GroupId"))
    random = integer(raw, "Random", 0, U32_MAX, code=BAD_PARAMS)
    _count_mentions(raw)
    request = call.read(SendGroupMsg, code=BAD_PARAMS)
    thread = group.thread_of(request.topic_id)
    if request.to_account is not None and (group.rules.is_live or group.rules.has_topics):
        raise Refusal(BAD_PARAMS, f"groups of the type {group.kind} have no messages for some members only")
    if request.need_read_receipt == 1:
        group.require("has_receipts")
    sender = _sender(call, request.from_account)
    _check_mute(call.state, group, thread, sender, now)
    sends = call.state.part(GroupSends)
    identity = (group.group_id, request.topic_id, random)
    first = sends.sent.find(identity, now)
    if first is not None:
        return first
    online_only = request.online_only_flag == 1 and not group.rules.is_live
    result = SendGroupMsgResult(msg_time=int(now), msg_seq=0 if online_only else thread.take_seq(now))
    sends.sent.add(identity, now, result)
    member = group.members.get(sender)
    if member is not None:
        member.last_send_msg_time = int(now)
    if group.rules.has_history and not online_only:
        control = request.send_msg_control or ()
        entry = GroupEntry(
            seq=result.msg_seq,
            random=random,
            from_account=sender,
            time=int(now),
            stored_at=int(now),
            msg_body=request.msg_body,
            priority=request.msg_priority or "Normal",
            cloud_custom_data=request.cloud_custom_data,
            to_accounts=None if request.to_account is None else list(request.to_account),
            needs_receipt=request.need_read_receipt == 1,
            unread_count="NoUnread" not in control and request.to_account is None,
            supports_extension=request.support_message_extension == 1,
        )
        thread.store(entry, call.state.oldest(now))
        if "NoLastMsg" not in control:
            wanted = group.members.keys() if entry.to_accounts is None else {sender, *entry.to_accounts}
            readers = group.members.keys() & wanted
            contacts = call.state.part(RecentContacts)
            contacts.note_group(request.topic_id or group.group_id, readers, int(now))
    return result


def _count_mentions(raw: Mapping[str, object]) -> None:
    mentions = raw.get("GroupAtInfo")
    if isinstance(mentions, list) and len(mentions) > MAX_MENTIONS:
        raise Refusal(TOO_MANY_MENTIONS, f"a message mentions at most {MAX_MENTIONS}, not {len(mentions)}")


def _sender(call: Call, from_account: str | None) -> str:
    sender = call.identifier if from_account is None else from_account
    if not call.state.knows(sender, call.now):
        raise Refusal(BAD_PARAMS, f"From_Account {sender!r} is not imported")
    return sender


def _check_mute(state: State, group: Group, thread: Thread, sender: str, now: float) -> None:
    if thread.muted_until(sender, now):
        raise Refusal(MUTED, f"{sender!r} is muted")
    is_spared = group.role(sender) in (OWNER, ADMIN) or sender in group.live_admins or state.accounts[sender].is_admin
    if thread.mute_all and not is_spared:
        raise Refusal(MUTED, "everyone is muted")


@handles(GroupMessages.send_system_notification)
def send_system_notification(call: Call) -> Empty:
    """Take a notice, of which nothing is kept."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    request = call.read(SendSystemNotification, code=BAD_PARAMS)
    group.thread_of(request.topic_id)
    return Empty()


@handles(GroupMessages.broadcast)
def broadcast(call: Call) -> BroadcastMsgResult:
    """Take a message for all live groups; each counts it, and none keeps it."""
    random = integer(call.raw, "Random", 0, U32_MAX, code=BAD_PARAMS)
    request = call.read(BroadcastMsg, code=BAD_PARAMS)
    _sender(call, request.from_account)
    sends = call.state.part(GroupSends)
    first = sends.broadcasts.find(random, call.now)
    if first is not None:
        return first
    result = BroadcastMsgResult(msg_seq=next(sends.broadcast_seqs))
    sends.broadcasts.add(random, call.now, result)
    for group in call.state.part(Groups).groups.values():
        if group.rules.is_live:
            group.thread.take_seq(call.now)
    return result


@handles(GroupMessages.import_msgs)
def import_msgs(call: Call) -> ImportGroupMsgsResult:
    """Take up to 7 older messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(ImportGroupMsgs, code=BAD_PARAMS)
    thread = group.thread_of(request.topic_id)
    head = (group.group_id, request.topic_id)
    return ImportGroupMsgsResult(
        import_msg_result=[_import(call, thread, head, message) for message in request.msg_list]
    )


def _import(call: Call, thread: Thread, head: tuple[str, str | None], message: ImportedGroupMsg) -> ImportOutcome:
    if message.send_time > call.now or not call.state.knows(message.from_account, call.now):
        return ImportOutcome(result=BAD_PARAMS, msg_time=message.send_time)
    if len(encode(message.msg_body)) > IMPORT_MAX_BYTES:
        return ImportOutcome(result=TOO_LONG, msg_time=message.send_time)
    imported = call.state.part(GroupSends).imported
    first = None if message.random is None else imported.find((*head, message.random), call.now)
    if first is not None:
        return first
    seq = thread.take_seq(message.send_time)
    entry = GroupEntry(
        seq=seq,
        random=message.random or 0,
        from_account=message.from_account,
        time=message.send_time,
        stored_at=int(call.now),
        msg_body=message.msg_body,
    )
    thread.store(entry, call.state.oldest(call.now))
    outcome = ImportOutcome(msg_time=message.send_time, msg_seq=seq)
    if message.random is not None:
        imported.add((*head, message.random), call.now, outcome)
    return outcome


# History


@handles(GroupMessages.get_history)
def get_history(call: Call) -> GroupMsgs:
    """Read a page of the history: so many messages down from a MsgSeq, newer first."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(GetGroupMsgs, code=BAD_PARAMS)
    thread = group.thread_of(request.topic_id)
    last = thread.next_seq - 1
    top = last if request.req_msg_seq is None else min(request.req_msg_seq, last)
    oldest = call.state.oldest(call.now)
    seqs = range(top, max(0, top - request.req_msg_number), -1)
    told = [_told(thread, seq, oldest, with_recalled=request.with_recalled_msg == 1) for seq in seqs]
    has_expired = told and not any(seq in thread.entries and thread.entries[seq].stored_at >= oldest for seq in seqs)
    return GroupMsgs(group_id=group.group_id, is_finished=2 if has_expired else 1, rsp_msg_list=told)


def _told(thread: Thread, seq: int, oldest: int, *, with_recalled: bool) -> GroupMsg:
    """Return a message as history tells it; of one that has expired or was deleted only the place."""
    entry = thread.find(seq, oldest)
    if entry is None:
        return GroupMsg(is_place_msg=1, msg_seq=seq)
    is_shown = entry.place == 0 or with_recalled
    return GroupMsg(
        from_account=entry.from_account,
        is_place_msg=entry.place,
        is_system_msg=1 if entry.is_system else None,
        msg_priority=_PRIORITIES[entry.priority],
        msg_random=entry.random,
        msg_seq=entry.seq,
        msg_time_stamp=entry.time,
        msg_body=entry.msg_body if is_shown else (),
        cloud_custom_data=entry.cloud_custom_data if is_shown else None,
    )


def history(state: State, group_id: str, topic_id: str | None, now: float) -> list[GroupMsg]:
    """Return all that is left of a group's messages, oldest first, recalled ones included."""
    thread = state.part(Groups).find(group_id).thread_of(topic_id)
    told = (_told(thread, seq, state.oldest(now), with_recalled=True) for seq in thread.entries)
    return [message for message in told if not message.is_gone]


@handles(GroupMessages.recall)
def recall(call: Call) -> RecallGroupMsgsResult:
    """Recall up to 10 messages; what is left of one is its place and its content."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "can_recall")
    request = call.read(RecallGroupMsgs, code=BAD_PARAMS)
    thread = group.thread_of(request.topic_id)
    outcomes = [
        RecallOutcome(msg_seq=item.msg_seq, ret_code=_recall(call, group, thread, item.msg_seq))
        for item in request.msg_seq_list
    ]
    return RecallGroupMsgsResult(recall_ret_list=outcomes)


def _recall(call: Call, group: Group, thread: Thread, seq: int) -> int:
    if not group.rules.has_history:
        return 0 if 1 <= seq < thread.next_seq else RECALL_NOT_FOUND
    entry = _stored(call, thread, seq)
    if entry is None:
        return RECALL_NOT_FOUND
    if entry.place == 2 or entry.is_system:
        return RECALL_UNSUPPORTED
    entry.place = 2
    return 0


def _stored(call: Call, thread: Thread, seq: int) -> GroupEntry | None:
    """Return a message that was neither deleted nor has expired."""
    return thread.find(seq, call.state.oldest(call.now))


@handles(GroupMessages.delete_by_sender)
def delete_by_sender(call: Call) -> Empty:
    """Delete what a sender wrote among the last 1,000 messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(DeleteMsgsBySender, code=BAD_PARAMS)
    thread = group.thread_of(request.topic_id)
    for seq in range(max(1, thread.next_seq - DELETE_REACH), thread.next_seq):
        entry = thread.entries.get(seq)
        if entry is not None and entry.from_account == request.sender_account:
            entry.delete()
    return Empty()


@handles(GroupMessages.clear)
def clear(call: Call) -> Empty:
    """Hide messages from the clients; the admin's view, which is what history tells, keeps them."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(ClearGroupMsgs, code=BAD_PARAMS)
    group.thread.clear(U32_MAX if request.msg_seq is None else request.msg_seq)
    return Empty()


@handles(GroupMessages.modify)
def modify(call: Call) -> Empty:
    """Change a message's elements, its custom data, or both."""
    request = call.read(ModifyGroupMsg, code=90010)
    try:
        group = call.state.part(Groups).find_for(request.group_id, "has_history")
        thread = group.thread_of(request.topic_id)
    except Refusal as refusal:
        raise Refusal(90003, refusal.info) from None
    entry = _stored(call, thread, request.msg_seq)
    if entry is None or entry.place != 0:
        raise Refusal(90010, f"there is no message {request.msg_seq} to change")
    if request.msg_body is not None:
        entry.msg_body = request.msg_body
    if request.cloud_custom_data is not None:
        entry.cloud_custom_data = request.cloud_custom_data
    return Empty()


@handles(GroupMessages.set_unread_num)
def set_unread_num(call: Call) -> Empty:
    """Set a member's unread count."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_unread")
    request = call.read(SetUnreadMsgNum, code=BAD_PARAMS)
    group.require_member(request.member_account)
    group.thread.set_unread(request.member_account, request.unread_msg_num)
    return Empty()


# Receipts


@handles(GroupMessages.get_receipts)
def get_receipts(call: Call) -> GroupMsgReceipts:
    """Count who has read messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(GetGroupMsgReceipts, code=BAD_PARAMS)
    receipts: list[GroupMsgReceipt] = []
    for item in request.msg_seq_list:
        entry = _stored(call, group.thread, item.msg_seq)
        if entry is None or not entry.needs_receipt:
            receipts.append(GroupMsgReceipt(code=RECEIPT_NOT_FOUND, msg_seq=item.msg_seq))
            continue
        audience = _audience(group, entry)
        read = sum(account in entry.read_by for account in audience)
        receipts.append(GroupMsgReceipt(msg_seq=entry.seq, read_num=read, unread_num=len(audience) - read))
    return GroupMsgReceipts(group_msg_receipt_list=receipts)


def _audience(group: Group, entry: GroupEntry) -> list[str]:
    """Return the members a message is for."""
    wanted: Iterable[str] = group.members if entry.to_accounts is None else entry.to_accounts
    return [account for account in wanted if account in group.members and account != entry.from_account]


@handles(GroupMessages.get_receipt_detail)
def get_receipt_detail(call: Call) -> ReceiptDetail:
    """List who has read a message, or who has not; the cursor counts those that were told."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(GetReceiptDetail, code=BAD_PARAMS)
    entry = _stored(call, group.thread, request.msg_seq)
    if entry is None or not entry.needs_receipt:
        raise Refusal(RECEIPT_NOT_FOUND, f"message {request.msg_seq} has no read receipt")
    if request.cursor and not (request.cursor.isascii() and request.cursor.isdecimal()):
        raise Refusal(BAD_PARAMS, "Cursor is none that was given out")
    audience = _audience(group, entry)
    wanted = [account for account in audience if (account in entry.read_by) == (request.filter == 0)]
    begin = int(request.cursor or 0)
    end = begin + request.count
    page = wanted[begin:end]
    is_last = end >= len(wanted)
    return ReceiptDetail(
        is_finish=1 if is_last else 0,
        msg_seq=entry.seq,
        read_list=[ReadItem(read_account=account) for account in page] if request.filter == 0 else [],
        unread_list=[UnreadItem(unread_account=account) for account in page] if request.filter == 1 else [],
        cursor="" if is_last else str(end),
    )


@handles(GroupMessages.report_receipts)
def report_receipts(call: Call) -> Empty:
    """Note that a member has read messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(ReportReceipts, code=BAD_PARAMS)
    group.require_member(request.from_account)
    if len(group.members) > RECEIPT_MEMBERS_MAX:
        raise Refusal(RECEIPT_TOO_MANY_MEMBERS, f"a group with receipts has at most {RECEIPT_MEMBERS_MAX} members")
    entries = [_stored(call, group.thread, item.msg_seq) for item in request.msg_seq_list]
    read = [entry for entry in entries if entry is not None and entry.needs_receipt]
    if len(read) < len(entries):
        raise Refusal(RECEIPT_NOT_FOUND, "one of the messages has no read receipt")
    for entry in read:
        entry.read_by.setdefault(request.from_account, int(call.now))
    return Empty()


# Extensions


@handles(GroupMessages.get_extensions)
def get_extensions(call: Call) -> Extensions:
    """Read a page of a message's pairs."""
    request = call.read(GetGroupExtensions, code=BAD_PARAMS)
    entry = _extensible(call, request.group_id, request.msg_seq)
    return (entry.extensions or ExtensionBook()).page(request.start_seq or 0)


@handles(GroupMessages.set_extensions)
def set_extensions(call: Call) -> SetExtensionsResult:
    """Set, delete or clear a message's pairs."""
    request = call.read(SetGroupExtensions, code=BAD_PARAMS)
    entry = _extensible(call, request.group_id, request.msg_seq)
    if not entry.supports_extension:
        raise Refusal(EXTENSION_UNSUPPORTED, f"message {entry.seq} was not sent with SupportMessageExtension 1")
    if entry.extensions is None:
        entry.extensions = ExtensionBook()
    return SetExtensionsResult(extension_list=entry.extensions.write(request, call.now))


def _extensible(call: Call, group_id: str, seq: int) -> GroupEntry:
    """Return a message; groups of the types that know no extensions, and those that are not there, are 10004."""
    try:
        group = call.state.part(Groups).find_for(group_id, "has_history")
    except Refusal as refusal:
        raise Refusal(BAD_PARAMS, refusal.info) from None
    if group.rules.has_topics:
        raise Refusal(BAD_PARAMS, f"messages of groups of the type {group.kind} have no extensions")
    entry = _stored(call, group.thread, seq)
    if entry is None or entry.place != 0:
        raise Refusal(EXTENSION_NOT_FOUND, f"there is no message {seq}")
    return entry
