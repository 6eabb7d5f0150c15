"""One connection of the pool: it writes a request and reads one answer.

aiohttp opens the connection and parses its answers. `HttpConnection` sits between the transport and aiohttp's
`ResponseHandler`, to see what the handler does not show:

- *Unsolicited bytes.* HTTP/1.1 cannot say which request an answer belongs to, so a connection on which anything arrives
  while no request is in flight is dropped: the next call would take it for its own answer. A connection with data
  beyond its one answer is dropped too.
- *The end of the transport.* A connection's place is free when the transport is closed, not when closing starts.

Between the event loop's last poll and the write of a request, bytes (or the end of the connection) may wait in the
kernel. `has_unread` asks the kernel, which costs a microsecond. If something waits, two turns of the loop show what it
is: over TLS it may be a session ticket, which is no reason to drop a connection.

A connection has one timer, which follows `_ends_at`: the end of the attempt while a request is in flight, the end of
its keep-alive while it is idle. It is rescheduled only when it fires too early, so a request costs it nothing.

The URL contains the UserSig. When an error is raised, no variable here holds it or the headers of an answer (a redirect
repeats the URL). aiohttp's errors end here; ours are raised outside the handler.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from .._hidden import Hidden
from .._version import __version__
from ..errors import RateLimitedError, TransportError
from .host_clock import with_date
from .http_answers import (
    announced_size,
    broken_error,
    compressed_error,
    read_on,
    status_error,
    timeout_error,
    too_large_error,
)

if TYPE_CHECKING:  # may be missing in an aiohttp, see aiohttp_parts
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.http import RawResponseMessage

HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A compressed answer could unpack to any size, and compressing a few hundred bytes gains nothing.
    "Accept-Encoding": "identity",
    "User-Agent": f"tim-async/{__version__}",
}
# Maximum number of interim answers (100 Continue, 103 Early Hints) before the real one.
_MAX_INTERIM_ANSWERS: Final = 10
# A connection that was checked this recently is not checked again before a request is written.
_FRESH_S: Final = 0.001
_NEVER: Final = float("inf")


class Host:
    """A host of the service, with the fixed parts of a request to it."""

    __slots__ = ("_addresses", "authority", "headers", "path", "url")

    def __init__(self, address: str) -> None:
        self.url = URL(address.rstrip("/") + "/v4/")
        self.authority = self.url.authority
        self.path = self.url.raw_path
        fixed = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        self.headers = f"HTTP/1.1\r\nHost: {self.url.host_port_subcomponent}\r\n{fixed}Content-Length: "
        self._addresses: dict[str, URL] = {}

    def address(self, command: str) -> URL:
        """Return the URL of a command, without the query."""
        address = self._addresses.get(command)
        if address is None:
            address = self._addresses[command] = self.url.joinpath(command, encoded=True)
        return address


class HttpConnection(asyncio.Protocol):
    """A connection from its opening to its end.

    Args:
        connection: what aiohttp's connector returned; kept as long as the transport is open.
        handler: its protocol.
        transport: its transport.
        host: the host it is connected to.
        max_reply_bytes: a longer answer is abandoned.
        on_lost: called once, when the transport is closed.

    Attributes:
        is_reusable: whether another request can be sent on it, judging by the last answer.
    """

    __slots__ = (
        "_checked_at",
        "_connection",
        "_ends_at",
        "_handler",
        "_has_parser",
        "_is_closed",
        "_is_dropped",
        "_is_waiting",
        "_last",
        "_limit",
        "_loop",
        "_on_lost",
        "_poll",
        "_timed_out",
        "_timer",
        "_timer_at",
        "_transport",
        "host",
        "is_reusable",
    )

    def __init__(
        self,
        connection: Connection,
        handler: ResponseHandler,
        transport: asyncio.Transport,
        host: Host,
        *,
        max_reply_bytes: int,
        on_lost: Callable[[HttpConnection], None],
    ) -> None:
        self.host = host
        self.is_reusable = True
        self._connection = connection
        self._handler = handler
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._limit = max_reply_bytes
        self._on_lost = on_lost
        self._has_parser = False
        self._is_waiting = False
        self._is_closed = False  # by the client
        self._is_dropped = False
        self._timed_out = False
        self._last = b""  # the last bytes that arrived
        self._ends_at = _NEVER
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._checked_at = 0.0
        self._poll = poll_of(transport)
        transport.set_protocol(self)
        if handler.should_close:
            self.drop()  # it sent something unsolicited

    # For the pool

    def is_usable(self, now: float) -> bool:
        """Return whether, as far as the event loop knows, a request can be sent on it."""
        return now < self._ends_at and not self._transport.is_closing()

    def has_unread(self, now: float) -> bool:
        """Return whether the kernel has something the event loop has not read: bytes, or the end of the connection."""
        if self._poll(0):
            return True
        self._checked_at = now
        return False

    def is_ready(self) -> bool:
        """Return whether a request can be written right now."""
        now = self._loop.time()
        return self.is_usable(now) and (now - self._checked_at < _FRESH_S or not self.has_unread(now))

    async def settle(self) -> bool:
        """Let the event loop read what waits in the kernel; return whether a request can be written afterwards."""
        for _ in range(2):  # in the first turn, this task may run before the reader
            await asyncio.sleep(0)
        return self.is_ready()

    def rest(self, now: float, keep_alive_s: float) -> None:
        """Become idle; the connection closes after being idle for this long."""
        self._checked_at = now if self._last else 0.0  # a new one was never read from
        self._end_at(now + keep_alive_s)

    def take(self) -> None:
        """Stop being idle: a call uses it."""
        self._ends_at = _NEVER

    def drop(self) -> None:
        """Close it immediately; `on_lost` is called once it is closed."""
        if not self._is_dropped:
            self._is_dropped = True
            self.is_reusable = False
            self._transport.abort()

    def close(self) -> None:
        """Drop it because the client is closed, which is what the exchange under way then reports."""
        self._is_closed = True
        self.drop()

    def abandon(self) -> None:
        """End it without its event loop, which is closed: the peer sees the end."""
        self._is_dropped = True
        self.is_reusable = False
        sock = self._transport.get_extra_info("socket")
        with suppress(OSError, AttributeError, TypeError):  # already closed, or uvloop's, which closes it with the loop
            sock.shutdown(socket.SHUT_RDWR)

    # The exchange

    async def exchange(self, command: str, query: Hidden, body: bytes, timeout: float) -> bytes:
        """Write a request and return the body of its answer; see `RequestSlot.post`."""
        handler, host = self._handler, self.host
        message: RawResponseMessage | None = None
        payload: aiohttp.StreamReader | None = None
        failure: TransportError | RateLimitedError
        self.is_reusable = False  # until the answer shows otherwise
        self._is_waiting = True
        self._end_at(self._loop.time() + timeout)
        try:
            if not self._has_parser:
                # One parser reads all answers of a connection: it is dropped after an incomplete one.
                handler.set_response_params(read_until_eof=True, auto_decompress=False)
                self._has_parser = True
            self._transport.write(
                f"POST {host.path}{command}?{query} {host.headers}{len(body)}\r\n\r\n".encode() + body
            )
            message, payload = await handler.read()
            if message.code < 200 and message.code != 101:
                message, payload = await self._skip_interim()
            if message.code == 200 and message.compression is None:
                if payload.is_eof():
                    data = payload.read_nowait()
                    size = len(data)
                else:
                    data, size = await read_on(payload, announced_size(message.headers), self._limit)
                if size <= self._limit:
                    tail = b"\r\n\r\n" if message.chunked or not data else data
                    self.is_reusable = not handler.should_close and _ends_with(self._last, tail)
                    return with_date(data, message.headers)
                failure = too_large_error(self._limit, size, message.headers)
            else:
                # Reusable only if all of the answer has arrived: the rest of an error page is not worth waiting for.
                self.is_reusable = payload.is_eof() and not handler.should_close
                if message.code == 200:
                    failure = compressed_error(message.headers)
                else:
                    failure = status_error(message.code, message.headers)
        except asyncio.CancelledError as error:
            # Its frames contain parts of the answer, which tools that show local variables would display.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        except (aiohttp.ClientError, HttpProcessingError, aiohttp.EofStream, OSError, RuntimeError) as error:
            where = self.host.authority
            failure = (
                timeout_error(where, timeout)
                if self._timed_out
                else broken_error(where, error, is_closed=self._is_closed)
            )
        finally:
            self._is_waiting = False
            message = payload = None
            if not self.is_reusable:
                self.drop()
        raise failure

    async def _skip_interim(self) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        for _ in range(_MAX_INTERIM_ANSWERS):
            message, payload = await self._handler.read()
            if message.code >= 200 or message.code == 101:
                return message, payload
        raise HttpProcessingError(code=message.code)

    # The timer

    def _end_at(self, when: float) -> None:
        self._ends_at = when
        if when < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = when
            self._timer = self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at = _NEVER
        if self._loop.time() < self._ends_at:
            if self._ends_at < _NEVER:
                self._end_at(self._ends_at)
        else:
            self._timed_out = self._is_waiting
            self.drop()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        """Pass bytes to aiohttp's parser if a request is in flight."""
        if self._is_waiting:
            self._last = data
            self._handler.data_received(data)
        else:
            self.drop()

    def eof_received(self) -> None:
        """Close the transport: the peer sends no more."""
        self._handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange in flight and give the place back."""
        self._is_dropped = True
        self.is_reusable = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._handler.connection_lost(exc)
        self._connection.close()
        self._on_lost(self)


def _ends_with(last: bytes, tail: bytes) -> bool:
    """Return whether the last bytes are the end of an answer, and not the start of another one."""
    return last.endswith(tail) if len(last) >= len(tail) else tail.endswith(last)


def poll_of(transport: asyncio.Transport) -> Callable[[float], object]:
    """Return a function that returns a true value while the transport's socket has something to read."""
    sock = transport.get_extra_info("socket")
    number = -1 if sock is None else sock.fileno()
    if number < 0:
        return lambda _: False
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return poll.poll
    return lambda timeout: select.select((number,), (), (), timeout)[0]  # Windows
