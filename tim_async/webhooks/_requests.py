"""Reading a request's query and body within bounds, and the response to a request that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from .._api.wire import encode
from ..errors import BodyTimeoutError, EventDecodeError, EventTooLargeError
from ._answer import AnswerBody, WebhookResponse

_MAX_QUERY_PARAMS: Final = 64


def parse_query(query: str) -> dict[str, str]:
    """Decode a URL's query. If a parameter is given twice, the first one counts, both in checking and in decoding.

    Raises:
        EventDecodeError: the query has too many parameters.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_QUERY_PARAMS)
    except ValueError:
        raise EventDecodeError("the URL's query cannot be read") from None
    return dict(reversed(pairs))


async def read_body(
    read: Callable[[], Awaitable[bytes | None]], *, length: int | None, max_body: int, timeout: float, deadline: float
) -> bytearray:
    """Read a body that arrives in parts, and no more of it than is allowed.

    Args:
        read: returns the next part; None at the end.
        length: the announced length; None if the request announces none.
        max_body: the limit in bytes.
        timeout: the seconds that the error names.
        deadline: loop time until which the body must be there.

    Raises:
        EventTooLargeError: the body, or its announced length, is over the limit.
        BodyTimeoutError: the body was not complete by the deadline.
    """
    if length is not None and length > max_body:
        raise EventTooLargeError(limit=max_body)
    body = bytearray()
    try:
        async with asyncio.timeout_at(deadline):
            while (part := await read()) is not None:
                body += part
                if len(body) > max_body:
                    raise EventTooLargeError(limit=max_body)
    except TimeoutError:
        raise BodyTimeoutError(timeout=timeout) from None
    return body


def failure(status: int, info: str) -> WebhookResponse:
    """Return the response to a request that was refused, or that failed."""
    return WebhookResponse(status, encode(AnswerBody(action_status="FAIL", error_code=status, error_info=info)))
