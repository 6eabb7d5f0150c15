"""Pages of structs: message elements, offline push, settings, webhook events."""

from __future__ import annotations

from tim_async import OfflinePushInfo, Settings
from tim_async._api.fields import RequestField, texts_of
from tim_async.families.c2c import C2C
from tim_async.webhooks import EVENTS

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


def settings(words: Words) -> str:
    """Return the page of the settings."""
    texts = texts_of(Settings)
    rows = [
        [f"`{name}`", f"`{_shown(default)}`", text(texts[name])]
        for name, default in zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True)
    ]
    return (
        f"(settings)=\n# {words.settings_title}\n\n{words.settings_text}\n\n"
        f"{table([words.setting, words.default, words.meaning], rows)}"
    )


def events(words: Words) -> str:
    """Return the page of the webhook events."""
    parts = [f"(events)=\n# {words.events_title}\n\n{words.events_text}\n\n"]
    for command, event in EVENTS.items():
        doc = (event.__doc__ or "").partition("\n\n")[0]
        texts = texts_of(event)
        rows = [[f"`{name}`", text(meaning)] for name, meaning in texts.items()]
        parts.append(f"## {command}\n\n`{event.__name__}`: {text(' '.join(doc.split()))}\n\n")
        if rows:
            parts.append(table([words.field, words.meaning], rows))
    return "".join(parts)


def _fields(fields: tuple[RequestField, ...], words: Words) -> str:
    return (
        table([words.field, words.type, words.meaning], rows_of(fields, words)) if fields else f"{words.no_fields}\n\n"
    )


def _shown(default: object) -> object:
    """Return the default of a field as it is written; one that is made for each is a call."""
    value = default.factory() if hasattr(default, "factory") else default
    return value if isinstance(value, int | float | str | dict | tuple | None) else f"{type(value).__name__}()"
