"""A worker: takes work messages from the broker and works on an app's campaigns, together with any other workers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final

import msgspec
from taskiq.receiver import Receiver
from taskiq_aio_pika import AioPikaBroker

from ..._api.checks import check_seconds, check_whole
from ..._core.client import TimClient
from ..._printable import one_line
from ...bulk._engine.runner import OnProgress
from ...bulk._ledger.ledger import Ledger
from ...bulk._ledger.records import CampaignRow
from ...bulk._message.rendering import from_stored
from ...bulk._plan.binding import bind
from ...errors import ClusterError, LedgerError, TimError, UsageError
from . import broker as work_queue
from .backoff import Backoff
from .campaign_worker import CampaignWorker, InFlightChunks, WorkResult
from .options import WorkOptions, phase_of
from .presence import Presence
from .supervisor import Supervisor
from .trace import within
from .worker_health import WorkerHealth

logger = logging.getLogger("tim_async")

# A ledger that does not answer for longer than a lease is away; with a short lease it has at least this long.
_MIN_PATIENCE_S: Final = 10.0
# Seconds between two rounds of supervision.
_WATCH_INTERVAL_S: Final = 2.0
# A campaign worker without work messages ends after this time; the next message starts another.
_IDLE_TIMEOUT_S: Final = 5.0
# Wait after a work message that could not be worked on, before the next one is sent.
_RETRY_INTERVAL_S: Final = 2.0
# How long to wait for a restarting broker or database at startup.
_STARTUP_TIMEOUT_S: Final = 60.0
# Time for closing the broker's connections when nothing is waited for any more.
_CANCELLED_CLOSE_TIMEOUT_S: Final = 0.3
_MAX_CANCELLATIONS: Final = 50
_MAX_PORT: Final = 65_535


class Worker:
    """Works on the campaigns of the client's app: `await Worker(client, ledger=..., broker=...).run()`.

    Pass a `RedisRateLimiter` to the client, so that all workers together keep the limits. A campaign with trouble that
    may concern only this worker, such as a lost connection to the service, is left to the others for 2 s, and for
    twice as long each time, up to a minute, while nothing succeeds.

    Args:
        client: makes the calls; its app's campaigns are worked on.
        ledger: URL of the ledger's database, such as `postgresql+asyncpg://user:password@host/name`.
        broker: URL of RabbitMQ, such as `amqp://user:password@host:5672/`, or a broker from `make_broker`.
        tasks: maximum number of chunks in flight in this process, 8 by default.
        lease_s: seconds after which others take over the chunks of a dead worker, 20 by default. Each worker renews its
            lease four times in that time.
        most_deaths: a chunk is given up after this many workers died or failed with it, 5 by default.
        on_progress: called with a `Progress` of each campaign that this worker supervises, every few seconds (one of
            the workers does it for all), and when it ends; may be async.
        health_port: serves `/healthz`, `/readyz` and `/metrics` while it runs, 0 to 65535; 0 picks a free port, None
            (default) serves nothing.
        health_address: the address to listen on, `127.0.0.1` by default; any other than loopback exposes them to the
            network.

    Attributes:
        health_url: the URL of its health port; None without one.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        client: TimClient,
        *,
        ledger: str,
        broker: str | AioPikaBroker,
        tasks: int = 8,
        lease_s: float = 20.0,
        most_deaths: int = 5,
        on_progress: OnProgress | None = None,
        health_port: int | None = None,
        health_address: str = "127.0.0.1",
    ) -> None:
        check_seconds("lease_s", lease_s)
        for name, value in (("tasks", tasks), ("most_deaths", most_deaths)):
            check_whole(name, value, 1)
        if health_port is not None:
            check_whole("health_port", health_port, 0, _MAX_PORT)
        self._client = client
        self._app = client.sdk_app_id
        self._ledger = Ledger(ledger, purpose="work", patience_s=max(lease_s, _MIN_PATIENCE_S))
        self._shared = self._ledger.require_shared()
        self._broker = work_queue.make_broker(broker, self._app, prefetch=tasks) if isinstance(broker, str) else broker
        self._tasks = tasks
        self._lease_s = lease_s
        self._most_deaths = most_deaths
        self._supervisor = Supervisor(
            self._ledger,
            self._broker,
            self._app,
            now=self.now,
            most_deaths=most_deaths,
            on_progress=on_progress,
            client=client,
        )
        self._campaigns: dict[str, tuple[CampaignWorker, asyncio.Task[None]]] = {}
        self._ending: dict[asyncio.Task[None], CampaignWorker] = {}  # replaced ones that have not ended
        self._starting = asyncio.Lock()
        self._sending: set[asyncio.Task[None]] = set()  # work messages being sent
        self._in_flight = InFlightChunks()
        self._backoffs: dict[str, Backoff] = {}  # campaigns that this worker has trouble with
        self._draining = asyncio.Event()
        self._is_cancelled = False
        self._clock_offset_s = 0.0  # how far the ledger's clock is ahead of this machine's
        self._presence = Presence(
            self._shared.workers,
            app=self._app,
            tasks=tasks,
            lease_s=lease_s,
            now=self.now,
            at_work=self._in_flight.tasks,
        )
        self._health = WorkerHealth(
            client,
            self._ledger,
            self._broker,
            presence=self._presence,
            in_flight=self._in_flight,
            supervisor=self._supervisor,
            have_their_leases=lambda: all(worker.has_its_leases for worker, _ in self._campaigns.values()),
        )
        self._health_at = None if health_port is None else (health_address, health_port)
        self.health_url: str | None = None

    def __repr__(self) -> str:
        return f"<Worker of app {self._app}>"

    @property
    def chunks(self) -> int:
        """Number of chunks that it has worked on."""
        return self._presence.chunks

    def now(self) -> float:
        """Return unix seconds by the ledger's clock."""
        return time.time() + self._clock_offset_s

    async def run(self) -> None:
        """Work until `stop`; then finish what is in flight, release the rest and return.

        Raises:
            LedgerError: the ledger cannot be used.
            ClusterError: the broker cannot be reached.
            UsageError: it cannot listen on `health_port`.
        """
        async with self._health.served(self._health_at) as self.health_url:
            if not await self._open_ledger():
                return
            try:
                self._clock_offset_s = await self._shared.clock_offset()
                async with self._connected() as is_connected:
                    if is_connected:
                        await self._work()
            finally:
                await self._ledger.__aexit__(None, None, None)

    def stop(self) -> None:
        """Accept no more work, let what is in flight finish, and let `run` return."""
        self._draining.set()
        self._presence.state = "stopping"
        for worker in (*self._ending.values(), *(worker for worker, _ in self._campaigns.values())):
            worker.stop("the worker stops")

    async def _open_ledger(self) -> bool:
        """Open the ledger; wait a while for one that is away. False if the worker is stopped meanwhile."""
        loop = asyncio.get_running_loop()
        end, is_logged = loop.time() + _STARTUP_TIMEOUT_S, False
        while not self._draining.is_set():
            try:
                await self._ledger.__aenter__()
                return True
            except LedgerError as error:
                if not error.is_away or loop.time() >= end:
                    raise
                if not is_logged:
                    is_logged = True
                    logger.warning("%s; trying again for %.0f s", error, _STARTUP_TIMEOUT_S)
            await self._pause(_RETRY_INTERVAL_S)
        return False

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[bool]:
        self._broker.is_worker_process = True
        self._broker.state.tim_worker = self
        is_connected = await work_queue.connect(self._broker, within_s=_STARTUP_TIMEOUT_S, unless=self._draining)
        try:
            yield is_connected
        finally:
            timeout_s = _CANCELLED_CLOSE_TIMEOUT_S if self._is_cancelled else None
            await work_queue.disconnect(self._broker, within_s=timeout_s)

    async def _work(self) -> None:
        watch = asyncio.create_task(self._watch(), name="tim_async: look after campaigns")
        watch.add_done_callback(lambda _: self.stop())
        presence = asyncio.create_task(self._presence.keep(), name="tim_async: presence")
        try:
            await self._listen()
            watch.cancel()
            await asyncio.wait([watch])
            await self._drain()
            presence.cancel()
            await asyncio.wait([presence])
            await self._presence.leave()
        except asyncio.CancelledError:
            self._is_cancelled = True
            raise
        finally:
            # Nothing is left to end here, unless this was cancelled: then do not wait for them, whatever they do.
            tasks = (task for _, task in self._campaigns.values())
            await _cancel_all([watch, presence, *self._sending, *self._ending, *tasks])
        if not watch.cancelled():
            watch.result()  # it ends only if it fails

    async def _listen(self) -> None:
        receiver = Receiver(self._broker, max_async_tasks=self._tasks, run_startup=False, validate_params=True)
        while not self._draining.is_set():
            try:
                await receiver.listen(self._draining)
            except work_queue.AWAY as error:
                logger.warning("the broker is away: %s", error)
            if not self._draining.is_set():
                await asyncio.sleep(_RETRY_INTERVAL_S)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            try:
                await self._drain_idle()
                self._clock_offset_s = await self._shared.clock_offset()
                await self._supervisor.look(_WATCH_INTERVAL_S)
            except (TimError, *work_queue.AWAY) as error:
                logger.warning("looking after campaigns failed: %s", error)

    # Work messages

    async def run_chunk(self, name: str) -> None:
        """Work on one chunk of a campaign; send the next work message if there may be more to do."""
        try:
            await self._run_chunk(name)
        except Exception as error:
            logger.log(
                logging.ERROR,
                "campaign %s: a work message failed with %s: %s",
                *(one_line(name), type(error).__name__, one_line(str(error))),
            )
            logger.debug("the work message of campaign %s", one_line(name), exc_info=error)

    async def _run_chunk(self, name: str) -> None:
        backoff = self._backoffs.get(name)
        if backoff is not None and backoff.left_s:
            await self._pause(min(backoff.left_s, _RETRY_INTERVAL_S))
            await self._send_next(name)  # for other workers, or for this one later
            return
        try:
            worker = await self._worker_for(name)
            result = WorkResult.NOTHING if worker is None else await worker.work()
        except LedgerError as error:
            logger.warning("campaign %s: %s", one_line(name), error)
            await self._pause(_RETRY_INTERVAL_S)
            result = WorkResult.STOPPED
        if result is WorkResult.DONE:
            self._presence.chunks += 1
            self._backoffs.pop(name, None)
        is_for_others = result is WorkResult.STOPPED and (self._draining.is_set() or name in self._backoffs)
        if result is WorkResult.DONE or is_for_others:
            await self._send_next(name)

    async def finish(self, name: str) -> None:
        """Mark a campaign as done if nothing of it is left."""
        await self._supervisor.finish(name)

    async def _send_next(self, name: str) -> None:
        """Send the next work message."""
        if self._is_cancelled:
            return
        # A separate task, because the receiver's tasks are not this worker's to end.
        sending = asyncio.create_task(
            work_queue.send(self._broker, work_queue.RUN_CHUNK, name, unless=self._draining),
            name=f"tim_async: work message of {name}",
        )
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        await asyncio.wait([sending])
        if sending.cancelled():
            return  # the worker was cancelled
        try:
            sending.result()
        except ClusterError as error:
            if not self._draining.is_set():
                raise
            logger.info("campaign %s: its next work message is left to other workers: %s", one_line(name), error)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._draining.wait()

    # Campaigns at work

    async def _worker_for(self, name: str) -> CampaignWorker | None:
        """Return the campaign worker for a campaign, starting it if needed; None if it must not be worked on."""
        async with self._starting:
            known = self._campaigns.get(name)
            # A draining one accepts nothing more: some of its feeders may have ended already.
            if known is not None and not (known[0].is_over or known[0].is_draining):
                return known[0]
            if self._draining.is_set():
                return None
            row = await self._ledger.campaigns.find(name)
            if row is None or row.status != "running" or row.options is None or row.app != self._app:
                return None
            if not phase_of(row, self.now()).is_open:
                return None  # when it may continue, its supervisor sends work messages
            options = msgspec.json.decode(row.options, type=WorkOptions)
            worker = await self._make(row, options)
            if worker is not None:
                # Whichever message came first: its work belongs to the trace in which the campaign was submitted.
                task = asyncio.create_task(
                    self._run(name, worker), name=f"tim_async: campaign {name}", context=within(options.trace)
                )
                if known is not None:
                    self._replace(*known)
                self._campaigns[name] = (worker, task)
            return worker

    def _replace(self, worker: CampaignWorker, task: asyncio.Task[None]) -> None:
        if not task.done():
            self._ending[task] = worker
            task.add_done_callback(self._ending.pop)

    async def _run(self, name: str, worker: CampaignWorker) -> None:
        await worker.run()
        if worker.trouble is not None:
            # Others may succeed, so the campaign is not stopped; this worker's chunks were already released to them.
            backoff = self._backoffs.setdefault(name, Backoff(time.monotonic))
            logger.warning(
                "campaign %s: this worker leaves it to others for %.0f s: %s",
                *(one_line(name), backoff.begin(), one_line(worker.trouble)),
            )

    async def _make(self, row: CampaignRow, options: WorkOptions) -> CampaignWorker | None:
        messages = from_stored(row.kind, row.message)
        if messages is None:
            logger.warning(
                "campaign %s: its message is made by a function, which workers do not have", one_line(row.name)
            )
            return None
        try:
            row = await bind(self._ledger, row, self._client)
        except UsageError as error:
            logger.warning("campaign %s: this worker cannot work on it: %s", one_line(row.name), error)
            return None
        return CampaignWorker(
            self._client,
            self._ledger,
            row,
            messages,
            options,
            wall=self.now,
            lease_s=self._lease_s,
            most_deaths=self._most_deaths,
            in_flight=self._in_flight,
        )

    async def _drain_idle(self) -> None:
        """End campaign workers that have had no work message for a while."""
        now = asyncio.get_running_loop().time()
        for name, (worker, task) in list(self._campaigns.items()):
            if task.done():
                del self._campaigns[name]
            elif not worker.is_idle:
                worker.idle_since = None
            elif worker.idle_since is None:
                worker.idle_since = now
            elif now - worker.idle_since >= _IDLE_TIMEOUT_S:
                await worker.drain()

    async def _drain(self) -> None:
        for worker, _ in self._campaigns.values():
            worker.stop("the worker stops")
            await worker.drain()
        await asyncio.gather(*(task for _, task in self._campaigns.values()), *self._ending)


async def _cancel_all(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End tasks immediately. Each cancellation ends one of the waits in which they clean up."""
    pending = {task for task in tasks if not task.done()}
    for _ in range(_MAX_CANCELLATIONS):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
