"""Two clients that others wrote make all their calls to the emulator, as they would to the service.

Only the host was changed. A call that is refused because of its client's own fault is listed in `OWN_FAULTS`, with the
reason. Neither client has calls for pushes.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tencentcloud_im import tcim_client as tcim
from timsdk import HttpClient, TimClient

from tim_async.emulator import DEFAULT_ADMIN, DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, Emulator

ACCOUNTS = ("ada", "grace", "linus", "barbara")
NO_POST = "it sends a GET, and the service takes only POST"
# The clients' own faults, by method: the code of the answer, and the reason.
OWN_FAULTS: dict[str, dict[str, tuple[int, str]]] = {
    "timsdk": {
        "account_check": (60002, NO_POST),
        "get_app_id_group_list": (60002, NO_POST),
    },
    "tencentcloud-sdk-python-im": {
        "send_message with a file": (90002, "it sends a TIMFileElem without UUID, which has to be given"),
    },
}
# Refused in accordance with the documents.
REFUSED = {
    "get_history": (1004, "the hour three hours ago has no messages"),
}

Step = tuple[str, Callable[[], Any]]


def text(words: str) -> list[dict[str, object]]:
    return [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]


def calls_of_timsdk(client: TimClient, seen: dict[str, Any]) -> Iterator[Step]:
    """Yield the calls of timsdk by the names of its methods; `seen` has their answers."""
    login, im, group, sns = client.im_open_login_svc, client.open_im, client.group_open_http_svc, client.sns
    now = int(time.time())
    friend = {"To_Account": "grace", "AddSource": "AddSource_Type_Web", "Remark": "a friend"}

    yield "account_import", lambda: login.account_import("ada", nick="Ada", face_url="https://example.com/a.png")
    yield "im_open_login_svc", lambda: login.im_open_login_svc(["grace", "linus", "barbara", "gone"])
    yield "account_check", lambda: login.account_check(["ada", "unknown"])
    yield "account_delete", lambda: login.account_delete(["gone"])
    yield "kick", lambda: login.kick("ada")
    yield "query_state", lambda: im.query_state(["ada", "grace"])
    yield "send_text_msg", lambda: im.send_text_msg("grace", "good morning", from_account="ada")
    yield "batch_send_text_msg", lambda: im.batch_send_text_msg(["grace", "linus"], "good morning", from_account="ada")
    yield "import_text_msg", lambda: im.import_text_msg("grace", "ada", "of long ago")
    yield "admin_msg_withdraw", lambda: im.admin_msg_withdraw("grace", "ada", seen["send_text_msg"]["MsgKey"])
    nick = [{"Tag": "Tag_Profile_IM_Nick", "Value": "Grace"}]
    yield "portrait_set", lambda: client.profile.portrait_set("grace", nick)
    yield "portrait_get", lambda: client.profile.portrait_get(["ada", "grace"])
    yield "friend_add", lambda: sns.friend_add("ada", [friend])
    yield "friend_import", lambda: sns.friend_import("ada", [{**friend, "To_Account": "linus"}])
    remark = {"To_Account": "grace", "SnsItem": [{"Tag": "Tag_SNS_IM_Remark", "Value": "the best"}]}
    yield "friend_update", lambda: sns.friend_update("ada", [remark])
    yield "friend_check", lambda: sns.friend_check("ada", ["grace", "linus"])
    yield "friend_get", lambda: sns.friend_get("ada")
    yield "friend_get_list", lambda: sns.friend_get_list("ada", ["grace"])
    yield "group_add", lambda: sns.group_add("ada", ["runners"], ["grace"])
    yield "group_delete", lambda: sns.group_delete("ada", ["runners"])
    yield "black_list_add", lambda: sns.black_list_add("ada", ["barbara"])
    yield "black_list_check", lambda: sns.black_list_check("ada", ["barbara"])
    yield "black_list_get", lambda: sns.black_list_get("ada")
    yield "black_list_delete", lambda: sns.black_list_delete("ada", ["barbara"])
    yield "friend_delete", lambda: sns.friend_delete("ada", ["linus"])
    yield "friend_delete_all", lambda: sns.friend_delete_all("ada")
    yield "create_group", lambda: group.create_group("Readers", "ada", [{"Member_Account": "grace"}])
    yield "import_group", lambda: group.import_group("Old readers", "ada", group_id="old", create_time=now - 90_000)
    yield "import_group_member", lambda: group.import_group_member("old", [{"Member_Account": "grace"}])
    old = {"From_Account": "grace", "SendTime": now - 80_000, "MsgBody": text("of long ago")}
    yield "import_group_msg", lambda: group.import_group_msg("old", [old])

    def club() -> str:
        return str(seen["create_group"]["GroupId"])

    yield "get_app_id_group_list", group.get_app_id_group_list
    yield "get_group_info", lambda: group.get_group_info([club()], {"GroupBaseInfoFilter": ["Name", "Owner_Account"]})
    yield "modify_group_base_info", lambda: group.modify_group_base_info(club(), name="We", shut_up_all_member="Off")
    yield "add_group_member", lambda: group.add_group_member(club(), [{"Member_Account": "linus"}])
    yield (
        "modify_group_member_info",
        lambda: group.modify_group_member_info(club(), "grace", name_card="G", shut_up_time=9),
    )
    yield "get_group_member_info", lambda: group.get_group_member_info(club(), limit=10)
    yield "get_joined_group_list", lambda: group.get_joined_group_list("ada", limit=10, with_huge_groups=1)
    yield "get_role_in_group", lambda: group.get_role_in_group(club(), ["ada", "grace"])
    yield "forbid_send_msg", lambda: group.forbid_send_msg(club(), ["linus"], 60)
    yield "get_group_shut_uin", lambda: group.get_group_shut_uin(club())
    yield "send_group_msg", lambda: group.send_group_msg(club(), text("hi, all"), from_account="ada")
    yield "send_group_system_notification", lambda: group.send_group_system_notification(club(), "closing", ["grace"])
    yield "group_msg_get_simple", lambda: group.group_msg_get_simple(club(), 5)
    yield "group_msg_recall", lambda: group.group_msg_recall(club(), [{"MsgSeq": seen["send_group_msg"]["MsgSeq"]}])
    yield "set_unread_msg_num", lambda: group.set_unread_msg_num(club(), "grace", 3)
    yield "delete_group_msg_by_sender", lambda: group.delete_group_msg_by_sender(club(), "ada")
    yield "change_group_owner", lambda: group.change_group_owner(club(), "grace")
    yield "delete_group_member", lambda: group.delete_group_member(club(), ["linus"], reason="moved away")
    yield "destroy_group", lambda: group.destroy_group(club())
    yield "set_no_speaking", lambda: client.open_config_svr.set_no_speaking("linus", 60, 60)
    yield "get_no_speaking", lambda: client.open_config_svr.get_no_speaking("linus")
    yield "get_app_info", lambda: client.open_config_svr.get_app_info(["ActiveUserNum"])
    yield "get_history", lambda: client.open_msg_svc.get_history("C2C")


def calls_of_tcim(client: tcim.TCIMClient, seen: dict[str, Any]) -> Iterator[Step]:
    """Yield the calls of tencentcloud-sdk-python-im by the names of its methods; `seen` has their answers."""
    now = int(time.time())
    words = [tcim.MessageText("good morning")]
    files = [tcim.MessageFile("https://example.com/a.txt", 12, "a.txt")]

    yield "add_single_user", lambda: client.add_single_user("ada", "Ada", "https://example.com/a.png")
    yield "batch_add_users", lambda: client.batch_add_users(["grace", "linus", "barbara", "gone"])
    yield "search_user", lambda: client.search_user(["ada", "unknown"])
    yield "del_user", lambda: client.del_user(["gone"])
    yield "abolition_user_sig", lambda: client.abolition_user_sig("ada")
    yield "check_user_online", lambda: client.check_user_online(["ada", "grace"])
    yield "add_friend", lambda: client.add_friend("ada", [tcim.FriendObj("grace", "Web")])
    remark = tcim.UpdateFriendObj("grace", [tcim.SnsItemObj("Tag_SNS_IM_Remark", "the best")])
    yield "update_friend", lambda: client.update_friend("ada", [remark])
    tags = ["Tag_Profile_IM_Nick", "Tag_SNS_IM_Remark"]
    yield "get_target_friends", lambda: client.get_target_friends("ada", ["grace"], tags)
    yield "get_friends", lambda: client.get_friends("ada")
    yield "add_sns_group", lambda: client.add_sns_group("ada", ["runners"], ["grace"])
    yield "get_sns_group", lambda: client.get_sns_group("ada", ["runners"])
    yield "delete_sns_group", lambda: client.delete_sns_group("ada", ["runners"])
    yield "delete_friends", lambda: client.delete_friends("ada", ["grace"])
    yield "send_message", lambda: client.send_message(tcim.MessageObj("ada", "grace", words, extra_data="x"))
    with_file = tcim.MessageObj("ada", "grace", words, files)
    yield "send_message with a file", lambda: client.send_message(with_file)
    batch = tcim.BatchMessageObj("ada", ["grace", "linus"], words)
    yield "batch_send_message", lambda: client.batch_send_message(batch)
    old = tcim.MessageObj("ada", "grace", words)
    yield "import_message_to_im", lambda: client.import_message_to_im(old, now - 90_000)
    yield "get_message_list", lambda: client.get_message_list("ada", "grace", 10, now - 9_000, now + 9_000)
    yield "get_unread_num", lambda: client.get_unread_num("grace", ["ada"])
    yield "set_user_message_read", lambda: client.set_user_message_read("grace", "ada")
    yield "draw_message", lambda: client.draw_message("ada", "grace", seen["send_message"]["MsgKey"])
    members = [tcim.GroupMemObj("grace", "Admin"), tcim.GroupMemObj("linus")]
    made = tcim.GroupObj("ada", "Public", "Readers", "We read", mem_list=members)
    yield "create_group", lambda: client.create_group(made)

    def club() -> str:
        return str(seen["create_group"]["GroupId"])

    yield "get_group", client.get_group
    yield "get_group_detail", lambda: client.get_group_detail([club()], ["Name"], ["Role"])
    yield "update_group_baseinfo", lambda: client.update_group_baseinfo(club(), "We", shutUpFlag="Off")
    yield "add_group_member", lambda: client.add_group_member(club(), [tcim.GroupMemObj("barbara")])
    yield "update_group_mem_info", lambda: client.update_group_mem_info(club(), "linus", namecard="L", shutUpTime=9)
    yield "get_group_mem_info_detail", lambda: client.get_group_mem_info_detail(club(), memInfoFilter=["Role"])
    yield "get_joined_groups", lambda: client.get_joined_groups("ada", 10, baseInfoFilter=["Name"])
    yield "get_mem_role_in_group", lambda: client.get_mem_role_in_group(club(), ["ada", "grace"])
    yield "forbid_send_msg", lambda: client.forbid_send_msg(club(), ["barbara"], 60)
    yield "get_group_shutup_list", lambda: client.get_group_shutup_list(club())
    yield "send_group_message", lambda: client.send_group_message(club(), words, from_account="ada", msgPriority="High")
    yield "send_system_message_in_group", lambda: client.send_system_message_in_group(club(), "closing", ["grace"])
    yield "get_msg_in_group", lambda: client.get_msg_in_group(club(), 5)
    yield "recall_group_message", lambda: client.recall_group_message(club(), [seen["send_group_message"]["MsgSeq"]])
    yield "import_group_members", lambda: client.import_group_members(club(), [tcim.GroupMemObj("barbara")])
    of_old = tcim.GroupMessageObj("ada", now + 1, words)
    yield "import_message_to_group", lambda: client.import_message_to_group(club(), 0, [of_old])
    yield "set_group_unread_msg_num", lambda: client.set_group_unread_msg_num(club(), "grace", 3)
    yield "delete_group_msg_by_sender", lambda: client.delete_group_msg_by_sender(club(), "ada")
    yield "get_online_member_num", lambda: client.get_online_member_num(club())
    yield "update_group_attr", lambda: client.update_group_attr(club(), [tcim.GroupAttr("color", "blue")])
    yield "get_group_attr", lambda: client.get_group_attr(club())
    yield "clean_group_attr", lambda: client.clean_group_attr(club())
    yield "change_group_owner", lambda: client.change_group_owner(club(), "grace")
    yield "delete_group_mem", lambda: client.delete_group_mem(club(), ["linus"])
    yield "delete_group", lambda: client.delete_group(club())


def make_all(steps: Iterator[Step], seen: dict[str, Any]) -> None:
    for name, call in steps:
        answer = call()
        seen[name] = answer if isinstance(answer, dict) else json.loads(answer.content)


def judge(client: str, methods: set[str], seen: dict[str, Any]) -> None:
    """Check that each method was called, and answered or refused as it should be."""
    assert {name.partition(" ")[0] for name in seen} == methods
    expected = {**REFUSED, **OWN_FAULTS[client]}
    refused = {name: answer["ErrorCode"] for name, answer in seen.items() if answer["ErrorCode"] != 0}
    assert refused == {name: expected[name][0] for name in seen if name in expected}


def methods_of(*kinds: type) -> set[str]:
    return {
        name
        for kind in kinds
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


async def test_timsdk(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Emulator() as emulator:
        address = HttpClient.get_url

        def on_the_emulator(self: HttpClient, path: str) -> str:
            return str(address(self, path)).replace("https://console.tim.qq.com", emulator.url)

        monkeypatch.setattr(HttpClient, "get_url", on_the_emulator)
        client = TimClient(DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, DEFAULT_ADMIN)
        parts = [part for name, part in vars(client).items() if not name.startswith("_")]
        seen: dict[str, Any] = {}
        try:
            await asyncio.to_thread(make_all, calls_of_timsdk(client, seen), seen)
        finally:
            parts[0].get_client()._http.close()
    judge("timsdk", methods_of(*map(type, parts)), seen)


async def test_tencentcloud_sdk_python_im() -> None:
    async with Emulator() as emulator:
        client = tcim.TCIMClient(
            DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, DEFAULT_ADMIN, tencent_url=f"{emulator.url}/v4"
        )
        seen: dict[str, Any] = {}
        await asyncio.to_thread(make_all, calls_of_tcim(client, seen), seen)
    judge("tencentcloud-sdk-python-im", methods_of(tcim.TCIMClient) - {"get_user_sig"}, seen)
