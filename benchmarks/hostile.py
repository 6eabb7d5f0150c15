"""A hostile server in a separate process: it spoils some of its answers, and keeps count.

Every kind of trouble that the tests know is equally frequent, in random order. From time to time it stops listening for
a moment, so that no connection can be made. A message counts as accepted once; a request with the same identity within
120 seconds is a repeat, which the service drops while it answers as it did the first time.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import Final

from tests.hostile import Behaviour, HostileConnection, HostileRequest, HostileServer, answer, envelope
from tests.hostile_kinds import BROKEN, KEPT_ALIVE, ODD, SURPLUS, raw

from .processes import lines

IDENTITY_S: Final = 120.0
AWAY_S: Final = 0.05
_DRAIN_S: Final = 10.0


def _accept_and_answer(data: bytes) -> Behaviour:
    def behave(request: HostileRequest) -> None:
        request.accepted()
        request.write(data)

    return behave


def _refuse(code: int) -> Behaviour:
    return lambda request: request.write(answer(envelope(request.account, code=code)))


def _stay_silent(request: HostileRequest) -> None:
    request.accepted()


KINDS: Final[dict[str, Behaviour]] = {
    **BROKEN,
    **ODD,
    # If it arrives while the next request is in flight, it cannot be distinguished from that request's answer.
    **{name: behave for name, behave in SURPLUS.items() if name != "a second answer a moment later"},
    **{f"{name} instead": raw(data) for name, data in KEPT_ALIVE.items()},
    **{f"{name} after accepting": _accept_and_answer(KEPT_ALIVE[name]) for name in ("502", "gzip")},
    **{f"{code}": _refuse(code) for code in (20004, 20005, 91000, 90992, 60007, 20003, 90001)},
    "429": raw(answer(b"", status="429 Too Many Requests")),
    "407": raw(answer(b"", status="407 Proxy Authentication Required")),
    "silence": _stay_silent,
}


class _Service(HostileServer):
    """Spoils a part of the answers.

    Args:
        trouble: that part.
        away_every: number of requests after which it stops listening for a moment.
        seed: seed of the random choices.
    """

    def __init__(self, trouble: float, away_every: int, seed: int) -> None:
        super().__init__(self._behave)
        self._trouble = trouble
        self._away_every = away_every
        self._random = random.Random(seed)
        self._kinds = self._deal()
        self._first_at: dict[tuple[str, int, int], float] = {}
        self._listener: asyncio.Server | None = None
        self._port = 0
        self.count = 0
        self.repeats = 0
        self.away = 0
        self.happened: Counter[str] = Counter()

    def _deal(self) -> Iterator[str]:
        while True:
            yield from self._random.sample(sorted(KINDS), len(KINDS))

    def accept(self, request: HostileRequest) -> None:
        identity = (request.account, request.fields["MsgSeq"], request.fields["MsgRandom"])
        now = time.monotonic()
        first_at = self._first_at.get(identity)
        if first_at is not None and now - first_at < IDENTITY_S:
            self.repeats += 1
            return
        self._first_at[identity] = now
        super().accept(request)

    def _behave(self, request: HostileRequest) -> Awaitable[None] | None:
        self.requests.clear()  # otherwise they would use most of the memory
        self.count += 1
        if self.count % self._away_every == 0:
            asyncio.get_running_loop().call_soon(self._go_away)
        if self._random.random() >= self._trouble:
            request.write(answer(request.accepted()))
            return None
        kind = next(self._kinds)
        self.happened[kind] += 1
        return KINDS[kind](request)

    def _go_away(self) -> None:
        if self._listener is not None:
            self.away += 1
            self._listener.close()
            self._listener = None
            task = asyncio.ensure_future(self._come_back())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _come_back(self) -> None:
        await asyncio.sleep(AWAY_S)
        await self.listen()

    async def listen(self) -> None:
        """Listen on a port of this machine, always the same one."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: HostileConnection(self), "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def drained(self) -> None:
        """Wait until the peer has closed everything, so that nothing it sent is left to read."""
        async with asyncio.timeout(_DRAIN_S):
            while self.open:
                self._changed.clear()
                await self._changed.wait()

    def report(self, messages: int) -> dict[str, object]:
        """Return the counts; accepted has one digit per message: how often it took effect, at most 9."""
        return {
            "accepted": "".join(str(min(self.accepted[f"m{number}"], 9)) for number in range(messages)),
            "others": len(set(self.accepted) - {f"m{number}" for number in range(messages)}),
            "requests": self.count,
            "repeats": self.repeats,
            "connections": self.connections,
            "most_open": self.most_open,
            "away": self.away,
            "trouble": self.happened.total(),
            "missing_kinds": sorted(set(KINDS) - set(self.happened)),
        }


async def serve(*, messages: int, trouble: float = 0.1, away_every: int = 1000, seed: int = 1) -> None:
    """Serve until standard input ends; answer each line with the counts, once all connections are closed."""
    service = _Service(trouble, away_every, seed)
    await service.listen()
    print(service.url, flush=True)
    async for _ in lines():
        await service.drained()
        print(json.dumps(service.report(messages)), flush=True)
