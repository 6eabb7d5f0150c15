"""What a request must be like to reach a handler."""

from __future__ import annotations

import asyncio
import logging
import random
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import clock
from tests.webhooks.bodies import spoil
from tests.webhooks.receiver import AFTER, BEFORE, make, take, watched
from tests.webhooks.requests import TOKEN, body, query
from tim_async.errors import (
    BodyTimeoutError,
    EventDecodeError,
    EventTooLargeError,
    MethodError,
    SignatureError,
    StaleRequestError,
    WebhookError,
    WrongAppError,
)
from tim_async.webhooks import Event

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
    assert f"refused with status {status}" in caplog.text
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
    """The checked and the read data must be the same."""
    router, _ = make()
    got = watched(router)
    async with router:
        good = await router.handle(f"{query(AFTER)}&CallbackCommand=C2C.CallbackAfterMsgReport", body(AFTER))
        bad = await router.handle(f"SdkAppid=1&{query(AFTER)}", body(AFTER))
    assert (good.status, bad.status) == (200, 403)
    assert [event.callback_command for event in got] == [AFTER]


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


@clock.jumping
async def test_body_that_does_not_arrive_is_given_up():
    router, errors = make(before_timeout=0.05)

    async def never():
        await asyncio.get_running_loop().create_future()

    response = await router.handle_stream(query(AFTER), never, method="POST", length=None)
    await router.close()
    assert response.status == 408
    assert [type(error) for error, _ in errors] == [BodyTimeoutError]
    assert isinstance(errors[0][0], WebhookError)


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


@given(st.integers(0, 2**32))
def test_ten_thousand_spoilt_requests_are_answered(seed):
    """Through the whole receiver; without the debug mode of asyncio, for speed."""
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
