"""What may be answered to which event, and what it looks like on the wire."""

from __future__ import annotations

import json

import pytest

from tests.webhooks.bodies import BODIES
from tim_async import CustomElem, TextElem, encode
from tim_async.emulator.outgoing.verdict import GO_ON, Verdict, judge
from tim_async.errors import AnswerError
from tim_async.webhooks import (
    EVENTS,
    Allow,
    AnswerBody,
    BeforeEvent,
    Drop,
    Refuse,
    RefuseSome,
    Replace,
    Respond,
    decode_event,
)
from tim_async.webhooks._answer import RULES, answer_body

OK = {"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0}
C2C, GROUP, OFFICIAL = (
    "C2C.CallbackBeforeSendMsg",
    "Group.CallbackBeforeSendMsg",
    "OfficialAccount.CallbackBeforeSendMsg",
)
CREATE, APPLY, INVITE = (
    "Group.CallbackBeforeCreateGroup",
    "Group.CallbackBeforeApplyJoinGroup",
    "Group.CallbackBeforeInviteJoinGroup",
)
SUBSCRIBE = "OfficialAccount.CallbackBeforeAddSubscriber"
FRIEND, RESPONSE = "Sns.CallbackPrevFriendAdd", "Sns.CallbackPrevFriendResponse"
SIGNAL = "Chatbot.OnC2CSignalMessage"
NEW = [TextElem("***"), CustomElem(data="LV1")]
NEW_WIRE = [
    {"MsgType": "TIMTextElem", "MsgContent": {"Text": "***"}},
    {"MsgType": "TIMCustomElem", "MsgContent": {"Data": "LV1"}},
]


def event_of(command):
    event = decode_event(command, BODIES[command])
    assert isinstance(event, BeforeEvent)
    return event


def wire(command, answer):
    return json.loads(encode(answer_body(event_of(command), answer)))


def friends(code, info=""):
    return {**OK, "ResultItem": [{"To_Account": "id1", "ResultCode": code, "ResultInfo": info}]}


FITTING = [
    (C2C, None, OK, GO_ON),
    (C2C, Allow(), OK, GO_ON),
    (C2C, Refuse(), {**OK, "ErrorCode": 1}, 1),
    (C2C, Refuse(code=120_001, info="不行"), {**OK, "ErrorCode": 120_001, "ErrorInfo": "不行"}, 120_001),
    (C2C, Refuse(code=130_000), {**OK, "ErrorCode": 130_000}, 130_000),
    (C2C, Drop(), {**OK, "ErrorCode": 2}, Verdict(is_dropped=True)),
    (
        C2C,
        Replace(msg_body=NEW, cloud_custom_data="x"),
        {**OK, "MsgBody": NEW_WIRE, "CloudCustomData": "x"},
        Verdict(msg_body=NEW, cloud_custom_data="x"),
    ),
    (C2C, Replace(cloud_custom_data=""), {**OK, "CloudCustomData": ""}, Verdict(cloud_custom_data="")),
    (GROUP, Refuse(), {**OK, "ErrorCode": 1}, 1),
    (GROUP, Refuse(code=10_100), {**OK, "ErrorCode": 10_100}, 10_100),
    (GROUP, Refuse(code=10_200), {**OK, "ErrorCode": 10_200}, 10_200),
    (GROUP, Drop(), {**OK, "ErrorCode": 2}, Verdict(is_dropped=True)),
    (GROUP, Replace(msg_body=NEW), {**OK, "MsgBody": NEW_WIRE}, Verdict(msg_body=NEW)),
    (OFFICIAL, Refuse(code=120_001), {**OK, "ErrorCode": 120_001}, 120_001),
    (CREATE, Refuse(code=10_150, info="no"), {**OK, "ErrorCode": 10_150, "ErrorInfo": "no"}, 10_150),
    (APPLY, Refuse(), {**OK, "ErrorCode": 1}, 1),
    (
        INVITE,
        RefuseSome(accounts=["bob"]),
        {**OK, "RefusedMembers_Account": ["bob"]},
        Verdict(refused={"bob": (0, "")}),
    ),
    (
        SUBSCRIBE,
        RefuseSome(accounts=("jared",)),
        {**OK, "RefusedSubscribers_Account": ["jared"]},
        Verdict(refused={"jared": (0, "")}),
    ),
    (FRIEND, None, friends(0), GO_ON),
    (FRIEND, Refuse(), friends(38_000), Verdict(refused={"id1": (38_000, "")})),
    (RESPONSE, Refuse(code=39_000, info="no"), friends(39_000, "no"), Verdict(refused={"id1": (39_000, "no")})),
    (FRIEND, RefuseSome(accounts=["id1"], code=38_001), friends(38_001), Verdict(refused={"id1": (38_001, "")})),
    (FRIEND, RefuseSome(accounts=[]), friends(0), GO_ON),
    (SIGNAL, Respond(rsp_data="{}"), {**OK, "RspData": "{}"}, GO_ON),
]


@pytest.mark.parametrize(("command", "answer", "wanted", "verdict"), FITTING, ids=lambda value: str(value)[:40])
def test_answer_that_fits(command, answer, wanted, verdict):
    assert wire(command, answer) == wanted
    assert judge(event_of(command), answer_body(event_of(command), answer)) == verdict


MISFITS = {
    "drop a group": (CREATE, Drop(), "accepts Allow or Refuse, not Drop"),
    "drop friends": (FRIEND, Drop(), "accepts Allow or Refuse or RefuseSome, not Drop"),
    "replace a request": (APPLY, Replace(cloud_custom_data="x"), "not Replace"),
    "refuse a signal": (SIGNAL, Refuse(), "accepts Allow or Respond, not Refuse"),
    "respond to a message": (C2C, Respond(rsp_data="x"), "not Respond"),
    "some of a message": (C2C, RefuseSome(accounts=["Jonh"]), "not RefuseSome"),
    "a text": (C2C, "no", "not str"),
    "false": (C2C, False, "not bool"),
    "the class": (C2C, Drop, "not StructMeta"),
    "an event": (C2C, EVENTS[C2C](), "not BeforeSendMsg"),
    "code too low": (C2C, Refuse(code=120_000), "code must be 120001 to 130000, not 120000"),
    "code too high": (C2C, Refuse(code=130_001), "code must be 120001 to 130000"),
    "code of a group": (C2C, Refuse(code=10_100), "code must be 120001 to 130000"),
    "code of a message": (GROUP, Refuse(code=120_001), "code must be 10100 to 10200"),
    "code 0": (GROUP, Refuse(code=0), "code must be 10100 to 10200"),
    "code of text": (GROUP, Refuse(code="10100"), "code must be 10100 to 10200"),
    "code true": (GROUP, Refuse(code=True), "code must be 10100 to 10200"),
    "code of a friend": (FRIEND, Refuse(code=39_001), "code must be 38000 to 39000"),
    "info of bytes": (C2C, Refuse(info=b"no"), "error_info"),
    "nothing in the body": (C2C, Replace(msg_body=[]), "msg_body is empty"),
    "no elements in the body": (C2C, Replace(msg_body=["hi"]), "msg_body[0] must be an element, not a str"),
    "two custom elements": (C2C, Replace(msg_body=[CustomElem(data="1")] * 2), "has 2 custom elements"),
    "body of text": (C2C, Replace(msg_body="hi"), "must be a list of elements"),
    "data of bytes": (C2C, Replace(cloud_custom_data=b"x"), "cloud_custom_data"),
    "someone else": (INVITE, RefuseSome(accounts=["eve"]), "an account that the event does not name"),
    "accounts of text": (INVITE, RefuseSome(accounts="bob"), "must be a list"),
    "accounts no text": (INVITE, RefuseSome(accounts=[["bob"]]), "does not name"),
    "code for some members": (INVITE, RefuseSome(accounts=["bob"], code=10_100), "only friends"),
    "response of a number": (SIGNAL, Respond(rsp_data=1), "rsp_data"),
}


@pytest.mark.parametrize(("command", "answer", "problem"), MISFITS.values(), ids=MISFITS)
def test_answer_that_does_not_fit(command, answer, problem):
    with pytest.raises(AnswerError) as caught:
        answer_body(event_of(command), answer)
    assert problem in caught.value.message


def test_every_before_event_has_a_rule():
    assert set(RULES) == {kind for kind in EVENTS.values() if issubclass(kind, BeforeEvent)}


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (AnswerBody(error_code=5), 1),
        (AnswerBody(error_code=-1), 1),
        (AnswerBody(msg_body=[]), GO_ON),
        (AnswerBody(msg_body=[CustomElem(data="1")] * 2, cloud_custom_data="x"), GO_ON),
    ],
)
def test_answers_that_our_receiver_never_gives(body, verdict):
    assert judge(event_of(C2C), body) == verdict
    assert judge(event_of(CREATE), AnswerBody(error_code=2)) == 1, "only messages can be dropped"
