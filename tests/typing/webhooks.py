"""What type checkers know of webhooks and of the testing kit. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_type

from tim_async import LocalRateLimiter, TextElem, TimClient
from tim_async.emulator import Emulator, SentMessage
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsgResult
from tim_async.testing import FakePool, Recorder, Sent, deliver
from tim_async.webhooks import (
    AfterMsgReport,
    AfterSendMsg,
    Answer,
    AnswerBody,
    BeforeSendMsg,
    Drop,
    Event,
    Refuse,
    RequestOverLimit,
    SeenEvents,
    WebhookParams,
    WebhookRouter,
    decode_event,
    slow_down,
)

router = WebhookRouter(1400000000, token=["new", "old"])


@router.before(BeforeSendMsg, default=Refuse(code=120_001))
async def decide(event: BeforeSendMsg) -> Answer | None:
    assert_type(event.from_account, str)
    assert_type(event.params, WebhookParams)
    return Drop()


@router.before(BeforeSendMsg)
def decide_at_once(event: BeforeSendMsg) -> Refuse:
    return Refuse()


@router.on(AfterSendMsg)
async def archive(event: AfterSendMsg) -> None:
    assert_type(event.extra, dict[str, Any])
    assert_type(SeenEvents().add(event), bool)


@router.on(AfterSendMsg, AfterMsgReport)
def both(event: AfterSendMsg | AfterMsgReport) -> None:
    assert_type(event.unread_msg_num, int | None)


async def by_hand(event: BeforeSendMsg) -> None:
    assert_type(await decide(event), Answer | None)
    assert_type(decide_at_once(event), Refuse)


@router.on(Event)
async def every(event: Event) -> None:
    assert_type(event.body, Mapping[str, Any])


assert_type(decode_event("C2C.CallbackAfterSendMsg", b"{}"), Event)
router.on(RequestOverLimit)(slow_down(LocalRateLimiter()))


@router.on(AfterSendMsg)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
async def wrong_event(event: AfterMsgReport) -> None: ...


@router.before(BeforeSendMsg)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
async def wrong_answer(event: BeforeSendMsg) -> str:
    return "no"


@router.before(AfterSendMsg)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
async def nothing_to_decide(event: AfterSendMsg) -> None: ...


async def testing(emulator: Emulator) -> None:
    pool = FakePool({"MsgKey": "k"}, 20004).answer(C2C.send, SendMsgResult(msg_key="k"), lambda sent: sent.fields)
    assert_type(pool, FakePool)
    assert_type(pool.client(timeout=1.0), TimClient)
    assert_type(pool.sent, list[Sent])
    assert_type(TimClient(1, "key", pool=pool), TimClient)
    assert_type(await deliver(router, BeforeSendMsg(msg_body=[TextElem("hi")])), AnswerBody)
    assert_type(emulator.sent(to="bob"), list[SentMessage])
    assert_type(emulator.events(AfterSendMsg), list[AfterSendMsg])
    with Recorder("r", hide_accounts=True) as recorder:
        assert_type(recorder, Recorder)
    TimClient(1, "key", pool="pool")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    emulator.events("AfterSendMsg")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
