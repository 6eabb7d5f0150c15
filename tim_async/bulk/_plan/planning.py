"""Planning: recipients into the ledger, and what can be said before anything is sent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ..._core.config import Settings
from ..._printable import one_line
from ...errors import UsageError
from .._ledger.ledger import Ledger
from .._ledger.options import Lanes
from .._ledger.records import CampaignRow, Problem, RecipientRow
from .._ledger.schema import Lane
from .._message.messages import Message, MessageSource, PreparedMessage
from .._message.rendering import Renderer
from .lints import lint
from .pacing import Pace, concurrency, fresh_lanes, paces
from .sources import CsvFile, JsonLinesFile, Once, Source, batches
from .wording import counted

# Messages of a function that are made for a plan: making one may cost a query.
_SAMPLE_SIZE: Final = 200
_MAX_SHOWN_PROBLEMS: Final = 10
_NEAR_LIMIT: Final = 0.9


class LanePlan(msgspec.Struct, kw_only=True, frozen=True):
    """What a campaign takes by one lane, or by both.

    Attributes:
        lanes: single, batch or both, as the option is called.
        calls: how many calls.
        seconds: how long, at the limits in force.
        is_chosen: whether the campaign goes this way.
    """

    lanes: str
    calls: int
    seconds: float
    is_chosen: bool


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """What a campaign will be.

    Attributes:
        name: the campaign.
        recipients: how many.
        duplicates: rows with an account that was given before; each account gets one message.
        bad_rows: rows without a valid account.
        problems: the first bad rows.
        largest: bytes of the largest message, None where there is none.
        largest_account: whose message that is, "" where all get the same.
        limit: bytes that a message may have.
        too_large: recipients whose message is over the limit.
        not_made: recipients for whom there is no message, such as those whose row lacks a column.
        why_not_made: the first reason.
        is_sample: whether only the first messages were looked at, as a function makes them.
        lints: what will probably disappoint.
        lanes: what it takes by each lane.
    """

    name: str
    recipients: int
    duplicates: int
    bad_rows: int
    problems: list[Problem]
    largest: int | None
    largest_account: str
    limit: int
    too_large: int
    not_made: int
    why_not_made: str
    is_sample: bool
    lints: list[str]
    lanes: list[LanePlan]

    def __str__(self) -> str:
        """Return the plan in a few lines."""
        rows = f"{counted(self.duplicates, 'duplicate row')}, {counted(self.bad_rows, 'bad row')}"
        lines = [f"campaign {self.name}: {counted(self.recipients, 'recipient')}, {rows}"]
        lines += [f"  line {each.line}: {each.account!r}: {each.reason}" for each in self.problems]
        if self.bad_rows > len(self.problems):
            lines.append(f"  ... and {counted(self.bad_rows - len(self.problems), 'more bad row')}")
        sample = " (of a sample)" if self.is_sample else ""
        if self.largest is not None:
            whose = f", for {self.largest_account}" if self.largest_account else ""
            lines.append(f"  largest message{sample}: {self.largest:,} of {self.limit:,} bytes{whose}")
        if self.too_large:
            lines.append(f"  too large{sample}: {counted(self.too_large, 'message')}, which will fail")
        if self.not_made:
            lines.append(
                f"  cannot be made{sample}: {counted(self.not_made, 'message')}, which will fail: {self.why_not_made}"
            )
        lines += [f"  warning: {each}" for each in self.lints]
        for each in self.lanes:
            mark = "->" if each.is_chosen else "  "
            lines.append(f"  {mark} lanes={each.lanes}: {counted(each.calls, 'call')}, {_duration(each.seconds)}")
        return "\n".join(map(one_line, lines))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


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
    now: float,
) -> CampaignRow:
    """Return the campaign with its recipients read to the end; read them where that was not done.

    Until the first run a plan follows what is given, sizes of chunks included. From then on another message, or another
    file of recipients, is refused unless it is meant.

    Raises:
        UsageError: something is missing, or differs from what was begun; it names the argument.
    """
    if isinstance(source, Once):
        source.check()
    known = await ledger.campaigns.find(name)
    mark = await _fingerprint(source)
    if known is None or (known.begun_at is None and source is not None and not _is_same(known, messages, mark)):
        if source is None or messages is None:
            field = "recipients" if source is None else "message"
            raise UsageError(f"the ledger has no campaign {name!r} yet: give {field}", field=field)
        made = await ledger.campaigns.create(
            name,
            kind=messages.kind,
            message=messages.stored,
            fingerprint=messages.fingerprint,
            chunk_size=chunk_size,
            now=now,
        )
        await _read(ledger, made, source, account_column)
        await ledger.campaigns.update(made.id, is_planned=1, source=mark)
    else:
        if not known.is_planned:
            raise UsageError(f"the plan of {name!r} was not finished: give recipients", field="recipients")
        await _follow_message(ledger, known, messages, change_message=change_message)
        if known.begun_at is None:
            if known.chunk_size != chunk_size:
                await ledger.campaigns.rechunk(known.id, chunk_size)
        elif source is not None:
            await _follow_recipients(ledger, known, source, mark, account_column, add_recipients=add_recipients)
    planned = await ledger.campaigns.find(name)
    if planned is None:
        raise UsageError(f"the campaign {name!r} was removed meanwhile", field="name")
    return planned


def check_recipients(campaign: CampaignRow) -> None:
    """Raise `UsageError` when there are no recipients: that is a mistake more often than it is meant."""
    if not campaign.recipients:
        reason = f"all {campaign.bad_rows:,} rows are bad, see its plan" if campaign.bad_rows else "the source is empty"
        raise UsageError(f"the campaign {campaign.name!r} has no recipients: {reason}", field="recipients")


def _is_same(known: CampaignRow, messages: MessageSource | None, mark: str) -> bool:
    is_same_message = messages is None or messages.fingerprint == known.fingerprint
    return bool(known.is_planned and is_same_message and mark and mark == known.source)


async def _follow_message(
    ledger: Ledger, known: CampaignRow, messages: MessageSource | None, *, change_message: bool
) -> None:
    if messages is None or messages.fingerprint == known.fingerprint:
        return
    if known.begun_at is not None and not change_message:
        raise UsageError(
            f"the message of {known.name!r} is not the one that it was begun with: give another message a campaign of "
            "its own; change_message sends it to the recipients that are left",
            field="message",
        )
    if known.options is not None and known.status in ("running", "paused"):
        # Some of the workers have the old one at hand, and go on with it.
        raise UsageError(
            f"the campaign {known.name!r} is {known.status}, its message cannot be changed: wait until it is done, or "
            "cancel it",
            field="change_message",
        )
    await ledger.campaigns.update(
        known.id, kind=messages.kind, message=messages.stored, fingerprint=messages.fingerprint
    )


async def _follow_recipients(
    ledger: Ledger, known: CampaignRow, source: Source, mark: str, account_column: str, *, add_recipients: bool
) -> None:
    """Read the recipients of a campaign that has begun once more, where they may have changed."""
    if add_recipients:
        if mark and mark == known.source:
            return  # nothing in it is new, and its bad rows are known
        await ledger.campaigns.read_again(known.id)
        await _read(ledger, known, source, account_column)
        await ledger.campaigns.update(known.id, source=mark)
    elif mark and known.source and mark != known.source:
        raise UsageError(
            f"the recipients of {known.name!r} are not those that it was begun with; add_recipients adds new ones",
            field="recipients",
        )


async def _fingerprint(source: Source | None) -> str:
    return await asyncio.to_thread(source.fingerprint) if isinstance(source, CsvFile | JsonLinesFile) else ""


async def _read(ledger: Ledger, campaign: CampaignRow, source: Source, account_column: str) -> None:
    async for batch in batches(source, account_column):
        rows = [row for row in batch if not isinstance(row, Problem)]
        bad = [row for row in batch if isinstance(row, Problem)]
        await ledger.campaigns.add(campaign.id, rows, bad, before=campaign.recipients)


class _Survey:
    """Looks at the messages of a campaign without making all of them."""

    def __init__(self, messages: MessageSource, limit: int, at_a_time: int) -> None:
        self._messages = messages
        self._renderer = Renderer(messages, None, at_a_time)
        self._limit = limit
        self._heaviest = -1
        self.message: Message | None = None
        self.largest: int | None = None
        self.largest_account = ""
        self.too_large = 0
        self.not_made = 0
        self.why_not_made = ""
        self.is_sample = False

    async def look(self, ledger: Ledger, campaign: CampaignRow) -> None:
        """Look at the message, or at those of all recipients."""
        messages = self._messages
        if messages.fixed is not None and messages.stored is not None:
            self._weigh(messages.stored, "")
            return
        if messages.kind == "function":
            self.is_sample = True
            sample: list[RecipientRow] = []
            async for recipient in ledger.queries.recipients(campaign.id, page=_SAMPLE_SIZE):
                sample.append(recipient)
                if len(sample) == _SAMPLE_SIZE:
                    break
            await self._make(sample)
            return
        async for recipient in ledger.queries.recipients(campaign.id):
            if self._may_matter(recipient):
                await self._make([recipient])

    def _may_matter(self, recipient: RecipientRow) -> bool:
        """Return whether a template's message has to be made: it may fail, or be the largest so far, or too large."""
        columns: dict[str, Any] = {} if recipient.columns is None else msgspec.json.decode(recipient.columns)
        weight = 0
        if self._messages.is_checked:
            return True
        for name, times in self._messages.uses.items():
            value = columns.get(name, recipient.account if name == "account" else None)
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                return True
            weight += len(msgspec.json.encode(value)) * times
        is_heavier = weight > self._heaviest
        self._heaviest = max(self._heaviest, weight)
        return is_heavier or (self.largest or 0) > self._limit

    async def _make(self, recipients: Sequence[RecipientRow]) -> None:
        for recipient, made in zip(recipients, await self._renderer.render(recipients) or (), strict=True):
            if isinstance(made, UsageError):
                self.not_made += 1
                self.why_not_made = self.why_not_made or f"{recipient.account}: {made.message}"
            else:
                self._weigh(made, recipient.account)

    def _weigh(self, stored: str, account: str) -> None:
        prepared = PreparedMessage(stored)
        size = prepared.size()
        self.too_large += size > self._limit
        if self.largest is None or size > self.largest:
            self.largest, self.largest_account, self.message = size, account, prepared.message


async def make_plan(
    ledger: Ledger,
    campaign: CampaignRow,
    messages: MessageSource,
    settings: Settings,
    lanes: Lanes,
    at_a_time: int | None = None,
) -> Plan:
    """Return the plan of a campaign that is in the ledger; a function is called for so many recipients at a time."""
    survey = _Survey(messages, settings.body_limit, concurrency(settings, at_a_time))
    await survey.look(ledger, campaign)
    lints: list[str] = [] if campaign.recipients else ["there are no recipients: there is nothing to run"]
    if survey.message is not None:
        lints += lint(survey.message, is_template=messages.kind == "template")
        if survey.largest is not None and _NEAR_LIMIT * settings.body_limit < survey.largest <= settings.body_limit:
            lints.append(f"the largest message fills {survey.largest / settings.body_limit:.0%} of the limit")
    problems: list[Problem] = []
    async for problem in ledger.queries.problems(campaign.id):
        if problem.kind == "bad":
            problems.append(problem)
            if len(problems) == _MAX_SHOWN_PROBLEMS:
                break
    fixed = messages.fixed
    chosen = fresh_lanes(lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch)
    return Plan(
        name=campaign.name,
        recipients=campaign.recipients,
        duplicates=campaign.duplicates,
        bad_rows=campaign.bad_rows,
        problems=problems,
        largest=survey.largest,
        largest_account=survey.largest_account,
        limit=settings.body_limit,
        too_large=survey.too_large,
        not_made=survey.not_made,
        why_not_made=survey.why_not_made,
        is_sample=survey.is_sample,
        lints=lints,
        lanes=_estimate(campaign, paces(settings), chosen, may_batch=fixed is not None and fixed.fits_a_batch),
    )


def _estimate(
    campaign: CampaignRow, pace: Mapping[Lane, Pace], chosen: Sequence[Lane], *, may_batch: bool
) -> list[LanePlan]:
    count, size = campaign.recipients, campaign.chunk_size
    single, batch = pace[Lane.SINGLE], pace[Lane.BATCH]
    plans: list[tuple[str, int, float, tuple[Lane, ...]]] = [
        ("single", count, single.seconds(count, 1), (Lane.SINGLE,))
    ]
    if may_batch:
        plans.append(("batch", math.ceil(count / size), batch.seconds(count, size), (Lane.BATCH,)))
        # Each takes the part that it is fast enough for.
        by_one = math.ceil(count * single.recipients / (single.recipients + batch.recipients))
        calls = by_one + math.ceil((count - by_one) / size)
        plans.append(("both", calls, single.seconds(by_one, 1), (Lane.SINGLE, Lane.BATCH)))
    return [
        LanePlan(lanes=name, calls=calls, seconds=seconds, is_chosen=lanes == tuple(chosen))
        for name, calls, seconds, lanes in plans
    ]
