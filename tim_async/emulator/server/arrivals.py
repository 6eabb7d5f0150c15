"""The log of requests and their times of arrival."""

from __future__ import annotations

from collections import Counter, deque

import msgspec

from ..._clocks import real_monotonic
from .attempts import AttemptIndex, Attempts


class Arrival(msgspec.Struct, kw_only=True):
    """One request, logged when its head was read, before any check.

    Attributes:
        time: unix seconds of the emulator's clock.
        monotonic: seconds of the clock that asyncio's `loop.time()` reads.
        command: the path below `/v4/`, or the whole path if it is not below it.
        identifier: the `identifier` of the URL, "" without one.
        random: the `random` of the URL, None if it is not a u32.
        body: the raw bytes; b"" before they are read, if reading failed, and for older arrivals.
        code: the ErrorCode of the answer; None before it is sent, and if it is not an envelope.
        number: counts all arrivals from 1.
        answer: the answer's body; b"" before it is sent, if it is sent in parts, and for older arrivals.
        status: the HTTP status of the answer; None without one.
        took_s: seconds to the answer; None without one.
        attempts: the attempts of its message, including this one; None if it sends no message.
        attempt: which of them it is, from 1; 0 without.
        result_code: the ErrorCode of the executed request; None if it was not executed. A fault may have changed
            `code`.
        fault: the kind of the planned fault that applied; "" for none.
    """

    time: float
    monotonic: float
    command: str
    identifier: str = ""
    random: int | None = None
    body: bytes = b""
    code: int | None = None
    number: int = 0
    answer: bytes = b""
    status: int | None = None
    took_s: float | None = None
    attempts: Attempts | None = None
    attempt: int = 0
    result_code: int | None = None
    fault: str = ""


class ArrivalLog:
    """The newest arrivals, and counts of all.

    Args:
        size: how many are kept.
        keep_bodies: how many of them are kept with their bodies after they were answered.

    Attributes:
        arrivals: the kept ones, oldest first.
        kept: the answered ones with their bodies, in the order of the answers.
        waiting: those that were read and are not answered yet, by number.
    """

    def __init__(self, size: int, keep_bodies: int) -> None:
        self.arrivals: deque[Arrival] = deque(maxlen=size)
        self.kept: deque[Arrival] = deque()
        self.waiting: dict[int, Arrival] = {}
        self._keep_bodies = keep_bodies
        self._counts: Counter[str] = Counter()
        self._attempts = AttemptIndex(keep_bodies)

    def enter(self, command: str, now: float) -> Arrival:
        """Log an arriving request."""
        self._counts[command] += 1
        arrival = Arrival(time=now, monotonic=real_monotonic(), command=command, number=self._counts.total())
        self.arrivals.append(arrival)
        return arrival

    def read(self, arrival: Arrival, body: bytes) -> None:
        """Record the body of an arrival, and which attempt of its message it is."""
        arrival.body = body
        self.waiting[arrival.number] = arrival
        arrival.attempts = self._attempts.enter(arrival.command, arrival.number, body)
        if arrival.attempts is not None:
            arrival.attempt = arrival.attempts.count

    def answered(self, arrival: Arrival, status: int | None, body: bytes) -> None:
        """Record the answer of an arrival."""
        arrival.status, arrival.answer = status, body
        arrival.took_s = real_monotonic() - arrival.monotonic
        self.waiting.pop(arrival.number, None)
        self.kept.append(arrival)
        if len(self.kept) > self._keep_bodies:
            oldest = self.kept.popleft()
            oldest.body = oldest.answer = b""

    def clear(self) -> None:
        """Drop all arrivals; the counts continue."""
        self.arrivals.clear()
        self.kept.clear()
        self.waiting.clear()
        self._attempts.clear()

    def count(self, command: str | None) -> int:
        """Count all arrivals of a command, or of all commands with None, including those no longer in the log."""
        return self._counts.total() if command is None else self._counts[command]

    def worst_window(self, command: str | None, per: float) -> int:
        """Return the largest number of arrivals that lie less than `per` seconds apart."""
        times = [arrival.monotonic for arrival in self.arrivals if command is None or arrival.command == command]
        worst = first = 0
        for last, moment in enumerate(times):
            while moment - times[first] >= per:
                first += 1
            worst = max(worst, last - first + 1)
        return worst
