"""The conversation of the demo: every kind of element, and how each is shown in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...models.elements import (
    CustomElem,
    Element,
    FaceElem,
    FileElem,
    ImageElem,
    ImageInfo,
    LocationElem,
    RawElem,
    RelayElem,
    RelayMsg,
    SoundElem,
    TextElem,
    VideoFileElem,
)
from ...models.offline_push import AndroidInfo, ApnsInfo, OfflinePushInfo
from .._output import one_line

ALICE: Final = "alice"
BOB: Final = "bob"
_FILES: Final = "https://files.example.com"
_PUSH: Final = OfflinePushInfo(
    title="快递",
    desc="Your parcel has arrived",
    ext='{"order":1024}',
    android_info=AndroidInfo(sound="bell", oppo_channel_id="orders"),
    apns_info=ApnsInfo(sound="bell.caf", badge_mode=1),
)
MESSAGES: Final[Sequence[tuple[Element, OfflinePushInfo | None]]] = (
    (TextElem(text="你好, Bob! 👋 今晚一起吃饭吗?"), None),
    (LocationElem(desc="外滩, 上海", latitude=31.2397, longitude=121.4903), None),
    (FaceElem(index=6, data="thumbs-up"), None),
    (CustomElem(data='{"order":1024}', desc="order 1024", ext="orders", sound="bell.caf"), _PUSH),
    (SoundElem(url=f"{_FILES}/hi.amr", uuid="5f1c2e", size=6_240, second=3), None),
    (
        ImageElem(
            uuid="8d27b4",
            image_format=1,
            image_info_array=[
                ImageInfo(type=1, size=482_113, width=1920, height=1080, url=f"{_FILES}/view.jpg"),
                ImageInfo(type=2, size=96_402, width=960, height=540, url=f"{_FILES}/view-large.jpg"),
                ImageInfo(type=3, size=12_871, width=198, height=111, url=f"{_FILES}/view-thumb.jpg"),
            ],
        ),
        None,
    ),
    (FileElem(url=f"{_FILES}/menu.pdf", uuid="c0ffee", file_size=73_216, file_name="菜单.pdf"), None),
    (
        VideoFileElem(
            video_url=f"{_FILES}/party.mp4",
            video_uuid="1be5aa",
            video_size=1_194_603,
            video_second=12,
            video_format="mp4",
            thumb_url=f"{_FILES}/party.jpg",
            thumb_uuid="1be5ab",
            thumb_size=13_907,
            thumb_width=720,
            thumb_height=1280,
            thumb_format="JPG",
        ),
        None,
    ),
    (
        RelayElem(
            title="alice and carol",
            msg_num=1,
            compatible_text="a forwarded message",
            abstract_list=["carol: see you at eight"],
            msg_list=[
                RelayMsg(
                    from_account="carol",
                    to_account=ALICE,
                    msg_seq=1,
                    msg_random=7,
                    msg_time_stamp=1_760_000_000,
                    msg_body=[TextElem(text="see you at eight")],
                )
            ],
        ),
        None,
    ),
    (RawElem("TIMPollElem", {"Question": "Hotpot or noodles?", "Options": ["火锅", "面条"]}), None),
)


def describe(element: Element) -> str:
    """Return one line that shows an element as a phone would."""
    match element:
        case TextElem():
            text = element.text
        case LocationElem():
            text = f"📍 {element.desc} ({element.latitude}, {element.longitude})"
        case FaceElem():
            text = f"👍 {element.data} (no. {element.index})"
        case CustomElem():
            text = f"📦 {element.desc}: {element.data}"
        case SoundElem():
            text = f"🎤 {element.second} s, {_name(element.url)}"
        case ImageElem():
            largest = element.image_info_array[0]
            text = f"📷 {largest.width} x {largest.height}, {_name(largest.url)}"
        case FileElem():
            text = f"📄 {element.file_name}, {element.file_size:,} bytes"
        case VideoFileElem():
            text = f"🎬 {element.video_second} s, {_name(element.video_url)}"
        case RelayElem():
            text = f"📨 {element.title}: {' / '.join(element.abstract_list or ())}"
        case RawElem():
            content = element.msg_content
            text = f"📊 {content.get('Question')} {' / '.join(map(str, content.get('Options', ())))}"
        case _:
            text = element.msg_type
    return one_line(text)


def _name(address: str | None) -> str:
    return (address or "").rpartition("/")[2]
