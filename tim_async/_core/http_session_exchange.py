"""One request of aiohttp's session and its answer, with the UserSig hidden from users and tools.

The session sees the URL without its query, and so do hooks, errors and `request_info`. The query, which contains the
UserSig, is added to the request line when that is written (`SessionTransport`). If a later aiohttp wrote it
differently, the query would be missing and the service would refuse the call; it would not leak.

A gateway may repeat the URL in its answer, as the `Location` of a redirect does. It is hidden before the response
contains it (`SessionResponse`), and errors that quote an answer are replaced by errors that do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from .._hidden import Hidden, hide_in
from .http_connection import poll_of

_NEVER: Final = float("inf")
# Every UserSig is longer than this: the signature alone is.
_SHORT: Final = 32

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]


class StaleConnectionError(aiohttp.ClientConnectionError):
    """An idle connection has unsolicited bytes, or has ended; nothing was sent on it."""


class Exchange:
    """One request, from its first attempt to find a connection to the end of its answer.

    Args:
        query: the URL's query.
        body: written with the request line; None if the session sees the body and writes it itself.
        ends_at: loop time at which its connection is closed; never if aiohttp has a timer for the request.

    Attributes:
        has_body: whether the body is written with the request line.
        timed_out: whether its connection was closed because its time was over.
        response: its answer so far.
        is_answered: whether the answer was read to its end, so that its connection can be reused.
    """

    __slots__ = (
        "_body",
        "_query",
        "_secret",
        "_transport",
        "_unsent",
        "ends_at",
        "has_body",
        "is_answered",
        "response",
        "timed_out",
    )

    def __init__(self, query: Hidden, body: bytes | None = None, ends_at: float = _NEVER) -> None:
        self._query = query
        self._body = body or b""
        self.has_body = body is not None
        self._secret: Hidden | None = None
        self._transport: SessionTransport | None = None
        self._unsent = True
        self.ends_at = ends_at
        self.timed_out = False
        self.response: SessionResponse | None = None
        self.is_answered = False

    def begin(self, transport: SessionTransport) -> None:
        """Take a connection."""
        self._transport = transport
        transport.take(self)

    def complete(self, data: bytes) -> bytes:
        """Return the bytes to write, with the query and body added to the first of them."""
        if not self._unsent:
            return data
        self._unsent = False
        return data.replace(b" HTTP/1.1\r\n", f"?{self._query} HTTP/1.1\r\n".encode(), 1) + self._body

    def end(self) -> None:
        """Leave the connection, and close it unless the whole answer was read; another request may have it by then."""
        transport, response, self.response = self._transport, self.response, None
        if response is not None and not self.is_answered:
            response.close()  # older versions of aiohttp do not when a call is cancelled in a hook
        if transport is not None and transport.exchange is self:
            transport.exchange = None
            if not self.is_answered:
                transport.abort()

    def hide(self, text: str) -> str:
        """Return a text of the answer without the UserSig."""
        return hide_in(text, self._user_sig())

    def is_echoed(self, headers: Mapping[str, str]) -> bool:
        """Return whether headers may repeat the UserSig, plain or percent-encoded."""
        user_sig = self._user_sig()
        for value in headers.values():  # noqa: SIM110 - a generator costs more than the rest of it
            if user_sig in value or "%" in value:
                return True
        return False

    def _user_sig(self) -> Hidden:
        if self._secret is None:
            self._secret = Hidden(self._query.partition("usersig=")[2].partition("&")[0])
        return self._secret


# The exchange of the current task; only for its own request and response.
EXCHANGE: Final[ContextVar[Exchange | None]] = ContextVar("tim_async: exchange", default=None)


class SessionRequest(aiohttp.ClientRequest):
    """A request whose URL gets its query when it is written."""

    def send(self, conn: aiohttp.connector.Connection) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        """Send the request if the connection is clean."""
        exchange, transport = EXCHANGE.get(), conn.transport
        if exchange is None:
            return super().send(conn)
        if not isinstance(transport, SessionTransport):
            raise StaleConnectionError  # it has no transport: the connection was just lost
        exchange.begin(transport)
        _check(conn, transport)
        return self._send_if_clean(conn, transport) if transport.has_unread() else super().send(conn)

    async def _send_if_clean(
        self, conn: aiohttp.connector.Connection, transport: SessionTransport
    ) -> aiohttp.ClientResponse:
        """Check for unread data; aiohttp would take a late answer to another request for the answer to this one."""
        for _ in range(2):  # in the first turn, this task may run before the reader
            await asyncio.sleep(0)
        _check(conn, transport)
        return await super().send(conn)


def _check(conn: aiohttp.connector.Connection, transport: SessionTransport) -> None:
    protocol = conn.protocol
    if protocol is None or protocol.should_close or transport.is_closing():
        transport.abort()
        raise StaleConnectionError


class SessionResponse(aiohttp.ClientResponse):
    """A response that hides the UserSig if its headers repeat it; so do its errors."""

    _shown: CIMultiDictProxy[str] = None  # type: ignore[assignment] # until `start` sets it, as in aiohttp
    _shown_raw: RawHeaders = None  # type: ignore[assignment]
    _echo: Exchange | None = None  # the exchange, if headers repeat its UserSig

    @property  # type: ignore[override] # a variable there
    def _headers(self) -> CIMultiDictProxy[str]:
        return self._shown

    @_headers.setter
    def _headers(self, headers: CIMultiDictProxy[str]) -> None:
        exchange = EXCHANGE.get()
        if exchange is not None and exchange.is_echoed(headers):
            self._echo = exchange
            headers = CIMultiDictProxy(CIMultiDict((name, exchange.hide(value)) for name, value in headers.items()))
        self._shown = headers

    @property
    def _raw_headers(self) -> RawHeaders:
        return self._shown_raw

    @_raw_headers.setter
    def _raw_headers(self, raw: RawHeaders) -> None:
        echo = self._echo
        if echo is not None:
            raw = tuple((name, echo.hide(value.decode("latin-1")).encode("latin-1")) for name, value in raw)
        self._shown_raw = raw

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Read the head of the answer; errors about it do not quote it."""
        failure: BaseException
        exchange = EXCHANGE.get()
        if exchange is not None:  # pragma: no branch - only for requests that the pool makes
            exchange.response = self
        try:
            await super().start(connection)
        except asyncio.CancelledError as error:
            failure = asyncio.CancelledError(*error.args)
        except TimeoutError:
            failure = TimeoutError()
        except aiohttp.ClientResponseError as error:
            failure = aiohttp.ClientResponseError(self.request_info, (), status=error.status, message="not HTTP")
        except aiohttp.ServerDisconnectedError:
            failure = aiohttp.ServerDisconnectedError()
        except aiohttp.ClientOSError as error:
            failure = aiohttp.ClientOSError(*error.args)
        else:
            if exchange is not None and self.reason and len(self.reason) > _SHORT:
                self.reason = exchange.hide(self.reason)
            return self
        # Raised here, where no handler is active, without the frames and context of the original.
        raise failure


class SessionTransport:
    """Sits between aiohttp's protocol and the transport of its connection, for everything that is written.

    A request that is complete with its head is written in the next turn of the event loop, together with those of other
    calls: the peer is then woken once for all of them, not for each (a fifth of the CPU of a call at 20 in parallel).
    aiohttp does the same, with a task for each request.

    It has one timer, which follows the end of the exchange and is rescheduled only when it fires too early: one aiohttp
    timer per request costs a twentieth of the call.

    Attributes:
        exchange: the exchange that uses the connection; None while it is idle.
        is_closing: whether it is closed, or about to be.
    """

    __slots__ = (
        "_ends_at",
        "_loop",
        "_poll",
        "_timer",
        "_timer_at",
        "_transport",
        "exchange",
        "is_closing",
        "pause_reading",
        "resume_reading",
    )

    def __init__(self, transport: asyncio.Transport) -> None:
        self.exchange: Exchange | None = None
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self._transport = transport
        self._poll = poll_of(transport)
        self._loop = asyncio.get_running_loop()
        self._ends_at = _NEVER
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a transport's
        return getattr(self._transport, name)

    def take(self, exchange: Exchange) -> None:
        """Stop being idle: an exchange uses it until it ends."""
        self.exchange = exchange
        self._end_at(exchange.ends_at)

    def is_idle(self) -> bool:
        """Return whether it is open and unused."""
        return self.exchange is None and not self.is_closing()

    def has_unread(self) -> bool:
        """Return whether the kernel has something the event loop has not read: bytes, or the end of the connection."""
        return bool(self._poll(0))

    def write(self, data: bytes) -> None:
        """Write bytes of a request, adding what the session does not see to the first of them."""
        exchange = self.exchange
        if exchange is None:
            self._transport.write(data)
        elif exchange.has_body:
            self._loop.call_soon(self._write_of, exchange, exchange.complete(data))
        else:
            self._transport.write(exchange.complete(data))

    def _write_of(self, exchange: Exchange, data: bytes) -> None:
        if self.exchange is exchange:  # it was not abandoned meanwhile
            self._transport.write(data)

    def writelines(self, chunks: Sequence[bytes]) -> None:
        """Write several pieces."""
        self.write(b"".join(chunks))

    def _end_at(self, when: float) -> None:
        self._ends_at = when
        if when < self._timer_at:
            self.stop_timer()
            self._timer_at = when
            self._timer = self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at = _NEVER
        if self._loop.time() < self._ends_at:
            self._end_at(self._ends_at)
        elif self.exchange is not None:
            self.exchange.timed_out = True
            self.close()

    def stop_timer(self) -> None:
        """Stop the timer; a closed connection needs none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._timer_at = _NEVER

    def close(self) -> None:
        """Close it immediately, without waiting for unwritten data or for the closing handshake of TLS."""
        self.stop_timer()
        self._transport.abort()

    abort = close
