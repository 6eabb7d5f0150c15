"""Alerts of the service, fed to the limiter."""

from __future__ import annotations

import pytest

from tests import clock
from tests.webhooks.requests import APP, TOKEN, body, query
from tim_async import LocalRateLimiter, TimClient, UsageError
from tim_async.testing import FakePool
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


@clock.jumping
async def test_client_that_heeds_the_alerts_makes_room_for_others():
    """The limiter knows only its own process: the alert shows that others share the app. The emulator sends such."""
    limiter, pool = LocalRateLimiter(), FakePool()
    router = WebhookRouter(APP, TOKEN)
    router.on(RequestOverLimit)(slow_down(limiter, share=0.5))
    async with TimClient(APP, "key", limiter=limiter, pool=pool, rate_limits={"openim/sendmsg": 20}) as client:
        for _ in range(20):
            await client.c2c.send_text("bob", "hi")
        async with router:
            await alert(router, ServiceName="openim", Command="sendmsg", Request=16, Limit=20)
        for _ in range(30):
            await client.c2c.send_text("bob", "hi")
    times = [sent.at for sent in pool.sent]
    assert clock.worst_window(times[:20]) == 20
    assert clock.worst_window(times[20:]) <= 10, "half of the limit"
