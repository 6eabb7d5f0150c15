"""What every message is checked for, in the order of its codes. Source: c2c (I34919)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import msgspec

from ..errors import UsageError
from ..models.elements import CustomElem, Element
from ..models.message import MAX_LIFE_TIME_S
from ..models.offline_push import OfflinePushInfo
from .dispatch import Refusal, integer, is_int


def check_body(raw: Mapping[str, object]) -> None:
    """Refuse a MsgBody that is not a list of elements (90007, 90010, 90002)."""
    body = raw.get("MsgBody")
    if not isinstance(body, list):
        raise Refusal(90007, f"MsgBody is {'not an array' if 'MsgBody' in raw else 'missing'}")
    if not body:
        raise Refusal(90010, "MsgBody has no elements")
    customs = 0
    for index, part in enumerate(body):
        where = f"MsgBody[{index}]"
        if not isinstance(part, dict):
            raise Refusal(90002, f"{where} is not an object")
        kind = part.get("MsgType")
        if not isinstance(kind, str) or not kind:
            raise Refusal(90002, f"{where}.MsgType is missing, empty or not a string")
        if not isinstance(part.get("MsgContent"), dict):
            raise Refusal(90002, f"{where}.MsgContent is missing or not an object")
        try:
            Element.from_wire(part, strict=True).check()
        except UsageError as error:
            raise Refusal(90002, f"{where} ({kind}): {error.message}") from None
        except ValueError as error:
            raise Refusal(90002, f"{where} ({kind}): {error}") from None
        customs += kind == CustomElem.msg_type
    if customs > 1:
        raise Refusal(90002, f"MsgBody has {customs} {CustomElem.msg_type}, at most one is allowed")


def check_options(raw: Mapping[str, object]) -> None:
    """Refuse a lifetime (90044, 90026), copy (90031) or offline push (90043) that does not fit, where it is given."""
    if "MsgLifeTime" in raw:
        lifetime = raw["MsgLifeTime"]
        if not is_int(lifetime):
            raise Refusal(90044, "MsgLifeTime is not an integer")
        integer(raw, "MsgLifeTime", 0, MAX_LIFE_TIME_S, code=90026)
    if "SyncOtherMachine" in raw:
        integer(raw, "SyncOtherMachine", 1, 2, code=90031)
    if "OfflinePushInfo" in raw:
        try:
            msgspec.convert(raw["OfflinePushInfo"], OfflinePushInfo, strict=True).check()
        except msgspec.ValidationError as error:
            raise Refusal(90043, f"OfflinePushInfo does not fit: {error}") from None
        except UsageError as error:
            raise Refusal(90043, f"OfflinePushInfo does not fit: {error.message}") from None


def msg_id(sender: str, second: int, random: int) -> str:
    """Return a MsgId; it has a number in the place of the sender."""
    return f"{144_115_000_000_000_000 + zlib.crc32(sender.encode())}-{second}-{random}"
