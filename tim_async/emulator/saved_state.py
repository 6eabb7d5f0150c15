"""The state of an emulator as JSON, and a file that keeps it over restarts.

What is in it: all that the service would remember. Accounts, profiles, logins, friends, groups with their members and
messages, conversations with the traces of older messages, lists of conversations, pushes, and what repeats are
recognized by, so that a message that is repeated across a restart is still one message. And how far the clock was
moved, since the messages have its times. What is not in it is what a test plans and looks at: faults, limits and their
windows, calls, webhooks and where they go, events; and the settings, above all the key.

The file is written next to its place, to the disk, and moved there in one step: whenever the process is killed, there
is the old file or the new one. A file that is no state, or one of another version or app, is left alone: the emulator
does not start. Nor does a second emulator on the file of one that runs (`state_lock`), or on a file that something else
has changed since it was read. A file that is changed while the emulator runs is not written any more, and the log says
so.
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
# How soon a change is written; a large state less often, so that writing takes a fiftieth of the time at most.
_PAUSE_S: Final = 1.0
_PAUSE_FACTOR: Final = 50


class SavedClock(msgspec.Struct, kw_only=True):
    """How a clock was steered.

    Attributes:
        ahead_s: seconds that it was ahead of the host's.
        stopped_at: unix seconds at which it stood still, None while it ran.
    """

    ahead_s: float = 0.0
    stopped_at: float | None = None


class SavedState(msgspec.Struct, kw_only=True):
    """A whole state, as it can be exported and imported.

    Attributes:
        format: what it is.
        version: the version of the form, which changes with the library.
        sdk_app_id: the app.
        saved_at: unix seconds of the emulator's clock.
        clock: how the clock was steered.
        state: accounts, messages, groups and all else that the service remembers.
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
    """Let an emulator have a state; raise `UsageError`, and change nothing, if it is none."""
    if saved.format != FORMAT:
        raise UsageError(f"it is no state of an emulator: its format is {saved.format[:40]!r}", field="format")
    if saved.version != VERSION:
        raise UsageError(
            f"it was saved by another version: its form is {saved.version}, not {VERSION}", field="version"
        )
    if saved.sdk_app_id != state.sdk_app_id:
        raise UsageError(
            f"it is the state of app {saved.sdk_app_id}, and this is {state.sdk_app_id}", field="sdk_app_id"
        )
    host = clock() - clock.ahead_s
    _steer(SteerableClock(lambda: host), saved.clock)  # may be refused
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
        self._mark: tuple[int, ...] | None = None  # of the file as it was last read or written here
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def read(self) -> SavedState | None:
        """Return the state in the file, None where there is none; raise `UsageError` for another file."""
        try:
            self._mark = _mark_of(self._path)
            data = self._path.read_bytes() if self._mark is not None else None
        except OSError as error:
            problem = f"{self._path}: cannot be read: {os.strerror(error.errno) if error.errno else error}"
        else:
            try:
                return None if data is None else msgspec.json.decode(data, type=SavedState)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                problem = f"{self._path}: it is no state of an emulator, and is left as it is: {error}"
        raise UsageError(problem, field="state_file")

    def open(self) -> None:
        """Begin to write the file after changes, in the running loop."""
        self._closing.clear()
        self._changed.set()
        self._task = asyncio.create_task(self._keep(), name="tim_async: state")

    def reserve(self) -> None:
        """Let no other emulator use the file, until `close` or `release`; remove what a killed process left beside it.

        Raises:
            UsageError: the file cannot be written, another emulator is using it, or something has changed it since it
                was read.
        """
        problem = None
        try:
            self._lock.acquire()
        except OSError:
            problem = "its folder does not exist, or cannot be written to"
        if problem is None and _mark_of(self._path) != self._mark:
            problem = "something else has changed it since it was read"
        if problem is not None:
            self.release()
            raise UsageError(f"{self._path}: {problem}", field="state_file")
        for left in self._path.parent.glob(f".{glob.escape(self._path.name)}.*.new"):
            left.unlink(missing_ok=True)

    def note_change(self) -> None:
        """Let the file be written soon."""
        self._changed.set()

    def release(self) -> None:
        """Let other emulators use the file."""
        self._lock.release()

    async def close(self) -> None:
        """Write the file a last time, and let other emulators use it."""
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
                "the state is not written to %s any more: something else has changed it, perhaps another emulator",
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
    """Return what changes with a file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
