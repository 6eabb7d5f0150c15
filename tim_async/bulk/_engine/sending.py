"""Sending: a recipient by openim/sendmsg, or a chunk by openim/batchsendmsg, until it is settled or the window is over.

A call is repeated with the same identity for as long as the service recognises that. What is then still in doubt goes
to `settling`; what was certainly not sent goes to a further chunk and is written ahead anew.

A refusal says that nothing was delivered by the attempt that was refused. Where the answer to an earlier attempt was
lost, that is no proof: a word may have been forbidden, a right withdrawn in between. These go to `settling`, too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec

from ..._core.client import TimClient
from ...errors import ApiError, TimError, from_reply, may_have_been_delivered
from ...families.c2c import C2C
from ...models.c2c import BatchSendMsgResult
from .._ledger.records import Person
from .._ledger.schema import RecipientState
from .._message.messages import Ready
from ..breaker import MISSING_CODES, NOBODY_CODES, Says, Stop, says
from .context import Desk, Job, Refusal
from .sender_check import Senders

T = TypeVar("T")

# Between calls of ours, each of which has made its attempts already.
_TROUBLE_S: Final = (0.5, 2.0)
_NO_TURN_S: Final = 1.0

# Who may have the message although it was refused, and with what.
_Doubt: TypeAlias = tuple[Person, Refusal]

Settle = Callable[[Job, Sequence[Person], Refusal | None], Awaitable[None]]


class Sender:
    """Sends.

    Args:
        desk: what is shared.
        settle: takes those who are in doubt when the window is over, or when they were refused.
    """

    def __init__(self, desk: Desk, settle: Settle) -> None:
        self._desk = desk
        self._settle = settle
        self._senders = Senders(desk)

    async def send_one(self, job: Job, person: Person) -> None:
        """Send to one recipient of a chunk."""
        desk, ready = self._desk, job.ready(person)
        if ready is None:
            await self._lacks_message(job, person)
            return
        request = ready.to_one(person.account, desk.identities.of_recipient(person.ordinal, person.account))
        try:
            answer = await self._persist(job, [person], lambda client: client.call(C2C.send, request))
        except TimError as error:
            await self._blame(job, [person], ready, error)
        else:
            if answer is not None:
                result, _ = answer
                self._senders.note_success(ready.message.from_account)
                await desk.settle(job, person, RecipientState.SENT, msg_key=result.msg_key, msg_time=result.msg_time)

    async def send_chunk(self, job: Job) -> None:
        """Send to all recipients of a chunk in one call."""
        desk, people = self._desk, list(job.people.values())
        ready = job.ready(people[0])
        if ready is None:
            for person in people:
                await self._lacks_message(job, person)
            return
        accounts = [person.account for person in people]
        request = ready.to_many(accounts, desk.identities.of_chunk(job.number))
        try:
            answer = await self._persist(job, people, lambda client: client.call(C2C.send_batch, request))
        except TimError as error:
            await self._blame(job, people, ready, error)
        else:
            if answer is not None:
                self._senders.note_success(ready.message.from_account)
                await self._finish(job, self._read_batch(job, people, *answer))

    async def _persist(
        self, job: Job, people: Sequence[Person], call: Callable[[TimClient], Awaitable[T]]
    ) -> tuple[T, bool] | None:
        """Call until there is an answer; raise a refusal; None when it was left, for settling or for another time.

        With the answer goes whether an earlier call may have been accepted. Until what it says is entered, all that it
        is about are in doubt.
        """
        desk = self._desk
        ordinals = [person.ordinal for person in people]
        while await desk.is_ours(job):
            left = job.window_left()
            if left <= 0:
                await self._give_up(job, people)
                return None
            was_doubtful = job.doubtful.issuperset(ordinals)
            job.doubtful.update(ordinals)
            try:
                result = await call(desk.caller(job, left))
            except asyncio.CancelledError as error:
                if not was_doubtful and not may_have_been_delivered(error):
                    job.doubtful.difference_update(ordinals)
                raise
            except TimError as error:
                failure = error
            else:
                desk.breaker.succeed()
                return result, was_doubtful
            if not was_doubtful and not failure.maybe_delivered:
                job.doubtful.difference_update(ordinals)
            what = says(failure)
            if what in (Says.RECIPIENT, Says.MESSAGE):
                raise failure
            desk.judge(failure, len(people))
            if what is Says.NO_TURN and not was_doubtful and not failure.maybe_delivered and await desk.is_ours(job):
                # The turn comes too late for this writing ahead: it is done again, when it is nearer.
                await desk.pause(_NO_TURN_S)
                desk.send_anew(job, people, is_try=False)
                return None
            await desk.pause(_NO_TURN_S if what is Says.NO_TURN else random.uniform(*_TROUBLE_S))
        return None

    async def _give_up(self, job: Job, people: Sequence[Person]) -> None:
        if job.doubtful.issuperset(person.ordinal for person in people):
            await self._settle(job, people, None)
        else:
            self._desk.send_anew(job, people, is_try=False)

    def _read_batch(
        self, job: Job, people: Sequence[Person], result: BatchSendMsgResult, was_doubtful: bool
    ) -> list[_Doubt]:
        """Enter what an answer says of everybody in it, and return who stays in doubt."""
        codes = {failure.to_account: failure.error_code for failure in result.error_list}
        refused: dict[int, list[Person]] = {}
        for person in people:
            code = codes.get(person.account)
            if code is None:
                self._desk.note(job, person, RecipientState.SENT, msg_key=result.msg_key)
            else:
                refused.setdefault(code, []).append(person)
        doubts: list[_Doubt] = []
        for code, group in refused.items():
            may_pass = from_reply(C2C.send_batch.service, code, "").transient
            refusal = Refusal(code=code, info="", may_pass=may_pass)
            doubts += self._refuse(job, group, refusal, is_open=was_doubtful or may_pass)
        return doubts

    async def _blame(self, job: Job, people: Sequence[Person], ready: Ready, error: TimError) -> None:
        """Find out whose fault a refusal is, and enter it; a sender that nobody knows is not the recipients'."""
        desk, sender = self._desk, ready.message.from_account
        is_open = people[0].ordinal in job.doubtful
        if isinstance(error, ApiError):
            refusal = Refusal(code=error.code, info=error.info or error.meaning or "")
        else:
            refusal = Refusal(code=0, info=error.message)
        stop: Stop | None
        if sender is not None and await self._senders.is_missing(sender, error):
            info = f"the sender {sender!r} is not imported"
            refusal = msgspec.structs.replace(refusal, info=info, is_senders=True)
            if self._senders.is_common(sender):
                desk.halt(Stop("stopped", f"{info}: {error}; import it, then run it again"))
                return
            stop = desk.breaker.refuse(error, len(people))
        else:
            stop = desk.breaker.judge(error, len(people))
        if stop is not None:
            desk.halt(stop)
        await self._finish(job, self._refuse(job, people, refusal, is_open=is_open))

    def _refuse(self, job: Job, people: Sequence[Person], refusal: Refusal, *, is_open: bool) -> list[_Doubt]:
        """Enter that recipients were refused, or let them be imported; return who may have the message all the same.

        Args:
            job: their chunk.
            people: who was refused.
            refusal: what with.
            is_open: whether an earlier attempt, or this one, may have been accepted.
        """
        desk, code = self._desk, refusal.code
        doubts: list[_Doubt] = []
        for person in people:
            if is_open and code not in NOBODY_CODES:
                doubts.append((person, refusal))
            elif self._is_to_be_imported(person, refusal):
                desk.send_anew(job, [person], is_try=False, code=code)
            else:
                desk.note(job, person, RecipientState.FAILED, code=code, info=refusal.info or None)
        return doubts

    def _is_to_be_imported(self, person: Person, refusal: Refusal) -> bool:
        wanted = self._desk.options.import_missing and refusal.code in MISSING_CODES and not refusal.is_senders
        return wanted and person.code not in MISSING_CODES  # once is enough

    async def _finish(self, job: Job, doubts: Sequence[_Doubt]) -> None:
        """Record a chunk or a recipient, as one thing where nobody is in doubt; see after those who are."""
        await self._desk.close_if_settled(job)
        for person, refusal in doubts:
            await self._settle(job, [person], refusal)

    async def _lacks_message(self, job: Job, person: Person) -> None:
        info = "it may have been sent, and the ledger does not have the message"
        await self._desk.settle(job, person, RecipientState.UNKNOWN, info=info)
