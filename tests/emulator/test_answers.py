"""The wire form of answers: which empty fields are present, and which are absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tim_async._api.endpoint import Endpoint
from tim_async.emulator.answers import answered, failed
from tim_async.families._registry import endpoints
from tim_async.models.account import OnlineStatus, OnlineStatuses
from tim_async.models.c2c import BatchSendMsgResult, RoamMsg, RoamMsgs
from tim_async.models.elements import RawElem, TextElem
from tim_async.models.profile import Profiles, UserProfile
from tim_async.models.push import PushOutcome

DISPLAYED = ["sns/friend_get", "profile/portrait_get", "follow/follow_add", "recentcontact/get_list"]
NOT_DISPLAYED = ["openim/sendmsg", "recentcontact/get_contact_group", "group_open_http_svc/create_group"]


def read(body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(body)
    return answer


@pytest.mark.parametrize("command", DISPLAYED)
def test_relations_profiles_and_contacts_have_an_error_display(command: str) -> None:
    result = endpoints()[command].result()
    assert read(answered(command, result))["ErrorDisplay"] == ""
    assert read(failed(30001, "no", command=command))["ErrorDisplay"] == ""


@pytest.mark.parametrize("command", NOT_DISPLAYED)
def test_other_answers_have_no_error_display(command: str) -> None:
    result = endpoints()[command].result()
    assert "ErrorDisplay" not in read(answered(command, result))
    assert read(failed(1, "no", command=command)) == {"ActionStatus": "FAIL", "ErrorInfo": "no", "ErrorCode": 1}


def test_empty_lists_and_texts_are_there() -> None:
    page = RoamMsgs(msg_list=[RoamMsg(from_account="a", to_account="b", msg_body=[])])
    answer = read(answered("openim/admin_getroammsg", page))
    assert answer["LastMsgKey"] == ""
    (message,) = answer["MsgList"]
    assert message["MsgBody"] == []
    assert "CloudCustomData" not in message, "the message has none"
    assert read(answered("openim/admin_getroammsg", RoamMsgs()))["MsgList"] == []


def test_elements_are_as_they_came() -> None:
    elements = [TextElem(text="hi"), RawElem(msg_type="TIMKindOfTomorrow", msg_content={"Any": [1, None]})]
    answer = read(answered("openim/admin_getroammsg", RoamMsgs(msg_list=[RoamMsg(msg_body=elements)])))
    assert answer["MsgList"][0]["MsgBody"] == [
        {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}},
        {"MsgType": "TIMKindOfTomorrow", "MsgContent": {"Any": [1, None]}},
    ]


@pytest.mark.parametrize(
    ("command", "result", "field"),
    [
        ("profile/portrait_get", Profiles(user_profile_item=[UserProfile(to_account="a")]), "Fail_Account"),
        ("openim/batchsendmsg", BatchSendMsgResult(msg_key="1_2_3"), "ErrorList"),
        ("timpush/add_tag", PushOutcome(), "ErrorList"),
    ],
)
def test_lists_of_failures_are_left_out_where_the_page_says_so(command: str, result: Any, field: str) -> None:
    assert field not in read(answered(command, result))


def test_online_state_names_platforms_only_of_those_who_have_some() -> None:
    result = OnlineStatuses(query_result=[OnlineStatus(to_account="a", status="Offline")])
    answer = read(answered("openim/query_online_status", result))
    assert answer["QueryResult"] == [{"To_Account": "a", "Status": "Offline"}]
    assert answer["ErrorList"] == [], "this list of failures is blank, not absent"


@pytest.mark.parametrize("endpoint", endpoints().values(), ids=endpoints())
def test_every_result_can_be_answered(endpoint: Endpoint[..., Any]) -> None:
    body = answered(endpoint.command, endpoint.result(), action_status="SomeError", error_info="x")
    assert read(body)["ActionStatus"] == "SomeError"
    assert endpoint.read_result(body) == endpoint.result()
