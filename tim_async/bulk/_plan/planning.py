"""Planning: recipients are read into the ledger to their end, continued after an interruption, or read again."""

from __future__ import annotations

import asyncio

from ...errors import UsageError
from .._ledger.ledger import Ledger
from .._ledger.records import CampaignRow, with_earlier
from .._ledger.schema import RecipientState
from .._ledger.staging import Staging
from .._message.rendering import MessageSource, from_stored
from .file_reader import FileReader
from .placeholders import check_recipients_of, check_source
from .reading import PlanWatch, settle, stage
from .sources import IterableReader, Source
from .survey import Weigher, conclude, stored_survey


async def ensure_planned(
    ledger: Ledger,
    name: str,
    messages: MessageSource | None,
    source: Source | None,
    *,
    account_column: str,
    chunk_size: int,
    change_message: bool,
    add_recipients: bool,
    limit: int,
    watch: PlanWatch,
    now: float,
) -> CampaignRow:
    """Return the campaign with its recipients read to the end; read them if that was not done.

    Until the first run a plan follows its arguments, chunk sizes included. After that another message or another file
    of recipients is refused unless it is intended. An interrupted plan is continued if the rest is known: the same
    file, or nothing that must be read.

    Raises:
        UsageError: something is missing, or differs from what was started; it names the argument.
    """
    if isinstance(source, IterableReader):
        if source.is_over:
            source = None
        else:
            source.check()
    known = await ledger.campaigns.find(name)
    _check_is_there(known)
    mark = await _fingerprint(source)
    if known is None or (known.begun_at is None and source is not None and not _is_same(known, messages, mark)):
        if source is None or messages is None:
            field = "recipients" if source is None else "message"
            raise UsageError(f"the ledger has no campaign {name!r} yet: give {field}", field=field)
        await check_source(messages, source, account_column)
        known = await ledger.campaigns.create(
            name,
            kind=messages.kind,
            message=messages.stored,
            fingerprint=messages.fingerprint,
            chunk_size=chunk_size,
            now=now,
        )
    if not known.is_planned:
        await _Reading(ledger, known, messages, limit, watch).run(source, mark, account_column)
        known = await _found(ledger, name)
    await _follow_message(ledger, known, messages, change_message=change_message, now=now)
    if known.begun_at is None:
        if known.chunk_size != chunk_size:
            await ledger.campaigns.rechunk(known.id, chunk_size)
    elif source is None and known.open_reading is not None:  # recipients were being added: some may be there already
        await _Reading(ledger, known, messages, limit, watch).run(None, "", account_column)
    elif source is not None and (add_recipients or mark):
        if not add_recipients:
            _check_source(known, mark)
        elif not mark or mark != known.source:  # otherwise nothing in it is new, and its bad rows are known
            known = await _found(ledger, name)
            _check_look(known)
            await check_source(messages or from_stored(known.kind, known.message), source, account_column)
            await _Reading(ledger, known, messages, limit, watch).run(source, mark, account_column)
    return await _found(ledger, name)


async def _found(ledger: Ledger, name: str) -> CampaignRow:
    found = await ledger.campaigns.find(name)
    if found is None:
        raise UsageError(f"the campaign {name!r} was removed in the meantime", field="name")
    return found


def check_recipients(campaign: CampaignRow) -> None:
    """Raise `UsageError` if there are no recipients: that is rarely intended."""
    if not campaign.recipients:
        reason = f"all {campaign.bad_rows:,} rows are bad, see its plan" if campaign.bad_rows else "the source is empty"
        raise UsageError(f"the campaign {campaign.name!r} has no recipients: {reason}", field="recipients")


def _check_is_there(known: CampaignRow | None) -> None:
    if known is not None and known.status == "deleting":
        raise UsageError(f"the campaign {known.name!r} is half deleted: delete it again", field="name")
    if known is not None and known.archived_at is not None:
        raise UsageError(f"the campaign {known.name!r} is archived: unarchive it first", field="name")


def _is_same(known: CampaignRow, messages: MessageSource | None, mark: str) -> bool:
    """Return whether a campaign is planned, or being planned, with this message and this file."""
    reading = known.open_reading
    source = known.source if reading is None else reading.source
    is_same_message = messages is None or messages.fingerprint == known.fingerprint
    return bool(is_same_message and mark and mark == source)


def _check_source(known: CampaignRow, mark: str) -> None:
    if known.source and mark != known.source:
        raise UsageError(
            f"the recipients of {known.name!r} are not those that it was started with; use add_recipients=True to add "
            "new ones",
            field="recipients",
        )


def _check_look(known: CampaignRow) -> None:
    if known.look_from is not None:  # added recipients would count as part of the sample
        raise UsageError(
            f"the sample of {known.name!r} is not done: recipients can be added after it was resumed",
            field="add_recipients",
        )


async def _follow_message(
    ledger: Ledger, known: CampaignRow, messages: MessageSource | None, *, change_message: bool, now: float
) -> None:
    if messages is None or messages.fingerprint == known.fingerprint:
        return
    if known.begun_at is not None and not change_message:
        counts = await ledger.queries.counts(known.id)
        count = sum(each for (state, _), each in counts.items() if state is RecipientState.FAILED)
        failed = f", with retry_failed=True also to the {count:,} that failed" if count else ""
        raise UsageError(
            f"the message of {known.name!r} is not the one that it was started with: create another campaign for "
            f"another message; change_message=True sends it to the remaining recipients{failed}",
            field="message",
        )
    if known.options is not None and known.status in ("running", "paused"):
        # Some of the workers have loaded the old one, and continue with it.
        raise UsageError(
            f"the campaign {known.name!r} is {known.status}: its message cannot be changed: wait until it is done, or "
            "cancel it",
            field="change_message",
        )
    await check_recipients_of(messages, ledger, known.id)
    earlier = known.earlier if known.begun_at is None else with_earlier(known, now)
    await ledger.campaigns.update(
        known.id,
        kind=messages.kind,
        message=messages.stored,
        fingerprint=messages.fingerprint,
        survey=None,
        earlier=earlier,
    )


async def _fingerprint(source: Source | None) -> str:
    return await asyncio.to_thread(source.fingerprint) if isinstance(source, FileReader) else ""


class _Reading:
    """Reads the recipients of a campaign, or the rest of them, into the ledger."""

    def __init__(
        self, ledger: Ledger, campaign: CampaignRow, messages: MessageSource | None, limit: int, watch: PlanWatch
    ) -> None:
        self._campaign = campaign
        self._staging: Staging = ledger.staging(campaign)
        self._messages = messages or from_stored(campaign.kind, campaign.message)
        self._limit = limit
        self._watch = watch

    async def run(self, source: Source | None, mark: str, account_column: str) -> None:
        """Read a source, or continue with its staged rows; `mark` identifies the file."""
        staging, campaign = self._staging, self._campaign
        is_carried_on = False
        if staging.reading is not None:
            is_carried_on = staging.reading.is_read if source is None else mark == staging.reading.source != ""
        if source is None and not is_carried_on:
            raise UsageError(f"the plan of {campaign.name!r} was not finished: give recipients", field="recipients")
        if not is_carried_on:
            await staging.begin(source=mark, message=campaign.fingerprint, limit=self._limit)
        if source is not None and not staging.open_reading().is_read:
            await stage(staging, source, account_column, Weigher(self._messages), self._watch)
        await settle(staging, self._watch)
        reading = staging.open_reading()
        await staging.finish(source=reading.source, survey=self._survey(), account_lints=reading.account_lints or None)

    def _survey(self) -> str | None:
        """Return what is known of the messages, in its stored form; None if that is determined later."""
        reading, campaign = self._staging.open_reading(), self._campaign
        messages = self._messages
        if messages is None or messages.kind != "template" or reading.message != messages.fingerprint:
            return None
        found = conclude(messages, reading.sizes)
        if campaign.is_planned:  # these were added to others
            before = stored_survey(campaign.survey, found.limit)
            return None if before is None else before.with_more(found).encoded()
        return found.encoded()
