"""What accounts do on their devices: write messages and read them.

A message that an account writes is processed like any other: the app's before-send webhook may refuse, replace or drop
it, and it is stored and pushed. It takes no token of a limit, and planned faults do not apply to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..._api.endpoint import Endpoint
from ...errors import UsageError
from ...families.c2c import C2C
from ...families.group_msg import GroupMessages
from ...models.group_msg import MAX_RECEIPTS
from ...models.message import next_msg_random, next_msg_seq
from ..state.codes import GroupCode, MessageCode
from ..state.sns import SnsState
from .context import Control
from .conversations import find_talk, known_account
from .routes import Asked, route
from .views import Done


class Write(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message that an account writes.

    Attributes:
        to: the recipient; required unless `group` is given.
        group: the group.
        topic: the topic of the group.
        text: the text; required unless `msg_body` is given.
        msg_body: elements in their wire form.
        mentions: members of the group that it mentions; "" stands for everyone.
        platform: the platform it is written on.
    """

    to: str | None = None
    group: str | None = None
    topic: str | None = None
    text: str | None = None
    msg_body: list[dict[str, Any]] | None = None
    mentions: list[str] = msgspec.field(default_factory=list)
    platform: str = "Web"


class Written(msgspec.Struct, kw_only=True):
    """The result of a message.

    Attributes:
        code: 0, or the ErrorCode of the refusal, which may be the app's own.
        info: the text for the code.
    """

    code: int
    info: str = ""


class Read(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A conversation that an account reads to its end.

    Attributes:
        peer: the other account; required unless `group` is given.
        group: the group.
        topic: the topic of the group.
        sends_receipts: whether read receipts are sent; in groups, for the messages that request them.
    """

    peer: str | None = None
    group: str | None = None
    topic: str | None = None
    sends_receipts: bool = True


class _Envelope(msgspec.Struct, rename="pascal"):
    error_code: int = 0
    error_info: str = ""


@route("POST", "/accounts/{user_id}/messages", body=Write, answer=Written, summary="Write a message, as on its device.")
async def write(control: Control, asked: Asked[None, Write]) -> Written:
    """Write a message as an account."""
    body = asked.body
    user_id = known_account(control, asked.path["user_id"]).user_id
    if (body.to is None) == (body.group is None):
        raise UsageError("give either a recipient or a group", field="to")
    if (body.text is None) == (body.msg_body is None):
        raise UsageError("give either a text or elements", field="text")
    elements = body.msg_body or [{"MsgType": "TIMTextElem", "MsgContent": {"Text": body.text}}]
    fields: dict[str, object] = {"From_Account": user_id, "MsgBody": elements}
    if body.group is not None:
        return await _write_to_group(control, user_id, body, fields)
    known_account(control, body.to or "", field="to")
    if control.state.part(SnsState).blocked.has(body.to or "", user_id):
        return Written(code=MessageCode.C2C_BLACKLISTED, info=f"{body.to!r} blocks {user_id!r}")
    fields |= {"To_Account": body.to, "MsgSeq": next_msg_seq(), "MsgRandom": next_msg_random(), "SyncOtherMachine": 1}
    return await _act(control, C2C.send, user_id, fields, body.platform)


async def _write_to_group(control: Control, user_id: str, body: Write, fields: dict[str, object]) -> Written:
    talk = find_talk(control, body.group or "", body.topic)
    group = talk.group
    if user_id not in group.members and user_id not in group.live_admins:
        return Written(code=GroupCode.NO_PERMISSION, info=f"{user_id!r} is not a member of the group")
    fields |= {"GroupId": group.group_id, "Random": next_msg_random()}
    if talk.topic_id is not None:
        fields["TopicId"] = talk.topic_id
    if body.mentions:
        fields["GroupAtInfo"] = [
            {"GroupAtAllFlag": 0, "GroupAt_Account": each} if each else {"GroupAtAllFlag": 1} for each in body.mentions
        ]
    return await _act(control, GroupMessages.send, user_id, fields, body.platform)


@route(
    "POST", "/accounts/{user_id}/read", body=Read, answer=Done, summary="Read a conversation to its end, on its device."
)
async def read(control: Control, asked: Asked[None, Read]) -> Done:
    """Mark a conversation as read by an account."""
    body = asked.body
    user_id = known_account(control, asked.path["user_id"]).user_id
    if body.group is not None:
        return await _read_group(control, user_id, body)
    peer = known_account(control, body.peer or "", field="peer").user_id
    now = control.clock()
    entries = [each for each in control.state.backwards(user_id, peer, now=now) if each.message.to_account == user_id]
    count = sum(each.is_unread for each in entries)
    await _act(control, C2C.mark_read, user_id, {"Report_Account": user_id, "Peer_Account": peer})
    fresh = [each.message for each in entries if not each.message.is_peer_read and not each.message.is_recalled]
    if body.sends_receipts and fresh:
        items = [{"From_Account": peer, "To_Account": user_id, "MsgKey": each.msg_key} for each in fresh]
        fields = {"Operator_Account": user_id, "Peer_Account": peer, "C2CMsgInfo": items}
        await _act(control, C2C.send_read_receipts, user_id, fields)
    return Done(count=count)


async def _read_group(control: Control, user_id: str, body: Read) -> Done:
    talk = find_talk(control, body.group or "", body.topic)
    group, thread = talk.group, talk.thread
    if user_id not in group.members:
        raise UsageError(f"{user_id!r} is not a member of the group", field="user_id")
    count = thread.unread(user_id)
    thread.read_all([user_id])
    asking = [
        each.seq
        for each in thread.entries.values()
        if each.needs_receipt and each.place == 0 and user_id not in (each.from_account, *each.read_by)
    ]
    if body.sends_receipts and talk.topic_id is None:
        for first in range(0, len(asking), MAX_RECEIPTS):
            items = [{"MsgSeq": seq} for seq in asking[first : first + MAX_RECEIPTS]]
            fields = {"GroupId": group.group_id, "From_Account": user_id, "MsgSeqList": items}
            await _act(control, GroupMessages.report_receipts, user_id, fields)
    return Done(count=count)


async def _act(
    control: Control, endpoint: Endpoint[..., Any], user_id: str, fields: Mapping[str, object], platform: str = "Web"
) -> Written:
    code, answer = await control.act(endpoint, user_id, fields, platform)
    return Written(code=code, info=msgspec.json.decode(answer, type=_Envelope).error_info)
