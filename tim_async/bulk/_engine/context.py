"""A chunk in flight, and the state that all parts of a run share."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterable
from typing import Final

import msgspec

from ..._clocks import sleep
from ..._core.client import TimClient
from ..._core.retry import IDENTITY_WINDOW_S, RetryPolicy
from ...errors import TimError
from .._ledger.options import Options
from .._ledger.records import CampaignRow, Chunk, Lease, Outcome, Reassignment, RecipientRow
from .._ledger.schema import Lane, RecipientState
from .._ledger.writer import LedgerWriter
from .._message.messages import Identities, PreparedMessage
from ..progress import Tally
from ..stopping import FailureJudge, Stop
from .gate import Gate
from .own_rate import Turn

REPEAT_WITHIN_S: Final = IDENTITY_WINDOW_S
"""Seconds after the write-ahead within which a repeat may start. The service recognises a repeat for 120 s from the
first acceptance, which came later than the write-ahead; the rest is headroom for the repeat to arrive."""
SETTLED_AFTER_S: Final = 120.0
"""Seconds after which nothing that was started in time can still be in transit: the history is then complete."""
# How often to check whether an overdue lease was renewed.
_POLL_INTERVAL_S: Final = 0.1
# Trouble inside the service passes, and a campaign can wait. Lost answers are repeated too: the identity stays.
RETRY: Final = RetryPolicy(max_attempts=8, base=0.2, cap=5.0, max_elapsed=60.0, transport="any")


class Refusal(msgspec.Struct, kw_only=True, frozen=True):
    """Why recipients were refused.

    Attributes:
        code: ErrorCode; 0 for a request that this library refused before sending it.
        info: the text that came with it.
        may_pass: whether the trouble is inside the service: the same request may be accepted later, or was already.
        is_senders: whether the sender is at fault, not the recipient.
    """

    code: int
    info: str
    may_pass: bool = False
    is_senders: bool = False


class ActiveChunk:
    """A chunk that was written ahead.

    Attributes:
        number: its number.
        lane: the command it is sent with.
        recipients: its recipients that are not settled, by ordinal.
        since: unix seconds of its write-ahead.
        is_repeat: whether another run wrote it ahead: all of its recipients may have the message.
        doubtful: ordinals of recipients that may have the message.
        listed: ordinals of recipients that were added to a suppression list since. reassigned: ordinals of recipients
            that move to further chunks, by whether that counts as another try, and by the code they were refused with,
            if they must be imported.
        has_unknown: whether the outcome of a recipient is unknown.
        is_closing: whether no recipient is left.
        lease: how long it belongs to this runner.
    """

    def __init__(self, chunk: Chunk, lane: Lane, since: float, wall: Callable[[], float], *, is_repeat: bool) -> None:
        self.number = chunk.number
        self.lane = lane
        self.recipients = {recipient.ordinal: recipient for recipient in chunk.recipients}
        self.since = since
        self.is_repeat = is_repeat
        self.doubtful: set[int] = set(self.recipients) if is_repeat else set()
        self.listed: set[int] = set()
        self.reassigned: dict[tuple[bool, int | None], list[int]] = {}
        self.has_unknown = False
        self.is_closing = False
        self._is_partial = chunk.is_partial
        self.lease = chunk.lease
        self._shared = PreparedMessage(chunk.body) if chunk.body is not None else None
        self._wall = wall
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        age = wall() - since
        # Started in the future: the clock was put back, so its age is unknown. Assume that it is old enough.
        self._age = REPEAT_WITHIN_S if age < 0 else age

    def age(self) -> float:
        """Return the seconds since the write-ahead.

        The larger of two clocks' readings: the wall clock can be put back, the monotonic one stops while the machine
        sleeps.
        """
        passed = self._age + self._loop.time() - self._opened_at
        return max(passed, self._wall() - self.since)

    def window_left(self) -> float:
        """Return the seconds in which a repeat can still start; 0 for a batch that would now have fewer recipients."""
        return 0.0 if self._is_partial else REPEAT_WITHIN_S - self.age()

    def is_to_be_left_out(self, ordinals: Iterable[int]) -> bool:
        """Return whether some of these recipients were added to a list and none of them can have the message."""
        return bool(self.listed) and not self.listed.isdisjoint(ordinals) and self.doubtful.isdisjoint(ordinals)

    def message_for(self, recipient: RecipientRow) -> PreparedMessage | None:
        """Return the message as it was written ahead, or None if the ledger does not have it."""
        if self._shared is not None:
            return self._shared
        return None if recipient.body is None else PreparedMessage(recipient.body)

    def reassignments(self) -> list[Reassignment]:
        """Return the moves to further chunks that must be recorded."""
        return [
            Reassignment(ordinals=ordinals, is_try=is_try, code=code)
            for (is_try, code), ordinals in self.reassigned.items()
        ]


class RunContext:
    """The state that all parts of a run share.

    Args:
        client: sends.
        campaign: its row in the ledger.
        options: how it is run.
        writer: writes to the ledger.
        tally: counts outcomes.
        wall: unix seconds.
        gate: decides what may be started.
        on_close: called with every chunk that is closed in the ledger, or that another owner holds now.

    Attributes:
        client: the client, with background priority.
        campaign: the campaign's row in the ledger.
        options: how it is run.
        sender: the account that sends messages which name no other sender.
        writer: writes to the ledger.
        tally: counts outcomes.
        wall: unix seconds.
        gate: decides what may be started, and how fast.
        failures: decides when to stop.
        identities: makes identities.
        stop: why the run ends early; None while it goes on.
        halted: set when `stop` is.
        active: the chunks in flight, by number.
        changed: notified when there may be new work.
    """

    def __init__(
        self,
        client: TimClient,
        campaign: CampaignRow,
        options: Options,
        writer: LedgerWriter,
        tally: Tally,
        wall: Callable[[], float],
        gate: Gate,
        on_close: Callable[[int], None],
    ) -> None:
        self.client = client.with_options(priority="background", retry=RETRY)
        self.campaign = campaign
        self.options = options
        self.sender = client.identifier
        self.writer = writer
        self.tally = tally
        self.wall = wall
        self.gate = gate
        self.failures = FailureJudge(asyncio.get_running_loop().time, options.patience_s)
        self.identities = Identities(campaign.salt, campaign.epoch_ms)
        self.stop: Stop | None = None
        self.halted = asyncio.Event()
        gate.begin(self.halted)
        self.active: dict[int, ActiveChunk] = {}
        self.changed = asyncio.Condition()
        self._on_close = on_close
        self._views: dict[int, TimClient] = {}

    def halt(self, stop: Stop) -> None:
        """Start no further work. The first reason counts."""
        if self.stop is None:
            self.stop = stop
            self.halted.set()
            self.gate.wake()

    def judge(self, error: TimError, recipients: int = 1) -> None:
        """Record an error, which may end the run."""
        stop = self.failures.judge(error, recipients)
        if stop is not None:
            self.halt(stop)

    def follow(self, row: CampaignRow | None) -> None:
        """Follow the campaign's row in the ledger: it may have been paused or cancelled from elsewhere."""
        if row is None or row.id != self.campaign.id:
            self.halt(Stop("interrupted", "the campaign was removed"))
        elif row.status == "cancelled":
            self.halt(Stop("cancelled", row.reason or ""))
        elif row.paused_at is not None:
            self.halt(Stop("paused", row.reason or "", is_asked=True))

    async def pause(self, seconds: float) -> bool:
        """Sleep; return early, with True, when the run is to end."""
        await sleep(seconds, until=self.halted)
        return self.stop is not None

    async def wake(self) -> None:
        """Wake all tasks that wait for work."""
        async with self.changed:
            self.changed.notify_all()

    # Leases

    async def is_ours(self, chunk: ActiveChunk) -> bool:
        """Return whether a chunk may be sent here; wait while its lease is late. False when the run is to end."""
        while not chunk.lease.is_lost and self.stop is None:
            if asyncio.get_running_loop().time() < chunk.lease.until:
                return True
            await self.pause(_POLL_INTERVAL_S)
        return False

    def client_for(self, chunk: ActiveChunk, deadline: float, turn: Turn | None = None) -> TimClient:
        """Return the client for a call of a chunk: it sends nothing once the lease is over or the gate is shut.

        Args:
            chunk: the chunk.
            deadline: seconds from now.
            turn: the call's turn at the campaign's own rate, if it has one.
        """
        # Rounded down to whole seconds, so that one view serves many calls.
        seconds = int(deadline)
        client = self._views.get(seconds)
        if client is None:
            client = self.client.with_options(deadline=seconds or deadline)
            if seconds:
                self._views[seconds] = client
        if self.gate.guards_calls:
            return client.with_lease(lambda: self.gate.until(chunk.lease.until, turn))
        return client.with_lease(lambda: chunk.lease.until) if chunk.lease.until < math.inf else client

    async def lose(self, number: int, lease: Lease) -> None:
        """Give a chunk up: another owner holds it."""
        chunk = self.active.get(number)
        if chunk is not None and chunk.is_closing:
            return  # this owner has closed it
        self.active.pop(number, None)
        lease.is_lost, lease.until = True, -math.inf
        await self.close(number)

    # Outcomes

    async def settle(
        self, chunk: ActiveChunk, recipient: RecipientRow, state: RecipientState, **facts: str | int | None
    ) -> None:
        """Record the outcome of a recipient; wait while the disk is behind.

        For a chunk that another owner holds, record only that the recipient was sent to.
        """
        if not chunk.lease.is_lost or state is RecipientState.SENT:
            await self.writer.put(self._outcome(chunk, recipient, state, **facts))

    def note(
        self, chunk: ActiveChunk, recipient: RecipientRow, state: RecipientState, **facts: str | int | None
    ) -> None:
        """Record the outcome of one of many recipients, all of which go into one commit."""
        if not chunk.lease.is_lost or state is RecipientState.SENT:
            self.writer.note(self._outcome(chunk, recipient, state, **facts))

    def _outcome(
        self, chunk: ActiveChunk, recipient: RecipientRow, state: RecipientState, **facts: str | int | None
    ) -> Outcome:
        outcome = Outcome(ordinal=recipient.ordinal, state=state, **facts)  # type: ignore[arg-type]  # its own fields
        self.tally.add(outcome)
        chunk.has_unknown |= state is RecipientState.UNKNOWN
        del chunk.recipients[recipient.ordinal]
        return outcome

    async def fail_before_sending(self, recipient: RecipientRow, code: int | None, info: str) -> None:
        """Record that a recipient failed before its chunk was started."""
        outcome = Outcome(ordinal=recipient.ordinal, state=RecipientState.FAILED, code=code, info=info)
        self.tally.add(outcome)
        await self.writer.put(outcome)

    def leave_out(self, chunk: Chunk, ordinals: Collection[int]) -> None:
        """Count recipients that the ledger left out when it wrote their chunk ahead."""
        chunk.recipients = [recipient for recipient in chunk.recipients if recipient.ordinal not in ordinals]
        for ordinal in ordinals:
            self.tally.add(Outcome(ordinal=ordinal, state=RecipientState.SUPPRESSED))

    def reassign(
        self, chunk: ActiveChunk, recipients: Iterable[RecipientRow], *, is_try: bool, code: int | None = None
    ) -> None:
        """Move recipients to a further chunk; those with a code are imported first."""
        for recipient in recipients:
            del chunk.recipients[recipient.ordinal]
            chunk.reassigned.setdefault((is_try, code), []).append(recipient.ordinal)

    async def close_if_settled(self, chunk: ActiveChunk) -> None:
        """Close a chunk if no recipient is left in it."""
        if chunk.recipients or chunk.is_closing or chunk.lease.is_lost:
            return
        chunk.is_closing = True
        await self.writer.close(chunk.number, chunk.reassignments(), is_done=True, is_kept=chunk.has_unknown)
        # Only now: a feeder that looks for work must find the recipients that move to further chunks.
        self.active.pop(chunk.number, None)
        await self.close(chunk.number)

    async def close(self, number: int) -> None:
        """Report that a chunk no longer belongs to this run."""
        self._on_close(number)
        await self.wake()
