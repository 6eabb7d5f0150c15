"""Errors for answers that fail before their JSON is read: answers that are not the service's, or never arrive.

The service answers every request with status 200, successful or not. Anything else comes from a gateway or a proxy on
the way.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import (
    ClientConnectorError,
    ClientHttpProxyError,
    ClientPayloadError,
    ClientResponseError,
    StreamReader,
)
from aiohttp.http_exceptions import HttpProcessingError

from ..errors import ConnectError, ConnectionLostError, RateLimitedError, ReplyDecodeError, ReplyTimeoutError


def connect_error(authority: str, error: BaseException, timeout: float) -> ConnectError:
    """Return the error for a connection that could not be made, without the URL."""
    if isinstance(error, TimeoutError):
        reason = f"timed out after {timeout:g} s (connect_timeout)"
    elif isinstance(error, ClientConnectorError):
        reason = str(error.os_error) or type(error.os_error).__name__
    elif isinstance(error, ClientHttpProxyError):
        reason = f"the proxy answered {error.status}"
    else:
        reason = type(error).__name__
    return ConnectError(f"could not connect to {authority}: {reason}")


def timeout_error(authority: str, timeout: float) -> ReplyTimeoutError:
    """Return the error for an answer that did not arrive in time."""
    return ReplyTimeoutError(f"no answer from {authority} within {timeout:.3g} s", timeout=timeout)


def broken_error(authority: str, error: Exception, *, is_closed: bool) -> ReplyDecodeError | ConnectionLostError:
    """Return the error for an answer that broke off, without the text of aiohttp's error.

    Args:
        authority: host and port of the service.
        error: what aiohttp raised.
        is_closed: whether the client was closed meanwhile.
    """
    if isinstance(error, HttpProcessingError | ClientResponseError):
        status = error.code if isinstance(error, HttpProcessingError) else error.status
        return ReplyDecodeError(f"{authority} does not speak HTTP", status=status)
    if is_closed:
        return ConnectionLostError(f"the client was closed before the answer of {authority} came")
    if isinstance(error, ClientPayloadError):
        return ReplyDecodeError(f"the answer of {authority} ended early", status=200)
    return ConnectionLostError(f"the connection to {authority} was lost ({type(error).__name__})")


def status_error(status: int, headers: Mapping[str, str]) -> ReplyDecodeError | RateLimitedError:
    """Return the error for an answer whose status is not 200."""
    if status == 429:
        return RateLimitedError.from_status(status)
    problem = f"HTTP status {status} instead of the service's 200"
    return ReplyDecodeError(problem, status=status, content_type=_content_type(headers))


def compressed_error(headers: Mapping[str, str]) -> ReplyDecodeError:
    """Return the error for a compressed answer, which could unpack to any size."""
    problem = "the answer is compressed, although the request did not allow that"
    return ReplyDecodeError(problem, status=200, content_type=_content_type(headers))


def too_large_error(limit: int, size: int, headers: Mapping[str, str]) -> ReplyDecodeError:
    """Return the error for an answer that has, or announces, more than `max_reply_bytes`."""
    problem = f"the answer is over the limit of {limit} bytes (max_reply_bytes)"
    return ReplyDecodeError(problem, status=200, content_type=_content_type(headers), size=size)


def announced_size(headers: Mapping[str, str]) -> int:
    """Return the announced length of an answer, 0 if it announces none."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


async def read_on(content: StreamReader, announced: int, limit: int) -> tuple[bytes, int]:
    """Read a body that has not arrived completely; return it with its size.

    If it has or announces more bytes than the limit, it is not read to its end, and only the size is returned.
    """
    if announced > limit:
        return b"", announced
    parts, size = [], 0
    while part := await content.readany():
        parts.append(part)
        size += len(part)
        if size > limit:
            return b"", size
    return b"".join(parts), size


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
