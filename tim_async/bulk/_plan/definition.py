"""The definition of a campaign: the arguments of `Campaign`, checked, and its place in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from os import PathLike
from typing import Final, TypedDict

import msgspec

from ..._api.checks import check_range, check_seconds, check_whole
from ..._core.client import TimClient
from ..._core.config import Settings
from ...errors import LedgerError, UsageError
from ...models.c2c import MAX_BATCH, SendMsg
from .._ledger.home import default_ledger, is_named, make_parents
from .._ledger.ledger import Ledger
from .._ledger.looks import Look
from .._ledger.options import Lanes, OnUnknown, Options
from .._ledger.records import CampaignRow, storable
from .._ledger.schema import Lane
from .._ledger.timing import StoredTiming
from .._message.rendering import MESSAGE_TIMEOUT_S, MessageGiven, MessageSource, from_stored
from .contact_rules import enter_at_most, read_at_most, read_look
from .file_reader import FileReader
from .files import file_source
from .pacing import chunk_size, paces
from .planning import ensure_planned
from .reading import OnPlanning, PlanWatch
from .rendered import first_of_ledger, first_of_source, render_for
from .sources import Recipients, Source, as_source
from .suppressing import SuppressionFile, list_files, read_lists
from .timing_given import given_by

_LANES: Final = ("auto", "single", "batch", "both")
_ON_UNKNOWN: Final = ("verify", "skip", "send")


class CampaignArguments(TypedDict, total=False):
    """The arguments of `Campaign` that define what is sent to which recipients, and how."""

    recipients: str | PathLike[str] | Recipients | None
    message: MessageGiven | None
    message_version: str | None
    message_timeout_s: float
    account_column: str
    lanes: Lanes
    on_unknown: OnUnknown
    import_missing: bool
    retry_failed: bool
    change_message: bool
    add_recipients: bool
    batch_size: int | None
    concurrency: int | None
    patience_s: float
    not_before: datetime | str | None
    until: datetime | str | None
    between: tuple[str, str] | None
    time_zone: str | None
    rate: float | None
    share: float | None
    suppress: SuppressionFile | Sequence[SuppressionFile]
    at_most: tuple[int, int] | None
    first: int | None
    sample: int | None
    seed: int | None


class Definition:
    """A campaign as its user defined it. The arguments are those of `Campaign`.

    Attributes:
        name: its name.
        ledger: the location of its ledger, None for the default.
        options: how it is run.
        add_recipients: whether recipients are read again, to add new ones.
        look: the sample that it starts with, None without.

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        name: str,
        ledger: str | PathLike[str] | None,
        *,
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
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise UsageError("name must be a non-empty text", field="name")
        if storable(name) != name:
            raise UsageError(f"name {name!r} contains a NUL or is not valid Unicode text", field="name")
        _check_choice("lanes", lanes, _LANES)
        _check_choice("on_unknown", on_unknown, _ON_UNKNOWN)
        if sdk_app_id is not None:
            check_whole("sdk_app_id", sdk_app_id, 1)
        check_range("batch_size", batch_size, 1, MAX_BATCH)
        check_range("concurrency", concurrency, 1, 10_000)
        check_seconds("patience_s", patience_s)
        check_seconds("message_timeout_s", message_timeout_s)
        self._timing = given_by(
            {
                "not_before": not_before,
                "until": until,
                "between": between,
                "time_zone": time_zone,
                "rate": rate,
                "share": share,
            }
        )
        self.name = name
        self.ledger = ledger
        self._app = sdk_app_id
        self.add_recipients = add_recipients
        self.options: Options = Options(
            lanes=lanes,
            on_unknown=on_unknown,
            import_missing=import_missing,
            retry_failed=retry_failed,
            concurrency=concurrency,
            patience_s=patience_s,
        )
        if isinstance(recipients, str | PathLike):
            recipients = file_source(recipients, account_column=account_column)
        self._recipients: Source | None = None if recipients is None else as_source(recipients)
        self._messages = (
            None if message is None else MessageSource(message, version=message_version, timeout_s=message_timeout_s)
        )
        self._account_column = account_column
        self._change_message = change_message
        self._lists = list_files(suppress, account_column)
        self._at_most = read_at_most(at_most)
        self.look: Look | None = read_look(first, sample, seed)
        self._batch_size = batch_size
        self._check_lanes(self._messages)

    def open(self, purpose: str | None = None, *, app: int | None = None, may_be_beside: bool = False) -> Ledger:
        """Return its ledger, ready to be opened.

        Args:
            purpose: what it is opened for; None opens it for reading only.
            app: the app, if it is known.
            may_be_beside: whether to open a file also while another process works on it; the file must exist then.

        Raises:
            UsageError: the default requires the app, `TIM_LEDGER` is wrong, or the folder of the default cannot be
                created.
        """
        self._app = self._app if app is None else app  # later calls use the same
        location = self.ledger
        if location is None:
            location = default_ledger(self.name, self._app)
            if purpose is not None and not may_be_beside:
                make_parents(location)
        return Ledger(location, purpose=purpose, may_be_beside=may_be_beside)

    @property
    def has_default_ledger(self) -> bool:
        """Whether neither the user nor the environment named its ledger."""
        return self.ledger is None and not is_named()

    async def find(self, ledger: Ledger) -> CampaignRow:
        """Return the campaign's row in the ledger.

        Raises:
            LedgerError: there is none.
        """
        campaign = await ledger.campaigns.find(self.name)
        if campaign is None:
            names = ", ".join(await ledger.campaigns.names()) or "none"
            raise LedgerError(f"the ledger {ledger.name} has no campaign {self.name!r}; it has {names}")
        return campaign

    def messages_of(self, kind: str, stored: str | None) -> MessageSource | None:
        """Return what makes messages of this kind: the given function, otherwise what the ledger has."""
        if kind == "function":
            return self._messages
        return from_stored(kind, stored)

    async def ensure_planned(
        self,
        ledger: Ledger,
        settings: Settings,
        now: float,
        *,
        on_planning: OnPlanning | None = None,
        progress_every_s: float = 1.0,
    ) -> tuple[CampaignRow, MessageSource]:
        """Return the campaign with its recipients read to the end, and its message source.

        Raises:
            UsageError: something is missing, or differs from what was started; it names the argument.
        """
        if self._messages is not None:
            self._messages.check_size(settings.body_limit)
        if self._timing:
            known = await ledger.campaigns.find(self.name)
            # Refuse before anything is read.
            self._timing.at_begin(StoredTiming.decoded(None if known is None else known.timing), now)
        await read_lists(ledger, self._lists, now)
        campaign = await ensure_planned(
            ledger,
            self.name,
            self._messages,
            self._recipients,
            account_column=self._account_column,
            chunk_size=chunk_size(paces(settings)[Lane.BATCH], self._batch_size),
            change_message=self._change_message,
            add_recipients=self.add_recipients,
            limit=settings.body_limit,
            watch=PlanWatch(self.name, on_planning, progress_every_s),
            now=now,
        )
        campaign = await enter_at_most(ledger, campaign, self._at_most)
        # It was read to the end: a generator is exhausted, and a list has nothing new.
        if not isinstance(self._recipients, FileReader):
            self._recipients = None
        messages = self._messages or from_stored(campaign.kind, campaign.message)
        if messages is None:
            raise UsageError("the ledger does not store message functions: give message", field="message")
        self._check_lanes(messages)
        return campaign, messages

    async def settle_timing(self, ledger: Ledger, campaign: CampaignRow, now: float) -> CampaignRow:
        """Store when and how fast it is to send; return the campaign with it.

        Raises:
            UsageError: it is not possible; it names the argument.
        """
        stored = StoredTiming.decoded(campaign.timing)
        settled = self._timing.at_begin(stored, now)
        if settled == stored:
            return campaign
        await ledger.campaigns.update(campaign.id, timing=settled.encoded())
        return msgspec.structs.replace(campaign, timing=settled.encoded())

    async def rendered_for(self, account: str, client: TimClient, now: float) -> SendMsg:
        """Return the request that sends the first recipient's message to another account; nothing is planned.

        Raises:
            UsageError: the campaign has no message or recipients, or there is no message for the first of them.
            LedgerError: they are not given, and the ledger or its campaign does not exist.
        """
        messages, recipient = self._messages, None
        if self._recipients is not None:
            recipient = await first_of_source(self._recipients, self._account_column)
        if messages is None or recipient is None:
            async with self.open(app=client.sdk_app_id) as ledger:
                campaign = await self.find(ledger)
                messages = messages or from_stored(campaign.kind, campaign.message)
                recipient = recipient or await first_of_ledger(ledger, campaign.id)
        if messages is None:
            raise UsageError("the ledger does not store message functions: give message", field="message")
        return await render_for(account, recipient, messages, client.settings.body_limit, now)

    def _check_lanes(self, messages: MessageSource | None) -> None:
        if self.options.lanes not in ("batch", "both") or messages is None:
            return
        if messages.fixed is None:
            problem = "only a message that is the same for all recipients can be sent in batches"
        elif not messages.fixed.fits_a_batch:
            problem = "forbid_callback_control and support_message_extension cannot be sent in batches"
        else:
            return
        raise UsageError(f"lanes is {self.options.lanes!r}, but {problem}", field="lanes")


def _check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{field} is {value!r}; it must be one of {', '.join(choices)}", field=field)
