"""The event stream, where a listener goes away at an odd moment."""

from __future__ import annotations

from unittest import mock

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tim_async._pages.event_stream import EventStream


async def test_listener_that_is_gone_before_the_first_byte_is_no_error() -> None:
    gone = mock.AsyncMock(side_effect=ConnectionResetError)
    with mock.patch.object(web.StreamResponse, "prepare", gone):
        await EventStream(keep=10).serve(make_mocked_request("GET", "/events"))
    gone.assert_awaited_once()
