"""The receiver as a whole: unknown commands, its own failures, tokens and settings."""

from __future__ import annotations

import logging

import msgspec
import pytest

from tests import clock
from tests.webhooks.bodies import BODIES
from tests.webhooks.receiver import AFTER, BEFORE, OK, broken, hanging, make, take
from tests.webhooks.requests import APP, TOKEN, query
from tim_async import UsageError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, OfflinePush, UnknownEvent, WebhookRouter


async def test_unknown_command_is_accepted_and_reaches_only_handlers_that_ask_for_it():
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


async def test_unexpected_error_is_an_answer_too(monkeypatch, caplog):
    router, errors = make()
    monkeypatch.setattr("tim_async.webhooks.router.decode_event", lambda *args, **kwargs: 1 / 0)
    async with router:
        status, answered = await take(router)
    assert (status, answered["ActionStatus"]) == (500, "FAIL")
    assert type(errors[0][0]) is ZeroDivisionError
    assert "processing a webhook failed with an unexpected error" in caplog.text


async def test_missing_token_is_logged_once_at_start(caplog):
    router = WebhookRouter(APP)
    async with router:
        await take(router, token=None)
        await take(router, token=None)
    async with router:
        pass
    (message,) = (record.message for record in caplog.records if "no token" in record.message)
    assert message.startswith("WebhookRouter has no token: anyone who knows the URL can send events;")


async def test_missing_token_is_logged_at_the_first_request_of_a_router_that_was_not_started(caplog):
    router = WebhookRouter(APP)
    assert "no token" not in caplog.text
    assert (await take(router, token=None))[0] == 200
    assert "no token" in caplog.text


@clock.jumping
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
