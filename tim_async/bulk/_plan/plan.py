"""The forecast of a campaign, before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ..._core.config import Settings
from ..._printable import one_line
from .._ledger.ledger import Ledger
from .._ledger.looks import Look, look_of
from .._ledger.options import Lanes
from .._ledger.records import CampaignRow, Problem, RecipientRow
from .._ledger.schema import Lane
from .._ledger.timing import Timing
from .._message.messages import PreparedMessage
from .._message.rendering import MessageSource
from . import survey
from .account_lints import AccountLints
from .lints import lint, push_lints
from .pacing import Pace, concurrency, fresh_lanes, paces
from .schedule import Schedule
from .survey import SAMPLE_SIZE, Survey, stored_survey
from .wording import counted

_MAX_SHOWN_PROBLEMS: Final = 10
_NEAR_LIMIT: Final = 0.9


class LanePlan(msgspec.Struct, kw_only=True, frozen=True):
    """What a campaign needs in one lane, or in both.

    Attributes:
        lanes: single, batch or both, as in the option.
        calls: the number of calls.
        seconds: the duration at the limits in force.
        is_chosen: whether the campaign uses these lanes.
    """

    lanes: str
    calls: int
    seconds: float
    is_chosen: bool


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """The forecast of a campaign.

    Attributes:
        name: the campaign.
        recipients: the number of recipients.
        suppressed: how many of them are left out: on a suppression list, or over the limit of messages (`at_most`).
        look: which of them are sent to first, before the campaign pauses, in words; "" without a look.
        duplicates: rows with an account that was given before; each account gets one message.
        bad_rows: rows without a valid account.
        problems: the first bad rows.
        largest: bytes of the largest message, None without one.
        largest_account: the recipient of that message; "" if all get the same.
        limit: the most bytes that a message may have.
        too_large: recipients whose message exceeds the limit.
        not_made: recipients for whom no message can be made, such as those whose row lacks a column.
        why_not_made: the first reason.
        is_sample: whether only the first messages were checked, because a function makes them.
        lints: what is probably unintended.
        lanes: what it needs in each lane.
        ledger: its location: an absolute path, or a URL without its password.
        is_new: whether it is a new campaign.
        timing: when and how fast it is to send.
        ends: when it will be done, in its time zone; "" if it sends at any time.
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
    ledger: str = ""
    is_new: bool = False
    timing: Timing = Timing()
    ends: str = ""
    suppressed: int = 0
    look: str = ""

    @property
    def shortfall(self) -> str:
        """What is expected to fail, in words; "" if nothing is."""
        sample = " of a sample" if self.is_sample else ""
        parts = [
            "" if self.recipients else "no recipients",
            counted(self.bad_rows, "bad row") if self.bad_rows else "",
            f"{counted(self.too_large, 'message')}{sample} too large" if self.too_large else "",
            f"{counted(self.not_made, 'message')}{sample} that cannot be made" if self.not_made else "",
        ]
        return ", ".join(filter(None, parts))

    def __str__(self) -> str:
        """Return the plan in a few lines."""
        rows = f"{counted(self.duplicates, 'duplicate row')}, {counted(self.bad_rows, 'bad row')}"
        lines = [f"campaign {self.name}: {counted(self.recipients, 'recipient')}, {rows}"]
        lines += [f"  line {each.line}: {each.account!r}: {each.reason}" for each in self.problems]
        if self.bad_rows > len(self.problems):
            lines.append(f"  ... and {counted(self.bad_rows - len(self.problems), 'more bad row')}")
        if self.suppressed:
            lines.append(f"  {self.suppressed:,} suppressed: on a suppression list, or at the limit of messages")
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
        if self.timing != Timing():
            lines.append(f"  {self.timing}" + (f"; done at about {self.ends}" if self.ends else ""))
        if self.look:
            lines.append(f"  {self.look} are sent to first, then the campaign pauses")
        if self.ledger:
            lines.append(f"  ledger ({'new' if self.is_new else 'continued'}): {self.ledger}")
        return "\n".join(map(one_line, lines))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


async def make_plan(
    ledger: Ledger,
    campaign: CampaignRow,
    messages: MessageSource,
    settings: Settings,
    lanes: Lanes,
    at_a_time: int | None = None,
    *,
    now: float,
    look: Look | None = None,
) -> Plan:
    """Return the plan of a campaign in the ledger.

    Args:
        ledger: open.
        campaign: its row.
        messages: makes its messages.
        settings: the settings whose limits apply.
        lanes: the lanes that it may use.
        at_a_time: how many messages a function makes concurrently.
        now: unix seconds.
        look: the sample to start with, if it has not started.
    """
    found = await _survey(ledger, campaign, messages, settings.body_limit, concurrency(settings, at_a_time))
    lints: list[str] = [] if campaign.recipients else ["there are no recipients: nothing will be sent"]
    lints += AccountLints.decoded(campaign.account_lints).texts()
    if found.message is not None:
        message = PreparedMessage(found.message).message
        lints += lint(message, is_template=messages.kind == "template")
        if not messages.is_checked:  # the others were counted when their size was checked
            whose = "" if messages.kind == "function" else f"{counted(campaign.recipients, 'message')}: "
            lints += [f"{whose}{each}" for each in push_lints(message)]
        if found.largest is not None and _NEAR_LIMIT * settings.body_limit < found.largest <= settings.body_limit:
            lints.append(f"the largest message fills {found.largest / settings.body_limit:.0%} of the limit")
    problems: list[Problem] = []
    async for problem in ledger.queries.problems(campaign.id):
        if problem.kind == "bad":
            problems.append(problem)
            if len(problems) == _MAX_SHOWN_PROBLEMS:
                break
    suppressed = await ledger.queries.left_out(campaign.id, now=now)
    begun = look_of(campaign) if campaign.look_from is not None or campaign.begun_at is not None else look
    fixed = messages.fixed
    chosen = fresh_lanes(lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch)
    return Plan(
        name=campaign.name,
        recipients=campaign.recipients,
        duplicates=campaign.duplicates,
        bad_rows=campaign.bad_rows,
        problems=problems,
        largest=found.largest,
        largest_account=found.largest_account,
        limit=settings.body_limit,
        too_large=found.too_large,
        not_made=found.not_made,
        why_not_made=found.why_not_made,
        is_sample=found.is_sample,
        lints=lints,
        lanes=_estimate(
            campaign.recipients - suppressed,
            campaign.chunk_size,
            paces(settings),
            chosen,
            may_batch=fixed is not None and fixed.fits_a_batch,
        ),
        suppressed=suppressed,
        look="" if begun is None else str(begun),
    )


def at_its_times(plan: Plan, timing: Timing, now: float) -> Plan:
    """Return a plan at the campaign's own times and rate.

    Args:
        plan: the plan at the limits.
        timing: when and how fast.
        now: unix seconds.
    """
    if timing == Timing():
        return plan
    slowest = plan.recipients / timing.rate if timing.rate is not None else 0.0
    lanes = [
        msgspec.structs.replace(each, seconds=max(each.seconds / (timing.share or 1.0), slowest)) for each in plan.lanes
    ]
    chosen = next((each.seconds for each in lanes if each.is_chosen), 0.0)
    lints, ends = list(plan.lints), ""
    if timing.has_hours:
        end = Schedule(timing).end_of(chosen, now)
        ends = timing.shown(math.ceil(end))
        if timing.until is not None and end >= timing.until:
            lints.append(f"it will not finish in time: nothing is sent after {timing.shown(timing.until)}")
    return msgspec.structs.replace(plan, lanes=lanes, lints=lints, timing=timing, ends=ends)


async def _survey(ledger: Ledger, campaign: CampaignRow, messages: MessageSource, limit: int, at_a_time: int) -> Survey:
    """Check the message, or those of all recipients if that was not done while they were read."""
    if messages.fixed is not None and messages.stored is not None:
        return survey.of_message(messages.stored, limit)
    if messages.kind == "function":
        sample: list[RecipientRow] = []
        async for recipient in ledger.queries.recipients(campaign.id, page=SAMPLE_SIZE):
            sample.append(recipient)
            if len(sample) == SAMPLE_SIZE:
                break
        return await survey.of_sample(messages, sample, limit, at_a_time)
    known = stored_survey(campaign.survey, limit)
    if known is not None:
        return known
    found = await survey.of_recipients(messages, ledger.queries.recipients(campaign.id), limit)
    await ledger.campaigns.update(campaign.id, survey=found.encoded())
    return found


def _estimate(
    count: int, size: int, pace: Mapping[Lane, Pace], chosen: Sequence[Lane], *, may_batch: bool
) -> list[LanePlan]:
    single, batch = pace[Lane.SINGLE], pace[Lane.BATCH]
    plans: list[tuple[str, int, float, tuple[Lane, ...]]] = [
        ("single", count, single.seconds(count, 1), (Lane.SINGLE,))
    ]
    if may_batch:
        plans.append(("batch", math.ceil(count / size), batch.seconds(count, size), (Lane.BATCH,)))
        # Each lane takes a part in proportion to its rate.
        by_one = math.ceil(count * single.recipients / (single.recipients + batch.recipients))
        calls = by_one + math.ceil((count - by_one) / size)
        plans.append(("both", calls, single.seconds(by_one, 1), (Lane.SINGLE, Lane.BATCH)))
    return [
        LanePlan(lanes=name, calls=calls, seconds=seconds, is_chosen=lanes == tuple(chosen))
        for name, calls, seconds, lanes in plans
    ]
