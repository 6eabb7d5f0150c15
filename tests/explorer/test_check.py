"""The dry run: what it refuses and where, its advice, and that it agrees with a call for every sample."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.emulator.golden import GOLDEN
from tim_async import UsageError, endpoints
from tim_async._api.lints import collected_lints, log_lints
from tim_async._explorer.check import check, read_body

TEXT = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}
MESSAGE = {"To_Account": "bob", "MsgBody": [TEXT]}
LIMIT = 8192


def problems(command: str, body: dict[str, Any]) -> list[tuple[list[str | int], str]]:
    found = check(endpoints()[command], body, LIMIT)
    return [(each.path, each.message) for each in found.problems]


def advice(command: str, body: dict[str, Any]) -> list[tuple[list[str | int], str]]:
    return [(each.path, each.message) for each in check(endpoints()[command], body, LIMIT).advice]


def image(**content: Any) -> dict[str, Any]:
    return {"MsgType": "TIMImageElem", "MsgContent": content}


@pytest.mark.parametrize("content", GOLDEN.values(), ids=GOLDEN)
def test_samples_of_the_documents_pass(content: dict[str, Any]) -> None:
    found = check(endpoints()[content["command"]], content["request"], LIMIT)
    assert found.problems == []
    assert [each for each in found.advice if each.path] == []


@pytest.mark.parametrize("command", endpoints())
def test_of_an_empty_request_all_is_missing_that_is_marked_required(command: str) -> None:
    endpoint = endpoints()[command]
    marked = [[each.wire_name] for each in endpoint.fields if each.required and not each.is_filled_in]
    found = check(endpoint, {}, LIMIT).problems
    assert [each.path for each in found] == marked or (not marked and len(found) <= 1)


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        pytest.param({**MESSAGE, "To_Account": 5}, ["To_Account"], "Expected `str`, got `int`", id="type"),
        pytest.param(
            {**MESSAGE, "MsgBody": []}, ["MsgBody"], "MsgBody is empty; a message must have at least one", id="empty"
        ),
        pytest.param(
            {**MESSAGE, "MsgLifeTime": -1}, ["MsgLifeTime"], "MsgLifeTime must be a whole number from 0 to", id="range"
        ),
        pytest.param(
            {**MESSAGE, "SyncOtherMachine": 3}, ["SyncOtherMachine"], "SyncOtherMachine must be 1 or 2", id="choice"
        ),
        pytest.param(
            {**MESSAGE, "MsgBody": [TEXT, {"MsgType": "TIMTextElem", "MsgContent": {"Text": 5}}]},
            ["MsgBody", 1, "MsgContent", "Text"],
            "MsgBody[1].MsgContent.Text: Expected `str`, got `int`",
            id="type-in-an-element",
        ),
        pytest.param(
            {**MESSAGE, "MsgBody": [image(ImageFormat=1)]},
            ["MsgBody", 0, "MsgContent", "UUID"],
            "UUID must be given",
            id="missing-in-an-element",
        ),
        pytest.param(
            {**MESSAGE, "MsgBody": [image(UUID="x", ImageFormat=7, ImageInfoArray=[{"Type": 1, "URL": "https://h"}])]},
            ["MsgBody", 0, "MsgContent", "ImageFormat"],
            "MsgBody[0] (TIMImageElem): ImageFormat must be",
            id="check-of-an-element",
        ),
        pytest.param({**MESSAGE, "MsgBody": [{"MsgType": 5}]}, ["MsgBody", 0, "MsgType"], "", id="kind-of-an-element"),
        pytest.param(
            {**MESSAGE, "OfflinePushInfo": {"AndroidInfo": {"OPPONotifyLevel": "high"}}},
            ["OfflinePushInfo", "AndroidInfo", "OPPONotifyLevel"],
            "Expected `int | null`, got `str`",
            id="nested",
        ),
    ],
)
def test_problem_says_where_and_what_in_wire_names(body: dict[str, Any], path: list[str | int], message: str) -> None:
    ((where, text),) = problems("openim/sendmsg", body)
    assert where == path
    assert text.startswith(message)
    assert "_account" not in text


def test_item_of_a_list_is_named() -> None:
    assert problems("openim/batchsendmsg", {"To_Account": ["a", "b", ""], "MsgBody": [TEXT]}) == [
        (["To_Account", 2], "To_Account[2] is empty")
    ]
    group = {"Type": "Public", "Name": "g", "MemberList": [{"Member_Account": "a"}, {}]}
    assert problems("group_open_http_svc/create_group", group) == [
        (["MemberList", 1, "Member_Account"], "Member_Account must be given")
    ]


def test_relayed_messages_have_paths_too() -> None:
    relayed = {"From_Account": "a", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {}}]}
    relay = {"MsgType": "TIMRelayElem", "MsgContent": {"Title": "t", "MsgNum": 1, "MsgList": [relayed]}}
    ((path, text),) = problems("openim/sendmsg", {**MESSAGE, "MsgBody": [relay]})
    assert path == ["MsgBody", 0, "MsgContent", "MsgList", 0, "MsgBody", 0, "MsgContent", "Text"]
    assert text == "Text must be given"


def test_all_that_is_wrong_in_fields_that_can_be_left_out_is_found() -> None:
    body = {**MESSAGE, "MsgLifeTime": -1, "SyncOtherMachine": 9, "OfflinePushInfo": {"PushFlag": 7}}
    found = problems("openim/sendmsg", body)
    assert sorted(str(path[0]) for path, _ in found) == ["MsgLifeTime", "OfflinePushInfo", "SyncOtherMachine"]


def test_message_over_the_limit_and_its_size() -> None:
    large = {**MESSAGE, "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "字" * 3000}}]}
    ((path, text),) = problems("openim/sendmsg", large)
    assert path == ["MsgBody"]
    assert "over the limit of 8192" in text
    assert check(endpoints()["openim/sendmsg"], large, 12_288).problems == []
    found = check(endpoints()["openim/sendmsg"], MESSAGE, LIMIT)
    assert found.size_bytes == len(json.dumps(MESSAGE, separators=(",", ":")))
    assert found.limit_bytes == LIMIT
    assert check(endpoints()["profile/portrait_get"], {}, LIMIT).limit_bytes is None


def test_fields_that_no_page_has_are_advice_wherever_they_are() -> None:
    body = {**MESSAGE, "ToAccount": "x", "OfflinePushInfo": {"PushFlg": 0}}
    body["MsgBody"] = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi", "Txt": "hi"}}]
    found = {tuple(path): text for path, text in advice("openim/sendmsg", body)}
    assert set(found) == {
        ("ToAccount",),
        ("OfflinePushInfo", "PushFlg"),
        ("MsgBody", 0, "MsgContent", "Txt"),
    }
    assert found["OfflinePushInfo", "PushFlg"].endswith("did you mean 'PushFlag'?")
    assert problems("openim/sendmsg", body) == []


def test_older_names_of_fields_are_known() -> None:
    assert advice("im_open_login_svc/account_import", {"Identifier": "bob"}) == []
    assert problems("im_open_login_svc/account_import", {"Identifier": "bob"}) == []


def test_free_objects_and_kinds_that_are_not_known_pass() -> None:
    unknown = {"MsgType": "TIMNewElem", "MsgContent": {"Any": 1}}
    body = {**MESSAGE, "MsgBody": [unknown], "OfflinePushInfo": {"PushTemplateParam": {"x": "y"}}}
    assert problems("openim/sendmsg", body) == []
    assert advice("openim/sendmsg", body) == [
        (["MsgBody", 0, "MsgType"], "this kind of element is not documented; it is sent unchanged")
    ]


def test_lints_are_shown_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    body = {**MESSAGE, "OfflinePushInfo": {"AndroidInfo": {"OPPONotifyLevel": 16}}}
    with caplog.at_level(logging.WARNING):
        assert advice("openim/sendmsg", body) == [
            ([], "OPPONotifyLevel without OPPOCategory: OPPO requires both"),
        ]
    assert caplog.messages == []


def test_lints_are_logged_again_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    with collected_lints() as lints:
        log_lints(["a lint of this test"])
    with caplog.at_level(logging.WARNING):
        log_lints(["a lint of this test"])
    assert lints == ["a lint of this test"]
    assert caplog.messages == ["lint: a lint of this test"]


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "5", "null", '{"a":NaN}', "[" * 100_000, '{"a":"\ud800"}'], ids=lambda text: text[:8]
)
def test_what_is_not_an_object_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a JSON object"):
        read_body(text)


@pytest.mark.parametrize(
    "body",
    [
        {"To_Account": None, "MsgBody": None},
        {"To_Account": {}, "MsgBody": {"MsgType": []}},
        {"To_Account": "b", "MsgBody": ["x", 5, None, [[]]]},
        {"To_Account": "b", "MsgBody": [{"MsgType": None, "MsgContent": None}]},
        {"To_Account": "b", "MsgBody": [TEXT], "OfflinePushInfo": [1]},
        {"To_Account": "b" * 100_000, "MsgBody": [TEXT]},
        {"To_Account": "b", "MsgBody": [TEXT], "MsgSeq": 2**70, "<script>": {"<img>": []}},
    ],
)
def test_garbage_is_refused_in_order(body: dict[str, Any]) -> None:
    for command in ("openim/sendmsg", "openim/batchsendmsg", "group_open_http_svc/create_group"):
        assert problems(command, body)
