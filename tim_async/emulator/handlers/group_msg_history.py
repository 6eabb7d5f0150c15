"""History of groups: reading, recall, edits, deletion. What no document says is listed in `group_msg`."""

from __future__ import annotations

from typing import Final

from ..._api.checks import U32_MAX
from ...families.group_msg import GroupMessages
from ...models.common import Empty
from ...models.group_msg import (
    MAX_HISTORY,
    ClearGroupMsgs,
    DeleteMsgsBySender,
    GetGroupMsgs,
    GroupMsg,
    GroupMsgs,
    ModifyGroupMsg,
    RecallGroupMsgs,
    RecallGroupMsgsResult,
    RecallOutcome,
)
from ...webhooks import GroupAfterModifyMsg, GroupAfterRecallMsg, RecalledMsg
from ..dispatch import Call, handles
from ..state.codes import GroupCode, MessageCode
from ..state.core import State
from ..state.group import Group, Groups
from ..state.refusal import Refusal
from ..state.threads import GroupEntry, Thread

MAX_DELETE_RANGE: Final = 1_000
LIVE_RECALL_S: Final = 3_600

_PRIORITIES: Final = {"High": 1, "Normal": 2, "Low": 3, "Lowest": 4}


@handles(GroupMessages.get_history)
def get_history(call: Call) -> GroupMsgs:
    """Return a page of the history: a number of messages up to a MsgSeq, newest first."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(GetGroupMsgs, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    last = thread.next_seq - 1
    top = last if request.req_msg_seq is None else min(request.req_msg_seq, last)
    oldest = call.state.oldest(call.now)
    seqs = range(top, max(0, top - min(request.req_msg_number, MAX_HISTORY)), -1)
    messages = [_message(thread, seq, oldest, with_recalled=request.with_recalled_msg == 1) for seq in seqs]
    has_expired = messages and not any(
        seq in thread.entries and thread.entries[seq].stored_at >= oldest for seq in seqs
    )
    return GroupMsgs(group_id=group.group_id, is_finished=2 if has_expired else 1, rsp_msg_list=messages)


def _message(thread: Thread, seq: int, oldest: int, *, with_recalled: bool) -> GroupMsg:
    """Return a message as history has it; for an expired one, only its place."""
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
    """Return the remaining messages of a group, oldest first: recalled ones included, notices not."""
    thread = state.part(Groups).find(group_id).thread_of(topic_id)
    messages = (_message(thread, seq, state.oldest(now), with_recalled=True) for seq in thread.entries)
    return [message for message in messages if not message.is_gone and message.is_system_msg is None]


@handles(GroupMessages.recall)
def recall(call: Call) -> RecallGroupMsgsResult:
    """Recall up to 10 messages; a recalled message keeps its place and content."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "can_recall")
    request = call.read(RecallGroupMsgs, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    outcomes = [
        RecallOutcome(msg_seq=item.msg_seq, ret_code=_recall(call, group, thread, item.msg_seq))
        for item in request.msg_seq_list
    ]
    recalled = [RecalledMsg(msg_seq=outcome.msg_seq) for outcome in outcomes if outcome.ret_code == 0]
    if recalled:
        call.emit(
            GroupAfterRecallMsg(
                operator_account=call.identifier,
                type=group.kind,
                group_id=group.group_id,
                msg_seq_list=recalled,
                topic_id=request.topic_id,
                event_time=call.now_ms,
            )
        )
    return RecallGroupMsgsResult(recall_ret_list=outcomes)


def _recall(call: Call, group: Group, thread: Thread, seq: int) -> int:
    if not group.rules.has_history:
        if not 1 <= seq < thread.next_seq:
            return GroupCode.RECALL_NOT_FOUND
        return GroupCode.RECALL_TOO_LATE if seq < thread.first_since(call.now - LIVE_RECALL_S) else 0
    entry = stored(call, thread, seq)
    if entry is None:
        return GroupCode.RECALL_NOT_FOUND
    if entry.place == 2 or entry.is_system:
        return GroupCode.RECALL_UNSUPPORTED
    entry.place = 2
    return 0


def stored(call: Call, thread: Thread, seq: int) -> GroupEntry | None:
    """Return a message that has not expired."""
    return thread.find(seq, call.state.oldest(call.now))


@handles(GroupMessages.delete_by_sender)
def delete_by_sender(call: Call) -> Empty:
    """Recall a sender's messages among the last 1,000 messages, silently; a live group has none."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    request = call.read(DeleteMsgsBySender, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    for seq in range(max(1, thread.next_seq - MAX_DELETE_RANGE), thread.next_seq):
        entry = thread.entries.get(seq)
        if entry is not None and entry.from_account == request.sender_account and not entry.is_system:
            entry.place = 2
    return Empty()


@handles(GroupMessages.clear)
def clear(call: Call) -> Empty:
    """Hide messages from clients; the history that admins read keeps them."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_history")
    request = call.read(ClearGroupMsgs, code=GroupCode.PARAMS_INVALID)
    group.thread.clear(U32_MAX if request.msg_seq is None else request.msg_seq)
    return Empty()


@handles(GroupMessages.modify)
def modify(call: Call) -> Empty:
    """Change a message's elements, its custom data, or both."""
    request = call.read(ModifyGroupMsg, code=MessageCode.FORMAT_INVALID)
    try:
        group = call.state.part(Groups).find_for(request.group_id, "has_history")
        thread = group.thread_of(request.topic_id)
    except Refusal as refusal:
        raise Refusal(MessageCode.TO_ACCOUNT_INVALID, refusal.info) from None
    entry = stored(call, thread, request.msg_seq)
    if entry is None or entry.place != 0:
        raise Refusal(MessageCode.FORMAT_INVALID, f"message {request.msg_seq} is not stored")
    entry.is_edited = True
    if request.msg_body is not None:
        entry.msg_body = request.msg_body
    if request.cloud_custom_data is not None:
        entry.cloud_custom_data = request.cloud_custom_data
    call.emit(
        GroupAfterModifyMsg(
            operator_account=call.identifier,
            group_id=group.group_id,
            type=group.kind,
            topic_id=request.topic_id,
            from_account=entry.from_account,
            msg_seq=entry.seq,
            msg_time=entry.time,
            msg_body=entry.msg_body,
            cloud_custom_data=entry.cloud_custom_data,
            event_time=call.now_ms,
        )
    )
    return Empty()
