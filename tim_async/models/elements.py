"""Message elements, the parts of a MsgBody. Source: I33527 (elements).

On the wire an element is `{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}`; here it is `TextElem(text="hi")`.
Each class declares the fields of its MsgContent. `_KindMeta` turns them into two msgspec structs: one for the content,
and the class itself, whose only field is the content and whose tag is the kind. An element thus has the shape of the
wire form and msgspec encodes it directly, while its fields are read and passed as if they were its own.

Elements are read-only. `RawElem` holds any kind; unknown kinds, and known kinds with unexpected content, are decoded
as `RawElem`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Signature, signature
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast, dataclass_transform

import msgspec

from .._api.checks import U32_MAX, check_choice, check_range, quoted
from .._api.wire import CustomType, WireStruct, decode, encode, read_custom_leniently, read_custom_strictly, wire_name
from ..errors import UsageError

_KINDS: Final[dict[str, type[_Kind]]] = {}


class Element(CustomType):
    """One part of a message; the base of all kinds.

    Attributes:
        msg_type: the kind's name on the wire, such as `TIMTextElem`.
        msg_content: its content.
    """

    __slots__ = ()
    msg_type: str
    msg_content: Any

    def check(self) -> None:
        """Check what field types cannot express; raise `UsageError` naming the field."""

    @classmethod
    def from_wire(cls, value: object, *, strict: bool) -> Self:
        """Decode an element of any kind.

        Raises:
            ValueError: it does not fit; not a `ValidationError`, to which msgspec would not add its own path.
        """
        name = value.get("MsgType") if isinstance(value, dict) else None
        kind = _KINDS.get(name) if isinstance(name, str) else None
        if kind is not None and isinstance(value, dict):
            hook = read_custom_strictly if strict else read_custom_leniently
            try:
                known = kind._respell(value) if kind._aliases else value
                element: Self = msgspec.convert(known, kind, strict=strict, dec_hook=hook)  # type: ignore[assignment]
                return element
            except msgspec.ValidationError as error:
                problem = str(error)
            if strict or not isinstance(value.get("MsgContent"), dict):
                raise ValueError(problem)
        try:
            return cast(Self, msgspec.convert(value, RawElem, dec_hook=read_custom_leniently))
        except msgspec.ValidationError as error:
            problem = str(error)
        raise ValueError(problem)

    @classmethod
    def parts(cls) -> Mapping[str, type[msgspec.Struct]]:
        """Return the structs of the kinds' contents, by MsgType."""
        return {name: cast("_KindMeta", kind)._content for name, kind in _KINDS.items()}

    @classmethod
    def older_names(cls, msg_type: str) -> Mapping[str, str]:
        """Return the older field names of a kind's content, mapped to the newer ones."""
        kind = _KINDS.get(msg_type)
        return {} if kind is None else kind._aliases

    def __repr__(self) -> str:
        given = (
            f"{name}={value!r}"
            for name in self.msg_content.__struct_fields__
            if (value := getattr(self.msg_content, name)) is not None
        )
        return f"{type(self).__name__}({', '.join(given)})"


_make_struct: Final = msgspec.StructMeta.__call__


def _take_content(self: msgspec.Struct) -> None:
    """Build the content when the metaclass was bypassed.

    A line of code that has often called a builtin type such as `list` may call the next class without its metaclass:
    Python specialises such a line, and checks only whether the class could be called that way. The first field then
    takes the place of the content. (Passing a field by name raises TypeError there, and never creates a wrong element.)
    """
    # No cast() here: it is a call, and this runs for every element that is created or decoded.
    kind: _KindMeta = type(self)  # type: ignore[assignment]
    given = self.msg_content  # type: ignore[attr-defined]
    if not isinstance(given, kind._content):
        msgspec.structs.force_setattr(self, "msg_content", kind._content(given))


class _KindMeta(msgspec.StructMeta):
    """Turns the declared fields into a content struct, and the class into the tagged struct of the wire form."""

    _content: type[msgspec.Struct]
    _preset: Mapping[str, object]

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        msg_type: str | None = None,
        kw_only: bool = True,
    ) -> _KindMeta:
        if msg_type is None:
            return super().__new__(mcs, name, bases, namespace, frozen=True, rename=wire_name)
        given = namespace.pop("__annotations__", {})
        content_space: dict[str, Any] = {
            "__doc__": namespace.get("__doc__"),
            "__module__": namespace["__module__"],
            "__qualname__": f"{name}Content",
            "__annotations__": {field: hint for field, hint in given.items() if not field.startswith("_")},
        }
        for field in content_space["__annotations__"]:
            if field in namespace:
                content_space[field] = namespace.pop(field)
            namespace[field] = property(attrgetter(f"msg_content.{field}"))
        content = cast(
            "type[msgspec.Struct]",
            msgspec.StructMeta(f"{name}Content", (WireStruct,), content_space, frozen=True, kw_only=kw_only),
        )
        namespace["__annotations__"] = {"msg_content": content}
        if not kw_only:
            namespace["__post_init__"] = _take_content
        namespace["msg_type"] = msg_type
        cls = super().__new__(
            mcs, name, bases, namespace, frozen=True, rename=wire_name, tag_field="MsgType", tag=msg_type
        )
        cls._content = content
        _KINDS[msg_type] = cast("type[_Kind]", cls)
        return cls

    @property
    def __signature__(cls) -> Signature:  # noqa: N805 - this is a metaclass
        """The constructor's signature, for `help` and others."""
        return signature(cls._content) if "_content" in vars(cls) else Signature()

    def __call__(cls, *args: object, **fields: object) -> object:  # noqa: N805 - this is a metaclass
        if cls._preset:
            fields = {**cls._preset, **fields}
        return _make_struct(cls, cls._content(*args, **fields))


if TYPE_CHECKING:
    # To a type checker, the metaclass turns a class into a frozen dataclass of the declared fields.
    @dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
    class _Shape:
        def __init_subclass__(cls, *, msg_type: str | None = None, kw_only: bool = True) -> None: ...
else:

    class _Shape(msgspec.Struct, metaclass=_KindMeta):
        pass


class _Kind(Element, _Shape):
    """Base class of the kinds that this library knows."""

    # Defaults of a newly created element; a decoded element keeps what it had.
    _preset: ClassVar[Mapping[str, object]] = {}
    # Other spellings found in the documents, mapped to the one we send.
    _aliases: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def _respell(cls, value: dict[str, Any]) -> dict[str, Any]:
        content = value.get("MsgContent")
        if not isinstance(content, dict):
            return value
        return {**value, "MsgContent": {cls._aliases.get(name, name): part for name, part in content.items()}}

    def __repr__(self) -> str:
        return Element.__repr__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_bytes, (type(self), encode(self))


def _from_bytes(cls: type[Element], data: bytes) -> Element:
    return decode(data, cls)


def check_body(body: Sequence[Element], *, field: str = "msg_body") -> None:
    """Check a MsgBody before it is sent: not empty, at most one custom element, every element complete.

    Raises:
        UsageError: `field` is the path of the error, such as `msg_body[0].url`.
    """
    if not isinstance(body, list | tuple):
        raise UsageError(f"{field} must be a list of elements", field=field)
    if not body:
        raise UsageError(f"{field} is empty; a message must have at least one element", field=field)
    customs = 0
    for index, element in enumerate(body):
        if not isinstance(element, Element):
            where = f"{field}[{index}]"
            raise UsageError(
                f"{where} must be an element, not {quoted(element)}; RawElem carries any kind", field=where
            )
        customs += element.msg_type == CustomElem.msg_type
        try:
            element.check()
        except UsageError as error:
            where = f"{field}[{index}].{error.field}"
            raise UsageError(f"{field}[{index}] ({element.msg_type}): {error.message}", field=where) from None
    if customs > 1:
        raise UsageError(f"{field} has {customs} custom elements; a message may have one", field=field)


def _check_download(element: Element, fields: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Check the fields that REST requires in a media element: URLs, ids, and flags that must be 2."""
    for name in fields:
        value = getattr(element, name)
        if value is None or value == "":
            raise UsageError(f"{name} is missing: this kind of element needs it", field=name)
    for name in flags:
        if getattr(element, name) != 2:
            raise UsageError(f"{name} must be 2 (fetch from the URL)", field=name)


class RawElem(Element, msgspec.Struct, frozen=True, rename=wire_name):
    """An element of any kind, with its content in wire form.

    Attributes:
        msg_type: the kind's name.
        msg_content: the content with its wire names.
    """

    msg_type: str
    msg_content: dict[str, Any]

    def check(self) -> None:
        """Check only that the kind is given."""
        if not self.msg_type:
            raise UsageError("msg_type is empty", field="msg_type")

    def __repr__(self) -> str:
        return f"RawElem(msg_type={self.msg_type!r}, msg_content={self.msg_content!r})"


class TextElem(_Kind, msg_type="TIMTextElem", kw_only=False):
    """Text; also its push text.

    Attributes:
        text: the content.
    """

    text: str


class LocationElem(_Kind, msg_type="TIMLocationElem"):
    """A place; its push text is "[Location]".

    Attributes:
        desc: the place's name.
        latitude: degrees.
        longitude: degrees.
    """

    desc: str | None = None
    latitude: float
    longitude: float


class FaceElem(_Kind, msg_type="TIMFaceElem"):
    """A custom emoji of the app; its push text is "[Face]".

    Attributes:
        index: defined by the app.
        data: defined by the app.
    """

    index: int
    data: str | None = None


class CustomElem(_Kind, msg_type="TIMCustomElem"):
    """Custom data; at most one in a message.

    Attributes:
        data: the payload; never put into the APNs packet.
        desc: push text; `OfflinePushInfo.desc` takes precedence. Without both, a message of this element alone is not
            pushed.
        ext: delivered as `ext` in the APNs packet.
        sound: APNs sound file name.
    """

    data: str | None = None
    desc: str | None = None
    ext: str | None = None
    sound: str | None = None


class SoundElem(_Kind, msg_type="TIMSoundElem"):
    """A voice message. To send one, `url` and `uuid` are needed.

    Attributes:
        url: download URL.
        uuid: globally unique, usually the file's MD5.
        size: bytes.
        second: duration in seconds.
        download_flag: must be 2, the default of a new element.
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
        url: download URL (`URL` on the wire, unlike the `Url` of sound and file).
    """

    type: int
    size: int | None = None
    width: int | None = None
    height: int | None = None
    url: str | None = msgspec.field(default=None, name="URL")


class ImageElem(_Kind, msg_type="TIMImageElem"):
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
                        f"{where}.{name} is missing: this kind of element needs it", field=f"{where}.{name}"
                    )


class FileElem(_Kind, msg_type="TIMFileElem"):
    """A file. To send one, `url` and `uuid` are needed.

    Attributes:
        url: download URL.
        uuid: globally unique.
        file_size: bytes.
        file_name: shown name.
        download_flag: must be 2, the default of a new element.
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


class VideoFileElem(_Kind, msg_type="TIMVideoFileElem"):
    """A video. To send one, URLs, ids and the thumbnail's width and height are needed.

    Attributes:
        video_url: download URL of the video.
        video_uuid: globally unique.
        video_size: bytes.
        video_second: duration in seconds; 0 from web clients.
        video_format: such as `mp4`.
        video_download_flag: must be 2, the default of a new element.
        thumb_url: download URL of the preview image.
        thumb_uuid: globally unique.
        thumb_size: bytes.
        thumb_width: pixels.
        thumb_height: pixels.
        thumb_format: such as `JPG`.
        thumb_download_flag: must be 2, the default of a new element.
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
        to_account: the recipient, if the message came from a one-to-one conversation.
        group_id: the group, if it came from a group.
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


class RelayElem(_Kind, msg_type="TIMRelayElem"):
    """Merged and forwarded messages. Either `msg_list` (up to 12 KB together) or `json_msg_key` (beyond).

    Attributes:
        title: shown above the digest.
        msg_num: number of messages.
        compatible_text: shown by clients that do not support this kind.
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
            raise UsageError("set either msg_list or json_msg_key", field="msg_list")
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


class StreamElem(_Kind, msg_type="TIMStreamElem"):
    """New pieces of a streamed message; only for the stream commands. Source: C128596.

    Attributes:
        compatible_text: for clients without streaming.
        chunks: the new pieces of this call.
        stream_msg_id: from the first call's answer; absent on the first call.
    """

    compatible_text: str | None = None
    chunks: Sequence[StreamChunk]
    stream_msg_id: str | None = None
