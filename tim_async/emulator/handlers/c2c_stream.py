"""Streamed one-to-one messages. Source: c2c (C128596), whose table of error codes is not readable.

The codes, and what no document says:

- Accounts and marks are refused as by sendmsg, an invalid element or chunk with 90010, a text over 128 KB with 93000. A
  StreamMsgID that is unknown, belongs to another conversation or to a stream that has ended is 90054.
- A repeated first call, recognized by marks and content like a repeated sendmsg, is the same stream.
- A chunk whose Index was received before is a repeat and is dropped, also after the end; a chunk that leaves a gap is
  refused. An empty chunk is accepted, and keeps the stream open.
- History has the message from the first call on, with all chunks so far. There are no webhooks.
"""

from __future__ import annotations

from ...families.c2c import C2C
from ...models.c2c import RoamMsg
from ...models.c2c_stream import SendStreamMsg, SendStreamMsgResult
from ...models.elements import StreamElem
from ..dispatch import Call, handles
from ..state.c2c_stream import Stream, Streams
from ..state.codes import MessageCode
from ..state.core import content_crc, msg_id
from ..state.recent_contact import RecentContacts
from ..state.refusal import Refusal
from ..state.stream_text import check_start
from ._message import check_body, read_marks


@handles(C2C.send_stream)
def send_stream(call: Call) -> SendStreamMsgResult:
    """Start a stream with its first chunks, or add chunks to one."""
    raw, state = call.raw, call.state
    sender, recipient, seq, random = read_marks(call)
    check_body(raw)
    request = call.read(SendStreamMsg, code=MessageCode.FORMAT_INVALID)
    if not state.knows(sender, call.now):
        raise Refusal(MessageCode.ACCOUNT_INVALID, f"From_Account {sender!r} is not imported")
    if not state.knows(recipient, call.now):
        raise Refusal(MessageCode.TO_ACCOUNT_NOT_FOUND, f"To_Account {recipient!r} is not imported")
    element = request.msg_body[0]
    assert isinstance(element, StreamElem)  # noqa: S101 - the request was checked
    streams = state.part(Streams)
    if element.stream_msg_id is not None:
        stream = _find(streams, element.stream_msg_id, sender, recipient)
    else:
        marks = (sender, recipient, seq, random, content_crc(raw["MsgBody"]))
        known = streams.first_calls.find(marks, call.now)
        if known is not None:
            return known.answer
        check_start(element)
        stream = _begin(call, request, sender, seq, random, element)
        streams.first_calls.add(marks, call.now, stream)
    if stream.add(element, call.now):
        stream.entry.change(msg_body=[stream.shown(stream.answer.stream_msg_id)])
    return stream.answer


def _find(streams: Streams, name: str, sender: str, recipient: str) -> Stream:
    stream = streams.streams.get(name)
    if stream is None:
        raise Refusal(MessageCode.MSGKEY_INVALID, f"no stream has the StreamMsgID {name!r}")
    if (stream.entry.message.from_account, stream.entry.message.to_account) != (sender, recipient):
        raise Refusal(MessageCode.MSGKEY_INVALID, "the stream belongs to another conversation")
    return stream


def _begin(call: Call, request: SendStreamMsg, sender: str, seq: int, random: int, element: StreamElem) -> Stream:
    """Store the message, without content yet."""
    state, recipient, second = call.state, request.to_account, int(call.now)
    key = state.free_key(f"{seq}_{random}_{second}", sender, (recipient,))
    message = RoamMsg(
        from_account=sender,
        to_account=recipient,
        msg_seq=seq,
        msg_random=random,
        msg_time_stamp=second,
        msg_key=key,
    )
    hidden = {sender} if request.sync_other_machine == 2 and sender != recipient else set()
    entry = state.store(message, hidden_from=hidden, now=call.now, is_unread=sender != recipient)
    state.part(RecentContacts).note_c2c(sender, recipient, second, hidden_from=hidden)
    streams = state.part(Streams).streams
    number = len(streams) + 1
    while (name := f"stream-{key}-{number}") in streams:
        number += 1
    answer = SendStreamMsgResult(
        stream_msg_id=name, msg_time=second, msg_key=key, msg_id=msg_id(sender, second, random)
    )
    stream = streams[name] = Stream(
        entry=entry, answer=answer, compatible_text=element.compatible_text, last_at=call.now
    )
    return stream
