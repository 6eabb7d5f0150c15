"""Handlers: what they get and when, the answers when they fail, and the reports."""

from __future__ import annotations

import asyncio

import pytest

from tests import clock
from tests.webhooks.receiver import AFTER, BEFORE, OK, broken, cancelled, hanging, make, misfitting, take
from tim_async import RawElem, TextElem
from tim_async.errors import AnswerError, EventLostError, HandlerTimeoutError
from tim_async.webhooks import AfterMsgReport, AfterSendMsg, BeforeSendMsg, Drop, Event, Refuse, Replace, UnknownEvent


async def test_after_event_reaches_its_handlers_after_the_answer():
    router, errors = make()
    go, got = asyncio.Event(), []

    @router.on(AfterSendMsg)
    async def slow(event):
        await go.wait()
        got.append(("slow", event.msg_key))

    @router.on(AfterSendMsg, AfterMsgReport)
    def quick(event):
        got.append(("quick", event.callback_command))

    @router.on(Event)
    async def every(event):
        got.append(("every", event.params.client_ip))

    @router.on(BeforeSendMsg)
    async def another(event):
        raise AssertionError("not this one")

    async with router:
        assert await take(router, fields={"MsgKey": "k"}) == (200, OK)
        assert got == []
        go.set()
    assert got == [("slow", "k"), ("quick", AFTER), ("every", "127.0.0.1")]
    assert errors == []


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (None, OK),
        (Refuse(code=120_001, info="no"), {**OK, "ErrorCode": 120_001, "ErrorInfo": "no"}),
        (Drop(), {**OK, "ErrorCode": 2}),
        (
            Replace(msg_body=[TextElem("x")]),
            {**OK, "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "x"}}]},
        ),
    ],
    ids=["allow", "refuse", "drop", "replace"],
)
@pytest.mark.parametrize("is_async", [True, False], ids=["async", "plain"])
async def test_before_handler_decides(answer, answered, is_async):
    router, errors = make()
    if is_async:

        @router.before(BeforeSendMsg)
        async def decide(event):
            return answer
    else:

        @router.before(BeforeSendMsg)
        def decide(event):
            return answer

    assert await take(router, BEFORE) == (200, answered)
    assert errors == []


async def test_before_event_may_be_watched_too():
    router, _ = make()
    got = []
    router.on(BeforeSendMsg)(got.append)
    async with router:
        assert await take(router, BEFORE) == (200, OK)
    assert len(got) == 1


async def test_before_event_without_a_handler_goes_on():
    router, _ = make()
    assert await take(router, BEFORE) == (200, OK)


class OddError(BaseException):
    """Not an `Exception`, as those of pytest are."""


async def odd(event):
    raise OddError


FAILING = {
    "fails": (broken, RuntimeError),
    "cancels itself": (cancelled, AnswerError),
    "hangs": (hanging, HandlerTimeoutError),
    "answers nonsense": (misfitting, AnswerError),
}


@pytest.mark.parametrize(("handler", "kind"), FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("default", [None, Refuse(code=120_009)], ids=["allow", "refuse"])
@clock.jumping
async def test_before_handler_that_fails_gets_the_default_answer(handler, kind, default, caplog):
    router, errors = make(before_timeout=0.05)
    router.before(BeforeSendMsg, default=default)(handler)
    async with router:
        status, answered = await take(router, BEFORE)
    assert (status, answered["ErrorCode"]) == (200, 120_009 if default else 0)
    ((error, event),) = errors
    assert type(error) is kind
    assert isinstance(event, BeforeSendMsg)
    assert BEFORE in caplog.text


def test_hanging_before_handler_gets_the_default_answer_within_the_two_seconds_of_the_service():
    """As the router is by default."""
    router, errors = make()
    router.before(BeforeSendMsg, default=Refuse(code=120_009))(hanging)

    async def main():
        began = asyncio.get_running_loop().time()
        async with router:
            answer = await take(router, BEFORE)
            took = asyncio.get_running_loop().time() - began
        return answer, took

    answer, took = clock.run(main())
    assert answer == (200, {**OK, "ErrorCode": 120_009})
    assert 1 <= took < 2
    assert [type(error) for error, _ in errors] == [HandlerTimeoutError]


@pytest.mark.parametrize("default", [None, Refuse(code=120_009)], ids=["allow", "refuse"])
async def test_before_handler_that_ends_oddly_gets_the_default_answer(default, caplog):
    router, errors = make()
    router.before(BeforeSendMsg, default=default)(odd)
    async with router:
        status, answered = await take(router, BEFORE)
    assert (status, answered["ErrorCode"]) == (200, 120_009 if default else 0)
    ((error, event),) = errors
    assert type(error) is AnswerError
    assert type(error.__cause__) is OddError
    assert isinstance(event, BeforeSendMsg)
    assert f"{BEFORE}: the handler ended with OddError" in caplog.text
    assert "in odd" in caplog.text, "where it was raised"


UNENCODABLE = {
    "info": Refuse(code=120_001, info="\udcff"),
    "text": Replace(msg_body=[TextElem("\ud800")]),
    "data": Replace(cloud_custom_data="\ud800"),
    "raw element": Replace(msg_body=[RawElem("X", {"a": object()})]),
}


@pytest.mark.parametrize("answer", UNENCODABLE.values(), ids=UNENCODABLE)
async def test_answer_that_cannot_be_encoded_gets_the_default_answer(answer):
    router, errors = make()
    router.before(BeforeSendMsg, default=Refuse(code=120_009))(lambda event: answer)
    async with router:
        assert await take(router, BEFORE) == (200, {**OK, "ErrorCode": 120_009})
    assert [type(error) for error, _ in errors] == [AnswerError]


@clock.jumping
async def test_handler_that_swallows_its_cancellation_does_not_delay_the_answer():
    router, errors = make(before_timeout=0.05)
    let_go = asyncio.Event()

    @router.before(BeforeSendMsg)
    async def stubborn(event):
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await let_go.wait()
            raise RuntimeError("too late to matter") from None

    began = asyncio.get_running_loop().time()
    async with router:
        assert await take(router, BEFORE) == (200, OK)
        assert asyncio.get_running_loop().time() - began < 0.06
        let_go.set()
    assert [type(error) for error, _ in errors] == [HandlerTimeoutError]


async def test_cancelled_request_cancels_its_before_handler():
    router, _ = make()
    ended = asyncio.Event()
    began = asyncio.Event()

    @router.before(BeforeSendMsg)
    async def waiting(event):
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    async with router:
        task = asyncio.create_task(take(router, BEFORE))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()


async def test_handlers_run_in_the_order_of_registration_whatever_their_classes():
    router, _ = make()
    got = []
    router.on(Event)(lambda event: got.append("every"))
    router.on(AfterSendMsg)(lambda event: got.append("this"))
    router.on(Event)(lambda event: got.append("every again"))
    async with router:
        await take(router)
    assert got == ["every", "this", "every again"]


@clock.jumping
async def test_after_handler_that_fails_is_reported_and_the_next_one_runs(caplog):
    router, errors = make(after_timeout=0.05)
    got = []
    for handler in (broken, hanging, lambda event: 1 / 0, got.append):
        router.on(AfterSendMsg)(handler)
    async with router:
        await take(router, fields={"MsgKey": "k"})
    assert [type(error) for error, _ in errors] == [RuntimeError, HandlerTimeoutError, ZeroDivisionError]
    assert {event.msg_key for _, event in errors} == {"k"}
    assert errors[1][0].timeout == 0.05
    assert errors[1][0].command == AFTER
    assert len(got) == 1
    assert "as planned" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def give_up(event):
    """Wait for a task that has been cancelled."""
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    await task


@pytest.mark.parametrize(("handler", "kind"), [(give_up, asyncio.CancelledError), (odd, OddError)])
@clock.jumping
async def test_after_handler_that_ends_oddly_is_reported_and_costs_no_event(handler, kind, caplog):
    router, errors = make(concurrency=1)
    got = []

    @router.on(AfterSendMsg)
    async def some(event):
        if int(event.msg_key) % 2:
            await handler(event)

    router.on(AfterSendMsg)(lambda event: got.append(event.msg_key))
    async with router:
        for number in range(6):
            assert (await take(router, fields={"MsgKey": str(number)}))[0] == 200
        await asyncio.sleep(0.02)
        assert got == list("012345"), "without waiting for the end"
    assert [(type(error), error.command, event.msg_key) for error, event in errors] == [
        (EventLostError, AFTER, key) for key in "135"
    ]
    assert {type(error.__cause__) for error, _ in errors} == {kind}
    assert caplog.text.count(f"a handler of {AFTER} failed") == 3


@clock.jumping
async def test_handlers_behind_one_that_is_cancelled_are_not_started(caplog):
    router, errors = make(shutdown_timeout=0.05)
    got = []
    router.on(AfterSendMsg)(hanging)
    router.on(AfterSendMsg)(got.append)
    async with router:
        await take(router)
    await asyncio.sleep(0)
    assert got == []
    assert [type(error) for error, _ in errors] == [EventLostError]
    assert len(caplog.records) == 1


async def test_hook_that_fails_is_logged_and_harms_nothing(caplog):
    async def hook(error, event):
        raise ValueError("the hook itself")

    router, _ = make(on_error=hook)
    router.on(AfterSendMsg)(broken)
    async with router:
        assert (await take(router))[0] == 200
        assert (await take(router, Sign="forged"))[0] == 401
    assert caplog.text.count("on_error failed") == 2


@clock.jumping
async def test_hook_that_hangs_delays_no_answer():
    router, _ = make(on_error=lambda error, event: asyncio.get_running_loop().create_future(), after_timeout=0.05)
    router.before(BeforeSendMsg)(broken)
    async with router:
        began = asyncio.get_running_loop().time()
        assert await take(router, BEFORE) == (200, OK)
        assert (await take(router, Sign="forged"))[0] == 401
        assert asyncio.get_running_loop().time() - began < 0.06


@clock.jumping
async def test_unknown_command_cannot_forge_a_line_of_the_log(caplog):
    router, errors = make(after_timeout=0.02)
    router.on(UnknownEvent)(broken)
    router.on(UnknownEvent)(hanging)
    async with router:
        for command in ("X\nFAKE LINE", "X\u2028FAKE LINE", "X" * 5_000):
            assert (await take(router, command))[0] == 200
    assert len(errors) == 6
    assert not any(line.startswith("FAKE") for record in caplog.records for line in record.getMessage().splitlines()), (
        "a line of its own"
    )
    assert max(len(record.getMessage()) for record in caplog.records) < 300
