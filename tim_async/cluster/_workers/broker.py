"""The broker of an app: its queues and tasks, and what goes with every message.

A message is a ticket, see `campaign_worker`. It is acknowledged when the work that it asked for is in the ledger, and
whatever becomes of it then is in the ledger too: a message that is lost, or comes twice, does no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Final, Protocol

import msgspec
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from taskiq import AckableMessage, Context, TaskiqDepends
from taskiq.acks import AcknowledgeType
from taskiq.exceptions import SendTaskError
from taskiq.utils import maybe_awaitable
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
from yarl import URL

from ..._api.checks import check_whole
from ...errors import ClusterError, UsageError
from .trace import TraceMiddleware

logger = logging.getLogger("tim_async")

RUN_CHUNK: Final = "tim_async.run_chunk"
FINISH: Final = "tim_async.finish_campaign"
# A broker that restarts is back in seconds; who sends waits for it.
_SEND_FOR_S: Final = 60.0
_SEND_AGAIN_S: Final = 0.5
# Who is about to go waits less: a ticket that is lost is written anew by others.
_SEND_LAST_S: Final = 1.0
_CONNECT_S: Final = 15.0
# A broker that says nothing any more is not waited for at the end.
_CLOSE_S: Final = 5.0
_HANG_UP_S: Final = 0.1
# What is raised while the broker is away; a channel that was closed under its user is none of the first.
AWAY: Final = (AMQPError, ChannelInvalidStateError, OSError)


class WorkHandler(Protocol):
    """What does the work that messages of the broker ask for: a `Worker`, in the broker's state."""

    async def run_chunk(self, name: str) -> None: ...

    async def finish(self, name: str) -> None: ...


class Broker(AioPikaBroker):
    """A broker whose messages may be acknowledged too late."""

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Yield messages as they come."""
        async for message in super().listen():
            yield AckableMessage(data=message.data, ack=_forgiving(message.ack))


def _forgiving(ack: Callable[[], Awaitable[None] | None]) -> Callable[[], Awaitable[None]]:
    async def acknowledge() -> None:
        try:
            await maybe_awaitable(ack())
        except AWAY as error:
            # The broker went away meanwhile. The ticket comes again, and does no harm.
            logger.info("a ticket could not be acknowledged: %s", str(error) or type(error).__name__)

    return acknowledge


def make_broker(url: str, sdk_app_id: int, *, prefix: str = "tim_async", prefetch: int = 8) -> AioPikaBroker:
    """Return a taskiq broker over RabbitMQ with the queues and tasks of an app.

    It can be run by taskiq's own worker as well, when its state has a `Worker` as `tim_worker`; `tim-async worker` and
    `Worker` do all of that.

    Args:
        url: `amqp://user:password@host:5672/vhost`.
        sdk_app_id: the app; each has queues of its own.
        prefix: what names of queues begin with.
        prefetch: messages that one process has at a time.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """
    try:
        is_right = isinstance(url, str) and URL(url).scheme in ("amqp", "amqps") and bool(URL(url).host)
    except ValueError:
        is_right = False
    if not is_right:
        raise UsageError("broker must look like amqp://user:password@host:5672/", field="broker")
    check_whole("prefetch", prefetch, 1)
    stem = f"{prefix}.{sdk_app_id}"
    broker = Broker(
        url,
        qos=prefetch,
        exchange=Exchange(name=prefix),
        task_queues=[Queue(name=stem, type=QueueType.QUORUM)],
        dead_letter_queue=Queue(name=f"{stem}.dead", type=QueueType.QUORUM),
    )
    broker.add_middlewares(TraceMiddleware())
    broker.state.tim_dead = f"{stem}.dead"
    broker.state.tim_queue = stem
    broker.register_task(run_chunk, task_name=RUN_CHUNK, ack_type=AcknowledgeType.WHEN_EXECUTED.value)
    broker.register_task(finish_campaign, task_name=FINISH, ack_type=AcknowledgeType.WHEN_EXECUTED.value)
    return broker


def _worker(context: Context) -> WorkHandler:
    worker: WorkHandler = context.broker.state.tim_worker
    return worker


async def run_chunk(campaign: str, context: Annotated[Context, TaskiqDepends()]) -> None:
    """Work on one chunk of a campaign, whichever nobody works on."""
    await _worker(context).run_chunk(campaign)


async def finish_campaign(campaign: str, context: Annotated[Context, TaskiqDepends()]) -> None:
    """Sign a campaign of which nothing is left."""
    await _worker(context).finish(campaign)


async def start(broker: AioPikaBroker, *, within_s: float = 0.0, unless: asyncio.Event | None = None) -> bool:
    """Connect a broker, trying again for a while; return whether it is, or that was given up as it is not wanted.

    Args:
        broker: which.
        within_s: seconds for which it is tried again.
        unless: set when it is not wanted any more.

    Raises:
        ClusterError: it cannot be reached.
    """
    loop = asyncio.get_running_loop()
    end, unless, was_told = loop.time() + within_s, unless or asyncio.Event(), False
    while not unless.is_set():
        try:
            async with asyncio.timeout(_CONNECT_S):
                await broker.startup()
            return True
        except AWAY as error:
            problem = str(error) or type(error).__name__
        await shut(broker)
        if loop.time() >= end:
            raise ClusterError(f"the broker cannot be reached: {problem}; what was submitted is in the ledger")
        if not was_told:
            was_told = True
            logger.warning("the broker cannot be reached yet: %s", problem)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SEND_AGAIN_S):
                await unless.wait()
    return False


async def shut(broker: AioPikaBroker, *, within_s: float | None = None) -> None:
    """Disconnect a broker. One that is away, or says nothing, is left as it is: all that matters is in the ledger."""
    with suppress(*AWAY):
        try:
            async with asyncio.timeout(_CLOSE_S if within_s is None else within_s):
                await broker.shutdown()
        except (*AWAY, asyncio.CancelledError):
            # It waits for the channels first; connections that nobody closed would come back by themselves.
            both = (broker.write_conn, broker.read_conn)
            await asyncio.gather(*(_hang_up(each) for each in both if each is not None))
            raise


async def _hang_up(connection: AbstractConnection) -> None:
    with suppress(*AWAY):
        async with asyncio.timeout(_HANG_UP_S):
            await connection.close()


async def send(broker: AioPikaBroker, task: str, campaign: str, *, unless: asyncio.Event | None = None) -> None:
    """Send a message; wait for a broker that is away for a moment.

    Args:
        broker: which.
        task: what is asked for.
        campaign: for which.
        unless: set when it is not to be waited for any more, or for a second at most.

    Raises:
        ClusterError: it did not come back.
    """
    found = broker.find_task(task)
    if found is None:
        raise UsageError(f"the broker has no task {task}", field="broker")
    problem = "no answer"
    try:
        async with asyncio.timeout(_SEND_FOR_S) as limit, _shortened(limit, unless):
            while True:
                try:
                    await found.kiq(campaign)
                    return
                except (SendTaskError, TimeoutError) as error:
                    problem = str(error.__cause__ or error) or problem
                await asyncio.sleep(_SEND_AGAIN_S)
    except TimeoutError:
        raise ClusterError(f"the broker takes no messages: {problem}") from None


@asynccontextmanager
async def _shortened(limit: asyncio.Timeout, event: asyncio.Event | None) -> AsyncIterator[None]:
    """Let a wait end soon after an event."""

    async def shorten(told: asyncio.Event) -> None:
        await told.wait()
        soon = asyncio.get_running_loop().time() + _SEND_LAST_S
        if (limit.when() or 0.0) > soon:
            limit.reschedule(soon)

    if event is None:
        yield
        return
    waiting = asyncio.create_task(shorten(event), name="tim_async: hurry a message")
    try:
        yield
    finally:
        waiting.cancel()


async def bury(broker: AioPikaBroker, content: msgspec.Struct) -> None:
    """Put something into the dead-letter queue, for a recipient to look at.

    Raises:
        ClusterError: the broker is away.
    """
    if broker.write_channel is None:
        raise UsageError("the broker is not started", field="broker")
    message = Message(
        msgspec.json.encode(content), content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT
    )
    try:
        await broker.write_channel.default_exchange.publish(message, routing_key=broker.state.tim_dead)
        return
    except AWAY as error:
        problem = str(error) or type(error).__name__
    raise ClusterError(f"the broker takes no messages: {problem}")


async def waiting(broker: AioPikaBroker) -> int:
    """Return how many messages wait for a worker."""
    if broker.write_channel is None:
        raise UsageError("the broker is not started", field="broker")
    # Asked for below the channel, which answers from memory for a queue that it declared itself.
    channel = await broker.write_channel.get_underlay_channel()
    return (await channel.queue_declare(broker.state.tim_queue, passive=True)).message_count or 0
