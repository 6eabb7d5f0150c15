"""The receiver: what reaches a handler, what is answered, and when."""

from __future__ import annotations

import asyncio
import logging
import random
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import clock
from tests.webhooks.bodies import BODIES, spoil
from tests.webhooks.requests import APP, TOKEN, body, query
from tim_async import TextElem, UsageError
from tim_async.errors import (
    AnswerError,
    BodyTimeoutError,
    EventDecodeError,
    EventLostError,
    EventTooLargeError,
    HandlerTimeoutError,
    MethodError,
    SignatureError,
    StaleRequestError,
    WebhookError,
    WrongAppError,
)
from tim_async.webhooks import (
    AfterMsgReport,
    AfterSendMsg,
    BeforeSendMsg,
    Drop,
    Event,
    GroupBeforeSendMsg,
    OfflinePush,
    Refuse,
    Replace,
    UnknownEvent,
    WebhookRouter,
)

BEFORE, AFTER = "C2C.CallbackBeforeSendMsg", "C2C.CallbackAfterSendMsg"
OK = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}


class Errors(list):
    """An `on_error` hook that keeps what it is told."""

    def __call__(self, error, event):
        self.append((error, event))


def make(**options):
    errors = Errors()
    options.setdefault("on_error", errors)
    return WebhookRouter(APP, TOKEN, **options), errors


async def take(router, command=AFTER, *, fields=None, **options):
    response = await router.handle(query(command, **options), body(command, **(fields or {})))
    return response.status, msgspec.json.decode(response.body)


async def test_after_event_reaches_its_handlers_behind_the_answer():
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


async def test_decorators_return_the_function():
    router, _ = make()

    async def handler(event):
        return None

    assert router.on(AfterSendMsg)(handler) is handler
    assert router.before(BeforeSendMsg)(handler) is handler


@pytest.mark.parametrize(
    ("answer", "told"),
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
async def test_before_handler_decides(answer, told, is_async):
    router, errors = make()
    if is_async:

        @router.before(BeforeSendMsg)
        async def decide(event):
            return answer
    else:

        @router.before(BeforeSendMsg)
        def decide(event):
            return answer

    assert await take(router, BEFORE) == (200, told)
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


async def broken(event):
    raise RuntimeError("as planned")


async def cancelled(event):
    raise asyncio.CancelledError


async def hanging(event):
    await asyncio.get_running_loop().create_future()


async def misfitting(event):
    return "no"


FAILING = {
    "fails": (broken, RuntimeError),
    "cancels itself": (cancelled, AnswerError),
    "hangs": (hanging, HandlerTimeoutError),
    "answers nonsense": (misfitting, AnswerError),
}


@pytest.mark.parametrize(("handler", "kind"), FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("default", [None, Refuse(code=120_009)], ids=["allow", "refuse"])
async def test_before_handler_that_fails_is_answered_for(handler, kind, default, caplog):
    router, errors = make(before_timeout=0.05)
    router.before(BeforeSendMsg, default=default)(handler)
    async with router:
        status, told = await take(router, BEFORE)
    assert (status, told["ErrorCode"]) == (200, 120_009 if default else 0)
    ((error, event),) = errors
    assert type(error) is kind
    assert isinstance(event, BeforeSendMsg)
    assert BEFORE in caplog.text


def test_hanging_before_handler_is_answered_for_within_the_two_seconds_of_the_service():
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


async def test_handler_that_swallows_its_cancellation_does_not_hold_up_the_answer():
    router, errors = make(before_timeout=0.05)
    let_go = asyncio.Event()

    @router.before(BeforeSendMsg)
    async def stubborn(event):
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await let_go.wait()
            raise RuntimeError("too late to matter") from None

    began = time.monotonic()
    async with router:
        assert await take(router, BEFORE) == (200, OK)
        assert time.monotonic() - began < 0.5
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


async def test_hook_that_fails_is_logged_and_harms_nothing(caplog):
    async def hook(error, event):
        raise ValueError("the hook itself")

    router, _ = make(on_error=hook)
    router.on(AfterSendMsg)(broken)
    async with router:
        assert (await take(router))[0] == 200
        assert (await take(router, Sign="forged"))[0] == 401
    assert caplog.text.count("on_error failed") == 2


async def test_hook_that_hangs_holds_up_no_answer():
    router, _ = make(on_error=lambda error, event: asyncio.get_running_loop().create_future(), after_timeout=0.05)
    router.before(BeforeSendMsg)(broken)
    async with router:
        began = time.monotonic()
        assert await take(router, BEFORE) == (200, OK)
        assert (await take(router, Sign="forged"))[0] == 401
        assert time.monotonic() - began < 0.5


BAD = {
    "forged": ({"Sign": "0" * 64}, SignatureError, 401),
    "unsigned": ({"token": None}, SignatureError, 401),
    "signed with another token": ({"token": "other"}, SignatureError, 401),
    "stale": ({"at": time.time() - 61}, StaleRequestError, 401),
    "to come": ({"at": time.time() + 3600}, StaleRequestError, 401),
    "wrong app": ({"SdkAppid": "1400000001"}, WrongAppError, 403),
    "no command": ({"CallbackCommand": None}, EventDecodeError, 400),
    "another command": ({"CallbackCommand": "C2C.CallbackAfterMsgReport"}, EventDecodeError, 400),
}


def watched(router):
    """Give the router handlers for everything; what reaches one is returned."""
    got = []
    router.on(Event)(got.append)
    router.before(BeforeSendMsg)(got.append)
    return got


@pytest.mark.parametrize(("changes", "kind", "status"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("command", [BEFORE, AFTER])
async def test_bad_request_reaches_no_handler(changes, kind, status, command, caplog):
    router, errors = make()
    got = watched(router)
    async with router:
        answer = await take(router, command, **changes)
    assert answer[0] == status
    assert (answer[1]["ActionStatus"], answer[1]["ErrorCode"]) == ("FAIL", status)
    assert got == []
    assert [(type(error), event) for error, event in errors] == [(kind, None)]
    assert f"answered with {status}" in caplog.text
    assert TOKEN not in caplog.text


REQUESTS = {
    "bad JSON": ({"body": b"{"}, EventDecodeError, 400),
    "empty": ({"body": b""}, EventDecodeError, 400),
    "a list": ({"body": b"[]"}, EventDecodeError, 400),
    "HTML": ({"body": b"<html>"}, EventDecodeError, 400),
    "too large": ({"body": b"x" * 1025}, EventTooLargeError, 413),
    "GET": ({"method": "GET"}, MethodError, 405),
    "PUT": ({"method": "PUT"}, MethodError, 405),
    "too many parameters": ({"query": "a=1&" * 100}, EventDecodeError, 400),
    "no query": ({"query": ""}, WrongAppError, 403),
    "query of garbage": ({"query": "%ff%00&&==;\x00"}, WrongAppError, 403),
}


@pytest.mark.parametrize(("changes", "kind", "status"), REQUESTS.values(), ids=REQUESTS)
async def test_bad_body_or_method_reaches_no_handler(changes, kind, status):
    router, errors = make(max_body=1024)
    got = watched(router)
    request = {"query": query(AFTER), "body": body(AFTER), "method": "POST", **changes}
    async with router:
        response = await router.handle(request["query"], request["body"], method=request["method"])
    assert response.status == status
    assert msgspec.json.decode(response.body)["ActionStatus"] == "FAIL"
    assert got == []
    assert [type(error) for error, _ in errors] == [kind]


async def test_parameter_given_twice_counts_once():
    """What is checked and what is read must be the same."""
    router, _ = make()
    got = watched(router)
    async with router:
        good = await router.handle(f"{query(AFTER)}&CallbackCommand=C2C.CallbackAfterMsgReport", body(AFTER))
        bad = await router.handle(f"SdkAppid=1&{query(AFTER)}", body(AFTER))
    assert (good.status, bad.status) == (200, 403)
    assert [event.callback_command for event in got] == [AFTER]


async def test_unknown_command_is_accepted_and_reaches_only_who_asks_for_it():
    router, errors = make()
    got, unknown = [], []
    router.on(AfterSendMsg)(got.append)
    router.before(BeforeSendMsg)(got.append)
    router.on(UnknownEvent)(unknown.append)
    async with router:
        assert await take(router, "C2C.CallbackAfterNew", fields={"A": 1}) == (200, OK)
    assert (got, errors) == ([], [])
    assert unknown[0].extra == {"A": 1}


async def test_push_without_command_on_top_is_read():
    router, _ = make()
    got = []
    router.on(OfflinePush)(got.append)
    async with router:
        response = await router.handle(
            query("Push.OfflinePush", ClientIP=None, OptPlatform=None), msgspec.json.encode(BODIES["Push.OfflinePush"])
        )
    assert response.status == 200
    assert len(got[0].events) == 2


async def test_random_bodies_never_raise():
    router, errors = make(concurrency=1)
    router.on(Event)(lambda event: None)
    chance = random.Random(4)
    statuses = set()
    async with router:
        for _ in range(2_000):
            command, data = spoil(chance)
            response = await router.handle(query(command), data)
            statuses.add(response.status)
            assert isinstance(msgspec.json.decode(response.body), dict)
    assert statuses == {200, 400}
    assert {type(error) for error, _ in errors} == {EventDecodeError}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_ten_thousand_spoilt_requests_are_answered(seed):
    """Through the whole of the receiver; without asyncio's debug mode, to be quick."""
    chance = random.Random(seed)
    router, errors = make(concurrency=1)
    router.on(Event)(lambda event: None)
    requests = [spoil(chance) for _ in range(100)]

    async def main():
        async with router:
            return [await router.handle(query(command), data) for command, data in requests]

    logger = logging.getLogger("tim_async.webhooks")
    logger.disabled = True
    try:
        answers = asyncio.run(main(), debug=False)
    finally:
        logger.disabled = False
    assert {answer.status for answer in answers} <= {200, 400}
    assert all(isinstance(msgspec.json.decode(answer.body), dict) for answer in answers)
    assert {type(error) for error, _ in errors} <= {EventDecodeError}
    assert len(errors) == len([answer for answer in answers if answer.status == 400])


async def test_a_bug_of_ours_is_an_answer_too(monkeypatch, caplog):
    router, errors = make()
    monkeypatch.setattr("tim_async.webhooks.router.decode_event", lambda *args, **kwargs: 1 / 0)
    async with router:
        status, told = await take(router)
    assert (status, told["ActionStatus"]) == (500, "FAIL")
    assert type(errors[0][0]) is ZeroDivisionError
    assert "taking a webhook failed" in caplog.text


def test_burst_behind_slow_handlers_loses_nothing():
    """Without asyncio's debug mode, which makes crowds of tasks slow."""
    running, most, longest = 0, 0, 0
    got = set()
    router, errors = make(concurrency=50, max_pending=200, before_timeout=60)

    @router.on(AfterSendMsg)
    async def slow(event):
        nonlocal running, most, longest
        running += 1
        most = max(most, running)
        longest = max(longest, len(router._handlers._background))
        await asyncio.sleep(0.001)
        running -= 1
        got.add(event.msg_key)

    async def main():
        async with router:
            url = query(AFTER)
            requests = (router.handle(url, body(AFTER, MsgKey=str(number))) for number in range(2_000))
            answers = await asyncio.gather(*requests)
            assert {answer.status for answer in answers} == {200}

    asyncio.run(main(), debug=False)
    assert len(got) == 2_000
    assert most == 50
    assert 150 <= longest <= 200
    assert errors == []


async def test_event_that_finds_no_room_in_time_is_refused_so_that_it_comes_again():
    router, errors = make(concurrency=1, max_pending=1, before_timeout=0.05)
    go, got = asyncio.Event(), []

    @router.on(Event)
    async def slow(event):
        await go.wait()
        got.append(event)

    async with router:
        statuses = []
        for _ in range(4):
            statuses.append((await take(router))[0])
            await asyncio.sleep(0)  # the first one is taken up
        assert statuses == [200, 200, 503, 503]
        assert await take(router, BEFORE) == (200, OK), "what was decided is told all the same"
        go.set()
    assert len(got) == 2
    lost = [error for error, _ in errors if isinstance(error, EventLostError)]
    assert len(lost) == 3


async def test_waiting_bodies_are_bounded_in_bytes():
    router, _ = make(concurrency=1, max_pending_bytes=1_000, before_timeout=0.05)
    go = asyncio.Event()

    @router.on(AfterSendMsg)
    async def slow(event):
        await go.wait()

    async with router:
        big = {"CloudCustomData": "x" * 900}
        statuses = []
        for _ in range(3):
            statuses.append((await take(router, fields=big))[0])
            await asyncio.sleep(0)
        assert statuses == [200, 200, 503]
        go.set()


async def test_room_is_free_again_when_events_were_handled():
    """Also for one that comes in the moment in which the last worker ends."""
    router, errors = make(concurrency=1, max_pending_bytes=1_000, before_timeout=5)
    go, got = asyncio.Event(), []
    go.set()

    @router.on(AfterSendMsg)
    async def handle(event):
        await go.wait()
        got.append(event)

    async with router:
        for _ in range(20):
            assert (await take(router, fields={"CloudCustomData": "x" * 900}))[0] == 200
        await asyncio.sleep(0.01)
        go.clear()
        for _ in range(3):
            assert (await take(router, fields={"CloudCustomData": "x" * 400}))[0] == 200
            await asyncio.sleep(0)
        assert len(router._handlers._background) == 2
        go.set()
    assert len(got) == 23
    assert errors == []


async def test_closing_waits_for_handlers_then_gives_up_and_says_so(caplog):
    router, errors = make(concurrency=1, shutdown_timeout=0.05)
    router.on(AfterSendMsg)(hanging)
    async with router:
        for key in "123":
            await take(router, fields={"MsgKey": key})
            await asyncio.sleep(0)
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, key) for key in "123"]
    assert caplog.text.count("before the handlers were done") == 3
    assert (await take(router))[0] == 503, "closed"


async def test_closing_twice_and_opening_again():
    router, _ = make()
    got = []
    router.on(AfterSendMsg)(got.append)
    for _ in range(2):
        async with router:
            assert (await take(router))[0] == 200
        await router.close()
    assert len(got) == 2


def test_router_serves_one_loop_after_the_other():
    router, _ = make()
    got = []
    router.on(AfterSendMsg)(got.append)

    async def one():
        assert (await take(router))[0] == 200
        await router._handlers.close(1)
        router._handlers.open()

    asyncio.run(one())
    asyncio.run(one())
    assert len(got) == 2


async def test_missing_token_is_said_once_at_start(caplog):
    router = WebhookRouter(APP)
    async with router:
        await take(router, token=None)
        await take(router, token=None)
    async with router:
        pass
    assert [record.message for record in caplog.records if "no token" in record.message] == [
        "no token is given: anybody who knows the address can send events"
    ]


async def test_missing_token_is_said_at_the_first_request_where_nobody_started(caplog):
    router = WebhookRouter(APP)
    assert "no token" not in caplog.text
    assert (await take(router, token=None))[0] == 200
    assert "no token" in caplog.text


async def test_token_is_in_no_log_and_no_repr(caplog):
    router, errors = make(before_timeout=0.05)
    router.on(AfterSendMsg)(broken)
    router.before(BeforeSendMsg)(hanging)
    with caplog.at_level(logging.DEBUG):
        async with router:
            for changes in ({}, {"Sign": "x"}, {"at": 0}, {"SdkAppid": "1"}):
                await take(router, **changes)
            await take(router, BEFORE)
    shown = caplog.text + repr(router) + repr(errors) + "".join(str(error) for error, _ in errors)
    assert TOKEN not in shown
    assert query(AFTER).rpartition("Sign=")[2] not in shown


async def test_event_larger_than_the_limit_is_not_read_to_its_end():
    router, errors = make(max_body=1_000)
    parts = iter([b"x" * 600, b"x" * 600, b"x" * 600])
    read = []

    async def next_part():
        part = next(parts)
        read.append(part)
        return part

    response = await router.handle_stream(query(AFTER), next_part, method="POST", length=None)
    assert (response.status, len(read)) == (413, 2)
    response = await router.handle_stream(query(AFTER), next_part, method="POST", length=1_001)
    assert (response.status, len(read)) == (413, 2), "the announced length is enough"
    await router.close()
    assert [type(error) for error, _ in errors] == [EventTooLargeError] * 2


async def test_body_that_does_not_come_is_given_up():
    router, errors = make(before_timeout=0.05)

    async def never():
        await asyncio.get_running_loop().create_future()

    response = await router.handle_stream(query(AFTER), never, method="POST", length=None)
    await router.close()
    assert response.status == 408
    assert [type(error) for error, _ in errors] == [BodyTimeoutError]
    assert isinstance(errors[0][0], WebhookError)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda router: router.on(), "events"),
        (lambda router: router.on(AfterSendMsg, str), "events"),
        (lambda router: router.on("C2C.CallbackAfterSendMsg"), "events"),
        (lambda router: router.before(AfterSendMsg), "event"),
        (lambda router: router.before("x"), "event"),
        (lambda router: router.before(BeforeSendMsg, default=Refuse(code=1)), "default"),
        (lambda router: router.before(GroupBeforeSendMsg, default="no"), "default"),
    ],
)
def test_wrong_registrations_are_named(wrong, field):
    router, _ = make()
    with pytest.raises(UsageError) as caught:
        wrong(router)
    assert caught.value.field == field


def test_one_function_decides_on_a_kind():
    router, _ = make()
    router.before(BeforeSendMsg)(broken)
    with pytest.raises(UsageError, match="BeforeSendMsg is decided on already"):
        router.before(BeforeSendMsg)
    router.before(GroupBeforeSendMsg)(broken)


@pytest.mark.parametrize(
    "option",
    [
        {"max_body": 0},
        {"concurrency": 0},
        {"max_pending": 1.5},
        {"max_pending_bytes": 0},
        {"before_timeout": 0},
        {"after_timeout": -1},
        {"shutdown_timeout": "x"},
        {"window_s": 0},
    ],
    ids=str,
)
def test_wrong_settings_are_named(option):
    with pytest.raises(UsageError) as caught:
        make(**option)
    assert caught.value.field == next(iter(option))
