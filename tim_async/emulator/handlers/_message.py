"""The checks of every message, in the order of their codes. Source: c2c (I34919)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ..._api.checks import U32_MAX
from ...errors import UsageError
from ...models.elements import CustomElem, Element
from ...models.message import MAX_LIFE_TIME_S
from ...models.offline_push import OfflinePushInfo
from ..dispatch import Call
from ..state.codes import MessageCode
from ..state.refusal import Refusal, account, integer, is_int


def check_body(raw: Mapping[str, object]) -> None:
    """Refuse a MsgBody that is not a list of elements (90007, 90010, 90002)."""
    body = raw.get("MsgBody")
    if not isinstance(body, list):
        raise Refusal(MessageCode.MSGBODY_NOT_ARRAY, f"MsgBody is {'not an array' if 'MsgBody' in raw else 'missing'}")
    if not body:
        raise Refusal(MessageCode.FORMAT_INVALID, "MsgBody has no elements")
    kinds = [_check_element(f"MsgBody[{index}]", part) for index, part in enumerate(body)]
    customs = kinds.count(CustomElem.msg_type)
    if customs > 1:
        raise Refusal(
            MessageCode.MSGBODY_INVALID,
            f"MsgBody has {customs} elements of type {CustomElem.msg_type}, at most 1 is allowed",
        )


def _check_element(where: str, part: object) -> str:
    """Return the MsgType of an element; refuse an invalid element (90002)."""
    if not isinstance(part, dict):
        raise Refusal(MessageCode.MSGBODY_INVALID, f"{where} is not an object")
    kind = part.get("MsgType")
    if not isinstance(kind, str) or not kind:
        raise Refusal(MessageCode.MSGBODY_INVALID, f"{where}.MsgType is missing, empty or not a string")
    if not isinstance(part.get("MsgContent"), dict):
        raise Refusal(MessageCode.MSGBODY_INVALID, f"{where}.MsgContent is missing or not an object")
    try:
        Element.from_wire(part, strict=True).check()
    except UsageError as error:
        raise Refusal(MessageCode.MSGBODY_INVALID, f"{where} ({kind}): {error.message}") from None
    except ValueError as error:
        raise Refusal(MessageCode.MSGBODY_INVALID, f"{where} ({kind}): {error}") from None
    return kind


def check_options(raw: Mapping[str, object]) -> None:
    """Refuse an invalid MsgLifeTime (90044, 90026), SyncOtherMachine (90031) or OfflinePushInfo (90043)."""
    if "MsgLifeTime" in raw:
        lifetime = raw["MsgLifeTime"]
        if not is_int(lifetime):
            raise Refusal(MessageCode.MSGLIFETIME_NOT_INTEGER, "MsgLifeTime is not an integer")
        integer(raw, "MsgLifeTime", 0, MAX_LIFE_TIME_S, code=MessageCode.MSGLIFETIME_INVALID)
    if "SyncOtherMachine" in raw:
        integer(raw, "SyncOtherMachine", 1, 2, code=MessageCode.SYNCOTHERMACHINE_INVALID)
    if "OfflinePushInfo" in raw:
        try:
            msgspec.convert(raw["OfflinePushInfo"], OfflinePushInfo, strict=True).check()
        except msgspec.ValidationError as error:
            raise Refusal(MessageCode.OFFLINEPUSHINFO_INVALID, f"invalid OfflinePushInfo: {error}") from None
        except UsageError as error:
            raise Refusal(MessageCode.OFFLINEPUSHINFO_INVALID, f"invalid OfflinePushInfo: {error.message}") from None


class Marks(NamedTuple):
    """What identifies a one-to-one message, for sendmsg and the stream command.

    Attributes:
        sender: From_Account, or the admin.
        recipient: To_Account.
        seq: MsgSeq, or a random one, which is why a send without it is never recognized as a repeat.
        random: MsgRandom.
    """

    sender: str
    recipient: str
    seq: int
    random: int


def read_marks(call: Call) -> Marks:
    """Read the marks of a message; refuse invalid ones with 90003, 20003, 90005 or 90004."""
    raw = call.raw
    recipient = account(raw, "To_Account", code=MessageCode.TO_ACCOUNT_INVALID)
    sender = (
        account(raw, "From_Account", code=MessageCode.ACCOUNT_INVALID) if "From_Account" in raw else call.identifier
    )
    random = integer(raw, "MsgRandom", 0, U32_MAX, code=MessageCode.MSGRANDOM_INVALID)
    seq = integer(raw, "MsgSeq", 0, U32_MAX, code=MessageCode.MSGSEQ_INVALID) if "MsgSeq" in raw else call.draw
    return Marks(sender, recipient, seq, random)
