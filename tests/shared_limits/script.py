"""What answers requests alone, on a clock that the test sets: the script of Redis, and the file of a machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import msgspec

from tim_async._host_limiter.reserve import reserve
from tim_async._host_limiter.state_file import StateFile
from tim_async._shared_limits.link import ReserveRequest

if TYPE_CHECKING:
    from redis import Redis

CLOCK = "redis.call('TIME')"
START = 1_764_000_000_000_000
WINDOW = 1_060_000.0  # a second, the tolerance and the margins
SECOND = 1_000_000
STEM = f"{{tim-test-{uuid4().hex}:1}}"
_NAME = "1.limits"


class Store(Protocol):
    """What keeps the state of one app."""

    def answer(self, keys: list[str], request: dict[str, Any], at: float) -> dict[str, Any]:
        """Answer a request at a time."""
        ...

    def lose(self) -> None:
        """Lose all that is kept."""
        ...

    def kept_for_ms(self, key: str) -> float:
        """Return for how long something is kept after the last request."""
        ...

    def calls(self, key: str) -> int:
        """Return the calls that a bucket counts."""
        ...


class ScriptStore:
    """The script, in a Redis."""

    def __init__(self, redis: Redis) -> None:
        from tim_async.cluster._redis_limiter.redis_link import _SCRIPT

        self.redis = redis
        self._script = _SCRIPT.replace(CLOCK, "{tonumber(ARGV[2]), tonumber(ARGV[3])}")
        self.lose()

    def answer(self, keys: list[str], request: dict[str, Any], at: float) -> dict[str, Any]:
        seconds, micros = divmod(int(at), SECOND)
        answer: dict[str, Any] = json.loads(
            self.redis.eval(self._script, len(keys), *keys, json.dumps(request), seconds, micros)
        )
        return answer

    def lose(self) -> None:
        keys = list(self.redis.scan_iter(match=f"{STEM}*"))
        if keys:
            self.redis.delete(*keys)

    def kept_for_ms(self, key: str) -> float:
        return int(self.redis.pttl(key))

    def calls(self, key: str) -> int:
        return int(self.redis.hget(key, "n") or 0)


class FileStore:
    """A file in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at = 0.0

    def _open(self) -> StateFile:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            return StateFile(folder, _NAME, lambda: self._at)
        finally:
            os.close(folder)

    def answer(self, keys: list[str], request: dict[str, Any], at: float) -> dict[str, Any]:
        self._at = at
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            with StateFile(folder, _NAME, lambda: self._at) as file:
                asked = msgspec.convert(request, ReserveRequest)
                reply = reserve(file, keys, asked, int(at), lambda: uuid4().hex)
        finally:
            os.close(folder)
        answer: dict[str, Any] = msgspec.to_builtins(reply)
        return answer

    def lose(self) -> None:
        (self._folder / _NAME).unlink(missing_ok=True)

    def kept_for_ms(self, key: str) -> float:
        if key.endswith(":app"):
            return float("inf")
        with self._open() as file:
            bucket = file.bucket(key)
        assert bucket is not None
        return (bucket.kept_until - self._at) / 1000

    def calls(self, key: str) -> int:
        with self._open() as file:
            bucket = file.bucket(key)
        return 0 if bucket is None else bucket.share.calls


class Caller:
    """A process, as the store sees it."""

    def __init__(
        self,
        store: Store,
        name: str = "a",
        units: tuple[float, ...] = (5000.0,),
        limits: tuple[int, ...] | None = None,
        *,
        window: float = WINDOW,
        is_counted: bool = False,
    ) -> None:
        self.store = store
        self.name = name
        self.units = units
        self.limits = limits or tuple(int(SECOND // unit) for unit in units)
        self.window = window
        self.is_counted = is_counted
        self.epoch = ""
        self.number = 0
        self.tails = [0.0] * len(units)

    def reserve(self, at: float, *batches: Any, repeat: bool = False, **fields: Any) -> dict[str, Any]:
        self.number += not repeat
        part = 1 if self.is_counted else 0.75 if self.window > 3 * SECOND else 1
        request = {
            "epoch": self.epoch, "number": self.number, "ahead": 250_000, "quiet": 0, "units": self.units,
            "limits": self.limits, "burst_limits": [part * limit for limit in self.limits],
            "counted": [self.is_counted] * len(self.units),
            "windows": [self.window] * len(self.units), "tails": self.tails, "batches": [],
            "back": [], "refused": [], **fields,
        }  # fmt: skip
        # Each is how many, the costs, and how many of them may be bursts.
        request["batches"] = [[*batch, 0][:3] for batch in batches]
        keys = [f"{STEM}:app", *(f"{STEM}:{index}" for index in range(len(self.units)))]
        if request["back"] or request["refused"]:
            keys.append(f"{STEM}:back:{self.name}")
        answer = self.store.answer(keys, request, at)
        self.epoch = answer["epoch"]
        self.tails = [bucket[0] for bucket in answer["buckets"]]
        return answer


def settled(store: Store, *args: Any, **options: Any) -> Caller:
    """Return a caller whose state is no longer new."""
    caller = Caller(store, *args, **options)
    caller.reserve(START - 120 * SECOND)
    return caller


PLAIN = [[1, 1]]


def returned(at: float) -> list[Any]:
    """Return a plain reservation in the form in which it is released."""
    return [at, [[1, 1, 5000]]]
