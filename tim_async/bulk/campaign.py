"""A campaign: one message to any number of recipients, carried on until everybody is settled."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from os import PathLike
from typing import Final

import msgspec
from yarl import URL

from .._api.checks import check_range, check_seconds
from .._api.endpoint import Rate
from .._core.client import TimClient
from .._core.config import Region, Settings
from ..errors import LedgerError, UsageError
from ..models.c2c import MAX_BATCH
from . import export
from ._engine.runner import OnProgress, Runner
from ._ledger.ledger import Ledger
from ._ledger.options import Lanes, OnUnknown, Options
from ._ledger.records import CampaignRow, storable
from ._ledger.schema import Lane
from ._message.messages import MESSAGE_TIMEOUT_S, MessageGiven, MessageSource, from_stored
from ._plan.pacing import chunk_size, paces
from ._plan.planning import Plan, check_anybody, ensure_planned, make_plan
from ._plan.sources import CsvFile, JsonLinesFile, Recipients, Source, as_source, file_source
from .progress import Report, report

_LANES: Final = ("auto", "single", "batch", "both")
_ON_UNKNOWN: Final = ("verify", "skip", "send")


class Campaign:
    """One message, or one for each, to any number of recipients; carried on from its ledger after whatever happens.

        campaign = Campaign("spring", recipients="people.csv", message=Template("Hi $name"), ledger="spring.db")
        report = await campaign.run(client)

    Run again, in this process or another, it carries on: whoever was sent to is not sent to again. Effectively once per
    recipient, and what is not known is reported.

    Args:
        name: names it in the ledger.
        ledger: path of an SQLite file, made where it is missing; one runner at a time may work on it.
        recipients: a CSV or JSON lines file by its path, a `CsvFile` or `JsonLinesFile`, or any iterable or async
            iterable of accounts or of mappings with the account and columns for templates. Read once, when the campaign
            is planned; again, where that failed, which an iterator does not stand. An account that is given twice is
            told once. Not needed to carry on.
        message: what everybody gets: a text, an element, a list of elements, a `Message`; or what makes it: a
            `Template`, or a function (sync or async) that takes a `Recipient` and returns any of the former; a sync one
            must be quick, as nothing else happens meanwhile. To carry on it is needed only for a function: the ledger
            has the others.
        message_version: tells a function's messages from others'. Without it, the function's code does, its defaults,
            and the variables and arguments that it was made with; what it looks up elsewhere does not count. Needed
            where these cannot be compared, as with the method of an object.
        message_timeout_s: seconds that an async function may take for one message; that recipient fails then.
        account_column: the column or key that has the account.
        lanes: `auto` sends the same message for all in batches and personal ones one by one; `single`, `batch`, `both`.
        on_unknown: what becomes of those who may have the message when a repeat is no longer safe, or was refused after
            the answer to an earlier attempt was lost: `verify` reads the conversation back, `skip` reports them as
            unknown, `send` sends again, perhaps twice.
        import_missing: whether recipients that are not imported are imported, and tried again.
        retry_failed: whether those who failed in earlier runs are tried again.
        change_message: whether another message than the one that was begun with is meant: those who are left get it.
        add_recipients: whether recipients are read again, and those who are new are added. Bad rows and duplicates are
            then those of this reading; who was known before is no duplicate.
        batch_size: recipients in a batch, 1 to 500; None picks what keeps both limits of the batch command busy.
        concurrency: calls at a time, those of a function as well; None is three quarters of the client's `pool_size`.
        patience_s: seconds for which trouble is put up with before the campaign stops.
        clock: unix seconds.

    Raises:
        UsageError: an argument does not fit; it names the argument.
    """

    def __init__(
        self,
        name: str,
        *,
        ledger: str | PathLike[str],
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
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise UsageError("name must be a text that is not empty", field="name")
        if storable(name) != name:
            raise UsageError(f"name {name!r} has what is no character: is it UTF-8?", field="name")
        _check_choice("lanes", lanes, _LANES)
        _check_choice("on_unknown", on_unknown, _ON_UNKNOWN)
        check_range("batch_size", batch_size, 1, MAX_BATCH)
        check_range("concurrency", concurrency, 1, 10_000)
        check_seconds("patience_s", patience_s)
        check_seconds("message_timeout_s", message_timeout_s)
        self.name = name
        self._ledger = ledger
        if isinstance(recipients, str | PathLike):
            recipients = file_source(recipients, account_column=account_column)
        self._recipients: Source | None = None if recipients is None else as_source(recipients)
        self._messages = (
            None if message is None else MessageSource(message, version=message_version, timeout_s=message_timeout_s)
        )
        self._account_column = account_column
        self._change_message = change_message
        self._add_recipients = add_recipients
        self._batch_size = batch_size
        self._clock = clock
        self._options = Options(
            lanes=lanes,
            on_unknown=on_unknown,
            import_missing=import_missing,
            retry_failed=retry_failed,
            concurrency=concurrency,
            patience_s=patience_s,
        )
        self._runner: Runner | None = None
        self._check_lanes(self._messages)

    def __repr__(self) -> str:
        return f"<Campaign {self.name!r}>"

    async def plan(
        self,
        *,
        client: TimClient | None = None,
        rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None,
    ) -> Plan:
        """Read the recipients into the ledger and say what the campaign will be; nothing is sent.

        Until the first run, a plan is made anew when the message or the recipients are others.

        Args:
            client: whose limits count; nothing is called.
            rate_limits: the limits, where there is no client.

        Raises:
            UsageError: the message is over the limit, the source cannot be read, or either is missing.
            LedgerError: the ledger cannot be used.
        """
        settings = client.settings if client is not None else Settings(rate_limits=rate_limits or {})
        async with Ledger(self._ledger, purpose=f"plan of {self.name}") as ledger:
            async with ledger.alone_with(self.name):
                campaign, messages = await self._ensure(ledger, settings)
            return await make_plan(ledger, campaign, messages, settings, self._options.lanes, self._options.concurrency)

    async def run(
        self, client: TimClient, *, on_progress: OnProgress | None = None, progress_every_s: float = 1.0
    ) -> Report:
        """Send to everybody who was not settled before; return what became of all.

        Cancelled, it ends calls on their way and writes what is known. `stop` ends it in order.

        Args:
            client: sends, in background priority. It must be of the app and the admin of earlier runs.
            on_progress: called with a `Progress` at the beginning, every `progress_every_s` and at the end; may be
                async.
            progress_every_s: seconds.

        Raises:
            UsageError: something differs from what was begun, or there are no recipients; it names the argument.
            LedgerError: the ledger cannot be used; nothing was sent that it does not know of.
        """
        check_seconds("progress_every_s", progress_every_s)
        client.open()
        async with Ledger(self._ledger, purpose=f"run of {self.name}") as ledger:
            async with ledger.alone_with(self.name):
                campaign, messages = await self._ensure(ledger, client.settings)
                check_anybody(campaign)
                campaign = await bind(ledger, campaign, client)
                if campaign.begun_at is None:  # as long as it is not, somebody else may plan it anew
                    campaign = msgspec.structs.replace(campaign, begun_at=self._clock())
                    await ledger.update(campaign.id, begun_at=campaign.begun_at)
            runner = self._runner = Runner(
                client,
                ledger,
                campaign,
                messages,
                self._options,
                wall=self._clock,
                on_progress=on_progress,
                progress_every_s=progress_every_s,
            )
            try:
                return await runner.run()
            finally:
                self._runner = None

    def stop(self, reason: str = "it was told to stop") -> bool:
        """Let a run end: nothing more is begun, what is in flight is finished and written. False when none runs."""
        if self._runner is None:
            return False
        self._runner.stop(reason)
        return True

    async def status(self) -> Report:
        """Return what the ledger says; also while a run goes on, here or elsewhere.

        Raises:
            LedgerError: there is no such ledger, or no such campaign in it.
        """
        async with Ledger(self._ledger) as ledger:
            campaign = await self._find(ledger)
            begun, ended = campaign.begun_at, campaign.ended_at
            duration = 0.0 if begun is None else max((self._clock() if ended is None else ended) - begun, 0.0)
            told = report(
                campaign,
                await ledger.counts(campaign.id),
                in_flight=await ledger.in_flight(campaign.id),
                duration_s=duration,
            )
            if told.status == "running" and not ledger.is_in_use:
                return msgspec.structs.replace(
                    told, status="interrupted", reason="its runner ended without a word; run it again to carry on"
                )
            return told

    async def outcomes(self) -> AsyncIterator[export.RecipientOutcome]:
        """Yield what became of every recipient, in the order of the plan; then the rows that name none."""
        async with Ledger(self._ledger) as ledger:
            async for outcome in export.outcomes(ledger, await self._find(ledger)):
                yield outcome

    async def export(self, path: str | PathLike[str], *, file_format: export.Format | None = None) -> int:
        """Write `outcomes` as CSV or JSON lines; return how many rows.

        Args:
            path: the file; it is replaced when the new one is whole.
            file_format: `csv` or `jsonl`; None goes by the file's ending.
        """
        return await export.write_file(self.outcomes(), path, export.format_of(path, file_format))

    async def _find(self, ledger: Ledger) -> CampaignRow:
        campaign = await ledger.find(self.name)
        if campaign is None:
            names = ", ".join(await ledger.names()) or "none"
            raise LedgerError(f"the ledger {ledger.name} has no campaign {self.name!r}; it has {names}")
        return campaign

    async def _ensure(self, ledger: Ledger, settings: Settings) -> tuple[CampaignRow, MessageSource]:
        if self._messages is not None:
            self._messages.check_size(settings.body_limit)
        campaign = await ensure_planned(
            ledger,
            self.name,
            self._messages,
            self._recipients,
            account_column=self._account_column,
            chunk_size=chunk_size(paces(settings)[Lane.BATCH], self._batch_size),
            change_message=self._change_message,
            add_recipients=self._add_recipients,
            now=self._clock(),
        )
        # It was read to the end: a generator has nothing to say a second time, and a list nothing new.
        if not isinstance(self._recipients, CsvFile | JsonLinesFile):
            self._recipients = None
        messages = self._messages or from_stored(campaign.kind, campaign.message)
        if messages is None:
            raise UsageError("the ledger has no message, as a function made it: give message", field="message")
        self._check_lanes(messages)
        return campaign, messages

    def _check_lanes(self, messages: MessageSource | None) -> None:
        if self._options.lanes not in ("batch", "both") or messages is None:
            return
        if messages.fixed is None:
            problem = "only a message that is the same for all goes in batches"
        elif not messages.fixed.fits_a_batch:
            problem = "forbid_callback_control and support_message_extension do not go in batches"
        else:
            return
        raise UsageError(f"lanes is {self._options.lanes!r}, and {problem}", field="lanes")


async def bind(ledger: Ledger, campaign: CampaignRow, client: TimClient) -> CampaignRow:
    """Bind a campaign to app, admin and service on its first run; refuse others on later ones.

    A repeat from another sender is another message, and a rehearsal tells nobody.
    """
    host = client.base_url
    if campaign.app is None or campaign.service is None:
        await ledger.update(campaign.id, app=client.sdk_app_id, sender=client.identifier, service=host)
        bound = await ledger.find(campaign.name)
        if bound is None:
            raise LedgerError(f"the campaign {campaign.name!r} was removed meanwhile")
        return bound
    if campaign.app != client.sdk_app_id:
        raise UsageError(f"the campaign was begun for app {campaign.app}, not {client.sdk_app_id}", field="sdk_app_id")
    if campaign.sender != client.identifier:
        raise UsageError(
            f"the campaign was begun by {campaign.sender}, not {client.identifier}: a repeat from another sender is "
            "another message",
            field="identifier",
        )
    if _kind(campaign.service) != _kind(host):
        raise UsageError(
            f"the campaign was begun at {campaign.service} and cannot be carried on at {host}: one of them may be an "
            "emulator; take another ledger",
            field="ledger",
        )
    return campaign


def _kind(address: str) -> str:
    """Tell regions of the service from this machine and from any other address: what answers there is not known."""
    host = URL(address).host or ""
    if any(host in region.hosts for region in Region):
        return "region"
    return "loopback" if host in ("localhost", "::1") or host.startswith("127.") else "other"


def _check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{field} is {value!r}, it must be one of {', '.join(choices)}", field=field)
