"""Webhooks that the emulator sends: when, how, in which order, and what their answers do."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import Any

import pytest
from aiohttp import web

from tests.emulator.conftest import NOW, SEND, message, text, until
from tests.emulator.receiver import OK, TOKEN, receiving
from tim_async import UsageError
from tim_async.emulator import Emulator
from tim_async.emulator.dispatch import HANDLERS
from tim_async.models.c2c import SendMsgResult
from tim_async.models.elements import TextElem
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, RequestOverLimit

BEFORE, AFTER = "C2C.CallbackBeforeSendMsg", "C2C.CallbackAfterSendMsg"


async def test_a_message_has_a_before_and_an_after_event(hooked):
    api, receiver = hooked
    answer = await api.call(SEND, message(CloudCustomData="data"))
    await api.emulator.webhooks_settled()
    assert receiver.commands == [BEFORE, AFTER]
    (before_query, before), (after_query, after) = receiver.got
    for query in (before_query, after_query):
        assert query["Sign"] == hashlib.sha256(f"{TOKEN}{NOW}".encode()).hexdigest()
        assert {**query, "Sign": "", "CallbackCommand": ""} == {
            "SdkAppid": "1400000000",
            "CallbackCommand": "",
            "contenttype": "json",
            "ClientIP": "127.0.0.1",
            "OptPlatform": "RESTAPI",
            "RequestTime": str(NOW),
            "Sign": "",
        }
    shared = {
        "From_Account": "alice",
        "To_Account": "bob",
        "MsgSeq": 1,
        "MsgRandom": 2,
        "MsgTime": NOW,
        "MsgKey": answer["MsgKey"],
        "MsgId": answer["MsgId"],
        "OnlineOnlyFlag": 0,
        "MsgBody": [text()],
        "CloudCustomData": "data",
        "EventTime": NOW * 1000,
    }
    assert before == {"CallbackCommand": BEFORE, **shared}
    assert {name: after[name] for name in shared} == shared
    assert (after["SendMsgResult"], after["ErrorInfo"]) == (0, "send msg succeed")


async def test_without_an_address_events_are_kept_and_nothing_is_asked(api):
    assert await api.code(SEND, message()) == 0
    assert [type(hook.event) for hook in api.emulator.webhooks] == [BeforeSendMsg, AfterSendMsg]
    assert [hook.sends for hook in api.emulator.webhooks] == [0, 0]
    assert api.emulator.events(AfterSendMsg)[0].msg_body == [TextElem("hi")]


async def test_without_a_token_nothing_is_signed(start):
    async with receiving() as receiver, start(webhook_url=receiver.url) as api:
        await api.call(SEND, message())
    assert all("Sign" not in query and "RequestTime" not in query for query, _ in receiver.got)
    assert receiver.commands == [BEFORE, AFTER]


@pytest.mark.parametrize(
    ("answer", "code", "info"),
    [
        pytest.param({**OK, "ErrorCode": 1}, 20006, None, id="refused"),
        pytest.param({**OK, "ErrorCode": 120_001, "ErrorInfo": "请勿"}, 120_001, "请勿", id="own-code"),
        pytest.param({**OK, "ErrorCode": 130_000}, 130_000, None, id="own-last-code"),
        pytest.param({**OK, "ErrorCode": 130_001}, 20006, None, id="code-it-has-not"),
    ],
)
async def test_refused_message_is_not_stored_and_has_no_after_event(hooked, answer, code, info):
    api, receiver = hooked
    receiver.answers[BEFORE] = answer
    reply = await api.call(SEND, message())
    assert reply["ErrorCode"] == code
    assert info is None or reply["ErrorInfo"] == info
    assert api.emulator.messages() == []
    await api.emulator.webhooks_settled()
    assert receiver.commands == [BEFORE]
    receiver.answers.clear()
    assert await api.code(SEND, message()) == 0, "a refused message is no first one"


async def test_replaced_message_is_stored_and_emitted(hooked):
    api, receiver = hooked
    receiver.answers[BEFORE] = {**OK, "MsgBody": [text("***")], "CloudCustomData": "checked"}
    assert await api.code(SEND, message(CloudCustomData="mine")) == 0
    (stored,) = api.emulator.history("bob", "alice")
    assert (stored.msg_body, stored.cloud_custom_data) == ([TextElem("***")], "checked")
    await api.emulator.webhooks_settled()
    after = receiver.got[1][1]
    assert (after["MsgBody"], after["CloudCustomData"]) == ([text("***")], "checked")
    assert await api.code(SEND, message(CloudCustomData="mine")) == 0
    assert len(api.emulator.messages()) == 1, "the sender's own content is what a repeat is known by"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="empty"),
        pytest.param([{"MsgType": "TIMCustomElem", "MsgContent": {}}] * 2, id="two-custom"),
    ],
)
async def test_replacement_that_cannot_be_sent_counts_for_nothing(hooked, body):
    api, receiver = hooked
    receiver.answers[BEFORE] = {**OK, "MsgBody": body}
    assert await api.code(SEND, message()) == 0
    assert api.emulator.history("bob", "alice")[0].msg_body == [TextElem("hi")]


async def test_dropped_message_seems_sent(hooked):
    api, receiver = hooked
    receiver.answers[BEFORE] = {**OK, "ErrorCode": 2}
    answer = await api.call(SEND, message())
    assert (answer["ErrorCode"], answer["MsgTime"]) == (0, NOW)
    assert answer["MsgKey"]
    assert api.emulator.messages() == []
    await api.emulator.webhooks_settled()
    assert receiver.commands == [BEFORE]
    assert await api.call(SEND, message()) == answer, "and is known as sent"
    assert receiver.commands == [BEFORE]


@pytest.mark.parametrize(
    ("control", "left"),
    [
        pytest.param(["ForbidBeforeSendMsgCallback"], [AFTER], id="before"),
        pytest.param(["ForbidAfterSendMsgCallback"], [BEFORE], id="after"),
        pytest.param(["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"], [], id="both"),
    ],
)
async def test_forbid_callback_control_is_honoured(hooked, control, left):
    api, receiver = hooked
    assert await api.code(SEND, message(ForbidCallbackControl=control)) == 0
    await api.emulator.webhooks_settled()
    assert receiver.commands == left


async def test_refused_message_has_no_before_event(hooked):
    api, receiver = hooked
    assert await api.code(SEND, message(To_Account="stranger")) == 90012
    assert await api.code(SEND, message(MsgBody=[])) == 90010
    assert receiver.got == []


async def test_batch_fires_none(hooked):
    api, receiver = hooked
    body = {"To_Account": ["alice", "bob"], "MsgRandom": 5, "MsgBody": [text()]}
    assert await api.code("openim/batchsendmsg", body) == 0
    await api.emulator.webhooks_settled()
    assert receiver.got == []
    assert len(api.emulator.messages()) == 2


NO_ANSWER = {
    "late": None,
    "status": web.Response(status=500, text="{}"),
    "redirect": web.Response(status=307, headers={"Location": "/hook/"}),
    "html": web.Response(text="<html>", content_type="text/html"),
    "list": [1],
    "wrong type": {"ActionStatus": "OK", "ErrorCode": [], "ErrorInfo": ""},
}


@pytest.mark.parametrize("answer", NO_ANSWER.values(), ids=NO_ANSWER)
@pytest.mark.parametrize(("on_failure", "code"), [("allow", 0), ("refuse", 80003)])
async def test_before_event_without_an_answer(start, answer, on_failure, code):
    async with (
        receiving() as receiver,
        start(webhook_url=receiver.url, webhook_timeout_s=0.05, webhook_on_failure=on_failure) as api,
    ):
        receiver.answers[BEFORE] = receiver.never if answer is None else answer
        assert await api.code(SEND, message()) == code
        assert len(api.emulator.messages()) == (code == 0)
        assert api.emulator.webhooks[0].answer is None
        assert api.emulator.webhooks[0].problem


async def test_redirect_is_not_followed(hooked):
    api, receiver = hooked

    async def move() -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"}) if len(receiver.got) == 1 else OK

    receiver.answers[BEFORE] = move
    assert await api.code(SEND, message(ForbidCallbackControl=["ForbidAfterSendMsgCallback"])) == 0
    assert api.emulator.webhooks[0].problem == "HTTP status 307 (redirects are not followed)"
    assert len(receiver.got) == 1


async def test_event_emitted_before_a_before_event_is_sent_once(hooked, monkeypatch):
    api, receiver = hooked

    def handler(call):
        call.emit(AfterSendMsg(msg_key="emitted"))
        call.ask(BeforeSendMsg(msg_key="asked"), refused=20006)
        return SendMsgResult()

    monkeypatch.setitem(HANDLERS, SEND, handler)
    assert await api.code(SEND, message()) == 0
    await api.emulator.webhooks_settled()
    assert receiver.commands == [BEFORE, AFTER]


async def test_receiver_that_is_not_there_is_a_failure_too(start, caplog):
    async with start(webhook_url="http://127.0.0.1:1/", webhook_token=TOKEN, webhook_on_failure="refuse") as api:
        with caplog.at_level(logging.DEBUG):
            assert await api.code(SEND, message()) == 80003
    assert "webhook C2C.CallbackBeforeSendMsg: no answer" in caplog.text
    assert TOKEN not in caplog.text


class Session:
    """A session of aiohttp's that fails, and keeps how long it would have waited."""

    def __init__(self, error):
        self.error = error
        self.timeouts = []

    def post(self, url, *, timeout, **options):
        self.timeouts.append(timeout.total)
        raise self.error


async def test_address_that_cannot_be_looked_up_is_a_failure_too(start, monkeypatch):
    """The emulator knows some such names, and a resolver may know others."""
    async with start(webhook_url="http://bücher.localhost:1/", webhook_on_failure="refuse") as api:
        with monkeypatch.context() as patch:
            patch.setattr(api.emulator._outbox, "_session", Session(UnicodeError("label empty or too long")))
            assert await api.code(SEND, message()) == 80003
        assert api.emulator.webhooks[0].problem == "no answer: UnicodeError"


async def test_answer_has_the_two_seconds_that_the_service_gives(start, monkeypatch):
    session = Session(TimeoutError())
    async with start(webhook_url="http://127.0.0.1:1/") as api:
        with monkeypatch.context() as patch:
            patch.setattr(api.emulator._outbox, "_session", session)
            await api.call(SEND, message())
            await api.emulator.webhooks_settled()
        assert {webhook.problem for webhook in api.emulator.webhooks} == {"no answer within 2 s"}
    assert session.timeouts == [2.0, 2.0]


async def test_other_requests_go_on_while_one_is_asked_about(hooked):
    api, receiver = hooked
    asked, decided = asyncio.Event(), asyncio.Event()

    async def decide() -> dict[str, Any]:
        if len(receiver.got) == 1:
            asked.set()
            await decided.wait()
        return OK

    receiver.answers[BEFORE] = decide
    first = asyncio.create_task(api.call(SEND, message()))
    await asked.wait()
    assert await api.code(SEND, message(MsgSeq=2)) == 0
    same = await api.call(SEND, message())
    decided.set()
    assert await first == same, "of two that were asked about, the second became the repeat of the first"
    assert len(api.emulator.messages()) == 2


async def test_what_changed_while_it_was_asked_about_counts(hooked):
    api, receiver = hooked

    async def decide() -> dict[str, Any]:
        answer = await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "bob"}]})
        assert answer["ResultItem"][0]["ResultCode"] == 0
        return OK

    receiver.answers[BEFORE] = decide
    assert await api.code(SEND, message()) == 90048


async def test_message_without_msg_seq_keeps_its_key_while_the_answer_is_pending(hooked):
    api, receiver = hooked
    answer = await api.call(SEND, message(MsgSeq=None))
    await api.emulator.webhooks_settled()
    assert {body["MsgKey"] for _, body in receiver.got} == {answer["MsgKey"]}


async def test_after_events_go_out_in_order(hooked):
    api, receiver = hooked
    for seq in range(30):
        await api.call(SEND, message(MsgSeq=seq, ForbidCallbackControl=["ForbidBeforeSendMsgCallback"]))
    await api.emulator.webhooks_settled()
    assert [body["MsgSeq"] for _, body in receiver.got] == list(range(30))


async def test_stop_sends_what_waits(start):
    async with receiving() as receiver:
        async with start(webhook_url=receiver.url) as api:
            receiver.answers[AFTER] = lambda: asyncio.sleep(0.002, OK)
            for seq in range(20):
                await api.call(SEND, message(MsgSeq=seq))
        assert receiver.commands.count(AFTER) == 20


async def test_stop_does_not_wait_for_ever(start, monkeypatch, caplog):
    monkeypatch.setattr("tim_async.emulator.outgoing.outbox._DRAIN_TIMEOUT_S", 0.05)
    async with receiving() as receiver:
        async with start(webhook_url=receiver.url) as api:
            receiver.answers[AFTER] = receiver.never
            for seq in range(3):
                await api.call(SEND, message(MsgSeq=seq))
        assert "3 webhooks were not sent before the stop" in caplog.text


async def test_after_event_is_repeated_when_that_is_set(start):
    async with receiving() as receiver, start(webhook_url=receiver.url, webhook_retries=2) as api:
        tries = []

        async def fail_twice() -> object:
            tries.append(1)
            return OK if len(tries) == 3 else web.Response(status=503)

        receiver.answers[AFTER] = fail_twice
        await api.call(SEND, message())
        await api.emulator.webhooks_settled()
        assert len(tries) == 3
        assert (api.emulator.webhooks[-1].sends, api.emulator.webhooks[-1].problem) == (3, "")
        bodies = [body for query, body in receiver.got if query["CallbackCommand"] == AFTER]
        assert bodies[0] == bodies[1] == bodies[2]


async def test_only_the_commands_that_are_on(start):
    async with receiving() as receiver, start(webhook_url=receiver.url, webhook_commands=[AFTER]) as api:
        await api.call(SEND, message())
        await api.emulator.webhooks_settled()
    assert receiver.commands == [AFTER]
    assert len(api.emulator.webhooks) == 1


async def test_address_may_come_later_and_go(hooked, start):
    async with receiving() as receiver, start() as api:
        await api.call(SEND, message())
        api.emulator.webhook_url = receiver.url
        await api.call(SEND, message(MsgSeq=2))
        await api.emulator.webhooks_settled()
        api.emulator.webhook_url = None
        await api.call(SEND, message(MsgSeq=3))
        await api.emulator.webhooks_settled()
    assert [body["MsgSeq"] for _, body in receiver.got] == [2, 2]


async def test_alert_at_eighty_percent_once_a_second(start):
    async with receiving() as receiver, start(webhook_url=receiver.url, rate_limits={SEND: 10}, tolerance=0) as api:
        quiet = {"ForbidCallbackControl": ["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]}
        for seq in range(7):
            await api.call(SEND, message(MsgSeq=seq, **quiet))
        assert api.emulator.events(RequestOverLimit) == []
        codes = [await api.code(SEND, message(MsgSeq=7 + seq, **quiet)) for seq in range(5)]
        assert codes == [0, 0, 0, 60007, 60007]
        api.clock.now += 0.9
        await api.call(SEND, message(MsgSeq=20, **quiet))
        api.clock.now += 0.2  # the arrivals of before are gone
        for seq in range(8):
            await api.call(SEND, message(MsgSeq=30 + seq, **quiet))
        await api.emulator.webhooks_settled()
    alerts = [(query, body) for query, body in receiver.got]
    assert [body["Request"] for _, body in alerts] == [8, 8]
    query, body = alerts[0]
    assert body == {
        "CallbackCommand": "Alert.RequestOverLimit",
        "ServiceName": "openim",
        "Command": "sendmsg",
        "Request": 8,
        "Limit": 10,
    }
    assert "ClientIP" not in query


async def test_started_again_it_sends_again(start):
    async with receiving() as receiver:
        emulator = Emulator(webhook_url=receiver.url, auto_import=True)
        for _ in range(2):
            async with emulator:
                emulator._outbox.emit(AfterSendMsg(msg_key="k"))
                await emulator.webhooks_settled()
        assert len(receiver.got) == 2


async def test_failed_handler_emits_nothing(hooked, monkeypatch):
    api, receiver = hooked
    monkeypatch.setattr("tim_async.emulator.handlers.c2c._store", lambda *args: 1 / 0)
    assert await api.code(SEND, message()) == 91000
    await until(lambda: receiver.got)
    await api.emulator.webhooks_settled()
    assert receiver.commands == [BEFORE]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"webhook_url": "ftp://x"}, "webhook_url"),
        ({"webhook_url": "nonsense"}, "webhook_url"),
        ({"webhook_url": f"http://{'a' * 70}.localhost/"}, "webhook_url"),
        ({"webhook_url": "http://x..localhost/"}, "webhook_url"),
        ({"webhook_token": ""}, "webhook_token"),
        ({"webhook_timeout_s": 0}, "webhook_timeout_s"),
        ({"webhook_timeout_s": True}, "webhook_timeout_s"),
        ({"webhook_on_failure": "ignore"}, "webhook_on_failure"),
        ({"webhook_retries": -1}, "webhook_retries"),
        ({"webhook_retries": True}, "webhook_retries"),
        ({"webhook_commands": ["C2C.Callback"]}, "webhook_commands"),
    ],
    ids=str,
)
def test_wrong_settings_are_named(options, field):
    with pytest.raises(UsageError) as caught:
        Emulator(**options)
    assert caught.value.field == field


async def test_what_happened_before_the_start_is_sent_then():
    async with receiving() as receiver:
        emulator = Emulator(webhook_url=receiver.url)
        emulator.add_accounts("bob")
        emulator.set_online("bob", "iOS")
        assert receiver.got == []
        async with emulator:
            await emulator.webhooks_settled()
            assert receiver.commands == ["State.StateChange"]


async def test_queue_is_bounded(start, monkeypatch):
    monkeypatch.setattr("tim_async.emulator.outgoing.outbox._QUEUE_SIZE", 2)
    async with receiving() as receiver, start(webhook_url=receiver.url, webhook_commands=[AFTER]) as api:
        go = asyncio.Event()

        async def late() -> dict[str, Any]:
            await go.wait()
            return OK

        receiver.answers[AFTER] = late
        for seq in range(5):
            await api.call(SEND, message(MsgSeq=seq))
        go.set()
        await api.emulator.webhooks_settled()
        problems = [webhook.problem for webhook in api.emulator.webhooks]
    assert problems[0] == "", "it was on its way"
    assert problems.count("") == len(receiver.got) <= 3
    assert problems.count("not sent: too many events are waiting for the receiver") == 5 - len(receiver.got) >= 2


async def test_answer_without_end_is_none(start):
    async with receiving() as receiver, start(webhook_url=receiver.url, webhook_on_failure="refuse") as api:
        receiver.answers[BEFORE] = web.Response(body=b" " * 3_000_000)
        assert await api.code(SEND, message()) == 80003


async def test_log_is_bounded(start):
    async with start(keep={"webhooks": 3}) as api:
        for seq in range(5):
            await api.call(SEND, message(MsgSeq=seq))
        assert len(api.emulator.webhooks) == 3
