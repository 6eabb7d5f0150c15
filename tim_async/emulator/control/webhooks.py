"""The app's webhooks: what was sent, what was answered, and their destination."""

from __future__ import annotations

import msgspec

from ..._api.wire import encode
from ...errors import UsageError
from ..outgoing.outbox import Webhook, check_url
from .context import Control
from .routes import Asked, NotFoundError, route
from .views import Page


class WebhookView(msgspec.Struct, kw_only=True):
    """A webhook.

    Attributes:
        number: counts all webhooks from 1.
        at: unix seconds of the emulator's clock when it happened.
        command: its CallbackCommand.
        event: the body in its wire form.
        sends: how often it was sent; 0 while it waits, and if no URL is set.
        answer: the receiver's answer to the last send, None without a valid one.
        problem: why there is none; empty otherwise.
        took_s: seconds to the last answer, None without one.
    """

    number: int
    at: float
    command: str
    event: msgspec.Raw
    sends: int
    answer: msgspec.Raw | None
    problem: str
    took_s: float | None


class WebhookList(msgspec.Struct, kw_only=True):
    """Webhooks.

    Attributes:
        total: how many kept webhooks match.
        webhooks: those of this page, the newest first.
    """

    total: int
    webhooks: list[WebhookView]


class WebhookQuery(Page, kw_only=True):
    """The webhooks to list.

    Attributes:
        command: only of this CallbackCommand.
        text: only those with this text in the event.
        trouble: only those that were sent and not answered correctly.
    """

    command: str | None = None
    text: str | None = None
    trouble: bool = False


class Receiver(msgspec.Struct, kw_only=True):
    """The destination of webhooks.

    Attributes:
        url: the address, None for none.
        is_signed: whether they are signed with a token.
    """

    url: str | None
    is_signed: bool


class SetReceiver(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The destination of webhooks to set.

    Attributes:
        url: the address, http or https; None sends none.
        token: signs them; None keeps the current token, and an empty one signs nothing.
    """

    url: str | None
    token: str | None = None


def view_of(webhook: Webhook) -> WebhookView:
    """Return a webhook in its JSON form."""
    return WebhookView(
        number=webhook.number,
        at=webhook.at,
        command=webhook.event.callback_command,
        event=msgspec.Raw(webhook.event.to_body()),
        sends=webhook.sends,
        answer=None if webhook.answer is None else msgspec.Raw(encode(webhook.answer)),
        problem=webhook.problem,
        took_s=webhook.took_s,
    )


def _fits(webhook: Webhook, query: WebhookQuery) -> bool:
    return (
        query.command in (None, webhook.event.callback_command)
        and not (query.trouble and not webhook.problem)
        and (not query.text or query.text.lower() in webhook.event.to_body().decode().lower())
    )


@route("GET", "/webhooks", query=WebhookQuery, answer=WebhookList, summary="The webhooks, the newest first.")
def webhooks(control: Control, asked: Asked[WebhookQuery, None]) -> WebhookList:
    """Return a page of the webhooks."""
    query = asked.query
    fitting = [each for each in reversed(control.outbox.log) if _fits(each, query)]
    page = fitting[query.offset : query.offset + query.limit]
    return WebhookList(total=len(fitting), webhooks=[view_of(each) for each in page])


@route("POST", "/webhooks/{number}/send", answer=WebhookView, summary="Send a webhook again.")
async def send_again(control: Control, asked: Asked[None, None]) -> WebhookView:
    """Send a webhook again, and wait for the answer."""
    for each in control.outbox.log:
        if str(each.number) == asked.path["number"]:
            if control.outbox.url is None:
                raise UsageError("no URL is set for webhooks: set one by PUT /webhooks/receiver", field="url")
            await control.outbox.send_again(each)
            return view_of(each)
    raise NotFoundError(f"webhook {asked.path['number']} is not among the newest", field="number")


@route("GET", "/webhooks/receiver", answer=Receiver, summary="The destination of webhooks.")
def receiver(control: Control, asked: Asked[None, None]) -> Receiver:
    """Return the destination of webhooks; the token is never shown."""
    return Receiver(url=control.outbox.url, is_signed=control.outbox.token is not None)


@route("PUT", "/webhooks/receiver", body=SetReceiver, answer=Receiver, summary="Set the destination of webhooks.")
def set_receiver(control: Control, asked: Asked[None, SetReceiver]) -> Receiver:
    """Set the destination of webhooks."""
    check_url("url", asked.body.url)
    control.outbox.url = asked.body.url
    if asked.body.token is not None:
        control.outbox.token = asked.body.token or None
    return receiver(control, Asked({}, None, None, asked.request))
