"""One message to any number of accounts, and the outcome for each of them.

Words. A *chunk* is the accounts of one openim/batchsendmsg call. A *delivery* is the outcome for one account: sent,
failed, or unknown if the service may have accepted the message.

What we do. Accounts are consumed lazily, and each is sent to once. Every chunk carries the same MsgSeq and MsgRandom,
because it is the same message; so a chunk that the client retries, as its retry policy allows, is not delivered twice:
the service recognises a repeat for 120 seconds, and the client starts none after 105. A chunk without a clear answer is
not sent again here. Its accounts are unknown, and sending to them once more with the same marks (`msg_seq` and
`msg_random` of the result) is safe within the 120 seconds.

The first chunk is sent alone: a message that cannot be sent at all, for example because it is too large, is refused
before anything is spent.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
)
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from .._api.checks import check_account, check_whole
from ..errors import ApiError, PartialFailureError, TimError, UsageError, may_have_been_delivered
from ..models.c2c import MAX_BATCH, BatchSendMsg, BatchSendMsgResult
from ._chunks import Items, check_source, each_of

# Maximum deliveries in flight: 200 a second when an answer takes two seconds.
_IN_FLIGHT: Final = 400
_MAX_WORKERS: Final = 64
_MIN_WORKERS: Final = 4

# Codes saying that none of the accounts exists; then an earlier attempt was not delivered either.
_NOBODY: Final = frozenset({70107, 90012, 90048})


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of the message for one account.

    Attributes:
        account: the account.
        state: `sent`; `failed`: the account did not get the message; `unknown`: it may have got it.
        msg_key: the message's key, "" unless it was sent.
        code: why it failed or is unknown, if the service answered with a code.
        error: the error that its call ended with; None if the code concerned only this account.
    """

    account: str
    state: Literal["sent", "failed", "unknown"]
    msg_key: str = ""
    code: int | None = None
    error: TimError | None = None


@dataclass(eq=False, repr=False, init=False)
class Deliveries:
    """The outcomes of a message to many accounts: one `Delivery` per account, in the given order.

    Attributes:
        msg_seq: MsgSeq of the message.
        msg_random: MsgRandom of the message.
        deliveries: the outcomes.
    """

    msg_seq: int
    msg_random: int
    deliveries: list[Delivery]

    def __init__(self, msg_seq: int, msg_random: int, deliveries: list[Delivery]) -> None:
        self.msg_seq = msg_seq
        self.msg_random = msg_random
        self.deliveries = deliveries
        self._by_account = {each.account: each for each in deliveries}

    def __len__(self) -> int:
        return len(self.deliveries)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.deliveries)

    def __getitem__(self, account: str) -> Delivery:
        """Return the outcome for an account; raise `KeyError` if it was not sent to."""
        return self._by_account[account]

    def __repr__(self) -> str:
        return f"<Deliveries: {len(self.sent)} sent, {len(self.failed)} failed, {len(self.unknown)} unknown>"

    @property
    def sent(self) -> list[Delivery]:
        """The deliveries that were sent."""
        return [each for each in self if each.state == "sent"]

    @property
    def failed(self) -> list[Delivery]:
        """The deliveries that failed."""
        return [each for each in self if each.state == "failed"]

    @property
    def unknown(self) -> list[Delivery]:
        """The deliveries whose outcome is unknown."""
        return [each for each in self if each.state == "unknown"]

    def raise_for_failed(self) -> None:
        """Raise `PartialFailureError` if any delivery failed or is unknown."""
        rest = [each for each in self if each.state != "sent"]
        if rest:
            raise PartialFailureError(rest)


class FanOut:
    """Sends one message to many accounts.

    Args:
        call: sends a batch.
        message: the message; its recipients are replaced, its marks must be filled in.
        chunk_size: accounts per call, 1 to 500.
        on_delivery: called with each outcome as soon as it is known.
    """

    def __init__(
        self,
        call: Callable[[BatchSendMsg], Awaitable[BatchSendMsgResult]],
        message: BatchSendMsg,
        chunk_size: int,
        on_delivery: Callable[[Delivery], object] | None,
    ) -> None:
        check_whole("chunk_size", chunk_size, 1, MAX_BATCH)
        if message.msg_seq is None or message.msg_random is None:
            raise UsageError("the message has no msg_seq and msg_random", field="msg_seq")
        if on_delivery is not None and (not callable(on_delivery) or inspect.iscoroutinefunction(on_delivery)):
            raise UsageError("on_delivery must be a plain function: it is called and not awaited", field="on_delivery")
        self._call = call
        self._message = message
        self._chunk_size = chunk_size
        self._on_delivery = on_delivery
        self._known: dict[str, Delivery | None] = {}  # None while an account's chunk is in flight
        self._marks = message.msg_seq, message.msg_random
        self._failure: Exception | None = None  # raised by the accounts' source, or by on_delivery

    async def run(self, accounts: Items[str]) -> Deliveries:
        """Send to all of them; see `C2C.send_to_all`."""
        check_source("to_accounts", accounts)
        async with aclosing(each_of(accounts)) as each, aclosing(self._chunks(each)) as chunks:
            first = await anext(chunks, None)
            if first is not None:
                await self._send(first, is_first=True)
                await self._send_rest(chunks)
        if self._failure is not None:
            raise self._failure
        return Deliveries(*self._marks, [each for each in self._known.values() if each is not None])

    async def _send_rest(self, chunks: AsyncIterator[list[str]]) -> None:
        reading = asyncio.Lock()

        async def work() -> None:
            while True:
                async with reading:
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                await self._send(chunk)

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(max(_IN_FLIGHT // self._chunk_size, _MIN_WORKERS), _MAX_WORKERS)):
                workers.create_task(work())

    async def _chunks(self, accounts: AsyncIterator[str]) -> AsyncGenerator[list[str], None]:
        """Yield the accounts not sent to yet; if the source raises, end with the accounts it yielded before."""
        chunk: list[str] = []
        try:
            async for account in accounts:
                if self._is_new(account):
                    chunk.append(account)
                    if len(chunk) == self._chunk_size:
                        yield chunk
                        chunk = []
                if self._failure is not None:
                    break
        except Exception as error:  # noqa: BLE001 - it is raised again when all that was read is sent
            self._failure = self._failure or error
        if chunk:
            yield chunk

    def _is_new(self, account: str) -> bool:
        """Register an account, unless it was already sent to; an invalid one fails here."""
        problem: UsageError | None = None
        try:
            check_account("to_accounts", account)
        except UsageError as error:
            if not isinstance(account, str):
                raise
            problem = error
        if account in self._known:
            return False
        self._known[account] = None
        if problem is not None:
            self._report(Delivery(account=account, state="failed", error=problem))
        return problem is None

    async def _send(self, chunk: list[str], *, is_first: bool = False) -> None:
        message = copy.copy(self._message)
        message.to_account = chunk
        try:
            result = await self._call(message)
        except asyncio.CancelledError as cancellation:
            maybe = may_have_been_delivered(cancellation)
            error = TimError("sending was cancelled")
            error.maybe_delivered = maybe
            self._report_all(chunk, error)
            raise
        except TimError as error:
            if is_first and isinstance(error, UsageError):
                raise  # the same for every chunk, and nothing was sent
            self._report_all(chunk, error)
        else:
            codes = {item.to_account: item.error_code for item in result.failed}
            for account in chunk:
                code = codes.get(account)
                if code is None:
                    self._report(Delivery(account=account, state="sent", msg_key=result.msg_key))
                else:
                    self._report(Delivery(account=account, state="failed", code=code))

    def _report_all(self, chunk: list[str], error: TimError) -> None:
        code = error.code if isinstance(error, ApiError) else None
        is_open = error.maybe_delivered and code not in _NOBODY
        state: Literal["failed", "unknown"] = "unknown" if is_open else "failed"
        for account in chunk:
            self._report(Delivery(account=account, state=state, code=code, error=error))

    def _report(self, delivery: Delivery) -> None:
        self._known[delivery.account] = delivery
        if self._on_delivery is None:
            return
        try:
            self._on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - it is raised again when all that was read is sent
            self._on_delivery = None
            self._failure = error
