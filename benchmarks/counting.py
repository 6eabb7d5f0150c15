"""A service that counts exactly, in a separate process: it refuses calls over its limit, and some at random.

Calls take time to reach it, and answers to come back, each with jitter. Others who use part of the limit need no
socket: they are counted at the times at which they would have arrived.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from tests.core.simulation import Service, even

from .processes import REPLY, RequestProtocol, lines

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_REFUSAL = b'{"ActionStatus":"FAIL","ErrorInfo":"too many calls","ErrorCode":60007}'
_TAKEN, _REFUSED = (_HEAD % len(reply) + reply for reply in (REPLY, _REFUSAL))


class Accounts:
    """The calls that arrived, and their outcomes.

    Args:
        limit: calls in any second; 0 for no limit.
        error_part: the part of the calls that is refused at random.
        others_rate: calls a second by others, evenly spaced.
        way_s: round-trip time in seconds, plus or minus 30 %.
    """

    def __init__(
        self, *, limit: int = 200, error_part: float = 0.0, others_rate: float = 0.0, way_s: float = 0.08, seed: int = 1
    ) -> None:
        self.service = Service(limit or 10**9, error_part=error_part)
        self.random = random.Random(seed)
        self.way_s = way_s
        self.others_rate = others_rate
        self._others: Iterator[float] = iter(())
        self._next = float("inf")
        # By source, which is the account up to the first dash: when it arrived, and whether it was accepted.
        self.arrivals: dict[str, list[tuple[float, bool]]] = {}
        self.delivered: Counter[str] = Counter()

    def let_others(self, begin: float, end: float) -> None:
        """Count the others' calls between two times of the loop's clock."""
        self._others = even(self.others_rate, begin, end)
        self._next = next(self._others, float("inf"))

    def arrive(self, account: str, now: float) -> bool:
        """Count a call; return whether it is accepted."""
        while self._next <= now:
            self._note("others", self._next, is_taken=self.service.takes(self._next))
            self._next = next(self._others, float("inf"))
        is_taken = self.service.takes(now)
        self._note(account.partition("-")[0], now, is_taken=is_taken)
        self.delivered[account] += is_taken
        return is_taken

    def _note(self, source: str, when: float, *, is_taken: bool) -> None:
        self.arrivals.setdefault(source, []).append((when, is_taken))

    def half_way(self) -> float:
        """Return the one-way time in seconds."""
        return self.way_s / 2 * self.random.uniform(0.7, 1.3)


class _Connection(RequestProtocol):
    """Delays, counts and answers."""

    accounts: ClassVar[Accounts]

    def received(self, head: bytes, body: bytes) -> None:
        account = json.loads(body)["To_Account"]
        asyncio.get_running_loop().call_later(self.accounts.half_way(), self._arrived, account)

    def _arrived(self, account: str) -> None:
        loop = asyncio.get_running_loop()
        answer = _TAKEN if self.accounts.arrive(account, loop.time()) else _REFUSED
        loop.call_later(self.accounts.half_way(), self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


async def serve(**options: Any) -> None:  # noqa: ANN401 - what Accounts takes
    """Serve until standard input ends. Lines are `others BEGIN END`, in times of the monotonic clock, and `report`."""
    accounts = _Connection.accounts = Accounts(**options)
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async for line in lines():
        word, *arguments = line.split()
        if word == "others":
            accounts.let_others(*map(float, arguments))
            print("{}", flush=True)
            continue
        report = {
            "arrivals": accounts.arrivals,
            "delivered": sum(times > 0 for times in accounts.delivered.values()),
            "doubled": sum(times > 1 for times in accounts.delivered.values()),
        }
        print(json.dumps(report), flush=True)
    server.close()
