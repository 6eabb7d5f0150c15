"""The calls of the REST API: requests with their answers, and the stream of what happens."""

from __future__ import annotations

import msgspec
from aiohttp import web

from ..server.arrivals import Arrival
from .context import Control
from .routes import Asked, NotFoundError, route
from .views import Page


class CallView(msgspec.Struct, kw_only=True):
    """A call.

    Attributes:
        number: counts all calls from 1.
        at: unix seconds of the emulator's clock at its arrival.
        command: the path below `/v4/`, or the whole path where it is not below that.
        identifier: the admin in its address.
        status: the HTTP status of the answer, None without an answer.
        code: the ErrorCode of the answer, None where it has none.
        took_s: seconds to the answer, None without one.
        request_size: bytes of the request's body.
        answer_size: bytes of the answer's body.
    """

    number: int
    at: float
    command: str
    identifier: str
    status: int | None
    code: int | None
    took_s: float | None
    request_size: int
    answer_size: int


class WholeCall(CallView, kw_only=True):
    """A call with its bodies.

    Attributes:
        request: the body, replacement characters in the place of what is not UTF-8; None where it is not kept any more.
        answer: the same of the answer.
    """

    request: str | None
    answer: str | None


class CallList(msgspec.Struct, kw_only=True):
    """Calls.

    Attributes:
        total: how many fit, of those that are kept.
        calls: those of this page, the newest first.
    """

    total: int
    calls: list[CallView]


class CallQuery(Page, kw_only=True):
    """Which calls.

    Attributes:
        command: only of this command.
        code: only with this ErrorCode.
        text: only those whose body has this text.
    """

    command: str | None = None
    code: int | None = None
    text: str | None = None


def view_of(arrival: Arrival) -> CallView:
    """Return a call without its bodies."""
    return CallView(
        number=arrival.number,
        at=arrival.time,
        command=arrival.command,
        identifier=arrival.identifier,
        status=arrival.status,
        code=arrival.code,
        took_s=arrival.took_s,
        request_size=len(arrival.body),
        answer_size=len(arrival.answer),
    )


@route("GET", "/calls", query=CallQuery, answer=CallList, summary="The calls, the newest first.")
def calls(control: Control, asked: Asked[CallQuery, None]) -> CallList:
    """Return a page of the calls that are kept with their bodies."""
    query = asked.query
    text = None if query.text is None else query.text.encode()
    fitting = [
        each
        for each in reversed(control.log.kept)
        if query.command in (None, each.command)
        and query.code in (None, each.code)
        and (text is None or text in each.body)
    ]
    page = fitting[query.offset : query.offset + query.limit]
    return CallList(total=len(fitting), calls=[view_of(each) for each in page])


@route("GET", "/calls/{number}", answer=WholeCall, summary="One call with its request and its answer.")
def call(control: Control, asked: Asked[None, None]) -> WholeCall:
    """Return one call."""
    for each in control.log.kept:
        if str(each.number) == asked.path["number"]:
            return WholeCall(
                **msgspec.structs.asdict(view_of(each)),
                request=each.body.decode("utf-8", "replace"),
                answer=each.answer.decode("utf-8", "replace"),
            )
    raise NotFoundError(f"there is no call {asked.path['number']} among the newest {len(control.log.kept)}")


@route("GET", "/events", summary="What happens, as server-sent events: call, webhook, clock, reset, fault.")
async def events(control: Control, asked: Asked[None, None]) -> web.StreamResponse:
    """Send events as they come; `Last-Event-ID` goes on from there."""
    return await control.events.serve(asked.request)
