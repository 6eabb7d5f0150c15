"""One-to-one messages: send to one or to many, and read the history. Source: c2c (I34919, I34920, I35478).

Every code in sendmsg's own list has its cause here, except those for failures inside the service (20002, 20004, 20005,
90992, 91000), which a planned fault can cause. Where the documents name no cause or no code:

- An invalid or unknown From_Account is 20003; MsgLifeTime below 0 is 90026, like one that is too large.
- batchsendmsg: an entry of To_Account that is not a string is 90028, MsgRandom 90005 as for sendmsg, an unknown sender
  90008. A recipient who is not imported is 70107, a deleted one 90048; when no recipient is left, the answer is 90012.
  Each recipient is checked for duplicates; an account given twice is one.
- admin_getroammsg: Operator_Account is refused with 90008, Peer_Account with 90003, other fields with 90001.
- Duplicates cause no webhooks. A message that the app drops still counts as the first send.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..._api.checks import U32_MAX
from ..._api.wire import encode
from ...families.c2c import C2C
from ...models.c2c import (
    MAX_BATCH,
    BatchFailure,
    BatchSendMsg,
    BatchSendMsgResult,
    GetRoamMsgs,
    RoamMsg,
    RoamMsgs,
    SendMsg,
    SendMsgResult,
)
from ...models.message import Outgoing, next_msg_random
from ...webhooks import AfterSendMsg, BeforeSendMsg, BotOnC2CMessage
from ..dispatch import Call, Reply, handles
from ..events.push import emit_pushed
from ..outgoing.verdict import GO_ON, Verdict
from ..state.codes import AccountCode, MessageCode
from ..state.core import DuplicateKey, State, content_crc, msg_id
from ..state.recent_contact import RecentContacts
from ..state.refusal import Refusal, account, integer
from ..state.robot import Chatbots
from . import c2c_marks, c2c_stream  # noqa: F401 - they register their handlers
from ._message import check_body, check_options, read_marks

ANSWER_MAX_BYTES: Final = 13 * 1024
# The rest of an answer: the envelope, counts, and a LastMsgKey of 50 characters.
_FRAME_BYTES: Final = 256


@handles(C2C.send)
def send(call: Call) -> SendMsgResult:
    """Send a message: check it, drop it if it is a duplicate, store it."""
    raw, state = call.raw, call.state
    sender, recipient, seq, random = read_marks(call)
    check_body(raw)
    check_options(raw)
    message = call.read(SendMsg, code=MessageCode.FORMAT_INVALID)
    _check_recipient(state, recipient, call.now)
    if not state.knows(sender, call.now):
        raise Refusal(MessageCode.ACCOUNT_INVALID, f"From_Account {sender!r} is not imported")
    identity = (sender, recipient, seq, random, content_crc(raw["MsgBody"]))
    first = state.duplicates.find(identity, call.now)
    if first is not None:
        return first
    second = int(call.now)
    key = state.free_key(f"{seq}_{random}_{second}", sender, (recipient,))
    result = SendMsgResult(msg_time=second, msg_key=key, msg_id=msg_id(sender, second, random))
    event = AfterSendMsg(
        from_account=sender,
        to_account=recipient,
        msg_seq=seq,
        msg_random=random,
        msg_time=second,
        msg_key=key,
        msg_id=result.msg_id,
        online_only_flag=message.online_only_flag or 0,
        error_info="send msg succeed",
        msg_body=message.msg_body,
        cloud_custom_data=message.cloud_custom_data,
        event_time=call.now_ms,
    )
    verdict = _ask_before_send(call, message, event)
    state.duplicates.add(identity, call.now, result)
    if not verdict.is_dropped:
        verdict.replace_in(message, event)
        _deliver(call, message, event)
    return result


def _deliver(call: Call, message: SendMsg, event: AfterSendMsg) -> None:
    """Store a message unless it is online-only, and emit its events."""
    recipient = event.to_account
    if _is_stored(message):
        marks = _Marks(event.from_account, event.msg_seq, event.msg_random, event.msg_time, event.msg_key)
        _store(call.state, message, marks, recipient, call.now)
    if "ForbidAfterSendMsgCallback" not in (message.forbid_callback_control or ()):
        event.unread_msg_num = call.state.unread(recipient, call.now)
        call.emit(event)
    if recipient in call.state.part(Chatbots).accounts:
        call.emit(_to_chatbot(event))
    if _is_stored(message):
        emit_pushed(call, event, message.offline_push_info)


def _to_chatbot(event: AfterSendMsg) -> BotOnC2CMessage:
    return BotOnC2CMessage(**{name: getattr(event, name) for name in BotOnC2CMessage.__struct_fields__})


@handles(C2C.send_batch)
def send_batch(call: Call) -> Reply[BatchSendMsgResult]:
    """Send a message to many: each recipient gets it, already has it, or has failed. There are no webhooks."""
    raw, state = call.raw, call.state
    recipients = _recipients(raw)
    sender = (
        account(raw, "From_Account", code=MessageCode.FROM_ACCOUNT_INVALID)
        if "From_Account" in raw
        else call.identifier
    )
    random = integer(raw, "MsgRandom", 0, U32_MAX, code=MessageCode.MSGRANDOM_INVALID)
    seq = integer(raw, "MsgSeq", 0, U32_MAX, code=MessageCode.MSGSEQ_INVALID) if "MsgSeq" in raw else next_msg_random()
    check_body(raw)
    check_options(raw)
    message = call.read(BatchSendMsg, code=MessageCode.FORMAT_INVALID)
    if not state.knows(sender, call.now):
        raise Refusal(MessageCode.FROM_ACCOUNT_INVALID, f"From_Account {sender!r} is not imported")
    crc = content_crc(raw["MsgBody"])
    fresh: dict[str, DuplicateKey] = {}
    failures: list[BatchFailure] = []
    known: SendMsgResult | None = None
    for recipient in recipients:
        if not state.knows(recipient, call.now):
            code = MessageCode.ACCOUNT_NOT_FOUND if recipient in state.deleted else AccountCode.ACCOUNT_NOT_IMPORTED
            failures.append(BatchFailure(to_account=recipient, error_code=code))
            continue
        identity = (sender, recipient, seq, random, crc)
        first = state.duplicates.find(identity, call.now)
        known = known or first
        if first is None:
            fresh[recipient] = identity
    if len(failures) == len(recipients):
        raise Refusal(MessageCode.TO_ACCOUNT_NOT_FOUND, "none of the recipients is imported")
    second = int(call.now)
    # One message has one MsgKey: a repeat that reaches further recipients keeps that of the first.
    plain = f"{seq}_{random}_{second}" if known is None else known.msg_key
    key = state.free_key(plain, sender, fresh)
    if known is None or fresh:
        result = SendMsgResult(msg_time=second, msg_key=key, msg_id=msg_id(sender, second, random))
    else:
        result = known
    marks = _Marks(sender, seq, random, second, key)
    for recipient, identity in fresh.items():
        state.duplicates.add(identity, call.now, result)
        if _is_stored(message):
            _store(state, message, marks, recipient, call.now)
    answer = BatchSendMsgResult(msg_key=result.msg_key, msg_id=result.msg_id, error_list=failures)
    return Reply(answer, action_status="SomeError" if failures else "OK")


def _recipients(raw: Mapping[str, object]) -> list[str]:
    """Return the recipients of a batch, each once."""
    given = raw.get("To_Account")
    if not isinstance(given, list):
        raise Refusal(
            MessageCode.TO_ACCOUNT_NOT_ARRAY, f"To_Account is {'not an array' if 'To_Account' in raw else 'missing'}"
        )
    if not given:
        raise Refusal(MessageCode.TO_ACCOUNT_EMPTY, "To_Account is empty")
    if len(given) > MAX_BATCH:
        raise Refusal(
            MessageCode.TOO_MANY_RECIPIENTS, f"To_Account has {len(given)} entries, at most {MAX_BATCH} are allowed"
        )
    if not all(isinstance(each, str) for each in given):
        raise Refusal(MessageCode.TO_ACCOUNT_NOT_ARRAY, "To_Account has an entry that is not a string")
    return list(dict.fromkeys(given))


class _Marks(NamedTuple):
    """What identifies a message."""

    sender: str
    seq: int
    random: int
    second: int
    key: str


def _is_stored(message: Outgoing) -> bool:
    return message.online_only_flag != 1 and message.msg_life_time != 0


def _store(state: State, message: Outgoing, marks: _Marks, recipient: str, now: float) -> None:
    stored = RoamMsg(
        from_account=marks.sender,
        to_account=recipient,
        msg_seq=marks.seq,
        msg_random=marks.random,
        msg_time_stamp=marks.second,
        msg_key=marks.key,
        msg_body=message.msg_body,
        cloud_custom_data=message.cloud_custom_data,
    )
    hidden = {marks.sender} if message.sync_other_machine == 2 and marks.sender != recipient else set()
    entry = state.store(
        stored,
        hidden_from=hidden,
        now=now,
        is_unread=marks.sender != recipient and "NoUnread" not in (message.send_msg_control or ()),
        supports_extension=isinstance(message, SendMsg) and message.support_message_extension == 1,
    )
    entry.push = message.offline_push_info
    if "NoLastMsg" not in (message.send_msg_control or ()):
        contacts = state.part(RecentContacts)
        contacts.note_c2c(marks.sender, recipient, marks.second, hidden_from=hidden)


def _check_recipient(state: State, recipient: str, now: float) -> None:
    if not state.knows(recipient, now):
        if recipient in state.deleted:
            raise Refusal(MessageCode.ACCOUNT_NOT_FOUND, f"To_Account {recipient!r} was deleted")
        raise Refusal(MessageCode.TO_ACCOUNT_NOT_FOUND, f"To_Account {recipient!r} is not imported")


def _ask_before_send(call: Call, message: SendMsg, event: AfterSendMsg) -> Verdict:
    if "ForbidBeforeSendMsgCallback" in (message.forbid_callback_control or ()):
        return GO_ON
    before = BeforeSendMsg(
        from_account=event.from_account,
        to_account=event.to_account,
        msg_seq=event.msg_seq,
        msg_random=event.msg_random,
        msg_time=event.msg_time,
        msg_key=event.msg_key,
        msg_id=event.msg_id,
        online_only_flag=event.online_only_flag,
        msg_body=event.msg_body,
        cloud_custom_data=event.cloud_custom_data,
        event_time=event.event_time,
    )
    return call.ask(before, refused=MessageCode.WEBHOOK_FORBID)


@handles(C2C.get_roam_msgs)
def get_roam_msgs(call: Call) -> RoamMsgs:
    """Return a page of a conversation: its newest messages, oldest first, cut at 13 KB but with at least one."""
    raw, state = call.raw, call.state
    side = account(raw, "Operator_Account", code=MessageCode.FROM_ACCOUNT_INVALID)
    peer = account(raw, "Peer_Account", code=MessageCode.TO_ACCOUNT_INVALID)
    max_cnt = integer(raw, "MaxCnt", 1, U32_MAX, code=MessageCode.JSON_INVALID)
    first = integer(raw, "MinTime", 0, 2**53, code=MessageCode.JSON_INVALID)
    last = integer(raw, "MaxTime", first, 2**53, code=MessageCode.JSON_INVALID)
    request = call.read(GetRoamMsgs, code=MessageCode.JSON_INVALID)
    for user_id, code in ((side, MessageCode.FROM_ACCOUNT_INVALID), (peer, MessageCode.TO_ACCOUNT_INVALID)):
        if not state.knows(user_id, call.now):
            raise Refusal(code, f"{user_id!r} is not imported")
    page: list[RoamMsg] = []
    room = ANSWER_MAX_BYTES - _FRAME_BYTES
    complete = 1
    entries = state.backwards(side, peer, now=call.now, first=first, last=last, before_key=request.last_msg_key or None)
    for entry in entries:
        room -= len(encode(entry.message)) + 1
        if page and (room < 0 or len(page) == max_cnt):
            complete = 0
            break
        page.append(entry.message)
    page.reverse()
    return RoamMsgs(
        complete=complete,
        msg_cnt=len(page),
        last_msg_time=page[0].msg_time_stamp if page else 0,
        last_msg_key=page[0].msg_key if page else "",
        msg_list=page,
    )
