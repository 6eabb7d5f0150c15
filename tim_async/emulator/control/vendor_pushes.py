"""What each vendor's phones show of a push, and what the vendor receives. Source: offline-push (I33527, I77715).

Title and text are cut to the vendor's length, in UTF-16 units, with "..." in place of the rest. How the service writes
a vendor's own request is not documented: the JSON has the fields of OfflinePushInfo that the vendor gets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ...models.elements import CustomElem, Element, FaceElem, LocationElem, TextElem
from ...models.offline_push import OfflinePushInfo

Vendor = Literal["apns", "fcm", "harmony", "honor", "huawei", "meizu", "oppo", "vivo", "xiaomi"]
_DOTS: Final = "..."
_LARGE_TEXT: Final = 1


class VendorPush(msgspec.Struct, kw_only=True):
    """A push as a vendor shows it.

    Attributes:
        vendor: the vendor.
        title: the title, empty without one.
        subtitle: the line below it, empty without one.
        text: the text.
        is_cut: whether title or text is longer than the vendor shows.
        given: what the vendor receives, by the names of OfflinePushInfo.
    """

    vendor: Vendor
    title: str
    subtitle: str = ""
    text: str
    is_cut: bool
    given: dict[str, Any]


class _Rules(NamedTuple):
    """The rules of a vendor.

    Attributes:
        part: the object inside OfflinePushInfo with its settings.
        prefix: the beginning of the names of its own settings; "" if all of the object are its own.
        shared: the settings that it shares with other vendors.
        title: the length of a title in UTF-16 units, None if no document gives one.
        text: the same of a text.
        has_badge: whether it shows a number at the app's icon.
    """

    part: str
    prefix: str = ""
    shared: tuple[str, ...] = ()
    title: int | None = None
    text: int | None = None
    has_badge: bool = False


_ANDROID: Final = "AndroidInfo"
_VENDORS: Final[Mapping[Vendor, _Rules]] = {
    "apns": _Rules("ApnsInfo", has_badge=True),
    "fcm": _Rules(_ANDROID, "Google", ("Sound",)),
    "harmony": _Rules("HarmonyInfo", has_badge=True),
    "honor": _Rules(_ANDROID, "Honor", ("Sound", "PushStyle"), 50, 400, has_badge=True),
    "huawei": _Rules(_ANDROID, "HuaWei", ("Sound", "PushStyle", "ExtAsHuaweiIntentParam"), 60, 600, has_badge=True),
    "meizu": _Rules(_ANDROID, "MeiZu", ("Sound",), 32, 100),
    "oppo": _Rules(_ANDROID, "OPPO", ("Sound", "PushStyle"), 50, 50),
    "vivo": _Rules(_ANDROID, "VIVO", ("Sound",), 40, 100),
    "xiaomi": _Rules(_ANDROID, "XiaoMi", ("Sound",), 50, 128),
}
_OPPO_LARGE_TEXT: Final = 128
_BADGES: Final = ("BadgeAddNum", "BadgeSetNum")
_OF_ALL: Final = ("Ext", "MultiLanguageContent", "PushTemplateId", "PushTemplateParam")


def shown_by_vendors(info: OfflinePushInfo | None, body: Sequence[Element], title: str = "") -> list[VendorPush]:
    """Return what every vendor shows of a push; empty for a push that goes to no vendor.

    Args:
        info: the push settings; None without.
        body: the elements of the message, whose push text is shown if the settings have none.
        title: the title if the settings have none.
    """
    given = {} if info is None else msgspec.to_builtins(info)
    if given.get("PushFlag") == 1:
        return []
    text = given.get("Desc") or push_text(body)
    if not (text or given):
        return []
    return [_shown(vendor, rules, given, title, text) for vendor, rules in _VENDORS.items()]


def push_text(body: Sequence[Element]) -> str:
    """Return the push texts of the elements; for kinds without a documented text, their names."""
    return "".join(map(_text_of, body))


def _text_of(element: Element) -> str:
    if isinstance(element, TextElem):
        return element.text
    if isinstance(element, CustomElem):
        return element.desc or ""
    if isinstance(element, LocationElem):
        return "[Location]"
    if isinstance(element, FaceElem):
        return "[Face]"
    return f"[{element.msg_type.removeprefix('TIM').removesuffix('Elem')}]"


def _shown(vendor: Vendor, rules: _Rules, given: Mapping[str, Any], title: str, text: str) -> VendorPush:
    settings: Mapping[str, Any] = given.get(rules.part) or {}
    own = {name: value for name, value in settings.items() if name.startswith(rules.prefix) or name in rules.shared}
    is_large = vendor == "oppo" and settings.get("PushStyle") == _LARGE_TEXT
    whole_title = own.pop("Title", None) or given.get("Title") or title
    shown_title = cut(whole_title, rules.title)
    shown_text = cut(text, _OPPO_LARGE_TEXT if is_large else rules.text)
    names = (*_OF_ALL, *(_BADGES if rules.has_badge else ()))
    return VendorPush(
        vendor=vendor,
        title=shown_title,
        subtitle=own.get("SubTitle") or "",
        text=shown_text,
        is_cut=(shown_title, shown_text) != (whole_title, text),
        given={"Title": shown_title, "Desc": shown_text, **{n: given[n] for n in names if n in given}, **own},
    )


def cut(text: str, length: int | None) -> str:
    """Return a text in at most `length` UTF-16 units; a character of two units is not cut in half."""
    if length is None or len(text.encode("utf-16-le", "surrogatepass")) <= 2 * length:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (length - len(_DOTS))]
    return units.decode("utf-16-le", "ignore") + _DOTS
