"""What `tim-async demo` shows: every kind of element, from one account to another, inside an emulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from .._core.client import TimClient
from ..emulator import DEFAULT_SECRET_KEY, Emulator
from ..families.c2c import C2C
from ..models.account import AccountItem
from ..models.c2c import RoamMsg
from ..models.elements import (
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
from ..models.offline_push import AndroidInfo, ApnsInfo, OfflinePushInfo
from ._output import console, echo, one_line, show_time

_ALICE: Final = "alice"
_BOB: Final = "bob"
_FILES: Final = "https://files.example.com"
_PUSH: Final = OfflinePushInfo(
    title="快递",
    desc="Your parcel has arrived",
    ext='{"order":1024}',
    android_info=AndroidInfo(sound="bell", oppo_channel_id="orders"),
    apns_info=ApnsInfo(sound="bell.caf", badge_mode=1),
)
_MESSAGES: Final[Sequence[tuple[Element, OfflinePushInfo | None]]] = (
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
                    to_account=_ALICE,
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


async def show() -> bool:
    """Send every kind of message, print what arrived, and return whether everything did."""
    async with (
        Emulator() as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        names = [AccountItem(user_id=_ALICE, nick="Alice"), AccountItem(user_id=_BOB, nick="Bob")]
        await client.account.import_accounts(account_list=names)
        echo(f"An emulator of the service runs at {emulator.url}; {_ALICE} and {_BOB} are imported.")

        sent: dict[str, Element] = {}
        for element, push in _MESSAGES:
            result = await client.c2c.send(
                from_account=_ALICE, to_account=_BOB, msg_body=[element], offline_push_info=push
            )
            sent[result.msg_key] = element
        # The recipient's view, read as an app would read it; the newest message comes first.
        history = [message async for message in client.c2c.iter_roam_msgs(_BOB, _ALICE)][::-1]
        arrived = [message for message in history if list(message.msg_body) == [sent.get(message.msg_key)]]

        _show_messages(arrived)
        echo(f"{len(arrived)} of {len(_MESSAGES)} messages were delivered and read back from {_BOB}'s history.")
        counts, cap = client.stats()[C2C.send.command], C2C.send.limits[0]
        echo(
            f"{C2C.send.command}: {counts.calls} calls in {counts.attempts} attempts; the busiest second had "
            f"{emulator.worst_window(C2C.send.command)} of the {cap.limit} calls it may have."
        )
    return len(arrived) == len(_MESSAGES)


def _show_messages(messages: Sequence[RoamMsg]) -> None:
    for message in messages[:1]:
        echo(
            f"{message.from_account} to {message.to_account}: {_content(message)}\n"
            f"  delivered, MsgKey {message.msg_key}, {show_time(message.msg_time_stamp)}"
        )
    screen = console()
    if not screen.is_terminal:
        screen.width = max(screen.width, 110)
    table = Table(title=f"What {_BOB} got from {_ALICE}")
    table.add_column("kind", no_wrap=True)
    table.add_column("content", overflow="fold")
    table.add_column("MsgKey", no_wrap=True)
    table.add_column("UTC", no_wrap=True)
    for message in messages:
        kind = type(message.msg_body[0]).__name__ if message.msg_body else ""
        moment = show_time(message.msg_time_stamp).split()[1]
        table.add_row(kind, Text(_content(message)), Text(one_line(message.msg_key)), moment)
    screen.print(table)


def _content(message: RoamMsg) -> str:
    return one_line(" ".join(_describe(element) for element in message.msg_body))


def _describe(element: Element) -> str:
    match element:
        case TextElem():
            return element.text
        case LocationElem():
            return f"{element.desc} ({element.latitude}, {element.longitude})"
        case FaceElem():
            return f"{element.data} (no. {element.index})"
        case CustomElem():
            return f"{element.desc}: {element.data}"
        case SoundElem():
            return f"{element.second} s, {element.url}"
        case ImageElem():
            largest = element.image_info_array[0]
            return f"{largest.width} x {largest.height}, {largest.url}"
        case FileElem():
            return f"{element.file_name}, {element.file_size} bytes"
        case VideoFileElem():
            return f"{element.video_second} s, {element.video_url}"
        case RelayElem():
            return f"{element.title}: {' / '.join(element.abstract_list or ())}"
        case RawElem():
            return f"{element.msg_type}: {element.msg_content}"
        case _:
            return element.msg_type
