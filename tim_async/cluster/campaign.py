"""A campaign that many workers work on: submitted, watched and steered from any machine."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import msgspec
from taskiq_aio_pika import AioPikaBroker

from .._api.checks import check_seconds, check_whole
from .._core.client import TimClient
from ..bulk import Campaign, Plan, Report
from ..bulk._engine.runner import OnProgress
from ..bulk._ledger.shared import SharedLedger
from ..bulk._plan.planning import check_anybody, make_plan
from ..bulk.campaign import bind
from ..errors import UsageError
from ._workers import broker as posts
from ._workers.options import DEFAULT_PARALLEL, WorkOptions
from ._workers.progress import Follower
from ._workers.trace import carried

logger = logging.getLogger("tim_async")

# From these it can go on.
_STOPPED: Final = ("paused", "stopped", "interrupted", "done")


class ClusterCampaign(Campaign):
    """A campaign whose ledger is on a server and whose work is done by workers.

        campaign = ClusterCampaign("spring", ledger=url, recipients="people.csv", message=Template("Hi $name"))
        await campaign.submit(client, broker="amqp://...")
        report = await campaign.watch()

    The arguments are those of `Campaign`. The message is a text, a `Message` or a `Template`: a function is not in the
    ledger, so workers do not have it.

    Attributes:
        is_left_alone: whether `submit` found it running or paused, and changed nothing; with `add_recipients` it added
            those who are new.
    """

    is_left_alone = False

    async def submit(self, client: TimClient, *, broker: str | AioPikaBroker, parallel: int = DEFAULT_PARALLEL) -> Plan:
        """Plan the campaign where that was not done, and let workers begin, or go on after it ended early.

        One that is running or paused is left as it is: watch it, or let it go on with `resume`. Only `add_recipients`
        adds to it, and another message is refused, `change_message` or not.

        Args:
            client: whose app, admin and limits count; nothing is called.
            broker: URL of RabbitMQ, or what `make_broker` returned, started.
            parallel: chunks at work at a time, over all workers: enough to keep the limits busy, and not many more.

        Raises:
            UsageError: something is missing or differs from what was begun; it names the argument.
            LedgerError: the ledger cannot be used.
            ClusterError: the broker cannot be reached.
        """
        check_whole("parallel", parallel, 1)
        async with SharedLedger(self._ledger, purpose=f"submit {self.name}") as ledger:
            ledger.check_shared()
            async with ledger.alone_with(self.name):
                row, messages = await self._ensure(ledger, client.settings)
                if messages.kind == "function":
                    raise UsageError(
                        "workers do not have a function: give a text, a Message or a Template", field="message"
                    )
                if row.status == "cancelled":
                    raise UsageError(f"the campaign {self.name!r} was cancelled", field="name")
                check_anybody(row)
                row = await bind(ledger, row, client)
                plan = await make_plan(ledger, row, messages, client.settings, self._options.lanes)
                self.is_left_alone = row.options is not None and row.status in ("running", "paused")
                if self.is_left_alone:
                    but = ", but for new recipients" if self._add_recipients else ""
                    logger.info("campaign %s is %s: it is left as it is%s", self.name, row.status, but)
                    return plan
                now = time.time() + await ledger.clock_offset()
                if self._options.retry_failed:
                    await ledger.retry_failed(row.id)
                if self._options.on_unknown != "skip":
                    await ledger.reopen_unknown(row.id, now=now)
                options = WorkOptions(run=self._options, parallel=parallel, trace=carried())
                await ledger.launch(row.id, options=msgspec.json.encode(options).decode(), now=now)
        await self._write_tickets(broker, client.sdk_app_id, parallel)
        return plan

    async def watch(self, *, on_progress: OnProgress | None = None, every_s: float = 1.0) -> Report:
        """Return the report when workers are through with the campaign, or it was paused, stopped or cancelled.

        Cancelling the wait ends nothing but the wait.

        Args:
            on_progress: called with a `Progress` every `every_s`; may be async.
            every_s: seconds.
        """
        check_seconds("every_s", every_s)
        async with SharedLedger(self._ledger) as ledger:
            follower = None if on_progress is None else Follower(ledger, on_progress)
            while True:
                row = await self._find(ledger)
                if follower is not None:
                    await follower.tell(row)
                if row.status != "running":
                    break
                await asyncio.sleep(every_s)
        return await self.status()

    async def pause(self, reason: str = "it was paused") -> bool:
        """Let workers stop: what is in flight is finished, the limits are free for others. False when none works."""
        return await self._switch("paused", reason, only_from=("running",))

    async def resume(self, *, broker: str | AioPikaBroker) -> None:
        """Let workers go on after a pause or a fault.

        Raises:
            UsageError: it was never submitted, or was cancelled.
        """
        async with SharedLedger(self._ledger, purpose=f"resume {self.name}") as ledger:
            row = await self._find(ledger)
            if row.options is None or row.app is None:
                raise UsageError(f"the campaign {self.name!r} was not submitted to workers", field="name")
            if row.status == "cancelled":
                raise UsageError(f"the campaign {self.name!r} was cancelled", field="name")
            await ledger.switch(row.id, "running", None, only_from=_STOPPED, ended_at=None)
            parallel = msgspec.json.decode(row.options, type=WorkOptions).parallel
        await self._write_tickets(broker, row.app, parallel)

    async def cancel(self, reason: str = "it was cancelled") -> bool:
        """Stop it for good: whoever was not sent to is not sent to. False when it has ended already."""
        return await self._switch("cancelled", reason, only_from=("running", "paused", "stopped", "interrupted", ""))

    async def _switch(self, status: str, reason: str, *, only_from: tuple[str, ...]) -> bool:
        async with SharedLedger(self._ledger, purpose=f"{status} {self.name}") as ledger:
            row = await self._find(ledger)
            return await ledger.switch(row.id, status, reason, only_from=only_from, ended_at=time.time())

    async def _write_tickets(self, broker: str | AioPikaBroker, app: int, count: int) -> None:
        if not isinstance(broker, str):
            for _ in range(count):
                await posts.send(broker, posts.RUN_CHUNK, self.name)
            return
        own = posts.make_broker(broker, app)
        await posts.start(own)
        try:
            await self._write_tickets(own, app, count)
        finally:
            await posts.shut(own)
