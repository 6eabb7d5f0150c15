"""Registering handlers: refusals, and the return values of the decorators."""

from __future__ import annotations

import pytest

from tests.webhooks.receiver import broken, make
from tim_async import UsageError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, GroupBeforeSendMsg, Refuse


async def test_decorators_return_the_function():
    router, _ = make()

    async def handler(event):
        return None

    assert router.on(AfterSendMsg)(handler) is handler
    assert router.before(BeforeSendMsg)(handler) is handler


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


def test_only_one_function_decides_on_a_class():
    router, _ = make()
    router.before(BeforeSendMsg)(broken)
    with pytest.raises(UsageError, match="BeforeSendMsg already has a before-handler"):
        router.before(BeforeSendMsg)
    router.before(GroupBeforeSendMsg)(broken)


def test_default_that_cannot_be_encoded_is_refused_at_once():
    router, _ = make()
    with pytest.raises(UsageError) as caught:
        router.before(BeforeSendMsg, default=Refuse(code=120_001, info="\udcff"))
    assert caught.value.field == "default"
