"""A pool without sockets: the real client on top, and answers given by the test.

    pool = FakePool()
    pool.answer(C2C.send, 20004, SendMsgResult(msg_key="k"))  # refused once, then accepted
    async with pool.client() as client:
        await client.c2c.send_text("bob", "hi")
    assert pool.sent[-1].fields["To_Account"] == "bob"

Everything but the network is real: checks, encoding, limits, retries, decoding, errors.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from heapq import heappop, heappush
from itertools import count
from os import PathLike
from types import TracebackType
from typing import Any, Final, Self, Union, Unpack
from urllib.parse import parse_qs

import msgspec

from .._api.endpoint import Endpoint
from .._api.wire import Request, Result, decode, encode
from .._core.client import TimClient
from .._core.config import SettingsOptions
from .._hidden import Hidden
from ..errors import ReplyTimeoutError, UsageError
from ..families._registry import find_endpoint
from ._tape import Tape
from .recording import Exchange, read_recording

Answer = Union[
    bytes,
    int,
    Mapping[str, object],
    Result,
    BaseException,
    "Callable[[Sent], Awaitable[Answer]]",
    "Callable[[Sent], Answer]",
]
"""The answer to a request: bytes as they are, an ErrorCode, the fields of an answer (a mapping with wire names, or a
result struct), an exception to raise, or a plain or asynchronous function that gets the request and returns one of
these."""

# Signing needs a key, but not a real one.
_FAKE_KEY: Final = "fake-key-0000000000000000000000000000000000000000000000000000000"
_FAKE_SDK_APP_ID: Final = 1_400_000_000


class Sent:
    """A request as it would have been sent.

    Attributes:
        command: such as `openim/sendmsg`.
        query: the URL's parameters, including the UserSig.
        body: the bytes.
        timeout: seconds to wait for the answer.
        at: loop time at which it was sent.
    """

    def __init__(self, command: str, query: str, body: bytes, timeout: float) -> None:
        self.command = command
        self.query: dict[str, str] = {name: values[0] for name, values in parse_qs(query).items()}
        self.body = body
        self.timeout = timeout
        self.at: float = asyncio.get_running_loop().time()

    @property
    def fields(self) -> dict[str, Any]:
        """The body as JSON values, with wire names."""
        return msgspec.json.decode(self.body, type=dict[str, Any])

    @property
    def request(self) -> Request:
        """The body as the request struct of its command.

        Raises:
            UsageError: this library does not know the command; use `fields`.
        """
        endpoint = find_endpoint(self.command)
        if endpoint is None:
            raise UsageError(f"{self.command} has no request struct; use `fields` instead", field="command")
        return decode(self.body, endpoint.request)

    def __repr__(self) -> str:
        return f"<Sent {self.command} {self.body.decode(errors='replace')}>"


class FakeSlot:
    """A slot in a `FakePool`."""

    def __init__(self, pool: FakePool, rank: tuple[int, int]) -> None:
        self._pool = pool
        self._rank = rank
        self.is_taken: bool = False

    def take_nowait(self) -> bool:
        """Take the slot if the pool has a free one; return whether it did."""
        self._pool.open()
        if self._pool.busy >= self._pool.size:
            return False
        self._pool.busy += 1
        self.is_taken = True
        return True

    async def take(self) -> None:
        """Wait for a slot and take it."""
        while not self.take_nowait():
            await self._pool.wait_for_slot(self._rank)

    def release(self) -> None:
        """Release the slot."""
        if self.is_taken:
            self.is_taken = False
            self._pool.busy -= 1
            self._pool.wake()

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        """Record a request and answer it."""
        return self._pool.post(self, command, query, body, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class FakePool:
    """Replaces the network: `TimClient(..., pool=FakePool())`, or `FakePool().client()`.

    Args:
        script: the answers to commands without answers of their own, one after the other; the last one is repeated.
            Without any, a message is answered with a MsgKey and MsgTime, everything else with a bare OK.
        size: maximum number of requests in flight, at least 1; further calls wait.

    Attributes:
        sent: the requests, each attempt of a call, oldest first.
        busy: the number of requests in flight.
    """

    def __init__(self, *script: Answer, size: int = 100) -> None:
        self.sent: list[Sent] = []
        self.size = size
        self.busy = 0
        self.is_closed: bool = False
        self._script = list(script)
        self._scripts: dict[str, list[Answer]] = {}
        self._waiters: list[tuple[tuple[int, int], int, asyncio.Future[None]]] = []
        self._tie = count().__next__

    @classmethod
    def replay(cls, path: str | PathLike[str]) -> Self:
        """Make a pool that answers from a recording.

        A request gets the answer recorded for an equal request, ignoring MsgSeq and MsgRandom. A request that was not
        recorded, or not with the same names (`hide_accounts`), gets the first remaining answer to its command; if none
        remains, a `UsageError`.

        Raises:
            UsageError: the file cannot be read as a recording; the message names the line.
        """
        pool = cls(UsageError("the recording has no answer for this command"))
        exchanges: defaultdict[str, list[Exchange]] = defaultdict(list)
        for exchange in read_recording(path):
            exchanges[exchange.command].append(exchange)
        for command, recorded in exchanges.items():
            pool.answer(command, _player(Tape(command, recorded)))
        return pool

    def answer(self, command: str | Endpoint[..., Any], *answers: Answer) -> Self:
        """Set the answers to one command, given one after the other; the last one is repeated.

        Args:
            command: such as `openim/sendmsg`, or `C2C.send`.
            answers: at least one; they replace those set before.

        Raises:
            UsageError: no answer is given.
        """
        if not answers:
            raise UsageError("answer() needs at least one answer", field="answers")
        self._scripts[command.command if isinstance(command, Endpoint) else command] = list(answers)
        return self

    def client(self, **options: Unpack[SettingsOptions]) -> TimClient:
        """Make a client on top of this pool, with a fake app id and secret key.

        Args:
            **options: settings of `TimClient`, such as `retry` or `rate_limits`.

        Raises:
            UsageError: an option is unknown or invalid.
        """
        return TimClient(_FAKE_SDK_APP_ID, _FAKE_KEY, pool=self, **options)

    def calls(self, command: str | Endpoint[..., Any]) -> list[Sent]:
        """Return the requests of one command, oldest first.

        Args:
            command: such as `openim/sendmsg`, or `C2C.send`.
        """
        wanted = command.command if isinstance(command, Endpoint) else command
        return [sent for sent in self.sent if sent.command == wanted]

    # What the client needs

    def open(self) -> asyncio.AbstractEventLoop:
        """Return the running loop; raise `UsageError` if closed."""
        if self.is_closed:
            raise UsageError("the client is closed")
        return asyncio.get_running_loop()

    def slot(self, rank: tuple[int, int]) -> FakeSlot:
        """Return a slot to take."""
        return FakeSlot(self, rank)

    async def wait_for_slot(self, rank: tuple[int, int]) -> None:
        """Wait until a slot is given back, smaller ranks first."""
        waiter: asyncio.Future[None] = self.open().create_future()
        heappush(self._waiters, (rank, self._tie(), waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            self.wake()  # this waiter may have been woken already: pass it on
            raise

    def wake(self) -> None:
        """Wake the first waiter for a slot."""
        while self._waiters and (self.is_closed or self.busy < self.size):
            waiter = heappop(self._waiters)[2]
            if not waiter.done():
                waiter.set_result(None)
                if not self.is_closed:
                    return

    async def post(self, slot: FakeSlot, command: str, query: Hidden, body: bytes, *, timeout: float) -> bytes:
        """Record a request and answer it; an answer that takes longer than `timeout` is a `ReplyTimeoutError`."""
        if not slot.is_taken:
            raise UsageError("the slot is not taken")
        sent = Sent(command, query, body, timeout)
        self.sent.append(sent)
        script = self._scripts.get(command, self._script)
        answer = (script.pop(0) if len(script) > 1 else script[0]) if script else _plain
        scope = asyncio.timeout(timeout)
        try:
            async with scope:
                return await _resolve(answer, sent)
        except TimeoutError:
            if not scope.expired():
                raise
        raise ReplyTimeoutError(f"the script gave no answer within {timeout:.3g} s", timeout=timeout)

    async def warm_up(self, connections: int) -> int:
        """Do nothing: there are no connections to open."""
        return connections

    async def close(self) -> None:
        """Close the pool; calls that wait for a slot get a `UsageError`."""
        self.is_closed = True
        self.wake()


async def _resolve(answer: Answer, sent: Sent) -> bytes:
    """Return the bytes of an answer, or raise it if it is an exception."""
    while callable(answer) and not isinstance(answer, BaseException | Result):
        made = answer(sent)
        answer = await made if inspect.isawaitable(made) else made
    match answer:
        case BaseException():
            raise _copy(answer)
        case bytes():
            return answer
        case int():
            return envelope({}, code=answer)
        case Result():
            return envelope(msgspec.json.decode(encode(answer), type=dict[str, Any]))
        case Mapping():
            return envelope(answer)
    raise UsageError(
        f"a FakePool cannot answer with a {type(answer).__name__}; see tim_async.testing.Answer", field="answers"
    )


def _copy(error: BaseException) -> BaseException:
    """Return a copy of an error, because raising an error adds a traceback and attributes to it."""
    copy = type(error).__new__(type(error), *error.args)
    copy.args = error.args
    copy.__dict__.update(error.__dict__)
    copy.__cause__, copy.__suppress_context__ = error.__cause__, error.__suppress_context__
    return copy


def _player(tape: Tape) -> Callable[[Sent], Answer]:
    return lambda sent: tape.take(sent.fields)


def envelope(fields: Mapping[str, object], *, code: int = 0, info: str = "") -> bytes:
    """Return the bytes of an answer: the envelope, and the fields of a result, which override those of the envelope.

    Args:
        fields: the result's fields by their wire names.
        code: the ErrorCode; ActionStatus is `OK` for 0, otherwise `FAIL`.
        info: the ErrorInfo.
    """
    status = "FAIL" if code else "OK"
    return msgspec.json.encode({"ActionStatus": status, "ErrorInfo": info, "ErrorCode": code, **fields})


def _plain(sent: Sent) -> Answer:
    """Answer as the service would, as far as that is possible without any state."""
    endpoint = find_endpoint(sent.command)
    if endpoint is None or not {"msg_key", "msg_time"} <= set(endpoint.result.__struct_fields__):
        return {}
    now = int(time.time())
    return {"MsgTime": now, "MsgKey": f"{sent.fields.get('MsgSeq')}_{sent.fields.get('MsgRandom')}_{now}"}
