"""What is allowed but probably unintended: found in a message before a million recipients get it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...models.elements import CustomElem, RawElem, TextElem
from .._message.messages import Message

# UTF-16 units of title and text that a vendor shows; longer ones are cut (I77715).
_VENDORS: Final = (
    ("Huawei", 60, 600),
    ("Honor", 50, 400),
    ("Xiaomi", 50, 128),
    ("OPPO", 50, 50),
    ("vivo", 40, 100),
    ("Meizu", 32, 100),
)
_OPPO_LARGE: Final = 128  # with PushStyle 1
_EXT_BYTES: Final = 1024
_APNS_BYTES: Final = 3072


def lint(message: Message, *, is_template: bool) -> Iterator[str]:
    """Yield the findings about a message.

    Args:
        message: as it is sent; for a template, the largest one.
        is_template: whether its texts come from a template.
    """
    push = message.offline_push_info
    wants_push = push is None or push.push_flag != 1
    if push is None and _is_custom_without_text(message):
        yield (
            "a custom element without desc and OfflinePushInfo: offline recipients get no push; "
            "set desc or OfflinePushInfo"
        )
    if not message.is_stored:
        yield ("the message reaches online recipients only and is not stored: an unknown outcome cannot be verified")
    if wants_push:
        yield from _lint_push(message)
    if push is not None and push.ext is not None:
        size = len(push.ext.encode())
        if size > _EXT_BYTES:
            yield f"the push's ext has {size:,} bytes, about {_EXT_BYTES:,} are advised"
        together = size + len(_push_text(message).encode())
        if together > _APNS_BYTES:
            yield f"the push's text and ext have {together:,} bytes, under {_APNS_BYTES:,} are advised for APNs"
    if not is_template and any("$" in text for text in _texts(message)):
        yield "the text contains a $, but the message is not a template: it is sent as it is"


def push_lints(message: Message) -> list[str]:
    """Return what the service accepts in a message's push but a vendor may not."""
    push = message.offline_push_info
    return [] if push is None or push.push_flag == 1 else list(push.lints())


def _is_custom_without_text(message: Message) -> bool:
    elements = list(message.msg_body)
    if any(_kind(element) != CustomElem.msg_type for element in elements):
        return False
    return not any(_content(element, "Desc") for element in elements)


def _lint_push(message: Message) -> Iterator[str]:
    push = message.offline_push_info
    title, text = (push.title if push is not None else None) or "", _push_text(message)
    large = push is not None and push.android_info is not None and push.android_info.push_style == 1
    cut_titles = [f"{name} ({most})" for name, most, _ in _VENDORS if _units(title) > most]
    cut_texts = [
        f"{name} ({most})"
        for name, _, usual in _VENDORS
        if _units(text) > (most := _OPPO_LARGE if name == "OPPO" and large else usual)
    ]
    if cut_titles:
        yield f"the push title has {_units(title)} characters, more than these vendors show: {', '.join(cut_titles)}"
    if cut_texts:
        yield f"the push text has {_units(text)} characters, more than these vendors show: {', '.join(cut_texts)}"


def _push_text(message: Message) -> str:
    push = message.offline_push_info
    if push is not None and push.desc:
        return push.desc
    return next(_texts(message), "")


def _texts(message: Message) -> Iterator[str]:
    for element in message.msg_body:
        if _kind(element) == TextElem.msg_type:
            yield _content(element, "Text")


def _kind(element: object) -> str:
    return str(getattr(element, "msg_type", ""))


def _content(element: object, name: str) -> str:
    value = element.msg_content.get(name) if isinstance(element, RawElem) else getattr(element, name.lower(), None)
    return value if isinstance(value, str) else ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
