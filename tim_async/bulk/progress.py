"""The progress of a campaign, and its report."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

import msgspec

from .. import _codes
from .._printable import one_line
from ._ledger.records import CampaignRow, Outcome
from ._ledger.schema import RecipientState
from ._ledger.timing import StoredTiming, Timing
from ._plan.schedule import Schedule
from ._plan.wording import counted
from .stopping import Status

# The displayed rate is that of the last seconds.
_RECENT_S = 10.0
_CALLED: Final = (RecipientState.SENT, RecipientState.FAILED, RecipientState.UNKNOWN)


class Progress(msgspec.Struct, kw_only=True, frozen=True):
    """The progress of a campaign.

    Attributes:
        name: the campaign.
        total: its recipients.
        sent: recipients that were sent to, earlier runs included.
        failed: recipients that failed.
        unknown: recipients whose outcome is unknown.
        suppressed: recipients that were left out: on a suppression list, or at the limit of messages.
        codes: the failed by ErrorCode; 0 is a failure before anything was sent.
        rate: settled per second, over the last ten seconds; without those that were left out.
        cap: the most that the limits allow per second.
        in_force: the most that they currently allow per second, which the service's "too many calls" lowers below
            `cap`; None if unknown, as for an observer that makes no calls.
        elapsed_s: seconds since this run began.
        left_s: seconds to the end at this rate, including rests; None before there is a rate.
        rests_until: unix seconds until which it rests, because of its hours or its start; None while it does not.
        rest_ends: the same in the notation of the campaign's time zone; "" while it does not rest.
        held_up: what blocks it, "" while it is not blocked.
    """

    name: str
    total: int
    sent: int
    failed: int
    unknown: int
    suppressed: int = 0
    codes: Mapping[int, int]
    rate: float
    cap: float
    in_force: float | None
    elapsed_s: float
    left_s: float | None
    rests_until: float | None = None
    rest_ends: str = ""
    held_up: str = ""

    @property
    def settled(self) -> int:
        """Recipients that are done."""
        return self.sent + self.failed + self.unknown + self.suppressed

    @property
    def is_limited(self) -> bool:
        """Whether the service accepts less than the limits allow."""
        return self.in_force is not None and self.in_force < self.cap


class CodeCount(msgspec.Struct, kw_only=True, frozen=True):
    """How many recipients failed with a code.

    Attributes:
        code: the ErrorCode; 0 is a failure before anything was sent.
        name: the catalogue's name for it, "" without one.
        meaning: the meaning according to the documents.
        count: how many.
    """

    code: int
    name: str
    meaning: str
    count: int


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The report of a campaign.

    Attributes:
        name: the campaign.
        status: `done`; `stopped` by a fault, `paused` by a quota, `interrupted` from outside: run it again to continue;
            `ended` at its end time, with some left; `paused` by a user, or after a sample: resume it (`needs_resume`);
            `cancelled` by a user, permanently; `running`; before the first run `planned`, or `planning` while
            recipients are read, or were when the process died.
        reason: why it is not done.
        total: its recipients.
        sent: recipients that were sent to.
        failed: recipients that failed.
        unknown: recipients whose outcome is unknown.
        suppressed: recipients that were left out: on a suppression list, or at the limit of messages.
        in_flight: recipients in flight at the time of the report, or when the process died.
        codes: the failed by code, the most frequent first.
        duplicates: rows with an account that was given before; each account gets one message.
        bad_rows: rows without a valid account.
        duration_s: seconds; of this run, or from the start of the first run to the end of the latest.
        rate: settled per second in that time.
        ledger: its location: an absolute path, or a URL without its password.
        timing: when and how fast it sends.
        rests_until: unix seconds until which it rests; None while it does not, or if no process runs it.
        held_up_s: seconds for which it was blocked, because calls of higher priority used the whole limit.
        is_with_workers: whether it was submitted to workers.
        paused_at: unix seconds at which a user paused it; None if it is not paused.
    """

    name: str
    status: str
    reason: str | None
    total: int
    sent: int
    failed: int
    unknown: int
    suppressed: int = 0
    in_flight: int
    codes: list[CodeCount]
    duplicates: int
    bad_rows: int
    duration_s: float
    rate: float
    ledger: str = ""
    timing: Timing = Timing()
    rests_until: float | None = None
    held_up_s: float = 0.0
    is_with_workers: bool = False
    paused_at: float | None = None

    @property
    def needs_resume(self) -> bool:
        """Whether only `resume` continues it, and running it again does not."""
        return self.status == "paused" and (self.is_with_workers or self.paused_at is not None)

    @property
    def is_complete(self) -> bool:
        """Whether every row has a valid account, and every recipient was sent to, except for those left out."""
        return self.sent + self.suppressed == self.total and not self.bad_rows

    @property
    def shortfall(self) -> str:
        """What it lacks to be complete, in words; "" if it is."""
        parts = [
            counted(self.bad_rows, "bad row") if self.bad_rows else "",
            f"{self.failed:,} failed" if self.failed else "",
            f"{self.unknown:,} unknown" if self.unknown else "",
            f"{self.left:,} to do" if self.left else "",
        ]
        return ", ".join(filter(None, parts))

    @property
    def left(self) -> int:
        """Recipients that are not settled."""
        return self.total - self.sent - self.failed - self.unknown - self.suppressed

    def __str__(self) -> str:
        """Return the report in a few lines."""
        lines = [
            f"campaign {self.name}: {self.status}" + (f": {self.reason}" if self.reason else ""),
            f"  {self.sent:,} of {self.total:,} recipients sent, {self.failed:,} failed, {self.unknown:,} unknown, "
            f"{self.left:,} to do" + (f", {self.in_flight:,} of them in flight" if self.in_flight else ""),
        ]
        if self.suppressed:
            lines.append(f"  {self.suppressed:,} suppressed: on a suppression list, or at the limit of messages")
        if self.duplicates or self.bad_rows:
            lines.append(f"  {counted(self.duplicates, 'duplicate row')}, {counted(self.bad_rows, 'bad row')}")
        lines += [f"  {each.count:,} failed with {each.code} {each.name}: {each.meaning}" for each in self.codes]
        if self.rate:
            lines.append(f"  {self.duration_s:,.1f} s, {self.rate:,.1f} per second")
        if self.timing != Timing():
            lines.append(f"  {self.timing}")
        if self.rests_until is not None:
            lines.append(f"  resting until {self.timing.shown(self.rests_until)}")
        if self.held_up_s:
            lines.append(f"  blocked for {self.held_up_s:,.0f} s: interactive calls used the whole limit")
        if self.ledger:
            lines.append(f"  ledger: {self.ledger}")
        return "\n".join(map(one_line, lines))


class Tally:
    """Counts outcomes.

    Args:
        counts: the counts in the ledger.
        total: recipients.
    """

    def __init__(self, counts: Mapping[tuple[RecipientState, int | None], int], total: int) -> None:
        self.total = total
        self.by_state: Counter[RecipientState] = Counter()
        self.codes: Counter[int] = Counter()
        for (state, code), count in counts.items():
            self.by_state[state] += count
            if state is RecipientState.FAILED:
                self.codes[code or 0] += count
        self.settled_now: int = 0
        self.left_out_now: int = 0
        self._recent: deque[tuple[float, int, int]] = deque()

    @property
    def settled(self) -> int:
        """Recipients whose message was sent or tried: those that were left out took no call."""
        return sum(self.by_state[state] for state in _CALLED)

    @property
    def left(self) -> int:
        """Recipients that are not settled."""
        return self.total - self.settled - self.by_state[RecipientState.SUPPRESSED]

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.by_state[outcome.state] += 1
        if outcome.state is RecipientState.SUPPRESSED:
            self.left_out_now += 1
        else:
            self.settled_now += 1
        if outcome.state is RecipientState.FAILED:
            self.codes[outcome.code or 0] += 1

    def progress(
        self, name: str, *, now: float, elapsed_s: float, cap: float, in_force: float | None = None
    ) -> Progress:
        """Return the progress; call this about every second."""
        self._recent.append((now, self.settled_now, self.left_out_now))
        while len(self._recent) > 2 and now - self._recent[0][0] > _RECENT_S:
            self._recent.popleft()
        since, before, left_out_before = self._recent[0] if len(self._recent) > 1 else (now - elapsed_s, 0, 0)
        span, gained = now - since, self.settled_now - before
        done = gained + self.left_out_now - left_out_before
        return Progress(
            name=name,
            total=self.total,
            sent=self.by_state[RecipientState.SENT],
            failed=self.by_state[RecipientState.FAILED],
            unknown=self.by_state[RecipientState.UNKNOWN],
            suppressed=self.by_state[RecipientState.SUPPRESSED],
            codes=dict(self.codes),
            rate=gained / span if span > 0 else 0.0,
            cap=cap,
            in_force=in_force,
            elapsed_s=elapsed_s,
            left_s=self.left * span / done if done > 0 else None,
        )


def timed(progress: Progress, timing: Timing, now: float) -> Progress:
    """Return the progress of a campaign with its own times and rate.

    Args:
        progress: the progress at the limits.
        timing: when and how fast.
        now: unix seconds.
    """
    if timing == Timing():
        return progress
    schedule = Schedule(timing)
    phase = schedule.phase(now)
    cap, left_s = timing.allows(progress.cap), progress.left_s
    is_rest = not (phase.is_open or phase.is_over)
    if is_rest and cap > 0:
        left_s = (progress.total - progress.settled) / cap  # it continues as fast as it may
    return msgspec.structs.replace(
        progress,
        cap=cap,
        in_force=None if progress.in_force is None else timing.allows(progress.in_force),
        left_s=None if left_s is None else schedule.end_of(left_s, now) - now,
        rests_until=phase.changes_at if is_rest else None,
        rest_ends=timing.shown(phase.changes_at) if is_rest else "",
    )


def report(
    campaign: CampaignRow,
    counts: Mapping[tuple[RecipientState, int | None], int],
    *,
    in_flight: int,
    duration_s: float,
    settled: int | None = None,
    status: Status | str | None = None,
) -> Report:
    """Make a report from the counts of the ledger."""
    tally = Tally(counts, campaign.recipients)
    done = tally.settled if settled is None else settled
    return Report(
        name=campaign.name,
        status=status or campaign.status or "planned",
        reason=campaign.reason,
        total=campaign.recipients,
        sent=tally.by_state[RecipientState.SENT],
        failed=tally.by_state[RecipientState.FAILED],
        unknown=tally.by_state[RecipientState.UNKNOWN],
        suppressed=tally.by_state[RecipientState.SUPPRESSED],
        in_flight=in_flight,
        codes=[_explain(code, count) for code, count in tally.codes.most_common()],
        duplicates=campaign.duplicates,
        bad_rows=campaign.bad_rows,
        duration_s=duration_s,
        rate=done / duration_s if duration_s > 0 else 0.0,
        timing=StoredTiming.decoded(campaign.timing).in_force,
        held_up_s=campaign.held_up_s or 0.0,
        is_with_workers=campaign.options is not None,
        paused_at=campaign.paused_at,
    )


def _explain(code: int, count: int) -> CodeCount:
    if code == 0:
        return CodeCount(code=0, name="not_sent", meaning="The message could not be made; see the export.", count=count)
    row = _codes.lookup("openim", code)
    return CodeCount(
        code=code,
        name=row.name if row else "",
        meaning=row.meaning if row else "The catalogue has no entry for this code.",
        count=count,
    )
