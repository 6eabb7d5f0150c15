"""Sent messages, in a form that suits tests."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW, SEND, message, text
from tim_async import UsageError

CUSTOM = {"MsgType": "TIMCustomElem", "MsgContent": {"Data": "x"}}


@pytest.fixture
async def sent(api):
    """Two messages, a batch and a group message."""
    await api.call(SEND, message(MsgBody=[text("one"), CUSTOM, text("two")], CloudCustomData="data"))
    api.clock.now += 1
    create = {"Type": "Public", "Name": "g", "GroupId": "g", "MemberList": [{"Member_Account": "alice"}]}
    assert await api.code("group_open_http_svc/create_group", create) == 0
    group = {"GroupId": "g", "From_Account": "alice", "Random": 1, "MsgBody": [text("to all")]}
    assert await api.code("group_open_http_svc/send_group_msg", group) == 0
    api.clock.now += 1
    await api.call("openim/batchsendmsg", {"To_Account": ["alice", "bob"], "MsgRandom": 5, "MsgBody": [text("batch")]})
    return api.emulator.sent


async def test_all_in_order(sent):
    assert [message.text for message in sent()] == ["one\ntwo", "to all", "batch", "batch"]
    first, second, *_ = sent()
    assert (first.from_account, first.to_account, first.group_id) == ("alice", "bob", None)
    assert (first.cloud_custom_data, first.sent_at, first.is_recalled) == ("data", NOW, False)
    assert (second.from_account, second.to_account, second.group_id) == ("alice", None, "g")


async def test_those_that_are_meant(sent):
    assert [message.text for message in sent(to="bob")] == ["one\ntwo", "batch"]
    assert [message.text for message in sent(to="bob", from_="administrator")] == ["batch"]
    assert [message.text for message in sent(from_="alice")] == ["one\ntwo", "to all"]
    assert [message.text for message in sent(group="g")] == ["to all"]
    assert sent(to="stranger") == []


async def test_group_that_is_not_there(sent):
    with pytest.raises(UsageError) as caught:
        sent(group="h")
    assert caught.value.field == "group"


async def test_recalled_message_says_so(api):
    answer = await api.call(SEND, message())
    recall = {"From_Account": "alice", "To_Account": "bob", "MsgKey": answer["MsgKey"]}
    assert await api.code("openim/admin_msgwithdraw", recall) == 0
    assert [message.is_recalled for message in api.emulator.sent(to="bob")] == [True]
