"""The contents of an inbox: every kind of element, marks of all kinds, a group, a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tim_async import (
    AndroidInfo,
    CustomElem,
    Element,
    FaceElem,
    FileElem,
    ImageElem,
    LocationElem,
    OfflinePushInfo,
    RawElem,
    RelayElem,
    SoundElem,
    TextElem,
    TimClient,
    VideoFileElem,
)
from tim_async.emulator import Emulator
from tim_async.models.elements import ImageInfo, RelayMsg
from tim_async.models.group_msg import GroupAt

PICTURE: Final = ImageElem(
    uuid="p1",
    image_format=1,
    image_info_array=[
        ImageInfo(type=1, size=2_400_000, width=1920, height=1080, url="https://pictures.example/original.jpg"),
        ImageInfo(type=3, size=9_000, width=198, height=110, url="https://pictures.example/small.jpg"),
    ],
)
ELEMENTS: Final[Sequence[Element]] = [
    TextElem("Good morning! 早上好 ☀️"),
    FaceElem(index=3, data="[smile]"),
    LocationElem(desc="Tencent Binhai Towers", latitude=22.523, longitude=113.934),
    PICTURE,
    SoundElem(url="https://sounds.example/a.mp3", uuid="s1", size=48_000, second=12),
    FileElem(url="https://files.example/plan.pdf", uuid="f1", file_size=340_000, file_name="plan.pdf"),
    VideoFileElem(
        video_url="https://videos.example/a.mp4",
        video_uuid="v1",
        video_size=8_000_000,
        video_second=31,
        video_format="mp4",
        thumb_url="https://videos.example/a.jpg",
        thumb_uuid="t1",
        thumb_size=9_000,
        thumb_width=198,
        thumb_height=110,
        thumb_format="JPG",
    ),
    RelayElem(
        title="Chat of alice and carol",
        msg_num=2,
        compatible_text="a chat",
        abstract_list=["alice: lunch?", "carol: [Picture]"],
        msg_list=[
            RelayMsg(from_account="alice", msg_time_stamp=1_700_000_000, msg_body=[TextElem("lunch?")]),
            RelayMsg(from_account="carol", msg_time_stamp=1_700_000_060, msg_body=[PICTURE]),
        ],
    ),
    CustomElem(data='{"order": 17, "state": "paid"}', desc="Order 17 is paid", ext="shop"),
    RawElem("TIMNewElem", {"Some": "thing"}),
]
"""An element of every kind but a stream."""


async def fill(emulator: Emulator, client: TimClient) -> str:
    """Let things happen; return the id of the group."""
    emulator.add_accounts("alice", "bob", "carol", "小明")
    await client.account.import_account(user_id="carol", nick="Carol Chen")
    emulator.set_online("bob", "iOS")
    emulator.set_online("carol", "Android", status="PushOnline")
    for each in ELEMENTS:
        await client.c2c.send(from_account="alice", to_account="bob", msg_body=[each])
    edited = await client.c2c.send_text("bob", "See you at 3", from_account="alice")
    await client.c2c.modify(
        from_account="alice", to_account="bob", msg_key=edited.msg_key, msg_body=[TextElem("See you at 4")]
    )
    recalled = await client.c2c.send_text("bob", "a mistake", from_account="alice")
    await client.c2c.recall(from_account="alice", to_account="bob", msg_key=recalled.msg_key)
    await client.c2c.send_text("alice", "Fine, thank you", from_account="bob")
    info = OfflinePushInfo(
        title="Spring sale",
        desc="Everything at half price until Sunday",
        android_info=AndroidInfo(oppo_channel_id="sale"),
    )
    await client.c2c.send(to_account="carol", msg_body=[TextElem("Half price!")], offline_push_info=info)
    await client.c2c.send_text("小明", "你好，小明，欢迎使用即时通信")
    created = await client.group.create(owner_account="alice", type="Public", name="Weekend plans", member_list=[])
    group = created.group_id
    emulator.join_group(group, "bob", "carol", approved=True)
    await client.group_msg.send(
        group_id=group,
        from_account="alice",
        msg_body=[TextElem("@bob are you coming?")],
        group_at_info=[GroupAt(group_at_account="bob")],
        need_read_receipt=1,
    )
    await client.group_msg.send(group_id=group, from_account="carol", msg_body=[PICTURE])
    return group
