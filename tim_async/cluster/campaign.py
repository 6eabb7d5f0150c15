"""A campaign that many workers work on: submitted, watched and steered from any machine."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from os import PathLike
from typing import Final, TextIO, Unpack

import msgspec
from taskiq_aio_pika import AioPikaBroker

from .._api.checks import check_seconds, check_whole
from .._api.endpoint import Rate
from .._clocks import sleep, wall_time
from .._core.client import TimClient
from .._printable import one_line
from ..bulk import export, inspection, steering
from ..bulk._engine.gate import over_text
from ..bulk._engine.runner import OnProgress
from ..bulk._ledger.given_up import GivenUpChunk
from ..bulk._ledger.timing import StoredTiming, Timing
from ..bulk._plan.binding import bind
from ..bulk._plan.definition import CampaignArguments, Definition
from ..bulk._plan.plan import Plan, at_its_times, make_plan
from ..bulk._plan.planning import check_recipients
from ..bulk._plan.reading import OnPlanning
from ..bulk._plan.timing_given import TimingChanges, TimingGiven
from ..bulk.campaign import Campaign
from ..bulk.progress import Report
from ..errors import UsageError
from ..models.c2c import SendMsgResult
from ._workers import broker as work_queue
from ._workers.options import DEFAULT_PARALLEL, WorkOptions, phase_of
from ._workers.progress import Follower
from ._workers.trace import carried

logger: Final = logging.getLogger("tim_async")


def _with_names(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature with the arguments of all campaigns in the place of those that are not named."""
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    of_all = inspect.signature(Campaign.__init__).parameters
    others = [of_all[name] for name in CampaignArguments.__annotations__ if name not in signature.parameters]
    return signature.replace(parameters=[*own, *others])


class ClusterCampaign:
    """A campaign whose ledger is on a server and whose work is done by workers.

        campaign = ClusterCampaign("spring", ledger=url, recipients="people.csv", message=Template("Hi $name"))
        await campaign.submit(client, broker="amqp://...")
        report = await campaign.watch()

    Args:
        name: names it in the ledger.
        ledger: URL of the workers' PostgreSQL database, such as `postgresql+asyncpg://user:password@host/name`.
        clock: unix seconds.
        **arguments: recipients, message and everything else that `tim_async.bulk.Campaign` takes. The message is a
            text, elements, a `Message` or a `Template`: a function is not in the ledger, so workers do not have it.

    Attributes:
        name: names it in the ledger.
        is_left_alone: whether `submit` found it running or paused, and changed nothing; with `add_recipients` it added
            the new ones.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        name: str,
        *,
        ledger: str | PathLike[str],
        clock: Callable[[], float] = wall_time,
        **arguments: Unpack[CampaignArguments],
    ) -> None:
        self._definition = Definition(name, ledger, **arguments)
        self.name = name
        self._clock = clock
        self.is_left_alone: bool = False

    # What `help` and IPython's `?` show: the arguments by name.
    vars(__init__)["__signature__"] = _with_names(inspect.signature(__init__))

    def __repr__(self) -> str:
        return f"<ClusterCampaign {self.name!r}>"

    async def plan(
        self,
        *,
        client: TimClient | None = None,
        rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> Plan:
        """Read the recipients into the ledger and return what the campaign will be, as `Campaign.plan` does.

        Args:
            client: whose limits count; nothing is called.
            rate_limits: the limits, where there is no client.
            on_planning: called with how far it is, as `Campaign.plan` does.
            progress_every_s: seconds.

        Raises:
            UsageError: the message is over the limit, the source cannot be read, or either is missing.
            LedgerError: the ledger cannot be used.
        """
        check_seconds("progress_every_s", progress_every_s)
        return await inspection.plan(self._definition, client, rate_limits, self._clock, on_planning, progress_every_s)

    async def submit(
        self,
        client: TimClient,
        *,
        broker: str | AioPikaBroker,
        parallel: int = DEFAULT_PARALLEL,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> Plan:
        """Plan the campaign where that was not done, and let workers start, or go on after it ended early.

        One that is running or paused is left as it is: watch it, or let it go on with `resume`. Only `add_recipients`
        adds to it, and another message is refused, with `change_message` too.

        Args:
            client: whose app, admin and limits count; nothing is called.
            broker: URL of RabbitMQ, or what `make_broker` returned, started.
            parallel: chunks at work at a time, over all workers: enough to keep the limits busy, and not many more.
            on_planning: called as `plan` does, where recipients are read first.
            progress_every_s: seconds.

        Raises:
            UsageError: something is missing or differs from what was begun; it names the argument.
            LedgerError: the ledger cannot be used.
            ClusterError: the broker cannot be reached.
        """
        check_whole("parallel", parallel, 1)
        check_seconds("progress_every_s", progress_every_s)
        definition, run = self._definition, self._definition.options
        async with definition.open(f"submit {self.name}") as ledger:
            shared = ledger.require_shared()
            async with ledger.alone_with(self.name):
                is_new = await ledger.campaigns.find(self.name) is None
                row, messages = await definition.ensure_planned(
                    ledger,
                    client.settings,
                    self._clock(),
                    on_planning=on_planning,
                    progress_every_s=progress_every_s,
                )
                if messages.kind == "function":
                    raise UsageError(
                        "workers do not have a function: give a text, a Message or a Template", field="message"
                    )
                if row.status == "cancelled":
                    raise UsageError(f"the campaign {self.name!r} was cancelled", field="name")
                check_recipients(row)
                row = await bind(ledger, row, client)
                self.is_left_alone = row.options is not None and row.status in ("running", "paused")
                if not self.is_left_alone:
                    row = await definition.settle_timing(ledger, row, self._clock())
                plan = at_its_times(
                    await make_plan(
                        ledger, row, messages, client.settings, run.lanes, now=self._clock(), look=definition.look
                    ),
                    StoredTiming.decoded(row.timing).in_force,
                    self._clock(),
                )
                plan = msgspec.structs.replace(plan, ledger=ledger.full_name, is_new=is_new)
                if self.is_left_alone:
                    but = ", except for new recipients" if definition.add_recipients else ""
                    logger.info("campaign %s is %s: it is left as it is%s", one_line(self.name), row.status, but)
                    return plan
                now = time.time() + await shared.clock_offset()
                if run.retry_failed:
                    await ledger.campaigns.retry_failed(row.id)
                if run.on_unknown != "skip":
                    await ledger.campaigns.reopen_unknown(row.id, now=now)
                row = await ledger.looks.begin(row, definition.look, now=now)
                options = WorkOptions(run=run, parallel=parallel, trace=carried())
                await ledger.campaigns.launch(row.id, options=msgspec.json.encode(options).decode(), now=now)
        await self._send_work_messages(broker, client.sdk_app_id, parallel)
        return plan

    async def send_to_me(self, client: TimClient, account: str) -> SendMsgResult:
        """Send the message of the first recipient to a test account, outside of the campaign.

        Nothing is planned, and the ledger does not change. The message is as the first recipient gets it, their name in
        it, too; it has an identity of its own, so it can be sent as often as it is changed.

        Args:
            client: sends it.
            account: who gets it.

        Raises:
            UsageError: there is no message for the first recipient, or nothing to make it of.
            LedgerError: message or recipients are not given, and no ledger has the campaign.
            TimError: what sending it raises.
        """
        return await inspection.send_to_me(self._definition, client, account, self._clock)

    async def watch(self, *, on_progress: OnProgress | None = None, every_s: float = 1.0) -> Report:
        """Return the report when the campaign is done, or was paused, stopped or cancelled.

        Cancelling the wait ends nothing but the wait.

        Args:
            on_progress: called with a `Progress` every `every_s`; may be async.
            every_s: seconds.
        """
        check_seconds("every_s", every_s)
        async with self._definition.open() as ledger:
            follower = None if on_progress is None else Follower(ledger, on_progress)
            while True:
                row = await self._definition.find(ledger)
                if follower is not None:
                    await follower.report(row)
                if row.status != "running":
                    break
                await sleep(every_s)
        return await self.status()

    async def pause(self, reason: str = "it was paused") -> bool:
        """Let workers stop: what is in flight is finished, the limits are free for others.

        Args:
            reason: shown with its status.

        Returns:
            Whether it was to go on until now.
        """
        return await steering.pause(self._definition, reason, self._clock)

    async def resume(self, *, broker: str | AioPikaBroker) -> bool:
        """Let workers go on after a pause or a fault.

        Returns:
            Whether they were not at it.

        Raises:
            UsageError: it was never submitted, was cancelled, or its end time has passed.
        """
        async with self._definition.open(f"resume {self.name}") as ledger:
            row = await self._definition.find(ledger)
            if row.options is None or row.app is None:
                raise UsageError(f"the campaign {self.name!r} was not submitted to workers", field="name")
            if row.status == "cancelled":
                raise UsageError(f"the campaign {self.name!r} was cancelled", field="name")
            if phase_of(row, self._clock()).is_over:
                raise UsageError(f"{over_text(StoredTiming.decoded(row.timing).in_force)}", field="until")
            is_changed = await ledger.steering.hand_to_workers(row.id)
            parallel = msgspec.json.decode(row.options, type=WorkOptions).parallel
        await self._send_work_messages(broker, row.app, parallel)
        return is_changed

    async def set_timing(self, **changes: Unpack[TimingChanges]) -> Timing:
        """Change when and how fast it sends, as `Campaign.set_timing` does; return what holds now.

        Args:
            **changes: `not_before`, `until`, `between`, `time_zone`, `rate`, `share`; None removes one.

        Raises:
            UsageError: it cannot hold; it names the argument.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.set_timing(self._definition, TimingGiven(changes), self._clock)

    async def given_up(self) -> list[GivenUpChunk]:
        """Return the chunks that were given up, as too many workers failed with them, and were not driven again.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        async with self._definition.open() as ledger:
            row = await self._definition.find(ledger)
            return await ledger.require_shared().given_up(row.id)

    async def retry_given_up(self, *, broker: str | AioPikaBroker, chunks: Collection[int] | None = None) -> int:
        """Let workers work again on chunks that were given up; return how many recipients those have.

        What may have been sent goes as any chunk that a dead worker left: with the same identity inside 120 s, later as
        `on_unknown` of the campaign says. A campaign that was done is running again, one that is paused stays so.

        Args:
            broker: URL of RabbitMQ, or what `make_broker` returned, started.
            chunks: their numbers; None is all of them.

        Raises:
            UsageError: the campaign was cancelled.
            LedgerError: the ledger cannot be used.
            ClusterError: the broker cannot be reached.
        """
        async with self._definition.open(f"retry what was given up of {self.name}") as ledger:
            row = await self._definition.find(ledger)
            if row.status == "cancelled":
                raise UsageError(f"the campaign {self.name!r} was cancelled", field="name")
            opened = await ledger.require_shared().open_again(row.id, chunks)
        if opened and row.options is not None and row.app is not None and row.status != "paused":
            parallel = msgspec.json.decode(row.options, type=WorkOptions).parallel
            await self._send_work_messages(broker, row.app, parallel)
        return opened

    async def cancel(self, reason: str = "it was cancelled") -> bool:
        """End it for good: recipients that were not sent to are not sent to.

        Args:
            reason: shown with its status.

        Returns:
            Whether it had not ended.
        """
        return await steering.cancel(self._definition, reason, self._clock)

    async def status(self) -> Report:
        """Return what the ledger knows; also while workers are at work.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await inspection.status(self._definition, self._clock)

    def outcomes(self) -> AsyncIterator[export.RecipientOutcome]:
        """Yield what became of every recipient, in the order of the plan; then the rows without a valid account."""
        return inspection.outcomes(self._definition)

    async def export(self, target: str | PathLike[str] | TextIO, *, file_format: export.Format | None = None) -> int:
        """Write `outcomes` as CSV or JSON lines; return how many rows.

        Nothing in it is run by a spreadsheet or obeyed by a terminal. JSON lines have every value as it is; a cell of a
        CSV file is turned back by `restore_cell`.

        Args:
            target: path of the file, which is replaced as a whole when the new one is complete, and is readable by its
                owner only; or a text file that is open.
            file_format: `csv` or `jsonl`; None goes by the path's ending.

        Raises:
            UsageError: the file cannot be written, or its format is not known.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await inspection.write_outcomes(self._definition, target, file_format)

    async def _send_work_messages(self, broker: str | AioPikaBroker, app: int, count: int) -> None:
        if not isinstance(broker, str):
            for _ in range(count):
                await work_queue.send(broker, work_queue.RUN_CHUNK, self.name)
            return
        own = work_queue.make_broker(broker, app)
        await work_queue.connect(own)
        try:
            await self._send_work_messages(own, app, count)
        finally:
            await work_queue.disconnect(own)
