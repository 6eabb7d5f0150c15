"""Group messages: sending, importing, unread counts. Source: I34959 and its neighbours.

History, recall and edits are in `group_msg_history`, receipts and extensions in `group_msg_receipts`.

What the service does (documents as named in `models/group_msg`)
    A message is delivered whether or not its sender is a member (I33526), but not if the sender is muted: 10017. Two
    messages of one sender with the same Random within five minutes are one message (I34381). MsgSeq counts the stored
    messages, including the service's notices of joining, leaving and changes (I33529); a message for online members
    only has none. History is read by MsgSeq; an expired message keeps its place, so that there are no gaps. Only
    messages sent with a request for receipts have them: 10062 otherwise. Messages are imported in the order of their
    times, which are later than the group and its newest message, and before now; others fail with 10004. After an
    import nothing is unread, and a community's place on conversation lists does not change (I34968). Recalling by REST
    has no age limit, except for an hour in live groups (C12341 of 2026); older ones are 10031. Removing the messages of
    a sender recalls them silently, and does nothing in a live group (I34970). Setting an unread count does nothing in
    groups without one (I34909).

What no document says
    - What identifies a message besides its sender and Random. Here: the group and the topic.
    - How a dropped repeat is answered. Here: like the first one.
    - The MsgSeq of a message for online members only. Here: 0.
    - Which code refuses a From_Account that is not imported. Here: 10004.
    - Whom "mute all" spares. Here: owner, admins, the admins of a live group, and the app's admins.
    - How a recalled message appears without WithRecalledMsg. Here: its place (2) without content.
    - How a second recall is answered. Here: 10032 for that message, and 10030 for an expired one. In a live
      group, which stores no messages, every MsgSeq can be recalled again.
    - Whether history expires by SendTime or by the time of import. Here: by the time of import.
    - Who counts for a receipt. Here: the current members, or the addressed ones among them, without the sender.
    - The MsgSeq of a message that the app's webhook drops. Here: the next one, which the next message gets as well.
    - Whether broadcasts and imported messages cause webhooks. Here: no.
    - The codes of modify_group_msg. Here: 90003 for the group or topic, 90010 for anything else.
    - Whether messages remain when the sender's account is deleted. Here: yes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from ..._api.checks import U32_MAX
from ..._api.wire import encode
from ...families.group_msg import GroupMessages
from ...models.common import Empty
from ...models.group_msg import (
    MAX_MENTIONS,
    BroadcastMsg,
    BroadcastMsgResult,
    ImportedGroupMsg,
    ImportGroupMsgs,
    ImportGroupMsgsResult,
    ImportOutcome,
    SendGroupMsg,
    SendGroupMsgResult,
    SendSystemNotification,
    SetUnreadMsgNum,
)
from ...webhooks import BotOnGroupMessage, GroupAfterSendMsg, GroupBeforeSendMsg, GroupSendMsgException
from ..dispatch import Call, handles
from ..events.push import emit_pushed_to_group
from ..outgoing.verdict import GO_ON, Verdict
from ..state.codes import CommonCode, GroupCode
from ..state.core import State
from ..state.group import ADMIN, OWNER, Group, Groups
from ..state.group_msg import GroupSends
from ..state.recent_contact import RecentContacts
from ..state.refusal import Refusal, integer
from ..state.robot import Chatbots
from ..state.threads import GroupEntry, Thread
from . import group_msg_history, group_msg_receipts, group_stream  # noqa: F401 - their handlers are registered when they are imported

IMPORT_MAX_BYTES: Final = 12 * 1024

# Sending


@handles(GroupMessages.send)
def send(call: Call) -> SendGroupMsgResult:
    """Send a message: check it, drop it if it is a duplicate, ask the app, store it."""
    raw, now = call.raw, call.now
    group = call.state.part(Groups).find(raw.get("GroupId"))
    random = integer(raw, "Random", 0, U32_MAX, code=GroupCode.PARAMS_INVALID)
    _check_mentions(raw)
    request = call.read(SendGroupMsg, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    _check_options(group, request)
    sender = _sender(call, request.from_account)
    online_only = request.online_only_flag == 1 and not group.rules.is_live
    event = GroupAfterSendMsg(
        group_id=group.group_id,
        type=group.kind,
        from_account=sender,
        operator_account=call.identifier,
        random=random,
        msg_seq=0 if online_only else thread.next_seq,
        msg_time=int(now),
        online_only_flag=int(online_only),
        msg_body=request.msg_body,
        cloud_custom_data=request.cloud_custom_data,
        group_at_info=request.group_at_info,
        topic_id=request.topic_id,
        event_time=call.now_ms,
    )
    _check_mute(call, group, thread, event)
    sends = call.state.part(GroupSends)
    identity = (group.group_id, request.topic_id, sender, random)
    first = sends.sent.find(identity, now)
    if first is not None:
        return first
    verdict = _ask_before_send(call, request, event)
    result = SendGroupMsgResult(msg_time=event.msg_time, msg_seq=event.msg_seq)
    sends.sent.add(identity, now, result)
    if not verdict.is_dropped:
        verdict.replace_in(request, event)
        _deliver(call, group, thread, request, event)
    return result


def _check_options(group: Group, request: SendGroupMsg) -> None:
    """Refuse recipients and read receipts that the group or the message does not support."""
    if request.to_account is not None and (group.rules.is_live or group.rules.has_topics):
        raise Refusal(GroupCode.PARAMS_INVALID, f"{group.kind} groups do not support To_Account")
    if request.need_read_receipt == 1:
        group.require("has_receipts")
        if request.online_only_flag == 1:
            raise Refusal(GroupCode.RECEIPT_ONLINE_MESSAGE, "an online-only message cannot have a read receipt")


def _deliver(call: Call, group: Group, thread: Thread, request: SendGroupMsg, event: GroupAfterSendMsg) -> None:
    """Count a message, store it if the group keeps messages, and emit its events."""
    online_only = event.online_only_flag == 1
    if not online_only:
        thread.take_seq(call.now)
    member = group.members.get(event.from_account)
    if member is not None:
        member.last_send_msg_time = int(call.now)
    if group.rules.has_history and not online_only:
        _store(call.state, group, thread, request, event)
    if "ForbidAfterSendMsgCallback" not in (request.forbid_callback_control or ()):
        call.emit(event)
    _emit_to_chatbots(call, request, event)
    if not (online_only or group.rules.is_live or "WithMuteNotifications" in (request.send_msg_control or ())):
        emit_pushed_to_group(call, event, group, request)


def _emit_to_chatbots(call: Call, request: SendGroupMsg, event: GroupAfterSendMsg) -> None:
    """Emit the mention of chatbots in a message."""
    mentioned = dict.fromkeys(mention.group_at_account for mention in request.group_at_info or ())
    robots = [account for account in call.state.part(Chatbots).accounts if account in mentioned]
    if robots:
        shared = {name: getattr(event, name) for name in BotOnGroupMessage.__struct_fields__ if hasattr(event, name)}
        call.emit(BotOnGroupMessage(**shared, at_robots_account=robots))


def _store(state: State, group: Group, thread: Thread, request: SendGroupMsg, event: GroupAfterSendMsg) -> None:
    control = request.send_msg_control or ()
    entry = GroupEntry(
        seq=event.msg_seq,
        random=event.random,
        from_account=event.from_account,
        time=event.msg_time,
        stored_at=event.msg_time,
        msg_body=request.msg_body,
        priority=request.msg_priority or "Normal",
        cloud_custom_data=request.cloud_custom_data,
        to_accounts=None if request.to_account is None else list(request.to_account),
        needs_receipt=request.need_read_receipt == 1,
        unread_count="NoUnread" not in control and request.to_account is None,
        supports_extension=request.support_message_extension == 1,
        push=request.offline_push_info,
        mentions=[
            "" if each.group_at_all_flag == 1 else each.group_at_account or "" for each in request.group_at_info or ()
        ],
    )
    thread.store(entry, state.oldest(event.msg_time))
    state.part(Groups).note_stored(thread, entry.seq)
    if "NoLastMsg" not in control:
        wanted = group.members if entry.to_accounts is None else {event.from_account, *entry.to_accounts}
        _note(state, group, wanted, event.msg_time)


def _note(state: State, group: Group, accounts: Collection[str], second: int) -> None:
    """Put the group on the conversation lists of those accounts that are members."""
    members = [account for account in accounts if account in group.members]
    state.part(RecentContacts).note_group(group.group_id, members, second)


def _check_mentions(raw: Mapping[str, object]) -> None:
    mentions = raw.get("GroupAtInfo")
    if isinstance(mentions, list) and len(mentions) > MAX_MENTIONS:
        raise Refusal(
            GroupCode.AT_LIMIT, f"GroupAtInfo has {len(mentions)} mentions, at most {MAX_MENTIONS} are allowed"
        )


def _sender(call: Call, from_account: str | None) -> str:
    sender = call.identifier if from_account is None else from_account
    if not call.state.knows(sender, call.now):
        raise Refusal(GroupCode.PARAMS_INVALID, f"From_Account {sender!r} is not imported")
    return sender


def _check_mute(call: Call, group: Group, thread: Thread, event: GroupAfterSendMsg) -> None:
    """Refuse a message of a muted sender, and emit that to the app."""
    sender = event.from_account
    is_admin = group.role(sender) in (OWNER, ADMIN) or sender in group.live_admins
    if thread.muted_until(sender, call.now):
        refusal = Refusal(GroupCode.SENDER_MUTED, f"{sender!r} is muted")
    elif thread.mute_all and not is_admin and not call.state.accounts[sender].is_admin:
        refusal = Refusal(GroupCode.SENDER_MUTED, "all members are muted")
    else:
        return
    call.emit(
        GroupSendMsgException(
            group_id=event.group_id,
            type=event.type,
            from_account=sender,
            operator_account=event.operator_account,
            random=event.random,
            online_only_flag=event.online_only_flag,
            msg_body=event.msg_body,
            cloud_custom_data=event.cloud_custom_data,
            error_code=refusal.code,
            error_info=refusal.info,
            topic_id=event.topic_id,
            event_time=event.event_time,
        )
    )
    raise refusal


def _ask_before_send(call: Call, request: SendGroupMsg, event: GroupAfterSendMsg) -> Verdict:
    if "ForbidBeforeSendMsgCallback" in (request.forbid_callback_control or ()):
        return GO_ON
    before = GroupBeforeSendMsg(
        group_id=event.group_id,
        type=event.type,
        from_account=event.from_account,
        operator_account=event.operator_account,
        random=event.random,
        online_only_flag=event.online_only_flag,
        msg_body=event.msg_body,
        cloud_custom_data=event.cloud_custom_data,
        topic_id=event.topic_id,
        event_time=event.event_time,
    )
    return call.ask(before, refused=GroupCode.WEBHOOK_REJECTED)


@handles(GroupMessages.send_system_notification)
def send_system_notification(call: Call) -> Empty:
    """Accept a system notification, which is not stored."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    request = call.read(SendSystemNotification, code=GroupCode.PARAMS_INVALID)
    group.thread_of(request.topic_id)
    return Empty()


@handles(GroupMessages.broadcast)
def broadcast(call: Call) -> BroadcastMsgResult:
    """Send a message to all live groups; each counts it, and none stores it."""
    random = integer(call.raw, "Random", 0, U32_MAX, code=GroupCode.PARAMS_INVALID)
    request = call.read(BroadcastMsg, code=GroupCode.PARAMS_INVALID)
    identity = (_sender(call, request.from_account), random)
    sends = call.state.part(GroupSends)
    first = sends.broadcasts.find(identity, call.now)
    if first is not None:
        return first
    result = BroadcastMsgResult(msg_seq=next(sends.broadcast_seqs))
    sends.broadcasts.add(identity, call.now, result)
    for group in call.state.part(Groups).groups.values():
        if group.rules.is_live:
            group.thread.take_seq(call.now)
    return result


@handles(GroupMessages.import_msgs)
def import_msgs(call: Call) -> ImportGroupMsgsResult:
    """Import up to 7 messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(ImportGroupMsgs, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    outcomes = [_import(call, group, thread, request.topic_id, message) for message in request.msg_list]
    taken = [outcome.msg_time for outcome in outcomes if outcome.result == 0]
    if taken:
        thread.read_all(group.members)
    if request.recent_contact_flag == 1 and taken and not group.rules.has_topics:
        _note(call.state, group, group.members, max(taken))
    return ImportGroupMsgsResult(import_msg_result=outcomes)


def _import(call: Call, group: Group, thread: Thread, topic_id: str | None, message: ImportedGroupMsg) -> ImportOutcome:
    imported = call.state.part(GroupSends).imported
    identity = (group.group_id, topic_id, message.from_account, message.random or 0)
    first = None if message.random is None else imported.find(identity, call.now)
    if first is not None:
        return first
    is_in_order = max(group.create_time, thread.last_msg_time) < message.send_time < int(call.now)
    if not is_in_order or not call.state.knows(message.from_account, call.now):
        return ImportOutcome(result=GroupCode.PARAMS_INVALID, msg_time=message.send_time)
    if len(encode(message.msg_body)) > IMPORT_MAX_BYTES:
        return ImportOutcome(result=CommonCode.MESSAGE_TOO_LONG, msg_time=message.send_time)
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
    call.state.part(Groups).note_stored(thread, seq)
    outcome = ImportOutcome(msg_time=message.send_time, msg_seq=seq)
    if message.random is not None:
        imported.add(identity, call.now, outcome)
    return outcome


@handles(GroupMessages.set_unread_num)
def set_unread_num(call: Call) -> Empty:
    """Set a member's unread count; without effect, and not an error, in groups that do not count unread messages."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    request = call.read(SetUnreadMsgNum, code=GroupCode.PARAMS_INVALID)
    if not group.rules.has_unread:
        return Empty()
    group.require_member(request.member_account)
    group.thread.set_unread(request.member_account, request.unread_msg_num)
    return Empty()
