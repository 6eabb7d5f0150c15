"""Pages of structs that messages have: message elements, offline push."""

from __future__ import annotations

from tim_async import OfflinePushInfo
from tim_async._api.fields import RequestField
from tim_async.families.c2c import C2C

from .endpoints import rows_of
from .markup import table, text
from .words import Words


def elements(words: Words) -> str:
    """Return the page of the message elements."""
    (body,) = (field for field in C2C.send.fields if field.wire_name == "MsgBody")
    parts = [f"(elements)=\n# {words.elements_title}\n\n{words.elements_text}\n\n"]
    for msg_type, fields in body.kinds.items():
        parts.append(f"## {msg_type}\n\n{_fields(fields, words)}")
    return "".join(parts)


def offline_push(words: Words) -> str:
    """Return the page of the offline push settings."""
    (info,) = (field for field in C2C.send.fields if field.wire_name == "OfflinePushInfo")
    doc = (OfflinePushInfo.__doc__ or "").partition("\n")[0]
    return f"(offline-push)=\n# {words.offline_push_title}\n\n{text(doc)}\n\n{_fields(info.fields, words)}"


def _fields(fields: tuple[RequestField, ...], words: Words) -> str:
    return (
        table([words.field, words.type, words.meaning], rows_of(fields, words)) if fields else f"{words.no_fields}\n\n"
    )
