"""The script alone, on a clock that the test sets."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from redis import Redis

from tim_async.cluster._redis_limiter.redis_link import _SCRIPT

CLOCK = "redis.call('TIME')"
SCRIPT = _SCRIPT.replace(CLOCK, "{tonumber(ARGV[2]), tonumber(ARGV[3])}")
START = 1_764_000_000_000_000
WINDOW = 1_060_000.0  # a second, the tolerance and the margins
SECOND = 1_000_000
STEM = f"{{tim-test-{uuid4().hex}:1}}"


class Caller:
    """A process, as the script sees it."""

    def __init__(
        self,
        redis: Redis,
        name: str = "a",
        units: tuple[float, ...] = (5000.0,),
        limits: tuple[int, ...] | None = None,
        *,
        window: float = WINDOW,
        is_counted: bool = False,
    ) -> None:
        self.redis = redis
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
        seconds, micros = divmod(int(at), SECOND)
        answer: dict[str, Any] = json.loads(
            self.redis.eval(SCRIPT, len(keys), *keys, json.dumps(request), seconds, micros)
        )
        self.epoch = answer["epoch"]
        self.tails = [bucket[0] for bucket in answer["buckets"]]
        return answer


def forget(redis: Redis) -> None:
    keys = list(redis.scan_iter(match=f"{STEM}*"))
    if keys:
        redis.delete(*keys)


def settled(redis: Redis, *args: Any, **options: Any) -> Caller:
    """Return a caller whose state is no longer new."""
    caller = Caller(redis, *args, **options)
    caller.reserve(START - 120 * SECOND)
    return caller


PLAIN = [[1, 1]]


def returned(at: float) -> list[Any]:
    """Return a plain reservation as it is given back."""
    return [at, [[1, 1, 5000]]]
