"""A worker: takes tickets from the broker and works on campaigns of one app, together with any number of others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import msgspec
from taskiq.receiver import Receiver
from taskiq_aio_pika import AioPikaBroker

from ..._api.checks import check_seconds, check_whole
from ..._core.client import TimClient
from ...bulk._engine.runner import OnProgress
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.shared import Poisoned, SharedLedger, Work
from ...bulk._message.messages import from_stored
from ...bulk.campaign import bind
from ...errors import ClusterError, LedgerError, TimError, UsageError
from . import broker as posts
from .backoff import Backoff
from .campaign_worker import CampaignWorker, InFlightChunks, WorkResult
from .missing_permits import Needs, missing
from .options import WorkOptions
from .progress import Follower
from .trace import within

logger = logging.getLogger("tim_async")

# A ledger that says nothing for longer than a lease is away; a short one leaves it that long.
_LEAST_PATIENCE_S: Final = 10.0
# Between two looks at all campaigns; one of the workers does it for all.
_WATCH_S: Final = 2.0
# Whoever has nothing at work for so long has lost its tickets, whatever is waiting for others.
_STARVED_S: Final = 5.0
_TEARS: Final = 50
# What the broker's connections have to close where nothing is waited for any more.
_TORN_CLOSE_S: Final = 0.3
# A crew without tickets goes home after a while; the next ticket makes another.
_IDLE_S: Final = 5.0
# What a ticket that could not be worked on waits before the next one is written.
_AGAIN_S: Final = 2.0
# A broker or a database that is just being restarted is waited for.
_AWAY_S: Final = 60.0


class Worker:
    """Works on the campaigns of the client's app: `await Worker(client, ledger=..., broker=...).run()`.

    Give the client a `RedisRateLimiter`, so that all workers keep the limits together. A campaign with which this
    worker may be in trouble alone, as when it is cut off from the service, is left to the others for 2 s, and for twice
    as long each time, up to a minute, while nothing goes well.

    Args:
        client: sends; its app's campaigns are worked on.
        ledger: URL of the ledger's database, such as `postgresql+asyncpg://user:password@host/name`.
        broker: URL of RabbitMQ, or what `make_broker` returned.
        tasks: chunks at work at a time in this process.
        lease_s: seconds after which others take over what this worker had when it died.
        most_deaths: a chunk is given up when so many workers died or failed with it.
        on_progress: called with a `Progress` of each campaign that this worker looks after, every few seconds (one of
            the workers does it for all), and when it ends; may be async.

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
    ) -> None:
        check_seconds("lease_s", lease_s)
        for name, value in (("tasks", tasks), ("most_deaths", most_deaths)):
            check_whole(name, value, 1)
        self._client = client
        self._app = client.sdk_app_id
        self._ledger = SharedLedger(ledger, purpose="work", patience_s=max(lease_s, _LEAST_PATIENCE_S))
        self._ledger.check_shared()
        self._broker = posts.make_broker(broker, self._app, prefetch=tasks) if isinstance(broker, str) else broker
        self._tasks = tasks
        self._lease_s = lease_s
        self._most_deaths = most_deaths
        self._on_progress = on_progress
        self._followers: dict[str, Follower] = {}
        self._crews: dict[str, tuple[CampaignWorker, asyncio.Task[None]]] = {}
        self._leaving: dict[asyncio.Task[None], CampaignWorker] = {}  # those that are over, and not gone
        self._sending: set[asyncio.Task[None]] = set()  # tickets on their way
        self._is_torn = False
        self._bench = InFlightChunks()
        self._idle_since: dict[str, float] = {}  # campaigns that were seen to have nothing at work
        self._hiring = asyncio.Lock()
        self._draining = asyncio.Event()
        self._rests = Backoff(time.monotonic)
        self._ahead = 0.0  # seconds by which the ledger's clock is ahead of this machine's
        self.chunks = 0

    def __repr__(self) -> str:
        return f"<Worker of app {self._app}>"

    def now(self) -> float:
        """Return unix seconds by the ledger's clock."""
        return time.time() + self._ahead

    async def run(self) -> None:
        """Work until `stop`; then finish what is at work, hand back the rest and return.

        Raises:
            LedgerError: the ledger cannot be used.
            ClusterError: the broker cannot be reached.
        """
        if not await self._open_ledger():
            return
        try:
            self._ahead = await self._ledger.clock_offset()
            async with self._started() as is_started:
                if is_started:
                    await self._work()
        finally:
            await self._ledger.__aexit__(None, None, None)

    async def _open_ledger(self) -> bool:
        """Open the ledger; wait for one that is away for a while. False when the worker is told to stop meanwhile."""
        loop = asyncio.get_running_loop()
        end, was_told = loop.time() + _AWAY_S, False
        while not self._draining.is_set():
            try:
                await self._ledger.__aenter__()
                return True
            except LedgerError as error:
                if not error.is_away or loop.time() >= end:
                    raise
                if not was_told:
                    was_told = True
                    logger.warning("%s; trying again for %.0f s", error, _AWAY_S)
            await self._rest(_AGAIN_S)
        return False

    async def _work(self) -> None:
        watch = asyncio.create_task(self._watch(), name="tim_async: look after campaigns")
        watch.add_done_callback(lambda _: self.stop())
        try:
            await self._listen()
            watch.cancel()
            await asyncio.wait([watch])
            await self._go_home()
        except asyncio.CancelledError:
            self._is_torn = True
            raise
        finally:
            # Nothing is left to end here, unless this was cancelled: then they are not waited for, whatever they do.
            await _tear([watch, *self._sending, *self._leaving, *(task for _, task in self._crews.values())])
        if not watch.cancelled():
            watch.result()  # it does not end by itself, unless it fails

    def stop(self) -> None:
        """Take nothing more, let what is in flight finish, and let `run` return."""
        self._draining.set()
        for crew in (*self._leaving.values(), *(crew for crew, _ in self._crews.values())):
            crew.stop("the worker stops")

    @contextlib.asynccontextmanager
    async def _started(self) -> AsyncIterator[bool]:
        self._broker.is_worker_process = True
        self._broker.state.tim_worker = self
        is_started = await posts.start(self._broker, within_s=_AWAY_S, unless=self._draining)
        try:
            yield is_started
        finally:
            await posts.shut(self._broker, within_s=_TORN_CLOSE_S if self._is_torn else None)

    async def _listen(self) -> None:
        receiver = Receiver(self._broker, max_async_tasks=self._tasks, run_startup=False, validate_params=True)
        while not self._draining.is_set():
            try:
                await receiver.listen(self._draining)
            except posts.AWAY as error:
                logger.warning("the broker is away: %s", error)
            if not self._draining.is_set():
                await asyncio.sleep(_AGAIN_S)

    # Tickets

    async def run_chunk(self, name: str) -> None:
        """Work on one chunk of a campaign; write the next ticket when there may be more to do."""
        if left := self._rests.left(name):
            await self._rest(min(left, _AGAIN_S))
            await self._pass_on(name)  # for others, or for this one when it has rested
            return
        try:
            crew = await self._crew(name)
            torn = WorkResult.NOTHING if crew is None else await crew.work()
        except LedgerError as error:
            logger.warning("campaign %s: %s", name, error)
            await self._rest(_AGAIN_S)
            torn = WorkResult.STOPPED
        if torn is WorkResult.DONE:
            self.chunks += 1
            self._rests.forget(name)
        is_wanted = torn is WorkResult.DONE or (
            torn is WorkResult.STOPPED and (self._draining.is_set() or self._rests.left(name))
        )
        if is_wanted:
            await self._pass_on(name)

    async def _pass_on(self, name: str) -> None:
        """Write the next ticket."""
        if self._is_torn:
            return
        # A task of its own: those of the receiver are not this worker's to end.
        sending = asyncio.create_task(
            posts.send(self._broker, posts.RUN_CHUNK, name, unless=self._draining), name=f"tim_async: ticket of {name}"
        )
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        await asyncio.wait([sending])
        if sending.cancelled():
            return  # told twice
        try:
            sending.result()
        except ClusterError as error:
            if not self._draining.is_set():
                raise
            logger.info("campaign %s: its next ticket is left to others: %s", name, error)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._draining.wait()

    async def _crew(self, name: str) -> CampaignWorker | None:
        """Return who works on a campaign here; None when nobody may."""
        async with self._hiring:
            known = self._crews.get(name)
            # One that is closing takes nothing more: some of its feeders may have gone already.
            if known is not None and not (known[0].is_over or known[0].is_closing):
                return known[0]
            if self._draining.is_set():
                return None
            row = await self._ledger.find(name)
            if row is None or row.status != "running" or row.options is None or row.app != self._app:
                return None
            options = msgspec.json.decode(row.options, type=WorkOptions)
            crew = await self._hire(row, options)
            if crew is not None:
                # Whatever ticket came first: its work belongs to the trace of whoever submitted the campaign.
                task = asyncio.create_task(
                    self._employ(name, crew), name=f"tim_async: crew of {name}", context=within(options.trace)
                )
                if known is not None:
                    self._leave(*known)
                self._crews[name] = (crew, task)
            return crew

    def _leave(self, crew: CampaignWorker, task: asyncio.Task[None]) -> None:
        if not task.done():
            self._leaving[task] = crew
            task.add_done_callback(self._leaving.pop)

    async def _employ(self, name: str, crew: CampaignWorker) -> None:
        await crew.live()
        if crew.trouble is not None:
            # Others may fare better, so the campaign is not stopped; what this worker had is theirs already.
            logger.warning(
                "campaign %s: this worker rests from it for %.0f s: %s", name, self._rests.begin(name), crew.trouble
            )

    async def _hire(self, row: CampaignRow, options: WorkOptions) -> CampaignWorker | None:
        messages = from_stored(row.kind, row.message)
        if messages is None:
            logger.warning("campaign %s: its message is made by a function, which only its own program has", row.name)
            return None
        try:
            row = await bind(self._ledger, row, self._client)
        except UsageError as error:
            logger.warning("campaign %s: this worker cannot work on it: %s", row.name, error)
            return None
        return CampaignWorker(
            self._client,
            self._ledger.another_owner(),
            row,
            messages,
            options.run,
            wall=self.now,
            lease_s=self._lease_s,
            most_deaths=self._most_deaths,
            parallel=options.parallel,
            bench=self._bench,
        )

    async def finish(self, name: str) -> None:
        """Sign a campaign of which nothing is left."""
        row = await self._ledger.find(name)
        if row is None:
            return
        if await self._ledger.finish(row.id, now=self.now(), most_deaths=self._most_deaths):
            logger.info("campaign %s: done", name)

    # Looking after campaigns

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            try:
                await self._send_idle_home()
                self._ahead = await self._ledger.clock_offset()
                running = await self._ledger.running(self._app)
                await self._tell_ended({row.name for row in running})
                for row in running:
                    if await self._ledger.take_watch(row.id, now=self.now(), until=self.now() + 0.8 * _WATCH_S):
                        await self._look_after(row, running)
                        await self._tell(row)
            except (TimError, *posts.AWAY) as error:
                logger.warning("looking after campaigns: %s", error)

    async def _look_after(self, row: CampaignRow, running: Sequence[CampaignRow]) -> None:
        """See to it that a campaign has tickets, gives up what brings workers down, and ends."""
        work = await self._ledger.work_left(row.id, now=self.now(), most_deaths=self._most_deaths)
        if work.poisoned:
            await self._ledger.give_up(row, now=self.now(), most_deaths=self._most_deaths, tell=self._bury)
        elif work.is_over:
            await posts.send(self._broker, posts.FINISH, row.name)
        elif work.claimable:
            needs = [await self._needs(each, work if each.id == row.id else None) for each in running]
            for _ in range(missing(needs, await posts.waiting(self._broker))[row.name]):
                await posts.send(self._broker, posts.RUN_CHUNK, row.name)

    async def _bury(self, poisoned: Poisoned) -> None:
        await posts.bury(self._broker, poisoned)
        logger.error(
            "campaign %s: chunk %d was given up, %d workers failed with it; %d recipients are affected",
            *(poisoned.campaign, poisoned.chunk, poisoned.deaths, poisoned.recipients),
        )

    async def _needs(self, row: CampaignRow, work: Work | None) -> Needs:
        if work is None:
            work = await self._ledger.work_left(row.id, now=self.now(), most_deaths=self._most_deaths)
        parallel = 1 if row.options is None else msgspec.json.decode(row.options, type=WorkOptions).parallel
        now = time.monotonic()
        since = now if work.held else self._idle_since.get(row.name, now)
        is_starved = now - since >= _STARVED_S
        self._idle_since[row.name] = now if is_starved else since
        return Needs(name=row.name, held=work.held, parallel=parallel, claimable=work.claimable, is_starved=is_starved)

    async def _tell(self, row: CampaignRow) -> None:
        if self._on_progress is not None:
            if row.name not in self._followers:
                self._followers[row.name] = Follower(self._ledger, self._on_progress)
            await self._followers[row.name].tell(row)

    async def _tell_ended(self, running: set[str]) -> None:
        """Tell of those that were followed how they ended."""
        for name in set(self._followers) - running:
            row = await self._ledger.find(name)
            if row is not None:
                await self._followers[name].tell(row)
            del self._followers[name]

    async def _send_idle_home(self) -> None:
        now = asyncio.get_running_loop().time()
        for name, (crew, task) in list(self._crews.items()):
            if task.done():
                del self._crews[name]
            elif not crew.is_idle:
                crew.idle_since = None
            elif crew.idle_since is None:
                crew.idle_since = now
            elif now - crew.idle_since >= _IDLE_S:
                await crew.close()

    async def _go_home(self) -> None:
        for crew, _ in self._crews.values():
            crew.stop("the worker stops")
            await crew.close()
        await asyncio.gather(*(task for _, task in self._crews.values()), *self._leaving)


async def _tear(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End tasks at once. Each cancellation ends one of the waits in which they bring things into order."""
    pending = {task for task in tasks if not task.done()}
    for _ in range(_TEARS):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
