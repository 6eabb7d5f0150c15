"""The log of what arrived, and when."""

from __future__ import annotations

import time
from collections import Counter, deque

import msgspec


class Arrival(msgspec.Struct, kw_only=True):
    """One request, entered when its head was read, before anything about it was checked.

    Attributes:
        time: unix seconds of the emulator's clock.
        monotonic: seconds of the clock that asyncio's `loop.time()` reads.
        command: the path below `/v4/`; the whole path where it is another one.
        identifier: the `identifier` of the URL, "" without.
        random: the `random` of the URL, None where it is no number.
        body: the bytes as they came; b"" until they are read, and where reading failed.
        code: the ErrorCode of the answer; None before it is given, and when what is given is no envelope.
    """

    time: float
    monotonic: float
    command: str
    identifier: str = ""
    random: int | None = None
    body: bytes = b""
    code: int | None = None


class ArrivalLog:
    """The newest arrivals, and counts of all."""

    def __init__(self, size: int) -> None:
        self.arrivals: deque[Arrival] = deque(maxlen=size)
        self._counts: Counter[str] = Counter()

    def enter(self, command: str, now: float) -> Arrival:
        """Log a request that is arriving."""
        arrival = Arrival(time=now, monotonic=time.monotonic(), command=command)
        self.arrivals.append(arrival)
        self._counts[command] += 1
        return arrival

    def count(self, command: str | None) -> int:
        """Count all arrivals of a command, also those that the log has let go; of all commands with None."""
        return self._counts.total() if command is None else self._counts[command]

    def worst_window(self, command: str | None, per: float) -> int:
        """Return the most arrivals in any window of `per` seconds, both of its ends less than `per` apart."""
        times = [arrival.monotonic for arrival in self.arrivals if command is None or arrival.command == command]
        worst = first = 0
        for last, moment in enumerate(times):
            while moment - times[first] >= per:
                first += 1
            worst = max(worst, last - first + 1)
        return worst
