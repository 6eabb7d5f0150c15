"""An event with a damaged text reaches its handlers, with everything else that it has."""

from __future__ import annotations

import json

import pytest

from tests.webhooks.receiver import AFTER, BEFORE, OK, make, watched
from tests.webhooks.requests import query
from tim_async import TextElem
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, UnknownEvent, decode_event

LOST = "\N{REPLACEMENT CHARACTER}"
DAMAGE = [
    pytest.param(rb"\ud83d", LOST, id="half a pair"),
    pytest.param(b"\xf0\x9f\x98", LOST, id="cut character"),
    pytest.param(b"\x1b", "\x1b", id="raw control"),
]


def damaged(command: str, text: bytes) -> bytes:
    return (
        b'{"CallbackCommand":"%b","From_Account":"alice","MsgSeq":7,"CloudCustomData":"a%bb","New":"%b",'
        b'"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"%b!"}}]}' % (command.encode(), text, text, text)
    )


@pytest.mark.parametrize("command", [AFTER, BEFORE])
@pytest.mark.parametrize(("text", "read"), DAMAGE)
async def test_event_with_a_damaged_text_reaches_its_handlers(
    command: str, text: bytes, read: str, caplog: pytest.LogCaptureFixture
) -> None:
    router, errors = make()
    got = watched(router)
    async with router:
        response = await router.handle(query(command), damaged(command, text))
    assert (response.status, json.loads(response.body)) == (200, OK)
    assert errors == []
    event = got[0]
    assert isinstance(event, AfterSendMsg | BeforeSendMsg)
    assert event.callback_command == command
    assert (event.from_account, event.msg_seq, event.cloud_custom_data) == ("alice", 7, f"a{read}b")
    assert event.msg_body == [TextElem(f"{read}!")]
    assert (event.extra, event.body["MsgSeq"]) == ({"New": read}, 7)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"{command}: a text in the body is damaged (")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"From_Account":"\ud83d","MsgSeq":7}', id="text"),
        pytest.param({"From_Account": "\ud83d", "MsgSeq": 7}, id="decoded by a reader that lets it pass"),
    ],
)
def test_half_a_pair_in_what_was_decoded_already(body: object) -> None:
    event = decode_event(AFTER, body)  # type: ignore[arg-type]
    assert isinstance(event, AfterSendMsg)
    assert (event.from_account, event.msg_seq) == (LOST, 7)


def test_log_line_cannot_be_steered_by_a_command(caplog: pytest.LogCaptureFixture) -> None:
    event = decode_event("New.\x1b]8;;http://x\x07\u202e\x9b1m" + "x" * 1000, b'{"a":"\xff"}')
    assert isinstance(event, UnknownEvent)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(r"New.\x1b]8;;http://x\x07\u202e\x9b1mxxx")
    assert line.isprintable()
    assert len(line) < 400
