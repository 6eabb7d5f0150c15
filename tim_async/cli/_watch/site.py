"""What the page of `tim-async bulk watch` reads and does. All of it requires the page's token.

GET  /_watch/v1/campaign   the campaign, as the ledger has it
POST /_watch/v1/pause      {"reason": "..."}
POST /_watch/v1/resume     {}
PUT  /_watch/v1/rate       {"rate": 50}, or null for as fast as the limits allow
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

import msgspec
from aiohttp import web

from ..._pages.assets import Assets
from ..._pages.page import page
from ..._pages.policy import HEADERS
from ...bulk.watching import CampaignView
from ...errors import TimError, UsageError

StructT = TypeVar("StructT", bound=msgspec.Struct)
_PREFIX: Final = "/_watch/v1/"


class Watched(Protocol):
    """A campaign that can be watched and steered."""

    async def look(self) -> CampaignView:
        """Return its current view."""
        ...

    async def pause(self, reason: str) -> bool:
        """Pause it; return whether that changed something."""
        ...

    async def resume(self) -> bool:
        """Resume it; return whether that changed something."""
        ...

    async def set_rate(self, rate: float | None) -> None:
        """Set how many recipients per second it sends to; None is as many as the limits allow."""
        ...


class _Pause(msgspec.Struct, forbid_unknown_fields=True):
    reason: str = ""


class _Rate(msgspec.Struct, forbid_unknown_fields=True):
    rate: float | None


class _Done(msgspec.Struct):
    is_changed: bool = True


class _Problem(msgspec.Struct):
    message: str


def watch_page() -> bytes:
    """Return the page."""
    return page("tim-async bulk watch", script="watch/main.js", styles=("watch/watch.css",))


def watch_assets() -> Assets:
    """Return the files of the page."""
    return Assets({"pages": "tim_async._pages", "watch": "tim_async.cli._watch"})


def make_serve(watched: Watched) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]:
    """Return the function that answers the page's requests."""

    async def serve(request: web.BaseRequest) -> web.StreamResponse | None:
        what = request.method, request.path.removeprefix(_PREFIX)
        if not request.path.startswith(_PREFIX):
            return None
        try:
            if what == ("GET", "campaign"):
                return _answer(await watched.look())
            if what == ("POST", "pause"):
                reason = (await _body(request, _Pause)).reason.strip() or "it was paused"
                return _answer(_Done(await watched.pause(reason)))
            if what == ("POST", "resume"):
                return _answer(_Done(await watched.resume()))
            if what == ("PUT", "rate"):
                await watched.set_rate((await _body(request, _Rate)).rate)
                return _answer(_Done())
        except TimError as error:
            return _answer(_Problem(error.message), 400)
        return None

    return serve


async def _body(request: web.BaseRequest, kind: type[StructT]) -> StructT:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        problem = str(error)
    raise UsageError(f"the body does not fit: {problem}")


def _answer(value: object, status: int = 200) -> web.Response:
    headers = {**HEADERS, "Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json", headers=headers
    )
