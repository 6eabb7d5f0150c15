"""Server-sent events to any number of browsers and programs.

The newest events are kept, so that a listener that was away continues from the last event it has (`Last-Event-ID`). A
listener that reads too slowly, or whose last event is from an earlier run, is sent `missed` with the number of events
that it will not get; it never delays the others, and takes no memory. Events are encoded only when they are sent: most
of the time there are no listeners.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
from aiohttp import web

# Events within this time of each other are written together.
_GATHER_S: Final = 0.05
# A line sent to an idle listener, which lets both sides notice that the other is gone.
_HEARTBEAT_S: Final = 15.0
_AT_ONCE: Final = 500


class KeptEvent(NamedTuple):
    """A published event.

    Attributes:
        number: counts all events from 1.
        kind: its name, such as `call`.
        data: returns its contents; called when it is sent.
    """

    number: int
    kind: str
    data: Callable[[], msgspec.Struct]


class EventStream:
    """Publishes events to listeners.

    Args:
        keep: number of the newest events to keep.
    """

    def __init__(self, keep: int) -> None:
        self._kept: deque[KeptEvent] = deque(maxlen=keep)
        self._last = 0
        self._waiting: set[asyncio.Event] = set()
        self._ended = 0  # how often the streams of all listeners were ended

    def publish(self, kind: str, data: Callable[[], msgspec.Struct]) -> None:
        """Send an event to the listeners."""
        self._last += 1
        self._kept.append(KeptEvent(self._last, kind, data))
        for each in self._waiting:
            each.set()

    def end(self) -> None:
        """End the streams of all listeners: the server stops."""
        self._ended += 1
        for each in self._waiting:
            each.set()

    def after(self, number: int) -> tuple[int, list[KeptEvent]]:
        """Return how many events after a number are no longer kept, and the oldest of those that are.

        Args:
            number: the last event seen; -1 for an event of an earlier run.
        """
        first = self._kept[0].number if self._kept else self._last + 1
        missed = max(first - number - 1, 0)
        start = max(number + 1 - first, 0)
        # By index: a listener that keeps up asks for the last events, which are slow to reach from the front.
        return missed, [self._kept[index] for index in range(start, min(start + _AT_ONCE, len(self._kept)))]

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send events until the other side is gone: those after `Last-Event-ID`, otherwise new ones."""
        # A listener that sees the start of the stream may read the state: every later event is sent.
        seen = self._begin_after(request.headers.get("Last-Event-ID"))
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        ended = self._ended
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while self._ended == ended:
                missed, events = self.after(seen)
                if not events and not missed:
                    if not await self._wait():
                        await response.write(b":\n\n")
                    continue
                lines = []
                if missed:
                    seen += missed
                    lines.append(b"event: missed\ndata: %d\n\n" % missed)
                for each in events:
                    seen = each.number
                    data = msgspec.json.encode(each.data())
                    lines.append(b"id: %d\nevent: %s\ndata: %s\n\n" % (seen, each.kind.encode(), data))
                await response.write(b"".join(lines))
                await asyncio.sleep(_GATHER_S)
        except ConnectionError:
            pass  # the listener is gone
        return response

    def _begin_after(self, last: str | None) -> int:
        if last is None or not (last.isascii() and last.isdecimal()) or len(last) > 18:
            return self._last
        # A higher number is from an earlier run, whose lost events count as one missed event.
        return int(last) if int(last) <= self._last else -1

    async def _wait(self) -> bool:
        """Wait for the next event; return False if a heartbeat is due first."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(_HEARTBEAT_S):
                await changed.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(changed)
        return True
