"""Which calls require confirmation: each endpoint's line decides, not its name."""

from __future__ import annotations

import re

import pytest

from tim_async import Endpoint, endpoints

# What the commands, the names and the titles of both languages say where something is lost, someone is shut out, or
# everyone gets a message. A call that is marked although it is not dangerous is listed below, with the reason.
WORDS = {
    "deletes": "delet|destroy|disband|remove|clear|recall|withdraw|revoke|unfollow|unblock|replace all"
    "|删除|解散|销毁|清空|重置|撤回",
    "excludes": r"kick|forbid|\bban|_ban_|_mute\b|\bmute\b|nospeaking|block|invalidate|owner|modify_admins"
    r"|delete\w*_(members?|subscribers?)|禁言|封禁|失效|黑名单|转让",
    "reaches_all": "broadcast|to all|全员推送|广播|定时任务",
}
HARMLESS = {
    "sns/black_list_get": "reads",
    "sns/black_list_check": "reads",
    "im_cos_msg/allow_banned_object": "lifts a block",
    "group_open_http_svc/unban_group_member": "lifts a ban",
    "timpush/get_sched_task": "reads",
    "timpush/list_sched_task": "reads",
    "openconfigsvr/getnospeaking": "reads",
    "group_open_avchatroom_http_svc/modify_user_info": "marks, which are set and removed alike",
    "group_open_http_svc/get_group_muted_account": "reads",
    "group_open_http_svc/get_group_shutted_uin": "reads",
    "group_open_http_svc/get_group_ban_member": "reads",
    "recentcontact/mark_contact": "marks, which are set and cleared alike",
    "timpush/all_member_push_statistics": "reads",
    "timpush/all_member_push_loss": "reads",
    "timpush/all_member_push_trace": "reads",
}


def texts(endpoint: Endpoint[..., object]) -> str:
    return " ".join(map(str, (endpoint.command, endpoint.name, endpoint.title, endpoint.title_zh))).lower()


@pytest.mark.parametrize("endpoint", [pytest.param(each, id=command) for command, each in endpoints().items()])
def test_danger_is_what_names_and_titles_say(endpoint: Endpoint[..., object]) -> None:
    said = {danger for danger, words in WORDS.items() if re.search(words, texts(endpoint))}
    if endpoint.command in HARMLESS:
        assert endpoint.danger is None
        assert said
    else:
        assert (endpoint.danger in said) if said else endpoint.danger is None, said


def test_calls_that_only_read_are_never_dangerous() -> None:
    reads = [
        each for each in endpoints().values() if re.match(r"(get|list|query|check|search)_|check$|get$", each.name)
    ]
    assert len(reads) > 50
    assert [each.command for each in reads if each.danger] == []


def test_harmless_calls_exist() -> None:
    assert HARMLESS.keys() <= endpoints().keys()
