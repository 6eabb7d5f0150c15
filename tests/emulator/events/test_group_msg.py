"""Events of group messages and topics, and what the app's answers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.conftest import NOW, Api, text
from tests.emulator.receiver import Receiver, receiving
from tests.families.groups import make_group

G = "group_open_http_svc/"
BEFORE, AFTER = "Group.CallbackBeforeSendMsg", "Group.CallbackAfterSendMsg"
EVENT_TIME = NOW * 1000


@pytest.fixture
async def hooked(start: Callable[..., Any]):
    async with receiving() as receiver, start(webhook_url=receiver.url, rate_limits={"*": 100_000}) as api:
        api.emulator.add_accounts("carol")
        yield api, receiver


async def send(api: Api, group: str, **changes: Any) -> dict[str, Any]:
    answer = await api.call(f"{G}send_group_msg", {"GroupId": group, "Random": 1, "MsgBody": [text()], **changes})
    await api.emulator.webhooks_settled()
    return answer


def bodies(receiver: Receiver, command: str) -> list[dict[str, Any]]:
    return [body for query, body in receiver.got if query["CallbackCommand"] == command]


def words(api: Api, group: str) -> list[str]:
    return [message.msg_body[0].text for message in api.emulator.group_history(group)]


async def test_a_message_has_a_before_and_an_after_event(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = make_group(api.emulator)
    answer = await send(api, group, From_Account="bob", CloudCustomData="data")
    assert receiver.commands == [BEFORE, AFTER]
    (before,), (after,) = bodies(receiver, BEFORE), bodies(receiver, AFTER)
    shared = {
        "GroupId": group,
        "Type": "Public",
        "From_Account": "bob",
        "Operator_Account": "administrator",
        "Random": 1,
        "OnlineOnlyFlag": 0,
        "MsgBody": [text()],
        "CloudCustomData": "data",
        "EventTime": EVENT_TIME,
    }
    assert before == {"CallbackCommand": BEFORE, **shared}
    assert after == {"CallbackCommand": AFTER, **shared, "MsgSeq": 1, "MsgTime": answer["MsgTime"]}
    await send(api, group, From_Account="bob")
    assert receiver.commands == [BEFORE, AFTER], "a repeat causes no events"


@pytest.mark.parametrize(("said", "code"), [(1, 10016), (10150, 10150), (7, 10016)])
async def test_the_app_refuses(hooked: tuple[Api, Receiver], said: int, code: int) -> None:
    api, receiver = hooked
    group = make_group(api.emulator)
    receiver.answers[BEFORE] = {"ActionStatus": "OK", "ErrorCode": said, "ErrorInfo": "no"}
    assert (await send(api, group))["ErrorCode"] == code
    assert words(api, group) == []
    del receiver.answers[BEFORE]
    assert (await send(api, group))["MsgSeq"] == 1, "what was refused is no repeat"


async def test_the_app_drops_and_replaces(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = make_group(api.emulator)
    receiver.answers[BEFORE] = {"ActionStatus": "OK", "ErrorCode": 2, "ErrorInfo": ""}
    assert (await send(api, group))["MsgSeq"] == 1
    assert words(api, group) == []
    assert bodies(receiver, AFTER) == []
    new = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "MsgBody": [text("new")], "CloudCustomData": "new"}
    receiver.answers[BEFORE] = new
    assert (await send(api, group, Random=2))["MsgSeq"] == 1
    assert words(api, group) == ["new"]
    assert bodies(receiver, AFTER)[0]["MsgBody"] == [text("new")]
    assert api.emulator.group_history(group)[0].cloud_custom_data == "new"


async def test_webhooks_can_be_left_out(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    both = ["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]
    await send(api, make_group(api.emulator), ForbidCallbackControl=both)
    assert receiver.commands == []


async def test_a_refused_muted_sender_is_an_event(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = make_group(api.emulator)
    api.emulator.groups[group].thread.mute("bob", 60, NOW)
    assert (await send(api, group, From_Account="bob"))["ErrorCode"] == 10017
    (event,) = bodies(receiver, "Group.CallbackSendMsgException")
    assert (event["ErrorCode"], event["From_Account"], event["GroupId"]) == (10017, "bob", group)
    assert receiver.commands == ["Group.CallbackSendMsgException"]


async def test_recalls_edits_and_receipts_are_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = make_group(api.emulator)
    quiet = {"ForbidCallbackControl": ["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]}
    await send(api, group, NeedReadReceipt=1, SupportMessageExtension=1, From_Account="alice", **quiet)
    seqs = [{"MsgSeq": 1}]
    report = {"GroupId": group, "From_Account": "bob", "MsgSeqList": seqs}
    for _ in range(2):  # the second time changes nothing
        await api.call(f"{G}group_msg_receipt", report)
    pairs = [{"Key": "k", "Value": "v"}]
    change = {"GroupId": group, "MsgSeq": 1, "OperateType": 1, "ExtensionList": pairs}
    await api.call("openim_msg_ext_http_svc/group_set_key_values", change)
    await api.call("openim/modify_group_msg", {"GroupId": group, "MsgSeq": 1, "MsgBody": [text("edited")]})
    await api.call(f"{G}group_msg_recall", {"GroupId": group, "MsgSeqList": [*seqs, {"MsgSeq": 9}]})
    await api.call(f"{G}group_msg_recall", {"GroupId": group, "MsgSeqList": [{"MsgSeq": 9}]})
    await api.emulator.webhooks_settled()
    assert receiver.commands == [
        "Group.CallbackAfterReadReceipt",
        "Group.CallbackAfterGroupMsgExtension",
        "Group.CallbackAfterModifyMsg",
        "Group.CallbackAfterRecallMsg",
    ]
    receipt, extension, edit, recall = (body for _, body in receiver.got)
    assert receipt["GroupMsgReceiptList"] == [
        {"MsgSeq": 1, "ReadNum": 1, "UnreadNum": 1, "ReadReceiptMembers": [{"Member_Account": "bob"}]}
    ]
    assert extension["ExtensionList"] == [{"Key": "k", "Value": "v", "Seq": 1}]
    assert (extension["OperateType"], extension["Seq"]) == (1, 1)
    assert (edit["From_Account"], edit["MsgBody"]) == ("alice", [text("edited")])
    assert recall["MsgSeqList"] == seqs


async def test_topics_have_before_and_after_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = make_group(api.emulator, "Community", support_topic=True)
    svc, topic = "million_group_open_http_svc/", f"{group}@TOPIC#_news"
    create = {"GroupId": group, "TopicId": topic, "TopicName": "News", "From_Account": "bob"}
    receiver.answers["Group.CallbackBeforeCreateTopic"] = {"ActionStatus": "OK", "ErrorCode": 1, "ErrorInfo": "no"}
    assert (await api.call(f"{svc}create_topic", create))["ErrorCode"] == 10016
    assert api.emulator.groups[group].topics == {}
    del receiver.answers["Group.CallbackBeforeCreateTopic"]
    await api.call(f"{svc}create_topic", create)
    await api.call(f"{svc}modify_topic", {"GroupId": group, "TopicId": topic, "TopicName": "Old news"})
    await api.call(f"{G}import_topic", {"GroupId": group, "TopicName": "imported"})
    await api.call(f"{svc}destroy_topic", {"GroupId": group, "TopicIdList": [topic, "gone"]})
    await api.call(f"{svc}destroy_topic", {"GroupId": group, "TopicIdList": ["gone"]})
    await api.emulator.webhooks_settled()
    assert receiver.commands == [
        "Group.CallbackBeforeCreateTopic",
        "Group.CallbackBeforeCreateTopic",
        "Group.CallbackAfterCreateTopic",
        "Group.CallbackAfterTopicInfoChanged",
        "Group.CallbackAfterTopicDestroyed",
    ]
    _, asked, made, changed, destroyed = (body for _, body in receiver.got)
    assert (asked["Operator_Account"], asked["Name"], asked["GroupId"]) == ("bob", "News", group)
    assert (made["TopicId"], made["Owner_Account"], made["Type"]) == (topic, "alice", "Community")
    assert (changed["Name"], changed["Operator_Account"], "Notification" in changed) == (
        "Old news",
        "administrator",
        False,
    )
    assert destroyed["TopicIdList"] == [topic]
