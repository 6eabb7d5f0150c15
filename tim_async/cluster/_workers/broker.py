"""The broker of an app: its queues and tasks, and the handling of every message.

A work message permits one chunk to be worked on, see `campaign_worker`. It is acknowledged when its work is in the
ledger, which has the whole state: a lost or repeated message is harmless.
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
from ..._printable import one_line
from ...errors import ClusterError, UsageError
from .trace import TraceMiddleware

logger = logging.getLogger("tim_async")

RUN_CHUNK: Final = "tim_async.run_chunk"
FINISH: Final = "tim_async.finish_campaign"
_ACK_TYPE: Final = AcknowledgeType.WHEN_EXECUTED.value
_MAX_PROBLEM_CHARS: Final = 200
# A restarting broker is back in seconds; sending waits for it.
_SEND_TIMEOUT_S: Final = 60.0
_RETRY_INTERVAL_S: Final = 0.5
# A worker that is about to end waits less: other workers replace a lost message.
_LAST_SEND_TIMEOUT_S: Final = 1.0
_CONNECT_TIMEOUT_S: Final = 15.0
# At shutdown, do not wait for a broker that no longer answers.
_CLOSE_TIMEOUT_S: Final = 5.0
_ABORT_TIMEOUT_S: Final = 0.1
# Errors raised while the broker is away, except for a channel that was closed under its user.
AWAY: Final = (AMQPError, ChannelInvalidStateError, OSError)


class WorkHandler(Protocol):
    """Does the work that broker messages ask for: a `Worker`, in the broker's state."""

    async def run_chunk(self, name: str) -> None: ...

    async def finish(self, name: str) -> None: ...


class Broker(AioPikaBroker):
    """A broker that tolerates late acknowledgements and foreign messages.

    Attributes:
        bad_messages: number of dropped messages that were not work messages.
    """

    bad_messages = 0

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Yield messages as they arrive, except messages that cannot be handled: each of those is logged."""
        async for message in super().listen():
            ack = _forgiving(message.ack)
            problem = self._problem_of(message.data)
            if problem:
                self.bad_messages += 1
                logger.warning(
                    "a message of %d bytes in the queue %s is not a work message, and was dropped: %s",
                    *(len(message.data), self.state.tim_queue, one_line(problem[:_MAX_PROBLEM_CHARS])),
                )
                await ack()
            else:
                yield AckableMessage(data=message.data, ack=ack)

    def _problem_of(self, data: bytes) -> str:
        """Return why the receiver could not handle a message; "" if it can."""
        try:
            message = self.formatter.loads(message=data)
            message.parse_labels()
        except Exception as error:  # noqa: BLE001 - whatever a parser makes of what anyone may have put into the queue
            return f"{type(error).__name__} where it is read"
        if self.find_task(message.task_name) is None:
            return f"unknown task {message.task_name!r}"
        if [type(each) for each in message.args] != [str] or message.kwargs:
            return f"{message.task_name} takes the name of a campaign"
        if message.labels.get("ack_type", _ACK_TYPE) != _ACK_TYPE or "timeout" in message.labels:
            return "labels of another program"
        return ""


def _forgiving(ack: Callable[[], Awaitable[None] | None]) -> Callable[[], Awaitable[None]]:
    async def acknowledge() -> None:
        try:
            await maybe_awaitable(ack())
        except AWAY as error:
            # The broker went away meanwhile. The message will be delivered again, which is harmless.
            logger.info("a work message could not be acknowledged: %s", str(error) or type(error).__name__)

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
    broker.register_task(run_chunk, task_name=RUN_CHUNK, ack_type=_ACK_TYPE)
    broker.register_task(finish_campaign, task_name=FINISH, ack_type=_ACK_TYPE)
    return broker


def _worker(context: Context) -> WorkHandler:
    worker: WorkHandler = context.broker.state.tim_worker
    return worker


async def run_chunk(campaign: str, context: Annotated[Context, TaskiqDepends()]) -> None:
    """Work on one chunk of a campaign, whichever can be claimed."""
    await _worker(context).run_chunk(campaign)


async def finish_campaign(campaign: str, context: Annotated[Context, TaskiqDepends()]) -> None:
    """Mark a campaign as done if nothing of it is left."""
    await _worker(context).finish(campaign)


async def connect(broker: AioPikaBroker, *, within_s: float = 0.0, unless: asyncio.Event | None = None) -> bool:
    """Connect a broker, retrying for a while; False if that was given up because it is no longer wanted.

    Args:
        broker: the broker.
        within_s: seconds during which to retry.
        unless: set when it is no longer wanted.

    Raises:
        ClusterError: it cannot be reached.
    """
    loop = asyncio.get_running_loop()
    end, unless, is_logged = loop.time() + within_s, unless or asyncio.Event(), False
    while not unless.is_set():
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await broker.startup()
            return True
        except AWAY as error:
            problem = str(error) or type(error).__name__
        await disconnect(broker)
        if loop.time() >= end:
            raise ClusterError(f"could not connect to the broker: {problem}; what was submitted is in the ledger")
        if not is_logged:
            is_logged = True
            logger.warning("could not connect to the broker, trying again for %.0f s: %s", within_s, problem)
        with suppress(TimeoutError):
            async with asyncio.timeout(_RETRY_INTERVAL_S):
                await unless.wait()
    return False


async def disconnect(broker: AioPikaBroker, *, within_s: float | None = None) -> None:
    """Disconnect a broker. If it does not answer, leave it: the state is in the ledger."""
    with suppress(*AWAY):
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S if within_s is None else within_s):
                await broker.shutdown()
        except (*AWAY, asyncio.CancelledError):
            # It waits for the channels first; connections that are not closed would reconnect.
            both = (broker.write_conn, broker.read_conn)
            await asyncio.gather(*(_abort(each) for each in both if each is not None))
            raise


async def _abort(connection: AbstractConnection) -> None:
    with suppress(*AWAY):
        async with asyncio.timeout(_ABORT_TIMEOUT_S):
            await connection.close()


async def send(broker: AioPikaBroker, task: str, campaign: str, *, unless: asyncio.Event | None = None) -> None:
    """Send a message; wait for a broker that is briefly away.

    Args:
        broker: the broker.
        task: the task's name.
        campaign: the campaign.
        unless: set when to wait for the broker at most one more second.

    Raises:
        ClusterError: it did not come back.
    """
    found = broker.find_task(task)
    if found is None:
        raise UsageError(f"the broker has no task {task}", field="broker")
    problem = "no answer"
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S) as limit, _shortened(limit, unless):
            while True:
                try:
                    await found.kiq(campaign)
                    return
                except (SendTaskError, TimeoutError) as error:
                    problem = str(error.__cause__ or error) or problem
                await asyncio.sleep(_RETRY_INTERVAL_S)
    except TimeoutError:
        raise ClusterError(f"the broker did not take a message: {problem}") from None


@asynccontextmanager
async def _shortened(limit: asyncio.Timeout, event: asyncio.Event | None) -> AsyncIterator[None]:
    """End a wait shortly after an event."""

    async def shorten(event: asyncio.Event) -> None:
        await event.wait()
        soon = asyncio.get_running_loop().time() + _LAST_SEND_TIMEOUT_S
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


async def send_dead_letter(broker: AioPikaBroker, content: msgspec.Struct) -> None:
    """Put an entry into the dead-letter queue, for inspection by a person.

    Raises:
        ClusterError: the broker is away.
    """
    if broker.write_channel is None:
        raise UsageError("the broker is not connected: call its startup first", field="broker")
    message = Message(
        msgspec.json.encode(content), content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT
    )
    try:
        await broker.write_channel.default_exchange.publish(message, routing_key=broker.state.tim_dead)
        return
    except AWAY as error:
        problem = str(error) or type(error).__name__
    raise ClusterError(f"the broker did not take a message: {problem}")


async def count_waiting(broker: AioPikaBroker) -> int:
    """Return the number of messages that wait for a worker."""
    if broker.write_channel is None:
        raise UsageError("the broker is not connected: call its startup first", field="broker")
    # Bypass the channel, which answers from memory for a queue that it declared itself.
    channel = await broker.write_channel.get_underlay_channel()
    return (await channel.queue_declare(broker.state.tim_queue, passive=True)).message_count or 0
