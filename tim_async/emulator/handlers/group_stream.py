"""Streamed group messages. Source: C128597, whose answer and codes were not readable.

Whether the sender is muted is not checked (C128597), nor whether it is a member, as for other messages.

What no document says, and where it follows `c2c_stream`:

- A group that is unknown is refused as by other commands of groups, an account that is not imported with 20003, an
  invalid element or chunk with 90010, a text over 128 KB with 93000. A StreamMsgID that is unknown, belongs to another
  group or sender, or to a stream that has ended is 90054. It is read in the request and in the element.
- A repeated first call, recognized by group, sender, MsgRandom and content within 120 s, is the same stream.
- A chunk whose Index was received before is a repeat and is dropped; a chunk that leaves a gap is refused.
- History has the message from the first call on, with all chunks so far. There are no webhooks.
"""

from __future__ import annotations

from ..._api.checks import U32_MAX
from ...families.group_msg import GroupMessages
from ...models.elements import StreamElem
from ...models.group_stream import SendGroupStreamMsg, SendGroupStreamMsgResult
from ..dispatch import Call, handles
from ..state.codes import MessageCode
from ..state.core import content_crc
from ..state.group import Group, Groups
from ..state.group_stream import GroupStream, GroupStreams
from ..state.recent_contact import RecentContacts
from ..state.refusal import Refusal, integer
from ..state.stream_text import check_start
from ..state.threads import GroupEntry
from ._message import check_body


@handles(GroupMessages.send_stream)
def send_stream(call: Call) -> SendGroupStreamMsgResult:
    """Start a stream with its first chunks, or add chunks to one."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    random = integer(call.raw, "MsgRandom", 0, U32_MAX, code=MessageCode.MSGRANDOM_INVALID)
    check_body(call.raw)
    request = call.read(SendGroupStreamMsg, code=MessageCode.FORMAT_INVALID)
    sender = request.from_account or call.identifier
    if not call.state.knows(sender, call.now):
        raise Refusal(MessageCode.ACCOUNT_INVALID, f"From_Account {sender!r} is not imported")
    element = request.msg_body[0]
    assert isinstance(element, StreamElem)  # noqa: S101 - the request was checked
    streams = call.state.part(GroupStreams)
    name = request.stream_msg_id or element.stream_msg_id
    if name is not None:
        stream = _find(streams, name, group, sender)
    else:
        marks = (group.group_id, sender, random, content_crc(call.raw["MsgBody"]))
        known = streams.first_calls.find(marks, call.now)
        if known is not None:
            return known.answer
        check_start(element)
        stream = _begin(call, group, request, sender, random)
        streams.first_calls.add(marks, call.now, stream)
    if stream.add(element, call.now) and stream.entry is not None:
        stream.entry.msg_body = [stream.shown(stream.answer.stream_msg_id)]
    return stream.answer


def _find(streams: GroupStreams, name: str, group: Group, sender: str) -> GroupStream:
    stream = streams.streams.get(name)
    if stream is None:
        raise Refusal(MessageCode.MSGKEY_INVALID, f"no stream has the StreamMsgID {name!r}")
    if (stream.group_id, stream.sender) != (group.group_id, sender):
        raise Refusal(MessageCode.MSGKEY_INVALID, "the stream belongs to another group or sender")
    return stream


def _begin(call: Call, group: Group, request: SendGroupStreamMsg, sender: str, random: int) -> GroupStream:
    """Store the message, without content yet."""
    streams, second = call.state.part(GroupStreams), int(call.now)
    entry = GroupEntry(
        seq=group.thread.take_seq(call.now),
        random=random,
        from_account=sender,
        time=second,
        stored_at=second,
        cloud_custom_data=request.cloud_custom_data,
    )
    if group.rules.has_history:
        group.thread.store(entry, call.state.oldest(call.now))
        call.state.part(Groups).note_stored(group.thread, entry.seq)
        call.state.part(RecentContacts).note_group(group.group_id, list(group.members), second)
    element = request.msg_body[0]
    assert isinstance(element, StreamElem)  # noqa: S101 - the request was checked
    name = streams.free_name(call.now)
    stream = streams.streams[name] = GroupStream(
        group_id=group.group_id,
        sender=sender,
        answer=SendGroupStreamMsgResult(stream_msg_id=name),
        entry=entry if group.rules.has_history else None,
        compatible_text=element.compatible_text,
        last_at=call.now,
    )
    return stream
