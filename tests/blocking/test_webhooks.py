"""Webhooks in a view without an event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.blocking.test_process import client_of, threads
from tim_async import TextElem, UsageError
from tim_async.blocking import WebhookReceiver
from tim_async.webhooks import AfterSendMsg, Answer, BeforeSendMsg, Refuse, WebhookRouter

APP = 1400000000


def query(event: AfterSendMsg | BeforeSendMsg) -> dict[str, str]:
    return {"SdkAppid": str(APP), "CallbackCommand": event.callback_command}


def test_view_answers_and_the_rest_runs_after_it() -> None:
    router = WebhookRouter(APP)
    seen: list[str] = []
    has_answered = threading.Event()

    @router.before(BeforeSendMsg)
    async def moderate(event: BeforeSendMsg) -> Answer | None:
        return Refuse(code=120001, info="no links") if "http" in str(event.msg_body) else None

    @router.on(AfterSendMsg)
    async def archive(event: AfterSendMsg) -> None:
        def save() -> None:
            assert has_answered.wait(10)
            client.c2c.send_text("bob", "a blocking client works in a thread")
            seen.append(threading.current_thread().name)

        await asyncio.to_thread(save)

    with client_of() as client, WebhookReceiver(router) as receiver:
        for text, code in (("hi", b'"ErrorCode":0'), ("http://x", b'"ErrorCode":120001')):
            before = BeforeSendMsg(msg_body=[TextElem(text)])
            assert code in receiver.handle(query(before), before.to_body()).body
        after = AfterSendMsg(msg_body=[TextElem("hi")])
        assert receiver.handle(query(after), after.to_body()).status == 200
        assert seen == []
        has_answered.set()
        assert receiver.handle({}, b"{", method="GET").status == 405
        receiver.close()
        assert len(seen) == 1
        assert threads() > 0
    assert threads() == 0


async def test_receiver_in_an_event_loop_is_refused() -> None:
    with pytest.raises(UsageError, match="event loop"):
        WebhookReceiver(WebhookRouter(APP)).handle({}, b"")
