"""Moderation and the app-wide mute, end to end."""

from __future__ import annotations

import pytest

from tests.families.conftest import Clock, client_of, sign
from tim_async import ApiError, InvalidRequestError, ServiceBusyError, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.account import UserIDItem
from tim_async.models.moderation import MUTED_FOREVER, CloudKeyword, Content, LocalKeyword, Mute

APP = 1_400_000_000


async def test_words_of_a_library_block_a_text(client: TimClient) -> None:
    family = client.moderation
    words = [CloudKeyword(content="微信", label="Ad"), CloudKeyword(content="Casino")]
    assert (await family.add_cloud_keywords(sdk_app_id=APP, lib_id="ads", user_keywords=words)).request_id
    blocked = await family.moderate(audit_name="C2C", content_type="Text", content="加我微信，去 CASINO 😀")
    assert (blocked.result, blocked.label, blocked.keywords) == ("Block", "Ad", ["微信", "Casino"])
    for kind, content in (("Text", "你好"), ("Image", "https://example.com/微信.jpg")):
        passed = await family.moderate(audit_name="C2C", content_type=kind, content=content)  # type: ignore[arg-type]
        assert (passed.result, passed.label, passed.keywords) == ("Pass", "Normal", [])
    await family.delete_cloud_keywords(sdk_app_id=APP, lib_id="ads", keywords=["微信"])
    judged = await family.moderate(audit_name="C2C", content_type="Text", content="加我微信")
    assert judged.result == "Pass"
    for lib_id, gone in (("ads", ["Casino", "微信"]), ("nobody knows this", ["Casino"])):
        with pytest.raises(ApiError) as caught:
            await family.delete_cloud_keywords(sdk_app_id=APP, lib_id=lib_id, keywords=gone)
        assert caught.value.code == 2100
    left = [word.content async for word in family.iter_cloud_keywords(APP, "ads")]
    assert left == ["Casino"]


async def test_many_contents_are_judged_ten_a_call(client: TimClient, emulator: Emulator) -> None:
    await client.moderation.add_cloud_keywords(
        sdk_app_id=APP, lib_id="x", user_keywords=[CloudKeyword(content="7", label="Abuse")]
    )
    received = await client.moderation.moderate_all(
        "UserInfo", (Content(content_id=number, content_type="Text", content=f"名字 {number}") for number in range(25))
    )
    results = [item for page in received.results for item in page.audit_results]
    assert [item.content_id for item in results] == list(range(25))
    assert [item.content_id for item in results if item.result == "Block"] == [7, 17]
    assert received.failed == []
    assert emulator.count("im_msg_audit/batch_content_moderation") == 3


async def test_libraries_are_read_page_by_page(client: TimClient, emulator: Emulator) -> None:
    family = client.moderation
    words = [CloudKeyword(content=f"词{number}") for number in range(25)]
    received = await family.add_cloud_keywords_all(APP, "many", words)
    assert (received.failed, len(received.results)) == ([], 3)
    await family.add_cloud_keywords(sdk_app_id=APP, lib_id="few", user_keywords=words[:1])
    read = [word.content async for word in family.iter_cloud_keywords(APP, "many", page_size=10)]
    assert sorted(read) == sorted(word.content for word in words)
    assert emulator.count("im_msg_audit_mgr/get_cloud_audit_keywords") == 3
    found = [word async for word in family.iter_cloud_keywords(APP, "many", content="词24")]
    assert [word.content for word in found] == ["词24"]
    assert found[0].id
    assert [word async for word in family.iter_cloud_keywords(APP, "nobody knows this")] == []
    assert sorted([library.id async for library in family.iter_cloud_libraries(APP, page_size=1)]) == ["few", "many"]


async def test_local_words_are_kept_by_what_is_done_with_them(client: TimClient) -> None:
    family = client.moderation
    words = [LocalKeyword(keyword=f"词{number}", word_type=0, filter_type=number % 2) for number in range(9)]
    await family.add_local_keywords(sdk_app_id=APP, local_audit_words=words)
    again = LocalKeyword(keyword="词2", word_type=1, filter_type=0, replaced_content="**")
    await family.add_local_keywords(sdk_app_id=APP, local_audit_words=[again])
    page = await family.get_local_keywords(sdk_app_id=APP, filter_type=0, offset=0, limit=2)
    assert (page.total_count, page.cur_count, len(page.local_audit_words)) == (9, 5, 2)
    read = [word async for word in family.iter_local_keywords(APP, 0, page_size=2)]
    assert [word.keyword for word in read] == ["词0", "词2", "词4", "词6", "词8"]
    assert (read[1].word_type, read[1].replaced_content) == (1, "**")
    assert [word.keyword async for word in family.iter_local_keywords(APP, 1, keyword="3")] == ["词3"]
    await family.delete_local_keywords(sdk_app_id=APP, local_audit_words=words[:2])
    with pytest.raises(ApiError) as caught:
        await family.delete_local_keywords(sdk_app_id=APP, local_audit_words=words[:3])
    assert caught.value.code == 2100
    assert [word.keyword async for word in family.iter_local_keywords(APP, 0)] == ["词2", "词4", "词6", "词8"]


async def test_a_mute_runs_out_unless_it_is_for_ever(emulator_clock: Clock) -> None:
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign) as client,
    ):
        emulator.add_accounts("bob")
        family = client.moderation
        assert await family.get_mute(get_account="bob") == Mute()
        await family.set_mute(set_account="bob", c2cmsg_nospeaking_time=MUTED_FOREVER, groupmsg_nospeaking_time=7200)
        emulator_clock.now += 4
        received = await family.get_mute(get_account="bob")
        assert (received.c2cmsg_nospeaking_time, received.groupmsg_nospeaking_time) == (4_294_967_295, 7196)
        await family.set_mute(set_account="bob", c2cmsg_nospeaking_time=60)
        emulator_clock.now += 59.5
        received = await family.get_mute(get_account="bob")
        assert (received.c2cmsg_nospeaking_time, received.groupmsg_nospeaking_time) == (1, 7137)
        emulator_clock.now += 7200
        assert await family.get_mute(get_account="bob") == Mute()
        await family.set_mute(set_account="bob", groupmsg_nospeaking_time=MUTED_FOREVER)
        await family.set_mute(set_account="bob", groupmsg_nospeaking_time=0)
        assert await family.get_mute(get_account="bob") == Mute()


async def test_a_mute_ends_with_the_account(client: TimClient) -> None:
    await client.moderation.set_mute(set_account="bob", c2cmsg_nospeaking_time=MUTED_FOREVER)
    await client.account.delete(delete_item=[UserIDItem(user_id="bob")])
    for call, code in (
        (client.moderation.set_mute(set_account="bob", c2cmsg_nospeaking_time=1), 130005),
        (client.moderation.get_mute(get_account="bob"), 130003),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            await call
        assert caught.value.code == code
    await client.account.import_account(user_id="bob")
    assert await client.moderation.get_mute(get_account="bob") == Mute()


async def test_filter_words_of_old(client: TimClient) -> None:
    await client.moderation.add_dirty_words(dirty_words_list=["发票", "代购", "发票"])
    await client.moderation.delete_dirty_words(dirty_words_list=["代购", "never there"])
    assert (await client.moderation.get_dirty_words()).dirty_words_list == ["发票"]


CODES = {
    "text over 8 KB": ("im_msg_audit/content_moderation", {"Content": "长" * 2731}, 93000, InvalidRequestError),
    "no policy": (
        "im_msg_audit/content_moderation",
        {"ContentType": "Text", "Content": "x"},
        2003,
        InvalidRequestError,
    ),
    "11 words": (
        "im_msg_audit_mgr/add_cloud_audit_keywords",
        {"SdkAppId": APP, "LibID": "x", "UserKeywords": [{"Content": "x"}] * 11},
        2016,
        ApiError,
    ),
    "another app": (
        "im_msg_audit_mgr/get_cloud_audit_keywords_ids",
        {"SdkAppId": APP + 1, "Offset": 0, "Limit": 1},
        2003,
        InvalidRequestError,
    ),
    "11 contents": (
        "im_msg_audit/batch_content_moderation",
        {"AuditName": "C2C", "Contents": [{}] * 11},
        93008,
        ApiError,
    ),
    "a video in a batch": (
        "im_msg_audit/batch_content_moderation",
        {"AuditName": "C2C", "Contents": [{"ContentId": 1, "ContentType": "Video", "Content": "x"}]},
        93005,
        ApiError,
    ),
    "a number twice": (
        "im_msg_audit/batch_content_moderation",
        {"AuditName": "C2C", "Contents": [{"ContentId": 1, "ContentType": "Text", "Content": "x"}] * 2},
        93007,
        ApiError,
    ),
    "mute nobody": ("openconfigsvr/setnospeaking", {"C2CmsgNospeakingTime": 1}, 130004, InvalidRequestError),
    "mute a number": ("openconfigsvr/setnospeaking", {"Set_Account": 1, "C2CmsgNospeakingTime": 1}, 130005, ApiError),
    "mute without time": ("openconfigsvr/setnospeaking", {"Set_Account": "bob"}, 130008, InvalidRequestError),
    "mute for too long": (
        "openconfigsvr/setnospeaking",
        {"Set_Account": "bob", "C2CmsgNospeakingTime": 4_294_967_296},
        130001,
        ApiError,
    ),
    "ask of nobody": ("openconfigsvr/getnospeaking", {}, 130002, InvalidRequestError),
    "ask of a number": ("openconfigsvr/getnospeaking", {"Get_Account": 1}, 130003, InvalidRequestError),
    "no filter words": ("openim_dirty_words/add", {"DirtyWordsList": []}, 10004, ApiError),
}


@pytest.mark.parametrize(("command", "body", "code", "error"), CODES.values(), ids=CODES)
async def test_code(client: TimClient, command: str, body: dict[str, object], code: int, error: type[ApiError]) -> None:
    with pytest.raises(error) as caught:
        await client.request(command, body)
    assert (caught.value.code, caught.value.command) == (code, command)


async def test_busy_moderation_may_be_tried_again(client: TimClient, emulator: Emulator) -> None:
    emulator.faults.answer(2001, command="im_msg_audit/content_moderation", times=1)
    with pytest.raises(ServiceBusyError) as caught:
        await client.moderation.moderate(audit_name="C2C", content_type="Text", content="x")
    assert (caught.value.code, caught.value.transient) == (2001, True)


BAD = {
    "empty policy": ("moderate", {"audit_name": "", "content_type": "Text", "content": "x"}, "audit_name"),
    "8193 bytes": ("moderate", {"audit_name": "a", "content_type": "Text", "content": "x" * 8193}, "content"),
    "kind": ("moderate", {"audit_name": "a", "content_type": "text", "content": "x"}, "content_type"),
    "11 contents": (
        "moderate_batch",
        {
            "audit_name": "a",
            "contents": [Content(content_id=number, content_type="Text", content="x") for number in range(11)],
        },
        "contents",
    ),
    "a number twice": (
        "moderate_batch",
        {"audit_name": "a", "contents": [Content(content_id=1, content_type="Text", content="x")] * 2},
        "contents[1].content_id",
    ),
    "11 words": (
        "add_cloud_keywords",
        {"sdk_app_id": APP, "lib_id": "x", "user_keywords": [CloudKeyword(content="x")] * 11},
        "user_keywords",
    ),
    "empty word": (
        "add_cloud_keywords",
        {"sdk_app_id": APP, "lib_id": "x", "user_keywords": [CloudKeyword(content="")]},
        "user_keywords[0].content",
    ),
    "words as text": ("delete_cloud_keywords", {"sdk_app_id": APP, "lib_id": "x", "keywords": "abc"}, "keywords"),
    "page of 101": ("get_cloud_libraries", {"sdk_app_id": APP, "offset": 0, "limit": 101}, "limit"),
    "offset -1": ("get_local_keywords", {"sdk_app_id": APP, "filter_type": 0, "offset": -1, "limit": 1}, "offset"),
    "no library": ("get_cloud_keywords", {"sdk_app_id": APP, "offset": 0, "limit": 1, "lib_id": ""}, "lib_id"),
    "11 local words": (
        "add_local_keywords",
        {"sdk_app_id": APP, "local_audit_words": [LocalKeyword(keyword="x", word_type=0, filter_type=0)] * 11},
        "local_audit_words",
    ),
    "mute without time": ("set_mute", {"set_account": "bob"}, "c2cmsg_nospeaking_time"),
    "mute for too long": (
        "set_mute",
        {"set_account": "bob", "groupmsg_nospeaking_time": 2**32},
        "groupmsg_nospeaking_time",
    ),
    "mute nobody": ("get_mute", {"get_account": ""}, "get_account"),
    "no filter words": ("add_dirty_words", {"dirty_words_list": []}, "dirty_words_list"),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.moderation, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
