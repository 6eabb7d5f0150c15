"""Figures, archives, addresses and files, end to end."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.families.conftest import Clock, client_of, sign
from tim_async import ApiError, ArchiveError, TextElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.history import ArchivedC2CMsg, ArchivedGroupMsg, ArchivedMsg, HistoryInfo, read_url
from tim_async.models.operation import AppFigures, FileToSign

DAY = 86_400


async def test_figures_of_thirty_days(emulator_clock: Clock) -> None:
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign) as client,
    ):
        emulator.add_accounts("alice", "bob")
        await client.c2c.send_text("bob", "hi", from_account="alice")
        emulator_clock.now += DAY
        emulator.add_accounts("carol")
        emulator_clock.now += DAY
        days = (await client.operation.get_app_info()).result
        assert len(days) == 30
        assert [day.date for day in days[:3]] == ["20270116", "20270115", "20270114"]
        assert [day.regist_user_num_total for day in days[:3]] == ["4", "3", "0"]
        assert [day.regist_user_num_one_day for day in days[:3]] == ["1", "3", "0"]
        assert [day.c2c_up_msg_num for day in days[:3]] == ["0", "1", "0"]
        assert None not in {getattr(days[0], name) for name in AppFigures.__struct_fields__}
        assert days[0].app_id == str(emulator.sdk_app_id)
        some = (await client.operation.get_app_info(request_field=["Date", "UpMsgNum", "NobodyKnowsThis"])).result
    assert some[1] == AppFigures(date="20270115", up_msg_num="1")
    assert len(some) == 30


HOUR = "2027011516"  # of the emulator's clock, in China


async def archived(client: TimClient, chat_type: Literal["C2C", "Group"]) -> list[ArchivedMsg]:
    (file,) = (await client.operation.get_history(chat_type=chat_type, msg_time=HOUR)).file
    async with read_url(file) as messages:
        read = [message async for message in messages]
    assert messages.info == HistoryInfo(sdk_app_id=client.sdk_app_id, chat_type=chat_type, msg_time=HOUR)
    return read


async def test_archive_of_an_hour(emulator_clock: Clock) -> None:
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign) as client,
    ):
        emulator.add_accounts("alice", "bob")
        sent = await client.c2c.send_text("bob", "你好", from_account="alice")
        gone = await client.c2c.send_text("bob", "recalled", from_account="alice")
        await client.c2c.recall(from_account="alice", to_account="bob", msg_key=gone.msg_key)
        group = await client.group.create(type="Public", name="g", owner_account="alice")
        await client.group_msg.send_text(group.group_id, "hi, all", from_account="alice")
        emulator_clock.now += 3_600
        await client.c2c.send_text("bob", "an hour later", from_account="alice")
        c2c = await archived(client, "C2C")
        groups = await archived(client, "Group")
    assert [message.msg_body for message in c2c] == [[TextElem(text="你好")], [TextElem(text="recalled")]]
    (stored, *_) = emulator.messages()
    assert c2c[0] == ArchivedC2CMsg(
        from_account="alice",
        to_account="bob",
        msg_timestamp=sent.msg_time,
        msg_seq=stored.msg_seq,
        msg_random=stored.msg_random,
        msg_body=[TextElem(text="你好")],
        msg_key=sent.msg_key,
        msg_from_platform="RESTAPI",
    )
    (message,) = groups
    assert isinstance(message, ArchivedGroupMsg)
    assert (message.from_account, message.group_id) == ("alice", group.group_id)
    assert message.msg_body == [TextElem(text="hi, all")]


async def test_archive_names_topics(emulator_clock: Clock) -> None:
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign) as client,
    ):
        emulator.add_accounts("alice")
        community = await client.group.create(type="Community", name="c", owner_account="alice", support_topic=1)
        topic = await client.community.create_topic(group_id=community.group_id, topic_name="t")
        await client.group_msg.send_text(community.group_id, "hi", from_account="alice", topic_id=topic.topic_id)
        emulator_clock.now += 3_600
        (message,) = await archived(client, "Group")
    assert isinstance(message, ArchivedGroupMsg)
    assert (message.group_id, message.topic_id) == (community.group_id, topic.topic_id)


async def test_hour_without_a_file(emulator_clock: Clock) -> None:
    async def code(chat_type: Literal["C2C", "Group"] = "C2C") -> int | None:
        with pytest.raises(ApiError) as caught:
            await client.operation.get_history(chat_type=chat_type, msg_time=HOUR)
        return caught.value.code

    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign) as client,
    ):
        emulator.add_accounts("alice", "bob")
        await client.c2c.send_text("bob", "hi", from_account="alice")
        emulator_clock.now += 3_599
        assert await code() == 1004  # the hour is not over
        emulator_clock.now += 1
        assert await code("Group") == 1004  # it had no messages of groups
        (file,) = (await client.operation.get_history(chat_type="C2C", msg_time=HOUR)).file
        assert file.expire_time == "2027-01-16 17:00:00"
        emulator_clock.now += DAY
        with pytest.raises(ArchiveError, match="HTTP status 403"):
            await anext(read_url(file))
        emulator_clock.now += 6 * DAY
        assert await code() == 1005
        with pytest.raises(ArchiveError, match="HTTP status 404"):
            await anext(read_url(f"{emulator.url}/msg_history/1.gz"))


async def test_addresses(client: TimClient) -> None:
    assert (await client.operation.get_ip_list()).ip_list == ["127.0.0.1"]


async def test_files_are_blocked_and_signed(client: TimClient) -> None:
    good, bad = "https://example.com/图片.png", "https://example.com/bad.png"
    await client.operation.forbid_file(raw_url=bad)
    to_sign = [FileToSign(resource_id=index, raw_url=url) for index, url in enumerate([good, bad, "no address"])]
    signed = await client.operation.sign_files(raw_urls=to_sign)
    assert [(file.resource_id, file.status) for file in signed.pre_sig_urls] == [(0, 0), (1, 1), (2, 0)]
    assert signed.pre_sig_urls[0].pre_sig_url.startswith(good)
    assert [file.resource_id for file in signed.failed] == [2]
    await client.operation.allow_file(raw_url=bad)
    signed = await client.operation.sign_files(raw_urls=to_sign[1:2])
    assert [file.status for file in signed.pre_sig_urls] == [0]


BAD = {
    "one name as text": ("get_app_info", {"request_field": "Date"}, "request_field"),
    "kind": ("get_history", {"chat_type": "c2c", "msg_time": "2015120121"}, "chat_type"),
    "hour 24": ("get_history", {"chat_type": "C2C", "msg_time": "2015120124"}, "msg_time"),
    "no hour": ("get_history", {"chat_type": "C2C", "msg_time": "20151201"}, "msg_time"),
    "digits of elsewhere": ("get_history", {"chat_type": "C2C", "msg_time": "２０１５１２０１２１"}, "msg_time"),
    "30 February": ("get_history", {"chat_type": "C2C", "msg_time": "2015023010"}, "msg_time"),
    "an hour as number": ("get_history", {"chat_type": "C2C", "msg_time": 2015120121}, "msg_time"),
    "no address": ("forbid_file", {"raw_url": ""}, "raw_url"),
    "no files": ("sign_files", {"raw_urls": []}, "raw_urls"),
    "a file without address": (
        "sign_files",
        {"raw_urls": [FileToSign(resource_id=1, raw_url="")]},
        "raw_urls[0].raw_url",
    ),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.operation, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


@pytest.mark.parametrize(
    ("command", "body", "code"),
    [
        ("openconfigsvr/getappinfo", {"RequestField": 1}, 130001),
        ("open_msg_svc/get_history", {"ChatType": "C2C", "MsgTime": "yesterday"}, 1002),
        ("im_cos_msg/get_cos_sig", {}, 60003),
    ],
)
async def test_code(client: TimClient, command: str, body: dict[str, object], code: int) -> None:
    with pytest.raises(ApiError) as caught:
        await client.request(command, body)
    assert caught.value.code == code
