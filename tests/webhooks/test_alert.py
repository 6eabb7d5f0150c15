"""Alerts of the service, fed to the limiter."""

from __future__ import annotations

import asyncio

import pytest

from tests.webhooks.requests import APP, TOKEN, body, query
from tim_async import LocalRateLimiter, RetryPolicy, TimClient, UsageError
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import RequestOverLimit, WebhookRouter, slow_down


class Limiter:
    def __init__(self):
        self.slowed = []

    def slow_down(self, app, command, *, rate, seconds):
        self.slowed.append((app, command, rate, seconds))


async def alert(router, **fields):
    command = "Alert.RequestOverLimit"
    response = await router.handle(query(command, ClientIP=None), body(command, **fields))
    assert response.status == 200


async def test_alert_slows_the_command_down():
    limiter = Limiter()
    router = WebhookRouter(APP, TOKEN)
    router.on(RequestOverLimit)(slow_down(limiter, share=0.5, seconds=3))
    async with router:
        await alert(router, ServiceName="openim", Command="sendmsg", Request=165, Limit=200)
        await alert(router, ServiceName="openim", Command="batchsendmsg", Request=510, Limit=0)
    assert limiter.slowed == [(APP, "openim/sendmsg", 100.0, 3)]


@pytest.mark.parametrize(
    ("arguments", "field"), [({"share": 0}, "share"), ({"share": 1.1}, "share"), ({"seconds": 0}, "seconds")]
)
def test_wrong_settings_are_named(arguments, field):
    with pytest.raises(UsageError) as caught:
        slow_down(Limiter(), **arguments)
    assert caught.value.field == field


async def test_a_client_that_heeds_the_alerts_makes_room_for_others():
    """Two processes share an app: each has a limiter that knows of itself alone. One of them heeds the alerts."""
    limiter = LocalRateLimiter()
    router = WebhookRouter(1_400_000_000)
    router.on(RequestOverLimit)(slow_down(limiter, share=0.5))
    async with router, Emulator(auto_import=True, rate_limits={"openim/sendmsg": 20}) as emulator:

        async def deliver(event):
            await router.handle(
                query("Alert.RequestOverLimit", token=None, ClientIP=None),
                body("Alert.RequestOverLimit", ServiceName="openim", Command="sendmsg", Limit=event.limit),
            )

        options = {"base_url": emulator.url, "retry": RetryPolicy.off(), "rate_limits": {"openim/sendmsg": 20}}
        async with TimClient(1_400_000_000, DEFAULT_SECRET_KEY, limiter=limiter, **options) as client:
            loop = asyncio.get_running_loop()
            for _ in range(17):
                await client.c2c.send_text("bob", "hi")
            (first, *_) = emulator.events(RequestOverLimit)
            assert (first.request, first.limit) == (16, 20)
            await deliver(first)
            await router.close()
            began = loop.time()
            for _ in range(4):
                await client.c2c.send_text("bob", "hi")
            assert loop.time() - began > 0.3, "10 a second instead of 20"
