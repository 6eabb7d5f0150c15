"""Stored one-to-one messages: import, recall, change, delete, read marks, receipts, extensions. Source: c2c.

Where the documents name no cause or no code:

- Accounts: the acting account (From_Account, Report_Account, Operator_Account) is refused with 90008, the other side
  with 90003, whether invalid or not imported. Other fields are 90001, a MsgKey 90054.
- modify_c2c_msg refuses accounts as sendmsg does (20003, 90003, 90012), a message that is not stored with 20022, a
  recalled one with 20023, a MsgKey with 90010. 20027 and 20028 need a planned fault.
- Recalled messages, those the recipient deleted and those marked as read are not unread. MsgReadTime includes its
  second.
- delete_c2c_msg_ramble: unknown keys are in InvalidMsgKeyList, and the others are deleted.
- c2c_msg_read_receipt: any stored message can be reported as read, with or without a requested receipt; an unknown key
  refuses the whole request with 20022. Unread counts do not change.
- importmsg: 1 is live, like 5. A message from before the history begins is accepted and never visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..._api.checks import U32_MAX
from ...families.c2c import C2C
from ...models.c2c import RoamMsg
from ...models.c2c_marks import (
    HISTORY,
    KEY_MAX_BYTES,
    MAX_PEERS,
    DeletedMsgs,
    DeleteMsgs,
    GetMsgExtensions,
    GetUnread,
    ImportMsg,
    MarkRead,
    ModifyMsg,
    RecallMsg,
    SendReadReceipts,
    SetMsgExtensions,
    Unread,
    UnreadCount,
    UnreadFailure,
)
from ...models.common import Empty
from ...models.extension import CLEAR, Extensions, SetExtensionsResult
from ...models.message import next_msg_random
from ...webhooks import AfterC2CMsgExtension, AfterModifyMsg, AfterMsgReport, AfterMsgWithDraw, ExtensionItem
from ..dispatch import Call, Reply, handles
from ..state.c2c import C2CExtensions, Imports
from ..state.codes import AccountCode, ExtensionCode, MessageCode
from ..state.conversation import Entry
from ..state.core import State
from ..state.extensions import ExtensionBook
from ..state.recent_contact import RecentContacts
from ..state.refusal import Refusal, account, integer
from ._message import check_body

RECALLED: Final = 8  # bit of MsgFlagBits


@handles(C2C.import_msg)
def import_msg(call: Call) -> Empty:
    """Insert a message into the history at its own time; ignore a second import with the same marks."""
    raw, state = call.raw, call.state
    if raw.get("SyncFromOldSystem") not in (1, 2, 5) or isinstance(raw["SyncFromOldSystem"], bool):
        raise Refusal(MessageCode.SYNCFROMOLDSYSTEM_INVALID, "SyncFromOldSystem must be 5 (live) or 2 (history)")
    sender, recipient = _two(call, "From_Account", "To_Account")
    random = integer(raw, "MsgRandom", 0, U32_MAX, code=MessageCode.MSGRANDOM_INVALID)
    seq = integer(raw, "MsgSeq", 0, U32_MAX, code=MessageCode.MSGSEQ_INVALID) if "MsgSeq" in raw else next_msg_random()
    second = integer(raw, "MsgTimeStamp", 0, 2**53, code=MessageCode.MSGTIMESTAMP_INVALID)
    check_body(raw)
    message = call.read(ImportMsg, code=MessageCode.FORMAT_INVALID)
    marks = (frozenset((sender, recipient)), seq, random, second)
    seen = state.part(Imports).seen
    if marks in seen:
        return Empty()
    seen.add(marks)
    stored = RoamMsg(
        from_account=sender,
        to_account=recipient,
        msg_seq=seq,
        msg_random=random,
        msg_time_stamp=second,
        msg_key=state.free_key(f"{seq}_{random}_{second}", sender, (recipient,)),
        msg_body=message.msg_body,
        cloud_custom_data=message.cloud_custom_data,
    )
    is_live = message.sync_from_old_system != HISTORY
    state.store(stored, hidden_from=set(), now=call.now, is_unread=is_live and sender != recipient)
    state.part(RecentContacts).note_c2c(sender, recipient, second)
    return Empty()


@handles(C2C.recall)
def recall(call: Call) -> Empty:
    """Mark a message as recalled; both sides keep it in their history."""
    sender, recipient = _two(call, "From_Account", "To_Account")
    _check_key(call.raw.get("MsgKey"), MessageCode.MSGKEY_INVALID)
    request = call.read(RecallMsg, code=MessageCode.JSON_INVALID)
    entry = _find(call, sender, recipient, request.msg_key)
    if entry.message.is_recalled:
        raise Refusal(MessageCode.ALREADY_RECALLED, "the message was already recalled")
    entry.change(msg_flag_bits=entry.message.msg_flag_bits | RECALLED)
    call.state.read(entry)
    call.emit(
        AfterMsgWithDraw(
            from_account=sender,
            to_account=recipient,
            msg_key=request.msg_key,
            unread_msg_num=call.state.unread(recipient, call.now),
        )
    )
    return Empty()


@handles(C2C.modify)
def modify(call: Call) -> Reply[Empty]:
    """Replace the given fields of a message."""
    raw, state = call.raw, call.state
    sender, recipient = (
        account(raw, "From_Account", code=MessageCode.ACCOUNT_INVALID),
        account(raw, "To_Account", code=MessageCode.TO_ACCOUNT_INVALID),
    )
    _check_key(raw.get("MsgKey"), MessageCode.FORMAT_INVALID)
    if "MsgBody" in raw:
        check_body(raw)
    request = call.read(ModifyMsg, code=MessageCode.FORMAT_INVALID)
    if not state.knows(sender, call.now):
        raise Refusal(MessageCode.ACCOUNT_INVALID, f"From_Account {sender!r} is not imported")
    if not state.knows(recipient, call.now):
        raise Refusal(MessageCode.TO_ACCOUNT_NOT_FOUND, f"To_Account {recipient!r} is not imported")
    entry = _find(call, sender, recipient, request.msg_key)
    if entry.message.is_recalled:
        raise Refusal(MessageCode.ALREADY_RECALLED, "the message was recalled")
    entry.is_edited = True
    if request.msg_body is not None:
        entry.change(msg_body=request.msg_body)
    if request.cloud_custom_data is not None:
        entry.change(cloud_custom_data=request.cloud_custom_data)
    call.emit(
        AfterModifyMsg(
            operator_account=call.identifier,
            from_account=sender,
            to_account=recipient,
            msg_seq=entry.message.msg_seq,
            msg_random=entry.message.msg_random,
            msg_time=entry.message.msg_time_stamp,
            msg_key=request.msg_key,
            msg_body=entry.message.msg_body,
            cloud_custom_data=entry.message.cloud_custom_data,
            event_time=call.now_ms,
        )
    )
    return Reply(Empty(), error_info="succeed")


@handles(C2C.delete)
def delete(call: Call) -> DeletedMsgs:
    """Hide messages from one side."""
    side, peer = _two(call, "Operator_Account", "Peer_Account")
    for key in _list(call, "MsgKeyList"):
        _check_key(key, MessageCode.MSGKEY_INVALID)
    unknown: list[str] = []
    for key in call.read(DeleteMsgs, code=MessageCode.JSON_INVALID).msg_key_list:
        found = [(to, call.state.find(by, to, key, call.now)) for by, to in ((side, peer), (peer, side))]
        if not any(entry for _, entry in found):
            unknown.append(key)
        for recipient, entry in found:
            if entry is not None:
                entry.hidden_from.add(side)
                if side == recipient:
                    call.state.read(entry)
    return DeletedMsgs(invalid_msg_key_list=unknown)


@handles(C2C.mark_read)
def mark_read(call: Call) -> Empty:
    """Mark messages up to a time as read."""
    reader, writer = _two(call, "Report_Account", "Peer_Account")
    request = call.read(MarkRead, code=MessageCode.JSON_INVALID)
    until = int(call.now) if request.msg_read_time is None else int(request.msg_read_time)
    for entry in _unread(call.state, reader, writer, call.now):
        if entry.message.msg_time_stamp <= until:
            call.state.read(entry)
    call.emit(
        AfterMsgReport(
            report_account=reader,
            peer_account=writer,
            last_read_time=until,
            unread_msg_num=call.state.unread(reader, call.now),
        )
    )
    return Empty()


@handles(C2C.get_unread)
def get_unread(call: Call) -> Unread:
    """Count the unread messages of an account: all, or by sender for up to 10 senders."""
    state = call.state
    reader = account(call.raw, "To_Account", code=MessageCode.TO_ACCOUNT_INVALID)
    if not state.knows(reader, call.now):
        raise Refusal(MessageCode.TO_ACCOUNT_INVALID, f"{reader!r} is not imported")
    if "Peer_Account" not in call.raw:
        number = sum(_count(state, reader, peer, call.now) for peer in state.peers(reader))
        return Unread(all_c2c_unread_msg_num=number)
    peers = _list(call, "Peer_Account")
    if not 1 <= len(peers) <= MAX_PEERS:
        raise Refusal(MessageCode.JSON_INVALID, f"Peer_Account has {len(peers)} entries, it must have 1 to {MAX_PEERS}")
    result = Unread()
    for peer in call.read(GetUnread, code=MessageCode.JSON_INVALID).peer_account or ():
        if state.knows(peer, call.now):
            item = UnreadCount(peer_account=peer, c2c_unread_msg_num=_count(state, reader, peer, call.now))
            result.c2c_unread_msg_num_list.append(item)
        else:
            result.error_list.append(UnreadFailure(peer_account=peer, error_code=AccountCode.ACCOUNT_NOT_IMPORTED))
    return result


@handles(C2C.send_read_receipts)
def send_read_receipts(call: Call) -> Empty:
    """Report messages as read by their recipient, all or none."""
    reader, writer = _two(call, "Operator_Account", "Peer_Account")
    request = call.read(SendReadReceipts, code=MessageCode.JSON_INVALID)
    entries = [_find(call, writer, reader, message.msg_key) for message in request.c2c_msg_info]
    for entry in entries:
        entry.change(is_peer_read=1)
    return Empty()


@handles(C2C.get_extensions)
def get_extensions(call: Call) -> Extensions:
    """Return up to 200 key/values of a message, from a version on."""
    request = call.read(GetMsgExtensions, code=ExtensionCode.PARAMS_INVALID)
    return _book(call, request).page(request.start_seq or 0)


@handles(C2C.set_extensions)
def set_extensions(call: Call) -> SetExtensionsResult:
    """Set, delete or clear the key/values of a message."""
    request = call.read(SetMsgExtensions, code=ExtensionCode.PARAMS_INVALID)
    book = _book(call, request)
    outcomes = book.write(request, call.now, checks_seq=call.state.checks_extension_seq)
    changed = [each.extension for each in outcomes if each.error_code == 0 and each.extension is not None]
    if changed or request.operate_type == CLEAR:
        call.emit(
            AfterC2CMsgExtension(
                from_account=request.from_account or call.identifier,
                to_account=request.to_account,
                msg_key=request.msg_key,
                operate_type=request.operate_type,
                extension_list=[ExtensionItem(key=pair.key, value=pair.value, seq=pair.seq) for pair in changed],
                seq=book.latest_seq,
                event_time=call.now_ms,
            )
        )
    return SetExtensionsResult(extension_list=outcomes)


def _two(call: Call, first: str, second: str) -> tuple[str, str]:
    """Return the accounts of a request: the acting one, and the other side."""
    given: list[str] = []
    for field, code in ((first, MessageCode.FROM_ACCOUNT_INVALID), (second, MessageCode.TO_ACCOUNT_INVALID)):
        user_id = account(call.raw, field, code=code)
        if not call.state.knows(user_id, call.now):
            raise Refusal(code, f"{field} {user_id!r} is not imported")
        given.append(user_id)
    return given[0], given[1]


def _check_key(key: object, code: int) -> None:
    if not isinstance(key, str) or not 1 <= len(key.encode()) <= KEY_MAX_BYTES:
        raise Refusal(code, f"a MsgKey must be a string of 1 to {KEY_MAX_BYTES} bytes")


def _list(call: Call, field: str) -> Sequence[object]:
    items = call.raw.get(field)
    if not isinstance(items, list):
        raise Refusal(MessageCode.JSON_INVALID, f"{field} is {'not an array' if field in call.raw else 'missing'}")
    return items


def _find(call: Call, sender: str, recipient: str, key: str, *, code: int = MessageCode.RECALL_NOT_FOUND) -> Entry:
    entry = call.state.find(sender, recipient, key, call.now)
    if entry is None:
        raise Refusal(code, f"message {key!r} from {sender!r} to {recipient!r} is not stored")
    return entry


def _book(call: Call, request: GetMsgExtensions | SetMsgExtensions) -> ExtensionBook:
    sender = request.from_account or call.identifier
    entry = _find(call, sender, request.to_account, request.msg_key, code=ExtensionCode.MESSAGE_NOT_FOUND)
    if not entry.supports_extension:
        raise Refusal(ExtensionCode.UNSUPPORTED, "the message was not sent with SupportMessageExtension 1")
    return call.state.part(C2CExtensions).of(entry)


def _unread(state: State, reader: str, writer: str, now: float) -> list[Entry]:
    return [
        entry
        for entry in state.backwards(reader, writer, now=now)
        if entry.is_unread and entry.message.to_account == reader
    ]


def _count(state: State, reader: str, writer: str, now: float) -> int:
    return len(_unread(state, reader, writer, now))
