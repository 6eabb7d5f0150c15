"""A small shop that writes to its customers; `test_order_notes.py` tests it with the pytest plugin of tim_async."""

from collections.abc import Iterable

from tim_async import CustomElem, InvalidRequestError, TextElem, TimClient
from tim_async.webhooks import Answer, BeforeSendMsg, Refuse, WebhookRouter


class OrderNotes:
    """Notifies customers about their orders.

    Args:
        client: the app's client.
    """

    def __init__(self, client: TimClient) -> None:
        self._client = client

    async def shipped(self, customer: str, order: str) -> str | None:
        """Notify one customer; return the MsgKey, None if the customer has no account."""
        try:
            sent = await self._client.c2c.send(
                to_account=customer,
                from_account="shop",
                msg_body=[TextElem(f"Your order {order} is on its way 📦"), CustomElem(data=order, desc="[Order]")],
            )
        except InvalidRequestError as error:
            if error.code == 90012:  # the account does not exist
                return None
            raise
        return sent.msg_key

    async def delayed(self, customers: Iterable[str]) -> list[str]:
        """Send the same message to many customers; return those who did not get it."""
        deliveries = await self._client.c2c.send_to_all(
            customers, [TextElem("Your order is a day late, we are sorry")], from_account="shop"
        )
        return [delivery.account for delivery in deliveries.failed]


def create_router(sdk_app_id: int, token: str) -> WebhookRouter:
    """Create the receiver of the shop's webhooks: only the shop itself may write as the shop."""
    router = WebhookRouter(sdk_app_id, token)

    @router.before(BeforeSendMsg, default=Refuse(code=120_002, info="please try again"))
    async def check(event: BeforeSendMsg) -> Answer | None:
        if event.from_account == "shop" and event.params.opt_platform != "RESTAPI":
            return Refuse(code=120_001, info="the shop writes through its server only")
        return None

    return router
