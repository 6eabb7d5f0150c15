"""A chunk at work, and what all who work on chunks share."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ..._core.client import TimClient
from ..._core.rate_limits import RateLimiter
from ..._core.retry import IDENTITY_WINDOW_S, RetryPolicy
from ...errors import TimError
from .._ledger.options import Options
from .._ledger.records import CampaignRow, Chunk, Lease, Outcome, Reassignment, RecipientRow
from .._ledger.schema import Lane, RecipientState
from .._ledger.writer import LedgerWriter
from .._message.identity import Identities
from .._message.messages import PreparedMessage
from ..breaker import Breaker, Stop
from ..progress import Tally

REPEAT_WITHIN_S: Final = IDENTITY_WINDOW_S
"""Seconds from the moment that sending was written ahead, within which a repeat is begun. The service recognises one
for 120 s from the first acceptance, which came later than that moment; the rest is for the repeat's way."""
# How often somebody looks whether a late lease was renewed.
_LEASE_LOOK_S: Final = 0.1
SETTLED_AFTER_S: Final = 120.0
"""Seconds after which nothing that was begun in time can still be on its way: then the history tells the truth."""


class Refusal(msgspec.Struct, kw_only=True, frozen=True):
    """What recipients were refused with.

    Attributes:
        code: ErrorCode; 0 for a request that this library did not let pass.
        info: what was said besides.
        may_pass: whether it is trouble inside the service: the same may be accepted later, or have been already.
        is_senders: whether it is the sender who is at fault.
    """

    code: int
    info: str
    may_pass: bool = False
    is_senders: bool = False


class ActiveChunk:
    """A chunk whose sending was written ahead.

    Attributes:
        number: the chunk.
        lane: by which command it goes.
        recipients: its recipients that are not settled, by ordinal.
        since: unix seconds at which its sending was written ahead.
        is_repeat: whether another run wrote that: everybody in it may have the message.
        doubtful: ordinals of those who may have it.
        reassigned: ordinals of those who go to further chunks, by whether that is a try of their own, and by the code
            they were refused with, where they are to be imported.
        has_unknown: whether somebody's outcome is unknown.
        is_closing: whether it has nobody left.
        lease: how long it is ours.
    """

    def __init__(self, chunk: Chunk, lane: Lane, since: float, wall: Callable[[], float], *, is_repeat: bool) -> None:
        self.number = chunk.number
        self.lane = lane
        self.recipients = {recipient.ordinal: recipient for recipient in chunk.recipients}
        self.since = since
        self.is_repeat = is_repeat
        self.doubtful: set[int] = set(self.recipients) if is_repeat else set()
        self.reassigned: dict[tuple[bool, int | None], list[int]] = {}
        self.has_unknown = False
        self.is_closing = False
        self._is_partial = chunk.is_partial
        self.lease = chunk.lease
        self._shared = PreparedMessage(chunk.body) if chunk.body is not None else None
        self._wall = wall
        self._loop = asyncio.get_running_loop()
        self._met = self._loop.time()
        age = wall() - since
        # Begun in the future: the clock was put back, and how long ago it was is not known. Long enough.
        self._age = REPEAT_WITHIN_S if age < 0 else age

    def age(self) -> float:
        """Return the seconds since its sending was written ahead.

        By both clocks, whichever says more: the wall clock can be put back, the other one stops while a machine sleeps.
        """
        passed = self._age + self._loop.time() - self._met
        return max(passed, self._wall() - self.since)

    def window_left(self) -> float:
        """Return the seconds for which a repeat can still begin; 0 for a batch that would go to fewer than before."""
        return 0.0 if self._is_partial else REPEAT_WITHIN_S - self.age()

    def ready(self, recipient: RecipientRow) -> PreparedMessage | None:
        """Return the message as it was written ahead."""
        return (
            self._shared
            if self._shared is not None
            else None
            if recipient.body is None
            else PreparedMessage(recipient.body)
        )

    def moves(self) -> list[Reassignment]:
        """Return those who go to further chunks."""
        return [
            Reassignment(ordinals=ordinals, is_try=is_try, code=code)
            for (is_try, code), ordinals in self.reassigned.items()
        ]


class RunContext:
    """What all who work on chunks share.

    Attributes:
        client: the client, with background priority.
        campaign: what the ledger says of the campaign.
        options: how it is run.
        sender: the account that the messages come from, where they do not say otherwise.
        writer: writes.
        tally: counts.
        breaker: says when to stop.
        identities: makes identities.
        stop: why the run ends early, None while it goes on.
        halted: set when `stop` is.
        active: the chunks at work.
        leases: of all chunks that are this runner's, also of those that it has not begun.
        on_closed: told of every chunk that is closed in the ledger, or that others have now.
    """

    def __init__(
        self,
        client: TimClient,
        campaign: CampaignRow,
        options: Options,
        writer: LedgerWriter,
        tally: Tally,
        wall: Callable[[], float],
    ) -> None:
        self.client = client.with_options(priority="background", retry=RETRY)
        self.campaign = campaign
        self.options = options
        self.sender = client.identifier
        self.writer = writer
        self.tally = tally
        self.wall = wall
        self.breaker = Breaker(asyncio.get_running_loop().time, options.patience_s)
        self.identities = Identities(campaign.salt, campaign.epoch_ms)
        self.stop: Stop | None = None
        self.halted = asyncio.Event()
        self.active: dict[int, ActiveChunk] = {}
        self.leases: dict[int, Lease] = {}
        self.on_closed: Callable[[int], None] | None = None
        self.changed = asyncio.Condition()

    @property
    def limiter(self) -> RateLimiter:
        """The client's limiter."""
        return self.client.limiter

    def halt(self, stop: Stop) -> None:
        """Begin nothing more. The first reason counts."""
        if self.stop is None:
            self.stop = stop
            self.halted.set()

    def judge(self, error: TimError, recipients: int = 1) -> None:
        """Let the breaker look at an error."""
        stop = self.breaker.judge(error, recipients)
        if stop is not None:
            self.halt(stop)

    async def pause(self, seconds: float) -> bool:
        """Sleep; return early, with True, when the run is to end."""
        try:
            async with asyncio.timeout(seconds):
                await self.halted.wait()
        except TimeoutError:
            pass
        return self.stop is not None

    async def is_ours(self, chunk: ActiveChunk) -> bool:
        """Tell whether a chunk is ours to send; wait while that is not sure. False too when the run is to end."""
        while not chunk.lease.is_lost and self.stop is None:
            if asyncio.get_running_loop().time() < chunk.lease.until:
                return True
            await self.pause(_LEASE_LOOK_S)
        return False

    def caller(self, chunk: ActiveChunk, deadline: float) -> TimClient:
        """Return the client for a call of a chunk: its turn is of no use any more when the chunk's lease is over."""
        client = self.client.with_options(deadline=deadline)
        return client.with_lease(lambda: chunk.lease.until) if chunk.lease.until < math.inf else client

    async def lose(self, number: int) -> None:
        """Leave a chunk alone: somebody else has it."""
        chunk = self.active.get(number)
        if chunk is not None and chunk.is_closing:
            return  # it is not ours any more because it is done
        self.active.pop(number, None)
        lease = self.leases.get(number)
        if lease is not None:
            lease.is_lost, lease.until = True, -math.inf
        await self.close(number)

    async def close(self, number: int) -> None:
        """Note that a chunk is not ours any more."""
        self.leases.pop(number, None)
        if self.on_closed is not None:
            self.on_closed(number)
        async with self.changed:
            self.changed.notify_all()

    async def settle(
        self, chunk: ActiveChunk, recipient: RecipientRow, state: RecipientState, **facts: str | int | None
    ) -> None:
        """Enter what became of a recipient; wait when the disk does not keep up.

        Of a chunk that others have, only that somebody was sent to is news.
        """
        if not chunk.lease.is_lost or state is RecipientState.SENT:
            await self.writer.put(self._outcome(chunk, recipient, state, **facts))

    def note(
        self, chunk: ActiveChunk, recipient: RecipientRow, state: RecipientState, **facts: str | int | None
    ) -> None:
        """Enter what became of one of many, all of whom go into one commit."""
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

    def reassign(
        self, chunk: ActiveChunk, recipients: Iterable[RecipientRow], *, is_try: bool, code: int | None = None
    ) -> None:
        """Let recipients go to a further chunk; with a code, to be imported first."""
        for recipient in recipients:
            del chunk.recipients[recipient.ordinal]
            chunk.reassigned.setdefault((is_try, code), []).append(recipient.ordinal)

    async def close_if_settled(self, chunk: ActiveChunk) -> None:
        """Close a chunk that has nobody left."""
        if chunk.recipients or chunk.is_closing or chunk.lease.is_lost:
            return
        chunk.is_closing = True
        await self.writer.close(chunk.number, chunk.moves(), is_done=True, is_kept=chunk.has_unknown)
        # Only now: whoever looks for work must find those who go to further chunks.
        self.active.pop(chunk.number, None)
        await self.close(chunk.number)


# Trouble inside the service passes; a bulk chunk has the time. Lost answers are repeated too: the identity stays.
RETRY: Final = RetryPolicy(max_attempts=8, base=0.2, cap=5.0, max_elapsed=60.0, transport="any")
