"""Read receipts and extensions of group messages. What no document says is listed in `group_msg`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...families.group_msg import GroupMessages
from ...models.common import Empty
from ...models.extension import Extensions, SetExtensionsResult
from ...models.group_msg import (
    GetGroupExtensions,
    GetGroupMsgReceipts,
    GetReceiptDetail,
    GroupMsgReceipt,
    GroupMsgReceipts,
    ReadItem,
    ReceiptDetail,
    ReportReceipts,
    SetGroupExtensions,
    UnreadItem,
)
from ...webhooks import ExtensionItem, GroupAfterGroupMsgExtension, GroupAfterReadReceipt, MemberRef, ReadReceipt
from ..dispatch import Call, handles
from ..state.codes import ExtensionCode, GroupCode
from ..state.extensions import ExtensionBook
from ..state.group import Group, Groups
from ..state.refusal import Refusal
from ..state.threads import GroupEntry
from .group_msg_history import stored

MAX_RECEIPT_MEMBERS: Final = 200


@handles(GroupMessages.get_receipts)
def get_receipts(call: Call) -> GroupMsgReceipts:
    """Return how many members have read messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(GetGroupMsgReceipts, code=GroupCode.PARAMS_INVALID)
    receipts: list[GroupMsgReceipt] = []
    for item in request.msg_seq_list:
        entry = stored(call, group.thread, item.msg_seq)
        if entry is None or not entry.needs_receipt:
            receipts.append(GroupMsgReceipt(code=GroupCode.RECEIPT_NOT_FOUND, msg_seq=item.msg_seq))
            continue
        read, unread = _counts(group, entry)
        receipts.append(GroupMsgReceipt(msg_seq=entry.seq, read_num=read, unread_num=unread))
    return GroupMsgReceipts(group_msg_receipt_list=receipts)


def _counts(group: Group, entry: GroupEntry) -> tuple[int, int]:
    """Return how many members have read a message, and how many have not."""
    audience = _audience(group, entry)
    read = sum(account in entry.read_by for account in audience)
    return read, len(audience) - read


def _audience(group: Group, entry: GroupEntry) -> list[str]:
    """Return the members that a message is for."""
    wanted: Iterable[str] = group.members if entry.to_accounts is None else entry.to_accounts
    return [account for account in wanted if account in group.members and account != entry.from_account]


@handles(GroupMessages.get_receipt_detail)
def get_receipt_detail(call: Call) -> ReceiptDetail:
    """Return who has read a message, or who has not; the cursor counts those on earlier pages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(GetReceiptDetail, code=GroupCode.PARAMS_INVALID)
    entry = stored(call, group.thread, request.msg_seq)
    if entry is None or not entry.needs_receipt:
        raise Refusal(GroupCode.RECEIPT_NOT_FOUND, f"message {request.msg_seq} has no read receipt")
    if request.cursor and not (request.cursor.isascii() and request.cursor.isdecimal()):
        raise Refusal(GroupCode.PARAMS_INVALID, "Cursor is not a cursor from an answer")
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
    """Record that a member has read messages."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_receipts")
    request = call.read(ReportReceipts, code=GroupCode.PARAMS_INVALID)
    group.require_member(request.from_account)
    if len(group.members) > MAX_RECEIPT_MEMBERS:
        raise Refusal(
            GroupCode.RECEIPT_TOO_MANY_MEMBERS, f"read receipts are limited to groups of {MAX_RECEIPT_MEMBERS} members"
        )
    entries = [stored(call, group.thread, item.msg_seq) for item in request.msg_seq_list]
    read = [entry for entry in entries if entry is not None and entry.needs_receipt]
    if len(read) < len(entries):
        raise Refusal(GroupCode.RECEIPT_NOT_FOUND, "one of the messages has no read receipt")
    fresh = [entry for entry in read if request.from_account not in entry.read_by]
    for entry in fresh:
        entry.read_by[request.from_account] = int(call.now)
    if fresh:
        receipts = [_receipt(group, entry, request.from_account) for entry in fresh]
        call.emit(
            GroupAfterReadReceipt(
                group_id=group.group_id, type=group.kind, group_msg_receipt_list=receipts, event_time=call.now_ms
            )
        )
    return Empty()


def _receipt(group: Group, entry: GroupEntry, reader: str) -> ReadReceipt:
    read, unread = _counts(group, entry)
    return ReadReceipt(
        msg_seq=entry.seq,
        read_num=read,
        unread_num=unread,
        read_receipt_members=[MemberRef(member_account=reader)],
    )


# Extensions


@handles(GroupMessages.get_extensions)
def get_extensions(call: Call) -> Extensions:
    """Return a page of a message's pairs."""
    request = call.read(GetGroupExtensions, code=GroupCode.PARAMS_INVALID)
    entry = _extensible(call, request.group_id, request.msg_seq)
    return (entry.extensions or ExtensionBook()).page(request.start_seq or 0)


@handles(GroupMessages.set_extensions)
def set_extensions(call: Call) -> SetExtensionsResult:
    """Set, delete or clear a message's pairs."""
    request = call.read(SetGroupExtensions, code=GroupCode.PARAMS_INVALID)
    entry = _extensible(call, request.group_id, request.msg_seq)
    if not entry.supports_extension:
        raise Refusal(ExtensionCode.UNSUPPORTED, f"message {entry.seq} was not sent with SupportMessageExtension 1")
    if entry.extensions is None:
        entry.extensions = ExtensionBook()
    outcomes = entry.extensions.write(request, call.now)
    changed = [outcome.extension for outcome in outcomes if outcome.extension is not None]
    call.emit(
        GroupAfterGroupMsgExtension(
            group_id=request.group_id,
            msg_seq=entry.seq,
            operate_type=request.operate_type,
            extension_list=[ExtensionItem(key=pair.key, value=pair.value, seq=pair.seq) for pair in changed],
            seq=entry.extensions.latest_seq,
            event_time=call.now_ms,
        )
    )
    return SetExtensionsResult(extension_list=outcomes)


def _extensible(call: Call, group_id: str, seq: int) -> GroupEntry:
    """Return a message; refuse an unknown group, and a type of group without extensions, with 10004."""
    try:
        group = call.state.part(Groups).find_for(group_id, "has_history")
    except Refusal as refusal:
        raise Refusal(GroupCode.PARAMS_INVALID, refusal.info) from None
    if group.rules.has_topics:
        raise Refusal(GroupCode.PARAMS_INVALID, f"messages of {group.kind} groups have no extensions")
    entry = stored(call, group.thread, seq)
    if entry is None or entry.place != 0:
        raise Refusal(ExtensionCode.MESSAGE_NOT_FOUND, f"message {seq} is not stored")
    return entry
