"""Delivers events to a receiver as the service would, without a server in between."""

from __future__ import annotations

from .._api.wire import decode
from ..webhooks import AnswerBody, Event, WebhookRouter
from ..webhooks._check import make_query


async def deliver(
    router: WebhookRouter, event: Event, *, client_ip: str = "127.0.0.1", opt_platform: str = "RESTAPI"
) -> AnswerBody:
    """Deliver an event, signed with the receiver's own token; return the answer.

        answer = await deliver(router, BeforeSendMsg(from_account="alice", msg_body=[TextElem("hi")]))
        assert answer.error_code == 0

    A handler that fails is logged, and the answer is the one that the service would get. Handlers that run after the
    answer may still be running: leaving `async with router` waits for them.

    Args:
        router: the receiver, whose app and token the delivery has.
        event: the event.
        client_ip: ClientIP of the URL, the address of who caused the event.
        opt_platform: OptPlatform of the URL: `RESTAPI`, or the platform of a client, such as `iOS`.
    """
    checker = router.checker
    query = make_query(
        event,
        sdk_app_id=checker.sdk_app_id,
        token=checker.token,
        now=checker.now(),
        client_ip=client_ip,
        opt_platform=opt_platform,
    )
    response = await router.handle(query, event.to_body())
    return decode(response.body, AnswerBody)
