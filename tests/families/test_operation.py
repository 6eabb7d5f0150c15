"""Figures, archives, addresses and files, end to end."""

from __future__ import annotations

import pytest

from tests.families.conftest import Clock, client_of, sign
from tim_async import ApiError, TimClient, UsageError
from tim_async.emulator import Emulator
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


async def test_archive_of_an_hour(client: TimClient, emulator: Emulator) -> None:
    archive = await client.operation.get_history(chat_type="C2C", msg_time="2026112415")
    (file,) = archive.file
    assert file.url.endswith("c2c_2026112415.gz")
    assert (len(file.file_md5), len(file.gzip_md5)) == (32, 32)
    emulator.faults.answer(1004, command="open_msg_svc/get_history", times=1)
    with pytest.raises(ApiError, match="not made yet") as caught:
        await client.operation.get_history(chat_type="Group", msg_time="2026112415")
    assert caught.value.code == 1004


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
