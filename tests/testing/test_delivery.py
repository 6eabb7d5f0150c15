"""Events handed to a receiver by hand."""

from __future__ import annotations

from tim_async import TextElem
from tim_async.testing import deliver
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, OfflinePush, Replace, WebhookRouter


async def test_event_is_taken_as_if_the_service_had_sent_it():
    router = WebhookRouter(1400000000, ["new-token", "old-token"], clock=lambda: 1_600_000_000)
    got = []
    router.on(AfterSendMsg, OfflinePush)(got.append)

    @router.before(BeforeSendMsg)
    def decide(event):
        return Replace(msg_body=[TextElem(event.params.opt_platform)])

    async with router:
        answer = await deliver(router, BeforeSendMsg(from_account="alice"), opt_platform="iOS")
        assert answer.msg_body == [TextElem("iOS")]
        assert (await deliver(router, AfterSendMsg(msg_key="k"), client_ip="1.2.3.4")).error_code == 0
        await deliver(router, OfflinePush())
    sent, push = got
    assert (sent.msg_key, sent.params.client_ip, sent.params.request_time) == ("k", "1.2.3.4", 1_600_000_000)
    assert (push.params.client_ip, push.params.opt_platform) == ("", "")


async def test_receiver_without_a_token():
    assert (await deliver(WebhookRouter(1), AfterSendMsg())).action_status == "OK"
