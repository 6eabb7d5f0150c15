"""Recordings of real traffic: making them, removing secrets from them, and reading them.

A recording is a file of JSON lines, one for each attempt: command, request, and the answer or the error. It does not
contain the URL, and so no UserSig; where a request or an answer repeats the key or a UserSig, it is hidden, also in the
spellings of URLs and JSON. On request, account names are replaced by `account-1`, `account-2` ..., consistently
throughout the file.

Each line is written at once. A process that is killed leaves at most one incomplete line at the end, which is skipped
when the file is read.
"""

from __future__ import annotations

import base64
import logging
import os
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from os import PathLike
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs

import msgspec

from .._api.checks import check_whole
from .._core.client import TimClient
from .._core.pool import Pool, RequestSlot
from .._hidden import Hidden
from ..errors import (
    ConnectError,
    ConnectionLostError,
    ReplyDecodeError,
    ReplyTimeoutError,
    TransportError,
    UsageError,
)
from ._names import Names
from ._secrets import HIDDEN, hide, spellings

logger: Final = logging.getLogger("tim_async.testing")

# An answer that is not JSON is kept unchanged, up to this size.
_MAX_RAW_BYTES: Final = 64 * 1024


class Exchange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One attempt of a recording.

    Attributes:
        at: unix seconds at which it was sent.
        took: seconds until the answer.
        command: such as `openim/sendmsg`.
        request: the body.
        answer: the answer's JSON; None without an answer.
        raw: an answer that is not JSON, in base64.
        failure: the class of the error raised instead of an answer.
        message: its text.
        facts: its attributes.
    """

    at: float
    took: float
    command: str
    request: Any
    answer: Any = None
    raw: str | None = None
    failure: str | None = None
    message: str = ""
    facts: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def reply(self) -> bytes:
        """The answer's bytes."""
        return msgspec.json.encode(self.answer) if self.raw is None else base64.b64decode(self.raw)

    def error(self) -> TransportError | None:
        """Return the error raised instead of an answer; None if there was an answer."""
        match self.failure:
            case None:
                return None
            case "ConnectError":
                return ConnectError(self.message)
            case "ReplyTimeoutError":
                return ReplyTimeoutError(self.message, timeout=self.facts.get("timeout", 0.0))
            case "ReplyDecodeError":
                return ReplyDecodeError(
                    self.message,
                    status=self.facts.get("status", 0),
                    content_type=self.facts.get("content_type", ""),
                    size=self.facts.get("size", 0),
                )
        return ConnectionLostError(self.message)


class Recorder:
    """Appends what a client sends and receives to a file.

        async with TimClient.from_env() as client:
            with Recorder("traffic.jsonl", hide_accounts=True) as recorder:
                recorder.attach(client)
                await client.c2c.send_text("bob", "hi")

    The texts of messages are kept: check a recording before you share it.

    Args:
        path: the file, to which it appends; it is created readable by its owner only, and removed again when nothing
            was recorded.
        hide_accounts: whether account names are replaced.
        max_bytes: the size at which the file is full, at least 1, by default 100 MiB; later attempts are not written,
            which is logged once.

    Raises:
        UsageError: the file cannot be written, or an argument is invalid; `field` names it.
    """

    def __init__(
        self, path: str | PathLike[str], *, hide_accounts: bool = False, max_bytes: int = 100 * 1024 * 1024
    ) -> None:
        check_whole("max_bytes", max_bytes, 1)
        self._names: Names | None = Names() if hide_accounts else None
        self._max_bytes = max_bytes
        self._secrets: dict[str, list[bytes]] = {}
        self._is_full = False
        self._attached: list[TimClient] = []
        try:
            # A file without lines is removed at the end, if it did not exist before.
            self._made = None if os.path.lexists(path) else os.path.abspath(path)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._size = _cut_broken_line(self._file)
        except OSError as error:
            problem = f"cannot write {os.fspath(path)}: {error.strerror}"
        else:
            return
        raise UsageError(problem, field="path")

    def attach(self, client: TimClient) -> None:
        """Record a client, and all its views, from now on. Several recorders may record the same client.

        Raises:
            UsageError: the recorder is closed, or already attached to this client.
        """
        if self.is_closed:
            raise UsageError("the recorder is closed")
        if any(each is self for each in _recorders(client.pool)):
            raise UsageError("the recorder is already attached to this client", field="client")
        if (key := client.secret_key) is not None:
            self._secrets[str.__str__(key)] = spellings(str.__str__(key))
        self._attached.append(client)
        client.replace_pool(_RecordingPool(client.pool, self))

    @property
    def is_closed(self) -> bool:
        """Whether the recorder has been closed."""
        return self._file < 0

    def close(self) -> None:
        """Stop recording and close the file. Closing twice is harmless."""
        file, self._file = self._file, -1
        if file >= 0:
            is_empty = os.fstat(file).st_size == 0
            os.close(file)
            if is_empty and self._made is not None:
                with suppress(OSError):
                    os.unlink(self._made)
        while self._attached:
            client = self._attached.pop()
            # A recorder that was attached later may be in front of this one; it removes both when it is closed.
            while isinstance(pool := client.pool, _RecordingPool) and pool.recorder.is_closed:
                client.replace_pool(pool.pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def hide(self, data: bytes, query: str, *, is_json: bool = False) -> bytes:
        """Remove the key and the query's UserSig; data that is not JSON is hidden as a whole if names must not show."""
        if self._names is not None and not is_json:
            return HIDDEN
        for found in self._secrets.values():
            data = hide(data, found)
        for user_sig in parse_qs(query).get("usersig", ()):
            data = hide(data, spellings(user_sig))
        return data

    def write(self, exchange: Exchange, query: str) -> None:
        """Write one line; nothing when the file is full or closed."""
        if self.is_closed or self._is_full:
            return
        if self._names is not None:
            self._names.learn([exchange.request, exchange.answer])
            exchange.request = self._names.replace(exchange.request)
            exchange.answer = self._names.replace(exchange.answer)
            exchange.message = self._names.in_text(exchange.message)
        line = self.hide(msgspec.json.encode(exchange) + b"\n", query, is_json=True)
        if self._size + len(line) > self._max_bytes:
            self._is_full = True
            logger.warning(
                "the recording is full: it has %d bytes, max_bytes is %d; later calls are not recorded",
                self._size,
                self._max_bytes,
            )
            return
        try:
            os.write(self._file, line)
        except OSError as error:
            self._is_full = True
            logger.warning("could not write the recording: %s; later calls are not recorded", error.strerror)
        self._size += len(line)


def _cut_broken_line(file: int) -> int:
    """Remove an incomplete last line, which a killed process leaves; return the file's size."""
    size = end = os.fstat(file).st_size
    while end > 0:
        begin = max(0, end - 65_536)
        newline = os.pread(file, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end < size:
        os.ftruncate(file, end)
    return end


class _RecordingSlot:
    """A wrapper around a slot of another pool that records its requests."""

    def __init__(self, slot: RequestSlot, recorder: Recorder) -> None:
        self._slot = slot
        self._recorder = recorder
        self.take_nowait = slot.take_nowait
        self.take = slot.take
        self.release = slot.release

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        return self._post(command, query, body, timeout)

    async def _post(self, command: str, query: Hidden, body: bytes, timeout: float) -> bytes:
        began, clock = time.time(), time.monotonic()
        exchange = Exchange(at=round(began, 3), took=0.0, command=command, request=_json(body))
        try:
            reply = await self._slot.post(command, query, body, timeout=timeout)
        except TransportError as error:
            exchange.failure, exchange.message = type(error).__name__, error.message
            exchange.facts = {
                name: value
                for name, value in vars(error).items()
                if name in ("timeout", "status", "content_type", "size")
            }
            raise
        else:
            exchange.answer = _json(reply)
            if exchange.answer is None:
                exchange.raw = base64.b64encode(self._recorder.hide(reply[:_MAX_RAW_BYTES], query)).decode()
            return reply
        finally:
            if exchange.answer is not None or exchange.raw is not None or exchange.failure is not None:
                exchange.took = round(time.monotonic() - clock, 4)
                self._recorder.write(exchange, query)

    def __enter__(self) -> Self:
        self._slot.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._slot.__exit__(exc_type, exc, traceback)


class _RecordingPool:
    """A wrapper around another pool that records its traffic."""

    def __init__(self, pool: Pool, recorder: Recorder) -> None:
        self.pool = pool
        self.recorder = recorder
        self.open = pool.open
        self.warm_up = pool.warm_up
        self.close = pool.close

    @property
    def is_closed(self) -> bool:
        return self.pool.is_closed

    def slot(self, rank: tuple[int, int]) -> _RecordingSlot:
        return _RecordingSlot(self.pool.slot(rank), self.recorder)


def _recorders(pool: Pool) -> Iterator[Recorder]:
    """Yield the recorders that a pool goes through."""
    while isinstance(pool, _RecordingPool):
        yield pool.recorder
        pool = pool.pool


def _json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Decode JSON; return None for anything else."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


_read_line: Final = msgspec.json.Decoder(Exchange).decode


def read_recording(path: str | PathLike[str]) -> Iterator[Exchange]:
    """Yield the attempts of a recording, oldest first. An incomplete line at the end of the file is skipped.

    Raises:
        UsageError: the file cannot be opened, or a line cannot be read; the message names the line.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; reading goes on between yields
    except OSError as error:
        problem = f"cannot read {os.fspath(path)}: {error.strerror}"
    else:
        with file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    logger.warning("%s: skipped line %d, which is incomplete", os.fspath(path), number)
                    return
                yield _exchange(line, f"{os.fspath(path)}, line {number}")
        return
    raise UsageError(problem, field="path")


def _exchange(line: bytes, where: str) -> Exchange:
    try:
        return _read_line(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        problem = f"{where}: cannot read it as an attempt of a recording: {error}"
    raise UsageError(problem, field="path")
