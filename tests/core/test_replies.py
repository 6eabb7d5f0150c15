"""The contents of answers: damaged texts are repaired, contradictions are not a success."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests import clock
from tests.scripted import OK, scripted
from tim_async import (
    ApiError,
    RateLimitedError,
    ReplyDecodeError,
    ServiceBusyError,
    TextElem,
    TimClient,
    TimError,
    endpoints,
)

LOST = "\N{REPLACEMENT CHARACTER}"
DAMAGE = [
    pytest.param(rb"\ud83d", LOST, id="half a pair"),
    pytest.param(b"\xf0\x9f\x98", LOST, id="cut character"),
    pytest.param(b"\x01", "\x01", id="raw control"),
]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def send(client: TimClient) -> Any:
    return await client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])


def error_of(reply: bytes, **options: Any) -> TimError:
    client, _ = scripted(reply, **options)
    with pytest.raises(TimError) as caught:
        clock.run(send(client))
    return caught.value


def page(text: bytes) -> bytes:
    messages = b",".join(
        b'{"MsgKey":"%d","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"%s"}}]}' % (number, each)
        for number, each in enumerate((b"before", b"a" + text + b"b", b"after"))
    )
    return b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"Complete":1,"MsgCnt":3,"MsgList":[%s]}' % messages


@pytest.mark.parametrize(("text", "read"), DAMAGE)
def test_one_damaged_message_costs_no_page(text: bytes, read: str, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = scripted(page(text))

    async def texts() -> list[str]:
        found = client.c2c.iter_roam_msgs("alice", "bob", max_time=10)
        return [
            element.text async for message in found for element in message.msg_body if isinstance(element, TextElem)
        ]

    assert clock.run(texts()) == ["after", f"a{read}b", "before"]
    (line,) = warnings(caplog)
    assert line.startswith("openim/admin_getroammsg: a text in the answer is damaged (")


@pytest.mark.parametrize(("text", "read"), DAMAGE)
def test_the_same_for_a_raw_request(text: bytes, read: str, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = scripted(page(text))
    answer = clock.run(client.request("openim/admin_getroammsg", {}))
    assert answer["MsgList"][1]["MsgBody"][0]["MsgContent"]["Text"] == f"a{read}b"
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(("text", "read"), DAMAGE)
def test_an_info_that_was_cut_still_gives_the_code(text: bytes, read: str, caplog: pytest.LogCaptureFixture) -> None:
    error = error_of(b'{"ActionStatus":"FAIL","ErrorCode":60007,"ErrorInfo":"too many' + text + b'"}')
    assert isinstance(error, RateLimitedError)
    assert (error.code, error.info) == (60007, f"too many{read}")
    assert [line for line in warnings(caplog) if "damaged" in line] == warnings(caplog)[:1]


def test_each_attempt_that_needs_it_is_repaired(caplog: pytest.LogCaptureFixture) -> None:
    busy = b'{"ErrorCode":91000,"ErrorInfo":"\xe4"}'
    client, pool = scripted(busy, busy, OK)
    assert clock.run(send(client)).msg_key
    assert len(pool.sent) == 3
    assert sum("damaged" in line for line in warnings(caplog)) == 2


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        pytest.param(b'{"ErrorCode":0,"MsgTime":NaN}', "invalid character", id="NaN"),
        pytest.param(b'{"ErrorCode":Infinity}', "invalid character", id="infinity"),
        pytest.param(b'{"ErrorCode":0,"MsgTime":1e999}', "out of range", id="infinite number"),
        pytest.param(b'{"ErrorCode":0,"MsgTime":' + b"9" * 5000 + b"}", "out of range", id="huge number"),
        pytest.param(b'{"ErrorCode":0,"A":' + b"[" * 100_000, "recursion", id="deep nesting"),
        pytest.param(b'{"ErrorCode":0,"A":"\xff","B":' + b"[" * 100_000, "recursion", id="deep nesting after damage"),
        pytest.param(b'{"ErrorCode":1,"ErrorCode":0}', "two ErrorCodes", id="two codes"),
        pytest.param(b'{"ErrorCode":0,"A":"\xff"', "truncated", id="cut off after damage"),
        pytest.param(b'{"ErrorCode":0,"MsgTime":{},"MsgKey":"\xff"}', "MsgTime", id="misfit after damage"),
    ],
)
def test_what_is_not_the_services_json_is_said_clearly(
    reply: bytes, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = error_of(reply)
    assert isinstance(error, ReplyDecodeError)
    assert problem in error.message
    assert error.maybe_delivered
    assert warnings(caplog) == []


def test_raw_request_reads_no_huge_number_and_no_deep_nesting() -> None:
    for reply in (b'{"ErrorCode":0,"A":' + b"9" * 5000 + b"}", b'{"ErrorCode":0,"A":1e999}'):
        client, _ = scripted(reply)
        with pytest.raises(ReplyDecodeError, match="out of range"):
            clock.run(client.request("x/y", {}))


def test_failed_with_code_0_is_no_success() -> None:
    error = error_of(b'{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":"half done","MsgKey":"k"}')
    assert isinstance(error, ReplyDecodeError)
    assert error.maybe_delivered
    assert error.message == "the answer says ActionStatus FAIL and ErrorCode 0: half done"
    assert "no ErrorInfo" in error_of(b'{"ActionStatus":"FAIL","ErrorCode":0}').message


@pytest.mark.parametrize("status", ['"OK"', '"SomeError"', '"Fine"', '""', "null"])
def test_every_other_status_with_code_0_is_a_success(status: str) -> None:
    client, _ = scripted(OK.replace(b'"OK"', status.encode()))
    assert clock.run(send(client)).msg_key


def test_a_refusal_is_a_refusal_whatever_its_status() -> None:
    for status in ("OK", "FAIL", "SomeError"):
        error = error_of(b'{"ActionStatus":"%s","ErrorCode":20003}' % status.encode())
        assert isinstance(error, ApiError)
        assert error.code == 20003
    assert isinstance(error_of(b'{"ErrorCode":91000}'), ServiceBusyError)


@pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])
@pytest.mark.parametrize("reply", [b'{"ErrorCode":0}', b'{"ErrorCode":0,"MsgKey":""}'], ids=["missing", "empty"])
def test_a_message_without_a_key_is_worth_one_warning(
    reply: bytes, raw: bool, caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = scripted(reply)

    async def main() -> None:
        for _ in range(3):
            await (client.request("openim/sendmsg", {}) if raw else send(client))
        await client.c2c.recall(from_account="a", to_account="b", msg_key="k")  # names no message: no warning
        await client.request("openim/other", {})

    clock.run(main())
    (line,) = warnings(caplog)
    assert line.startswith("openim/sendmsg: the answer says success but has no MsgKey")


def test_a_message_with_a_key_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = scripted()
    clock.run(send(client))
    clock.run(client.request("openim/sendmsg", {}))
    assert warnings(caplog) == []


def test_what_must_be_named_are_whole_messages() -> None:
    """The pieces of a streamed message are named by the first answer."""
    assert {command for command, endpoint in endpoints().items() if endpoint.has_msg_key} == {
        "openim/sendmsg",
        "openim/batchsendmsg",
        "official_account_open_http_svc/send_official_account_msg",
    }
