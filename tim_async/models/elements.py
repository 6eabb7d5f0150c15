"""Message elements, the parts of a MsgBody. Source: I33527 (elements).

On the wire an element is `{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}`; here it is `TextElem(text="hi")`.
Each class declares the fields of its MsgContent; a msgspec struct made from them holds the values, inside the pair that
is the wire form, so encoding one needs no copy. Elements are read-only; `RawElem` carries any kind, and is what an
unknown kind, or a known kind with content nobody expected, is read as.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import get_annotations
from operator import attrgetter
from typing import Any, ClassVar, Final, Self, cast, dataclass_transform, get_type_hints

import msgspec

from .._wire import (
    U32_MAX,
    CustomType,
    WireStruct,
    check_choice,
    check_range,
    decode,
    encode,
    split_path,
    wire_name,
)
from ..errors import UsageError

_KINDS: Final[dict[str, type[Element]]] = {}


class _Pair(msgspec.Struct, rename=wire_name, frozen=True):
    msg_type: str
    msg_content: Any


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Element(CustomType):
    """One part of a message.

    Attributes:
        msg_type: the kind's name on the wire, such as `TIMTextElem`.
    """

    __slots__ = ("wire",)
    msg_type: ClassVar[str]
    wire: _Pair
    _content: ClassVar[type[msgspec.Struct]]
    # What a freshly made element has where the caller gave nothing; an element that was read keeps what came.
    _preset: ClassVar[Mapping[str, object]] = {}
    # Other spellings met in the documents, mapped to the one we send.
    _aliases: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, *, msg_type: str | None = None, kw_only: bool = True) -> None:
        if msg_type is None:  # RawElem
            return
        cls.msg_type = msg_type
        own = [name for name in get_annotations(cls) if not name.startswith("_")]  # the others are the class's
        hints = get_type_hints(cls)
        fields = [
            (name, hints[name], cls.__dict__[name]) if name in cls.__dict__ else (name, hints[name]) for name in own
        ]
        cls._content = msgspec.defstruct(
            f"{cls.__name__}Content", fields, bases=(WireStruct,), kw_only=kw_only, frozen=True, module=cls.__module__
        )
        for name in own:
            setattr(cls, name, property(attrgetter(f"wire.msg_content.{name}")))
        _KINDS[msg_type] = cls

    def __init__(self, *args: object, **fields: object) -> None:
        content = self._content(*args, **{**self._preset, **fields}) if self._preset else self._content(*args, **fields)
        object.__setattr__(self, "wire", _Pair(self.msg_type, content))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only")

    def check(self) -> None:
        """Check what the field types cannot say; raise `UsageError` naming the field."""

    @classmethod
    def from_wire(cls, value: object, *, strict: bool) -> Self:
        """Read an element of this class; of any kind when called on `Element`.

        Raises:
            ValueError: it does not fit; not a `ValidationError`, to which msgspec would not add its own path.
        """
        try:
            pair = msgspec.convert(value, _Pair)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
        if not isinstance(pair.msg_content, dict):
            raise ValueError(  # noqa: TRY004 - msgspec adds its path to a ValueError only
                f"Expected `object`, got `{type(pair.msg_content).__name__}` - at `$.MsgContent`"
            )
        kind = _KINDS.get(pair.msg_type)
        if cls is RawElem or (kind is None and cls is Element):
            return cast(Self, RawElem(pair.msg_type, pair.msg_content))
        if kind is None or not issubclass(kind, cls):
            raise ValueError(f"Expected `{getattr(cls, 'msg_type', '')}`, got `{pair.msg_type}` - at `$.MsgType`")
        content = {kind._aliases.get(name, name): part for name, part in pair.msg_content.items()}
        try:
            # Nested elements (a relay's messages) come back through the same door.
            hook = Element._hook_strict if strict else Element._hook_lenient
            read = msgspec.convert(content, kind._content, strict=strict, dec_hook=hook)
        except msgspec.ValidationError as error:
            if strict or cls is not Element:
                problem, path = split_path(str(error))
                where = "$.MsgContent" + (f".{path}" if path else "")
                raise ValueError(f"{problem} - at `{where}`") from None
            return cast(Self, RawElem(pair.msg_type, pair.msg_content))
        element = kind.__new__(kind)
        object.__setattr__(element, "wire", _Pair(kind.msg_type, read))
        return element

    @staticmethod
    def _hook_strict(type_: type, value: object) -> object:
        return Element.from_wire(value, strict=True)

    @staticmethod
    def _hook_lenient(type_: type, value: object) -> object:
        return Element.from_wire(value, strict=False)

    def __eq__(self, other: object) -> bool:
        return self.wire == other.wire if isinstance(other, Element) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_bytes, (type(self), encode(self))

    __hash__ = None  # type: ignore[assignment]  # contents may be lists

    def __repr__(self) -> str:
        content = self.wire.msg_content
        given = ", ".join(
            f"{name}={value!r}"
            for name in self._content.__struct_fields__
            if (value := getattr(content, name)) is not None
        )
        return f"{type(self).__name__}({given})"


def _from_bytes(cls: type[Element], data: bytes) -> Element:
    return decode(data, cls)


def check_body(body: Sequence[Element], *, field: str = "msg_body") -> None:
    """Check a MsgBody before it is sent: not empty, at most one custom element, every element complete.

    Raises:
        UsageError: `field` is the path of what is wrong, such as `msg_body[0].url`.
    """
    if isinstance(body, str | bytes) or not isinstance(body, Sequence):
        raise UsageError(f"{field} must be a list of elements", field=field)
    if not body:
        raise UsageError(f"{field} is empty, a message has at least one element", field=field)
    customs = 0
    for index, element in enumerate(body):
        if not isinstance(element, Element):
            where = f"{field}[{index}]"
            raise UsageError(
                f"{where} is {type(element).__name__}, not an element; RawElem carries any kind", field=where
            )
        customs += element.msg_type == CustomElem.msg_type
        try:
            element.check()
        except UsageError as error:
            where = f"{field}[{index}].{error.field}"
            raise UsageError(f"{field}[{index}] ({element.msg_type}): {error.message}", field=where) from None
    if customs > 1:
        raise UsageError(f"{field} has {customs} custom elements, a message has at most one", field=field)


def _check_download(element: Element, fields: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Check the fields without which REST cannot send a media element: addresses, ids, and flags that must be 2."""
    for name in fields:
        value = getattr(element, name)
        if value is None or value == "":
            raise UsageError(f"{name} is missing, it is needed to send this kind", field=name)
    for name in flags:
        if getattr(element, name) != 2:
            raise UsageError(f"{name} must be 2 (fetch from the address)", field=name)


class RawElem(Element):
    """Any kind of element, with its content as it stands on the wire.

    Attributes:
        msg_type: the kind's name.
        msg_content: the content with its wire names.
    """

    msg_type: str  # type: ignore[misc]  # here it belongs to the instance
    msg_content: Mapping[str, object]

    def __init__(self, msg_type: str, msg_content: Mapping[str, object]) -> None:
        self.__dict__.update(msg_type=msg_type, msg_content=msg_content)
        object.__setattr__(self, "wire", _Pair(msg_type, msg_content))

    def check(self) -> None:
        """Check only that there is a kind."""
        if not self.msg_type:
            raise UsageError("msg_type is empty", field="msg_type")

    def __repr__(self) -> str:
        return f"RawElem(msg_type={self.msg_type!r}, msg_content={self.msg_content!r})"


class TextElem(Element, msg_type="TIMTextElem", kw_only=False):
    """Text; also its push text.

    Attributes:
        text: the content.
    """

    text: str


class LocationElem(Element, msg_type="TIMLocationElem"):
    """A place; its push text is "[Location]".

    Attributes:
        desc: the place's name.
        latitude: degrees.
        longitude: degrees.
    """

    desc: str | None = None
    latitude: float
    longitude: float


class FaceElem(Element, msg_type="TIMFaceElem"):
    """An emoji of the app's own; its push text is "[Face]".

    Attributes:
        index: defined by the app.
        data: defined by the app.
    """

    index: int
    data: str | None = None


class CustomElem(Element, msg_type="TIMCustomElem"):
    """Whatever the app likes; at most one in a message.

    Attributes:
        data: the payload; never put into the APNs packet.
        desc: push text; `OfflinePushInfo.desc` wins. Without both, a message of this element alone is not pushed.
        ext: delivered as `ext` in the APNs packet.
        sound: APNs sound file name.
    """

    data: str | None = None
    desc: str | None = None
    ext: str | None = None
    sound: str | None = None


class SoundElem(Element, msg_type="TIMSoundElem"):
    """A voice message. To send one, `url` and `uuid` are needed.

    Attributes:
        url: download address.
        uuid: globally unique, usually the file's MD5.
        size: bytes.
        second: duration in seconds.
        download_flag: must be 2, which is what a new element has.
    """

    _preset: ClassVar[Mapping[str, object]] = {"download_flag": 2}
    url: str | None = None
    uuid: str
    size: int | None = None
    second: int | None = None
    download_flag: int | None = None

    def check(self) -> None:
        """Check that the element can be sent."""
        _check_download(self, ("url", "uuid"), ("download_flag",))
        check_range("size", self.size, 0, 2**53)
        check_range("second", self.second, 0, 2**53)


class ImageInfo(WireStruct, kw_only=True):
    """One size of an image.

    Attributes:
        type: 1 original, 2 large, 3 thumbnail.
        size: bytes.
        width: pixels; 0 occurs for large and thumbnail.
        height: pixels.
        url: download address (`URL` on the wire, unlike the `Url` of sound and file).
    """

    type: int
    size: int | None = None
    width: int | None = None
    height: int | None = None
    url: str | None = msgspec.field(default=None, name="URL")


class ImageElem(Element, msg_type="TIMImageElem"):
    """An image. To send one, `uuid` and every size's url, width and height are needed.

    Attributes:
        uuid: globally unique, usually the file's MD5.
        image_format: 1 JPG, 2 GIF, 3 PNG, 4 BMP, 255 other.
        image_info_array: original, large and thumbnail.
    """

    uuid: str
    image_format: int | None = None
    image_info_array: Sequence[ImageInfo]

    def check(self) -> None:
        """Check that the element can be sent."""
        _check_download(self, ("uuid",), ())
        check_choice("image_format", self.image_format, (1, 2, 3, 4, 255))
        if not self.image_info_array:
            raise UsageError("image_info_array is empty", field="image_info_array")
        for index, info in enumerate(self.image_info_array):
            where = f"image_info_array[{index}]"
            check_choice(f"{where}.type", info.type, (1, 2, 3))
            for name, value in (("url", info.url or None), ("width", info.width), ("height", info.height)):
                if value is None:
                    raise UsageError(
                        f"{where}.{name} is missing, it is needed to send this kind", field=f"{where}.{name}"
                    )


class FileElem(Element, msg_type="TIMFileElem"):
    """A file. To send one, `url` and `uuid` are needed.

    Attributes:
        url: download address.
        uuid: globally unique.
        file_size: bytes.
        file_name: shown name.
        download_flag: must be 2, which is what a new element has.
    """

    _preset: ClassVar[Mapping[str, object]] = {"download_flag": 2}
    _aliases: ClassVar[Mapping[str, str]] = {"fileName": "FileName"}  # the table's spelling; every example has FileName
    url: str | None = None
    uuid: str
    file_size: int | None = None
    file_name: str | None = None
    download_flag: int | None = None

    def check(self) -> None:
        """Check that the element can be sent."""
        _check_download(self, ("url", "uuid"), ("download_flag",))
        check_range("file_size", self.file_size, 0, 2**53)


class VideoFileElem(Element, msg_type="TIMVideoFileElem"):
    """A video. To send one, addresses, ids and the thumbnail's width and height are needed.

    Attributes:
        video_url: download address of the video.
        video_uuid: globally unique.
        video_size: bytes.
        video_second: duration in seconds; 0 from web clients.
        video_format: such as `mp4`.
        video_download_flag: must be 2, which is what a new element has.
        thumb_url: download address of the preview image.
        thumb_uuid: globally unique.
        thumb_size: bytes.
        thumb_width: pixels.
        thumb_height: pixels.
        thumb_format: such as `JPG`.
        thumb_download_flag: must be 2, which is what a new element has.
    """

    _preset: ClassVar[Mapping[str, object]] = {"video_download_flag": 2, "thumb_download_flag": 2}
    video_url: str | None = None
    video_uuid: str
    video_size: int | None = None
    video_second: int | None = None
    video_format: str | None = None
    video_download_flag: int | None = None
    thumb_url: str | None = None
    thumb_uuid: str | None = None
    thumb_size: int | None = None
    thumb_width: int | None = None
    thumb_height: int | None = None
    thumb_format: str | None = None
    thumb_download_flag: int | None = None

    def check(self) -> None:
        """Check that the element can be sent."""
        needed = ("video_url", "video_uuid", "thumb_url", "thumb_uuid", "thumb_width", "thumb_height")
        _check_download(self, needed, ("video_download_flag", "thumb_download_flag"))
        for name in ("video_size", "video_second", "thumb_size", "thumb_width", "thumb_height"):
            check_range(name, getattr(self, name), 0, 2**53)


class RelayMsg(WireStruct, kw_only=True):
    """One of the messages merged into a `RelayElem`.

    Attributes:
        from_account: the sender.
        to_account: the recipient, where the message came from a one-to-one conversation.
        group_id: the group, where it came from one.
        msg_seq: u32.
        msg_random: u32.
        msg_time_stamp: unix seconds.
        msg_body: its elements.
        cloud_custom_data: the app's own data.
    """

    from_account: str | None = None
    to_account: str | None = None
    group_id: str | None = None
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_time_stamp: int | None = None
    msg_body: Sequence[Element]
    cloud_custom_data: str | None = None


class RelayElem(Element, msg_type="TIMRelayElem"):
    """Merged and forwarded messages. Either `msg_list` (up to 12 KB together) or `json_msg_key` (beyond).

    Attributes:
        title: shown above the digest.
        msg_num: how many messages.
        compatible_text: shown by clients that do not know the kind.
        abstract_list: lines of the digest.
        msg_list: the messages.
        json_msg_key: key of the stored messages.
    """

    title: str | None = None
    msg_num: int | None = None
    compatible_text: str | None = None
    abstract_list: Sequence[str] | None = None
    msg_list: Sequence[RelayMsg] | None = None
    json_msg_key: str | None = None

    def check(self) -> None:
        """Check that messages are given in one of the two ways, and that each of them is complete."""
        if (self.msg_list is None) == (self.json_msg_key is None):
            raise UsageError("give msg_list or json_msg_key, one of the two", field="msg_list")
        for index, message in enumerate(self.msg_list or ()):
            check_range(f"msg_list[{index}].msg_seq", message.msg_seq, 0, U32_MAX)
            check_range(f"msg_list[{index}].msg_random", message.msg_random, 0, U32_MAX)
            check_body(message.msg_body, field=f"msg_list[{index}].msg_body")


class StreamChunk(WireStruct, kw_only=True):
    """One piece of a streamed text.

    Attributes:
        event_type: "data".
        index: counts up from 1.
        markdown: the added text.
        is_last: True ends the stream.
    """

    event_type: str = msgspec.field(default_factory=lambda: "data")
    index: int
    markdown: str | None = None
    is_last: bool | None = None


class StreamElem(Element, msg_type="TIMStreamElem"):
    """New pieces of a streamed message; only for the stream commands. Source: C128596.

    Attributes:
        compatible_text: for clients without streaming.
        chunks: the new pieces of this call.
        stream_msg_id: from the first call's answer; absent on the first call.
    """

    compatible_text: str | None = None
    chunks: Sequence[StreamChunk]
    stream_msg_id: str | None = None
