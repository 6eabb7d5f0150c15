"""A campaign that many workers work on: submitted, watched and controlled from any machine."""

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
    """Return a signature that lists the arguments of all campaigns by name."""
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
        name: its name in the ledger.
        ledger: URL of the workers' PostgreSQL database, such as `postgresql+asyncpg://user:password@host/name`.
        clock: unix seconds.
        **arguments: recipients, message and all other arguments of `tim_async.bulk.Campaign`. The message is a text,
            elements, a `Message` or a `Template`: functions are not stored in the ledger, so workers have none.

    Attributes:
        name: its name in the ledger.
        is_left_alone: whether `submit` found it running or paused and changed nothing, except that with
            `add_recipients` it added the new ones.

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

    # Shown by `help` and IPython's `?`: the arguments by name.
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
        """Read the recipients into the ledger and return the plan, as `Campaign.plan` does.

        Args:
            client: the client whose limits apply; no calls are made.
            rate_limits: the limits, if there is no client.
            on_planning: called with the progress, as by `Campaign.plan`.
            progress_every_s: seconds between two calls of it.

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
        """Plan the campaign if that was not done, and let workers start it, or continue it if it ended early.

        A running or paused campaign is left unchanged: watch it, or continue it with `resume`. Only `add_recipients`
        adds to it; another message is refused, even with `change_message`.

        Args:
            client: the client whose app, admin and limits apply; no calls are made.
            broker: URL of RabbitMQ, or a started broker from `make_broker`.
            parallel: maximum number of chunks in flight, over all workers: enough to use the limits fully, but not many
                more.
            on_planning: as in `plan`, if recipients are read first.
            progress_every_s: seconds between two calls of it.

        Raises:
            UsageError: something is missing or differs from the original campaign; it names the argument.
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
                        "workers cannot run a function: pass a text, a Message or a Template", field="message"
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
                    logger.info("campaign %s is %s: it is left unchanged%s", one_line(self.name), row.status, but)
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
        """Send the message of the first recipient to a test account, outside the campaign.

        Nothing is planned, and the ledger does not change. The message is the first recipient's, including their name;
        it has its own identity, so it can be sent again after every change.

        Args:
            client: sends it.
            account: the recipient of the test.

        Raises:
            UsageError: there is no message for the first recipient, or nothing to create it from.
            LedgerError: message or recipients are not given, and no ledger has the campaign.
            TimError: raised by sending it.
        """
        return await inspection.send_to_me(self._definition, client, account, self._clock)

    async def watch(self, *, on_progress: OnProgress | None = None, every_s: float = 1.0) -> Report:
        """Wait until the campaign is done, or was paused, stopped or cancelled; return the report.

        Cancelling the wait does not affect the campaign.

        Args:
            on_progress: called with a `Progress` every `every_s`; may be async.
            every_s: seconds between two reports, 1 by default.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
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
        """Pause the workers: what is in flight is finished, and the limits are free for others.

        Args:
            reason: shown with its status.

        Returns:
            Whether it was active until now.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.pause(self._definition, reason, self._clock)

    async def resume(self, *, broker: str | AioPikaBroker) -> bool:
        """Resume work after a pause or a fault.

        Args:
            broker: URL of RabbitMQ, or a started broker from `make_broker`.

        Returns:
            Whether it was not active.

        Raises:
            UsageError: it was never submitted, was cancelled, or its end time has passed.
            LedgerError: there is no such ledger, or no such campaign in it.
            ClusterError: the broker cannot be reached.
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
        """Change when and how fast it sends, as `Campaign.set_timing` does; return the new timing.

        Args:
            **changes: `not_before`, `until`, `between`, `time_zone`, `rate`, `share`; None removes one.

        Raises:
            UsageError: a value is invalid; it names the argument.
            LedgerError: the ledger, or the campaign in it, does not exist.
        """
        return await steering.set_timing(self._definition, TimingGiven(changes), self._clock)

    async def given_up(self) -> list[GivenUpChunk]:
        """Return the chunks that were given up because too many workers failed with them, and were not retried.

        Raises:
            LedgerError: the ledger, or the campaign in it, does not exist.
        """
        async with self._definition.open() as ledger:
            row = await self._definition.find(ledger)
            return await ledger.require_shared().given_up(row.id)

    async def retry_given_up(self, *, broker: str | AioPikaBroker, chunks: Collection[int] | None = None) -> int:
        """Let workers retry chunks that were given up; return the number of their recipients.

        Messages that may have been sent are treated like those of a dead worker's chunk: repeated with the same
        identity within 120 s, later handled as the campaign's `on_unknown` says. A finished campaign runs again, a
        paused one stays paused.

        Args:
            broker: URL of RabbitMQ, or a started broker from `make_broker`.
            chunks: their numbers; None for all.

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
        """End it for good: no further recipients are sent to.

        Args:
            reason: shown with its status.

        Returns:
            Whether it had not ended yet.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.cancel(self._definition, reason, self._clock)

    async def status(self) -> Report:
        """Return the state recorded in the ledger; also while workers are running.

        Raises:
            LedgerError: the ledger, or the campaign in it, does not exist.
        """
        return await inspection.status(self._definition, self._clock)

    def outcomes(self) -> AsyncIterator[export.RecipientOutcome]:
        """Yield the outcome for every recipient, in the order of the plan; then the rows without a valid account."""
        return inspection.outcomes(self._definition)

    async def export(self, target: str | PathLike[str] | TextIO, *, file_format: export.Format | None = None) -> int:
        """Write `outcomes` as CSV or JSON lines; return the number of rows.

        Spreadsheets and terminals cannot execute anything in it. JSON lines contain every value unchanged;
        `restore_cell` restores a cell of a CSV file.

        Args:
            target: path of the file, which is replaced atomically when the new one is complete, and is readable by its
                owner only; or an open text file.
            file_format: `csv` or `jsonl`; None for the one that the path's suffix means.

        Raises:
            UsageError: the file cannot be written, or its format is unknown.
            LedgerError: the ledger, or the campaign in it, does not exist.
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
