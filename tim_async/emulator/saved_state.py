"""The state of an emulator as JSON, and a file that keeps it over restarts.

What is in it: everything that the service would keep. Accounts, profiles, logins, friends, groups with their members
and messages, conversations with the traces of older messages, lists of conversations, pushes, and the data by which
repeats are recognized, so that a message that is repeated across a restart is still one message. It also has the offset
of the clock, because the messages have its times. What is not in it: what a test plans and inspects, such as faults,
limits and their windows, calls, webhooks and their destination, events; and the settings, above all the key.

The file is written beside its place, synced to disk, and renamed in one step: if the process is killed at any time, the
old file or the new one is there. A file that is not a state, or belongs to another version or app, is left alone: the
emulator does not start. Nor does a second emulator on the file of a running one (`state_lock`), or on a file that
another program has changed since it was read. If the file is changed while the emulator runs, it is not written any
more, and the log says so.
"""

from __future__ import annotations

import asyncio
import glob
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from .._clocks import real_monotonic
from ..errors import UsageError
from .server.steerable_clock import SteerableClock
from .state.core import State
from .state.saved import load, save
from .state.snapshot import VERSION
from .state_lock import StateLock

FORMAT: Final = "tim-async emulator state"
_logger = logging.getLogger("tim_async.emulator")
# How soon a change is written; a large state less often, so that writing takes at most a fiftieth of the time.
_PAUSE_S: Final = 1.0
_PAUSE_FACTOR: Final = 50


class SavedClock(msgspec.Struct, kw_only=True):
    """The settings of a clock.

    Attributes:
        ahead_s: seconds that it was ahead of the host's.
        stopped_at: unix seconds at which it was stopped, None while it ran.
    """

    ahead_s: float = 0.0
    stopped_at: float | None = None


class SavedState(msgspec.Struct, kw_only=True):
    """A whole state, as it can be exported and imported.

    Attributes:
        format: identifies the format.
        version: the version of the format, which changes with the library.
        sdk_app_id: the app.
        saved_at: unix seconds of the emulator's clock.
        clock: how the clock was steered.
        state: accounts, messages, groups and everything else that the service keeps.
    """

    format: str
    version: int
    sdk_app_id: int
    saved_at: float = 0.0
    clock: SavedClock = msgspec.field(default_factory=SavedClock)
    state: dict[str, Any]


def take(state: State, clock: SteerableClock) -> SavedState:
    """Return the state of an emulator."""
    return SavedState(
        format=FORMAT,
        version=VERSION,
        sdk_app_id=state.sdk_app_id,
        saved_at=clock(),
        clock=SavedClock(ahead_s=clock.ahead_s, stopped_at=clock() if clock.is_stopped else None),
        state=save(state),
    )


def put_back(saved: SavedState, state: State, clock: SteerableClock) -> None:
    """Load a state into an emulator; raise `UsageError`, and change nothing, if it is invalid."""
    if saved.format != FORMAT:
        raise UsageError(f"not a state of an emulator: its format is {saved.format[:40]!r}", field="format")
    if saved.version != VERSION:
        raise UsageError(
            f"it was saved by another version: its format version is {saved.version}, not {VERSION}", field="version"
        )
    if saved.sdk_app_id != state.sdk_app_id:
        raise UsageError(f"it is the state of app {saved.sdk_app_id}, not {state.sdk_app_id}", field="sdk_app_id")
    host = clock() - clock.ahead_s
    _steer(SteerableClock(lambda: host), saved.clock)  # may raise
    try:
        load(state, saved.state)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it cannot be read: {error}", field="state") from None
    _steer(clock, saved.clock)


def _steer(clock: SteerableClock, saved: SavedClock) -> None:
    clock.follow()
    if saved.stopped_at is not None:
        clock.set(saved.stopped_at, stopped=True)
    elif saved.ahead_s:
        clock.forward(saved.ahead_s)


class StateFile:
    """Keeps a state in a file.

    Args:
        path: the file.
        take: returns the state.
    """

    def __init__(self, path: Path, take: Callable[[], SavedState]) -> None:
        self._path = path.resolve()
        self._take = take
        self._lock = StateLock(self._path)
        self._mark: tuple[int, ...] | None = None  # of the file when it was last read or written here
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def read(self) -> SavedState | None:
        """Return the state in the file, None without a file; raise `UsageError` for another kind of file."""
        try:
            self._mark = _mark_of(self._path)
            data = self._path.read_bytes() if self._mark is not None else None
        except OSError as error:
            problem = f"{self._path}: cannot be read: {os.strerror(error.errno) if error.errno else error}"
        else:
            try:
                return None if data is None else msgspec.json.decode(data, type=SavedState)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                problem = f"{self._path}: not a state of an emulator, so it is left unchanged: {error}"
        raise UsageError(problem, field="state_file")

    def open(self) -> None:
        """Start writing the file after changes, in the running loop."""
        self._closing.clear()
        self._changed.set()
        self._task = asyncio.create_task(self._keep(), name="tim_async: state")

    def reserve(self) -> None:
        """Lock the file until `close` or `release`; remove what a killed process left beside it.

        Raises:
            UsageError: the file cannot be written, another emulator is using it, or another program has changed it
                since it was read.
        """
        problem = None
        try:
            self._lock.acquire()
        except OSError:
            problem = "its folder does not exist or is not writable"
        if problem is None and _mark_of(self._path) != self._mark:
            problem = "another program has changed it since it was read"
        if problem is not None:
            self.release()
            raise UsageError(f"{self._path}: {problem}", field="state_file")
        for left in self._path.parent.glob(f".{glob.escape(self._path.name)}.*.new"):
            left.unlink(missing_ok=True)

    def note_change(self) -> None:
        """Schedule a write of the file."""
        self._changed.set()

    def release(self) -> None:
        """Release the lock of the file."""
        self._lock.release()

    async def close(self) -> None:
        """Write the file a last time, and release its lock."""
        task, self._task = self._task, None
        try:
            if task is not None:
                self._closing.set()
                self._changed.set()
                await task
        finally:
            self.release()

    async def _keep(self) -> None:
        pause = _PAUSE_S
        while not self._closing.is_set():
            await self._changed.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
            self._changed.clear()
            began = real_monotonic()
            if not await self._write():
                return
            pause = max(_PAUSE_S, _PAUSE_FACTOR * (real_monotonic() - began))

    async def _write(self) -> bool:
        """Write the file; return whether it may be written again."""
        data = msgspec.json.encode(self._take())
        try:
            is_ours = await asyncio.to_thread(self._replace, data)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            _logger.error("the state was not written to %s: %s", self._path, reason)  # noqa: TRY400 - no traceback
            return True
        if not is_ours:
            _logger.error(
                "the state is no longer written to %s: another program, perhaps another emulator, has changed the file",
                self._path,
            )
        return is_ours

    def _replace(self, data: bytes) -> bool:
        if _mark_of(self._path) != self._mark:
            return False
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}.new")
        try:
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        finally:
            fresh.unlink(missing_ok=True)
        self._mark = _mark_of(self._path)
        return True


def _mark_of(path: Path) -> tuple[int, ...] | None:
    """Return a mark that changes with a file; None without a file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
