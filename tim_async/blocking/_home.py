"""Where blocking clients live: one portal per process, from the first call of the first client on.

The first call starts the portal. It ends when the last client that used it is closed or garbage-collected, and at the
latest when the interpreter exits, which is neither delayed by it nor prints warnings about open resources.

A client belongs to the process that made the first call with it. A client created before a fork and used after it
(gunicorn with `--preload`, a module that Celery's parent imports) has its own loop, connections and limits in each
child; a client used before the fork stays with the parent and refuses every call in a child. Starting over silently
would be worse than an error: each process would use the whole limit.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from .._core.local_limiter import LocalRateLimiter
from ..errors import UsageError
from ._portal import CLOSED, EXITING, Portal, check_thread

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("tim_async")

_OWN_LIMIT: Final = (
    "the client was created before this process was forked, and has its own limit here: if other processes do the "
    "same, together they send more than the service allows; limiter=HostRateLimiter() shares one limit between the "
    "processes of a machine, and tim_async.cluster between machines"
)
# How long the exit of the interpreter waits for calls that do not end when cancelled.
_EXIT_S: Final = 5.0
# How far an iterator reads ahead: this many items, or the items of this many seconds.
_BATCH: Final = 256
_BATCH_S: Final = 0.005


class _Process:
    """The portal of this process, and the number of its users."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start without a portal; another thread may have held the lock when this process was forked."""
        self.lock = threading.RLock()
        self._portal: Portal | None = None
        self._users = 0
        self.is_exiting = False

    def enter(self) -> Portal:
        """Return the portal, starting it if needed; release it with `leave`.

        Raises:
            UsageError: this thread runs an event loop, or the interpreter is exiting.
        """
        check_thread()
        with self.lock:
            if self.is_exiting:
                raise UsageError(EXITING)
            if self._portal is None:
                self._portal = _start()
            self._users += 1
            return self._portal

    def leave(self, portal: Portal) -> None:
        """Release a portal; the last user ends it."""
        with self.lock:
            if portal is not self._portal:
                return  # of the parent process, or ended at exit
            self._users -= 1
            if self._users:
                return
            self._portal = None
        portal.stop(CLOSED)

    def end_at_exit(self) -> None:
        """End the portal because the interpreter exits, and accept no further calls."""
        with self.lock:
            self.is_exiting = True
            portal, self._portal = self._portal, None
        if portal is not None:
            portal.stop(EXITING)
            portal.join(_EXIT_S)


def _start() -> Portal:
    main = threading.main_thread()
    # From 3.12 on, no thread can be started while the interpreter exits. Before, one could, and nothing would end it.
    if main.is_alive() or threading.current_thread() is not main:
        portal = Portal()
        try:
            portal.start()
        except RuntimeError:
            if main.is_alive():
                raise  # too many threads
        else:
            return portal
    raise UsageError(EXITING)


_process: Final = _Process()
atexit.register(_process.end_at_exit)
if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no forking on Windows
    os.register_at_fork(after_in_child=_process.reset)


@contextmanager
def portal() -> Iterator[Portal]:
    """Provide the portal for a block of code that has no client."""
    entered = _process.enter()
    try:
        yield entered
    finally:
        _process.leave(entered)
        if entered.refusal is not None:
            entered.join()


def alone(function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Await a coroutine in the loop, without a client."""
    with portal() as entered:
        return entered.serve(function, *args, **kwargs)


class Walk(Iterator[T]):
    """A plain iterator over an asynchronous one, without a client; the thread exists while it is read.

    It reads a little ahead: it yields rows of a ledger or messages of a file, by the million, and a round trip to the
    loop for each would cost more than the item.

    Args:
        source: the asynchronous iterator.
    """

    def __init__(self, source: AsyncIterator[T]) -> None:
        self._source: AsyncIterator[T] | None = source
        self._portal: Portal | None = None
        self._leaving: weakref.finalize[..., Walk[T]] | None = None
        self._ahead: deque[T] = deque()
        self._error: Exception | None = None

    def __next__(self) -> T:
        if not self._ahead:
            self._read()
        return self._ahead.popleft()

    def _read(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            self.close()
            raise error
        if self._source is None:
            raise StopIteration
        if self._portal is None:
            self._portal = _process.enter()
            self._leaving = weakref.finalize(self, self._portal.post, _drop, self._portal, partial(close, self._source))
            self._leaving.atexit = False
        try:
            self._ahead, self._error = self._portal.run(_next_batch, self._source)
        except BaseException:
            self.close()
            raise
        if self._error is None and not self._ahead:
            self.close()
            raise StopIteration

    def close(self) -> None:
        """Close it: the source is closed, and the thread ends unless others use it."""
        source, self._source = self._source, None
        self._ahead.clear()
        if source is None or self._portal is None or self._leaving is None or self._leaving.detach() is None:
            return
        try:
            if self._portal.refusal is None:
                self._portal.run(close, source)
        finally:
            _process.leave(self._portal)
            if self._portal.refusal is CLOSED:
                self._portal.join()


async def _next_batch(source: AsyncIterator[T]) -> tuple[deque[T], Exception | None]:
    """Return the next items, and the error raised after them; nothing at the end."""
    batch: deque[T] = deque()
    clock = asyncio.get_running_loop().time
    until = clock() + _BATCH_S
    try:
        async for item in source:
            batch.append(item)
            if len(batch) >= _BATCH or clock() >= until:
                break
    except Exception as error:
        if not batch:
            raise
        return batch, error
    return batch, None


END: Final = object()


async def next_of(source: AsyncIterator[object]) -> object:
    """Return the next item, `END` after the last."""
    return await anext(source, END)


async def close(source: AsyncIterator[object]) -> None:
    """Close an iterator that is no longer read, in the loop where it was started."""
    end: Callable[[], Coroutine[Any, Any, None]] | None = getattr(source, "aclose", None)
    if end is not None:
        await end()


class Lodger(Protocol):
    """Something that works in the loop until it is closed: an asynchronous client, or a receiver of webhooks."""

    async def close(self) -> None:
        """Close it."""


class Home:
    """The state that a blocking client shares with its views.

    Args:
        client: the asynchronous client that makes the calls, or another object that works in the loop.
    """

    def __init__(self, client: Lodger) -> None:
        self._client = client
        self._made_in = os.getpid()
        self._portal: Portal | None = None
        self._leaving: weakref.finalize[..., Home] | None = None

    def run(self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a coroutine in the loop; return its result or raise its error."""
        return (self._portal or self._enter()).run(function, *args, **kwargs)

    def serve(self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the same for a coroutine that runs functions in the calling thread."""
        return (self._portal or self._enter()).serve(function, *args, **kwargs)

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Call a function in the loop without waiting for it; for finalizers."""
        if self._portal is not None:
            self._portal.post(function, *args)

    def _enter(self) -> Portal:
        with _process.lock:
            if self._portal is None:
                portal = _process.enter()
                self._leaving = weakref.finalize(self, portal.post, _drop, portal, self._client.close)
                self._leaving.atexit = False  # the portal ends at exit anyway
                self._portal = portal
                if os.getpid() != self._made_in and isinstance(
                    getattr(self._client, "limiter", None), LocalRateLimiter
                ):
                    logger.warning("%s", _OWN_LIMIT)
            return self._portal

    def close(self) -> None:
        """Close the client and release the portal; the last client waits until the portal's thread has ended."""
        if self._portal is None and _process.is_exiting:
            return
        portal = self._portal or self._enter()
        if portal.refusal is None:
            portal.run(self._client.close)
            if self._leaving is not None and self._leaving.detach() is not None:
                _process.leave(portal)
        if portal.refusal is CLOSED:
            portal.join()


def _drop(portal: Portal, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Close a client that was garbage-collected without being closed, and release its portal; called in the loop."""
    closing = portal.loop.create_task(close(), name="tim_async.blocking: close")
    _closing.add(closing)

    def leave(task: object) -> None:
        _closing.discard(closing)
        _process.leave(portal)

    closing.add_done_callback(leave)


_closing: Final[set[object]] = set()
