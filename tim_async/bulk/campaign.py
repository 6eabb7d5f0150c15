"""A campaign: one message to any number of recipients, carried on until all of them are settled."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Final, TextIO, Unpack

import msgspec

from .._api.checks import check_seconds
from .._api.endpoint import Rate
from .._clocks import wall_time
from .._core.client import TimClient
from .._printable import one_line
from ..models.c2c import SendMsgResult
from . import export, inspection, retrying, showing, steering
from ._engine.runner import OnProgress
from ._engine.steered import SteeredRun
from ._ledger.options import Lanes, OnUnknown
from ._ledger.timing import Timing
from ._message.rendering import MESSAGE_TIMEOUT_S, MessageGiven
from ._plan.account_lints import AccountLints
from ._plan.binding import bind
from ._plan.definition import Definition
from ._plan.plan import Plan
from ._plan.planning import check_recipients
from ._plan.reading import OnPlanning
from ._plan.sources import Recipients
from ._plan.suppressing import SuppressionFile
from ._plan.timing_given import TimingChanges, TimingGiven
from .progress import Report

logger: Final = logging.getLogger("tim_async")


class Campaign:
    """One message, or a personal one each, to any number of recipients; it can be resumed from its ledger at any time.

        campaign = Campaign("spring", recipients="people.csv", message=Template("Hi $name"))
        report = await campaign.run(client)

    When run again, in this process or another, it continues: no recipient is sent to twice, and unknown outcomes are
    reported.

    Args:
        name: its name in the ledger, any text that is not empty.
        ledger: path of an SQLite file, created if missing; one runner at a time may use it. None (default) is the one
            that `TIM_LEDGER` names, otherwise a file in the user's state folder, by app and name; see `locate`.
        sdk_app_id: the app, for finding the default ledger without a client; without it, the only one of that name.
        recipients: a path (`.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.txt` with an account a line; each also compressed,
            `.gz`), a `CsvFile`, `JsonLinesFile` or `AccountListFile`, or an iterable or async iterable of accounts, or
            of mappings with the account and the columns for templates. Read once, when the campaign is planned; if that
            is interrupted, a file is resumed, and others are read again, which an iterator does not allow. An account
            given twice gets one message. Not needed to continue.
        message: the message for all: a text, an element, a list of elements, or a `Message`; or a `Template`, or a
            function (sync or async) that takes a `Recipient` and returns any of the former. A sync function must be
            quick, because it blocks the event loop. To continue, only a function is needed again.
        message_version: distinguishes the messages of a function from those of another one. By default the function's
            code, defaults and bound variables and arguments are compared, but not what it looks up elsewhere. Needed
            if these cannot be compared, for example for a method of an object.
        message_timeout_s: seconds that an async function may take per message before its recipient fails; 30.
        account_column: the column or key that has the account, `account` by default.
        lanes: `auto` (default) sends a common message in batches and personal ones one by one; `single` sends all one
            by one, `batch` in batches, `both` uses the two limits in parallel.
        on_unknown: for recipients that may have the message, when a repeat is no longer safe or was refused after an
            answer was lost: `verify` (default) reads the conversation, `skip` reports them as unknown, `send` sends
            again, perhaps twice.
        import_missing: whether to import recipients that are not imported, and send to them again; False by default.
        retry_failed: whether to try again those that failed in earlier runs; False by default.
        change_message: whether the message may differ from the original one; the remaining recipients get it. False by
            default: another message is refused.
        add_recipients: whether to read the recipients again and add new ones. Bad rows and duplicates are then those of
            this reading; known recipients are not duplicates. False by default: other recipients are refused.
        batch_size: recipients per batch, 1 to 500; None (default) uses both limits of the batch command fully.
        concurrency: maximum number of parallel calls, and of parallel calls of an async message function, 1 to 10,000;
            None (default) is three quarters of the client's `pool_size`.
        patience_s: seconds of trouble, such as no good answer, after which the campaign stops; 60 by default.
        not_before: start time: a datetime, a text such as `2026-12-01 09:00`, or `09:00` for the next nine o'clock. A
            run started earlier waits. None (default) keeps the ledger's value. Repeating the value of an earlier run
            changes nothing, not even what `set_timing` has set since. The same holds for the next five arguments.
        until: end time, in the same forms: nothing more is sent, whatever is left.
        between: hours of the day, such as `("09:00", "21:00")`, also over midnight. Outside them nothing is started,
            what is in flight ends, and the run waits for the next day.
        time_zone: the time zone of these times, such as `Asia/Shanghai`; needed for `between` and times without one.
        rate: maximum number of recipients a second, over all processes that work on it; batches keep to it on average.
        share: the part of each command's limit that it uses, 0.001 to 1, such as 0.4; after "too many calls", that
            part of the reduced rate. Not together with `rate`.
        suppress: one or more files of accounts not to send to, in any of the forms of `recipients`. Each is read into a
            suppression list of the ledger, named after the file, which applies to all campaigns of the ledger; see
            `SuppressionLists`.
        at_most: (messages, days): recipients that got this many messages within this many days, over all campaigns of
            the ledger, are left out; (1, 7) is one a week. It is stored: runs without it use the last one.
        first: number of first recipients to send to before the campaign is paused, as by `pause`: the run waits until
            `resume` continues with the rest. None (default) does not pause.
        sample: the same with recipients chosen at random. Not together with `first`.
        seed: determines the choice of `sample`: the same for the same seed and recipients; None (default) draws one.
        clock: returns unix seconds; for tests.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        name: str,
        *,
        ledger: str | PathLike[str] | None = None,
        sdk_app_id: int | None = None,
        recipients: str | PathLike[str] | Recipients | None = None,
        message: MessageGiven | None = None,
        message_version: str | None = None,
        message_timeout_s: float = MESSAGE_TIMEOUT_S,
        account_column: str = "account",
        lanes: Lanes = "auto",
        on_unknown: OnUnknown = "verify",
        import_missing: bool = False,
        retry_failed: bool = False,
        change_message: bool = False,
        add_recipients: bool = False,
        batch_size: int | None = None,
        concurrency: int | None = None,
        patience_s: float = 60.0,
        not_before: datetime | str | None = None,
        until: datetime | str | None = None,
        between: tuple[str, str] | None = None,
        time_zone: str | None = None,
        rate: float | None = None,
        share: float | None = None,
        suppress: SuppressionFile | Sequence[SuppressionFile] = (),
        at_most: tuple[int, int] | None = None,
        first: int | None = None,
        sample: int | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = wall_time,
    ) -> None:
        self._definition = Definition(
            name,
            ledger,
            sdk_app_id=sdk_app_id,
            recipients=recipients,
            message=message,
            message_version=message_version,
            message_timeout_s=message_timeout_s,
            account_column=account_column,
            lanes=lanes,
            on_unknown=on_unknown,
            import_missing=import_missing,
            retry_failed=retry_failed,
            change_message=change_message,
            add_recipients=add_recipients,
            batch_size=batch_size,
            concurrency=concurrency,
            patience_s=patience_s,
            not_before=not_before,
            until=until,
            between=between,
            time_zone=time_zone,
            rate=rate,
            share=share,
            suppress=suppress,
            at_most=at_most,
            first=first,
            sample=sample,
            seed=seed,
        )
        self.name = name
        self._clock = clock
        self._run: SteeredRun | None = None

    def __repr__(self) -> str:
        return f"<Campaign {self.name!r}>"

    async def locate(self, *, client: TimClient | None = None) -> inspection.CampaignLocation:
        """Return where the campaign is kept, and whether it would be new; nothing is made or changed.

        Args:
            client: whose app it is for.

        Raises:
            UsageError: there is no default ledger without knowing the app.
            LedgerError: what lies there is not a ledger.
        """
        return await inspection.locate(self._definition, None if client is None else client.sdk_app_id)

    async def plan(
        self,
        *,
        client: TimClient | None = None,
        rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> Plan:
        """Read the recipients into the ledger and return what the campaign will be; nothing is sent.

        Until the first run, the plan is made again when the message or the recipients change.

        Args:
            client: whose limits count; nothing is called.
            rate_limits: the limits, where there is no client.
            on_planning: called like `on_progress` of `run`, with a `PlanProgress`, while recipients are read.
            progress_every_s: seconds between two calls of it, 1 by default.

        Raises:
            UsageError: the message is over the limit, the source cannot be read, or either is missing.
            LedgerError: the ledger cannot be used.
        """
        check_seconds("progress_every_s", progress_every_s)
        return await inspection.plan(self._definition, client, rate_limits, self._clock, on_planning, progress_every_s)

    async def run(
        self,
        client: TimClient,
        *,
        on_progress: OnProgress | None = None,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> Report:
        """Send to all recipients that were not settled before; return what became of all.

        Cancelled, it ends calls on their way and writes what is known. `stop` ends it in order. Where it is paused, by
        this process or another, it waits until it is resumed.

        Args:
            client: sends, in background priority. It must be of the app and the admin of earlier runs.
            on_progress: called with a `Progress` at the start, every `progress_every_s` and at the end; may be async.
            on_planning: called as `plan` does, where recipients are read first.
            progress_every_s: seconds between two calls of either, 1 by default.

        Raises:
            UsageError: an argument differs from the original campaign's (it is named), there are no recipients, or the
                campaign was cancelled or archived.
            LedgerError: the ledger cannot be used; everything that was sent is recorded in it.
        """
        check_seconds("progress_every_s", progress_every_s)
        client.open()
        async with self._definition.open(f"run of {self.name}", app=client.sdk_app_id) as ledger:
            async with ledger.alone_with(self.name):
                campaign, messages = await self._definition.ensure_planned(
                    ledger,
                    client.settings,
                    self._clock(),
                    on_planning=on_planning,
                    progress_every_s=progress_every_s,
                )
                check_recipients(campaign)
                campaign = await bind(ledger, campaign, client)
                campaign = await self._definition.settle_timing(ledger, campaign, self._clock())
                if campaign.begun_at is None:  # as long as it is not, another process may plan it again
                    for line in AccountLints.decoded(campaign.account_lints).texts():
                        logger.warning("campaign %s: %s", one_line(self.name), line)
                campaign = await ledger.looks.begin(campaign, self._definition.look, now=self._clock())
            run = self._run = SteeredRun(
                client,
                ledger,
                campaign,
                messages,
                self._definition.options,
                wall=self._clock,
                on_progress=on_progress,
                progress_every_s=progress_every_s,
            )
            try:
                return msgspec.structs.replace(await run.run(), ledger=ledger.full_name)
            finally:
                self._run = None

    async def send_to_me(self, client: TimClient, account: str) -> SendMsgResult:
        """Send the message of the first recipient to a test account, outside the campaign.

        Nothing is planned, and the ledger does not change. The message includes the first recipient's name. It has its
        own identity, so it can be sent again after every change.

        Args:
            client: sends it.
            account: who gets it.

        Raises:
            UsageError: there is no message for the first recipient, or nothing to make it of.
            LedgerError: message or recipients are not given, and no ledger has the campaign.
            TimError: what sending it raises.
        """
        return await inspection.send_to_me(self._definition, client, account, self._clock)

    def stop(self, reason: str = "it was stopped") -> bool:
        """Let the run of this object end: nothing more is started, what is in flight is finished and written.

        Args:
            reason: shown in the report.

        Returns:
            Whether a run was going on.
        """
        if self._run is None:
            return False
        self._run.stop(reason)
        return True

    async def pause(self, reason: str = "it was paused") -> bool:
        """Pause a campaign that was begun, wherever it runs: what is in flight is finished, and the limits are free.

        The process that runs it waits, and so does one that is started, until `resume`. Workers leave it alone.

        Args:
            reason: shown with its status.

        Returns:
            Whether it was to go on until now.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.pause(self._definition, reason, self._clock)

    async def resume(self) -> bool:
        """Let a paused campaign go on, where a process waits for that; where none does, run it again.

        Returns:
            Whether it was paused.

        Raises:
            UsageError: workers have it: see `ClusterCampaign.resume`.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.resume(self._definition)

    async def cancel(self, reason: str = "it was cancelled") -> bool:
        """End a campaign for good, wherever it runs: recipients that were not sent to are not sent to.

        Args:
            reason: shown with its status.

        Returns:
            Whether it had not ended.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.cancel(self._definition, reason, self._clock)

    async def set_timing(self, **changes: Unpack[TimingChanges]) -> Timing:
        """Change when and how fast it sends, wherever it runs; return what holds now.

        A run follows within a second or two. `rate` replaces `share`, and the other way round.

        Args:
            **changes: `not_before`, `until`, `between`, `time_zone`, `rate`, `share`; None removes one.

        Raises:
            UsageError: it cannot hold; it names the argument.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.set_timing(self._definition, TimingGiven(changes), self._clock)

    async def retry(
        self, what: Collection[retrying.Retryable] = retrying.FAILED, *, codes: Collection[int] | None = None
    ) -> retrying.Retried:
        """Let the next run try recipients again that were settled; return how many. Nothing is sent here.

        One that failed gets a message with an identity of its own, which the service does not take for a repeat. One
        that is unknown keeps its identity: repeated inside 120 s it is recognised, later `on_unknown` of the run that
        takes it up says what becomes of it.

        Args:
            what: some of `failed`, `unknown` and `given_up` (of chunks that workers failed with).
            codes: only those that failed with one of these codes; 0 is what failed before anything was sent.

        Raises:
            UsageError: an argument is wrong, or the campaign is at work, or cancelled.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await retrying.retry(self._definition, what, codes)

    async def status(self) -> Report:
        """Return what the ledger knows; also while a run goes on, here or elsewhere.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await inspection.status(self._definition, self._clock)

    async def show(self, account: str) -> showing.RecipientDetails:
        """Return what became of one recipient, with its message as it was sent, or as it would be sent now.

        Args:
            account: the recipient.

        Raises:
            UsageError: the campaign has no such recipient.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await showing.show(self._definition, account)

    async def archive(self) -> bool:
        """Put a campaign aside that is not at work: it is not listed, and cannot be run.

        Returns:
            Whether it was not archived before.

        Raises:
            UsageError: it is at work, or a process waits to go on with it.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.archive(self._definition, self._clock)

    async def unarchive(self) -> bool:
        """Take it out of the archive; return whether it was in there.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        return await steering.unarchive(self._definition)

    async def delete(self) -> None:
        """Remove a campaign that is not at work, with all that is known of its recipients.

        A file without another campaign is removed too. A new campaign of that name sends to all recipients again.

        Raises:
            UsageError: it is at work, or a process waits to go on with it.
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        await steering.delete(self._definition)

    def outcomes(self) -> AsyncIterator[export.RecipientOutcome]:
        """Yield what became of every recipient, in the order of the plan; then the rows without a valid account.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
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
