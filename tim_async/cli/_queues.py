"""Options and helpers for the broker that spreads work over workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from taskiq_aio_pika import AioPikaBroker

WORKERS_PANEL: Final = "Workers"

BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        envvar="TIM_BROKER_URL",
        metavar="URL",
        show_default=False,
        help="RabbitMQ: amqp://user:password@host:5672/.",
        rich_help_panel=WORKERS_PANEL,
    ),
]
PrefixOption = Annotated[
    str,
    typer.Option(
        "--queue-prefix",
        metavar="TEXT",
        help="The prefix of queue names.",
        rich_help_panel=WORKERS_PANEL,
    ),
]


def make_queue(url: str, app: int, prefix: str) -> AioPikaBroker:
    """Return the broker of an app; call this in the loop that uses it."""
    from ..cluster import make_broker

    return make_broker(url, app, prefix=prefix)


@asynccontextmanager
async def started(broker: AioPikaBroker) -> AsyncIterator[AioPikaBroker]:
    """Keep a broker connected while the block runs."""
    from ..cluster._workers.broker import connect, disconnect

    await connect(broker)
    try:
        yield broker
    finally:
        await disconnect(broker)
